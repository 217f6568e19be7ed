//! Buttons: which rows, which words, which colours.

use serde_json::{Value, json};
use signoff_engine::{Button, ButtonAction, PendingPrompt};

use super::{cut, line, risk_symbol};
use crate::texts::{self, Language};

/// How much of a label fits on a button, in characters: what a phone shows in one line.
const BUTTON_CHARS: usize = 42;

/// How many requests are listed at once: more buttons than that nobody reads, and Telegram takes
/// about a hundred.
pub(crate) const LISTED: usize = 20;

/// Rows of buttons.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Keyboard(pub(crate) Vec<Vec<KeyboardButton>>);

/// One button.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KeyboardButton {
    pub(crate) text: String,
    pub(crate) callback_data: String,
    pub(crate) style: Option<Style>,
}

/// A button's colour (Bot API 9.4, `style`); clients and servers that do not know it ignore it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// Green.
    Success,
    /// Red.
    Danger,
}

impl Keyboard {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// As the Bot API takes it (`InlineKeyboardMarkup`).
    pub(crate) fn to_json(&self) -> Value {
        let rows: Vec<Vec<Value>> = self
            .0
            .iter()
            .map(|row| row.iter().map(KeyboardButton::to_json).collect())
            .collect();
        json!({ "inline_keyboard": rows })
    }
}

impl KeyboardButton {
    fn new(text: String, handle: &str, style: Option<Style>) -> Self {
        Self {
            text,
            callback_data: handle.to_owned(),
            style,
        }
    }

    fn to_json(&self) -> Value {
        let mut button = json!({ "text": self.text, "callback_data": self.callback_data });
        if let Some(style) = self.style {
            let word = match style {
                Style::Success => "success",
                Style::Danger => "danger",
            };
            button["style"] = Value::from(word);
        }
        button
    }
}

/// The buttons of a card: Approve and Deny in one row, all others in rows of their own.
pub(super) fn of_card(language: Language, buttons: &[&Button]) -> Keyboard {
    let numbered = buttons.iter().any(|button| match &button.action {
        ButtonAction::Choose { label, .. } => line(label).chars().count() > BUTTON_CHARS,
        _ => false,
    });
    let mut rows: Vec<Vec<KeyboardButton>> = Vec::new();
    let mut option = 0;
    for button in buttons {
        let (text, style) = match &button.action {
            ButtonAction::Approve => (texts::button_approve(language), Some(Style::Success)),
            ButtonAction::Deny => (texts::button_deny(language), Some(Style::Danger)),
            ButtonAction::DenyWithReason => (texts::button_deny_with_reason(language), None),
            ButtonAction::CustomAnswer => (texts::button_custom_answer(language), None),
            ButtonAction::Decline => (texts::button_decline(language), None),
            ButtonAction::Choose { label, .. } => {
                option += 1;
                (option_text(option, &line(label), numbered), None)
            }
        };
        let key = KeyboardButton::new(text, &button.handle, style);
        match rows.last_mut() {
            Some(row) if button.action == ButtonAction::Deny && row.len() == 1 && follows(row) => {
                row.push(key);
            }
            _ => rows.push(vec![key]),
        }
    }
    Keyboard(rows)
}

/// Whether the row is Approve alone.
fn follows(row: &[KeyboardButton]) -> bool {
    row.iter().all(|key| key.style == Some(Style::Success))
}

/// An option's button. Labels that are cut could look alike, so then all carry their numbers.
fn option_text(number: usize, label: &str, numbered: bool) -> String {
    if numbered {
        cut(&format!("{number}. {label}"), BUTTON_CHARS)
    } else {
        label.to_owned()
    }
}

/// A row of buttons, each with its text and what it carries.
pub(crate) fn row_of<const N: usize>(buttons: [(String, String); N]) -> Vec<KeyboardButton> {
    let button = |(text, data): (String, String)| KeyboardButton::new(text, &data, None);
    buttons.into_iter().map(button).collect()
}

/// One button for each prompt, which shows it.
pub(crate) fn show_buttons(prompts: &[PendingPrompt]) -> Keyboard {
    let button = |prompt: &PendingPrompt| {
        let request = &prompt.card.request;
        let text = format!(
            "{} {} · {}",
            risk_symbol(request.risk),
            prompt.short_id,
            line(&request.title)
        );
        vec![KeyboardButton::new(
            cut(&text, BUTTON_CHARS),
            &prompt.show,
            None,
        )]
    };
    Keyboard(prompts.iter().map(button).collect())
}
