//! A voice note as it is kept, from when it was accepted until its conversation ends.
//!
//! A conversation has one note: the newest. Whatever withdraws it (a newer one, a typed answer,
//! `/cancel`, `Say it again`) does so here, and what was heard counts only if the note still
//! stands when it is taken. Both happen in the conversation's *turn*, so that there is an order.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use signoff_contract::RequestId;
use signoff_engine::{ChannelStore, Error};
use tokio::sync::{Mutex, MutexGuard};

use crate::bot::{Bot, HandleError};
use crate::conversation::Conversations;
use crate::updates::inbound::Message;

/// How long a note is kept at most: longer than any conversation, and as long as updates are.
const KEPT: SignedDuration = SignedDuration::from_hours(48);
/// Between how many locks the conversations are divided.
const TURNS: usize = 64;

/// Which conversation: a person's, on a request, in a chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct At {
    pub(crate) chat: i64,
    pub(crate) user: i64,
    pub(crate) request: RequestId,
}

/// A note that was accepted and is to be heard.
#[derive(Debug)]
pub(crate) struct Aside {
    pub(crate) at: At,
    pub(crate) message: Message,
}

/// A note.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Note {
    v: u8,
    chat: i64,
    user: i64,
    request: RequestId,
    /// The update that brought it.
    pub(super) event_id: String,
    /// The message that it is.
    pub(super) message: i32,
    /// What it responds with.
    pub(super) handle: String,
    /// What its speaker is called, for others who press in their place.
    pub(super) name: String,
    /// Our message about it: what is going on, then what was heard.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) status: Option<i32>,
    /// Our messages about the notes that it replaced, which may still offer something.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) replaced: Vec<i32>,
    /// How often listening to it began.
    #[serde(default)]
    pub(super) tries: u32,
    pub(super) stage: Stage,
}

/// How far a note came.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Stage {
    /// Nobody has listened to it yet.
    Waiting,
    /// Its words wait to be confirmed.
    Heard(Heard),
    /// Its words are given, and nothing withdraws them any more.
    Taken {
        /// The words.
        text: String,
        /// The update that gave them: the note itself, or the press that confirmed it.
        by: String,
        /// What was on the buttons, where there were some.
        token: Option<String>,
    },
    /// It counts no more.
    Withdrawn,
}

/// What was heard.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Heard {
    pub(super) text: String,
    /// Whether we are not sure of it.
    pub(super) unsure: bool,
    /// What the buttons carry that are live now.
    pub(super) token: String,
}

impl std::fmt::Debug for Stage {
    /// Without what was said.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Waiting => "Waiting",
            Self::Heard(_) => "Heard",
            Self::Taken { .. } => "Taken",
            Self::Withdrawn => "Withdrawn",
        })
    }
}

impl Note {
    pub(super) fn new(at: At, event_id: &str, message: i32, handle: &str, name: &str) -> Self {
        Self {
            v: 1,
            chat: at.chat,
            user: at.user,
            request: at.request,
            event_id: event_id.to_owned(),
            message,
            handle: handle.to_owned(),
            name: name.to_owned(),
            status: None,
            replaced: Vec::new(),
            tries: 0,
            stage: Stage::Waiting,
        }
    }

    pub(super) fn at(&self) -> At {
        At {
            chat: self.chat,
            user: self.user,
            request: self.request,
        }
    }

    /// What the buttons of its message carry.
    pub(super) fn token(&self) -> Option<&str> {
        match &self.stage {
            Stage::Heard(heard) => Some(&heard.token),
            Stage::Taken { token, .. } => token.as_deref(),
            Stage::Waiting | Stage::Withdrawn => None,
        }
    }
}

impl At {
    fn key(self) -> String {
        let Self {
            chat,
            user,
            request,
        } = self;
        format!("note:{chat}:{user}:{request}")
    }
}

/// The notes of one bot.
#[derive(Debug, Clone, Copy)]
pub(super) struct Notes<'a>(pub(super) &'a ChannelStore);

impl Notes<'_> {
    pub(super) async fn find(&self, at: At) -> Result<Option<Note>, Error> {
        Ok(self.with_prefix(&at.key()).await?.into_iter().next())
    }

    /// The note of this conversation, if this update brought it.
    pub(super) async fn brought(&self, at: At, event_id: &str) -> Result<Option<Note>, Error> {
        let note = self.find(at).await?;
        Ok(note.filter(|note| note.event_id == event_id))
    }

    pub(super) async fn in_chat(&self, chat: i64) -> Result<Vec<Note>, Error> {
        self.with_prefix(&format!("note:{chat}:")).await
    }

    pub(super) async fn keep(&self, note: &Note) -> Result<(), Error> {
        let payload = serde_json::to_string(note).unwrap_or_default();
        let until = self.0.now().checked_add(KEPT).unwrap_or(Timestamp::MAX);
        self.0.converse(&note.at().key(), payload, until).await
    }

    async fn with_prefix(&self, prefix: &str) -> Result<Vec<Note>, Error> {
        let kept = self.0.conversations(prefix).await?;
        let read = |payload: &str| serde_json::from_str::<Note>(payload).ok();
        let all = kept.iter().filter_map(|kept| read(&kept.payload));
        Ok(all.filter(|note| note.v == 1).collect())
    }
}

/// Forgets the note of a conversation that ends.
pub(crate) async fn forget(
    store: &ChannelStore,
    (chat, user, request): (i64, i64, RequestId),
) -> Result<(), Error> {
    let at = At {
        chat,
        user,
        request,
    };
    store.end_conversation(&at.key()).await.map(|_| ())
}

/// The request whose note this message of ours is about, in a chat.
pub(crate) async fn answers(
    store: &ChannelStore,
    chat: i64,
    message: i32,
) -> Result<Option<(i64, RequestId)>, Error> {
    let notes = Notes(store).in_chat(chat).await?;
    let about = notes.iter().find(|note| note.status == Some(message));
    Ok(about.map(|note| (note.user, note.request)))
}

/// Who may change a note now. Cloning shares it.
#[derive(Debug, Clone)]
pub(crate) struct Turns(Arc<[Mutex<()>; TURNS]>);

impl Default for Turns {
    fn default() -> Self {
        Self(Arc::new(std::array::from_fn(|_| Mutex::new(()))))
    }
}

impl Turns {
    /// Waits for the conversation's turn; it lasts as long as the guard. Nothing that waits for
    /// Telegram is done in it.
    pub(super) async fn of(&self, at: At) -> MutexGuard<'_, ()> {
        let mut hasher = DefaultHasher::new();
        at.hash(&mut hasher);
        let [low, ..] = hasher.finish().to_le_bytes();
        self.0[usize::from(low) % TURNS].lock().await
    }
}

/// Withdraws the note of a conversation; `false` when its words were given already, or the
/// conversation is over.
pub(crate) async fn withdraw(
    bot: &Bot,
    (chat, user, request): (i64, i64, RequestId),
) -> Result<bool, HandleError> {
    let at = At {
        chat,
        user,
        request,
    };
    let turn = bot.turns.of(at).await;
    let open = Conversations(&bot.store).find(chat, user, request).await?;
    let Some(mut note) = Notes(&bot.store).find(at).await? else {
        return Ok(open.is_some());
    };
    if open.is_none() {
        return Ok(false);
    }
    if matches!(note.stage, Stage::Taken { .. }) {
        return Ok(false);
    }
    note.stage = Stage::Withdrawn;
    Notes(&bot.store).keep(&note).await?;
    drop(turn);
    bot.gateway
        .note_settled(&note.handle, &note.event_id)
        .await?;
    Ok(true)
}
