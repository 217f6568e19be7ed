//! Who is next: recordings are transcribed a few at a time, first come first served.

use std::sync::Arc;

use prometheus_client::metrics::gauge::Gauge;
use signoff_engine::Turn;
use tokio::sync::Semaphore;

/// The queue in front of an engine.
#[derive(Debug)]
pub(crate) struct Queue {
    places: Arc<Semaphore>,
    waiting: Gauge,
}

impl Queue {
    /// A queue that lets so many through at once and counts in `waiting` who waits.
    pub(crate) fn new(parallel: usize, waiting: Gauge) -> Self {
        Self {
            places: Arc::new(Semaphore::new(parallel.max(1))),
            waiting,
        }
    }

    /// Whether one who came now would wait.
    pub(crate) fn busy(&self) -> bool {
        self.places.available_permits() == 0
    }

    /// Waits for a turn. Whoever stops waiting leaves the queue.
    pub(crate) async fn turn(&self) -> Turn {
        let waits = Waits::begin(&self.waiting);
        let place = Arc::clone(&self.places).acquire_owned().await;
        drop(waits);
        match place {
            Ok(place) => Turn::new(place),
            // It is never closed.
            Err(_) => std::future::pending().await,
        }
    }
}

/// Somebody who waits, until this is dropped.
struct Waits<'a>(&'a Gauge);

impl<'a> Waits<'a> {
    fn begin(waiting: &'a Gauge) -> Self {
        waiting.inc();
        Self(waiting)
    }
}

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        self.0.dec();
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future as _;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use super::*;

    #[test]
    fn who_waits_is_counted_served_in_order_and_may_leave() {
        let waiting = Gauge::default();
        let queue = Queue::new(1, waiting.clone());
        let context = &mut Context::from_waker(Waker::noop());
        assert!(!queue.busy());
        let Poll::Ready(first) = pin!(queue.turn()).poll(context) else {
            unreachable!("nobody is there")
        };
        assert!(queue.busy());
        assert_eq!(waiting.get(), 0);

        let mut second = pin!(queue.turn());
        let mut third = pin!(queue.turn());
        assert!(second.as_mut().poll(context).is_pending());
        assert!(third.as_mut().poll(context).is_pending());
        {
            let mut leaves = Box::pin(queue.turn());
            assert!(leaves.as_mut().poll(context).is_pending());
            assert_eq!(waiting.get(), 3);
        }
        assert_eq!(waiting.get(), 2);

        drop(first);
        assert!(
            third.as_mut().poll(context).is_pending(),
            "the second was first"
        );
        let Poll::Ready(turn) = second.as_mut().poll(context) else {
            unreachable!("it is its turn")
        };
        assert_eq!(waiting.get(), 1);
        drop(turn);
        assert!(third.as_mut().poll(context).is_ready());
        assert_eq!(waiting.get(), 0);
    }
}
