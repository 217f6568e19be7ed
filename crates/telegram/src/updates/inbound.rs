//! Updates as far as this channel reads them: our own small types over the raw JSON. Fields and
//! kinds that are not known here are let be, so that a newer Telegram loses nothing.

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;
use serde_json::error::Category;

use super::sound::Sound;
use crate::place::Place;

/// What an update says.
#[derive(Debug, Clone)]
pub(crate) enum Update {
    /// Somebody pressed a button.
    Press(Box<Press>),
    /// Somebody wrote.
    Message(Box<Message>),
    /// Somebody changed what they wrote.
    Edited(Box<Message>),
    /// Something that concerns us not.
    Other,
    /// It does not have the form that the documentation promises.
    Unreadable { why: String },
}

/// A person, or a bot.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct User {
    pub(crate) id: i64,
    #[serde(default)]
    pub(crate) is_bot: bool,
    #[serde(default)]
    pub(crate) first_name: String,
    #[serde(default)]
    pub(crate) last_name: Option<String>,
    #[serde(default)]
    pub(crate) language_code: Option<String>,
}

/// A chat.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Chat {
    pub(crate) id: i64,
}

/// A message that somebody wrote.
#[derive(Debug, Clone, Deserialize)]
#[expect(clippy::struct_field_names, reason = "the Bot API's own names")]
pub(crate) struct Message {
    pub(crate) message_id: i32,
    pub(crate) chat: Chat,
    #[serde(default)]
    pub(crate) from: Option<User>,
    /// Present when it was written in a chat's name: by an anonymous admin, or a channel.
    #[serde(default)]
    pub(crate) sender_chat: Option<IgnoredAny>,
    #[serde(default)]
    pub(crate) message_thread_id: Option<i32>,
    #[serde(default)]
    pub(crate) is_topic_message: bool,
    #[serde(default)]
    pub(crate) text: Option<String>,
    #[serde(default)]
    voice: Option<Sound>,
    #[serde(default)]
    audio: Option<Sound>,
    #[serde(default)]
    video_note: Option<Sound>,
    #[serde(default)]
    document: Option<Sound>,
    #[serde(default)]
    pub(crate) forward_origin: Option<IgnoredAny>,
    #[serde(default)]
    pub(crate) via_bot: Option<IgnoredAny>,
    #[serde(default)]
    pub(crate) guest_query_id: Option<IgnoredAny>,
    #[serde(default)]
    reply_to_message: Option<Box<Replied>>,
    #[serde(default)]
    pub(crate) migrate_to_chat_id: Option<i64>,
}

/// The message that a message replies to.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Replied {
    pub(crate) message_id: i32,
    #[serde(default)]
    pub(crate) from: Option<User>,
    #[serde(default)]
    pub(crate) text: Option<String>,
    /// Every message of a topic "replies" to the topic's first one.
    #[serde(default)]
    forum_topic_created: Option<IgnoredAny>,
}

/// A press of a button.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Press {
    /// What answering it takes.
    pub(crate) id: String,
    pub(crate) from: User,
    /// Absent when the message is too old or was sent in another way than ours.
    #[serde(default)]
    pub(crate) message: Option<Pressed>,
    /// Whatever the client sent: not necessarily one of our buttons.
    #[serde(default)]
    pub(crate) data: Option<String>,
}

/// The message whose button was pressed; only its place when it cannot be accessed any more.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Pressed {
    pub(crate) message_id: i32,
    pub(crate) chat: Chat,
    #[serde(default)]
    message_thread_id: Option<i32>,
    #[serde(default)]
    is_topic_message: bool,
    #[serde(default)]
    reply_markup: Option<Value>,
}

impl User {
    /// What to call them. Not proof of anything.
    pub(crate) fn display_name(&self) -> String {
        let last = self.last_name.as_deref().unwrap_or_default();
        format!("{} {last}", self.first_name).trim().to_owned()
    }
}

impl Message {
    /// Where to answer.
    pub(crate) fn place(&self) -> Place {
        place(&self.chat, self.message_thread_id, self.is_topic_message)
    }

    /// The sound in it, where there is some and no text.
    pub(crate) fn sound(&self) -> Option<&Sound> {
        let document = self.document.as_ref().filter(|sound| sound.is_declared());
        let sounds = [&self.voice, &self.audio, &self.video_note];
        let sound = sounds.into_iter().find_map(Option::as_ref).or(document);
        sound.filter(|_| self.text.is_none())
    }

    /// What it replies to.
    pub(crate) fn replied(&self) -> Option<&Replied> {
        self.reply_to_message
            .as_deref()
            .filter(|replied| replied.forum_topic_created.is_none())
    }
}

impl Pressed {
    /// Where it stands.
    pub(crate) fn place(&self) -> Place {
        place(&self.chat, self.message_thread_id, self.is_topic_message)
    }

    /// Whether this data is really on one of its buttons, as Telegram tells it.
    pub(crate) fn carries(&self, data: &str) -> bool {
        self.buttons().any(|button| button == data)
    }

    fn buttons(&self) -> impl Iterator<Item = &str> {
        let rows = self
            .reply_markup
            .as_ref()
            .and_then(|markup| markup.get("inline_keyboard"));
        let rows = rows.and_then(Value::as_array).into_iter().flatten();
        rows.filter_map(Value::as_array)
            .flatten()
            .filter_map(|button| button.get("callback_data")?.as_str())
    }
}

/// `message_thread_id` also marks threads of replies, which are no topics.
fn place(chat: &Chat, thread: Option<i32>, is_topic: bool) -> Place {
    Place {
        chat: chat.id,
        topic: thread.filter(|_| is_topic),
    }
}

impl Update {
    /// Reads an update.
    pub(crate) fn read(raw: &str) -> Self {
        let mut value: Value = match serde_json::from_str(raw) {
            Ok(value) => value,
            Err(error) => return Self::Unreadable { why: why(&error) },
        };
        let mut take = |kind: &str| {
            value
                .get_mut(kind)
                .map(Value::take)
                .filter(|v| !v.is_null())
        };
        if let Some(press) = take("callback_query") {
            read(press, Self::Press)
        } else if let Some(message) = take("message") {
            read(message, Self::Message)
        } else if let Some(message) = take("edited_message") {
            read(message, Self::Edited)
        } else {
            Self::Other
        }
    }

    /// The label that metrics count it under.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Press(_) => "callback_query",
            Self::Message(_) => "message",
            Self::Edited(_) => "edited_message",
            Self::Other => "other",
            Self::Unreadable { .. } => "unreadable",
        }
    }

    /// Who did it, where somebody did.
    pub(crate) fn user(&self) -> Option<&User> {
        match self {
            Self::Press(press) => Some(&press.from),
            Self::Message(message) | Self::Edited(message) => message.from.as_ref(),
            Self::Other | Self::Unreadable { .. } => None,
        }
    }

    /// Whose turn it takes: what one person does in one chat is handled in order, everything
    /// else side by side.
    pub(crate) fn lane(&self) -> (i64, i64) {
        match self {
            Self::Press(press) => (
                press.message.as_ref().map_or(0, |message| message.chat.id),
                press.from.id,
            ),
            Self::Message(message) | Self::Edited(message) => (
                message.chat.id,
                message.from.as_ref().map_or(0, |user| user.id),
            ),
            Self::Other | Self::Unreadable { .. } => (0, 0),
        }
    }
}

fn read<T: for<'de> Deserialize<'de>>(value: Value, then: impl Fn(Box<T>) -> Update) -> Update {
    match serde_json::from_value(value) {
        Ok(read) => then(Box::new(read)),
        Err(error) => Update::Unreadable { why: why(&error) },
    }
}

/// What is wrong with an update, for the log: without the value that serde quotes, which may be what
/// a person wrote.
fn why(error: &serde_json::Error) -> String {
    let said = error.to_string();
    // What was expected, and the names of fields, are ours; a value stands before what was expected.
    if let Some((_, expected)) = said.rsplit_once(", expected ") {
        return format!("something else stands where we expect {expected}");
    }
    if said.starts_with("missing field `") || said.starts_with("duplicate field `") {
        return said;
    }
    match (error.classify(), error.line(), error.column()) {
        (Category::Data, ..) => "it has another form than documented".to_owned(),
        (_, line, column) => format!("no JSON from line {line}, column {column}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_is_let_be() {
        let raw = r#"{"update_id":1,"message":{"message_id":5,"date":1,"chat":{"id":-5,"type":"hologram"},
            "from":{"id":7,"is_bot":false,"first_name":"Ann","aura":"blue"},"text":"no",
            "entities":[{"type":"newer_than_us","offset":0,"length":2}]}}"#;
        let Update::Message(message) = Update::read(raw) else {
            panic!("no message")
        };
        assert_eq!(
            message.text.as_deref(),
            Some("no"),
            "a new kind of entity loses no text"
        );
        assert_eq!(
            Update::read(r#"{"update_id":2,"quantum_message":{}}"#).kind(),
            "other"
        );
    }

    #[test]
    fn what_cannot_be_read_says_why() {
        for raw in ["", "[]x", r#"{"update_id":3,"message":{"text":"no id"}}"#] {
            assert_eq!(Update::read(raw).kind(), "unreadable", "{raw}");
        }
    }

    #[test]
    fn why_an_update_cannot_be_read_quotes_nothing_of_it() {
        let secret = "hunter2, expected hunter2";
        let updates = [
            serde_json::json!({ "message": secret }),
            serde_json::json!({ "message": [secret] }),
            serde_json::json!({ "message": { "message_id": secret, "chat": { "id": 1 } } }),
            serde_json::json!({ "message": { "message_id": 1, "chat": secret } }),
            serde_json::json!({ "message": { "message_id": 1, "chat": { "id": 1 }, "text": { "hunter2": 1 } } }),
            serde_json::json!({ "message": { "message_id": 1, "chat": { "id": 1 }, "is_topic_message": secret } }),
            serde_json::json!({ "edited_message": { "hunter2": secret } }),
            serde_json::json!({ "callback_query": { "id": [secret], "from": { "id": 1 } } }),
            serde_json::json!({ "callback_query": { "id": "q", "from": { "id": secret } } }),
        ];
        let broken = [
            r#"{"message":"hunter2"#,
            "hunter2",
            r#"{"hunter2":hunter2}"#,
        ];
        let updates = updates.iter().map(ToString::to_string);
        for raw in updates.chain(broken.map(str::to_owned)) {
            let Update::Unreadable { why } = Update::read(&raw) else {
                panic!("{raw} was read")
            };
            assert!(!why.contains("hunter2"), "{raw}: {why}");
            assert!(why.len() > 10, "{raw}: {why}");
        }
        let Update::Unreadable { why } = Update::read(r#"{"message":{"text":"no id"}}"#) else {
            panic!("it was read")
        };
        assert_eq!(why, "missing field `message_id`");
    }

    #[test]
    fn a_message_in_a_topic_replies_to_nothing_by_that_alone() {
        let raw = r#"{"update_id":1,"message":{"message_id":5,"chat":{"id":-5},"message_thread_id":9,
            "is_topic_message":true,"reply_to_message":{"message_id":9,"forum_topic_created":{"name":"x"}}}}"#;
        let Update::Message(message) = Update::read(raw) else {
            panic!("no message")
        };
        assert!(message.replied().is_none());
        assert_eq!(
            message.place(),
            Place {
                chat: -5,
                topic: Some(9)
            }
        );
    }

    #[test]
    fn a_press_knows_what_is_really_on_its_message() {
        let raw = r#"{"update_id":1,"callback_query":{"id":"q","from":{"id":7},"data":"b","message":
            {"message_id":5,"chat":{"id":-5},"reply_markup":{"inline_keyboard":[[{"text":"A","callback_data":"a"}]]}}}}"#;
        let Update::Press(press) = Update::read(raw) else {
            panic!("no press")
        };
        let message = press.message.unwrap();
        assert!(message.carries("a") && !message.carries("b"));
    }
}
