//! The request resource: what `GET /v1/requests/{correlation_id}` and callbacks carry.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::submission::{Kind, Link, QuestionOption, Requester, Risk};
use crate::time::rfc3339;
use crate::{CorrelationId, Digest, ExecutionResult, RequestId};

/// Where a request stands: `pending`, then exactly one of the others, for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Waiting for humans.
    Pending,
    /// Approved; for a question: answered.
    Approved,
    /// Denied; for a question: the owner declined to answer.
    Denied,
    /// Nobody decided in time. Not a no.
    Expired,
    /// Too few approvers could be reached, or it could not be presented safely.
    Failed,
    /// The requester withdrew it.
    Cancelled,
}

impl Status {
    /// Every status, in the order of the documentation.
    pub const ALL: [Self; 6] = [
        Self::Pending,
        Self::Approved,
        Self::Denied,
        Self::Expired,
        Self::Failed,
        Self::Cancelled,
    ];

    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Approved => "approved",
            Self::Denied => "denied",
            Self::Expired => "expired",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// The status with this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == word)
    }

    /// Whether this status can never change again.
    pub fn is_terminal(self) -> bool {
        self != Self::Pending
    }
}

/// How a response was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Via {
    /// A button under a card.
    Button,
    /// Typed text.
    Text,
    /// A transcribed voice note.
    Voice,
    /// A web page.
    Web,
    /// The command line.
    Cli,
    /// The HTTP API.
    Api,
}

impl Via {
    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Button => "button",
            Self::Text => "text",
            Self::Voice => "voice",
            Self::Web => "web",
            Self::Cli => "cli",
            Self::Api => "api",
        }
    }
}

/// A request as its requester may see it: every submitted field, secrets masked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RequestResource {
    /// Ours, `req_` + ULID.
    #[schema(value_type = String)]
    pub id: RequestId,
    /// The project.
    pub project: String,
    /// The caller's name for it.
    #[schema(value_type = String)]
    pub correlation_id: CorrelationId,
    /// What is asked.
    pub kind: Kind,
    /// Where it stands.
    pub status: Status,
    /// One line that says what is asked.
    pub title: String,
    /// Background.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<String>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub justification: Option<String>,
    /// What may go wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub risk_assessment: Option<String>,
    /// How dangerous.
    pub risk: Risk,
    /// What will be executed, masked; null for a question without one.
    pub action: Option<ActionView>,
    /// The choices of a question.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<QuestionOption>,
    /// Whether a question takes an answer in one's own words; absent for an approval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allow_custom: Option<bool>,
    /// Who asks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requester: Option<Requester>,
    /// Links for the reader.
    pub links: Vec<Link>,
    /// The route it took.
    pub route: String,
    /// The language it asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Seconds it was given.
    pub ttl_seconds: u64,
    /// SHA-256 over the canonical `{arguments, tool}`, unmasked; null without an action.
    #[schema(value_type = Option<String>)]
    pub intent_digest: Option<Digest>,
    /// The same over the masked form that people saw.
    #[schema(value_type = Option<String>)]
    pub view_digest: Option<Digest>,
    /// When it was accepted.
    #[serde(with = "rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When it expires, or would have.
    #[serde(with = "rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Timestamp,
    /// Where it was shown. Absent in callbacks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompts: Option<Vec<PromptView>>,
    /// How it ended; null while pending.
    pub outcome: Option<Outcome>,
    /// Whether an executor has taken the approval for use. Absent in callbacks.
    #[serde(
        default,
        with = "rfc3339::option",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub claimed_at: Option<Timestamp>,
    /// What became of the approved action. Absent in callbacks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub execution: Option<Execution>,
    /// How the callback stands. Absent in callbacks, and where none was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub callback: Option<CallbackView>,
}

/// An action as people see it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ActionView {
    /// The tool's name.
    pub tool: String,
    /// Its arguments, secrets masked.
    #[schema(value_type = Object)]
    pub arguments: Map<String, Value>,
    /// JSON pointers of the values that were masked, from the arguments' root; `tool`, without a
    /// slash, when the tool's own name was.
    pub masked: Vec<String>,
}

/// How a request ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Outcome {
    /// The terminal status.
    pub status: Status,
    /// When the deciding response was committed.
    #[serde(with = "rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    pub decided_at: Timestamp,
    /// The reason of a denial, failure or cancellation, verbatim.
    pub reason: Option<String>,
    /// How that reason was given.
    pub reason_via: Option<Via>,
    /// The answer to a question.
    pub answer: Option<Answer>,
    /// Those whose responses made this outcome: everyone who approved, or the one who denied.
    pub decided_by: Vec<Decider>,
}

/// The answer to a question: an option, or the owner's own words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Answer {
    /// The option chosen; null for a custom answer.
    pub option_id: Option<String>,
    /// The option's label, or the words given, verbatim.
    pub text: String,
    /// How it was given.
    pub via: Via,
}

/// Someone whose response counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Decider {
    /// What kind of actor.
    #[serde(rename = "type")]
    pub kind: DeciderType,
    /// The approver's name, or the requester's key name for a cancellation.
    pub name: String,
    /// Where: `telegram`, `api`, …
    pub channel: String,
    /// When.
    #[serde(with = "rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
}

/// The kind of someone whose response counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeciderType {
    /// A person known to Signoff.
    Approver,
    /// The control plane that asked.
    Requester,
}

/// One presentation of the request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PromptView {
    /// The channel: `telegram`, …
    pub channel: String,
    /// How it stands.
    pub state: PromptState,
    /// When people could first see it.
    #[serde(with = "rfc3339::option")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub presented_at: Option<Timestamp>,
}

/// How one presentation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PromptState {
    /// Not shown yet.
    Waiting,
    /// Shown, open for answers.
    Open,
    /// The request has ended and the presentation shows it.
    Closed,
    /// It could not be shown, for good.
    Failed,
}

/// What became of an approved action.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Execution {
    /// What the executor reported.
    pub result: ExecutionResult,
    /// In its own words.
    pub detail: Option<String>,
    /// When it was reported.
    #[serde(with = "rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    pub reported_at: Timestamp,
}

/// How the callback stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CallbackView {
    /// Waiting, delivered or given up.
    pub state: CallbackState,
    /// How often it was tried.
    pub attempts: u32,
    /// When the receiver answered 2xx.
    #[serde(with = "rfc3339::option")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub delivered_at: Option<Timestamp>,
}

/// The state of a callback.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CallbackState {
    /// The request has not ended, so there is nothing to send yet.
    Waiting,
    /// To be sent, or to be sent again.
    Due,
    /// The receiver answered 2xx.
    Delivered,
    /// Given up: the schedule ran out or the receiver said 410. Can be sent again by hand.
    Dead,
}
