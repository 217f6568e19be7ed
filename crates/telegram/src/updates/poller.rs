//! Asking for updates: commit, then confirm.
//!
//! Asking with `offset = last + 1` confirms everything before. So a batch is committed first;
//! while that fails it is kept and tried again, and nothing is asked for: the server punishes
//! repeated offsets. One replica asks at a time; a lease in the store says which.

use std::time::Duration;

use jiff::SignedDuration;
use serde_json::Value;
use teloxide_core::payloads::{GetUpdates, GetUpdatesSetters as _};
use tokio_util::sync::CancellationToken;

use super::{ALLOWED, Batch, receive};
use crate::bot::Bot;
use crate::client::{ApiError, Processed};
use crate::outage::Pulse;

/// How long Telegram holds a poll that has nothing to say, in seconds; the server caps it at 50
/// (telegram-bot-api `Client.h`). Shorter, so that trouble shows sooner.
const POLL_SECONDS: u32 = 30;
/// How many updates at once: the most that Telegram gives.
const BATCH: u8 = 100;
/// How long the lease on polling holds when its holder falls silent.
const LEASE: SignedDuration = SignedDuration::from_secs(30);
/// How often the lease is renewed.
const RENEW: Duration = Duration::from_secs(10);
/// Between failed polls, at first and at most.
const BACKOFF: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(30));

/// Asks for updates.
#[derive(Debug, Clone)]
pub(crate) struct Poller {
    pub(crate) bot: Bot,
    pub(crate) instance: String,
    pub(crate) pulse: Pulse,
}

impl Poller {
    /// Polls while it holds the lease, until shutdown.
    pub(crate) async fn run(self, shutdown: CancellationToken) {
        while !shutdown.is_cancelled() {
            if self.hold().await {
                tracing::info!("polling Telegram");
                tokio::select! {
                    () = shutdown.cancelled() => return,
                    () = self.poll() => {}
                    () = self.keep_hold() => tracing::warn!("another replica polls Telegram now"),
                }
            }
            pause(&shutdown, RENEW).await;
        }
    }

    async fn hold(&self) -> bool {
        let store = &self.bot.store;
        let until = store
            .now()
            .checked_add(LEASE)
            .unwrap_or(jiff::Timestamp::MAX);
        let name = format!("poll:{}", self.bot.id);
        match store.hold(&name, &self.instance, until).await {
            Ok(held) => held,
            Err(error) => {
                tracing::error!("the lease on polling could not be renewed: {error}");
                false
            }
        }
    }

    /// Renews the lease; returns when it is lost.
    async fn keep_hold(&self) {
        loop {
            tokio::time::sleep(RENEW).await;
            if !self.hold().await {
                return;
            }
        }
    }

    /// Polls for ever. Starts without an offset: from the first unconfirmed update.
    async fn poll(&self) {
        let mut offset = None;
        let mut backoff = BACKOFF.0;
        // The first poll, and the first after trouble, does not wait: whether updates reach us
        // is to be known at once.
        let mut seconds = 0;
        loop {
            let polled = self.batch(offset, seconds).await;
            seconds = if polled.is_ok() { POLL_SECONDS } else { 0 };
            match polled {
                Ok(updates) => {
                    self.bot.health.receiving();
                    self.pulse.beat().await;
                    let confirming = self.commit(&updates).await;
                    if confirming.is_none() && !updates.is_empty() {
                        // Nothing to confirm them with: they come again, at our pace.
                        tokio::time::sleep(BACKOFF.1).await;
                    }
                    offset = confirming.or(offset);
                    backoff = BACKOFF.0;
                }
                Err(error) => {
                    self.bot.health.receives_nothing(&error);
                    let wait = match &error {
                        ApiError::RetryAfter { seconds } => Duration::from_secs(*seconds),
                        _ => backoff,
                    };
                    tracing::warn!(wait_ms = wait.as_millis(), "polling failed: {error}");
                    tokio::time::sleep(wait).await;
                    backoff = (backoff * 2).min(BACKOFF.1);
                }
            }
        }
    }

    #[tracing::instrument(name = "telegram.updates.poll", level = "debug", skip(self))]
    async fn batch(&self, offset: Option<i64>, seconds: u32) -> Result<Vec<Value>, ApiError> {
        let payload = GetUpdates::new()
            .limit(BATCH)
            .timeout(seconds)
            .allowed_updates(ALLOWED);
        // teloxide's offset is a 32-bit number; nobody promised that ids stay below that.
        let offset = offset.map(|offset| ("offset".to_owned(), Value::from(offset)));
        let client = self.bot.outbound.client();
        match client
            .call_with(&payload, offset.into_iter().collect())
            .await?
        {
            Value::Array(updates) => Ok(updates),
            _ => Err(ApiError::Network {
                processed: Processed::No,
                cause: "Telegram answered a poll without updates or none".to_owned(),
            }),
        }
    }

    /// Commits a batch, however long the store takes; answers the offset that confirms it.
    async fn commit(&self, updates: &[Value]) -> Option<i64> {
        let Batch {
            rows,
            confirming,
            without_id,
        } = Batch::of(self.bot.id, updates);
        if without_id > 0 {
            tracing::error!(count = without_id, "updates without an id");
        }
        if rows.is_empty() {
            return None;
        }
        let mut backoff = BACKOFF.0;
        while let Err(error) = receive(&self.bot, rows.clone()).await {
            tracing::error!(
                updates = rows.len(),
                "updates could not be committed and are kept: {error}"
            );
            tokio::time::sleep(backoff).await;
            backoff = (backoff * 2).min(BACKOFF.1);
        }
        confirming
    }
}

/// Waits, unless it is time to stop.
pub(crate) async fn pause(shutdown: &CancellationToken, wait: Duration) {
    tokio::select! {
        () = shutdown.cancelled() => {}
        () = tokio::time::sleep(wait) => {}
    }
}
