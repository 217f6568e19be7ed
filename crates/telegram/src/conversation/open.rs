//! Open conversations: who owes us which text, kept in the store so that a restart forgets none.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use signoff_contract::RequestId;
use signoff_engine::{ChannelStore, Error};

use crate::voice;

/// How long a conversation waits for its text.
const WAITS: SignedDuration = SignedDuration::from_mins(30);
/// How long afterwards a late text is still recognised, so that its writer learns what happened.
const RECOGNISED: SignedDuration = SignedDuration::from_hours(24);
/// How long it is remembered what a text was taken for: as long as its update.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(48);

/// A text that somebody owes us. Everybody has at most one for each request in a chat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Awaited {
    v: u8,
    pub(crate) chat: i64,
    pub(crate) user: i64,
    pub(crate) request: RequestId,
    /// What to respond with.
    pub(crate) handle: String,
    /// What the person is called, for others who answer in their place.
    pub(crate) name: String,
    /// The update that opened it.
    pub(crate) opened_by: String,
    pub(crate) question: Question,
    /// Earlier questions of this conversation, which are still there to be answered: the person
    /// pressed again, or a crash came before the one that was sent had been noted.
    #[serde(default, skip_serializing_if = "Earlier::is_none")]
    pub(super) earlier: Earlier,
    /// Until when it counts.
    pub(crate) until: Timestamp,
}

/// The messages that asked before the present question did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Earlier {
    messages: Vec<i32>,
    /// Whether one may stand there whose id is not known.
    unknown: bool,
}

impl Earlier {
    fn is_none(&self) -> bool {
        self.messages.is_empty() && !self.unknown
    }
}

/// The message that asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Question {
    /// Not sent yet.
    Unsent,
    /// Perhaps sent: no answer came. Its own words tell it, the request's short id among them.
    Unknown,
    /// This one.
    Message(i32),
}

impl Awaited {
    /// A conversation that begins now and ends with the request at the latest.
    #[expect(
        clippy::too_many_arguments,
        reason = "every field is asked for once, in one place"
    )]
    pub(crate) fn begin(
        chat: i64,
        user: i64,
        request: RequestId,
        handle: &str,
        name: &str,
        opened_by: &str,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Self {
        let until = now
            .checked_add(WAITS)
            .unwrap_or(Timestamp::MAX)
            .min(expires_at);
        Self {
            v: 1,
            chat,
            user,
            request,
            handle: handle.to_owned(),
            name: name.to_owned(),
            opened_by: opened_by.to_owned(),
            question: Question::Unsent,
            earlier: Earlier::default(),
            until,
        }
    }

    /// What people call the request.
    pub(crate) fn short_id(&self) -> String {
        self.request.short()
    }

    /// Notes that the question is about to be asked once more.
    pub(super) fn asks_again(&mut self) {
        match self.question {
            Question::Message(asked) => self.earlier.messages.push(asked),
            Question::Unsent | Question::Unknown => self.earlier.unknown = true,
        }
        self.question = Question::Unsent;
    }

    /// The same conversation, begun with another press. What asked before still asks.
    pub(super) fn instead_of(mut self, earlier: Option<Self>) -> Self {
        if let Some(mut earlier) = earlier {
            earlier.asks_again();
            self.earlier = earlier.earlier;
        }
        self
    }

    /// Whether this message is known to be one of its questions.
    pub(super) fn asked_in(&self, message: i32) -> bool {
        self.question == Question::Message(message) || self.earlier.messages.contains(&message)
    }

    /// Whether there may be a question whose id is not known.
    pub(super) fn may_ask_elsewhere(&self) -> bool {
        self.earlier.unknown || matches!(self.question, Question::Unsent | Question::Unknown)
    }

    /// Whether every question is known to be younger than this message of the same chat.
    pub(super) fn asked_after(&self, message: i32) -> bool {
        let Question::Message(asked) = self.question else {
            return false;
        };
        let first = self.earlier.messages.iter().copied().min();
        !self.earlier.unknown && first.map_or(asked, |first| first.min(asked)) > message
    }

    fn key(&self) -> String {
        key(self.chat, self.user, self.request)
    }
}

/// What a text was taken for, kept before it takes effect: handled again, it means the same,
/// whatever was opened and ended since.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Taken {
    /// What it responds with.
    pub(crate) handle: String,
    /// The key of the conversation that it ends.
    conversation: String,
    /// For a voice note: the request, and the press that opened the conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    note: Option<(RequestId, String)>,
}

impl Taken {
    /// A text that belongs to this conversation.
    pub(super) fn of(awaited: &Awaited) -> Self {
        Self {
            handle: awaited.handle.clone(),
            conversation: awaited.key(),
            note: None,
        }
    }

    /// A voice note that does.
    pub(crate) fn of_note(awaited: &Awaited) -> Self {
        Self {
            note: Some((awaited.request, awaited.opened_by.clone())),
            ..Self::of(awaited)
        }
    }

    /// What it is about, where it is a voice note, and the press that opened its conversation.
    pub(crate) fn note(&self) -> Option<(RequestId, &str)> {
        let (request, opened_by) = self.note.as_ref()?;
        Some((*request, opened_by))
    }
}

fn taken_key(event_id: &str) -> String {
    format!("taken:{event_id}")
}

fn key(chat: i64, user: i64, request: RequestId) -> String {
    format!("awaited:{chat}:{user}:{request}")
}

/// The open conversations of one bot.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Conversations<'a>(pub(crate) &'a ChannelStore);

impl Conversations<'_> {
    /// Opens one, or keeps what became of it.
    pub(crate) async fn keep(&self, awaited: &Awaited) -> Result<(), Error> {
        let payload = serde_json::to_string(awaited).unwrap_or_default();
        let until = awaited
            .until
            .checked_add(RECOGNISED)
            .unwrap_or(Timestamp::MAX);
        self.0.converse(&awaited.key(), payload, until).await
    }

    /// Someone's conversation on a request in a chat.
    pub(crate) async fn find(
        &self,
        chat: i64,
        user: i64,
        request: RequestId,
    ) -> Result<Option<Awaited>, Error> {
        let key = key(chat, user, request);
        Ok(self.with_prefix(&key).await?.into_iter().next())
    }

    /// All of a chat, lapsed ones that are still recognised included.
    pub(crate) async fn in_chat(&self, chat: i64) -> Result<Vec<Awaited>, Error> {
        self.with_prefix(&format!("awaited:{chat}:")).await
    }

    /// Ends one, if it is still there, and whatever was said in it counts no more.
    pub(crate) async fn end(&self, awaited: &Awaited) -> Result<(), Error> {
        voice::forget(self.0, (awaited.chat, awaited.user, awaited.request)).await?;
        self.0.end_conversation(&awaited.key()).await.map(|_| ())
    }

    /// Remembers what a text is taken for.
    pub(crate) async fn take(&self, event_id: &str, taken: &Taken) -> Result<(), Error> {
        let payload = serde_json::to_string(taken).unwrap_or_default();
        let now = self.0.now();
        let until = now.checked_add(REMEMBERED).unwrap_or(Timestamp::MAX);
        self.0.converse(&taken_key(event_id), payload, until).await
    }

    /// What a text was taken for before.
    pub(super) async fn taken(&self, event_id: &str) -> Result<Option<Taken>, Error> {
        let key = taken_key(event_id);
        let kept = self.0.conversations(&key).await?;
        let exact = kept.iter().find(|kept| kept.key == key);
        Ok(exact.and_then(|kept| serde_json::from_str(&kept.payload).ok()))
    }

    /// Ends the conversation that a text was taken for, unless the person began it anew with
    /// another press meanwhile.
    pub(super) async fn end_taken(&self, taken: &Taken) -> Result<(), Error> {
        let open = self.with_prefix(&taken.conversation).await?;
        for awaited in open.iter().filter(|a| a.handle == taken.handle) {
            self.end(awaited).await?;
        }
        Ok(())
    }

    async fn with_prefix(&self, prefix: &str) -> Result<Vec<Awaited>, Error> {
        let kept = self.0.conversations(prefix).await?;
        let read = |payload: &str| serde_json::from_str::<Awaited>(payload).ok();
        let all = kept.iter().filter_map(|kept| read(&kept.payload));
        Ok(all.filter(|awaited| awaited.v == 1).collect())
    }
}
