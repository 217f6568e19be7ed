//! Time that passes as fast as the machine gets everything done: hours of backoff take seconds,
//! and nothing that is being worked on runs into a timeout.
//!
//! The runtime's clock is paused, so it goes on only when every task waits. What its tasks wait
//! for may be on the store's own threads; so after each small step of time the store's queue is
//! gone through once, with the clock standing still. Telegram's clock, which is also ours, moves
//! along.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use signoff_engine::{ChannelStore, Store};
use signoff_telegram_sim::SimClock;
use tokio::runtime::Handle;
use tokio::task::{JoinHandle, spawn_blocking};

/// The error that every measured time may have for each command of the store on its way.
const STEP: Duration = Duration::from_millis(50);
/// The same where nothing is measured.
const STRIDE: Duration = Duration::from_millis(500);

/// Drives the time until it is dropped. Needs `start_paused`.
pub(crate) struct FastTime {
    task: JoinHandle<()>,
    step_ms: Arc<AtomicU64>,
}

impl FastTime {
    pub(super) fn start(store: &Store, clock: &SimClock) -> Self {
        let (store, clock) = (ChannelStore::new(store.clone(), "time"), clock.clone());
        let step_ms = Arc::new(AtomicU64::new(in_ms(STEP)));
        let current = Arc::clone(&step_ms);
        let task = tokio::spawn(async move {
            loop {
                let step = Duration::from_millis(current.load(Ordering::Relaxed));
                clock.advance(step);
                tokio::time::sleep(step).await;
                let (store, runtime) = (store.clone(), Handle::current());
                // While a blocking task runs the runtime's clock stands.
                let gone_through = spawn_blocking(move || {
                    runtime.block_on(async {
                        let _ = store.end_conversation("none").await;
                        let _ = store.conversations("none").await;
                    });
                });
                let _ = gone_through.await;
            }
        });
        Self { task, step_ms }
    }

    /// From now on time passes in larger steps: faster, and less exactly.
    pub(super) fn strides(&self) {
        self.step_ms.store(in_ms(STRIDE), Ordering::Relaxed);
    }
}

impl Drop for FastTime {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn in_ms(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).expect("a short time")
}
