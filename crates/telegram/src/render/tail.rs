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
/// The least of a reason, an answer or a detail that is shown.
const WORDS_CHARS: usize = 120;

/// What is left of a message.
#[derive(Debug, Clone, Copy)]
pub(super) struct Room {
    pub(super) chars: usize,
    pub(super) bytes: usize,
}

impl Room {
    /// What is left for people's own words once `used` is written: at most five bytes stand for
    /// one character (`&amp;`).
    fn after(self, used: &Html) -> usize {
        const SLACK: usize = 80;
        let chars = self.chars.saturating_sub(used.chars() + SLACK);
        let by_bytes = self.bytes.saturating_sub(used.bytes() + 4 * SLACK) / 5;
        chars.min(by_bytes).max(WORDS_CHARS)
    }
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
        None => open(card, language, now, unseen, &mut html),
        Some(outcome) => {
            let detail = request
                .execution
                .as_ref()
                .and_then(|execution| execution.detail.as_deref());
            let words = outcome.reason.is_some() || outcome.answer.is_some();
            let share = if words && detail.is_some() { 2 } else { 1 };
            html.bold(&outcome_line(language, request, outcome))
                .line_end();
            said(
                request,
                outcome,
                language,
                room.after(&html) / share,
                &mut html,
            );
            execution(request, language, detail, room, &mut html);
        }
    }
    for Notice::RequesterUnreachable in &card.notices {
        html.text(&texts::requester_unreachable(language))
            .line_end();
    }
    html
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
fn said(
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
            &cut(&prose(text), most),
            html,
        );
    }
    if let Some(reason) = &outcome.reason {
        field(
            &texts::label_reason(language),
            &cut(&prose(reason), most),
            html,
        );
    }
}

fn execution(
    request: &RequestResource,
    language: Language,
    detail: Option<&str>,
    room: Room,
    html: &mut Html,
) {
    let Some(execution) = &request.execution else {
        return;
    };
    let time = absolute(execution.reported_at, request.created_at);
    let text = match execution.result {
        ExecutionResult::Applied => texts::execution_applied(language, &time),
        ExecutionResult::Failed => texts::execution_failed(language, &time),
    };
    html.text(&text).line_end();
    if let Some(detail) = detail {
        let shown = cut(&prose(detail), room.after(html));
        html.quote(shown.trim_matches('\n')).line_end();
    }
}

/// `Ann, Bob and 3 more`.
fn names(language: Language, names: &[String]) -> String {
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
