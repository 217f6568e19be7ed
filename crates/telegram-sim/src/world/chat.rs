//! A chat: its members, topics and messages.

use std::collections::BTreeMap;

use super::Stored;
use crate::wire::ChatType;

/// What somebody is in a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Membership {
    Creator,
    /// An administrator, who may write in the group's name.
    Administrator {
        anonymous: bool,
    },
    Member,
    Left,
    Kicked,
}

impl Membership {
    pub(crate) fn is_inside(self) -> bool {
        !matches!(self, Self::Left | Self::Kicked)
    }

    pub(crate) fn is_admin(self) -> bool {
        matches!(self, Self::Creator | Self::Administrator { .. })
    }

    /// The Bot API's word for it.
    pub(crate) fn status(self) -> &'static str {
        match self {
            Self::Creator => "creator",
            Self::Administrator { .. } => "administrator",
            Self::Member => "member",
            Self::Left => "left",
            Self::Kicked => "kicked",
        }
    }
}

/// A topic of a forum.
#[derive(Debug, Clone)]
pub(crate) struct Topic {
    pub(crate) name: String,
    pub(crate) closed: bool,
}

/// One chat and everything in it.
#[derive(Debug, Clone)]
pub(crate) struct Chat {
    pub(crate) id: i64,
    pub(crate) kind: ChatType,
    pub(crate) title: Option<String>,
    pub(crate) forum: bool,
    /// The people in a group; empty for private chats.
    pub(crate) members: BTreeMap<i64, Membership>,
    /// What the bot is here. In a private chat: `Member` once started, `Kicked` while blocked, `Left` before `/start`.
    pub(crate) bot: Membership,
    pub(crate) messages: BTreeMap<i64, Stored>,
    pub(crate) next_message: i64,
    pub(crate) topics: BTreeMap<i64, Topic>,
    pub(crate) pinned: Vec<i64>,
    pub(crate) migrated_to: Option<i64>,
    /// What the bot shows that it is doing, and until when (Unix ms).
    pub(crate) action: Option<(String, i64)>,
    /// A random number per chat that presses carry.
    pub(crate) instance: String,
}

impl Chat {
    pub(crate) fn private(person: i64) -> Self {
        Self::new(person, ChatType::Private, None)
    }

    pub(crate) fn new(id: i64, kind: ChatType, title: Option<String>) -> Self {
        Self {
            id,
            kind,
            title,
            forum: false,
            members: BTreeMap::new(),
            bot: Membership::Left,
            messages: BTreeMap::new(),
            next_message: 1,
            topics: BTreeMap::new(),
            pinned: Vec::new(),
            migrated_to: None,
            action: None,
            instance: rand::random::<i64>().to_string(),
        }
    }

    /// Whether the chat is a group of either kind.
    pub(crate) fn is_group(&self) -> bool {
        self.kind != ChatType::Private
    }

    /// What a person is here.
    pub(crate) fn membership(&self, person: i64) -> Membership {
        self.members
            .get(&person)
            .copied()
            .unwrap_or(Membership::Left)
    }

    /// The next message id.
    pub(crate) fn take_id(&mut self) -> i64 {
        let id = self.next_message;
        self.next_message += 1;
        id
    }
}
