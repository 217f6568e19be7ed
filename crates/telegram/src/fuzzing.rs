//! The renderer and the reader of updates, opened to the fuzz targets. Compiled with the feature
//! `fuzzing` only.

use jiff::Timestamp;
use serde_json::Value;
use signoff_engine::PromptCard;

use crate::Language;
use crate::commands;
use crate::render::{Attachments, card};
use crate::updates::Batch;
use crate::updates::inbound::Update;

/// What a poll brought, as rows of the inbox.
#[derive(Debug, PartialEq, Eq)]
pub struct Polled {
    /// The key and the payload of each update that has an id.
    pub rows: Vec<(String, String)>,
    /// The offset that confirms all of them.
    pub confirming: Option<i64>,
    /// How many have no id.
    pub without_id: usize,
}

/// Makes rows of what a poll brought.
pub fn polled(bot_id: i64, updates: &[Value]) -> Polled {
    let Batch {
        rows,
        confirming,
        without_id,
    } = Batch::of(bot_id, updates);
    Polled {
        rows,
        confirming,
        without_id,
    }
}

/// What a row says, as far as it decides what is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// The kind.
    pub kind: &'static str,
    /// Who did it.
    pub user: Option<i64>,
    /// Whose turn it takes.
    pub lane: (i64, i64),
    /// The data of the button, or the text.
    pub words: Option<String>,
    /// Whether the data is on one of the buttons of the pressed message.
    pub carried: bool,
    /// The command, as debugging shows it.
    pub command: Option<String>,
    /// Why it cannot be read.
    pub why: Option<String>,
}

/// Reads a row.
pub fn said(payload: &str) -> Said {
    let update = Update::read(payload);
    let words = match &update {
        Update::Press(press) => press.data.clone(),
        Update::Message(message) | Update::Edited(message) => message.text.clone(),
        Update::Other | Update::Unreadable { .. } => None,
    };
    let carried = match &update {
        Update::Press(press) => press
            .message
            .as_ref()
            .zip(press.data.as_deref())
            .is_some_and(|(message, data)| message.carries(data)),
        _ => false,
    };
    let command = match &update {
        Update::Message(message) => commands::parse(message, Some("signoff_bot")),
        _ => None,
    };
    Said {
        kind: update.kind(),
        user: update.user().map(|user| user.id),
        lane: update.lane(),
        words,
        carried,
        command: command.map(|command| format!("{command:?}")),
        why: match update {
            Update::Unreadable { why } => Some(why),
            _ => None,
        },
    }
}

/// A card as Telegram is asked to show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// The text (parse mode HTML).
    pub html: String,
    /// Each button's text and data.
    pub buttons: Vec<(String, String)>,
    /// Each document's caption and content.
    pub documents: Vec<(String, Vec<u8>)>,
}

/// Renders a card.
pub fn shown(prompt: &PromptCard, language: Language, now: Timestamp, posted: bool) -> Shown {
    let attachments = if posted {
        Attachments::Posted
    } else {
        Attachments::Missing
    };
    let rendered = card(prompt, language, now, attachments);
    let keys = rendered.keyboard.0.into_iter().flatten();
    let documents = rendered.documents.into_iter();
    Shown {
        html: rendered.html,
        buttons: keys.map(|key| (key.text, key.callback_data)).collect(),
        documents: documents.map(|file| (file.caption, file.bytes)).collect(),
    }
}
