//! The world behind its lock, and the signals around it.

use std::sync::{Mutex, PoisonError};

use tokio::sync::watch;

use crate::clock::SimClock;
use crate::world::World;

/// What the servers, the person side and the tests share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) clock: SimClock,
    world: Mutex<World>,
    version: watch::Sender<u64>,
    stop: watch::Sender<bool>,
}

impl Shared {
    pub(crate) fn new(world: World) -> Self {
        Self {
            clock: world.clock.clone(),
            world: Mutex::new(world),
            version: watch::Sender::new(0),
            stop: watch::Sender::new(false),
        }
    }

    /// Changes the world and wakes everything that waits for a change.
    pub(crate) fn change<R>(&self, change: impl FnOnce(&mut World) -> R) -> R {
        let result = self.quietly(change);
        self.touch();
        result
    }

    /// Looks at the world, or changes what nobody waits for.
    pub(crate) fn quietly<R>(&self, look: impl FnOnce(&mut World) -> R) -> R {
        // A test that panicked while it held the lock has failed anyway; the others go on.
        look(&mut self.world.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Wakes everything that waits for a change.
    pub(crate) fn touch(&self) {
        self.version.send_modify(|version| *version += 1);
    }

    /// Changes of the world, as a counter.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.version.subscribe()
    }

    /// Becomes true when the simulator stops.
    pub(crate) fn stopping(&self) -> watch::Receiver<bool> {
        self.stop.subscribe()
    }

    /// Ends long polls, streams and servers.
    pub(crate) fn stop(&self) {
        self.stop.send_replace(true);
        self.touch();
    }
}
