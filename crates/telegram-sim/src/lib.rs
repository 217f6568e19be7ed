//! A strict, stateful Telegram Bot API simulator with a chat page.
//!
//! What Telegram refuses it refuses, in Telegram's words. It serves three sides on one loopback port:
//!
//! - the **bot side**, `/bot<token>/<method>` and `/file/bot<token>/<path>`, to which a bot is pointed by its API URL;
//! - the **person side**, as the Rust API of this crate ([`Sim`], [`Person`], [`Group`]) and as JSON under `/sim/…`
//!   for tests of whole processes;
//! - the **chat page**, `GET /`: one phone per person, live.
//!
//! ```no_run
//! # async fn example() -> Result<(), signoff_telegram_sim::Error> {
//! use signoff_telegram_sim::{Sim, SimOptions};
//!
//! let sim = Sim::start(SimOptions::default()).await?;
//! // … start the bot with `sim.api_url()` and `sim.bot_token()` …
//! let ann = sim.person("Ann");
//! ann.starts();
//! let card = sim.wait_for_message(&ann, |m| m.text.contains("Deploy")).await;
//! let tap = ann.taps(&card, "Deny");
//! assert_eq!(tap.answer().await.text, "Denied");
//! let closed = sim.wait_for_edit(&card, |m| !m.has_buttons()).await;
//! assert!(closed.text.contains("Denied by Ann"));
//! sim.assert_all_read();
//! # Ok(())
//! # }
//! ```
//!
//! # What it knows
//!
//! Rules and texts come from the published Bot API server (`tdlib/telegram-bot-api`), from `TDLib` and from the
//! documentation of Bot API 10.1. Where Telegram documents no number (how long a press can be answered, how many
//! buttons a message may have), [`SimOptions`] or a comment says which one was chosen.
//!
//! Not simulated, and refused rather than half done: Markdown parse modes, inline mode, media other than documents and
//! voice notes, payments, business accounts, channels. Links without a scheme (`example.com`) get no `url` entity.
//! An answer of a webhook that contains a method call is ignored.
//!
//! # Finding things on the page
//!
//! Every phone is `section.phone[data-person="<id>"]`; its `data-chat` is the chat that it shows (empty: the list, whose
//! rows are `.chat-row[data-chat]`). Messages are `[data-message-id]` with `data-from` (`bot` or a person's id), buttons
//! `[data-button-label]`, documents `[data-file]`, commands `[data-command]`, the quoted prompt of the composer
//! `.reply-bar[data-reply-to]`. A phone's toast is `.toast`, its alert `dialog.alert[open]` with the button `.ok`, its
//! composer `form.composer` with `textarea[name=text]`. `.composer-action` is the place for recording a voice note.

mod api;
mod calls;
mod clock;
mod error;
mod faults;
mod http;
mod limits;
mod options;
mod people;
mod server;
mod shared;
mod text;
mod updates;
pub mod wire;
mod world;

pub use calls::Call;
pub use clock::{ClockMode, SimClock};
pub use error::Error;
pub use faults::{Fault, FaultKind};
pub use options::SimOptions;
pub use people::{
    Group, GroupBuilder, Person, PersonBuilder, SeenForceReply, SeenMessage, Sim, Tap, VoiceNote,
};
pub use text::message_of_html;
pub use world::Answer;
