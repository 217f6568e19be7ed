//! The small request bodies: decision, cancel, claim, execution.
//!
//! Each `parse` finds everything that is wrong with a body at once. Null means absent, and a blank
//! reason or detail is none.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Digest;
use crate::json::ReadError;
use crate::problem::FieldCode;
use crate::reader::{Object, Text, parse_object};
use crate::submission::{MAX_TEXT_CHARS, OPTION_ID_CHARS};

/// Everything that is wrong with a body.
pub type InvalidBody = ReadError;

/// What the longest text of a person may hold: any lines, at most 4,000 characters.
const OWN_WORDS: Text = Text::lines(0..=MAX_TEXT_CHARS);

/// An optional text; one that says nothing is none.
fn own_words(body: &mut Object<'_>, name: &str) -> Option<String> {
    body.text(name, &OWN_WORDS)
        .filter(|text| !text.trim().is_empty())
}

/// `POST /v1/requests/{correlation_id}/decision`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DecisionBody {
    /// What the approver decides.
    pub decision: Decision,
    /// For `answer`: the option chosen.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 64)]
    pub option_id: Option<String>,
    /// For `answer`: the answer in one's own words, 1–4,000 characters.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 4000)]
    pub text: Option<String>,
    /// For `deny`: why, at most 4,000 characters.
    #[serde(default)]
    #[schema(max_length = 4000)]
    pub reason: Option<String>,
}

impl DecisionBody {
    /// Reads the body: `approve` comes alone, `deny` may have a `reason`, `answer` has exactly one
    /// of `option_id` and `text`.
    pub fn parse(body: &[u8]) -> Result<Self, InvalidBody> {
        parse_object(body, &["decision", "option_id", "text", "reason"], |body| {
            let decision = body.required_word("decision", Decision::WORDS);
            if matches!(decision, Some(Decision::Approve | Decision::Answer)) {
                body.forbid("reason", "only a denial has a reason");
            }
            match decision {
                Some(Decision::Approve | Decision::Deny) => {
                    body.forbid("option_id", "only an answer has an option");
                    body.forbid("text", "only an answer has a text; a denial has a reason");
                }
                Some(Decision::Answer) => check_one_answer(body),
                None => {}
            }
            let option_id = body.text("option_id", &Text::line(OPTION_ID_CHARS));
            let text = body.text("text", &Text::lines(1..=MAX_TEXT_CHARS));
            let reason = own_words(body, "reason");
            Some(Self {
                decision: decision?,
                option_id,
                text,
                reason,
            })
        })
    }
}

fn check_one_answer(body: &Object<'_>) {
    match (body.has("option_id"), body.has("text")) {
        (false, false) => {
            let detail = "an answer needs option_id or text";
            body.refuse("option_id", FieldCode::Required, detail);
        }
        (true, true) => {
            let detail = "an answer has option_id or text, not both";
            body.refuse("text", FieldCode::NotAllowed, detail);
        }
        _ => {}
    }
}

/// What an approver can decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// Yes, to an approval.
    Approve,
    /// No, to an approval; declined, for a question.
    Deny,
    /// The answer to a question.
    Answer,
}

impl Decision {
    const WORDS: &[(&str, Self)] = &[
        ("approve", Self::Approve),
        ("deny", Self::Deny),
        ("answer", Self::Answer),
    ];
}

/// `POST /v1/requests/{correlation_id}/cancel`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CancelBody {
    /// Why the requester withdraws it, at most 4,000 characters.
    #[serde(default)]
    #[schema(max_length = 4000)]
    pub reason: Option<String>,
}

impl CancelBody {
    /// Reads the body. An empty one is a cancellation without a reason.
    pub fn parse(body: &[u8]) -> Result<Self, InvalidBody> {
        if body.trim_ascii().is_empty() {
            return Ok(Self::default());
        }
        parse_object(body, &["reason"], |body| {
            Some(Self {
                reason: own_words(body, "reason"),
            })
        })
    }
}

/// `POST /v1/requests/{correlation_id}/claim`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ClaimBody {
    /// The digest of what the executor is about to run.
    #[schema(value_type = String, pattern = "^sha256:[0-9a-f]{64}$")]
    pub intent_digest: Digest,
}

impl ClaimBody {
    /// Reads the body.
    pub fn parse(body: &[u8]) -> Result<Self, InvalidBody> {
        const NAME: &str = "intent_digest";
        parse_object(body, &[NAME], |body| {
            let text = body.required_text(NAME, &Text::line(1..=Digest::TEXT_CHARS))?;
            match text.parse() {
                Ok(intent_digest) => Some(Self { intent_digest }),
                Err(error) => {
                    let error: crate::digest::InvalidDigest = error;
                    body.refuse(NAME, FieldCode::InvalidFormat, error.to_string());
                    None
                }
            }
        })
    }
}

/// `POST /v1/requests/{correlation_id}/execution`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExecutionBody {
    /// Whether the approved action was carried out.
    pub result: ExecutionResult,
    /// In the executor's own words, at most 4,000 characters.
    #[serde(default)]
    #[schema(max_length = 4000)]
    pub detail: Option<String>,
}

impl ExecutionBody {
    /// Reads the body.
    pub fn parse(body: &[u8]) -> Result<Self, InvalidBody> {
        parse_object(body, &["result", "detail"], |body| {
            let result = body.required_word("result", ExecutionResult::WORDS);
            let detail = own_words(body, "detail");
            Some(Self {
                result: result?,
                detail,
            })
        })
    }
}

/// Whether the approved action was carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExecutionResult {
    /// It was.
    Applied,
    /// It was tried and did not work.
    Failed,
}

impl ExecutionResult {
    const WORDS: &[(&str, Self)] = &[("applied", Self::Applied), ("failed", Self::Failed)];

    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Failed => "failed",
        }
    }
}
