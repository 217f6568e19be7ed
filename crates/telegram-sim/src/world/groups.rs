//! Groups: founding, joining, leaving, kicking, topics, migration.

use serde_json::{Value, json};

use super::message::Draft;
use super::{Chat, Content, Membership, Topic, World};
use crate::error::SimError;
use crate::wire::ChatType;

/// What a new group is like.
#[derive(Debug, Clone)]
pub(crate) struct GroupDraft {
    pub(crate) title: String,
    pub(crate) supergroup: bool,
    pub(crate) forum: bool,
    pub(crate) bot: Membership,
    pub(crate) founder: i64,
    pub(crate) members: Vec<i64>,
}

impl World {
    /// Founds a group and puts the bot into it.
    pub(crate) fn found_group(&mut self, draft: GroupDraft) -> Result<i64, SimError> {
        for person in draft.members.iter().chain([&draft.founder]) {
            self.person(*person)?;
        }
        let number = self.take_group_number();
        let supergroup = draft.supergroup || draft.forum;
        let (id, kind) = if supergroup {
            (-1_000_000_000_000 - number, ChatType::Supergroup)
        } else {
            (-number, ChatType::Group)
        };
        let mut chat = Chat::new(id, kind, Some(draft.title));
        chat.forum = draft.forum;
        chat.members.extend(
            draft
                .members
                .iter()
                .map(|person| (*person, Membership::Member)),
        );
        chat.members.insert(draft.founder, Membership::Creator);
        self.chats.insert(id, chat);
        if draft.bot.is_inside() {
            self.add_bot(id, draft.founder, draft.bot)?;
        }
        Ok(id)
    }

    /// Adds the bot to a group; it gets `my_chat_member` and the service message.
    pub(crate) fn add_bot(&mut self, chat: i64, by: i64, role: Membership) -> Result<(), SimError> {
        self.group(chat)?;
        self.bot_becomes(chat, by, role)?;
        let bot = self.bot.user.clone();
        self.service(chat, by, None, json!({ "new_chat_members": [bot] }))?;
        Ok(())
    }

    /// Removes the bot from a group; it gets `my_chat_member` and nothing more.
    pub(crate) fn kick_bot(&mut self, chat: i64, by: i64) -> Result<(), SimError> {
        self.group(chat)?;
        self.bot_becomes(chat, by, Membership::Kicked)
    }

    /// Sets what a person is in a group. Joining and leaving leave a service message.
    pub(crate) fn set_member(
        &mut self,
        chat_id: i64,
        person: i64,
        to: Membership,
    ) -> Result<(), SimError> {
        let user = self.person(person)?.user();
        let chat = self.group(chat_id)?;
        let old = chat.membership(person);
        let payload = json!({
            "chat": self.wire_chat(chat),
            "from": user,
            "date": self.now(),
            "old_chat_member": chat.member_json(old, &user),
            "new_chat_member": chat.member_json(to, &user),
        });
        self.chat_mut(chat_id)?.members.insert(person, to);
        self.queue("chat_member", &payload, chat_id);
        if !old.is_inside() && to.is_inside() {
            self.service(chat_id, person, None, json!({ "new_chat_members": [user] }))?;
        } else if old.is_inside() && !to.is_inside() {
            self.service(chat_id, person, None, json!({ "left_chat_member": user }))?;
        }
        Ok(())
    }

    /// Turns a basic group into a supergroup with a new id. Returns that id.
    pub(crate) fn migrate(&mut self, chat_id: i64) -> Result<i64, SimError> {
        let old = self.group(chat_id)?;
        if old.kind != ChatType::Group || old.migrated_to.is_some() {
            return Err(SimError::WrongKind {
                chat: chat_id,
                expected: "a basic group",
            });
        }
        let (title, members, bot) = (old.title.clone(), old.members.clone(), old.bot);
        let founder = members
            .iter()
            .find(|(_, m)| **m == Membership::Creator)
            .map_or(0, |(id, _)| *id);
        let number = self.take_group_number();
        let new_id = -1_000_000_000_000 - number;
        let mut new = Chat::new(new_id, ChatType::Supergroup, title);
        new.members = members;
        new.bot = bot;
        self.chats.insert(new_id, new);
        self.service(
            chat_id,
            founder,
            None,
            json!({ "migrate_to_chat_id": new_id }),
        )?;
        self.service(
            new_id,
            founder,
            None,
            json!({ "migrate_from_chat_id": chat_id }),
        )?;
        self.chat_mut(chat_id)?.migrated_to = Some(new_id);
        Ok(new_id)
    }

    /// Opens a topic in a forum; its id is that of the service message. `author` may be the bot.
    pub(crate) fn open_topic(
        &mut self,
        chat_id: i64,
        author: i64,
        name: &str,
    ) -> Result<i64, SimError> {
        if !self.group(chat_id)?.forum {
            return Err(SimError::WrongKind {
                chat: chat_id,
                expected: "a forum",
            });
        }
        let id = self.chat(chat_id)?.next_message;
        let created = json!({ "forum_topic_created": { "name": name, "icon_color": 7_322_096 } });
        self.chat_mut(chat_id)?.topics.insert(
            id,
            Topic {
                name: name.to_owned(),
                closed: false,
            },
        );
        self.service(chat_id, author, Some(id), created)
    }

    /// Writes a service message.
    pub(crate) fn service(
        &mut self,
        chat: i64,
        author: i64,
        thread: Option<i64>,
        content: Value,
    ) -> Result<i64, SimError> {
        let from = self.user(author).ok_or(SimError::NoSuchPerson(author))?;
        let id = self.store(
            chat,
            Draft {
                author,
                from,
                sender_chat: None,
                content: Content::Service(content),
                reply_to: None,
                thread,
                forward: None,
                keyboard: None,
                force_reply: None,
                protect: false,
                silent: false,
            },
        );
        self.tell_bot("message", chat, id);
        Ok(id)
    }

    fn group(&self, chat: i64) -> Result<&Chat, SimError> {
        let found = self.chat(chat)?;
        if found.is_group() {
            Ok(found)
        } else {
            Err(SimError::WrongKind {
                chat,
                expected: "a group",
            })
        }
    }
}
