//! Why the service did not do what it was asked, and the exit code of that.

use signoff_contract::Problem;

use crate::exit::Exit;
use crate::output;

/// Why the service did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ClientError {
    /// No connection, no answer, or none in time.
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
        source: serde_json::Error,
    },
}

impl ClientError {
    /// Whether the same call may work later.
    pub(crate) fn is_passing(&self) -> bool {
        match self {
            Self::Unreachable { .. } => true,
            Self::Refused(problem) => problem.code.is_retryable(),
            Self::NotOurs { status, .. } => *status >= 500,
            Self::Unreadable { .. } => false,
        }
    }

    /// The exit code of a command that ends with this.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Refused(_) if !self.is_passing() => Exit::InvalidInput,
            _ => Exit::Unreachable,
        }
    }

    /// Says it on stderr, with everything that is wrong and what to do, and gives the exit code.
    pub(crate) fn report(&self) -> Exit {
        match self {
            Self::Refused(problem) => {
                output::error(output::clean(&problem.detail));
                for error in problem.errors.iter().filter(|_| problem.errors.len() > 1) {
                    output::say(output::clean(&format!("  {error}")));
                }
                output::say(problem.code.remedy());
            }
            other => {
                let causes =
                    std::iter::successors(std::error::Error::source(other), |cause| cause.source());
                let causes: Vec<String> = causes.map(|cause| format!(": {cause}")).collect();
                output::error(format_args!("{other}{}", causes.concat()));
            }
        }
        self.exit()
    }
}
