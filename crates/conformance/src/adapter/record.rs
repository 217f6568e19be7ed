//! What the adapter sent, and what was wrong with it.

use std::collections::HashMap;

use jiff::Timestamp;
use serde_json::Value;
use signoff_contract::PromptId;
use signoff_contract::adapter::{ReceiptBody, ResponseAnswer};
use tokio::time::Instant;

/// What Signoff says to a response.
#[derive(Debug, Clone)]
pub(super) enum Reply {
    /// 200, and this.
    Says(ResponseAnswer),
    /// 200 and this, but not before so much time has passed.
    Slowly(std::time::Duration, ResponseAnswer),
    /// Another status, with `Retry-After` in seconds.
    Refuses(u16, Option<u64>),
    /// The connection breaks, after the response was taken.
    Breaks,
    /// It breaks in the middle of the answer.
    BreaksOff,
}

/// A response as it came.
#[derive(Debug, Clone)]
pub(super) struct Heard {
    /// The deed that it belongs to, by its number.
    pub(super) deed: Option<usize>,
    /// When it came.
    pub(super) at: Instant,
    /// Its `webhook-id`.
    pub(super) message_id: String,
    /// Its `webhook-timestamp`.
    pub(super) sent_at: Option<i64>,
    /// Its body.
    pub(super) body: Value,
    /// The status that it got, and when.
    pub(super) answered: Option<(u16, Instant)>,
}

impl Heard {
    /// A member of the body that is a text.
    pub(super) fn text(&self, pointer: &str) -> &str {
        let found = self.body.pointer(pointer).and_then(Value::as_str);
        found.unwrap_or_default()
    }

    pub(super) fn event_id(&self) -> &str {
        self.text("/event_id")
    }

    /// How long before it was sent it happened, in seconds; both by the adapter's clock.
    pub(super) fn ago(&self) -> Option<f64> {
        let occurred: Timestamp = self.text("/occurred_at").parse().ok()?;
        let sent = Timestamp::from_second(self.sent_at?).ok()?;
        Some(sent.duration_since(occurred).as_secs_f64())
    }
}

/// Something a person was asked to do.
#[derive(Debug, Clone)]
pub(super) struct Done {
    /// What, for people: `the press of “Approve”`.
    pub(super) what: String,
    pub(super) prompt_id: PromptId,
    pub(super) user_id: String,
    /// The handle that it should send.
    pub(super) handle: String,
    /// The words that it should send.
    pub(super) words: Option<String>,
    pub(super) begun: Instant,
}

/// Everything that was heard, and what comes next.
#[derive(Debug, Default)]
pub(super) struct Record {
    pub(super) heard: Vec<Heard>,
    pub(super) receipts: Vec<ReceiptBody>,
    pub(super) done: Vec<Done>,
    /// What to say to the next new responses; after that, that they are taken.
    pub(super) replies: std::collections::VecDeque<Reply>,
    /// What each event got for good.
    pub(super) said: HashMap<String, Reply>,
    /// How many calls came.
    pub(super) calls: usize,
    /// Calls whose signature, time or channel was wrong.
    pub(super) unproved: Vec<String>,
    /// Calls whose body was wrong.
    pub(super) misshapen: Vec<String>,
}

impl Record {
    /// What was heard of a deed.
    pub(super) fn of(&self, deed: usize) -> Vec<Heard> {
        let heard = self.heard.iter().filter(|it| it.deed == Some(deed));
        heard.cloned().collect()
    }
}
