//! The simulated Telegram: people, chats, messages, files, and what waits for the bot.
//!
//! Nothing here speaks HTTP. The bot side (`crate::api`) and the person side (`crate::people`) change this one
//! state under one lock.

mod access;
mod acts;
mod chat;
mod files;
mod groups;
mod members;
mod message;
mod person;
mod presses;
mod send;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde_json::Value;

pub(crate) use access::Access;
pub(crate) use acts::{Attachment, Place, SoundKind};
pub(crate) use chat::{Chat, Membership, Topic};
pub(crate) use files::{Files, MAX_DOWNLOAD, StoredFile};
pub(crate) use groups::GroupDraft;
pub(crate) use message::{Content, Stored};
pub(crate) use person::Person;
pub use presses::Answer;
pub(crate) use presses::Press;
pub(crate) use send::{Outgoing, ReplyWish};

use crate::calls::Call;
use crate::clock::SimClock;
use crate::error::SimError;
use crate::faults::Faults;
use crate::limits::Limiter;
use crate::options::SimOptions;
use crate::updates::{PollState, UpdateQueue};
use crate::wire::{self, ChatType, User};

/// The bot's own account.
#[derive(Debug, Clone)]
pub(crate) struct Bot {
    pub(crate) user: User,
    pub(crate) token: String,
    pub(crate) privacy_mode: bool,
}

/// The scope and language for which commands were set.
pub(crate) type CommandKey = (String, String);

/// The whole state.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) clock: SimClock,
    pub(crate) options: SimOptions,
    pub(crate) bot: Bot,
    pub(crate) persons: BTreeMap<i64, Person>,
    pub(crate) chats: BTreeMap<i64, Chat>,
    pub(crate) updates: UpdateQueue,
    pub(crate) poll: PollState,
    pub(crate) files: Files,
    pub(crate) presses: BTreeMap<String, Press>,
    pub(crate) commands: BTreeMap<CommandKey, Value>,
    pub(crate) calls: VecDeque<Call>,
    pub(crate) faults: Faults,
    pub(crate) limiter: Limiter,
    next_person: i64,
    next_group: i64,
}

impl World {
    pub(crate) fn new(options: SimOptions, clock: SimClock) -> Self {
        let id = options
            .bot_token
            .split(':')
            .next()
            .and_then(|id| id.parse().ok())
            .unwrap_or(7_000_000_001);
        let bot = Bot {
            user: User {
                id,
                is_bot: true,
                first_name: options.bot_name.clone(),
                last_name: None,
                username: Some(options.bot_username.clone()),
                language_code: None,
            },
            token: options.bot_token.clone(),
            privacy_mode: options.privacy_mode,
        };
        Self {
            clock,
            bot,
            persons: BTreeMap::new(),
            chats: BTreeMap::new(),
            updates: UpdateQueue::new(),
            poll: PollState::default(),
            files: Files::default(),
            presses: BTreeMap::new(),
            commands: BTreeMap::new(),
            calls: VecDeque::new(),
            faults: Faults::default(),
            limiter: Limiter::default(),
            next_person: 501,
            next_group: 1001,
            options,
        }
    }

    /// Seconds since 1970 on the simulator's clock.
    pub(crate) fn now(&self) -> i64 {
        self.clock.unix()
    }

    /// Queues an update for the bot.
    pub(crate) fn queue(&mut self, kind: &str, payload: &Value, lane: i64) {
        let now = self.clock.unix_ms();
        self.updates.push(kind, payload, lane, now);
    }

    /// The person with this id.
    pub(crate) fn person(&self, id: i64) -> Result<&Person, SimError> {
        self.persons.get(&id).ok_or(SimError::NoSuchPerson(id))
    }

    /// The chat with this id.
    pub(crate) fn chat(&self, id: i64) -> Result<&Chat, SimError> {
        self.chats.get(&id).ok_or(SimError::NoSuchChat(id))
    }

    /// The chat with this id, to change it.
    pub(crate) fn chat_mut(&mut self, id: i64) -> Result<&mut Chat, SimError> {
        self.chats.get_mut(&id).ok_or(SimError::NoSuchChat(id))
    }

    /// The account with this id as updates show it: a person or the bot.
    pub(crate) fn user(&self, id: i64) -> Option<User> {
        if id == self.bot.user.id {
            return Some(self.bot.user.clone());
        }
        self.persons.get(&id).map(Person::user)
    }

    /// A chat as messages show it.
    pub(crate) fn wire_chat(&self, chat: &Chat) -> wire::Chat {
        let person = if chat.kind == ChatType::Private {
            self.persons.get(&chat.id)
        } else {
            None
        };
        wire::Chat {
            id: chat.id,
            kind: chat.kind,
            title: chat.title.clone(),
            username: person.and_then(|p| p.username.clone()),
            first_name: person.map(|p| p.first_name.clone()),
            last_name: person.and_then(|p| p.last_name.clone()),
            is_forum: chat.forum.then_some(true),
        }
    }

    /// Adds a person, or returns the one with this id.
    pub(crate) fn add_person(&mut self, person: PersonDraft) -> i64 {
        let id = person.id.unwrap_or_else(|| {
            while self.persons.contains_key(&self.next_person) {
                self.next_person += 1;
            }
            self.next_person
        });
        self.persons.entry(id).or_insert(Person {
            id,
            first_name: person.first_name,
            last_name: person.last_name,
            username: person.username,
            language_code: person.language_code,
            is_bot: person.is_bot,
        });
        self.chats.entry(id).or_insert_with(|| Chat::private(id));
        id
    }

    /// A fresh identifier for a group.
    pub(crate) fn take_group_number(&mut self) -> i64 {
        self.next_group += 1;
        self.next_group
    }

    /// Bot messages that nobody has read, as `(chat, message)`.
    pub(crate) fn unread(&self) -> Vec<(i64, i64)> {
        self.chats
            .values()
            .flat_map(|chat| {
                let unread = chat
                    .messages
                    .values()
                    .filter(|m| m.by_bot && !m.read && !m.is_service());
                unread
                    .map(|m| (chat.id, m.message.message_id))
                    .collect::<Vec<_>>()
            })
            .collect()
    }

    /// Chats in which a person can see messages.
    pub(crate) fn chats_of(&self, person: i64) -> BTreeSet<i64> {
        self.chats
            .values()
            .filter(|chat| {
                chat.id == person
                    || chat
                        .members
                        .get(&person)
                        .is_some_and(|member| member.is_inside())
            })
            .map(|chat| chat.id)
            .collect()
    }
}

/// What is known about a person before it exists.
#[derive(Debug, Clone, Default)]
pub(crate) struct PersonDraft {
    pub(crate) id: Option<i64>,
    pub(crate) first_name: String,
    pub(crate) last_name: Option<String>,
    pub(crate) username: Option<String>,
    pub(crate) language_code: Option<String>,
    pub(crate) is_bot: bool,
}
