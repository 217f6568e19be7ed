//! Messages as they are kept, and how they are shown to the bot.

use serde_json::Value;

use super::{Chat, World};
use crate::text::Formatted;
use crate::wire::{
    self, Audio, Document, ForceReply, ForwardOrigin, InlineKeyboard, User, VideoNote, Voice,
};

/// What a message is made of.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Content {
    Text(Formatted),
    Document(Document, Formatted),
    Voice(Voice, Formatted),
    Audio(Audio, Formatted),
    VideoNote(VideoNote),
    /// The service part, merged into the message (`{"pinned_message": …}`).
    Service(Value),
}

/// One kept message.
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent facts, named at every use"
)]
#[derive(Debug, Clone)]
pub(crate) struct Stored {
    /// The message without `reply_to_message`, which is looked up when it is shown.
    pub(crate) message: wire::Message,
    pub(crate) reply_to: Option<i64>,
    pub(crate) force_reply: Option<ForceReply>,
    /// The person behind it; for anonymous administrators that is not `message.from`.
    pub(crate) author: i64,
    pub(crate) by_bot: bool,
    pub(crate) silent: bool,
    /// Whether the test has looked at it.
    pub(crate) read: bool,
    /// Number of edits.
    pub(crate) revision: u64,
    /// False when the bot can no longer see it: a press then carries an `InaccessibleMessage`.
    pub(crate) accessible: bool,
    /// True after deletion; kept so that somebody with an old client can still press its buttons.
    pub(crate) deleted: bool,
}

impl Stored {
    /// Whether it is a service message ("Ann pinned …").
    pub(crate) fn is_service(&self) -> bool {
        self.message.service.is_some()
    }

    /// What the message holds, for comparison and editing.
    pub(crate) fn content(&self) -> Content {
        let caption = || Formatted {
            text: self.message.caption.clone().unwrap_or_default(),
            entities: self.message.caption_entities.clone(),
        };
        if let Some(service) = &self.message.service {
            Content::Service(service.clone())
        } else if let Some(document) = &self.message.document {
            Content::Document(document.clone(), caption())
        } else if let Some(voice) = &self.message.voice {
            Content::Voice(voice.clone(), caption())
        } else if let Some(audio) = &self.message.audio {
            Content::Audio(audio.clone(), caption())
        } else if let Some(video_note) = &self.message.video_note {
            Content::VideoNote(video_note.clone())
        } else {
            Content::Text(Formatted {
                text: self.message.text.clone().unwrap_or_default(),
                entities: self.message.entities.clone(),
            })
        }
    }

    /// Replaces what the message holds.
    pub(crate) fn set_content(&mut self, content: Content) {
        let message = &mut self.message;
        (
            message.text,
            message.caption,
            message.document,
            message.voice,
            message.service,
        ) = (None, None, None, None, None);
        (message.audio, message.video_note) = (None, None);
        message.entities.clear();
        message.caption_entities.clear();
        let mut caption = |formatted: Formatted| {
            message.caption = (!formatted.text.is_empty()).then_some(formatted.text);
            message.caption_entities = formatted.entities;
        };
        match content {
            Content::Text(formatted) => {
                message.text = Some(formatted.text);
                message.entities = formatted.entities;
            }
            Content::Document(document, formatted) => {
                caption(formatted);
                message.document = Some(document);
            }
            Content::Voice(voice, formatted) => {
                caption(formatted);
                message.voice = Some(voice);
            }
            Content::Audio(audio, formatted) => {
                caption(formatted);
                message.audio = Some(audio);
            }
            Content::VideoNote(video_note) => message.video_note = Some(video_note),
            Content::Service(service) => message.service = Some(service),
        }
    }
}

/// Everything needed to put a message into a chat.
pub(crate) struct Draft {
    pub(crate) author: i64,
    pub(crate) from: User,
    pub(crate) sender_chat: Option<wire::Chat>,
    pub(crate) content: Content,
    pub(crate) reply_to: Option<i64>,
    pub(crate) thread: Option<i64>,
    pub(crate) forward: Option<ForwardOrigin>,
    pub(crate) keyboard: Option<InlineKeyboard>,
    pub(crate) force_reply: Option<ForceReply>,
    pub(crate) protect: bool,
    pub(crate) silent: bool,
}

impl Chat {
    /// The message as the Bot API returns it, with one level of `reply_to_message`.
    pub(crate) fn shown(&self, id: i64) -> Option<wire::Message> {
        let stored = self.messages.get(&id)?;
        let mut message = stored.message.clone();
        message.reply_to_message = stored
            .reply_to
            .and_then(|replied| self.messages.get(&replied))
            .filter(|replied| !replied.deleted)
            .map(|replied| Box::new(replied.message.clone()));
        Some(message)
    }
}

impl World {
    /// Puts a message into a chat and returns its id.
    pub(crate) fn store(&mut self, chat_id: i64, draft: Draft) -> i64 {
        let date = self.now();
        let bot = self.bot.user.id;
        let Some(chat) = self.chats.get(&chat_id) else {
            return 0;
        };
        let wire_chat = self.wire_chat(chat);
        let Some(chat) = self.chats.get_mut(&chat_id) else {
            return 0;
        };
        let id = chat.take_id();
        let mut stored = Stored {
            message: wire::Message {
                message_id: id,
                message_thread_id: draft.thread,
                from: Some(draft.from),
                sender_chat: draft.sender_chat,
                date,
                chat: wire_chat,
                forward_origin: draft.forward,
                is_topic_message: draft.thread.map(|_| true),
                reply_to_message: None,
                edit_date: None,
                has_protected_content: draft.protect.then_some(true),
                text: None,
                entities: Vec::new(),
                document: None,
                voice: None,
                audio: None,
                video_note: None,
                caption: None,
                caption_entities: Vec::new(),
                service: None,
                reply_markup: draft.keyboard,
            },
            reply_to: draft.reply_to,
            force_reply: draft.force_reply,
            author: draft.author,
            by_bot: draft.author == bot,
            silent: draft.silent,
            read: false,
            revision: 0,
            accessible: true,
            deleted: false,
        };
        stored.set_content(draft.content);
        chat.messages.insert(id, stored);
        id
    }

    /// [`Chat::shown`] as JSON; `null` for a message that does not exist.
    pub(crate) fn shown_json(&self, chat_id: i64, id: i64) -> Value {
        let message = self.chats.get(&chat_id).and_then(|chat| chat.shown(id));
        message
            .and_then(|message| serde_json::to_value(message).ok())
            .unwrap_or(Value::Null)
    }
}
