//! Until when somebody wants the text: a deadline, and whether anybody still listens.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use signoff_engine::TranscribeError;

/// Asked again and again by work that must end in time.
#[derive(Debug, Clone)]
pub(crate) struct Until {
    allowed: Duration,
    /// None when no clock reaches it.
    deadline: Option<Instant>,
    unwanted: Arc<AtomicBool>,
}

/// Tells the work that nobody listens any more, when it is dropped.
#[derive(Debug)]
pub(crate) struct Listener(Arc<AtomicBool>);

impl Drop for Listener {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Until {
    /// So long from now, and as long as the listener is there.
    pub(crate) fn within(allowed: Duration) -> (Self, Listener) {
        let unwanted = Arc::new(AtomicBool::new(false));
        let until = Self {
            allowed,
            deadline: Instant::now().checked_add(allowed),
            unwanted: Arc::clone(&unwanted),
        };
        (until, Listener(unwanted))
    }

    /// Whether the work should stop.
    pub(crate) fn over(&self) -> bool {
        let late = |deadline| Instant::now() >= deadline;
        self.unwanted.load(Ordering::Relaxed) || self.deadline.is_some_and(late)
    }

    /// Fails when the work should stop.
    pub(crate) fn check(&self) -> Result<(), TranscribeError> {
        if self.over() {
            return Err(self.up());
        }
        Ok(())
    }

    /// What is left.
    pub(crate) fn left(&self) -> Duration {
        let left = |deadline: Instant| deadline.saturating_duration_since(Instant::now());
        self.deadline.map_or(self.allowed, left)
    }

    /// That the time was up.
    pub(crate) fn up(&self) -> TranscribeError {
        TranscribeError::TimedOut {
            after: self.allowed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_stops_at_the_deadline_and_when_nobody_listens() {
        let (until, listener) = Until::within(Duration::from_hours(1));
        assert!(until.check().is_ok());
        drop(listener);
        assert!(until.over());

        let allowed = Duration::ZERO;
        let (until, _listener) = Until::within(allowed);
        assert_eq!(
            until.check(),
            Err(TranscribeError::TimedOut { after: allowed })
        );
        assert_eq!(until.left(), Duration::ZERO);

        let (until, _listener) = Until::within(Duration::MAX);
        assert!(
            until.check().is_ok(),
            "a time that no clock reaches is no limit"
        );
    }
}
