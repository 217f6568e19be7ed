//! Signoff's Telegram channel: cards with buttons, the presses and texts that answer them, and
//! the conversations in between.
//!
//! [`Telegram`] puts the parts together. The engine shows cards through [`Telegram::channel`];
//! what people do reaches it through its `Gateway` port. The crate knows nothing of HTTP
//! servers: [`Telegram::receive_webhook`] takes what one was posted.
//!
//! The rooms, from the outside in:
//!
//! - receiving: `updates` (poller, webhook, inbox), then `conversation`, `commands` and `voice`;
//! - sending: `channel` and `cards`, through `outbound` (limits, moved groups, lost
//!   topics), the `limiter` and the `client`;
//! - words and looks: `texts` and `render`, pure;
//! - for the operator: `health`, `metrics`, [`check`](mod@check), `outage`.

mod bot;
mod cards;
mod channel;
pub mod check;
mod client;
mod commands;
mod config;
mod conversation;
mod error;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod health;
mod limiter;
mod metrics;
mod outage;
mod outbound;
mod place;
mod render;
mod telegram;
mod texts;
mod updates;
mod voice;

pub use channel::TelegramChannel;
pub use config::{Config, Updates};
pub use error::Error;
pub(crate) use health::Health;
pub use health::{HealthReport, Problem};
pub use limiter::Limits;
pub use metrics::Metrics;
pub use place::{InvalidPlace, Place};
pub use telegram::Telegram;
pub use texts::Language;
pub use updates::webhook::WebhookAnswer;

/// The channel's name, as routes, stores and the audit know it.
pub const CHANNEL: &str = "telegram";
