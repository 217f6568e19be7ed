//! What a requester submits: `POST /v1/requests`, after validation.
//!
//! [`Submission`] exists only in valid form; [`crate::json`] reads the body strictly and
//! `validate` turns it into one, or into the list of everything that is wrong with it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use url::Url;
use utoipa::ToSchema;

use crate::CorrelationId;

mod limits;
mod validate;

pub use limits::*;
pub use validate::{InvalidSubmission, ParsedSubmission, parse};

/// A valid submission: what one request asks of humans.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Submission {
    /// The caller's name for the request, unique in the project for ever.
    #[schema(
        value_type = String,
        min_length = 1,
        max_length = 200,
        pattern = "^(?!\\.{1,2}$)[A-Za-z0-9._:@+=-]+$"
    )]
    pub correlation_id: CorrelationId,
    /// What is asked: may I, or which.
    pub kind: Kind,
    /// One line that says what is asked, 1–300 characters.
    #[schema(min_length = 1, max_length = 300)]
    pub title: String,
    /// Background for the reader, at most 4,000 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 4000)]
    pub context: Option<String>,
    /// Why it should be done, at most 4,000 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 4000)]
    pub justification: Option<String>,
    /// What may go wrong, at most 4,000 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 4000)]
    pub risk_assessment: Option<String>,
    /// How dangerous it is; absent means [`Risk::Medium`].
    #[schema(required = false, default = json!("medium"))]
    pub risk: Risk,
    /// What will be executed. Required for an approval.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<Action>,
    /// The choices of a question, 2–5; empty for an approval.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false, min_items = 2, max_items = 5)]
    pub options: Vec<QuestionOption>,
    /// Whether a question also takes an answer in the owner's own words.
    #[schema(required = false, default = true)]
    pub allow_custom: bool,
    /// Who asks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requester: Option<Requester>,
    /// At most ten links for the reader.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false, max_items = 10)]
    pub links: Vec<Link>,
    /// The route; absent means the project's `default`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 100)]
    pub route: Option<String>,
    /// BCP 47 tag of the language to address people in whose own is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 35)]
    pub language: Option<String>,
    /// Seconds until the request expires, 10–2,592,000; absent means the route's default.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 10, maximum = 2_592_000)]
    pub ttl_seconds: Option<u64>,
    /// Where to send the outcome; absent means the requester polls.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub callback: Option<CallbackTarget>,
}

/// The kind of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// May I run this exact action?
    Approval,
    /// Which of these, or what instead?
    Question,
}

impl Kind {
    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Approval => "approval",
            Self::Question => "question",
        }
    }
}

/// How dangerous the requester says an action is.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Risk {
    /// Routine.
    Low,
    /// The default.
    #[default]
    Medium,
    /// Asks for a second press.
    High,
    /// Asks for a second press.
    Critical,
}

impl Risk {
    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

/// What will be executed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Action {
    /// The tool's name, 1–200 characters.
    #[schema(min_length = 1, max_length = 200)]
    pub tool: String,
    /// Its arguments: any JSON object of at most 64 KiB in canonical form.
    #[schema(value_type = Object)]
    pub arguments: Map<String, Value>,
}

/// One choice of a question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct QuestionOption {
    /// The requester's name for it, 1–64 of `[A-Za-z0-9._-]`, unique in the request.
    #[schema(min_length = 1, max_length = 64, pattern = "^[A-Za-z0-9._-]+$")]
    pub id: String,
    /// What people read, 1–300 characters.
    #[schema(min_length = 1, max_length = 300)]
    pub label: String,
    /// More about it, at most 500 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 500)]
    pub description: Option<String>,
}

/// Who asks, in the requester's own words.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Requester {
    /// The agent or service, at most 200 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 200)]
    pub agent: Option<String>,
    /// Its run, at most 200 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 200)]
    pub run_id: Option<String>,
    /// A label of that run, at most 200 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 200)]
    pub run_label: Option<String>,
    /// How that run works, at most 200 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 200)]
    pub runtime_mode: Option<String>,
}

/// A link for the reader.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Link {
    /// What people read, 1–200 characters.
    #[schema(min_length = 1, max_length = 200)]
    pub label: String,
    /// `http` or `https`, at most 2,000 characters.
    #[schema(value_type = String, format = "uri", max_length = 2000)]
    pub url: Url,
}

/// Where the outcome goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CallbackTarget {
    /// `http` or `https`, no user info; its host must pass the operator's allow-list.
    #[schema(value_type = String, format = "uri", max_length = 2000)]
    pub url: Url,
}
