//! Time that passes as fast as the machine gets everything done: hours of backoff take seconds,
//! and nothing that is being worked on runs into a timeout.
//!
//! The runtime's clock is paused, so it goes on only when every task waits. What its tasks wait
//! for may be on the store's own threads; so after each small step of time the store's queue is
//! gone through once, with the clock standing still. Telegram's clock, which is also ours, moves
//! along.

use std::time::Duration;

use signoff_engine::{ChannelStore, Store};
use signoff_telegram_sim::SimClock;
use tokio::runtime::Handle;
use tokio::task::{JoinHandle, spawn_blocking};

/// The error that every measured time may have for each command of the store on its way.
const STEP: Duration = Duration::from_millis(50);

/// Drives the time until it is dropped. Needs `start_paused`.
pub(crate) struct FastTime(JoinHandle<()>);

impl FastTime {
    pub(super) fn start(store: &Store, clock: &SimClock) -> Self {
        let (store, clock) = (ChannelStore::new(store.clone(), "time"), clock.clone());
        let task = tokio::spawn(async move {
            loop {
                clock.advance(STEP);
                tokio::time::sleep(STEP).await;
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
        Self(task)
    }
}

impl Drop for FastTime {
    fn drop(&mut self) {
        self.0.abort();
    }
}
