//! The simulator's clock: real time plus what a test added, or time that moves only when a test says so.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

/// Where the clock starts and whether it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClockMode {
    /// Starts at the machine's time and runs with it.
    System,
    /// Starts at the given Unix second and runs.
    RunningFrom(i64),
    /// Starts at the given Unix second and stands until [`SimClock::advance`].
    Frozen(i64),
}

/// A clock that tests can move. Clones share their time.
#[derive(Debug, Clone)]
pub struct SimClock {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    start_ms: i64,
    running_since: Option<Instant>,
    added: Mutex<Duration>,
    moved: watch::Sender<u64>,
}

impl SimClock {
    pub(crate) fn new(mode: ClockMode) -> Self {
        let (start_ms, running) = match mode {
            ClockMode::System => (system_ms(), true),
            ClockMode::RunningFrom(second) => (second * 1000, true),
            ClockMode::Frozen(second) => (second * 1000, false),
        };
        Self {
            inner: Arc::new(Inner {
                start_ms,
                running_since: running.then(Instant::now),
                added: Mutex::new(Duration::ZERO),
                moved: watch::Sender::new(0),
            }),
        }
    }

    /// Moves the clock forward and wakes everything that waits for a time on it.
    pub fn advance(&self, by: Duration) {
        *self
            .inner
            .added
            .lock()
            .unwrap_or_else(PoisonError::into_inner) += by;
        self.inner.moved.send_modify(|count| *count += 1);
    }

    /// Unix time in seconds.
    pub fn unix(&self) -> i64 {
        self.unix_ms().div_euclid(1000)
    }

    /// Unix time in milliseconds.
    pub fn unix_ms(&self) -> i64 {
        let added = *self
            .inner
            .added
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let run = self
            .inner
            .running_since
            .map_or(Duration::ZERO, |since| since.elapsed());
        self.inner.start_ms + i64::try_from((added + run).as_millis()).unwrap_or(i64::MAX / 2)
    }

    /// Waits until the clock shows `unix_ms`, by running or by being advanced.
    pub(crate) async fn sleep_until(&self, unix_ms: i64) {
        let mut moved = self.inner.moved.subscribe();
        loop {
            let left = unix_ms - self.unix_ms();
            if left <= 0 {
                return;
            }
            let left = Duration::from_millis(left.unsigned_abs());
            if self.inner.running_since.is_some() {
                tokio::select! {
                    () = tokio::time::sleep(left) => {}
                    _ = moved.changed() => {}
                }
            } else if moved.changed().await.is_err() {
                return;
            }
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place where the simulator's time comes from the machine"
)]
fn system_ms() -> i64 {
    std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .ok()
        .and_then(|since| i64::try_from(since.as_millis()).ok())
        .unwrap_or(0)
}
