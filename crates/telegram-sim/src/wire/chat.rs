//! `Chat` as the Bot API writes it inside messages and updates.

use serde::{Deserialize, Serialize};

/// What kind of chat it is, in the server's own words.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum ChatType {
    /// One person and the bot.
    Private,
    /// A basic group.
    Group,
    /// A supergroup, with or without topics.
    Supergroup,
}

/// The short form of a chat that every message carries.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct Chat {
    /// Positive for private chats (the person's id), negative for groups.
    pub id: i64,
    /// Kind of chat.
    #[serde(rename = "type")]
    pub kind: ChatType,
    /// Title of a group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Username of the other party in a private chat.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// First name of the other party in a private chat.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    /// Last name of the other party in a private chat.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
    /// Present and true for supergroups with topics.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_forum: Option<bool>,
}
