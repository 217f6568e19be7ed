//! What both sides answer. Whoever reads an answer ignores fields that it does not know.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::PromptMessage;
use crate::Outcome;

/// The adapter's answer to a prompt: 200 when people can see it, 202 when they will and a receipt
/// follows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ShownAnswer {
    /// Where it stands, in the adapter's own notation. It comes back with every later revision.
    #[schema(min_length = 1, max_length = 500)]
    pub prompt_ref: String,
}

/// What a response did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ResponseAnswer {
    /// What happened.
    pub result: ResponseResult,
    /// How the request ended, masked; absent while it is pending.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// The same in a sentence for the person, in their language.
    pub message: String,
}

/// What a response did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ResponseResult {
    /// It decided the request.
    Applied,
    /// It counts; other people are needed.
    Recorded,
    /// The same person must press the same button again, 1 to 60 seconds later.
    ConfirmRequired,
    /// The same person approved before.
    Duplicate,
    /// The request ended before, otherwise.
    Stale,
    /// The deadline has passed.
    Expired,
    /// This person may not decide it.
    NotAuthorised,
    /// It makes no sense here: a handle that is not of this prompt, an empty answer.
    Invalid,
}

/// What became of a receipt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReceiptAnswer {
    /// Whether Signoff waited for it.
    pub result: ReceiptResult,
}

/// Whether a receipt was waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReceiptResult {
    /// It was, and counts.
    Recorded,
    /// It was not, or no longer: the prompt comes again if it still has to be shown.
    Stale,
}

/// What waits for a person, soonest deadline first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PendingAnswer {
    /// At most 50 of them, as they would be put.
    pub prompts: Vec<PromptMessage>,
    /// How many more wait.
    pub more: u64,
}

/// What became of a pairing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PairingAnswer {
    /// What happened.
    pub result: PairingResult,
    /// Who that user is; absent for a token that does not work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approver: Option<String>,
}

/// What became of a pairing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PairingResult {
    /// That user is this approver from now on.
    Paired,
    /// The token is unknown, used or expired.
    InvalidToken,
    /// That user is this approver already.
    Taken,
}
