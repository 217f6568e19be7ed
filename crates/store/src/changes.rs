//! Signals that something changed, given after the commit that changed it.

use signoff_contract::RequestId;
use tokio::sync::{broadcast, watch};

/// How many terminal transitions a slow listener may lag behind before it must look itself.
const BACKLOG: usize = 1_024;

/// Wakes whoever waits for work. A signal says "look again", never what there is: the watched
/// number only counts commits, and a commit may signal without there being work.
#[derive(Debug)]
pub struct Changes {
    /// A prompt may have become due.
    pub prompts: watch::Sender<u64>,
    /// A callback may have become due.
    pub callbacks: watch::Sender<u64>,
    /// There are events to seal.
    pub events: watch::Sender<u64>,
    /// Holds the sequence number of the last seal; changes when events were sealed.
    pub seals: watch::Sender<u64>,
    /// A deadline or a reminder may now come sooner than the soonest known.
    pub deadlines: watch::Sender<u64>,
    /// There are new rows in the inbox.
    pub inbox: watch::Sender<u64>,
    /// Requests that reached their end. A listener that lagged must look for itself.
    pub requests: broadcast::Sender<RequestId>,
}

impl Changes {
    pub(crate) fn new(last_seal: u64) -> Self {
        Self {
            prompts: watch::Sender::new(0),
            callbacks: watch::Sender::new(0),
            events: watch::Sender::new(0),
            seals: watch::Sender::new(last_seal),
            deadlines: watch::Sender::new(0),
            inbox: watch::Sender::new(0),
            requests: broadcast::Sender::new(BACKLOG),
        }
    }

    /// Gives the signals that a batch collected.
    pub(crate) fn give(&self, signals: &Signals) {
        let bump = |sender: &watch::Sender<u64>, wanted: bool| {
            if wanted {
                sender.send_modify(|count| *count = count.wrapping_add(1));
            }
        };
        bump(&self.prompts, signals.prompts);
        bump(&self.callbacks, signals.callbacks);
        bump(&self.events, signals.events);
        self.seals.send_if_modified(|last| {
            let moved = signals.sealed > *last;
            *last = signals.sealed.max(*last);
            moved
        });
        bump(&self.deadlines, signals.deadlines);
        bump(&self.inbox, signals.inbox);
        for request in &signals.ended {
            // An error only says that nobody listens.
            let _ = self.requests.send(*request);
        }
    }
}

/// What one command, or one batch, will signal once it is durable.
#[derive(Debug, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "one flag a signal, set independently"
)]
pub(crate) struct Signals {
    pub(crate) prompts: bool,
    pub(crate) callbacks: bool,
    pub(crate) events: bool,
    pub(crate) deadlines: bool,
    pub(crate) inbox: bool,
    /// The last seal that was written; 0 for none.
    pub(crate) sealed: u64,
    pub(crate) ended: Vec<RequestId>,
}

impl Signals {
    /// Every signal but the ended requests: another process changed something.
    pub(crate) fn everything() -> Self {
        Self {
            prompts: true,
            callbacks: true,
            events: true,
            deadlines: true,
            inbox: true,
            sealed: 0,
            ended: Vec::new(),
        }
    }

    /// Adds another command's signals.
    pub(crate) fn merge(&mut self, other: Self) {
        self.prompts |= other.prompts;
        self.callbacks |= other.callbacks;
        self.events |= other.events;
        self.deadlines |= other.deadlines;
        self.inbox |= other.inbox;
        self.sealed = self.sealed.max(other.sealed);
        self.ended.extend(other.ended);
    }
}
