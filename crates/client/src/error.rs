//! Why a call did not do what it was asked.

use signoff_contract::Problem;

/// Why the service did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No connection, no answer, or none in time. What was asked may have been done.
    #[error("the service at {url} cannot be reached")]
    Unreachable {
        /// Where it should be.
        url: String,
        /// Why.
        #[source]
        source: reqwest::Error,
    },
    /// It said no, in its own form.
    #[error("the service refused it")]
    Refused(#[source] Box<Problem>),
    /// Something else answered.
    #[error("{url} answered {status}, and not as Signoff does{detail}")]
    NotOurs {
        /// Where.
        url: String,
        /// The HTTP status.
        status: u16,
        /// What it said, when that was to be found.
        detail: String,
    },
    /// It answered something that cannot be read.
    #[error("{url} answered something that is not Signoff's")]
    Unreadable {
        /// Where.
        url: String,
        /// Why not.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl Error {
    /// Whether the same call may work later.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Unreachable { .. } => true,
            Self::Refused(problem) => problem.code.is_retryable(),
            Self::NotOurs { status, .. } => *status >= 500,
            Self::Unreadable { .. } => false,
        }
    }

    /// What the service said, when it refused in its own form.
    pub fn problem(&self) -> Option<&Problem> {
        match self {
            Self::Refused(problem) => Some(problem),
            _ => None,
        }
    }
}

/// Why there can be no client. Says nothing of the key.
#[derive(Debug, thiserror::Error)]
pub enum InvalidSetup {
    /// The URL is no HTTP one.
    #[error("the service's URL is no http or https URL")]
    Url,
    /// It has parts that errors would repeat, and that are secrets.
    #[error("the service's URL has a user, a password or a query, which belong not there")]
    Credentials,
    /// The text is no API key.
    #[error("the API key is not one: \"sgn_\" and 43 characters; `signoff key create` makes one")]
    Key,
    /// The HTTP client could not be made.
    #[error("no HTTP client")]
    Http(#[source] reqwest::Error),
}
