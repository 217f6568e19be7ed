//! Background work: steps that can run again at any time, and the loops that wait between them.
//!
//! Every step reads what is due from the store and writes what became of it there; a process
//! that is killed in between leaves nothing behind that the next one would not pick up. A loop
//! that ends by itself, or panics, takes the service down ([`run`]): limping is worse.

use std::sync::Arc;
use std::time::Duration;

use signoff_store::Key;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::ports::Channel;
use crate::{Engine, Error};

mod callbacks;
mod deadlines;
mod outbox;
mod prompts;
mod retention;
mod sealer;

pub use callbacks::Callbacks;
pub use deadlines::Deadlines;
pub use outbox::{Outbox, drain};
pub use prompts::Prompts;
pub use retention::Retention;
pub use sealer::Sealer;

/// How long a loop sleeps at most: what another process wrote into the database (the command
/// line, say), or a clock that jumped, is noticed within this time.
const LONGEST_WAIT: Duration = Duration::from_secs(5);
/// How long a loop waits after a step that failed.
const AFTER_ERROR: Duration = Duration::from_secs(1);

/// Why the background work ended before it was told to.
#[derive(Debug, thiserror::Error)]
pub enum WorkerFailed {
    /// A loop was lost. What a panic said is not repeated: it may quote data.
    #[error("a background worker {}", if *.panicked { "panicked" } else { "was cancelled" })]
    Died {
        /// By a panic.
        panicked: bool,
    },
    /// A loop returned although nobody asked for it.
    #[error("the background worker {0} ended by itself")]
    Ended(&'static str),
}

/// Runs all background work until `shutdown`.
pub async fn run(
    engine: Arc<Engine>,
    channels: Vec<Arc<dyn Channel>>,
    shutdown: CancellationToken,
) -> Result<(), WorkerFailed> {
    let mut loops = JoinSet::new();
    let deadlines = Deadlines::new(Arc::clone(&engine));
    let stop = shutdown.clone();
    loops.spawn(async move {
        deadlines.run(stop).await;
        "deadlines"
    });
    let sealer = Sealer::new(Arc::clone(&engine));
    let stop = shutdown.clone();
    loops.spawn(async move {
        sealer.run(stop).await;
        "sealer"
    });
    if let Some(retention) = Retention::new(Arc::clone(&engine)) {
        let stop = shutdown.clone();
        loops.spawn(async move {
            retention.run(stop).await;
            "retention"
        });
    }
    let stop = shutdown.clone();
    let woken = Arc::clone(&engine);
    loops.spawn(async move {
        wake_waiters(&woken, stop).await;
        "waiters"
    });
    let callbacks = Callbacks::new(Arc::clone(&engine));
    let stop = shutdown.clone();
    loops.spawn(async move {
        outbox::run(&callbacks, stop).await;
        "callbacks"
    });
    for channel in &channels {
        let prompts = Prompts::new(Arc::clone(&engine), Arc::clone(channel));
        let stop = shutdown.clone();
        loops.spawn(async move {
            outbox::run(&prompts, stop).await;
            "prompts"
        });
    }
    // Set once; a second run of the same engine keeps the first one's channels.
    let _ = engine.channels.set(channels);
    while let Some(ended) = loops.join_next().await {
        let name = ended.map_err(|error| WorkerFailed::Died {
            panicked: error.is_panic(),
        })?;
        if !shutdown.is_cancelled() {
            return Err(WorkerFailed::Ended(name));
        }
    }
    Ok(())
}

/// Tells long polls that their request has ended.
async fn wake_waiters(engine: &Engine, shutdown: CancellationToken) {
    use tokio::sync::broadcast::error::RecvError;
    let mut ended = engine.store.changes().requests.subscribe();
    let mut sweep = tokio::time::interval(Duration::from_mins(1));
    loop {
        tokio::select! {
            () = shutdown.cancelled() => {
                engine.waiters.wake_all();
                return;
            }
            _ = sweep.tick() => engine.waiters.sweep(),
            request = ended.recv() => match request {
                Ok(request) => {
                    engine.waiters.wake(request);
                    count_ended(engine, request).await;
                }
                Err(RecvError::Lagged(_)) => engine.waiters.wake_all(),
                // The store holds the sender for as long as it lives.
                Err(RecvError::Closed) => return,
            },
        }
    }
}

/// Counts an end by its status. A count that is missed harms nobody.
async fn count_ended(engine: &Engine, request: signoff_contract::RequestId) {
    if let Ok(Some(record)) = engine.store.request(&Key::Id(request)).await {
        engine.metrics.ended(record.request.status());
    }
}

/// Logs a failed step once, with its causes.
fn log(engine: &Engine, worker: &'static str, error: &Error) {
    engine.metrics.worker_error();
    let mut causes = Vec::new();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        causes.push(cause.to_string());
        source = cause.source();
    }
    tracing::error!(
        worker,
        causes = causes.join(": "),
        "{error}; it will be tried again"
    );
}
