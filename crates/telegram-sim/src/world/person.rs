//! A person with a Telegram account.

use crate::wire::User;

/// One account that is not the bot under test.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    pub(crate) id: i64,
    pub(crate) first_name: String,
    pub(crate) last_name: Option<String>,
    pub(crate) username: Option<String>,
    pub(crate) language_code: Option<String>,
    /// True for another bot in the group.
    pub(crate) is_bot: bool,
}

impl Person {
    /// The account as updates show it.
    pub(crate) fn user(&self) -> User {
        User {
            id: self.id,
            is_bot: self.is_bot,
            first_name: self.first_name.clone(),
            last_name: self.last_name.clone(),
            username: self.username.clone(),
            language_code: self.language_code.clone(),
        }
    }
}
