//! What can happen to a request, and what becomes of it.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use signoff_contract::{Digest, ExecutionResult, Via};

use super::{Request, Speech, Words};

/// What can happen to a request.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// A person responded.
    Responded(Response),
    /// The requester withdraws it.
    Cancelled {
        /// The name of the key.
        by: String,
        /// Why.
        reason: Option<Words>,
    },
    /// The clock passed `expires_at`.
    DeadlinePassed,
    /// The clock passed `remind_at`.
    ReminderDue,
    /// A voice note reached Signoff, and will be listened to.
    NoteReceived {
        /// The channel's own id of it.
        note: String,
        /// How long after the deadline it may still count.
        within: SignedDuration,
    },
    /// A voice note was listened to.
    NoteTranscribed {
        /// The channel's own id of it.
        note: String,
        /// Who spoke.
        by: Responder,
        /// How it was heard.
        speech: Speech,
        /// How long its words may wait to be confirmed, where they must be.
        confirm_within: Option<SignedDuration>,
    },
    /// A voice note is done with, whatever came of it.
    NoteSettled {
        /// The channel's own id of it.
        note: String,
    },
    /// A channel shows the prompt for the first time.
    PromptShown {
        /// The prompt's number.
        prompt: u8,
    },
    /// A channel says that it can never show the prompt, which it has not shown before.
    PromptFailed {
        /// The prompt's number.
        prompt: u8,
        /// Why, for people.
        cause: String,
    },
    /// An executor takes the approval for use.
    Claimed {
        /// The name of the key.
        by: String,
        /// The digest of what it is about to run.
        intent_digest: Digest,
    },
    /// An executor reports what became of the action.
    ExecutionReported {
        /// The name of the key.
        by: String,
        /// Whether it was carried out.
        result: ExecutionResult,
        /// In the executor's words, masked.
        detail: Option<String>,
    },
    /// The requester's endpoint took the callback.
    CallbackDelivered {
        /// How many attempts that took.
        attempts: u32,
    },
    /// The callback was given up.
    CallbackDied {
        /// Why, for people.
        cause: String,
    },
    /// An operator sends the callback again.
    CallbackResent {
        /// Who.
        by: String,
    },
}

/// A person's response, after the channel proved who it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Response {
    /// Who.
    pub by: Responder,
    /// The channel: `telegram`, `api`, …
    pub channel: String,
    /// What.
    pub reply: Reply,
    /// How.
    pub via: Via,
    /// When it reached Signoff. A second press counts from here, not from when it was handled: it
    /// may have waited behind the first.
    pub received_at: Timestamp,
    /// Who may decide this request, at this moment.
    pub eligible: Vec<String>,
    /// The voice note that said this, or that this confirms, by the channel's own id of it.
    pub note: Option<String>,
}

/// Who responded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Responder {
    /// A person known to Signoff.
    Approver(String),
    /// Someone in the channel whom Signoff does not know: `telegram:1001`.
    Stranger(String),
}

/// What a person says.
#[derive(Debug, Clone, PartialEq)]
pub enum Reply {
    /// Yes, to an approval.
    Approve,
    /// No, to an approval; declined, for a question.
    Deny {
        /// Why.
        reason: Option<Words>,
    },
    /// One of a question's options.
    Choose {
        /// The option's id.
        option_id: String,
    },
    /// An answer in one's own words.
    Custom(Words),
}

/// What became of an event that was accepted.
#[derive(Debug, Clone, PartialEq)]
pub struct Transition {
    /// The request afterwards.
    pub request: Request,
    /// What to tell whoever caused the event.
    pub effect: Effect,
    /// What to write into the audit.
    pub audit: Vec<crate::audit::Entry>,
    /// What must happen afterwards.
    pub work: Vec<Work>,
}

/// What an accepted event did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// The request has its outcome now.
    Decided,
    /// One approval of several.
    Recorded {
        /// Approvals so far.
        have: u32,
        /// Approvals needed.
        need: u32,
    },
    /// Nothing yet: the same person must press again.
    ConfirmationRequired,
    /// Something else was noted.
    Noted,
}

/// What must happen after a transition; becomes outbox rows in the same commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// Make every prompt show the request as it is now.
    UpdatePrompts,
    /// Draw attention to every open prompt, once.
    Remind,
    /// Send the requester the outcome, if it asked for that.
    SendCallback,
}
