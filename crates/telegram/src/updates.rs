//! Receiving: at least once, or an approval is lost.
//!
//! An update is committed to the inbox before Telegram is told that we have it (`poller.rs`,
//! `webhook.rs`), and handled from there (`inbox.rs`), again after a crash. What an update says
//! is read tolerantly (`inbound.rs`); what it does is in `conversation/` and `commands.rs`.

pub(crate) mod inbound;
pub(crate) mod inbox;
mod lanes;
pub(crate) mod poller;
pub(crate) mod webhook;

use teloxide_core::types::AllowedUpdate;

/// The kinds of updates that we ask for, always by name: Telegram keeps the last list it was
/// given.
pub(crate) const ALLOWED: [AllowedUpdate; 3] = [
    AllowedUpdate::Message,
    AllowedUpdate::EditedMessage,
    AllowedUpdate::CallbackQuery,
];

/// An update's key in the inbox. Ids may start again at random after a quiet week
/// (<https://core.telegram.org/bots/api#update>), so they are compared for equality only.
pub(crate) fn key(bot_id: i64, update_id: i64) -> String {
    format!("{bot_id}:{update_id}")
}
