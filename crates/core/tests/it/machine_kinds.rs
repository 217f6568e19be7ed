//! The kinds of everything the machine takes and gives, each with the list of all of them.
//!
//! List and match are made from the same words, so a variant that is added to the machine does
//! not compile until it stands here, and then its table lacks it until somebody writes its row.

use signoff_core::request::{
    Closed, Effect, Event, Presentation, Rejection, Reply, Responder, State, Work,
};

macro_rules! kinds {
    ($kind:ident, $all:ident, $type:ident: $($variant:ident)+) => {
        /// Every kind there is.
        pub(crate) const $all: &[&str] = &[$(stringify!($variant)),+];

        /// The name of this one's kind.
        pub(crate) fn $kind(of: &$type) -> &'static str {
            match of {
                $($type::$variant { .. } => stringify!($variant)),+
            }
        }
    };
}

kinds!(event_kind, EVENTS, Event:
    Responded Cancelled DeadlinePassed ReminderDue NoteReceived NoteTranscribed NoteSettled PromptShown PromptFailed Claimed
    ExecutionReported CallbackDelivered CallbackDied CallbackResent);
kinds!(state_kind, STATES, State: Pending Approved Denied Expired Failed Cancelled);
kinds!(reply_kind, REPLIES, Reply: Approve Deny Choose Custom);
kinds!(responder_kind, RESPONDERS, Responder: Approver Stranger);
kinds!(presentation_kind, PRESENTATIONS, Presentation: Waiting Shown Failed);
kinds!(closed_kind, CLOSED, Closed: Yes No);
kinds!(effect_kind, EFFECTS, Effect: Decided Recorded ConfirmationRequired Noted);
kinds!(work_kind, WORK, Work: UpdatePrompts Remind SendCallback);
kinds!(rejection_kind, REJECTIONS, Rejection:
    AlreadyDecided Expired NotAuthorised OwnRequest InvalidAnswer AlreadyVoted NotApproved
    AlreadyClaimed DigestMismatch AlreadyReported UnknownPrompt Superseded);

/// Fails with the kinds that are missing.
pub(crate) fn assert_all(all: &[&'static str], found: impl IntoIterator<Item = &'static str>) {
    let found: Vec<_> = found.into_iter().collect();
    let missing: Vec<_> = all.iter().filter(|kind| !found.contains(kind)).collect();
    assert!(missing.is_empty(), "nothing stands for {missing:?}");
}
