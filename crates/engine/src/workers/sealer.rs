//! Folds new audit events into the one order of all events.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::{AFTER_ERROR, LONGEST_WAIT};
use crate::{Engine, Error};

/// How many events one step seals.
const BATCH: u32 = 1_000;

/// The worker behind the seal chain.
#[derive(Debug)]
pub struct Sealer {
    engine: Arc<Engine>,
}

impl Sealer {
    /// The worker for this engine.
    pub fn new(engine: Arc<Engine>) -> Self {
        Self { engine }
    }

    /// Seals everything that is there; answers how many events that were.
    pub async fn tick(&self) -> Result<u64, Error> {
        let mut events = 0;
        loop {
            let sealed = self.engine.store.seal(BATCH).await?;
            events += u64::from(sealed.sealed);
            if sealed.sealed < BATCH {
                return Ok(events);
            }
        }
    }

    pub(super) async fn run(&self, shutdown: CancellationToken) {
        let mut changed = self.engine.store.changes().events.subscribe();
        while !shutdown.is_cancelled() {
            changed.mark_unchanged();
            let wait = match self.tick().await {
                Ok(_) => LONGEST_WAIT,
                Err(error) => {
                    super::log(&self.engine, "sealer", &error);
                    AFTER_ERROR
                }
            };
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = tokio::time::sleep(wait) => {}
                _ = changed.changed() => {}
            }
        }
    }
}
