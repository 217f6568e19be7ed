//! Sends the outcomes to the requesters.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use rand::Rng as _;
use signoff_core::retry::{self, Next};
use signoff_store::{CallbackResult, DueCallback};
use tokio::sync::watch;
use url::Url;

use super::outbox::Outbox;
use crate::callback::{Sender, Sent, Verdict};
use crate::{Engine, Error};

/// How long a leased callback stays with its worker: longer than any attempt.
const LEASE: SignedDuration = SignedDuration::from_secs(60);
/// How many callbacks a receiver that takes them gets at once. One that does not, or that was
/// never sent to, gets one: many dead receivers then hold few of the places that all share.
const PER_RECEIVER: u32 = 4;
/// Of so many receivers it is remembered that they take callbacks.
const REMEMBERED: usize = 10_000;

/// The worker behind callbacks.
#[derive(Debug)]
pub struct Callbacks {
    engine: Arc<Engine>,
    sender: Sender,
    receivers: Arc<Mutex<Receivers>>,
}

/// What is known of receivers, each by its origin.
#[derive(Debug, Default)]
struct Receivers {
    /// How many are on the way to each.
    sending: HashMap<String, u32>,
    /// Those that took the last one.
    taking: HashSet<String>,
}

impl Receivers {
    /// How many more this one may be given.
    fn room(&self, origin: &str) -> u32 {
        let places = if self.taking.contains(origin) {
            PER_RECEIVER
        } else {
            1
        };
        let sending = self.sending.get(origin).copied().unwrap_or(0);
        places.saturating_sub(sending)
    }

    /// One is on its way no more.
    fn ended(&mut self, origin: String, taken: bool) {
        if let Some(count) = self.sending.get_mut(&origin) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                self.sending.remove(&origin);
            }
        }
        if !taken {
            self.taking.remove(&origin);
        } else if !self.taking.contains(&origin) {
            if self.taking.len() >= REMEMBERED {
                self.taking.clear();
            }
            self.taking.insert(origin);
        }
    }
}

fn locked(receivers: &Mutex<Receivers>) -> MutexGuard<'_, Receivers> {
    receivers.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Callbacks {
    /// The worker for this engine.
    pub fn new(engine: Arc<Engine>) -> Self {
        let sender = Sender::new(Arc::clone(&engine.allow));
        Self {
            engine,
            sender,
            receivers: Arc::default(),
        }
    }

    async fn attempt(&self, callback: &DueCallback) -> Sent {
        let now = self.engine.clock().now();
        let project = self.engine.directory.project(&callback.project);
        let secrets = project.map(|project| project.signing_secrets.as_slice());
        self.sender
            .send(callback, secrets.unwrap_or_default(), now)
            .await
    }

    fn judge(&self, callback: &DueCallback, verdict: Verdict) -> (&'static str, CallbackResult) {
        let retry_after = match verdict {
            Verdict::Taken => return ("delivered", CallbackResult::Delivered),
            Verdict::Gone => {
                let cause = "the receiver answered 410: it is gone for good".to_owned();
                return ("dead", CallbackResult::Dead { cause });
            }
            Verdict::Forgotten => {
                let cause = "the requester answered 404: it no longer waits for this".to_owned();
                return ("dead", CallbackResult::Dead { cause });
            }
            Verdict::Refused { status } => {
                let cause = format!("the requester answered {status}, and would again");
                return ("dead", CallbackResult::Dead { cause });
            }
            Verdict::Failed { retry_after } => retry_after,
        };
        let now = self.engine.clock().now();
        let attempts = callback.attempts + 1;
        let first = callback.first_attempt_at.unwrap_or(now);
        let jitter = rand::rng().random_range(-1.0..=1.0);
        match retry::callback(attempts, now.duration_since(first), retry_after, jitter) {
            Next::RetryAfter(wait) => {
                let at = now.checked_add(wait).unwrap_or(Timestamp::MAX);
                ("retry", CallbackResult::RetryAt(at))
            }
            Next::GiveUp => {
                let cause = format!("{attempts} attempts in 72 hours failed");
                ("dead", CallbackResult::Dead { cause })
            }
        }
    }
}

/// What the store groups receivers by.
fn origin(callback: &DueCallback) -> String {
    Url::parse(&callback.url)
        .map(|url| url.origin().ascii_serialization())
        .unwrap_or_default()
}

#[async_trait]
impl Outbox for Callbacks {
    type Item = DueCallback;

    const NAME: &'static str = "callbacks";
    const AT_ONCE: usize = 128;

    fn engine(&self) -> &Engine {
        &self.engine
    }

    fn changes(&self) -> watch::Receiver<u64> {
        self.engine.store.changes().callbacks.subscribe()
    }

    async fn lease(&self, free: usize) -> Result<Vec<DueCallback>, Error> {
        let now = self.engine.clock().now();
        let receivers = Arc::clone(&self.receivers);
        let room = move |origin: &str| locked(&receivers).room(origin);
        let limit = u32::try_from(free).unwrap_or(u32::MAX);
        let until = now.checked_add(LEASE).unwrap_or(Timestamp::MAX);
        let leased = self
            .engine
            .store
            .lease_callbacks(room, limit, until)
            .await?;
        let mut receivers = locked(&self.receivers);
        for callback in &leased {
            *receivers.sending.entry(origin(callback)).or_default() += 1;
        }
        Ok(leased)
    }

    async fn work(&self, callback: DueCallback) -> Result<(), Error> {
        let Sent { attempt, verdict } = self.attempt(&callback).await;
        let (word, result) = self.judge(&callback, verdict);
        #[expect(
            clippy::cast_precision_loss,
            reason = "a duration below an hour, for a histogram"
        )]
        let seconds = attempt.took_ms as f64 / 1_000.0;
        self.engine.metrics.callback(word, seconds);
        if word != "delivered" {
            tracing::warn!(
                callback = %callback.id,
                request = %callback.request_id,
                attempts = callback.attempts + 1,
                status = attempt.status,
                result = word,
                "a callback was not delivered"
            );
        }
        let finished = self
            .engine
            .store
            .finish_callback(callback.id, attempt, result)
            .await;
        let taken = word == "delivered";
        locked(&self.receivers).ended(origin(&callback), taken);
        finished?;
        Ok(())
    }

    async fn next_due(&self) -> Result<Option<Duration>, Error> {
        let due = self.engine.store.next_deadlines().await?.callback_due_at;
        let now = self.engine.clock().now();
        // What is due already and was not leased waits for its receiver, not for the clock.
        let next = due.filter(|due| *due > now);
        Ok(next.map(|next| next.duration_since(now).try_into().unwrap_or_default()))
    }
}
