//! Deletes what old requests said, a few at a time, so that nobody waits for it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;

use super::AFTER_ERROR;
use crate::{Engine, Error};

/// How many requests one step prunes: a few milliseconds of the writer's time.
const BATCH: u32 = 50;
/// How long the writer is left to others between two steps.
const PACE: Duration = Duration::from_millis(100);
/// How often the whole store is gone through.
const EVERY: Duration = Duration::from_hours(1);

/// The worker behind `store.retention_days`.
#[derive(Debug)]
pub struct Retention {
    engine: Arc<Engine>,
    keep: SignedDuration,
    pass: Mutex<Pass>,
}

/// One way through the store, from the oldest request to the first that is too young.
#[derive(Debug, Clone, Copy, Default)]
struct Pass {
    /// The row it has come to.
    at: i64,
    /// Before this row nothing is left to prune, in this pass and the ones after.
    done_before: Option<i64>,
    /// How many were pruned.
    pruned: u64,
}

/// What one step did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PruneReport {
    /// Requests that were pruned.
    pub pruned: u32,
    /// Whether there may be more to prune now.
    pub more: bool,
}

impl Retention {
    /// The worker for this engine; `None` when everything is kept.
    pub fn new(engine: Arc<Engine>) -> Option<Self> {
        let days = engine.retention_days?;
        Some(Self {
            engine,
            keep: SignedDuration::from_hours(24 * i64::from(days)),
            pass: Mutex::default(),
        })
    }

    /// One step: a few of the requests of which nothing was recorded for the whole period.
    pub async fn tick(&self) -> Result<PruneReport, Error> {
        let store = &self.engine.store;
        let mut pass = *self.pass();
        let now = self.engine.clock().now();
        let quiet_since = now.checked_sub(self.keep).unwrap_or(Timestamp::MIN);
        let step = store.prune(pass.at, quiet_since, BATCH).await?;
        self.engine.metrics.pruned(step.pruned);
        pass.pruned += u64::from(step.pruned);
        pass.done_before = pass.done_before.or(step.first_kept);
        if let Some(next) = step.next {
            pass.at = next;
        } else {
            store.forget_lapsed_conversations().await?;
            if pass.pruned > 0 {
                let requests = pass.pruned;
                tracing::info!(requests, "pruned what is older than store.retention_days");
            }
            pass = Pass {
                at: pass.done_before.map_or(pass.at, |row| row - 1),
                ..Pass::default()
            };
        }
        *self.pass() = pass;
        Ok(PruneReport {
            pruned: step.pruned,
            more: step.next.is_some(),
        })
    }

    fn pass(&self) -> std::sync::MutexGuard<'_, Pass> {
        self.pass.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) async fn run(&self, shutdown: CancellationToken) {
        while !shutdown.is_cancelled() {
            let wait = match self.tick().await {
                Ok(PruneReport { more: true, .. }) => PACE,
                Ok(PruneReport { more: false, .. }) => EVERY,
                Err(error) => {
                    super::log(&self.engine, "retention", &error);
                    AFTER_ERROR
                }
            };
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = tokio::time::sleep(wait) => {}
            }
        }
    }
}
