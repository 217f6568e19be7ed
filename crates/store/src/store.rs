//! The handle.

use std::path::Path;
use std::sync::Arc;

use tokio::sync::watch;

use crate::{Changes, Clock, Error, StoreSecrets};

/// The store: a cheap handle whose methods are commands, each one transaction.
#[derive(Clone)]
pub struct Store {
    shared: Arc<Shared>,
}

struct Shared {
    clock: Clock,
    secrets: StoreSecrets,
    changes: Changes,
    fatal: watch::Sender<Option<String>>,
}

impl Store {
    /// Opens the database, creating and migrating it.
    pub fn open(
        path: &Path,
        clock: Clock,
        random: impl FnMut(&mut [u8]) + Send + 'static,
    ) -> Result<Self, Error> {
        let _ = (path, clock, random);
        Err(Error::stopped())
    }

    /// Makes this the one service on the database.
    pub fn lock_for_service(&self) -> Result<(), Error> {
        Err(Error::stopped())
    }

    /// The secrets the store made for itself.
    pub fn secrets(&self) -> &StoreSecrets {
        &self.shared.secrets
    }

    /// The clock.
    pub fn clock(&self) -> &Clock {
        &self.shared.clock
    }

    /// Signals, given after commit.
    pub fn changes(&self) -> &Changes {
        &self.shared.changes
    }

    /// Becomes `Some(cause)` when a commit failed or the writer died: the process must exit
    /// with a failure code, because what is durable is unknown until the store is opened again.
    pub fn fatal(&self) -> watch::Receiver<Option<String>> {
        self.shared.fatal.subscribe()
    }
}
