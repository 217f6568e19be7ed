//! The service without its surfaces: what the use cases share.

use std::sync::{Arc, OnceLock};

use serde::Serialize;
use signoff_core::Masker;
use signoff_store::{Clock, Store};

use crate::adapters::Receipts;
use crate::callback::AllowList;
use crate::keys::{ConfiguredKey, KeyRing};
use crate::metrics::Metrics;
use crate::ports::{Channel, ChannelHealth};
use crate::waiters::Waiters;
use crate::{Directory, Error};

/// What the operator decided.
#[derive(Debug)]
pub struct Settings {
    /// Who is who.
    pub directory: Directory,
    /// Finds secrets.
    pub masker: Masker,
    /// Keys from the configuration; others are made at run time and live in the store.
    pub api_keys: Vec<ConfiguredKey>,
    /// The names of the channels that serve, in order of preference.
    pub channels: Vec<String>,
    /// Where callbacks may go.
    pub callbacks: AllowList,
    /// How many days the content of ended requests is kept; `None`: for ever.
    pub retention_days: Option<u32>,
}

/// Signoff's use cases, shared by every surface.
pub struct Engine {
    pub(crate) store: Store,
    pub(crate) directory: Directory,
    pub(crate) masker: Masker,
    pub(crate) keys: KeyRing,
    pub(crate) channel_names: Vec<String>,
    pub(crate) allow: Arc<AllowList>,
    pub(crate) retention_days: Option<u32>,
    pub(crate) waiters: Waiters,
    pub(crate) metrics: Metrics,
    pub(crate) channels: OnceLock<Vec<Arc<dyn Channel>>>,
    receipts: Arc<Receipts>,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine")
            .field("channels", &self.channel_names)
            .finish_non_exhaustive()
    }
}

/// Whether the service can do its work.
#[derive(Debug, Clone, Serialize)]
pub struct Readiness {
    /// Whether requests can be accepted and decided.
    pub ready: bool,
    /// `ok`, or why the store takes no writes.
    pub store: String,
    /// `ok`, or that the background work is not running.
    pub workers: String,
    /// Each channel; one that cannot be reached does not make the service unready.
    pub channels: Vec<ChannelHealth>,
}

impl Engine {
    /// The use cases over a store. Reads who was paired and which keys were made before.
    pub async fn new(
        store: Store,
        settings: Settings,
        metrics: Metrics,
    ) -> Result<Arc<Self>, Error> {
        let engine = Self {
            keys: KeyRing::new(settings.api_keys),
            directory: settings.directory,
            masker: settings.masker,
            channel_names: settings.channels,
            allow: Arc::new(settings.callbacks),
            retention_days: settings.retention_days,
            waiters: Waiters::default(),
            metrics,
            channels: OnceLock::new(),
            receipts: Arc::default(),
            store,
        };
        engine.refresh_identities().await?;
        engine.keys.refresh(&engine.store).await?;
        Ok(Arc::new(engine))
    }

    /// Reads again who is paired with whom.
    pub(crate) async fn refresh_identities(&self) -> Result<(), Error> {
        self.directory.set_paired(self.store.identities().await?);
        Ok(())
    }

    /// Who is who.
    pub fn directory(&self) -> &Directory {
        &self.directory
    }

    /// Finds secrets.
    pub fn masker(&self) -> &Masker {
        &self.masker
    }

    /// Where requests are kept.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Where adapters say what became of what they took.
    pub fn receipts(&self) -> &Arc<Receipts> {
        &self.receipts
    }

    /// Where the time comes from.
    pub fn clock(&self) -> &Clock {
        self.store.clock()
    }

    /// Whether the service can do its work, with a real write to the store.
    pub async fn readiness(&self) -> Readiness {
        let store = match self.store.check_writable().await {
            Ok(()) => "ok".to_owned(),
            Err(error) => error.to_string(),
        };
        let channels = self.channels.get();
        let workers = if channels.is_some() {
            "ok"
        } else {
            "not running"
        };
        Readiness {
            ready: store == "ok" && channels.is_some(),
            store,
            workers: workers.to_owned(),
            channels: channels
                .map(|channels| channels.iter().map(|channel| channel.health()).collect())
                .unwrap_or_default(),
        }
    }
}
