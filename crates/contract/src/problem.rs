//! Errors on the wire: `application/problem+json` (RFC 9457) with a stable code.
//!
//! What a code means and what to do about it is in [`Code`]; where in a body something is wrong
//! and why is in [`FieldError`].

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Outcome;
use crate::json::ReadError;

mod code;
mod field;

pub use code::{Code, TYPE_BASE};
pub use field::{FieldCode, FieldError};

/// The content type of a problem document.
pub const CONTENT_TYPE: &str = "application/problem+json";

/// One error answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// A URL, relative to the service's, that names the kind of problem; its last part is the code.
    #[serde(rename = "type")]
    #[schema(format = "uri-reference")]
    pub type_url: String,
    /// The kind of problem, in a few words; the same for every occurrence.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// The kind of problem, for programs.
    pub code: Code,
    /// This occurrence, in a sentence.
    pub detail: String,
    /// The HTTP request, as the service's log knows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// Everything that is wrong with the body, not only the first (at most 100).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// With `already_decided`: how the request ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
}

impl Problem {
    /// A problem of this kind, with a sentence about this occurrence.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self {
            type_url: code.type_url(),
            title: code.title().to_owned(),
            status: code.status(),
            code,
            detail: detail.into(),
            request_id: None,
            errors: Vec::new(),
            outcome: None,
        }
    }

    /// `validation_failed`, with everything that is wrong.
    pub fn validation(errors: Vec<FieldError>) -> Self {
        let detail = match errors.as_slice() {
            [] => "The body was refused.".to_owned(),
            [only] => format!("The body was refused: {only}."),
            several => format!(
                "The body was refused for {} reasons; see errors.",
                several.len()
            ),
        };
        Self {
            errors,
            ..Self::new(Code::ValidationFailed, detail)
        }
    }

    /// `already_decided`, with the outcome that stands.
    pub fn already_decided(outcome: Outcome) -> Self {
        let detail = format!("The request is {} already.", outcome.status.as_str());
        Self {
            outcome: Some(outcome),
            ..Self::new(Code::AlreadyDecided, detail)
        }
    }

    /// The same problem, naming the HTTP request it answers.
    #[must_use]
    pub fn with_request_id(self, request_id: impl Into<String>) -> Self {
        Self {
            request_id: Some(request_id.into()),
            ..self
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.status, self.code.as_str(), self.detail)
    }
}

impl std::error::Error for Problem {}

impl From<ReadError> for Problem {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::TooLarge { limit } => Self::new(
                Code::PayloadTooLarge,
                format!("The body is longer than {limit} bytes."),
            ),
            ReadError::Syntax {
                detail,
                line,
                column,
                pointer,
            } => {
                let place = match pointer.as_str() {
                    "" => String::new(),
                    pointer => format!(" (in {pointer})"),
                };
                let detail = format!("Line {line}, column {column}: {detail}{place}.");
                Self::new(Code::InvalidJson, detail)
            }
            ReadError::Refused(errors) => Self::validation(errors),
        }
    }
}
