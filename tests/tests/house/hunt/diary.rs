//! The diary of a hunt: everything that happened outside the service.

use std::collections::{BTreeMap, HashMap, HashSet};

use axum::http::StatusCode;
use signoff_telegram_sim::{Call, Tap};
use tokio::task::JoinHandle;

use super::plan::{Asked, Button};

/// A request and what its requester was told.
#[derive(Debug, Clone)]
pub(crate) struct Told {
    pub(crate) asked: Asked,
    /// When it was first submitted, and when that was first answered.
    pub(crate) asked_ms: i64,
    pub(crate) taken_ms: Option<i64>,
    /// How often it was submitted without an answer.
    pub(crate) unanswered: usize,
    /// The status and id of every answer.
    pub(crate) answers: Vec<(StatusCode, String)>,
    /// What became of withdrawing it.
    pub(crate) cancel: Option<StatusCode>,
    /// What became of Ann's decision at her terminal.
    pub(crate) by_api: Option<StatusCode>,
}

/// A press that the simulator took.
#[derive(Debug)]
pub(crate) struct Tapped {
    pub(crate) correlation_id: String,
    pub(crate) person: usize,
    pub(crate) chat: i64,
    pub(crate) message: i64,
    pub(crate) button: Button,
    pub(crate) at_ms: i64,
    pub(crate) tap: Tap,
}

/// A text that the simulator took.
#[derive(Debug, Clone)]
pub(crate) struct Typed {
    pub(crate) correlation_id: String,
    pub(crate) person: usize,
    pub(crate) chat: i64,
    pub(crate) message: i64,
    /// What it says; of a command that says something more, that.
    pub(crate) text: String,
    pub(crate) what: What,
    pub(crate) at_ms: i64,
}

/// What a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    /// The reply to a question.
    Reply,
    /// `/deny`, with a reason.
    Deny,
    /// `/cancel`, as the reply to a question.
    Cancel,
    /// `/pending`.
    Pending,
}

/// A message with buttons that the simulator took.
#[derive(Debug, Clone)]
pub(crate) struct Card {
    pub(crate) correlation_id: String,
    pub(crate) chat: i64,
    pub(crate) message: i64,
    pub(crate) at_ms: i64,
    /// What hit the call that sent it.
    pub(crate) fault: Option<String>,
}

/// One life of the process, in milliseconds on the simulator's clock.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Span {
    pub(crate) born: i64,
    pub(crate) ready: Option<i64>,
    pub(crate) died: Option<i64>,
}

/// Everything that happened outside the service.
#[derive(Debug, Default)]
pub(crate) struct Diary {
    pub(crate) told: BTreeMap<String, Told>,
    pub(crate) taps: Vec<Tapped>,
    pub(crate) texts: Vec<Typed>,
    pub(crate) cards: Vec<Card>,
    /// The calls that say something: sends, edits and answers.
    pub(crate) calls: Vec<Call>,
    /// When a poll was answered with which press, by its query.
    pub(crate) fetched: HashMap<String, Vec<i64>>,
    pub(crate) lives: Vec<Span>,
    /// Questions: request, chat, message, and whom they ask.
    pub(crate) questions: Vec<(String, i64, i64, Vec<i64>)>,
    /// Who already has something planned for which request: a card's presses, a question's words.
    pub(crate) planned: HashSet<(String, usize, &'static str)>,
    pub(crate) tasks: Vec<JoinHandle<()>>,
}

impl Diary {
    /// A poll was answered.
    pub(crate) fn fetches(&mut self, poll: &Call) {
        let updates = poll.response["result"].as_array().into_iter().flatten();
        for update in updates {
            if let Some(query) = update["callback_query"]["id"].as_str() {
                let when = self.fetched.entry(query.to_owned()).or_default();
                when.push(poll.at_ms);
            }
        }
    }
}

/// Which request a text is about: every title names it.
pub(crate) fn correlation_id(text: &str) -> Option<String> {
    let (_, rest) = text.split_once("hunt-")?;
    let name = rest.split(['!', '?']).next()?;
    let known = name.chars().all(|c| c.is_ascii_digit() || c == '-');
    known.then(|| format!("hunt-{name}"))
}
