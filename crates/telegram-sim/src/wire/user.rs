//! `User` as the Bot API writes it.

use serde::Serialize;

/// A person or a bot, in the form in which updates and results carry it.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct User {
    /// Numeric identity; the only one that never changes.
    pub id: i64,
    /// True for bots and for the fake author of anonymous messages.
    pub is_bot: bool,
    /// First name; never empty.
    pub first_name: String,
    /// Last name, if the person has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
    /// Username without `@`; optional and reassignable.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// IETF language tag of the person's client.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language_code: Option<String>,
}

/// The fake author under which Telegram shows anonymous group administrators
/// (`UserManager::get_group_anonymous_bot_user_id` in `TDLib`).
pub const GROUP_ANONYMOUS_BOT_ID: i64 = 1_087_968_824;

/// The fake author of messages that an anonymous administrator writes.
pub(crate) fn group_anonymous_bot() -> User {
    User {
        id: GROUP_ANONYMOUS_BOT_ID,
        is_bot: true,
        first_name: "Group".to_owned(),
        last_name: None,
        username: Some("GroupAnonymousBot".to_owned()),
        language_code: None,
    }
}
