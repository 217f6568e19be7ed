//! The ports: what a channel must do for Signoff ([`Channel`]), what Signoff does for a
//! channel ([`Gateway`], [`ChannelStore`]), and what hears for it ([`Transcriber`]). Nothing here
//! is shaped like any one chat.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use signoff_contract::{PromptId, RequestId, RequestResource, Via};

mod channel_store;
mod speech;

pub use channel_store::ChannelStore;
pub use speech::{
    Confirm, Recording, Segment, SpeechRules, TranscribeError, Transcriber, Transcript, Turn,
};

/// A way to reach approvers. The engine calls it; it never calls it twice at once for one place.
#[async_trait]
pub trait Channel: Send + Sync {
    /// The channel's name: `telegram`.
    fn name(&self) -> &str;

    /// Makes the channel show this card: the first time, an update, the outcome, a reminder.
    ///
    /// `at` is where it stands already (empty the first time); the answer is where it stands
    /// afterwards, in full. Idempotent: after a crash the same card is shown again.
    async fn show(
        &self,
        card: &PromptCard,
        at: &[PromptRef],
    ) -> Result<Vec<PromptRef>, ChannelError>;

    /// Whether the channel can be reached, for `/readyz` and the operator.
    fn health(&self) -> ChannelHealth;
}

/// Whether a channel can be reached.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct ChannelHealth {
    /// The channel's name.
    pub name: String,
    /// Whether its last contact worked.
    pub state: Reachability,
    /// What happened last and, when it is bad, what to do.
    pub detail: String,
}

/// Whether the last contact worked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reachability {
    /// It did.
    Reachable,
    /// It did not.
    Unreachable,
    /// There was none yet.
    Unknown,
}

/// Where a prompt stands in a channel, in the channel's own notation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PromptRef(pub String);

/// Why a channel did not show a card.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChannelError {
    /// The place takes nothing before this time; nothing was tried, or the channel said so
    /// itself. Every card for that place waits.
    #[error("the place takes nothing for {} s", after.as_secs())]
    Busy {
        /// How long.
        after: Duration,
    },
    /// It did not work and may work later.
    #[error("{cause}")]
    Retry {
        /// Not before, when the channel said so.
        after: Option<Duration>,
        /// Why, for people.
        cause: String,
    },
    /// It will never work.
    #[error("{cause}")]
    Permanent {
        /// Why, for people.
        cause: String,
    },
}

/// One prompt at one revision: everything a channel needs to show it.
#[derive(Debug, Clone, PartialEq)]
pub struct PromptCard {
    /// The prompt.
    pub prompt_id: PromptId,
    /// What is shown; a higher one replaces a lower one.
    pub revision: u64,
    /// Where, in the channel's own notation.
    pub place: String,
    /// The request, secrets masked, in the outcome too (that is what a chat may echo).
    pub request: RequestResource,
    /// Whom the prompt reaches.
    pub recipients: Vec<Recipient>,
    /// What can be pressed, in order. Empty once the request has ended.
    pub buttons: Vec<Button>,
    /// The names of those who approved so far.
    pub approvals: Vec<String>,
    /// How many different people must approve.
    pub approvals_needed: u32,
    /// Whether the first Approve by button asks for a second.
    pub asks_twice: bool,
    /// What else to say.
    pub notices: Vec<Notice>,
    /// Whether to draw attention to it now, once.
    pub remind: bool,
    /// The language to use where the reader's own is not known (BCP 47).
    pub language: String,
}

/// Someone whom a prompt reaches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    /// The approver's name.
    pub approver: String,
    /// The channel's own id of that person.
    pub user_id: String,
    /// The person's language, when known (BCP 47).
    pub language: Option<String>,
}

/// One button.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Button {
    /// The sealed handle: 47 characters.
    pub handle: String,
    /// What it stands for; the channel finds the words.
    pub action: ButtonAction,
}

/// What a button stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ButtonAction {
    /// Yes.
    Approve,
    /// No.
    Deny,
    /// No, and the channel asks for the reason, then responds with this handle and the text.
    DenyWithReason,
    /// One of the question's options.
    Choose {
        /// The option's id.
        option_id: String,
        /// Its label.
        label: String,
    },
    /// The channel asks for an answer, then responds with this handle and the text.
    CustomAnswer,
    /// No answer will be given.
    Decline,
}

/// What else a card says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// The callback was given up: the requester may not know.
    RequesterUnreachable,
    /// The requester does not wait for the outcome any more: what was decided has no effect there.
    RequesterGone,
    /// What the operator has said when nobody decided in time.
    TimedOut(String),
}

/// Someone in a channel, as the channel proves it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserIdentity {
    /// The channel.
    pub channel: String,
    /// The channel's own, unforgeable id.
    pub user_id: String,
    /// What to call that person.
    pub display_name: String,
}

/// A person's response through a channel.
#[derive(Debug, Clone, PartialEq)]
pub struct Response {
    /// The channel's id of what happened; a repetition gets the stored answer.
    pub event_id: String,
    /// The handle of the button, or of the conversation that the button opened.
    pub handle: String,
    /// Who.
    pub actor: UserIdentity,
    /// The reason or the answer.
    pub text: Option<String>,
    /// How.
    pub via: Via,
    /// When it reached this side of the channel (for a channel that knows nothing better, when it
    /// was committed to the inbox): a second press counts from here.
    pub occurred_at: Timestamp,
    /// The voice note whose words these are, by the `event_id` it was received with.
    pub note: Option<String>,
}

/// A voice note that was listened to.
#[derive(Debug, Clone, PartialEq)]
pub struct HeardNote {
    /// The `event_id` it was received with.
    pub note: String,
    /// The handle of the conversation that it answers.
    pub handle: String,
    /// Who spoke.
    pub actor: UserIdentity,
    /// How it was heard.
    pub speech: signoff_core::request::Speech,
    /// How long its words may wait to be confirmed, where they must be.
    pub confirm_within: Option<Duration>,
}

/// What a response did, with the card as it is now (absent when the handle is not ours).
#[derive(Debug, Clone, PartialEq)]
pub struct Answered {
    /// What happened.
    pub result: AnswerResult,
    /// The prompt as it stands now.
    pub card: Option<PromptCard>,
    /// Whether this `event_id` was handled before and `result` is what it got then.
    pub repeated: bool,
}

/// What a response did.
#[derive(Debug, Clone, PartialEq)]
pub enum AnswerResult {
    /// It decided the request.
    Applied,
    /// It counts; others are needed.
    Recorded {
        /// Approvals so far.
        have: u32,
        /// Approvals needed.
        need: u32,
    },
    /// The same person must press again, 1 to 60 s later.
    ConfirmRequired,
    /// The same person approved before.
    Duplicate {
        /// Approvals so far.
        have: u32,
        /// Approvals needed.
        need: u32,
    },
    /// Somebody else was first, or the request ended otherwise: see the card's outcome.
    Stale,
    /// The deadline has passed.
    Expired,
    /// This person may not decide it.
    NotAuthorised {
        /// Who may.
        needed: Vec<String>,
    },
    /// This person asked for it and may not decide it.
    OwnRequest,
    /// The response makes no sense here.
    Invalid {
        /// Why not, in English; a channel says it in its person's language.
        why: String,
    },
    /// The handle was not sealed by this service.
    NotOurs,
}

/// What a handle stands for, before anything is done with it.
#[derive(Debug, Clone, PartialEq)]
pub struct Opened {
    /// What it says.
    pub meaning: signoff_core::Meaning,
    /// The request.
    pub request_id: RequestId,
    /// Why that person could not respond with it now; `None` when they could.
    pub refusal: Option<AnswerResult>,
    /// The prompt as it stands now.
    pub card: PromptCard,
    /// Where it stands, as recorded.
    pub refs: Vec<PromptRef>,
}

/// A request that waits for a person.
#[derive(Debug, Clone, PartialEq)]
pub struct PendingPrompt {
    /// The handle that shows it.
    pub show: String,
    /// The request's short id: what people type.
    pub short_id: String,
    /// The prompt as it stands.
    pub card: PromptCard,
    /// Where it stands, as recorded. Empty when it has not been shown.
    pub refs: Vec<PromptRef>,
}

/// Someone known to Signoff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The approver's name.
    pub name: String,
    /// What they are: `owner`, …
    pub roles: Vec<String>,
    /// Their language, when known (BCP 47).
    pub language: Option<String>,
}

/// What became of a pairing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pairing {
    /// That user is this person from now on.
    Paired(Person),
    /// The token is unknown, used or expired.
    InvalidToken,
    /// That user is paired already.
    TakenBy(Person),
}

/// What Signoff does for a channel. In the service it is the engine.
#[async_trait]
pub trait Gateway: Send + Sync {
    /// Takes a person's response; answers after it is durable.
    async fn respond(&self, response: Response) -> Result<Answered, crate::Error>;

    /// A voice note that answers this conversation reached Signoff: it may hold back the request's
    /// end for so long after the deadline. Said before the note is taken from the channel; a
    /// repetition changes nothing.
    async fn note_received(
        &self,
        handle: &str,
        note: &str,
        within: Duration,
    ) -> Result<(), crate::Error>;

    /// A voice note was listened to: for the audit. A repetition changes nothing.
    async fn note_transcribed(&self, heard: HeardNote) -> Result<(), crate::Error>;

    /// A voice note is done with: it holds nothing back any more.
    async fn note_settled(&self, handle: &str, note: &str) -> Result<(), crate::Error>;

    /// What a handle stands for, and whether `actor` could respond with it now; `None` when it
    /// was not sealed by this service. Changes nothing.
    async fn open(
        &self,
        handle: &str,
        actor: &UserIdentity,
    ) -> Result<Option<Opened>, crate::Error>;

    /// Remembers a further place where a prompt stands (a copy that was shown on demand, or a
    /// card whose place was lost in a crash), so that it is kept up to date and closed too.
    async fn adopt(&self, handle: &str, at: PromptRef) -> Result<(), crate::Error>;

    /// What waits for a person, soonest deadline first.
    async fn pending(&self, actor: &UserIdentity) -> Result<Vec<PendingPrompt>, crate::Error>;

    /// Who someone is; `None` for a stranger.
    async fn person(&self, actor: &UserIdentity) -> Result<Option<Person>, crate::Error>;

    /// Redeems a single-use pairing token.
    async fn pair(&self, token: &str, actor: &UserIdentity) -> Result<Pairing, crate::Error>;

    /// What waits in one place of the channel, for a notice after an outage.
    async fn pending_in(
        &self,
        channel: &str,
        place: &str,
    ) -> Result<Vec<PendingPrompt>, crate::Error>;

    /// Masks secret shapes in what a chat is about to echo.
    fn mask(&self, text: &str) -> String;
}
