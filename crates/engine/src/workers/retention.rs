//! Deletes what old requests said, a few at a time, so that nobody waits for it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

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

/// A clock that goes forward by so much more than time passes was set, and may be wrong.
const LEAP: SignedDuration = SignedDuration::from_hours(1);

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
        let mut clock = Steadiness::default();
        while !shutdown.is_cancelled() {
            let leapt = clock.leapt(self.engine.clock().now(), Instant::now());
            let wait = if let Some(by) = leapt {
                tracing::warn!(
                    seconds = by.as_secs(),
                    "the clock was set forward; nothing is pruned for an hour, in which it can be \
                     corrected"
                );
                EVERY
            } else {
                match self.tick().await {
                    Ok(PruneReport { more: true, .. }) => PACE,
                    Ok(PruneReport { more: false, .. }) => EVERY,
                    Err(error) => {
                        super::log(&self.engine, "retention", &error);
                        AFTER_ERROR
                    }
                }
            };
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = tokio::time::sleep(wait) => {}
            }
        }
    }
}

/// Whether the wall clock goes as time does. What is pruned does not come back, so a clock that was
/// set forward is not believed at once. (A machine that slept looks the same, and loses an hour.)
#[derive(Debug, Default)]
struct Steadiness(Option<(Timestamp, Instant)>);

impl Steadiness {
    /// By how much the clock leapt forward since it was last looked at, if it did.
    fn leapt(&mut self, now: Timestamp, instant: Instant) -> Option<SignedDuration> {
        let (said, then) = self.0.replace((now, instant))?;
        let passed = instant.saturating_duration_since(then);
        let passed = SignedDuration::try_from(passed).unwrap_or(SignedDuration::MAX);
        let by = now.duration_since(said).saturating_sub(passed);
        (by > LEAP).then_some(by)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_was_set_forward_is_believed_at_the_second_look() {
        let day = SignedDuration::from_hours(24);
        let (start, began) = (Timestamp::UNIX_EPOCH, Instant::now());
        let after = |hours: u64| began + Duration::from_hours(hours);
        let mut clock = Steadiness::default();
        assert_eq!(
            clock.leapt(start + day * 400, began),
            None,
            "nothing to compare with"
        );
        // An hour later it says a year and an hour.
        let hour = SignedDuration::from_hours(1);
        let ahead = start + day * 800;
        assert_eq!(clock.leapt(ahead + hour, after(1)), Some(day * 400));
        assert_eq!(
            clock.leapt(ahead + hour * 2, after(2)),
            None,
            "it stayed so"
        );
        // Set back, and on as it should; a correction of a minute is none.
        assert_eq!(clock.leapt(start, after(3)), None);
        let minute = SignedDuration::from_mins(1);
        assert_eq!(clock.leapt(start + hour * 5 + minute, after(8)), None);
    }
}
