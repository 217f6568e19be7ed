//! A person with a phone, as tests move it: `ann.taps(&card, "Deny")`.

use std::panic::Location;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::waits::{Tap, fail};
use super::{SeenMessage, VoiceNote};
use crate::error::Error;
use crate::shared::Shared;
use crate::world::{Attachment, Place, SoundKind, World};

/// A handle on one person. Clones are the same person.
#[derive(Debug, Clone)]
pub struct Person {
    pub(crate) shared: Arc<Shared>,
    pub(crate) timeout: Duration,
    pub(crate) id: i64,
}

impl From<&Person> for i64 {
    /// The id of the person, which is also the id of the private chat with the bot.
    fn from(person: &Person) -> Self {
        person.id
    }
}

impl Person {
    /// The numeric id; also the id of the private chat with the bot.
    pub fn id(&self) -> i64 {
        self.id
    }

    #[track_caller]
    fn must<R>(&self, act: impl FnOnce(&mut World) -> Result<R, Error>) -> R {
        let caller = Location::caller();
        self.shared
            .change(act)
            .unwrap_or_else(|error| fail(caller, &error))
    }

    #[track_caller]
    fn seen(&self, chat: i64, message: i64) -> SeenMessage {
        self.must(|world| {
            world
                .seen(chat, message)
                .ok_or(Error::NoSuchMessage { chat, message })
        })
    }

    /// Opens the bot and presses Start.
    ///
    /// # Panics
    /// When the person has blocked the bot.
    #[track_caller]
    pub fn starts(&self) -> SeenMessage {
        self.says(self, "/start")
    }

    /// Follows a deep link `t.me/<bot>?start=<payload>` and presses Start.
    ///
    /// # Panics
    /// When the link is not one to this bot, or the person has blocked the bot.
    #[track_caller]
    pub fn follows(&self, link: &str) -> SeenMessage {
        let payload = self.must(|world| super::links::start_payload(world, link));
        self.says(self, &format!("/start {payload}"))
    }

    /// Types a message into a chat. In private chats the first one also starts the bot.
    ///
    /// # Panics
    /// When the person is not in the chat, has blocked the bot, or the text is empty.
    #[track_caller]
    pub fn says(&self, chat: impl Into<i64>, text: &str) -> SeenMessage {
        let chat = chat.into();
        let id = self.must(|world| world.say(self.id, chat, text, Place::default()));
        self.seen(chat, id)
    }

    /// Types a message into a topic.
    ///
    /// # Panics
    /// As [`Self::says`].
    #[track_caller]
    pub fn says_in_topic(&self, chat: impl Into<i64>, thread: i64, text: &str) -> SeenMessage {
        let chat = chat.into();
        let place = Place {
            thread: Some(thread),
            ..Place::default()
        };
        let id = self.must(|world| world.say(self.id, chat, text, place));
        self.seen(chat, id)
    }

    /// Replies to a message.
    ///
    /// # Panics
    /// When the message is gone, or as [`Self::says`].
    #[track_caller]
    pub fn replies(&self, to: &SeenMessage, text: &str) -> SeenMessage {
        let place = Place {
            reply_to: Some(to.message_id),
            thread: None,
        };
        let id = self.must(|world| world.say(self.id, to.chat_id, text, place));
        self.seen(to.chat_id, id)
    }

    /// Sends a voice note, as a reply or not.
    ///
    /// # Panics
    /// As [`Self::replies`].
    #[track_caller]
    pub fn sends_voice(
        &self,
        chat: impl Into<i64>,
        voice: VoiceNote,
        reply_to: Option<&SeenMessage>,
    ) -> SeenMessage {
        self.speaks(chat.into(), SoundKind::Voice, voice, reply_to)
    }

    /// Sends the same as an audio file, which apps play as music.
    ///
    /// # Panics
    /// As [`Self::replies`].
    #[track_caller]
    pub fn sends_audio(
        &self,
        chat: impl Into<i64>,
        audio: VoiceNote,
        reply_to: Option<&SeenMessage>,
    ) -> SeenMessage {
        self.speaks(chat.into(), SoundKind::Audio, audio, reply_to)
    }

    /// Sends the same as a round video.
    ///
    /// # Panics
    /// As [`Self::replies`].
    #[track_caller]
    pub fn sends_video_note(
        &self,
        chat: impl Into<i64>,
        video: VoiceNote,
        reply_to: Option<&SeenMessage>,
    ) -> SeenMessage {
        self.speaks(chat.into(), SoundKind::VideoNote, video, reply_to)
    }

    #[track_caller]
    fn speaks(
        &self,
        chat: i64,
        kind: SoundKind,
        sound: VoiceNote,
        reply_to: Option<&SeenMessage>,
    ) -> SeenMessage {
        let place = Place {
            reply_to: reply_to.map(|message| message.message_id),
            thread: None,
        };
        let attachment = Attachment {
            bytes: sound.bytes,
            mime_type: sound.mime_type,
            file_name: None,
            declared_size: sound.declared_size,
        };
        let sound = (attachment, sound.seconds);
        let id = self.must(|world| world.speak(self.id, chat, kind, sound, place));
        self.seen(chat, id)
    }

    /// Sends a file.
    ///
    /// # Panics
    /// As [`Self::says`].
    #[track_caller]
    pub fn sends_file(
        &self,
        chat: impl Into<i64>,
        name: &str,
        mime_type: &str,
        bytes: impl Into<Bytes>,
    ) -> SeenMessage {
        let chat = chat.into();
        let attachment = Attachment {
            bytes: bytes.into(),
            mime_type: mime_type.to_owned(),
            file_name: Some(name.to_owned()),
            declared_size: None,
        };
        let id = self.must(|world| world.send_file(self.id, chat, attachment, Place::default()));
        self.seen(chat, id)
    }

    /// Taps the button with this label: the exact label, or the only one that begins with it when leading symbols
    /// are ignored (`Deny` finds `❌ Deny`). The label is looked up on the message as it is **now**.
    ///
    /// # Panics
    /// When no single button matches; the panic lists the buttons.
    #[track_caller]
    pub fn taps(&self, message: &SeenMessage, label: &str) -> Tap {
        let (chat, id) = (message.chat_id, message.message_id);
        let query = self.must(|world| {
            world
                .tap(self.id, chat, id, label)
                .map_err(|error| match error {
                    Error::NoSuchButton { .. } => {
                        Error::TimedOut(format!("{error}; {}", world.report(chat)))
                    }
                    other => other,
                })
        });
        self.tap(query, chat)
    }

    /// [`Self::taps`] without the panic.
    pub fn try_taps(&self, message: &SeenMessage, label: &str) -> Result<Tap, Error> {
        let chat = message.chat_id;
        let query = self
            .shared
            .change(|world| world.tap(self.id, chat, message.message_id, label))?;
        Ok(self.tap(query, chat))
    }

    /// Sends any data as a press on any message, as a modified client can: the message need not have such a button,
    /// nor exist, and the person need not be in the chat.
    ///
    /// # Panics
    /// When there is no such chat.
    #[track_caller]
    pub fn taps_data(&self, chat: impl Into<i64>, message_id: i64, data: &str) -> Tap {
        let chat = chat.into();
        let query = self.must(|world| world.press(self.id, chat, message_id, data));
        self.tap(query, chat)
    }

    fn tap(&self, id: String, chat: i64) -> Tap {
        Tap {
            sim: Arc::clone(&self.shared),
            timeout: self.timeout,
            id,
            chat,
        }
    }

    /// Changes the text of an own message.
    ///
    /// # Panics
    /// When the message is gone or by somebody else.
    #[track_caller]
    pub fn edits(&self, message: &SeenMessage, text: &str) -> SeenMessage {
        self.must(|world| world.edit_own(self.id, message.chat_id, message.message_id, text));
        self.seen(message.chat_id, message.message_id)
    }

    /// Deletes a message for everybody.
    ///
    /// # Panics
    /// When the message is gone already.
    #[track_caller]
    pub fn deletes(&self, message: &SeenMessage) {
        self.must(|world| world.delete(message.chat_id, message.message_id));
    }

    /// Forwards a message into another chat.
    ///
    /// # Panics
    /// When the message is gone, or as [`Self::says`].
    #[track_caller]
    pub fn forwards(&self, message: &SeenMessage, to: impl Into<i64>) -> SeenMessage {
        let to = to.into();
        let id = self.must(|world| world.forward(self.id, message.chat_id, message.message_id, to));
        self.seen(to, id)
    }

    /// Blocks the bot.
    ///
    /// # Panics
    /// Never for a person of this simulator.
    #[track_caller]
    pub fn blocks_bot(&self) {
        self.must(|world| world.set_blocked(self.id, true));
    }

    /// Unblocks the bot.
    ///
    /// # Panics
    /// Never for a person of this simulator.
    #[track_caller]
    pub fn unblocks_bot(&self) {
        self.must(|world| world.set_blocked(self.id, false));
    }
}
