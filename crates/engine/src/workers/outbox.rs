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
    let mut running = Running {
        outbox,
        works: FuturesUnordered::new(),
        ended: false,
    };
    while !shutdown.is_cancelled() {
        changed.mark_unchanged();
        let wait = match running.fill().await {
            Ok(wait) => wait,
            Err(error) => {
                super::log(outbox.engine(), O::NAME, &error);
                AFTER_ERROR
            }
        };
        tokio::select! {
            () = shutdown.cancelled() => break,
            Some(done) = running.works.next() => note(outbox, done),
            _ = changed.changed(), if running.free() > 0 => {}
            () = tokio::time::sleep(wait), if running.free() > 0 => {}
        }
    }
    while let Some(done) = running.works.next().await {
        note(outbox, done);
    }
}

/// What is being worked on.
struct Running<'o, O> {
    outbox: &'o O,
    works: FuturesUnordered<Work<'o>>,
    /// Whether something ended while more was being leased: its place, or its receiver, may have
    /// become free after the store was asked.
    ended: bool,
}

impl<O: Outbox> Running<'_, O> {
    fn free(&self) -> usize {
        O::AT_ONCE.saturating_sub(self.works.len())
    }

    /// Leases into the free places; answers how long nothing else will be due.
    async fn fill(&mut self) -> Result<Duration, Error> {
        let outbox = self.outbox;
        self.ended = false;
        loop {
            let free = self.free();
            if free == 0 {
                break;
            }
            let items = self.alongside(outbox.lease(free)).await?;
            let leased = items.len();
            self.works
                .extend(items.into_iter().map(|item| outbox.work(item)));
            if leased < free {
                // There was no more.
                break;
            }
        }
        let next = self.alongside(outbox.next_due()).await?;
        if self.ended {
            return Ok(Duration::ZERO);
        }
        Ok(next.unwrap_or(LONGEST_WAIT).min(LONGEST_WAIT))
    }

    /// Does this while the work goes on: what was leased waits for no bookkeeping.
    async fn alongside<T>(&mut self, act: impl Future<Output = T>) -> T {
        let mut act = std::pin::pin!(act);
        loop {
            tokio::select! {
                result = &mut act => return result,
                Some(done) = self.works.next() => {
                    self.ended = true;
                    note(self.outbox, done);
                }
            }
        }
    }
}

type Work<'o> = std::pin::Pin<Box<dyn Future<Output = Result<(), Error>> + Send + 'o>>;

fn note<O: Outbox>(outbox: &O, done: Result<(), Error>) {
    if let Err(error) = done {
        super::log(outbox.engine(), O::NAME, &error);
    }
}
