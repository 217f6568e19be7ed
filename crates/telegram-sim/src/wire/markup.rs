//! Keyboards: `InlineKeyboardMarkup` and `ForceReply`.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One button under a message.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq)]
pub struct Button {
    /// The visible label.
    pub text: String,
    /// What a tap sends to the bot; 1 to 64 bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub callback_data: Option<String>,
    /// What a tap opens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// What a tap copies: `{"text": …}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub copy_text: Option<Value>,
    /// Mini App to open: `{"url": …}`; private chats only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub web_app: Option<Value>,
    /// `danger`, `success` or `primary`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub style: Option<String>,
}

/// The inline keyboard of a message.
#[derive(Debug, Clone, Serialize, PartialEq)]
pub struct InlineKeyboard {
    /// Rows of buttons.
    pub inline_keyboard: Vec<Vec<Button>>,
}

/// A request to the client to open its composer as a reply to the message.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct ForceReply {
    /// Grey text of the empty composer; 1 to 64 characters.
    pub placeholder: Option<String>,
    /// Whether only mentioned people (or the author of the replied-to message) are asked.
    pub selective: bool,
}

/// What `reply_markup` may hold in this simulator.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Markup {
    Inline(InlineKeyboard),
    ForceReply(ForceReply),
    /// A reply keyboard or its removal: accepted, and without effect on the message.
    Other,
}
