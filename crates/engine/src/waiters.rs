//! Who waits for which request to end (long polls).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use signoff_contract::RequestId;
use tokio::sync::Notify;

/// The waiters of each request. An entry lives as long as somebody waits.
#[derive(Debug, Default)]
pub(crate) struct Waiters(Mutex<HashMap<RequestId, Weak<Notify>>>);

impl Waiters {
    /// Something to wait on until the request ends. Take it before reading the request.
    pub(crate) fn join(&self, id: RequestId) -> Arc<Notify> {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(notify) = waiting.get(&id).and_then(Weak::upgrade) {
            return notify;
        }
        let notify = Arc::new(Notify::new());
        waiting.insert(id, Arc::downgrade(&notify));
        notify
    }

    /// The request has ended.
    pub(crate) fn wake(&self, id: RequestId) {
        let waiting = self
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&id);
        if let Some(notify) = waiting.and_then(|notify| notify.upgrade()) {
            notify.notify_waiters();
        }
    }

    /// Some requests have ended and nobody knows which: everyone looks again.
    pub(crate) fn wake_all(&self) {
        let waiting = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        for notify in waiting.into_values().filter_map(|notify| notify.upgrade()) {
            notify.notify_waiters();
        }
    }

    /// Forgets entries that nobody waits for any more.
    pub(crate) fn sweep(&self) {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.retain(|_, notify| notify.strong_count() > 0);
    }
}
