//! The request: its data, its states, and the events that move it.
//!
//! [`apply`] (in `apply.rs`) is the only way to change one.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use signoff_contract::compat::Dialect;
use signoff_contract::{
    Answer, Digest, Execution, PromptId, RequestId, Risk, Status, Submission, Via,
};

mod apply;
mod entries;
mod event;
mod note;
mod open;
mod rejection;
mod respond;

pub use apply::apply;
pub use entries::{REFUSALS_RECORDED, recorded, refusal};
pub use event::{Effect, Event, Reply, Responder, Response, Transition, Work};
pub use note::{HOLDS, Hold, Speech};
pub use open::open;
pub use rejection::Rejection;

/// One thing asked of humans, as it stands. Everything in it is masked but what people answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// Ours.
    pub id: RequestId,
    /// The isolation border it lives in.
    pub project: String,
    /// The route it took: who may decide.
    pub route: String,
    /// What was submitted, with every secret masked.
    pub submission: Submission,
    /// JSON pointers, from the arguments' root, of the values that were masked; and
    /// [`MASKED_TOOL`](crate::masking::MASKED_TOOL) when the tool's name was.
    pub masked: Vec<String>,
    /// What will be executed; `None` without an action.
    pub intent_digest: Option<Digest>,
    /// What people see; `None` without an action.
    pub view_digest: Option<Digest>,
    /// How many different approvers must approve. One deny ends it. A question takes one answer.
    pub min_approvals: u32,
    /// The name of the key that submitted it.
    pub submitted_by: String,
    /// The person behind that key, when known: may not decide.
    pub submitted_for: Option<String>,
    /// When it was accepted.
    pub created_at: Timestamp,
    /// When it expires.
    pub expires_at: Timestamp,
    /// When to remind, once; `None` when there is nothing to remind of any more.
    pub remind_at: Option<Timestamp>,
    /// Where it stands.
    pub state: State,
    /// Where it is shown.
    pub prompts: Vec<Prompt>,
    /// When an executor took the approval for use.
    pub claimed_at: Option<Timestamp>,
    /// What became of the approved action.
    pub execution: Option<Execution>,
    /// What its callback needs, when it came through one of the drop-in endpoints: its callback
    /// then speaks their dialect.
    pub dialect: Option<Dialect>,
}

/// Where a request stands, with what belongs to it there. All but `Pending` absorb.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum State {
    /// Waiting for humans.
    Pending(Pending),
    /// Approved, or answered.
    Approved(Decided),
    /// Denied, or declined.
    Denied(Decided),
    /// Nobody decided in time.
    Expired {
        /// When that was established.
        at: Timestamp,
    },
    /// It could not be asked of enough people.
    Failed {
        /// When that was established.
        at: Timestamp,
        /// Why.
        cause: FailureCause,
    },
    /// The requester withdrew it.
    Cancelled {
        /// When.
        at: Timestamp,
        /// The name of the key that did.
        by: String,
        /// Why.
        reason: Option<Words>,
    },
}

impl State {
    /// The status on the wire.
    pub fn status(&self) -> Status {
        match self {
            Self::Pending(_) => Status::Pending,
            Self::Approved(_) => Status::Approved,
            Self::Denied(_) => Status::Denied,
            Self::Expired { .. } => Status::Expired,
            Self::Failed { .. } => Status::Failed,
            Self::Cancelled { .. } => Status::Cancelled,
        }
    }
}

/// What is known while humans have not decided.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Pending {
    /// Approvals so far, one a person.
    pub votes: Vec<Vote>,
    /// First presses that wait for the second.
    pub confirmations: Vec<Confirmation>,
    /// Voice notes that came before the deadline and are not settled yet.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub holds: Vec<Hold>,
}

/// One person's response that counted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Vote {
    /// The approver's name.
    pub by: String,
    /// The channel it came through.
    pub channel: String,
    /// When it was committed.
    pub at: Timestamp,
}

/// A first Approve on a request that asks for two.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Confirmation {
    /// The approver's name.
    pub by: String,
    /// When it was committed.
    pub at: Timestamp,
}

/// A decision by humans.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Decided {
    /// When the deciding response was committed.
    pub at: Timestamp,
    /// Everyone whose response counted; the last one decided.
    pub by: Vec<Vote>,
    /// Why, for a denial.
    pub reason: Option<Reason>,
    /// The answer, for a question.
    pub answer: Option<GivenAnswer>,
}

/// Why someone denied.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reason {
    /// The words.
    pub words: Words,
    /// How they were given.
    pub via: Via,
}

/// An answer as it was given, and as it may be echoed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GivenAnswer {
    /// The option chosen; `None` for a custom answer.
    pub option_id: Option<String>,
    /// The option's label or the person's words.
    pub words: Words,
    /// How it was given.
    pub via: Via,
}

impl GivenAnswer {
    /// The answer as the requester gets it: verbatim.
    pub fn verbatim(&self) -> Answer {
        Answer {
            option_id: self.option_id.clone(),
            text: self.words.verbatim.clone(),
            via: self.via,
        }
    }
}

/// What somebody wrote: verbatim for the requester, masked for audit, logs and chats.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Words {
    /// As given. Data for the requester alone.
    pub verbatim: String,
    /// With secrets masked: for every other reader.
    pub masked: String,
}

impl std::fmt::Debug for Words {
    /// Shows the masked form only, so that no log carries the other.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Words").field(&self.masked).finish()
    }
}

/// Why a request failed: a stable code and a sentence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailureCause {
    /// What kind of failure.
    pub code: FailureCode,
    /// What happened, for people.
    pub detail: String,
}

impl std::fmt::Display for FailureCause {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.code.as_str(), self.detail)
    }
}

/// The kinds of failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureCode {
    /// Fewer approvers than needed can be reached, for good.
    Undeliverable,
    /// The deadline came before any channel had shown it.
    NeverPresented,
}

impl FailureCode {
    /// The stable word at the start of the outcome's reason.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Undeliverable => "undeliverable",
            Self::NeverPresented => "never_presented",
        }
    }
}

/// One presentation of a request in one place of one channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prompt {
    /// Ours.
    pub id: PromptId,
    /// Its number within the request, from 0: part of every handle.
    pub number: u8,
    /// The channel: `telegram`, `api`, …
    pub channel: String,
    /// Where in that channel; only the channel understands it.
    pub place: String,
    /// Whom it reaches.
    pub approvers: Vec<String>,
    /// How it stands.
    pub presentation: Presentation,
}

/// How one presentation stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Presentation {
    /// Not shown yet.
    Waiting,
    /// People can see it.
    Shown {
        /// Since when.
        at: Timestamp,
        /// Whether what it shows is the request's end.
        closed: Closed,
    },
    /// It cannot be shown, for good.
    Failed {
        /// Why.
        cause: String,
    },
}

/// Whether a presentation shows the request's end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closed {
    /// It shows the end and has no buttons.
    Yes,
    /// It is open, or its closing is still on the way.
    No,
}

impl Request {
    /// The status on the wire.
    pub fn status(&self) -> Status {
        self.state.status()
    }

    /// How many different people must say yes: a question takes one answer.
    pub fn approvals_needed(&self) -> u32 {
        match self.submission.kind {
            signoff_contract::Kind::Approval => self.min_approvals.max(1),
            signoff_contract::Kind::Question => 1,
        }
    }

    /// Whether an Approve in a channel must be pressed twice: high risk, or something hidden.
    /// One through the API or the command line is deliberate enough.
    pub fn asks_twice(&self) -> bool {
        self.submission.risk >= Risk::High || !self.masked.is_empty()
    }

    /// Until when voice notes hold the end back beyond the deadline; `None` when none does.
    pub fn held_until(&self) -> Option<Timestamp> {
        let State::Pending(pending) = &self.state else {
            return None;
        };
        let latest = pending.holds.iter().map(|hold| hold.until).max();
        latest.filter(|until| *until > self.expires_at)
    }

    /// Approvals so far, one a person.
    pub fn votes(&self) -> &[Vote] {
        match &self.state {
            State::Pending(pending) => &pending.votes,
            State::Approved(decided) | State::Denied(decided) => &decided.by,
            State::Expired { .. } | State::Failed { .. } | State::Cancelled { .. } => &[],
        }
    }

    /// The different people whom some prompt reaches or may still reach, and who may decide.
    pub fn reachable(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self
            .prompts
            .iter()
            .filter(|prompt| !matches!(prompt.presentation, Presentation::Failed { .. }))
            .flat_map(|prompt| &prompt.approvers)
            .map(String::as_str)
            .filter(|name| self.submitted_for.as_deref() != Some(name))
            .collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Whether people could see it anywhere.
    pub fn was_presented(&self) -> bool {
        self.prompts
            .iter()
            .any(|prompt| matches!(prompt.presentation, Presentation::Shown { .. }))
    }
}
