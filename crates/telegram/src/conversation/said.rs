//! Results in words: what a person learns of what they did.

use signoff_contract::{Kind, Risk, Status};
use signoff_engine::{AnswerResult, PromptCard};

use crate::render::{names, outcome_line};
use crate::texts::{self, Language};

/// What to tell somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) text: String,
    /// Whether they must notice: an alert, not a passing line.
    pub(crate) alert: bool,
    /// Whether the card shows it too, so that it may go unsaid when it is too late to say.
    pub(crate) on_card: bool,
}

impl Said {
    /// Something that must be noticed.
    pub(crate) fn alert(text: String) -> Self {
        Self {
            text,
            alert: true,
            on_card: false,
        }
    }

    /// What a response did.
    pub(crate) fn of(language: Language, result: &AnswerResult, card: Option<&PromptCard>) -> Self {
        match result {
            AnswerResult::Applied => Self::shown(applied(language, card)),
            AnswerResult::Recorded { have, need } => Self::shown(texts::said_recorded(
                language,
                u64::from(*have),
                u64::from(*need),
            )),
            AnswerResult::ConfirmRequired => Self::alert(confirm(language, card)),
            AnswerResult::Duplicate { have, need } => Self::alert(texts::said_duplicate(
                language,
                u64::from(*have),
                u64::from(*need),
            )),
            AnswerResult::Stale => Self::alert(stale(language, card)),
            AnswerResult::Expired => Self::alert(texts::refused_expired(language)),
            AnswerResult::NotAuthorised { needed } => Self::alert(not_authorised(language, needed)),
            AnswerResult::OwnRequest => Self::alert(texts::refused_own(language)),
            AnswerResult::Invalid { .. } => Self::alert(texts::refused_invalid(language)),
            AnswerResult::NotOurs => Self::alert(texts::refused_foreign(language)),
        }
    }

    fn shown(text: String) -> Self {
        Self {
            text,
            alert: false,
            on_card: true,
        }
    }
}

fn applied(language: Language, card: Option<&PromptCard>) -> String {
    let Some(card) = card else {
        return texts::said_ended(language);
    };
    match (card.request.status, card.request.kind) {
        (Status::Approved, Kind::Approval) => texts::said_approved(language),
        (Status::Approved, Kind::Question) => texts::said_answered(language),
        (Status::Denied, Kind::Approval) => texts::said_denied(language),
        (Status::Denied, Kind::Question) => texts::said_declined(language),
        _ => texts::said_ended(language),
    }
}

/// Why a second press is needed: the risk, or what nobody can see.
fn confirm(language: Language, card: Option<&PromptCard>) -> String {
    let risky = card.is_none_or(|card| matches!(card.request.risk, Risk::High | Risk::Critical));
    if risky {
        texts::confirm_risk(language)
    } else {
        texts::confirm_hidden(language)
    }
}

/// Losers of a race read who was first.
fn stale(language: Language, card: Option<&PromptCard>) -> String {
    let outcome = card.and_then(|card| Some((&card.request, card.request.outcome.as_ref()?)));
    match outcome {
        Some((request, outcome)) => {
            texts::refused_stale(language, &outcome_line(language, request, outcome))
        }
        None => texts::said_ended(language),
    }
}

fn not_authorised(language: Language, needed: &[String]) -> String {
    if needed.is_empty() {
        return texts::refused_nobody(language);
    }
    texts::refused_not_authorised(language, &names(language, needed))
}
