//! Where things stand in Telegram: places that the configuration names, and the references to
//! cards that the engine keeps for us. What is shown there is not known here.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use signoff_engine::PromptRef;

/// The topic that every forum has and that the Bot API refuses to be named: messages without a
/// topic go there (tdlib/telegram-bot-api `Client.cpp`, "message thread not found").
const GENERAL_TOPIC: i32 = 1;

/// A chat, and a topic within it.
///
/// Written `"<chat id>"` or `"<chat id>/<topic id>"`: `"1001"` is a person's private chat,
/// `"-1001234567890/7"` a topic of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Place {
    /// Telegram's id of the chat; that of a group is negative, that of a private chat is its
    /// person's own.
    pub chat: i64,
    /// Telegram's id of the topic (`message_thread_id`).
    pub topic: Option<i32>,
}

/// Why a text names no place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no Telegram place: write \"<chat id>\" or \"<chat id>/<topic id>\"")]
pub struct InvalidPlace(String);

impl Place {
    /// The chat itself.
    pub fn chat(chat: i64) -> Self {
        Self { chat, topic: None }
    }

    /// Whether Telegram's limits for groups hold here.
    pub fn is_group(self) -> bool {
        is_group(self.chat)
    }
}

/// Whether this is a group's id: private chats have their person's id, which is positive.
pub(crate) fn is_group(chat: i64) -> bool {
    chat < 0
}

impl FromStr for Place {
    type Err = InvalidPlace;

    fn from_str(text: &str) -> Result<Self, InvalidPlace> {
        let (chat, topic) = match text.split_once('/') {
            Some((chat, topic)) => (chat, Some(topic)),
            None => (text, None),
        };
        let invalid = || InvalidPlace(text.to_owned());
        let chat = chat
            .parse()
            .ok()
            .filter(|chat| *chat != 0)
            .ok_or_else(invalid)?;
        let topic = match topic {
            Some(topic) => Some(
                topic
                    .parse()
                    .ok()
                    .filter(|id| *id > 0)
                    .ok_or_else(invalid)?,
            ),
            None => None,
        };
        Ok(Self {
            chat,
            topic: topic.filter(|id| *id != GENERAL_TOPIC),
        })
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.topic {
            Some(topic) => write!(f, "{}/{topic}", self.chat),
            None => write!(f, "{}", self.chat),
        }
    }
}

/// A card in a chat, as the engine keeps it for us: `{"v":1,"chat":…,"message":…}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CardRef {
    pub(crate) place: Place,
    pub(crate) message: i32,
    /// Whether the reader has the documents that belong to the card (true when none do).
    pub(crate) attached: bool,
}

/// The notation's version.
const VERSION: u8 = 1;

#[derive(Serialize, Deserialize)]
struct Written {
    v: u8,
    chat: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    topic: Option<i32>,
    message: i32,
    #[serde(default, skip_serializing_if = "is_false")]
    unattached: bool,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde asks for this signature"
)]
fn is_false(value: &bool) -> bool {
    !value
}

impl CardRef {
    /// The reference that the engine keeps.
    pub(crate) fn write(&self) -> PromptRef {
        let written = Written {
            v: VERSION,
            chat: self.place.chat,
            topic: self.place.topic,
            message: self.message,
            unattached: !self.attached,
        };
        PromptRef(serde_json::to_string(&written).unwrap_or_default())
    }

    /// Reads one back; `None` when it is none of ours.
    pub(crate) fn read(reference: &PromptRef) -> Option<Self> {
        let written: Written = serde_json::from_str(&reference.0).ok()?;
        (written.v == VERSION).then_some(Self {
            place: Place {
                chat: written.chat,
                topic: written.topic,
            },
            message: written.message,
            attached: !written.unattached,
        })
    }

    /// Reads all of them; each message once, foreign ones left out.
    pub(crate) fn read_all(references: &[PromptRef]) -> Vec<Self> {
        let mut cards: Vec<Self> = Vec::with_capacity(references.len());
        for card in references.iter().filter_map(Self::read) {
            match cards
                .iter_mut()
                .find(|known| known.is_at(card.place.chat, card.message))
            {
                Some(known) => known.attached |= card.attached,
                None => cards.push(card),
            }
        }
        cards
    }

    /// Whether it stands in this message.
    pub(crate) fn is_at(&self, chat: i64, message: i32) -> bool {
        self.place.chat == chat && self.message == message
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_read_and_written_the_same_way() {
        for text in ["1001", "-1001234567890", "-1001234567890/7"] {
            assert_eq!(text.parse::<Place>().unwrap().to_string(), text);
        }
        assert_eq!(
            "-5/1".parse::<Place>().unwrap(),
            Place::chat(-5),
            "General has no topic id"
        );
        for text in [
            "", "0", "ann", "@group", "5/", "5/0", "5/x", "5/7/8", "5/-1",
        ] {
            assert!(text.parse::<Place>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn the_same_message_is_one_card() {
        let card = CardRef {
            place: Place {
                chat: -5,
                topic: Some(7),
            },
            message: 3,
            attached: false,
        };
        let seen = CardRef {
            place: Place::chat(-5),
            attached: true,
            ..card.clone()
        };
        let foreign = PromptRef("https://slack.example/1".to_owned());
        let all = CardRef::read_all(&[card.write(), foreign, seen.write()]);
        assert_eq!(
            all,
            [CardRef {
                attached: true,
                ..card
            }]
        );
    }

    #[test]
    fn a_reference_is_versioned_json() {
        let card = CardRef {
            place: Place {
                chat: -5,
                topic: Some(7),
            },
            message: 3,
            attached: true,
        };
        assert_eq!(card.write().0, r#"{"v":1,"chat":-5,"topic":7,"message":3}"#);
        assert_eq!(
            CardRef::read(&PromptRef(r#"{"v":2,"chat":-5,"message":3}"#.into())),
            None
        );
    }
}
