//! Whether the bot may do something in a chat, in the server's order and words (`Client::check_chat_access`).

use super::{Chat, Membership, Stored, World};
use crate::api::ApiError;
use crate::wire::ChatType;

/// How much the bot wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Access {
    /// Only look.
    Read,
    /// Change what is there.
    Edit,
    /// Post something new.
    Write,
}

impl World {
    /// Finds the chat that a bot names and checks the bot's rights in it.
    pub(crate) fn reach(&self, chat_id: &str, access: Access) -> Result<&Chat, ApiError> {
        if chat_id.is_empty() {
            return Err(ApiError::bad_request("chat_id is empty"));
        }
        let not_found = || ApiError::bad_request("chat not found");
        let id: i64 = chat_id.trim().parse().map_err(|_| not_found())?;
        let chat = self.chats.get(&id).ok_or_else(not_found)?;
        match chat.kind {
            ChatType::Private => private(chat, access)?,
            ChatType::Group => group(chat, access)?,
            ChatType::Supergroup => match chat.bot {
                Membership::Kicked => {
                    return Err(ApiError::forbidden(
                        "bot was kicked from the supergroup chat",
                    ));
                }
                Membership::Left => {
                    return Err(ApiError::forbidden(
                        "bot is not a member of the supergroup chat",
                    ));
                }
                _ => {}
            },
        }
        Ok(chat)
    }

    /// Finds a message that the bot can still see.
    pub(crate) fn reach_message(
        &self,
        chat_id: &str,
        message_id: Option<i64>,
        access: Access,
        what: &str,
    ) -> Result<(&Chat, &Stored), ApiError> {
        let chat = self.reach(chat_id, access)?;
        let found = message_id
            .and_then(|id| chat.messages.get(&id))
            .filter(|stored| !stored.deleted);
        let stored = found.ok_or_else(|| ApiError::bad_request(format!("{what} not found")))?;
        Ok((chat, stored))
    }
}

fn private(chat: &Chat, access: Access) -> Result<(), ApiError> {
    match chat.bot {
        Membership::Kicked if access >= Access::Edit => {
            Err(ApiError::forbidden("bot was blocked by the user"))
        }
        // Before the first message of the person, the bot can neither see the chat nor write to it.
        Membership::Left if access == Access::Write => Err(ApiError::forbidden(
            "bot can't initiate conversation with a user",
        )),
        Membership::Left => Err(ApiError::bad_request("chat not found")),
        _ => Ok(()),
    }
}

fn group(chat: &Chat, access: Access) -> Result<(), ApiError> {
    if let Some(supergroup) = chat.migrated_to {
        return if access == Access::Write {
            Err(ApiError::migrated(supergroup))
        } else {
            Ok(())
        };
    }
    if access == Access::Read {
        return Ok(());
    }
    match chat.bot {
        Membership::Kicked => Err(ApiError::forbidden("bot was kicked from the group chat")),
        Membership::Left => Err(ApiError::forbidden("bot is not a member of the group chat")),
        _ => Ok(()),
    }
}
