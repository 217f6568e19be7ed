//! What people do in chats: write, reply, speak, edit, forward, delete, block.

use bytes::Bytes;

use super::message::Draft;
use super::{Chat, Content, Membership, World};
use crate::error::SimError;
use crate::text::{self, Formatted};
use crate::wire::{
    Audio, ChatType, Document, ForwardOrigin, MessageEntity, VideoNote, Voice, group_anonymous_bot,
};

/// Where and as what a person posts.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Place {
    pub(crate) reply_to: Option<i64>,
    pub(crate) thread: Option<i64>,
}

/// As what somebody sends sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SoundKind {
    Voice,
    Audio,
    VideoNote,
}

/// A voice note or file that a person sends.
#[derive(Debug, Clone)]
pub(crate) struct Attachment {
    pub(crate) bytes: Bytes,
    pub(crate) mime_type: String,
    pub(crate) file_name: Option<String>,
    /// Size that the sender claims, when it is not the real one.
    pub(crate) declared_size: Option<u64>,
}

impl World {
    /// The chat, if the person can see it.
    pub(crate) fn visible_chat(&self, person: i64, chat_id: i64) -> Result<&Chat, SimError> {
        let chat = self.chat(chat_id)?;
        let inside = if chat.is_group() {
            chat.membership(person).is_inside()
        } else {
            chat.id == person
        };
        if inside {
            Ok(chat)
        } else {
            Err(SimError::NotAMember {
                person,
                chat: chat_id,
            })
        }
    }

    /// Types a text.
    pub(crate) fn say(
        &mut self,
        person: i64,
        chat: i64,
        text: &str,
        place: Place,
    ) -> Result<i64, SimError> {
        let mut formatted = text::typed(text).ok_or(SimError::EmptyText)?;
        if let Some(kind) = self.faults.take_future_entity() {
            let length = formatted.text.encode_utf16().count();
            formatted
                .entities
                .push(MessageEntity::plain(&kind, 0, length));
        }
        self.write(person, chat, Content::Text(formatted), place, None)
    }

    /// Sends a voice note, an audio file or a round video.
    pub(crate) fn speak(
        &mut self,
        person: i64,
        chat: i64,
        kind: SoundKind,
        (sound, duration): (Attachment, u32),
        place: Place,
    ) -> Result<i64, SimError> {
        self.visible_chat(person, chat)?;
        let folder = match kind {
            SoundKind::Voice => "voice",
            SoundKind::Audio => "music",
            SoundKind::VideoNote => "video_notes",
        };
        let mime = Some(sound.mime_type);
        let (bytes, declared) = (sound.bytes, sound.declared_size);
        let (file_id, file) = self.files.add(folder, bytes, None, mime, declared);
        let (file_unique_id, mime_type) = (file.unique_id, file.mime_type);
        let file_size = Some(file.size);
        let caption = Formatted::default();
        let content = match kind {
            SoundKind::Voice => Content::Voice(
                Voice {
                    file_id,
                    file_unique_id,
                    duration,
                    mime_type,
                    file_size,
                },
                caption,
            ),
            SoundKind::Audio => Content::Audio(
                Audio {
                    file_id,
                    file_unique_id,
                    duration,
                    mime_type,
                    file_size,
                },
                caption,
            ),
            SoundKind::VideoNote => Content::VideoNote(VideoNote {
                file_id,
                file_unique_id,
                length: 384,
                duration,
                file_size,
            }),
        };
        self.write(person, chat, content, place, None)
    }

    /// Sends a file.
    pub(crate) fn send_file(
        &mut self,
        person: i64,
        chat: i64,
        attachment: Attachment,
        place: Place,
    ) -> Result<i64, SimError> {
        self.visible_chat(person, chat)?;
        let (file_id, file) = self.files.add(
            "documents",
            attachment.bytes,
            attachment.file_name,
            Some(attachment.mime_type),
            attachment.declared_size,
        );
        let document = Document {
            file_id,
            file_unique_id: file.unique_id,
            file_name: file.file_name,
            mime_type: file.mime_type,
            file_size: Some(file.size),
        };
        self.write(
            person,
            chat,
            Content::Document(document, Formatted::default()),
            place,
            None,
        )
    }

    /// Forwards a message into another chat. Buttons that send data stay behind, as in Telegram.
    pub(crate) fn forward(
        &mut self,
        person: i64,
        from: i64,
        message: i64,
        to: i64,
    ) -> Result<i64, SimError> {
        let source = self.visible_chat(person, from)?;
        let missing = SimError::NoSuchMessage {
            chat: from,
            message,
        };
        let stored = source
            .messages
            .get(&message)
            .filter(|stored| !stored.deleted)
            .ok_or(missing)?;
        let sender = self
            .user(stored.author)
            .ok_or(SimError::NoSuchPerson(stored.author))?;
        let origin = ForwardOrigin::User {
            date: stored.message.date,
            sender_user: sender,
        };
        let content = stored.content();
        self.write(person, to, content, Place::default(), Some(origin))
    }

    fn write(
        &mut self,
        person: i64,
        chat_id: i64,
        content: Content,
        place: Place,
        forward: Option<ForwardOrigin>,
    ) -> Result<i64, SimError> {
        let chat = self.visible_chat(person, chat_id)?;
        if chat.kind == ChatType::Private && chat.bot == Membership::Kicked {
            return Err(SimError::BotIsBlocked(person));
        }
        let replied = match place.reply_to {
            None => None,
            Some(message) => Some(
                chat.messages
                    .get(&message)
                    .filter(|stored| !stored.deleted)
                    .ok_or(SimError::NoSuchMessage {
                        chat: chat_id,
                        message,
                    })?,
            ),
        };
        let thread = place
            .thread
            .or_else(|| replied.and_then(|stored| stored.message.message_thread_id));
        let anonymous = chat.membership(person) == Membership::Administrator { anonymous: true };
        let sender_chat = anonymous.then(|| self.wire_chat(chat));
        let from = if anonymous {
            group_anonymous_bot()
        } else {
            self.person(person)?.user()
        };
        let draft = Draft {
            author: person,
            from,
            sender_chat,
            content,
            reply_to: place.reply_to,
            thread,
            forward,
            keyboard: None,
            force_reply: None,
            protect: false,
            silent: false,
        };
        let id = self.store(chat_id, draft);
        let chat = self.chat_mut(chat_id)?;
        if chat.kind == ChatType::Private {
            chat.bot = Membership::Member;
        }
        self.tell_bot("message", chat_id, id);
        Ok(id)
    }

    /// Queues a message for the bot if the bot may see it.
    pub(crate) fn tell_bot(&mut self, kind: &str, chat_id: i64, message: i64) {
        if self.bot_sees(chat_id, message) {
            let payload = self.shown_json(chat_id, message);
            self.queue(kind, &payload, chat_id);
        }
    }

    /// Privacy mode: in groups a bot that is not an administrator gets commands, replies to itself and service
    /// messages, and nothing else.
    fn bot_sees(&self, chat_id: i64, message: i64) -> bool {
        let Some(chat) = self.chats.get(&chat_id) else {
            return false;
        };
        let Some(stored) = chat.messages.get(&message) else {
            return false;
        };
        if !chat.bot.is_inside() {
            return false;
        }
        if !chat.is_group() || !self.bot.privacy_mode || chat.bot.is_admin() || stored.is_service()
        {
            return true;
        }
        let replies_to_bot = stored
            .reply_to
            .and_then(|replied| chat.messages.get(&replied))
            .is_some_and(|replied| replied.by_bot);
        replies_to_bot
            || self.is_command_for_bot(stored.message.text.as_deref().unwrap_or_default())
    }

    fn is_command_for_bot(&self, text: &str) -> bool {
        let first = text.split_whitespace().next().unwrap_or_default();
        let Some(command) = first
            .strip_prefix('/')
            .filter(|command| !command.is_empty())
        else {
            return false;
        };
        match command.split_once('@') {
            None => true,
            Some((_, target)) => self
                .bot
                .user
                .username
                .as_deref()
                .is_some_and(|name| name.eq_ignore_ascii_case(target)),
        }
    }

    /// Changes a text that the person wrote.
    pub(crate) fn edit_own(
        &mut self,
        person: i64,
        chat: i64,
        message: i64,
        text: &str,
    ) -> Result<(), SimError> {
        let formatted = text::typed(text).ok_or(SimError::EmptyText)?;
        let now = self.now();
        self.visible_chat(person, chat)?;
        let stored = self
            .chat_mut(chat)?
            .messages
            .get_mut(&message)
            .filter(|stored| !stored.deleted);
        let stored = stored.ok_or(SimError::NoSuchMessage { chat, message })?;
        if stored.author != person {
            return Err(SimError::NotTheAuthor { person, message });
        }
        stored.set_content(Content::Text(formatted));
        stored.message.edit_date = Some(now);
        stored.revision += 1;
        self.tell_bot("edited_message", chat, message);
        Ok(())
    }

    /// Deletes a message for everybody. The bot is not told; Telegram does not.
    pub(crate) fn delete(&mut self, chat: i64, message: i64) -> Result<(), SimError> {
        let stored = self
            .chat_mut(chat)?
            .messages
            .get_mut(&message)
            .filter(|stored| !stored.deleted);
        let stored = stored.ok_or(SimError::NoSuchMessage { chat, message })?;
        stored.deleted = true;
        stored.read = true;
        stored.revision += 1;
        Ok(())
    }

    /// Makes a message too old for the bot to see, while people still see it and its buttons.
    pub(crate) fn make_inaccessible(&mut self, chat: i64, message: i64) -> Result<(), SimError> {
        let stored = self.chat_mut(chat)?.messages.get_mut(&message);
        stored
            .ok_or(SimError::NoSuchMessage { chat, message })?
            .accessible = false;
        Ok(())
    }
}
