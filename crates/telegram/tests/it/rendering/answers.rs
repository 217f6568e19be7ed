//! Everything that can come of a press or a text, and how it is told.

use fluent_bundle::FluentValue;
use signoff_contract::{Kind, Risk, Status};
use signoff_engine::{AnswerResult, PromptCard};

use super::hostile::Hostile;
use super::layout;
use super::meant::line;
use super::words::Words;

/// What a result is in words.
pub(super) fn said(result: &AnswerResult, card: &PromptCard, words: &Words) -> String {
    let request = &card.request;
    let counted = |id, have: u32, need: u32| {
        words.fill(
            id,
            &[
                ("have", FluentValue::from(have)),
                ("need", FluentValue::from(need)),
            ],
        )
    };
    match result {
        AnswerResult::Applied => words.say(match (request.status, request.kind) {
            (Status::Approved, Kind::Approval) => "said-approved",
            (Status::Approved, Kind::Question) => "said-answered",
            (Status::Denied, Kind::Approval) => "said-denied",
            (Status::Denied, Kind::Question) => "said-declined",
            _ => "said-ended",
        }),
        AnswerResult::Recorded { have, need } => counted("said-recorded", *have, *need),
        AnswerResult::Duplicate { have, need } => counted("said-duplicate", *have, *need),
        AnswerResult::ConfirmRequired if matches!(request.risk, Risk::High | Risk::Critical) => {
            words.say("confirm-risk")
        }
        AnswerResult::ConfirmRequired => words.say("confirm-hidden"),
        AnswerResult::Stale => {
            let outcome = request.outcome.as_ref().expect("it ended");
            let outcome = layout::outcome_line(request, outcome, words);
            words.with("refused-stale", &[("outcome", &outcome)])
        }
        AnswerResult::Expired => words.say("refused-expired"),
        AnswerResult::NotAuthorised { needed } if needed.is_empty() => words.say("refused-nobody"),
        AnswerResult::NotAuthorised { needed } => {
            let names = some_of(needed, words);
            words.with("refused-not-authorised", &[("names", &names)])
        }
        AnswerResult::OwnRequest => words.say("refused-own"),
        AnswerResult::Invalid { why } => words.with("refused-invalid", &[("why", why)]),
        AnswerResult::NotOurs => words.say("refused-foreign"),
    }
}

/// Everything that can come of a press or a text.
pub(super) fn results(hostile: &mut Hostile) -> Vec<AnswerResult> {
    let many = (0..60).map(|n| format!("approver-{n}")).collect();
    let few = vec!["ann".to_owned(), hostile.line(10)];
    vec![
        AnswerResult::Applied,
        AnswerResult::Recorded { have: 1, need: 3 },
        AnswerResult::ConfirmRequired,
        AnswerResult::Duplicate { have: 1, need: 2 },
        AnswerResult::Stale,
        AnswerResult::Expired,
        AnswerResult::NotAuthorised { needed: Vec::new() },
        AnswerResult::NotAuthorised { needed: few },
        AnswerResult::NotAuthorised { needed: many },
        AnswerResult::OwnRequest,
        AnswerResult::Invalid {
            why: "a question takes an answer".to_owned(),
        },
        AnswerResult::NotOurs,
    ]
}

/// As many of the names as fit into 120 characters, and how many more there are.
fn some_of(names: &[String], words: &Words) -> String {
    let mut shown = String::new();
    for (index, name) in names.iter().enumerate() {
        let name = line(name);
        if index > 0 && shown.chars().count() + name.chars().count() > 120 {
            return format!(
                "{shown} {}",
                words.count("more-people", &[("count", names.len() - index)])
            );
        }
        shown.push_str(if index > 0 { ", " } else { "" });
        shown.push_str(&name);
    }
    shown
}
