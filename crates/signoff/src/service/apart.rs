//! The Telegram channel in a process of its own: the same channel, whose gateway is the service over
//! HTTP and whose cards are asked for over HTTP.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use axum::Router;
use signoff_adapter::{Places, Prompts, Remote, Service as Remotely};
use signoff_engine::{ChannelStore, Store};
use signoff_server::ServerOptions;
use signoff_telegram::{CHANNEL, Limits, Metrics, Telegram};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::channels::webhooks;
use super::{MARGIN, Part, Stopped, listen, own_store, part, serve, supervise};
use crate::config::AdapterSettings;
use crate::speech::Ears;

/// The corner of the store in which prompts are remembered.
const PROMPTS: &str = "prompts";

/// An adapter that has everything it needs and does not run yet. Its port is taken.
pub(crate) struct Apart {
    store: Store,
    telegram: Telegram,
    prompts: Prompts,
    router: Router,
    shutdown: CancellationToken,
    listener: TcpListener,
    address: SocketAddr,
    shutdown_timeout: Duration,
}

impl Apart {
    /// Opens the adapter's own database as its one process, and takes the port.
    pub(crate) async fn prepare(settings: AdapterSettings) -> anyhow::Result<Self> {
        let store = own_store(&settings.database)?;
        let (listener, address) = listen(settings.listen, "[adapter] listen").await?;
        let mut options = ServerOptions::default();
        let service = Remotely::new(settings.service, store.clock().clone());
        let service = Arc::new(service.context("no HTTP client")?);
        let places = Places::new(ChannelStore::new(store.clone(), PROMPTS));
        let masker = settings.masker;
        let gateway = Remote::new(Arc::clone(&service), places.clone(), masker.clone());
        let metrics = Metrics::register(&mut options.registry);
        let mut telegram = Telegram::connect(
            settings.telegram,
            Arc::new(gateway),
            ChannelStore::new(store.clone(), CHANNEL),
            Limits::default(),
            metrics,
        )?;
        if let Some(speech) = settings.speech {
            let ears = Ears::new(speech, &mut options)?.transcriber();
            telegram = telegram.with_transcriber(ears);
        }
        let prompts = Prompts::new(telegram.channel(), places, service);
        let webhooks = webhooks(&telegram, &telegram.webhook_path());
        let all = |registry| prompts.router(registry).merge(webhooks);
        let router = signoff_server::enveloped(all, options.registry, masker);
        Ok(Self {
            store,
            telegram,
            prompts,
            router,
            shutdown: options.shutdown,
            listener,
            address,
            shutdown_timeout: settings.shutdown_timeout,
        })
    }

    /// The address that it listens on.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Runs until `stop` is cancelled and everything under way is finished, or the time for that is
    /// up. An error when a part fails.
    pub(crate) async fn run(self, stop: CancellationToken) -> anyhow::Result<Stopped> {
        let mut parts: JoinSet<Part> = JoinSet::new();
        let (shutdown, prompts) = (self.shutdown, self.prompts);
        let grace = self.shutdown_timeout.saturating_sub(MARGIN);
        let serving = serve(self.listener, self.router, shutdown.clone(), grace);
        let shown = prompts.clone();
        parts.spawn(part("the HTTP server", async move {
            let stopped = serving.await?;
            shown.settle().await;
            Ok(stopped)
        }));
        let ending = shutdown.clone();
        parts.spawn(part("keeping cards up to date", async move {
            prompts.refresh(ending).await;
            Ok(Stopped::Finished)
        }));
        let (telegram, ending) = (self.telegram, shutdown.clone());
        parts.spawn(part("the Telegram channel", async move {
            telegram.run(ending).await?;
            Ok(Stopped::Finished)
        }));
        let timeout = self.shutdown_timeout;
        supervise(parts, &self.store, &stop, &shutdown, timeout).await
    }
}
