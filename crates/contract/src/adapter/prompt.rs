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
    /// The names of those who approved so far. This and the next three say in data what `notice` says
    /// in words, for an adapter that words things itself.
    #[serde(default)]
    pub approvals: Vec<String>,
    /// How many different people must approve.
    #[serde(default = "one")]
    pub approvals_needed: u32,
    /// Whether the first Approve by button asks for a second.
    #[serde(default)]
    pub asks_twice: bool,
    /// What else there is to say.
    #[serde(default)]
    pub notices: Vec<PromptNotice>,
    /// In a list of what waits: the handle of a button that shows the prompt again. It is looked up,
    /// and nobody responds with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub show: Option<String>,
}

fn one() -> u32 {
    1
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
    /// The person's language, when it is known (BCP 47).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
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
    /// What it stands for, for an adapter that words things itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<HandleMeaning>,
    /// For `choose`: the option's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub option_id: Option<String>,
}

/// What a handle stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum HandleMeaning {
    /// Yes.
    Approve,
    /// No.
    Deny,
    /// No, with the text as the reason.
    DenyWithReason,
    /// One of the question's options.
    Choose,
    /// The text is the answer.
    CustomAnswer,
    /// No answer will be given.
    Decline,
    /// Nothing: the prompt is to be shown again.
    Show,
}

/// What else a prompt has to say, as data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PromptNotice {
    /// What it is.
    pub kind: NoticeKind,
    /// For `timed_out`: the operator's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// What else a prompt has to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum NoticeKind {
    /// The outcome could not be delivered: the requester may not know.
    RequesterUnreachable,
    /// The requester does not wait any more: what was decided has no effect there.
    RequesterGone,
    /// What the operator has said when nobody decided in time.
    TimedOut,
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
