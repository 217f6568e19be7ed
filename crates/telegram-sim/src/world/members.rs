//! What the bot and others are in a chat, and how the bot learns that it changed.

use serde_json::{Value, json};

use super::{Chat, Membership, Person, World};
use crate::error::SimError;

impl World {
    /// Blocks or unblocks the bot in the private chat.
    pub(crate) fn set_blocked(&mut self, person: i64, blocked: bool) -> Result<(), SimError> {
        let to = if blocked {
            Membership::Kicked
        } else {
            Membership::Member
        };
        self.person(person)?;
        if self.chat(person)?.bot != to {
            self.bot_becomes(person, person, to)?;
        }
        Ok(())
    }

    /// Changes what the bot is in a chat and queues `my_chat_member`.
    pub(crate) fn bot_becomes(
        &mut self,
        chat_id: i64,
        by: i64,
        new: Membership,
    ) -> Result<(), SimError> {
        let from = self.person(by).map(Person::user)?;
        let chat = self.chat(chat_id)?;
        let payload = json!({
            "chat": self.wire_chat(chat),
            "from": from,
            "date": self.now(),
            "old_chat_member": chat.member_json(chat.bot, &self.bot.user),
            "new_chat_member": chat.member_json(new, &self.bot.user),
        });
        self.chat_mut(chat_id)?.bot = new;
        self.queue("my_chat_member", &payload, chat_id);
        Ok(())
    }
}

impl Chat {
    /// A `ChatMember` object.
    pub(crate) fn member_json(&self, membership: Membership, user: &crate::wire::User) -> Value {
        let mut member = json!({ "user": user, "status": membership.status() });
        match membership {
            Membership::Creator => member["is_anonymous"] = json!(false),
            Membership::Kicked => member["until_date"] = json!(0),
            Membership::Administrator { anonymous } => {
                member["is_anonymous"] = json!(anonymous);
                member["can_be_edited"] = json!(false);
                for right in [
                    "can_manage_chat",
                    "can_delete_messages",
                    "can_manage_video_chats",
                    "can_restrict_members",
                    "can_promote_members",
                    "can_change_info",
                    "can_invite_users",
                    "can_post_stories",
                    "can_edit_stories",
                    "can_delete_stories",
                    "can_pin_messages",
                ] {
                    member[right] = json!(true);
                }
                if self.forum {
                    member["can_manage_topics"] = json!(true);
                }
            }
            Membership::Member | Membership::Left => {}
        }
        member
    }
}
