//! `MessageEntity`: a styled or clickable part of a text.

use serde::{Deserialize, Serialize};

use super::User;

/// One entity. Offsets and lengths count UTF-16 code units, as in the Bot API.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct MessageEntity {
    /// Kind of entity (`bold`, `text_link`, …). A string, so that tests can inject kinds that do not exist yet.
    #[serde(rename = "type")]
    pub kind: String,
    /// First UTF-16 code unit.
    pub offset: usize,
    /// Number of UTF-16 code units.
    pub length: usize,
    /// Target of a `text_link`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Person of a `text_mention`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<User>,
    /// Programming language of a `pre`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Identifier of a `custom_emoji`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_emoji_id: Option<String>,
}

impl MessageEntity {
    /// An entity without extra fields.
    pub(crate) fn plain(kind: &str, offset: usize, length: usize) -> Self {
        Self {
            kind: kind.to_owned(),
            offset,
            length,
            url: None,
            user: None,
            language: None,
            custom_emoji_id: None,
        }
    }
}

/// An entity as a bot sends it in `entities` or `caption_entities`.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct InputEntity {
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) offset: usize,
    pub(crate) length: usize,
    pub(crate) url: Option<String>,
    pub(crate) language: Option<String>,
    pub(crate) custom_emoji_id: Option<String>,
}
