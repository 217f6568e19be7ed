//! From a card's data to what Telegram shows: text, keyboard, documents. Pure: no I/O, the time
//! is a parameter, and the same input gives the same output to the byte.
//!
//! - `card.rs` lays a card out and decides what goes into documents; `tail.rs` is its changing
//!   end (deadline, votes, outcome); `document.rs` makes the documents; `keyboard.rs` the buttons.
//! - `html.rs` is the only place that writes markup, `reveal.rs` the only one that decides which
//!   characters readers must not be fooled by, `literal.rs` writes JSON that cannot be forged.

mod card;
mod document;
mod html;
mod keyboard;
mod literal;
mod reveal;
mod tail;
mod time;

use signoff_contract::{Kind, Risk};

pub(crate) use card::{Attachments, RenderedCard, card};
pub(crate) use document::Document;
pub(crate) use html::{Html, cut};
pub(crate) use keyboard::{Keyboard, LISTED, row_of, show_buttons};
pub(crate) use reveal::{line, prose};
pub(crate) use tail::{names, outcome_line};
pub(crate) use time::{absolute, deadline};

use crate::texts::{self, Language};

/// The symbol of a risk; the word stands beside it.
pub(crate) fn risk_symbol(risk: Risk) -> &'static str {
    match risk {
        Risk::Low => "🟢",
        Risk::Medium => "🟡",
        Risk::High => "🟠",
        Risk::Critical => "🔴",
    }
}

fn risk_word(language: Language, risk: Risk) -> String {
    match risk {
        Risk::Low => texts::risk_low(language),
        Risk::Medium => texts::risk_medium(language),
        Risk::High => texts::risk_high(language),
        Risk::Critical => texts::risk_critical(language),
    }
}

fn kind_word(language: Language, kind: Kind) -> String {
    match kind {
        Kind::Approval => texts::kind_approval(language),
        Kind::Question => texts::kind_question(language),
    }
}

#[cfg(test)]
mod tests;
