//! What Telegram's refusals mean for a card.

use crate::client::{ApiError, Processed, Unreachable};
use crate::outbound::SendError;

/// What became of an edit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Edited {
    /// The message reads so.
    Done,
    /// There is no such message any more.
    Gone,
    /// Telegram takes no edit of it: it stands as it was, its buttons included.
    Refused,
}

impl Edited {
    /// What a failure means for the message; `None` where trying again may help, or where a new
    /// message of the same text would be refused as well.
    pub(super) fn after(error: &SendError) -> Option<Self> {
        let SendError::Api(error) = error else {
            return None;
        };
        match error {
            ApiError::NothingToEdit { .. } => Some(Self::Gone),
            ApiError::Refused { .. }
            | ApiError::Unreachable { .. }
            | ApiError::ThreadNotFound { .. } => Some(Self::Refused),
            _ => None,
        }
    }
}

/// Whether a message may have been sent although no usable answer came.
pub(super) fn may_have_arrived(error: &SendError) -> bool {
    match error {
        SendError::Api(ApiError::Network { processed, .. }) => *processed == Processed::Maybe,
        SendError::Api(ApiError::Server { .. }) => true,
        _ => false,
    }
}

/// Whether Telegram refuses this document, rather than everything in this chat.
pub(super) fn concerns_the_document(error: &ApiError) -> bool {
    matches!(
        error,
        ApiError::Refused { .. }
            | ApiError::TooLong { .. }
            | ApiError::Unreachable {
                kind: Unreachable::NoRights,
                ..
            }
    )
}
