//! The person in the chat: what one of them is asked to do, and what they should see there.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use signoff_contract::PromptId;
use signoff_contract::adapter::{FreeTextPurpose, PromptMessage, PromptPhase};

use super::literal;
use crate::{Miss, Outcome};

/// How much of what was seen instead is told, in characters.
const TOLD_CHARS: usize = 300;

/// Someone in the chat who does what is asked. A program ([`Program`](super::Program)), a human being, or a test.
#[async_trait]
pub trait Person: Send + Sync {
    /// Looks at a prompt and compares it with what should be there.
    async fn look(&self, at: &Place, wanted: &Wanted) -> Outcome;

    /// Does something to a prompt. With `told`, that is what the chat must tell the person then.
    async fn act(&self, at: &Place, deed: &Deed, told: Option<&str>) -> Outcome;
}

/// Which prompt, and who is to look at it or to do something.
#[derive(Debug, Clone, Serialize)]
pub struct Place {
    /// The person, by the chat's own id.
    pub user_id: String,
    /// Where the prompt is, as its recipients have it.
    pub address: String,
    /// The prompt.
    pub prompt_id: PromptId,
    /// Where it stands, in the adapter's own notation, if that is known.
    pub prompt_ref: Option<String>,
    /// A word of its title that no other prompt has.
    pub mark: String,
}

/// What a person does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "act", rename_all = "snake_case")]
pub enum Deed {
    /// Presses the button with this label.
    Press {
        /// What it says.
        label: String,
    },
    /// Writes.
    Write {
        /// What the words are: a reason, with which it is denied, or an answer.
        purpose: FreeTextPurpose,
        /// The words.
        text: String,
    },
}

/// What a person can see of a prompt.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct View {
    /// The messages that show it: one, if all is well.
    pub messages: Vec<ChatMessage>,
}

/// One message of the chat.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ChatMessage {
    /// All that can be read, with what is attached.
    pub text: String,
    /// The labels of the buttons that send a handle, in their order.
    pub buttons: Vec<String>,
    /// Whether a reason or an answer can be written.
    pub input: bool,
}

/// How often a prompt should be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Times {
    /// In one message.
    Once,
    /// In one message or in none.
    AtMostOnce,
}

/// What should be readable, or should not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    /// What it is, for people: `the title`.
    pub what: String,
    /// The text.
    pub text: String,
    /// Whether capitals and small letters are the same.
    pub any_case: bool,
}

/// How a prompt should look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// In how many messages.
    pub times: Times,
    /// What can be read.
    pub shows: Vec<Words>,
    /// What cannot be read.
    pub hides: Vec<Words>,
    /// The labels of the buttons, in their order.
    pub buttons: Option<Vec<String>>,
    /// Whether one can write.
    pub input: Option<bool>,
}

impl Wanted {
    /// Once, with nothing else to say about it yet.
    pub(super) fn once() -> Self {
        Self {
            times: Times::Once,
            shows: Vec::new(),
            hides: Vec::new(),
            buttons: None,
            input: None,
        }
    }

    /// Once, with this title; what is closed has nothing to press and nowhere to write.
    pub(super) fn like(message: &PromptMessage) -> Self {
        let once = Self::once().showing("the title", &message.request.title);
        match message.state {
            PromptPhase::Open => once,
            PromptPhase::Closed => once.offering(message),
        }
    }

    /// With these buttons, and what can be written.
    pub(super) fn offering(mut self, message: &PromptMessage) -> Self {
        let labels = message.buttons.iter().map(|button| button.label.clone());
        self.buttons = Some(labels.collect());
        self.input = Some(message.free_text.is_some());
        self
    }

    pub(super) fn showing(mut self, what: impl Into<String>, text: impl Into<String>) -> Self {
        self.shows.push(words(what, text));
        self
    }

    pub(super) fn saying(mut self, what: impl Into<String>, text: impl Into<String>) -> Self {
        let any_case = true;
        let words = Words {
            any_case,
            ..words(what, text)
        };
        self.shows.push(words);
        self
    }

    pub(super) fn hiding(mut self, what: impl Into<String>, text: impl Into<String>) -> Self {
        self.hides.push(words(what, text));
        self
    }

    /// Compares it with what a person sees.
    ///
    /// # Errors
    /// Says everything that is not as it should be.
    pub fn judge(&self, view: &View) -> Result<(), String> {
        let mut wrong = Vec::new();
        match (self.times, view.messages.len()) {
            (_, 1) | (Times::AtMostOnce, 0) => {}
            (_, 0) => return Err("it is not shown".to_owned()),
            (_, many) => wrong.push(format!("{many} messages show it")),
        }
        for message in &view.messages {
            self.judge_message(message, &mut wrong);
        }
        if wrong.is_empty() {
            return Ok(());
        }
        wrong.dedup();
        Err(wrong.join("; "))
    }

    fn judge_message(&self, message: &ChatMessage, wrong: &mut Vec<String>) {
        let is_there = |words: &Words| {
            if words.any_case {
                literal::is_said(&words.text, &message.text)
            } else {
                literal::is_shown(&words.text, &message.text)
            }
        };
        let missing: Vec<&Words> = self.shows.iter().filter(|words| !is_there(words)).collect();
        if let Some(first) = missing.first() {
            let others = match missing.len() {
                1 => String::new(),
                many => format!(" (nor {} others)", many - 1),
            };
            wrong.push(format!(
                "{} cannot be read{others}: “{}” in “{}”",
                first.what,
                clip(&first.text),
                clip(&message.text)
            ));
        }
        for words in self.hides.iter().filter(|words| is_there(words)) {
            wrong.push(format!(
                "{} can be read: “{}”",
                words.what,
                clip(&words.text)
            ));
        }
        if let Some(wanted) = self.buttons.as_ref().filter(|it| **it != message.buttons) {
            wrong.push(format!(
                "its buttons are {:?}, and should be {wanted:?}",
                message.buttons
            ));
        }
        match self.input {
            Some(true) if !message.input => wrong.push("nothing can be written".to_owned()),
            Some(false) if message.input => wrong.push("something can be written".to_owned()),
            _ => {}
        }
    }
}

/// Whether the person was told what they should be.
///
/// # Errors
/// Says what they were told instead.
pub fn judge_told(wanted: &str, told: Option<&str>) -> Result<(), Miss> {
    match told {
        Some(told) if literal::is_shown(wanted, told) => Ok(()),
        Some(told) => Err(Miss::failed(format_args!(
            "the person was told “{}”, and not “{wanted}”",
            clip(told)
        ))),
        None => Err(Miss::failed(format_args!(
            "the person was told nothing, and not “{wanted}”"
        ))),
    }
}

fn words(what: impl Into<String>, text: impl Into<String>) -> Words {
    Words {
        what: what.into(),
        text: text.into(),
        any_case: false,
    }
}

/// The beginning of a text.
pub(super) fn clip(text: &str) -> String {
    let mut chars = text.chars();
    let mut clipped: String = chars.by_ref().take(TOLD_CHARS).collect();
    if chars.next().is_some() {
        clipped.push('…');
    }
    clipped
}
