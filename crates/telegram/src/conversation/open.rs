//! Open conversations: who owes us which text, kept in the store so that a restart forgets none.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use signoff_contract::RequestId;
use signoff_engine::{ChannelStore, Error};

/// How long a conversation waits for its text.
const WAITS: SignedDuration = SignedDuration::from_mins(30);
/// How long afterwards a late text is still recognised, so that its writer learns what happened.
const RECOGNISED: SignedDuration = SignedDuration::from_hours(24);

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
    /// Until when it counts.
    pub(crate) until: Timestamp,
}

/// The message that asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Question {
    /// Not sent yet.
    Unsent,
    /// Perhaps sent: no answer came. The request's short id in its text tells it.
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
            until,
        }
    }

    /// What people call the request.
    pub(crate) fn short_id(&self) -> String {
        self.request.short()
    }

    fn key(&self) -> String {
        key(self.chat, self.user, self.request)
    }
}

/// How the short id stands in the text of a question.
pub(crate) fn marked(short_id: &str) -> [String; 2] {
    [format!("({short_id})"), format!("（{short_id}）")]
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

    /// Ends one; whether it was there.
    pub(crate) async fn end(&self, awaited: &Awaited) -> Result<bool, Error> {
        self.0.end_conversation(&awaited.key()).await
    }

    async fn with_prefix(&self, prefix: &str) -> Result<Vec<Awaited>, Error> {
        let kept = self.0.conversations(prefix).await?;
        let read = |payload: &str| serde_json::from_str::<Awaited>(payload).ok();
        let all = kept.iter().filter_map(|kept| read(&kept.payload));
        Ok(all.filter(|awaited| awaited.v == 1).collect())
    }
}
