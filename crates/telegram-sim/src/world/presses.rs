//! Button presses: the callback query, its one answer, its age.

use serde_json::{Value, json};

use super::{Chat, World};
use crate::api::ApiError;
use crate::error::SimError;
use crate::wire::Button;

/// The answer that a person sees after a tap.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Answer {
    /// The text; empty when the bot only stopped the spinner.
    pub text: String,
    /// Whether it is a dialog that must be dismissed, rather than a toast.
    pub show_alert: bool,
    /// A link that the client opens.
    pub url: Option<String>,
}

/// One press.
#[derive(Debug, Clone)]
pub(crate) struct Press {
    pub(crate) chat: i64,
    at_ms: i64,
    pub(crate) answer: Option<Answer>,
}

impl World {
    /// Finds the button with this label (exact, else the only one that starts with it) and presses it.
    pub(crate) fn tap(
        &mut self,
        person: i64,
        chat_id: i64,
        message: i64,
        label: &str,
    ) -> Result<String, SimError> {
        let chat = self.visible_chat(person, chat_id)?;
        let stored = chat.messages.get(&message).filter(|stored| !stored.deleted);
        let stored = stored.ok_or(SimError::NoSuchMessage {
            chat: chat_id,
            message,
        })?;
        let rows = stored
            .message
            .reply_markup
            .iter()
            .flat_map(|keyboard| &keyboard.inline_keyboard);
        let buttons: Vec<&Button> = rows.flatten().collect();
        let button = pick(&buttons, label)?;
        let data = button
            .callback_data
            .clone()
            .ok_or_else(|| SimError::NotACallback(button.text.clone()))?;
        self.press(person, chat_id, message, &data)
    }

    /// Sends a press with any data, as a modified client can. The message need not carry such a button, nor exist
    /// any more, and the person need not be in the chat.
    pub(crate) fn press(
        &mut self,
        person: i64,
        chat_id: i64,
        message: i64,
        data: &str,
    ) -> Result<String, SimError> {
        let from = self.person(person)?.user();
        let chat = self.chat(chat_id)?;
        let id =
            rand::random_range(1_000_000_000_000_000_i64..9_000_000_000_000_000_000).to_string();
        let payload = json!({
            "id": id,
            "from": from,
            "message": self.pressed_message(chat, message),
            "chat_instance": chat.instance,
            "data": data,
        });
        let at_ms = self.clock.unix_ms();
        self.presses.insert(
            id.clone(),
            Press {
                chat: chat_id,
                at_ms,
                answer: None,
            },
        );
        self.queue("callback_query", &payload, person);
        Ok(id)
    }

    fn pressed_message(&self, chat: &Chat, message: i64) -> Value {
        let seen = chat
            .messages
            .get(&message)
            .is_some_and(|stored| stored.accessible && !stored.deleted);
        if seen {
            return self.shown_json(chat.id, message);
        }
        json!({ "chat": self.wire_chat(chat), "message_id": message, "date": 0 })
    }

    /// Answers a press, once and in time.
    pub(crate) fn answer_press(&mut self, id: &str, answer: Answer) -> Result<(), ApiError> {
        let deadline =
            i64::try_from(self.options.callback_answer_deadline.as_millis()).unwrap_or(i64::MAX);
        let now = self.clock.unix_ms();
        let open = self
            .presses
            .get_mut(id)
            .filter(|p| p.answer.is_none() && now - p.at_ms <= deadline);
        let press = open.ok_or_else(|| {
            ApiError::bad_request(
                "query is too old and response timeout expired or query ID is invalid",
            )
        })?;
        press.answer = Some(answer);
        Ok(())
    }
}

/// The button that a person means by a label.
fn pick<'a>(buttons: &[&'a Button], label: &str) -> Result<&'a Button, SimError> {
    if let Some(exact) = buttons.iter().find(|button| button.text == label) {
        return Ok(exact);
    }
    let spoken = |button: &Button| {
        let words = button
            .text
            .trim_start_matches(|c: char| !c.is_alphanumeric())
            .to_owned();
        button.text.starts_with(label) || words.starts_with(label)
    };
    let words_equal = |button: &Button| {
        button
            .text
            .trim_start_matches(|c: char| !c.is_alphanumeric())
            == label
    };
    let equal: Vec<_> = buttons
        .iter()
        .filter(|button| words_equal(button))
        .collect();
    if let [only] = equal.as_slice() {
        return Ok(only);
    }
    let matching: Vec<_> = buttons.iter().filter(|button| spoken(button)).collect();
    match matching.as_slice() {
        [only] => Ok(only),
        _ => Err(SimError::NoSuchButton {
            label: label.to_owned(),
            buttons: buttons.iter().map(|button| button.text.clone()).collect(),
        }),
    }
}
