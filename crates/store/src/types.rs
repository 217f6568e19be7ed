//! What goes into and comes out of the store's commands: plain data, no SQL.

use std::fmt;

use jiff::Timestamp;
use secrecy::SecretBox;
use serde::{Deserialize, Serialize};
use signoff_contract::{
    CallbackView, CorrelationId, DeliveryId, EventResource, Kind, RequestId, Status,
};
use signoff_core::request::{Effect, Event, Prompt, Rejection, Request};

/// Which request.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Key {
    /// By our identifier.
    Id(RequestId),
    /// By the caller's, within its project.
    Named {
        /// The project.
        project: String,
        /// The caller's name for it.
        correlation_id: CorrelationId,
    },
}

/// A request as it is kept, with how its callback stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// The request.
    pub request: Request,
    /// Its callback, when one was asked for.
    pub callback: Option<CallbackView>,
    /// Whether its callback was given up because the requester no longer waits for it.
    pub requester_gone: bool,
}

/// A submission on its way in.
#[derive(Debug, Clone)]
pub struct NewRequest {
    /// The request, pending, with its prompts waiting.
    pub request: Request,
    /// Why approvers of the route have no prompt, for people.
    pub unreachable: Vec<String>,
    /// Keyed HMAC over the canonical body as sent: tells a replay from a conflict.
    pub body_mac: [u8; 32],
    /// How many pending requests the project may have.
    pub max_pending: u32,
}

/// What became of a submission.
#[derive(Debug, Clone, PartialEq)]
pub enum Submitted {
    /// It is new and durable.
    Created(Record),
    /// The same body was submitted before: this is its request now.
    Replayed(Record),
    /// The same body was submitted before, and what was kept of it was deleted since.
    Pruned(Tombstone),
    /// The correlation id belongs to another body.
    Conflict,
    /// A request of this name is pending at the same drop-in endpoint.
    AlreadyPending,
    /// The project has as many pending requests as it may have.
    TooManyPending,
}

/// What is left of a request whose content was deleted after the time of retention.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tombstone {
    /// The request.
    pub id: RequestId,
    /// How it had ended.
    pub status: Status,
    /// When its content was deleted.
    pub pruned_at: Timestamp,
}

/// What became of an event.
#[derive(Debug, Clone, PartialEq)]
pub enum Transitioned {
    /// It changed the request; this is durable.
    Applied {
        /// The request afterwards.
        record: Record,
        /// What to tell whoever caused it.
        effect: Effect,
    },
    /// It was refused; nothing changed.
    Rejected {
        /// The request as it stands.
        record: Record,
        /// Why.
        rejection: Rejection,
    },
    /// The same `event_id` was handled before: this is the answer it got then.
    Duplicate {
        /// The request as it stands now.
        record: Record,
        /// What it got then.
        first: FirstAnswer,
    },
}

/// What an event with an id got when it was handled first; kept so that a repetition gets it too.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FirstAnswer {
    /// It was applied, with this effect.
    Applied(Effect),
    /// It was refused.
    Rejected(Rejection),
}

/// One event for one request.
#[derive(Debug, Clone)]
pub struct Command {
    /// The request.
    pub key: Key,
    /// What happened.
    pub event: Event,
    /// The channel's own id of what happened, for deduplication (`telegram:<bot>:<update>`).
    pub event_id: Option<String>,
}

/// A prompt whose channel shows less than it should.
#[derive(Debug, Clone)]
pub struct DuePrompt {
    /// The prompt.
    pub prompt: Prompt,
    /// The revision to show.
    pub revision: u64,
    /// Whether to draw attention to it, once.
    pub remind: bool,
    /// Where it already stands, in the channel's own notation. Empty before the first show.
    pub refs: Vec<String>,
    /// Failed attempts at this since the last success.
    pub attempts: u32,
    /// The request at this revision.
    pub record: Record,
}

/// What became of showing a prompt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PromptResult {
    /// It shows the revision that was leased.
    Shown {
        /// Where it stands now; replaces the refs that were leased (refs adopted meanwhile stay).
        refs: Vec<String>,
    },
    /// Not now.
    Retry {
        /// When to try again.
        at: Timestamp,
        /// Why, for people.
        cause: String,
    },
    /// The place was busy and nothing was tried: the lease ends, nothing else changes.
    Released,
    /// Never.
    Failed {
        /// Why, for people.
        cause: String,
    },
}

/// A callback to be sent.
#[derive(Debug, Clone)]
pub struct DueCallback {
    /// The `webhook-id`.
    pub id: DeliveryId,
    /// Whose secrets sign it.
    pub project: String,
    /// For logs.
    pub request_id: RequestId,
    /// Where to.
    pub url: String,
    /// Byte-identical on every attempt.
    pub body: Vec<u8>,
    /// Attempts so far.
    pub attempts: u32,
    /// When it was tried first; `None` before that.
    pub first_attempt_at: Option<Timestamp>,
    /// How many earlier attempts may have reached the receiver, though nobody knows.
    pub in_doubt: u32,
    /// How the receiver's answers are to be understood.
    pub manners: Manners,
}

/// How a receiver's answers are to be understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manners {
    /// As the native contract says.
    Native,
    /// As the callers of the drop-in endpoints answer.
    DropIn,
}

/// One try of a callback, for the operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// When it began.
    pub at: Timestamp,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
    /// The HTTP status, when one came.
    pub status: Option<u16>,
    /// What went wrong, or the start of the response's body (at most 4 KiB), for people.
    pub detail: String,
    /// Whether the receiver may have taken it.
    pub reached: Reached,
}

/// Whether a receiver may have taken what was sent to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reached {
    /// It may have, or it has.
    Maybe,
    /// It has not: there was no connection, or an answer that says so.
    No,
}

/// What follows an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallbackResult {
    /// The receiver answered 2xx.
    Delivered,
    /// Try again.
    RetryAt(Timestamp),
    /// Given up.
    Dead {
        /// Why, for people.
        cause: String,
    },
}

/// A callback, for the operator's list.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CallbackRow {
    /// The `webhook-id`.
    pub id: DeliveryId,
    /// The project.
    pub project: String,
    /// The caller's name for the request.
    pub correlation_id: CorrelationId,
    /// Where to.
    pub url: String,
    /// `due`, `delivered` or `dead`.
    pub state: String,
    /// Attempts so far.
    pub attempts: u32,
    /// When it is due next.
    #[serde(with = "signoff_contract::time::rfc3339::option")]
    pub due_at: Option<Timestamp>,
    /// The last attempt's status.
    pub last_status: Option<u16>,
    /// The last attempt's detail.
    pub last_detail: Option<String>,
}

/// Which requests to list.
#[derive(Debug, Clone, Default)]
pub struct ListFilter {
    /// Only with this status.
    pub status: Option<Status>,
    /// Only of this kind.
    pub kind: Option<Kind>,
    /// Only those that were created before this one.
    pub before: Option<RequestId>,
    /// At most so many, newest first.
    pub limit: u32,
}

/// An update from a channel that was committed before it was confirmed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InboxRow {
    /// Its position.
    pub id: i64,
    /// The channel's own key: the `update_id`.
    pub key: String,
    /// As it came.
    pub payload: String,
    /// When it was committed.
    pub received_at: Timestamp,
    /// How often handling it failed.
    pub attempts: u32,
}

/// An API key as it is kept: never the key, only its SHA-256.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiKeyRow {
    /// Its name, unique.
    pub name: String,
    /// The project it is bound to.
    pub project: String,
    /// SHA-256 of the key, lower-case hexadecimal.
    #[serde(skip_serializing)]
    pub key_sha256: String,
    /// `requests:write`, …
    pub scopes: Vec<String>,
    /// The person it acts or asks for.
    pub approver: Option<String>,
    /// When it was created.
    #[serde(with = "signoff_contract::time::rfc3339")]
    pub created_at: Timestamp,
}

/// A person's identity in a channel, paired at run time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The approver's name.
    pub approver: String,
    /// The channel: `telegram`.
    pub channel: String,
    /// The channel's own id of that person.
    pub user_id: String,
    /// When it was paired.
    #[serde(with = "signoff_contract::time::rfc3339")]
    pub paired_at: Timestamp,
}

/// What became of a pairing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Paired {
    /// The person is this approver now.
    Paired {
        /// The approver's name.
        approver: String,
    },
    /// The token is unknown, used or expired.
    InvalidToken,
    /// That person is paired with another approver already.
    TakenBy {
        /// That approver's name.
        approver: String,
    },
}

/// A channel's conversation with one person: opaque to the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conversation {
    /// The channel.
    pub channel: String,
    /// The channel's key: who, where, about what.
    pub key: String,
    /// The channel's own, versioned data.
    pub payload: String,
    /// When it lapses.
    pub expires_at: Timestamp,
}

/// Where an audit check stopped.
#[derive(Debug, Clone, PartialEq)]
pub enum Verified {
    /// Every row follows.
    Intact {
        /// How many events were checked.
        events: u64,
        /// The last seal, when there is one: sequence number and hash.
        last_seal: Option<(u64, signoff_contract::Digest)>,
        /// Events that are not sealed yet.
        unsealed: u64,
    },
    /// The first broken row.
    Broken {
        /// What is stored there.
        row: String,
        /// What is wrong with it, for people.
        why: String,
    },
}

/// A sealed event.
pub type SealedEvent = EventResource;

/// The secrets that the store made for itself when it was created.
pub struct StoreSecrets {
    /// Seals handles.
    pub handles: signoff_core::HandleKeys,
    /// Keys the HMAC that tells a replayed submit from a conflict.
    pub replay: SecretBox<[u8; 32]>,
}

impl fmt::Debug for StoreSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StoreSecrets")
    }
}

/// What a tick over due requests did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ticked {
    /// The requests that changed.
    pub changed: Vec<RequestId>,
    /// Whether more are due already.
    pub more: bool,
}

/// The soonest times at which something is to be done; `None` where there is nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Deadlines {
    /// The soonest `expires_at` of a pending request, or the end of its hold where one is held.
    pub expires_at: Option<Timestamp>,
    /// The soonest reminder of a pending request.
    pub remind_at: Option<Timestamp>,
    /// The soonest callback; a leased one counts with the end of its lease.
    pub callback_due_at: Option<Timestamp>,
}

/// What a step of pruning did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pruned {
    /// How many requests were pruned.
    pub pruned: u32,
    /// The first row that was looked at and stays for now.
    pub first_kept: Option<i64>,
    /// Where to go on; `None` when all that are old enough were looked at.
    pub next: Option<i64>,
}

/// What a sealing step did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sealed {
    /// The sequence number of the last seal, 0 when there is none.
    pub last: u64,
    /// How many events were sealed just now.
    pub sealed: u32,
}

/// Which callback to send again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ResendKey {
    /// By its `webhook-id`.
    Delivery(DeliveryId),
    /// By the caller's name of its request. Without a project it must be the only one.
    Correlation(CorrelationId),
}
