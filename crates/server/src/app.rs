//! What every handler shares.

use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use prometheus_client::registry::Registry;
use signoff_engine::Engine;
use tokio_util::sync::CancellationToken;

use crate::adapter::AdapterSecrets;
use crate::limits::Limits;

/// The state of the router: one pointer, cloned for each HTTP request.
#[derive(Clone)]
pub(crate) struct App(Arc<Shared>);

/// What is behind it.
pub(crate) struct Shared {
    /// The use cases.
    pub(crate) engine: Arc<Engine>,
    /// The channels that adapters may speak for.
    pub(crate) adapters: AdapterSecrets,
    /// Who may call how often.
    pub(crate) limits: Limits,
    /// Ends long polls and streams.
    pub(crate) shutdown: CancellationToken,
    /// What `/metrics` shows.
    pub(crate) registry: Registry,
    /// How long a body may take to arrive.
    pub(crate) body_timeout: Duration,
    /// How often a quiet event stream says that it is alive.
    pub(crate) stream_keep_alive: Duration,
    /// What `/openapi.json` answers.
    pub(crate) openapi: Bytes,
    /// What `/docs` answers.
    pub(crate) docs: Bytes,
}

impl App {
    /// Shares it.
    pub(crate) fn new(shared: Shared) -> Self {
        Self(Arc::new(shared))
    }
}

impl Deref for App {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}
