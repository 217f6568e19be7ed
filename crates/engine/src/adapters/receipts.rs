//! Receipts: what became of a prompt that an adapter took and did not show at once.
//!
//! They are waited for in memory alone. After a restart the prompt is put again, and the adapter
//! answers what is true by then.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use signoff_contract::PromptId;
use tokio::sync::oneshot;

/// What became of a prompt at one revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Receipt {
    /// People can see it.
    Shown {
        /// Where, if that was not known before.
        prompt_ref: Option<String>,
    },
    /// They cannot.
    Failed {
        /// Whether trying again may help.
        retryable: bool,
        /// Why, for people.
        detail: Option<String>,
    },
}

/// Channel, prompt, revision: whose receipt it is.
type Of = (String, PromptId, u64);

/// Those who wait for one.
#[derive(Debug, Default)]
pub struct Receipts(Mutex<HashMap<Of, oneshot::Sender<Receipt>>>);

impl Receipts {
    /// Takes a receipt; whether anyone waited for it.
    pub fn take(&self, channel: &str, prompt: PromptId, revision: u64, receipt: Receipt) -> bool {
        let of = (channel.to_owned(), prompt, revision);
        let waiting = self.lock().remove(&of);
        waiting.is_some_and(|waiting| waiting.send(receipt).is_ok())
    }

    /// Waits from now on, until the answer is dropped.
    pub(super) fn expect(&self, channel: &str, prompt: PromptId, revision: u64) -> Expected<'_> {
        let of = (channel.to_owned(), prompt, revision);
        let (sender, receipt) = oneshot::channel();
        self.lock().insert(of.clone(), sender);
        Expected {
            receipts: self,
            of,
            receipt,
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Of, oneshot::Sender<Receipt>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A receipt that is waited for.
pub(super) struct Expected<'r> {
    receipts: &'r Receipts,
    of: Of,
    receipt: oneshot::Receiver<Receipt>,
}

impl Expected<'_> {
    /// The receipt; `None` if it can come no more.
    pub(super) async fn comes(&mut self) -> Option<Receipt> {
        (&mut self.receipt).await.ok()
    }
}

impl Drop for Expected<'_> {
    fn drop(&mut self) {
        // One prompt is shown once at a time, so nobody else waits under this name.
        self.receipts.lock().remove(&self.of);
    }
}
