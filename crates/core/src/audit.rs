//! The audit: entries, and the hash chains that make a later edit visible.
//!
//! Each request has a chain of its own (so that no two requests wait for each other), and a
//! sealer folds all events into one order, the seal chain. What this proves and what it does
//! not: someone who can rewrite the whole database can rewrite both chains; anyone who kept a
//! seal (an export, a log line) can tell.

use jiff::Timestamp;
use serde_json::Value;
use signoff_contract::json::{self, Member};
use signoff_contract::{CorrelationId, Digest, EventResource, RequestId, Status, time};

/// Someone who caused an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// What kind of someone: the wire's `actor_type`.
    pub kind: &'static str,
    /// Who, within that kind.
    pub id: String,
}

impl Actor {
    /// The control plane, by its key's name.
    pub fn requester(key: &str) -> Self {
        Self {
            kind: "requester",
            id: key.to_owned(),
        }
    }

    /// A person known to Signoff.
    pub fn approver(name: &str) -> Self {
        Self {
            kind: "approver",
            id: name.to_owned(),
        }
    }

    /// Somebody in a channel whom Signoff does not know: `telegram:1001`.
    pub fn stranger(id: &str) -> Self {
        Self {
            kind: "stranger",
            id: id.to_owned(),
        }
    }

    /// Whoever carries the action out, by its key's name.
    pub fn executor(key: &str) -> Self {
        Self {
            kind: "executor",
            id: key.to_owned(),
        }
    }

    /// Someone at the installation's command line or with an admin key.
    pub fn operator(id: &str) -> Self {
        Self {
            kind: "operator",
            id: id.to_owned(),
        }
    }

    /// Signoff itself, by the part of it.
    pub fn system(part: &str) -> Self {
        Self {
            kind: "system",
            id: part.to_owned(),
        }
    }
}

/// One thing to write into the audit, before it has a time and a place in the chain.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// `approval.requested`, `prompt.shown`, …
    pub event_type: String,
    /// Who caused it.
    pub actor: Actor,
    /// The request's status afterwards; `None` for an event of the installation.
    pub approval_state: Option<Status>,
    /// What happened, masked.
    pub payload: Value,
}

/// Where a chain stands: what the next event builds on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// The number of the last event, from 1.
    pub number: u64,
    /// Its hash.
    pub hash: Digest,
    /// Its time: the next is never earlier.
    pub at: Timestamp,
}

/// The request a chain belongs to; the installation's own chain has none.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The request.
    pub request_id: RequestId,
    /// Its project.
    pub project: &'a str,
    /// The caller's name for it.
    pub correlation_id: &'a CorrelationId,
}

/// Puts `entry` at the end of a chain.
pub fn chain(
    subject: Option<Subject<'_>>,
    head: Option<Head>,
    entry: Entry,
    now: Timestamp,
) -> EventResource {
    let now = time::to_millis(now);
    let mut event = EventResource {
        seq: None,
        request_id: subject.map(|subject| subject.request_id),
        number: head.map_or(1, |head| head.number + 1),
        project: subject.map(|subject| subject.project.to_owned()),
        correlation_id: subject.map(|subject| subject.correlation_id.clone()),
        event_type: entry.event_type,
        actor_type: entry.actor.kind.to_owned(),
        actor_id: entry.actor.id,
        approval_state: entry.approval_state,
        at: head.map_or(now, |head| head.at.max(now)),
        payload: entry.payload,
        previous_hash: head.map(|head| head.hash),
        hash: Digest::from_bytes([0; 32]),
    };
    event.hash = hash(&event);
    event
}

/// The place a chain has after this event.
pub fn head_after(event: &EventResource) -> Head {
    Head {
        number: event.number,
        hash: event.hash,
        at: event.at,
    }
}

/// The hash an event must carry: SHA-256 over the canonical form of everything in it but
/// `hash` itself and `seq`, which is given later by the sealer.
pub fn hash(event: &EventResource) -> Digest {
    let request_id = event.request_id.map(|id| id.to_string());
    let previous_hash = event.previous_hash.map(|hash| hash.to_string());
    Digest::of_bytes(&json::canonical_members(&mut [
        ("request_id", Member::text(request_id.as_deref())),
        ("number", Member::Whole(event.number)),
        ("project", Member::text(event.project.as_deref())),
        (
            "correlation_id",
            Member::text(event.correlation_id.as_ref().map(CorrelationId::as_str)),
        ),
        ("event_type", Member::Text(&event.event_type)),
        ("actor_type", Member::Text(&event.actor_type)),
        ("actor_id", Member::Text(&event.actor_id)),
        (
            "approval_state",
            Member::text(event.approval_state.map(Status::as_str)),
        ),
        ("at", Member::Text(&time::format(event.at))),
        ("payload", Member::Value(&event.payload)),
        ("previous_hash", Member::text(previous_hash.as_deref())),
    ]))
}

/// The hash of one seal: it fixes the event's place in the one order of all events.
pub fn seal(previous: Option<Digest>, seq: u64, event: Digest) -> Digest {
    let mut bytes = Vec::with_capacity(72);
    bytes.extend_from_slice(previous.unwrap_or(Digest::from_bytes([0; 32])).as_bytes());
    bytes.extend_from_slice(&seq.to_be_bytes());
    bytes.extend_from_slice(event.as_bytes());
    Digest::of_bytes(&bytes)
}

/// What is wrong with a row of the audit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// The row was changed after it was written.
    #[error("its content does not give its hash: it was changed after it was written")]
    Content,
    /// The row before it is missing, or is another one than when it was written.
    #[error("it does not follow the row before it: one was removed, added or replaced")]
    Link,
    /// Its time lies before the row before it.
    #[error("it is older than the row before it")]
    Time,
}

/// Checks one event against the one before it in its chain.
pub fn verify(head: Option<Head>, event: &EventResource) -> Result<Head, Broken> {
    if hash(event) != event.hash {
        return Err(Broken::Content);
    }
    let number = head.map_or(1, |head| head.number + 1);
    if event.previous_hash != head.map(|head| head.hash) || event.number != number {
        return Err(Broken::Link);
    }
    if head.is_some_and(|head| event.at < head.at) {
        return Err(Broken::Time);
    }
    Ok(head_after(event))
}
