//! The adapter contract: what Signoff and a channel outside its process say to each other.
//!
//! Signoff puts a [`PromptMessage`] to the adapter; the adapter posts a [`ResponseBody`], a
//! [`ReceiptBody`] or a [`PairingBody`] back and asks what is pending. Both sign with the channel's
//! own secret ([`signature`](crate::signature)) and name the channel in [`HEADER_CHANNEL`].

mod answers;
mod inbound;
mod note;
mod prompt;

pub use answers::{
    HandleAnswer, NoteAnswer, NoteResult, OpenedHandle, PairingAnswer, PairingResult,
    PendingAnswer, PersonAnswer, ReceiptAnswer, ReceiptResult, ResponseAnswer, ResponseResult,
    ShownAnswer,
};
pub use inbound::{Actor, PairingBody, ReceiptBody, ReceiptState, ResponseBody};
pub use note::{NoteBody, NoteSpeech, NoteState};
pub use prompt::{
    ButtonStyle, FreeText, FreeTextPurpose, HandleMeaning, NoticeKind, PromptButton, PromptMessage,
    PromptNotice, PromptPhase, PromptRecipient,
};

/// The header with the channel's name, in both directions.
pub const HEADER_CHANNEL: &str = "signoff-channel";

/// The longest `event_id`, in characters.
pub const MAX_EVENT_ID_CHARS: usize = 200;
/// The longest id or name of a person, in characters.
pub const MAX_USER_CHARS: usize = 200;
/// The longest `prompt_ref`, in characters.
pub const MAX_PROMPT_REF_CHARS: usize = 500;
/// The longest `detail` of a receipt, in characters.
pub const MAX_DETAIL_CHARS: usize = 500;
/// How long a voice note may hold the end of a request back after its deadline, in milliseconds.
pub const MAX_NOTE_MS: u64 = 3_600_000;

/// Whether a text can be a channel's name: 1 to 40 of `a-z 0-9 -`, beginning with a letter, and not
/// `api`, which is no adapter's. (`telegram` can be one where Signoff has no bot of its own.)
pub fn is_channel_name(text: &str) -> bool {
    let fits = (1..=40).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    fits && text != "api"
}
