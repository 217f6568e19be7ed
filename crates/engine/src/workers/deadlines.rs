//! Ends requests whose time is up, and reminds of those that wait.

use std::sync::Arc;

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::{AFTER_ERROR, LONGEST_WAIT};
use crate::{Engine, Error};

/// How many requests one step ends or reminds of.
const BATCH: u32 = 200;

/// The worker behind `expires_at` and reminders.
#[derive(Debug)]
pub struct Deadlines {
    engine: Arc<Engine>,
}

/// What one step did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TickReport {
    /// Requests that ended.
    pub expired: usize,
    /// Requests that were reminded of.
    pub reminded: usize,
    /// When the next one is due; `None` when nothing waits.
    pub next: Option<Timestamp>,
}

impl Deadlines {
    /// The worker for this engine.
    pub fn new(engine: Arc<Engine>) -> Self {
        Self { engine }
    }

    /// Ends and reminds of everything that is due now.
    pub async fn tick(&self) -> Result<TickReport, Error> {
        let store = &self.engine.store;
        let (mut expired, mut reminded) = (0, 0);
        loop {
            let ended = store.expire_due(BATCH).await?;
            expired += ended.changed.len();
            let noted = store.remind_due(BATCH).await?;
            reminded += noted.changed.len();
            if !ended.more && !noted.more {
                break;
            }
        }
        let deadlines = store.next_deadlines().await?;
        let next = [deadlines.expires_at, deadlines.remind_at]
            .into_iter()
            .flatten()
            .min();
        Ok(TickReport {
            expired,
            reminded,
            next,
        })
    }

    pub(super) async fn run(&self, shutdown: CancellationToken) {
        let mut changed = self.engine.store.changes().deadlines.subscribe();
        while !shutdown.is_cancelled() {
            changed.mark_unchanged();
            let wait = match self.tick().await {
                Ok(TickReport { next, .. }) => {
                    let now = self.engine.clock().now();
                    let until = next.map(|next| next.duration_since(now));
                    // A deadline that has passed meanwhile is due at once.
                    until.map_or(LONGEST_WAIT, |until| until.try_into().unwrap_or_default())
                }
                Err(error) => {
                    super::log(&self.engine, "deadlines", &error);
                    AFTER_ERROR
                }
            };
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = tokio::time::sleep(wait.min(LONGEST_WAIT)) => {}
                _ = changed.changed() => {}
            }
        }
    }
}
