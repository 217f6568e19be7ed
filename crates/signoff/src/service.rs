//! The composition root and the lifecycle: puts the store, the engine, the channels and the HTTP
//! surface together, runs them, and stops all of them when one fails.

mod apart;
mod channels;
mod compat;

use std::future::Future;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use axum::Router;
use signoff_engine::metrics::Metrics;
use signoff_engine::{Clock, Engine, Store, workers};
use signoff_server::{Ended, Routers, ServerOptions};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::config::Settings;
use crate::database;
use crate::speech::Ears;
pub(crate) use apart::Apart;
use channels::Channels;
use compat::DropIn;

/// What is left of the time to stop for everything but the HTTP answers under way.
const MARGIN: Duration = Duration::from_millis(500);
/// How long answers may take to be written after the store has failed.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// A service that has everything it needs and does not run yet. Its port is taken.
pub(crate) struct Service {
    engine: Arc<Engine>,
    store: Store,
    work: Work,
    channels: Channels,
    options: ServerOptions,
    listener: TcpListener,
    address: SocketAddr,
    drop_in: Option<DropIn>,
    shutdown_timeout: Duration,
}

/// What runs in the background.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Work {
    /// Everything.
    All,
    /// Nothing: the service only answers reads.
    None,
}

/// How a service stopped after it was asked to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stopped {
    /// Everything that ran was finished.
    Finished,
    /// The time was up first. What is durable is durable; the rest is taken up at the next start.
    CutOff,
}

/// A part of the service, as it ended.
type Part = (&'static str, anyhow::Result<Stopped>);

impl Service {
    /// Opens the database as its one service, and takes the port.
    pub(crate) async fn prepare(settings: Settings) -> anyhow::Result<Self> {
        let store = own_store(&settings.database)?;
        Self::over(store, settings, Work::All).await
    }

    /// Opens the database to read alone, and takes the port: whatever would write is refused, and
    /// nothing runs in the background.
    pub(crate) async fn prepare_read_only(mut settings: Settings) -> anyhow::Result<Self> {
        let store = Store::open_read_only(&settings.database, Clock::system())
            .context("the database cannot be read")?;
        settings.telegram = None;
        settings.speech = None;
        settings.compat = None;
        settings.adapters = Vec::new();
        Self::over(store, settings, Work::None).await
    }

    async fn over(store: Store, settings: Settings, work: Work) -> anyhow::Result<Self> {
        let (listener, address) = listen(settings.listen, "[server] listen").await?;
        let mut drop_in = match settings.compat {
            Some(settings) => Some(DropIn::listen(settings).await?),
            None => None,
        };

        let mut options = ServerOptions::default();
        let metrics = Metrics::register(&mut options.registry);
        let engine_settings = signoff_engine::Settings {
            directory: settings.directory,
            masker: settings.masker,
            api_keys: settings.api_keys,
            channels: Channels::names(settings.telegram.as_ref(), &settings.adapters),
            callbacks: settings.allow,
            retention_days: settings.retention_days,
        };
        let engine = Engine::new(store.clone(), engine_settings, metrics)
            .await
            .context("the engine cannot start")?;
        let drop_in_options = drop_in.as_mut().map(|drop_in| &mut drop_in.options);
        let ears = match settings.speech {
            Some(speech) => Some(Ears::new(speech, &mut options)?.transcriber()),
            None => None,
        };
        let channels = Channels::new(
            settings.telegram,
            ears,
            settings.adapters,
            &engine,
            &mut options,
            drop_in_options,
        )?;
        let shutdown_timeout = settings.shutdown_timeout;
        Ok(Self {
            engine,
            store,
            work,
            channels,
            options,
            listener,
            address,
            drop_in,
            shutdown_timeout,
        })
    }

    /// The address that it listens on.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address that its drop-in endpoints listen on, when it has them.
    pub(crate) fn drop_in_address(&self) -> Option<SocketAddr> {
        self.drop_in.as_ref().map(|drop_in| drop_in.address)
    }

    /// Runs until `stop` is cancelled and everything under way is finished, or the time for that
    /// is up. An error when a part fails: a service that limps is worse than one that is
    /// restarted.
    pub(crate) async fn run(self, stop: CancellationToken) -> anyhow::Result<Stopped> {
        let Self {
            engine,
            store,
            work,
            channels,
            options,
            listener,
            drop_in,
            shutdown_timeout,
            ..
        } = self;
        // What waits in a channel waits for the same end.
        let shutdown = options.shutdown.clone();
        let (drop_in, compat) = drop_in.map(|it| (it.listener, it.options)).unzip();
        let Routers { native, compat } =
            signoff_server::routers(Arc::clone(&engine), options, compat);

        let mut parts: JoinSet<Part> = JoinSet::new();
        let grace = shutdown_timeout.saturating_sub(MARGIN);
        let serving = serve(listener, native, shutdown.clone(), grace);
        parts.spawn(part("the HTTP server", serving));
        if let (Some(listener), Some(router)) = (drop_in, compat) {
            let serving = serve(listener, router, shutdown.clone(), grace);
            parts.spawn(part("the drop-in endpoints", serving));
        }
        let list = channels.list();
        channels.spawn(&mut parts, &shutdown);
        if work == Work::All {
            let ending = shutdown.clone();
            parts.spawn(part("the background work", async move {
                workers::run(engine, list, ending).await?;
                Ok(Stopped::Finished)
            }));
        }

        supervise(parts, &store, &stop, &shutdown, shutdown_timeout).await
    }
}

/// Lets the parts run until `stop` is cancelled and everything under way is finished, or the time
/// for that is up. An error when one of them, or the store, fails.
async fn supervise(
    mut parts: JoinSet<Part>,
    store: &Store,
    stop: &CancellationToken,
    shutdown: &CancellationToken,
    shutdown_timeout: Duration,
) -> anyhow::Result<Stopped> {
    let failure = tokio::select! {
        () = stop.cancelled() => None,
        cause = poisoned(store) => {
            // What is durable is unknown until the database is opened again. Only those
            // who wait for an answer are still told that there is none.
            shutdown.cancel();
            let _ = tokio::time::timeout(LAST_WORDS, finish(&mut parts)).await;
            return Err(anyhow!(cause).context("the store failed; Signoff stops"));
        }
        ended = parts.join_next() => Some(why(ended)),
    };
    shutdown.cancel();
    let finished = tokio::time::timeout(shutdown_timeout, finish(&mut parts)).await;
    match (failure, finished) {
        (Some(failure), _) | (None, Ok(Err(failure))) => Err(failure),
        (None, Ok(Ok(stopped))) => Ok(stopped),
        (None, Err(_)) => Ok(Stopped::CutOff),
    }
}

/// Opens a database that this process alone works on.
fn own_store(path: &Path) -> anyhow::Result<Store> {
    let store = database::open(path).map_err(with_remedy)?;
    store
        .lock_for_service()
        .map_err(|error| with_remedy(error.into()))?;
    Ok(store)
}

/// Takes a port; an error names the key that says which.
async fn listen(wanted: SocketAddr, key: &str) -> anyhow::Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind(wanted)
        .await
        .with_context(|| format!("{wanted} cannot be listened on: choose another {key}"))?;
    let address = listener.local_addr().context("the port has no address")?;
    Ok((listener, address))
}

/// Answers one listener's connections.
async fn serve(
    listener: TcpListener,
    router: Router,
    ending: CancellationToken,
    grace: Duration,
) -> anyhow::Result<Stopped> {
    match signoff_server::serve(listener, router, ending, grace).await {
        Ended::Drained => Ok(Stopped::Finished),
        Ended::CutOff { connections } => {
            tracing::warn!(connections, "connections were cut off: the time was up");
            Ok(Stopped::CutOff)
        }
    }
}

/// Names a part.
async fn part(name: &'static str, run: impl Future<Output = anyhow::Result<Stopped>>) -> Part {
    (name, run.await)
}

/// Why the service must stop, of how a part ended before it was asked to.
fn why(ended: Option<Result<Part, tokio::task::JoinError>>) -> anyhow::Error {
    match ended {
        None => anyhow!("nothing runs"),
        // What a panic said is not repeated: it may quote data.
        Some(Err(died)) if died.is_panic() => {
            anyhow!("a part of the service panicked; Signoff stops")
        }
        Some(Err(_)) => anyhow!("a part of the service was cancelled; Signoff stops"),
        Some(Ok((name, Ok(_)))) => anyhow!("{name} ended by itself; Signoff stops"),
        Some(Ok((name, Err(error)))) => error.context(format!("{name} failed; Signoff stops")),
    }
}

/// Waits until every part has ended: how, or the first failure among them.
async fn finish(parts: &mut JoinSet<Part>) -> anyhow::Result<Stopped> {
    let mut result = Ok(Stopped::Finished);
    while let Some(ended) = parts.join_next().await {
        match ended {
            Ok((_, Ok(Stopped::Finished))) => {}
            Ok((_, Ok(Stopped::CutOff))) => result = result.map(|_| Stopped::CutOff),
            failed if result.is_ok() => result = Err(why(Some(failed))),
            _ => {}
        }
    }
    result
}

/// Says what to do about a database that cannot be used, where the cause tells.
fn with_remedy(error: anyhow::Error) -> anyhow::Error {
    let cause = error.downcast_ref::<signoff_engine::StoreError>();
    match cause.and_then(signoff_engine::StoreError::remedy) {
        Some(remedy) => anyhow!("{error:#}; {remedy}"),
        None => error,
    }
}

/// Waits until the store can no longer be trusted.
async fn poisoned(store: &Store) -> String {
    let mut fatal = store.fatal();
    // The store holds the sender for as long as it lives.
    let cause = match fatal.wait_for(Option::is_some).await {
        Ok(cause) => cause.clone(),
        Err(_) => None,
    };
    cause.unwrap_or_else(|| "the store is gone".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn how_a_part_ended_is_said_without_what_its_panic_said() {
        let mut parts: JoinSet<Part> = JoinSet::new();
        parts.spawn(async {
            let secret = String::from("hunter2");
            assert!(std::hint::black_box(false), "it was working on {secret}");
            ("a part", Ok(Stopped::Finished))
        });
        let said = format!("{:#}", why(parts.join_next().await));
        assert_eq!(said, "a part of the service panicked; Signoff stops");
    }
}
