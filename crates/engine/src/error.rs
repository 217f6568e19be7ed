//! What can go wrong in a use case; the surfaces say it in their own way.

use signoff_contract::{FieldError, Outcome};
use signoff_core::request::Rejection;

/// Why a use case did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The body is no JSON text that can be read in one way only.
    #[error("the body is not valid JSON")]
    InvalidJson(#[source] signoff_contract::json::ReadError),
    /// The body breaks rules: all of them.
    #[error("{} rules are broken", .0.len())]
    Invalid(Vec<FieldError>),
    /// There is no such thing in the caller's project.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// The key may not do that.
    #[error("the key lacks the scope {0}")]
    Forbidden(&'static str),
    /// The correlation id belongs to another body.
    #[error("the correlation id was used for another request")]
    CorrelationConflict,
    /// The request ended long ago, and its content was deleted.
    #[error(
        "the request ended as {} and its content was deleted at {}",
        .0.status.as_str(), signoff_contract::time::format(.0.pruned_at)
    )]
    Pruned(signoff_store::Tombstone),
    /// The project has as many pending requests as it may have.
    #[error("the project has {max} pending requests, as many as it may have")]
    TooManyPending {
        /// How many.
        max: u32,
    },
    /// The request does not take that now.
    #[error("the request refused it")]
    Rejected {
        /// Why.
        #[source]
        rejection: Rejection,
        /// How the request ended, when it has.
        outcome: Option<Box<Outcome>>,
    },
    /// The store did not answer: nothing is known to have happened.
    #[error("the store is not available")]
    Store(#[from] signoff_store::Error),
    /// The service is another process, and did not answer: nothing is known to have happened.
    #[error("the service cannot be asked: {0}")]
    Unreachable(String),
}
