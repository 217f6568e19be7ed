//! Voice notes: sound that answers a question of ours.
//!
//! A note is *accepted* in its lane, like everything that a person sends there: that decides which
//! question it answers, once and for all. It is *heard* outside of all lanes and slots
//! (`updates/listening.rs`), because that takes as long as it takes, and its row of the inbox
//! stays undone until what came of it is kept. So a crash at any point has the note heard again,
//! and what it says counts once.
//!
//! - `hold.rs`: before the update is taken from Telegram, the deadline is held.
//! - `accept.rs`: which question it answers.
//! - `note.rs`: the note as it is kept, and the turns in which that may change.
//! - `hear.rs`: waiting, fetching, listening.
//! - `conclude.rs`: what was heard, given or offered.
//! - `choose.rs`: `Use this`, `Say it again`, `Cancel`.
//! - `say.rs`: the words for all of that.

mod accept;
mod choose;
mod conclude;
mod hear;
mod hold;
mod note;
mod say;

pub(crate) use accept::{accept, accepted};
pub(crate) use choose::{Choice, Chosen, chosen, show_chosen};
pub(crate) use hear::{abandon, hear};
pub(crate) use hold::hold;
pub(crate) use note::{Aside, Turns, answers, forget, withdraw};
pub(crate) use say::tidy;
