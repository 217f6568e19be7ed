//! What happens when the bot posts a message: replies, topics, protection, visibility.

use serde_json::Value;

use super::message::Draft;
use super::{Access, Content, World};
use crate::api::ApiError;
use crate::wire::Markup;

/// A message that the bot wants to post, already parsed.
pub(crate) struct Outgoing {
    pub(crate) chat_id: String,
    pub(crate) content: Content,
    pub(crate) thread: Option<i64>,
    pub(crate) reply: Option<ReplyWish>,
    pub(crate) markup: Option<Markup>,
    pub(crate) protect: bool,
    pub(crate) silent: bool,
}

/// `reply_parameters`, reduced to what matters within one chat.
pub(crate) struct ReplyWish {
    pub(crate) message_id: i64,
    pub(crate) or_without: bool,
}

impl World {
    /// Posts a message of the bot and returns it as the API does.
    pub(crate) fn post(&mut self, outgoing: Outgoing) -> Result<Value, ApiError> {
        let chat = self.reach(&outgoing.chat_id, Access::Write)?;
        let chat_id = chat.id;
        let reply_to = match &outgoing.reply {
            None => None,
            Some(wish) => match chat
                .messages
                .get(&wish.message_id)
                .filter(|message| !message.deleted)
            {
                Some(_) => Some(wish.message_id),
                None if wish.or_without => None,
                None => return Err(ApiError::bad_request("message to be replied not found")),
            },
        };
        if let Some(thread) = outgoing.thread {
            match chat.topics.get(&thread) {
                Some(topic) if topic.closed && !chat.bot.is_admin() => {
                    return Err(ApiError::bad_request("TOPIC_CLOSED"));
                }
                Some(_) => {}
                None => return Err(ApiError::bad_request("message thread not found")),
            }
        }
        let (keyboard, force_reply) = match outgoing.markup {
            Some(Markup::Inline(keyboard)) => (Some(keyboard), None),
            Some(Markup::ForceReply(force_reply)) => (None, Some(force_reply)),
            Some(Markup::Other) | None => (None, None),
        };
        let from = self.bot.user.clone();
        let id = self.store(
            chat_id,
            Draft {
                author: from.id,
                from,
                sender_chat: None,
                content: outgoing.content,
                reply_to,
                thread: outgoing.thread,
                forward: None,
                keyboard,
                force_reply,
                protect: outgoing.protect,
                silent: outgoing.silent,
            },
        );
        if let Ok(chat) = self.chat_mut(chat_id) {
            chat.action = None;
        }
        Ok(self.shown_json(chat_id, id))
    }
}
