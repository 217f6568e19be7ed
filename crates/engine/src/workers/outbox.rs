//! The loop that prompts and callbacks share: lease what is due, work on it side by side, lease
//! again as soon as something is done. One slow receiver or chat delays no other.

use std::time::Duration;

use async_trait::async_trait;
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::{AFTER_ERROR, LONGEST_WAIT};
use crate::{Engine, Error};

/// A queue of work on the outside world.
#[async_trait]
pub trait Outbox: Send + Sync {
    /// One piece of it.
    type Item: Send;

    /// The queue's name, for logs.
    const NAME: &'static str;
    /// How many items are worked on at once.
    const AT_ONCE: usize;

    /// The engine it belongs to.
    fn engine(&self) -> &Engine;
    /// Changes when something may have become due.
    fn changes(&self) -> watch::Receiver<u64>;
    /// Takes up to `free` items that are due, for a while. Leaves out what must wait.
    async fn lease(&self, free: usize) -> Result<Vec<Self::Item>, Error>;
    /// Works on one item and writes down what became of it.
    async fn work(&self, item: Self::Item) -> Result<(), Error>;
    /// How long until something is due that is not due now; `None` when nothing waits.
    async fn next_due(&self) -> Result<Option<Duration>, Error>;
}

/// Works on everything that is due now, and on what becomes due through it; for tests and for
/// one-off runs. Answers how many items that were.
pub async fn drain<O: Outbox>(outbox: &O) -> Result<usize, Error> {
    let mut worked = 0;
    loop {
        let items = outbox.lease(O::AT_ONCE).await?;
        if items.is_empty() {
            return Ok(worked);
        }
        worked += items.len();
        let mut running: FuturesUnordered<_> =
            items.into_iter().map(|item| outbox.work(item)).collect();
        while let Some(done) = running.next().await {
            done?;
        }
    }
}

/// Works until `shutdown`, then finishes what is in flight.
pub(super) async fn run<O: Outbox>(outbox: &O, shutdown: CancellationToken) {
    let mut changed = outbox.changes();
    let mut running = FuturesUnordered::new();
    while !shutdown.is_cancelled() {
        changed.mark_unchanged();
        let wait = match fill(outbox, &mut running).await {
            Ok(wait) => wait,
            Err(error) => {
                super::log(outbox.engine(), O::NAME, &error);
                AFTER_ERROR
            }
        };
        tokio::select! {
            () = shutdown.cancelled() => break,
            Some(done) = running.next() => note(outbox, done),
            _ = changed.changed(), if running.len() < O::AT_ONCE => {}
            () = tokio::time::sleep(wait), if running.len() < O::AT_ONCE => {}
        }
    }
    while let Some(done) = running.next().await {
        note(outbox, done);
    }
}

/// Leases into the free places; answers how long nothing else will be due.
async fn fill<'o, O: Outbox>(
    outbox: &'o O,
    running: &mut FuturesUnordered<Work<'o>>,
) -> Result<Duration, Error> {
    while running.len() < O::AT_ONCE {
        let items = outbox.lease(O::AT_ONCE - running.len()).await?;
        if items.is_empty() {
            break;
        }
        running.extend(items.into_iter().map(|item| outbox.work(item)));
    }
    Ok(outbox
        .next_due()
        .await?
        .unwrap_or(LONGEST_WAIT)
        .min(LONGEST_WAIT))
}

type Work<'o> = std::pin::Pin<Box<dyn Future<Output = Result<(), Error>> + Send + 'o>>;

fn note<O: Outbox>(outbox: &O, done: Result<(), Error>) {
    if let Err(error) = done {
        super::log(outbox.engine(), O::NAME, &error);
    }
}
