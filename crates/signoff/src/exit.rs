//! Exit codes. Scripts build on them: they are never renumbered.

use std::process::ExitCode;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Exit {
    /// It worked; for `ask`: approved, or answered.
    Success = 0,
    /// It did not work, or what was checked is not good; stderr says why.
    Failure = 1,
    /// The command line makes no sense.
    Usage = 2,
    /// `ask`: a person said no, or declined to answer.
    Denied = 3,
    /// `ask`: nobody decided in time. Not a no.
    Expired = 4,
    /// `ask`: the request could not be put to enough people.
    Failed = 5,
    /// The service refused what was sent.
    InvalidInput = 6,
    /// The service cannot be reached.
    Unreachable = 7,
    /// `ask`: somebody else withdrew the request.
    Cancelled = 8,
    /// Ctrl-C; `ask` has cancelled its request.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// The codes, for the help of commands that have more than two.
pub(crate) const HELP: &str = "\
Exit codes:
  0    approved, or answered
  1    something else went wrong; stderr says what
  2    the command line makes no sense
  3    denied, or the answer was declined
  4    expired: nobody decided in time
  5    failed: it could not be put to enough people
  6    the input is invalid, or the key may not do this
  7    the service cannot be reached
  8    cancelled by somebody else
  130  interrupted: the request was cancelled";
