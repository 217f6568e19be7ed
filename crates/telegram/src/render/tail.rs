//! A card's end: the part that changes. Votes and the deadline while it is open, the outcome
//! and what came of it afterwards.

use jiff::Timestamp;
use signoff_contract::{ExecutionResult, Kind, Outcome, RequestResource, Status};
use signoff_engine::{Notice, PromptCard};

use super::card::field;
use super::html::Html;
use super::{absolute, cut, deadline, line, prose};
use crate::texts::{self, Language};

/// The longest list of names, in characters.
const NAMES_CHARS: usize = 120;
/// The most that is shown of the operator's words, in UTF-16 code units.
const NOTICE_UNITS: usize = 300;

/// What is left of a message.
#[derive(Debug, Clone, Copy)]
pub(super) struct Room {
    pub(super) units: usize,
    pub(super) bytes: usize,
}

impl Room {
    /// What is left for people's own words once `used` is written: at most five bytes stand for
    /// one UTF-16 code unit (`&amp;`).
    fn after(self, used: &Html) -> usize {
        let units = self.units.saturating_sub(used.units());
        let by_bytes = self.bytes.saturating_sub(used.bytes()) / 5;
        units.min(by_bytes)
    }
}

/// How much of people's own words is shown, in UTF-16 code units.
#[derive(Debug, Clone, Copy, Default)]
struct Words {
    /// Of the answer or the reason.
    said: usize,
    /// Of what the executor reported.
    detail: usize,
}

/// The end of a card. `unseen`: its documents could not be posted.
pub(super) fn tail(
    card: &PromptCard,
    language: Language,
    now: Timestamp,
    unseen: bool,
    room: Room,
) -> Html {
    let request = &card.request;
    let mut html = Html::default();
    html.line_end();
    match &request.outcome {
        None => {
            open(card, language, now, unseen, &mut html);
            notices(card, language, &mut html);
        }
        Some(outcome) => {
            html.append(&closed(card, outcome, language, room));
        }
    }
    html
}

/// The end of a closed card: everything of ours, and of people's words as much as has room.
fn closed(card: &PromptCard, outcome: &Outcome, language: Language, room: Room) -> Html {
    let execution = card.request.execution.as_ref();
    let detailed = execution.is_some_and(|execution| execution.detail.is_some());
    let said = outcome.reason.is_some() || outcome.answer.is_some();
    let share = if said && detailed { 2 } else { 1 };
    let mut words = Words::default();
    // One for the line end before it, two for what stands for words that are left out.
    let left = |words| {
        room.after(&ended(card, outcome, language, words))
            .saturating_sub(3)
    };
    words.said = left(words) / share;
    words.detail = left(words);
    ended(card, outcome, language, words)
}

fn ended(card: &PromptCard, outcome: &Outcome, language: Language, words: Words) -> Html {
    let request = &card.request;
    let mut html = Html::default();
    html.bold(&outcome_line(language, request, outcome))
        .line_end();
    said_by_people(request, outcome, language, words.said, &mut html);
    execution(request, language, words.detail, &mut html);
    notices(card, language, &mut html);
    html
}

fn notices(card: &PromptCard, language: Language, html: &mut Html) {
    for notice in &card.notices {
        let said = match notice {
            Notice::RequesterUnreachable => texts::requester_unreachable(language),
            Notice::RequesterGone => texts::requester_gone(language),
            Notice::TimedOut(said) => cut(&line(said), NOTICE_UNITS),
        };
        html.text(&said).line_end();
    }
}

fn open(card: &PromptCard, language: Language, now: Timestamp, unseen: bool, html: &mut Html) {
    let request = &card.request;
    if unseen {
        html.text("⚠️ ")
            .text(&texts::attachment_missing(language))
            .line_end();
    }
    if card.approvals_needed > 1 {
        let need = u64::from(card.approvals_needed);
        let have = u64::try_from(card.approvals.len()).unwrap_or(u64::MAX);
        let votes = if card.approvals.is_empty() {
            texts::approvals_none(language, need)
        } else {
            texts::approvals_so_far(language, have, need, &names(language, &card.approvals))
        };
        html.text(&votes).line_end();
    }
    html.text(&deadline(
        language,
        request.expires_at,
        request.created_at,
        now,
    ))
    .line_end();
}

/// `✅ Approved by Ann · 14:02 UTC`.
pub(crate) fn outcome_line(
    language: Language,
    request: &RequestResource,
    outcome: &Outcome,
) -> String {
    let deciders: Vec<String> = outcome
        .decided_by
        .iter()
        .map(|by| by.name.clone())
        .collect();
    let names = names(language, &deciders);
    let time = absolute(outcome.decided_at, request.created_at);
    match (outcome.status, request.kind) {
        (Status::Approved, Kind::Approval) => texts::outcome_approved(language, &names, &time),
        (Status::Approved, Kind::Question) => texts::outcome_answered(language, &names, &time),
        (Status::Denied, Kind::Approval) => texts::outcome_denied(language, &names, &time),
        (Status::Denied, Kind::Question) => texts::outcome_declined(language, &names, &time),
        (Status::Expired, _) => texts::outcome_expired(language, &time),
        (Status::Cancelled, _) => texts::outcome_cancelled(language, &time),
        // An outcome is never pending.
        (Status::Failed | Status::Pending, _) => texts::outcome_failed(language, &time),
    }
}

/// The answer and the reason, in people's own words.
fn said_by_people(
    request: &RequestResource,
    outcome: &Outcome,
    language: Language,
    most: usize,
    html: &mut Html,
) {
    if let Some(answer) = &outcome.answer {
        // An option is known by its label, whatever else was kept.
        let chosen = request
            .options
            .iter()
            .find(|o| Some(&o.id) == answer.option_id.as_ref());
        let text = chosen.map_or(&answer.text, |option| &option.label);
        field(
            &texts::label_answer(language),
            &prose(text),
            |text| cut(text, most),
            html,
        );
    }
    if let Some(reason) = &outcome.reason {
        field(
            &texts::label_reason(language),
            &prose(reason),
            |text| cut(text, most),
            html,
        );
    }
}

fn execution(request: &RequestResource, language: Language, most: usize, html: &mut Html) {
    let Some(execution) = &request.execution else {
        return;
    };
    let time = absolute(execution.reported_at, request.created_at);
    let text = match execution.result {
        ExecutionResult::Applied => texts::execution_applied(language, &time),
        ExecutionResult::Failed => texts::execution_failed(language, &time),
    };
    html.text(&text).line_end();
    if let Some(detail) = &execution.detail {
        let shown = cut(prose(detail).trim_matches('\n'), most);
        html.quote(&shown).line_end();
    }
}

/// `Ann, Bob and 3 more`.
pub(crate) fn names(language: Language, names: &[String]) -> String {
    let mut shown = String::new();
    for (index, name) in names.iter().enumerate() {
        let name = cut(&line(name), NAMES_CHARS);
        let fits = shown.chars().count() + name.chars().count() <= NAMES_CHARS;
        if index > 0 && !fits {
            let more = u64::try_from(names.len() - index).unwrap_or(u64::MAX);
            return format!("{shown} {}", texts::more_people(language, more));
        }
        if index > 0 {
            shown.push_str(", ");
        }
        shown.push_str(&name);
    }
    shown
}
