//! A message as a person sees it on the phone.

use bytes::Bytes;
use serde::Serialize;
use serde_json::Value;

use crate::wire::{Audio, Button, Document, MessageEntity, User, VideoNote, Voice};
use crate::world::{Chat, Stored, World};

/// A snapshot of one message. It does not change; look again to see edits.
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent facts, named at every use"
)]
#[derive(Debug, Clone, Serialize)]
pub struct SeenMessage {
    /// The chat.
    pub chat_id: i64,
    /// Identifier within the chat.
    pub message_id: i64,
    /// Topic, in forums.
    pub thread_id: Option<i64>,
    /// Who is shown as the author.
    pub from: User,
    /// True for the bot under test.
    pub from_bot: bool,
    /// Unix time of sending.
    pub date: i64,
    /// Text, or the caption of a file.
    pub text: String,
    /// Styles and links in the text.
    pub entities: Vec<MessageEntity>,
    /// Rows of buttons; empty when there are none.
    pub buttons: Vec<Vec<Button>>,
    /// What the composer asks for, and from whom.
    pub force_reply: Option<SeenForceReply>,
    /// Attached file.
    pub document: Option<Document>,
    /// Voice note.
    pub voice: Option<Voice>,
    /// Audio file.
    pub audio: Option<Audio>,
    /// Round video.
    pub video_note: Option<VideoNote>,
    /// The message that this one answers.
    pub reply_to: Option<i64>,
    /// Whether it was forwarded.
    pub forwarded: bool,
    /// The content of a service message.
    pub service: Option<Value>,
    /// Number of edits so far.
    pub revision: u64,
    /// Unix time of the last edit.
    pub edit_date: Option<i64>,
    /// Sent without a sound.
    pub silent: bool,
    /// Forwarding and saving are forbidden.
    pub protected: bool,
    /// Whether a test has read it.
    pub read: bool,
    #[serde(skip)]
    pub(crate) bytes: Option<Bytes>,
}

/// A prompt that opens the composer.
#[derive(Debug, Clone, Serialize)]
pub struct SeenForceReply {
    /// Grey text of the empty composer.
    pub placeholder: Option<String>,
    /// The people whom it asks; `None` is everybody.
    pub asks: Option<Vec<i64>>,
}

impl SeenMessage {
    /// The labels of all buttons, row by row.
    pub fn labels(&self) -> Vec<&str> {
        self.buttons
            .iter()
            .flatten()
            .map(|button| button.text.as_str())
            .collect()
    }

    /// The button with exactly this label.
    pub fn button(&self, label: &str) -> Option<&Button> {
        self.buttons
            .iter()
            .flatten()
            .find(|button| button.text == label)
    }

    /// Whether the message has any buttons.
    pub fn has_buttons(&self) -> bool {
        self.buttons.iter().any(|row| !row.is_empty())
    }

    /// The content of the attached file or voice note.
    pub fn file_bytes(&self) -> Option<&Bytes> {
        self.bytes.as_ref()
    }

    /// The part of the text under the first entity of this kind (`pre`, `bold`, …).
    pub fn part(&self, kind: &str) -> Option<String> {
        let entity = self.entities.iter().find(|entity| entity.kind == kind)?;
        let units: Vec<u16> = self.text.encode_utf16().collect();
        units
            .get(entity.offset..entity.offset + entity.length)
            .map(String::from_utf16_lossy)
    }
}

impl World {
    /// The message as people see it; `None` when it was deleted or never existed.
    pub(crate) fn seen(&self, chat_id: i64, message: i64) -> Option<SeenMessage> {
        let chat = self.chats.get(&chat_id)?;
        let stored = chat
            .messages
            .get(&message)
            .filter(|stored| !stored.deleted)?;
        Some(self.see(chat, stored))
    }

    /// All messages of a chat as people see them, oldest first.
    pub(crate) fn transcript(&self, chat_id: i64) -> Vec<SeenMessage> {
        let Some(chat) = self.chats.get(&chat_id) else {
            return Vec::new();
        };
        chat.messages
            .values()
            .filter(|stored| !stored.deleted)
            .map(|stored| self.see(chat, stored))
            .collect()
    }

    fn see(&self, chat: &Chat, stored: &Stored) -> SeenMessage {
        let message = &stored.message;
        let file_id = message.document.as_ref().map(|document| &document.file_id);
        let file_id = file_id.or_else(|| message.voice.as_ref().map(|voice| &voice.file_id));
        let file_id = file_id.or_else(|| message.audio.as_ref().map(|audio| &audio.file_id));
        let video_note = message.video_note.as_ref();
        let file_id = file_id.or_else(|| video_note.map(|video_note| &video_note.file_id));
        let captioned = message.text.is_none();
        let fallback = || self.bot.user.clone();
        SeenMessage {
            chat_id: chat.id,
            message_id: message.message_id,
            thread_id: message.message_thread_id,
            from: message.from.clone().unwrap_or_else(fallback),
            from_bot: stored.by_bot,
            date: message.date,
            text: message
                .text
                .clone()
                .or_else(|| message.caption.clone())
                .unwrap_or_default(),
            entities: if captioned {
                message.caption_entities.clone()
            } else {
                message.entities.clone()
            },
            buttons: message
                .reply_markup
                .as_ref()
                .map(|k| k.inline_keyboard.clone())
                .unwrap_or_default(),
            force_reply: stored
                .force_reply
                .as_ref()
                .map(|force_reply| SeenForceReply {
                    placeholder: force_reply.placeholder.clone(),
                    asks: force_reply.selective.then(|| asked(chat, stored)),
                }),
            document: message.document.clone(),
            voice: message.voice.clone(),
            audio: message.audio.clone(),
            video_note: message.video_note.clone(),
            reply_to: stored.reply_to,
            forwarded: message.forward_origin.is_some(),
            service: message.service.clone(),
            revision: stored.revision,
            edit_date: message.edit_date,
            silent: stored.silent,
            protected: message.has_protected_content.unwrap_or(false),
            read: stored.read,
            bytes: file_id
                .and_then(|id| self.files.get(id))
                .map(|file| file.bytes.clone()),
        }
    }
}

/// Whom a selective prompt asks: the people it mentions and the author of the message it answers.
fn asked(chat: &Chat, stored: &Stored) -> Vec<i64> {
    let mentioned = stored
        .message
        .entities
        .iter()
        .filter_map(|entity| entity.user.as_ref().map(|user| user.id));
    let answered = stored
        .reply_to
        .and_then(|id| chat.messages.get(&id))
        .map(|replied| replied.author);
    mentioned.chain(answered).collect()
}
