//! What Signoff wants an adapter to show.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::time::rfc3339;
use crate::{PromptId, RequestResource};

/// `PUT {adapter}/v1/prompts/{prompt_id}`: everything there is to show, at one revision. The chat
/// is made to look like the highest revision that was seen; a lower one changes nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PromptMessage {
    /// The prompt; the same as in the path.
    #[schema(value_type = String, example = "prm_01JD0000000000000000000000")]
    pub prompt_id: PromptId,
    /// Grows with every change. The same one may come again, after a crash of either side.
    #[schema(minimum = 1)]
    pub revision: u64,
    /// Whether it still takes responses.
    pub state: PromptPhase,
    /// Where it stands already: what the adapter answered last. Null the first time.
    pub prompt_ref: Option<String>,
    /// The whole request, secrets masked.
    pub request: RequestResource,
    /// Whom it is for. All of them have the same address: one message.
    pub recipients: Vec<PromptRecipient>,
    /// What can be pressed, in order. Empty once it is closed.
    pub buttons: Vec<PromptButton>,
    /// Whether an answer or a reason in one's own words is taken; null when not.
    pub free_text: Option<FreeText>,
    /// What else to say, in `language`, in lines: the outcome, who approved so far, a reminder, what
    /// became of the execution, that the requester could not be reached. Show it as it is.
    pub notice: Option<String>,
    /// Whether to draw attention to it now, once.
    pub remind: bool,
    /// The language of labels and notice (BCP 47).
    pub language: String,
    /// When it expires, or would have.
    #[serde(with = "rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Timestamp,
}

/// Whether a prompt still takes responses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PromptPhase {
    /// It waits for a person.
    Open,
    /// The request has ended: the notice says how, and nothing can be pressed.
    Closed,
}

/// Someone whom a prompt is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PromptRecipient {
    /// The approver's name.
    pub approver: String,
    /// Where to show it: the route's place in the channel, or the person's own id.
    pub address: String,
    /// The channel's own id of that person.
    pub user_id: String,
}

/// One button.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PromptButton {
    /// What pressing it sends back. Opaque; the same for as long as the prompt is open.
    pub handle: String,
    /// What it says, in `language`.
    pub label: String,
    /// How it looks.
    pub style: ButtonStyle,
}

/// How a button looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ButtonStyle {
    /// Says yes.
    Primary,
    /// Says no.
    Danger,
    /// One of several.
    Default,
}

/// An answer or a reason in one's own words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FreeText {
    /// What the text is sent back with.
    pub handle: String,
    /// What the text is.
    pub purpose: FreeTextPurpose,
}

/// What a text in one's own words is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FreeTextPurpose {
    /// The reason of a denial: sending it denies.
    Reason,
    /// The answer to the question.
    Answer,
}
