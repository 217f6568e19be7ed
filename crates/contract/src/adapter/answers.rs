//! What both sides answer. Whoever reads an answer ignores fields that it does not know.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{HandleMeaning, PromptMessage};
use crate::Outcome;

/// The adapter's answer to a prompt: 200 when people can see it, 202 when they will and a receipt
/// follows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ShownAnswer {
    /// Where it stands, in the adapter's own notation. It comes back with every later revision.
    #[schema(min_length = 1, max_length = 500)]
    pub prompt_ref: String,
    /// For a prompt that comes closed and without a `prompt_ref`: whether it stands in the chat all
    /// the same, because what was answered before was lost. Without it nobody saw it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub stands: bool,
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
    /// Approvals so far, for `recorded` and `duplicate`. This and what follows say in data what
    /// `message` says in words, for an adapter that words things itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub have: Option<u32>,
    /// Approvals needed, for the same two.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub need: Option<u32>,
    /// For `not_authorised`: who may.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub may_decide: Vec<String>,
    /// For `not_authorised`: that this person asked for it.
    #[serde(default)]
    pub own_request: bool,
    /// Whether this event was answered before: then the result is what it got then.
    #[serde(default)]
    pub repeated: bool,
    /// The prompt as it is now; absent for a handle that is none of this channel's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt: Option<PromptMessage>,
}

impl ResponseAnswer {
    /// An answer in words alone, with nothing in data.
    pub fn in_words(result: ResponseResult, outcome: Option<Outcome>, message: String) -> Self {
        Self {
            result,
            outcome,
            message,
            have: None,
            need: None,
            may_decide: Vec::new(),
            own_request: false,
            repeated: false,
            prompt: None,
        }
    }
}

/// What a handle stands for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct HandleAnswer {
    /// Null for a handle that is none of this channel's.
    pub opened: Option<OpenedHandle>,
}

/// What a handle stands for, before anything is done with it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct OpenedHandle {
    /// What it stands for.
    pub meaning: HandleMeaning,
    /// For `choose`: the option's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub option_id: Option<String>,
    /// What that person's response with it would be answered now, when it would not count; absent
    /// when it would.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal: Option<ResponseAnswer>,
    /// The prompt as it is now.
    pub prompt: PromptMessage,
}

/// Who a user of the channel is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PersonAnswer {
    /// The approver's name; null for a stranger.
    pub approver: Option<String>,
    /// What they are: `owner`, …
    #[serde(default)]
    pub roles: Vec<String>,
    /// Their language, when it is known (BCP 47).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
}

/// A note was taken down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NoteAnswer {
    /// Always `recorded`: whether it holds anything back concerns nobody.
    pub result: NoteResult,
}

/// What became of a note.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum NoteResult {
    /// It is known.
    Recorded,
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
