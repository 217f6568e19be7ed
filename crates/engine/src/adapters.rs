//! Channels whose adapter is another process: what it is told (`message.rs`), in which words
//! (`words.rs`), how it is told ([`HttpChannel`]), and what it says it did afterwards
//! ([`Receipts`]). What it sends by itself comes in through the use cases.
//!
//! An adapter's URL is the operator's own and not a caller's, so the address guard of
//! [`callback`](crate::callback) is not in its way.

mod channel;
mod message;
mod receipts;
mod words;

pub use channel::{Adapter, HttpChannel};
pub(crate) use message::message;
pub use message::{WordsOnly, card};
pub use receipts::{Receipt, Receipts};
pub(crate) use words::answered;
