//! From what went wrong to a problem document: the one place that knows which is which.
//!
//! A handler fails with a [`Failure`]; it travels outwards inside the response and is written by
//! the `envelope`, which alone knows the name of the HTTP request. What the caller must not see
//! (the store's words, a defect's) is logged here, once, and nowhere else.

use std::time::Duration;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use signoff_contract::{Code, FieldCode, FieldError, Outcome, Problem};
use signoff_core::errors::chain;
use signoff_core::request::Rejection;
use signoff_engine::Error;

/// Seconds after which a caller may try again that was refused for want of the store.
const STORE_RETRY_AFTER: Duration = Duration::from_secs(1);

/// Why an HTTP request is not answered with what it asked for.
#[derive(Debug)]
pub(crate) struct Failure {
    problem: Box<Problem>,
    retry_after: Option<Duration>,
    /// How to authenticate, for those who did not.
    challenge: &'static str,
}

/// How callers with keys authenticate.
const BEARER: &str = "Bearer realm=\"signoff\"";
/// How adapters do. The scheme is Standard Webhooks', which has registered no name.
const SIGNATURE: &str = "Webhook-Signature realm=\"signoff\"";

impl Failure {
    /// A failure of this kind, with a sentence about this occurrence.
    pub(crate) fn new(code: Code, detail: impl Into<String>) -> Self {
        Problem::new(code, detail).into()
    }

    /// No key, or none that is good. The answer does not say which.
    pub(crate) fn unauthenticated() -> Self {
        Self::new(
            Code::Unauthenticated,
            "Send a valid key as Authorization: Bearer sgn_….",
        )
    }

    /// No signature of a channel, or none that is good. The answer does not say which.
    pub(crate) fn unsigned() -> Self {
        Self {
            challenge: SIGNATURE,
            ..Self::new(
                Code::Unauthenticated,
                "Send signoff-channel, webhook-id, webhook-timestamp (now, within five minutes) and \
                 webhook-signature, made with the channel's secret.",
            )
        }
    }

    /// A good key without the scope.
    pub(crate) fn lacks_scope(scope: &str) -> Self {
        Self::new(
            Code::Forbidden,
            format!("This operation needs a key with the scope {scope}."),
        )
    }

    /// There is no request with such a name in the caller's project.
    pub(crate) fn no_such_request() -> Self {
        Self::new(
            Code::NotFound,
            "There is no such request in this key's project.",
        )
    }

    /// Something outside the body is wrong; `field` names it: `?limit`, `Last-Event-ID`.
    pub(crate) fn refused(errors: Vec<FieldError>) -> Self {
        let detail = match errors.as_slice() {
            [only] => format!("The request was refused: {only}."),
            several => format!(
                "The request was refused for {} reasons; see errors.",
                several.len()
            ),
        };
        Problem {
            errors,
            ..Problem::new(Code::ValidationFailed, detail)
        }
        .into()
    }

    /// The same in one place.
    pub(crate) fn refused_field(field: &str, code: FieldCode, detail: impl Into<String>) -> Self {
        Self::refused(vec![FieldError::new(field, code, detail)])
    }

    /// Too many of them; again after so long.
    pub(crate) fn rate_limited(detail: &str, after: Duration) -> Self {
        Self {
            retry_after: Some(after),
            ..Self::new(Code::RateLimited, detail)
        }
    }

    /// A defect of ours. What is known of it belongs into the log before.
    pub(crate) fn internal() -> Self {
        Self::new(
            Code::InternalError,
            "Signoff hit a defect of its own; its log knows more under this request_id.",
        )
    }

    /// The store did not do its part, or not in time.
    pub(crate) fn store_unavailable() -> Self {
        let detail = "The store did not answer; nothing is known to have changed.";
        let retry_after = Some(STORE_RETRY_AFTER);
        Self {
            retry_after,
            ..Self::new(Code::StoreUnavailable, detail)
        }
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self {
            problem: Box::new(problem),
            retry_after: None,
            challenge: BEARER,
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::InvalidJson(error) => Problem::from(error).into(),
            Error::Invalid(errors) if errors.iter().all(|error| error.field.starts_with('?')) => {
                Self::refused(errors)
            }
            Error::Invalid(errors) => Problem::validation(errors).into(),
            Error::NotFound(_) => Self::no_such_request(),
            Error::Forbidden(scope) => Self::lacks_scope(scope),
            Error::CorrelationConflict => Self::new(
                Code::CorrelationConflict,
                "This correlation_id was submitted with another body.",
            ),
            Error::Pruned(tombstone) => Self::new(
                Code::RequestPruned,
                format!(
                    "The request ended as {}; its content was deleted at {}.",
                    tombstone.status.as_str(),
                    signoff_contract::time::format(tombstone.pruned_at)
                ),
            ),
            Error::TooManyPending { max } => Self::new(
                Code::TooManyPending,
                format!("The project has {max} pending requests, as many as it may have."),
            ),
            Error::Rejected { rejection, outcome } => rejected(&rejection, outcome),
            Error::Store(error) if error.is_read_only() => Self::new(
                Code::StoreUnavailable,
                "This service only answers reads for now; nothing was changed.",
            ),
            Error::Store(error) => {
                tracing::error!(error = chain(&error), "the store refused an operation");
                Self::store_unavailable()
            }
            // Only a channel in a process of its own meets it.
            Error::Unreachable(_) => Self::store_unavailable(),
        }
    }
}

fn rejected(rejection: &Rejection, outcome: Option<Box<Outcome>>) -> Failure {
    let code = match rejection {
        Rejection::AlreadyDecided { .. } => {
            if let Some(outcome) = outcome {
                return Problem::already_decided(*outcome).into();
            }
            Code::AlreadyDecided
        }
        // Ended for this response, or for this person, though not for everyone: no outcome yet.
        Rejection::Expired { .. } | Rejection::AlreadyVoted { .. } => Code::AlreadyDecided,
        Rejection::NotAuthorised { .. } | Rejection::OwnRequest { .. } => Code::Forbidden,
        Rejection::InvalidAnswer { why } => {
            let error = FieldError::new("", FieldCode::NotAllowed, why.as_str());
            return Problem::validation(vec![error]).into();
        }
        Rejection::NotApproved { .. } => Code::NotApproved,
        Rejection::AlreadyClaimed { .. } => Code::AlreadyClaimed,
        Rejection::DigestMismatch => Code::DigestMismatch,
        Rejection::AlreadyReported { .. } => Code::AlreadyReported,
        Rejection::UnknownPrompt { .. } | Rejection::Superseded => {
            tracing::error!(
                error = chain(rejection),
                "an operation met an impossible refusal"
            );
            return Failure::internal();
        }
    };
    Failure::new(code, sentence(rejection))
}

/// Errors are written without a capital and a full stop; details have both. A name stays as it is.
fn sentence(rejection: &Rejection) -> String {
    let mut text = rejection.to_string();
    let names_first = matches!(
        rejection,
        Rejection::OwnRequest { .. } | Rejection::AlreadyVoted { .. }
    );
    if let Some(first) = text.get_mut(..1).filter(|_| !names_first) {
        first.make_ascii_uppercase();
    }
    text.push('.');
    text
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let Self {
            problem,
            retry_after,
            challenge,
        } = self;
        let mut response = Response::default();
        *response.status_mut() = status(&problem);
        if problem.code == Code::Unauthenticated {
            let challenge = HeaderValue::from_static(challenge);
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, challenge);
        }
        if problem.code == Code::PayloadTooLarge {
            // The rest of the body is not read, so that nothing else can come over this connection: a
            // caller who is not told would lose the next request on it.
            response
                .headers_mut()
                .insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        if let Some(after) = retry_after {
            // Rounded up: sooner than said, the answer would be the same.
            let seconds = after.as_secs() + u64::from(after.subsec_nanos() > 0);
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, seconds.max(1).into());
        }
        response.extensions_mut().insert(Unwritten(problem));
        response
    }
}

/// The HTTP status of a problem.
pub(crate) fn status(problem: &Problem) -> StatusCode {
    StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// A problem on its way to the `envelope`.
#[derive(Debug, Clone)]
pub(crate) struct Unwritten(pub(crate) Box<Problem>);

/// The problem for an error that no handler described: an unknown path, a wrong method, a defect.
pub(crate) fn undescribed(status: StatusCode) -> Option<Problem> {
    let (code, detail) = match status {
        StatusCode::NOT_FOUND => (Code::NotFound, "There is nothing at this path."),
        StatusCode::METHOD_NOT_ALLOWED => (
            Code::MethodNotAllowed,
            "This path does not take this method; see the Allow header.",
        ),
        status if status.is_server_error() => return Some(*Failure::internal().problem),
        _ => return None,
    };
    Some(Problem::new(code, detail))
}
