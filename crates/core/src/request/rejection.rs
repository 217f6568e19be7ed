//! Why an event was refused.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use signoff_contract::{ExecutionResult, Status};

/// Why an event was refused: a value that every surface can show.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Rejection {
    /// Somebody else was first.
    #[error("the request is already {}", .status.as_str())]
    AlreadyDecided {
        /// The status it has.
        status: Status,
    },
    /// The deadline passed, though nobody has written that down yet.
    #[error("the request expired at {expires_at:.0}")]
    Expired {
        /// The deadline.
        expires_at: Timestamp,
    },
    /// Not one of the request's approvers.
    #[error("only {} may decide this request", needed.join(", "))]
    NotAuthorised {
        /// Who may.
        needed: Vec<String>,
    },
    /// The requester cannot decide what it asked for.
    #[error("{by} submitted this request and cannot decide it")]
    OwnRequest {
        /// Who.
        by: String,
    },
    /// This response makes no sense for this request.
    #[error("{why}")]
    InvalidAnswer {
        /// Why not.
        why: String,
    },
    /// The person approved before; others are still needed.
    #[error("{by} has approved already; {have} of {need} approvals are there")]
    AlreadyVoted {
        /// Who.
        by: String,
        /// Approvals so far.
        have: u32,
        /// Approvals needed.
        need: u32,
    },
    /// There is no approval that could be used.
    #[error("there is no approved action to use or report; the request is {}", .status.as_str())]
    NotApproved {
        /// The status it has.
        status: Status,
    },
    /// The approval was taken for use before: claimed, or its execution was reported.
    #[error("the approval was taken for use at {at:.0}; an approval is for one action, once")]
    AlreadyClaimed {
        /// When.
        at: Timestamp,
    },
    /// What the executor is about to run is not what was approved.
    #[error("the digest is not the one of the approved action")]
    DigestMismatch,
    /// The execution was reported before, with another result.
    #[error("the execution was already reported as {}", .reported.as_str())]
    AlreadyReported {
        /// What was reported.
        reported: ExecutionResult,
    },
    /// No prompt has this number.
    #[error("the request has no prompt number {number}")]
    UnknownPrompt {
        /// The number.
        number: u8,
    },
    /// There is nothing to do for this event any more.
    #[error("nothing to do any more")]
    Superseded,
}

impl Rejection {
    /// A stable word for the kind of refusal.
    pub fn code(&self) -> &'static str {
        match self {
            Self::AlreadyDecided { .. } => "already_decided",
            Self::Expired { .. } => "expired",
            Self::NotAuthorised { .. } => "not_authorised",
            Self::OwnRequest { .. } => "own_request",
            Self::InvalidAnswer { .. } => "invalid_answer",
            Self::AlreadyVoted { .. } => "already_voted",
            Self::NotApproved { .. } => "not_approved",
            Self::AlreadyClaimed { .. } => "already_claimed",
            Self::DigestMismatch => "digest_mismatch",
            Self::AlreadyReported { .. } => "already_reported",
            Self::UnknownPrompt { .. } => "unknown_prompt",
            Self::Superseded => "superseded",
        }
    }
}
