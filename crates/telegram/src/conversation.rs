//! Talking with people: presses, and the texts that follow some of them.
//!
//! - `press.rs`: what a press does, and how the person learns of it.
//! - `orphan.rs`: cards whose place was never recorded.
//! - `answer.rs`: answering, strangers included.
//! - `given_up.rs`: the last word on what could not be handled.
//! - `ask.rs`: asking for a reason or an answer.
//! - `question.rs`: the words that ask.
//! - `reply.rs`: what people write, and whether it counts.
//! - `open.rs`: the conversations that are open, as they are kept.
//! - `said.rs`: results in words.

mod answer;
mod ask;
mod given_up;
mod legacy;
mod open;
mod orphan;
mod press;
mod question;
mod reply;
mod said;
mod show;

pub(crate) use answer::{Strangers, answer};
pub(crate) use given_up::given_up;
pub(crate) use open::{Awaited, Conversations, Taken};
pub(crate) use press::pressed;
pub(crate) use reply::{Source, answered_by, asked_in, disqualified, is_question, written};
pub(crate) use said::Said;
pub(crate) use show::show_copy;

/// The longest reason or answer, in characters: the contract's own limit.
pub(crate) const MAX_TEXT_CHARS: usize = signoff_contract::submission::MAX_TEXT_CHARS;
