//! `Message` and what it may contain.

use serde::Serialize;
use serde_json::Value;

use super::{Chat, InlineKeyboard, MessageEntity, User};

/// A file that travels in a message.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct Document {
    /// Identifier for `getFile` and for sending the file again.
    pub file_id: String,
    /// Identifier that is equal for the same file.
    pub file_unique_id: String,
    /// Name as the sender gave it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file_name: Option<String>,
    /// Media type as the sender gave it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mime_type: Option<String>,
    /// Size in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file_size: Option<u64>,
}

/// A voice note.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct Voice {
    /// Identifier for `getFile`.
    pub file_id: String,
    /// Identifier that is equal for the same file.
    pub file_unique_id: String,
    /// Seconds, as the sender declares them.
    pub duration: u32,
    /// Media type, as the sender declares it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mime_type: Option<String>,
    /// Size in bytes, as the sender declares it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file_size: Option<u64>,
}

/// An audio file, which apps play as music.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct Audio {
    /// Identifier for `getFile`.
    pub file_id: String,
    /// Identifier that is equal for the same file.
    pub file_unique_id: String,
    /// Seconds, as the sender declares them.
    pub duration: u32,
    /// Media type, as the sender declares it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mime_type: Option<String>,
    /// Size in bytes, as the sender declares it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file_size: Option<u64>,
}

/// A round video. It declares no media type.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct VideoNote {
    /// Identifier for `getFile`.
    pub file_id: String,
    /// Identifier that is equal for the same file.
    pub file_unique_id: String,
    /// Its diameter.
    pub length: u32,
    /// Seconds, as the sender declares them.
    pub duration: u32,
    /// Size in bytes, as the sender declares it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file_size: Option<u64>,
}

/// Where a forwarded message came from.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ForwardOrigin {
    /// Written by a user whose account may be shown.
    User {
        /// Unix time of the original.
        date: i64,
        /// Author of the original.
        sender_user: User,
    },
}

/// A message in the form in which the Bot API returns it.
#[derive(Debug, Clone, Serialize, PartialEq)]
pub struct Message {
    /// Identifier within the chat.
    pub message_id: i64,
    /// Topic, for messages in forum topics.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message_thread_id: Option<i64>,
    /// Author; a fake user for anonymous administrators.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<User>,
    /// The chat in whose name an anonymous administrator writes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sender_chat: Option<Chat>,
    /// Unix time of sending.
    pub date: i64,
    /// The chat.
    pub chat: Chat,
    /// Set on forwarded messages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forward_origin: Option<ForwardOrigin>,
    /// True for messages in a forum topic.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_topic_message: Option<bool>,
    /// The message that this one answers, without its own reply.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reply_to_message: Option<Box<Message>>,
    /// Unix time of the last edit of the content.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub edit_date: Option<i64>,
    /// True when forwarding and saving are forbidden.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub has_protected_content: Option<bool>,
    /// Text without markup.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Entities of `text`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub entities: Vec<MessageEntity>,
    /// Attached file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document: Option<Document>,
    /// Voice note.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub voice: Option<Voice>,
    /// Audio file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audio: Option<Audio>,
    /// Round video.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub video_note: Option<VideoNote>,
    /// Caption of a file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub caption: Option<String>,
    /// Entities of `caption`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub caption_entities: Vec<MessageEntity>,
    /// The content of a service message, merged into the message.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub service: Option<Value>,
    /// Buttons.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reply_markup: Option<InlineKeyboard>,
}
