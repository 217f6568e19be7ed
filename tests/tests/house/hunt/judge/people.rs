//! What people did and were told, against what became of the request: nothing that the simulator
//! took is lost, and nobody was told anything that is not so.

use super::case::{Case, Press};
use crate::hunt::crowd::NAMES;
use crate::hunt::plan::Button;
use crate::hunt::workload::Span;

/// A life that was ready for so long had the time to take a press to its end.
const WORKING_MS: i64 = 300;
/// How many of those a decision may need.
const LIVES: usize = 3;

/// What somebody was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Said {
    Approved,
    Answered,
    Denied,
    Declined,
    Counted,
    CountedBefore,
    PressAgain,
    /// How it ended, in the card's words.
    Stale(String),
    Expired,
    /// Their words came when the conversation was over.
    Lapsed,
    NotYours,
    WriteBelow,
    Nothing,
    /// Something that nobody should have been told.
    Else(String),
}

impl Said {
    /// Reads what the bot says in English.
    pub(crate) fn read(text: &str) -> Self {
        if let Some(outcome) = text.strip_prefix("Already decided. ") {
            return Self::Stale(outcome.to_owned());
        }
        match text {
            "Approved" => Self::Approved,
            "Answer taken" => Self::Answered,
            "Denied" => Self::Denied,
            "Declined" => Self::Declined,
            "This request has expired" => Self::Expired,
            text if text.starts_with("That took too long, and nothing was sent.") => Self::Lapsed,
            "Write below" => Self::WriteBelow,
            "" => Self::Nothing,
            text if text.starts_with("Counted: ") => Self::Counted,
            text if text.starts_with("You approved already: ") => Self::CountedBefore,
            text if text.starts_with("High risk: ") => Self::PressAgain,
            text if text.ends_with(" may decide this") => Self::NotYours,
            text => Self::Else(text.to_owned()),
        }
    }
}

/// Judges presses, texts and who is said to have decided.
pub(crate) fn judge_people(case: &Case, lives: &[Span], faults: &mut Vec<String>) {
    for press in &case.presses {
        let who = name(press.person);
        let what = format!("{who}'s press on {:?} at {}", press.button, press.at_ms);
        match &press.answer {
            None => faults.push(format!("{what} was never answered")),
            Some(answer) => {
                let said = Said::read(&answer.text);
                if let Some(why) = untrue(case, press.person, Some(press.button), &said) {
                    faults.push(format!("{what} was told {:?}: {why}", answer.text));
                }
            }
        }
    }
    for text in &case.texts {
        let what = format!("{}'s text at {}", name(text.person), text.at_ms);
        let replies = case.replies_to(text);
        if replies.is_empty() {
            faults.push(format!("{what} was never answered"));
        }
        for said in replies {
            if let Some(why) = untrue(case, text.person, None, &said) {
                faults.push(format!("{what} was told {said:?}: {why}"));
            }
        }
    }
    judge_deciders(case, faults);
    judge_lost(case, lives, faults);
}

/// Why what somebody was told is not so.
fn untrue(case: &Case, person: usize, button: Option<Button>, said: &Said) -> Option<String> {
    let (status, who) = (case.status(), name(person));
    let decided = |as_status: &str, question: bool| {
        let so = status == as_status
            && case.told.asked.is_question == question
            && case.deciders().contains(&who);
        (!so).then(|| format!("it is {status}, decided by {:?}", case.deciders()))
    };
    let counted = || {
        let voted = case.events.iter().any(|event| {
            event["event_type"] == "approval.vote_recorded" && event["actor_id"] == who
        });
        (!voted).then(|| "no vote of theirs is in the audit".to_owned())
    };
    match said {
        Said::Approved => decided("approved", false),
        Said::Answered => decided("approved", true),
        Said::Denied => decided("denied", false),
        Said::Declined => decided("denied", true),
        Said::Counted | Said::CountedBefore => counted(),
        Said::PressAgain if case.told.asked.asks_twice && button == Some(Button::Approve) => None,
        Said::PressAgain => Some("one press is enough".to_owned()),
        Said::Stale(outcome) => {
            let so = case.cards_say(outcome);
            (!so).then(|| format!("it is {status}, decided by {:?}", case.deciders()))
        }
        Said::Expired => (status != "expired").then(|| format!("it is {status}")),
        Said::Lapsed => {
            let sent = button.is_some() || case.deciders().contains(&who);
            sent.then(|| format!("it is {status}, decided by {:?}", case.deciders()))
        }
        Said::NotYours => case
            .told
            .asked
            .route
            .approvers
            .contains(&person)
            .then(|| "they may decide it".to_owned()),
        Said::WriteBelow => {
            let asks = button.is_some_and(Button::asks_for_words);
            (!asks).then(|| "that button asks for nothing".to_owned())
        }
        Said::Nothing => None,
        Said::Else(_) => Some("nobody should be told that".to_owned()),
    }
}

/// Whoever is said to have decided did so.
fn judge_deciders(case: &Case, faults: &mut Vec<String>) {
    let outcome = &case.resource["outcome"];
    if !matches!(case.status(), "approved" | "denied") {
        return;
    }
    let by = outcome["decided_by"].as_array().into_iter().flatten();
    let by: Vec<_> = by.collect();
    if by.is_empty() {
        faults.push("nobody is said to have decided".to_owned());
    }
    for (n, decider) in by.iter().enumerate() {
        let who = decider["name"].as_str().unwrap_or_default();
        if decider["channel"] == "api" {
            if case.told.asked.decided_by_api_after.is_none() {
                faults.push(format!("{who} is said to have decided by the API"));
            }
            continue;
        }
        // Who denies comes last; those before approved.
        let denied = case.status() == "denied" && n + 1 == by.len();
        let own = case.presses.iter().filter(|p| name(p.person) == who);
        let pressed = |button| own.clone().filter(|p| p.button == button).count();
        let wrote = |words: &str| {
            let mut own = case.texts.iter().filter(|text| name(text.person) == who);
            own.any(|text| text.text == words)
        };
        let so = if case.told.asked.is_question {
            let answer = &outcome["answer"];
            match (denied, answer["option_id"].as_str()) {
                (true, _) => pressed(Button::Decline) > 0,
                (false, Some(option)) => {
                    let option = option.trim_start_matches('o').parse();
                    option.is_ok_and(|option| pressed(Button::Option(option)) > 0)
                }
                (false, None) => wrote(answer["text"].as_str().unwrap_or_default()),
            }
        } else if denied {
            match outcome["reason"].as_str() {
                Some(reason) => wrote(reason),
                None => pressed(Button::Deny) > 0,
            }
        } else {
            pressed(Button::Approve) > usize::from(case.told.asked.asks_twice)
        };
        if !so {
            faults.push(format!(
                "{who} is said to have decided, and did nothing of the kind: {outcome}"
            ));
        }
    }
}

/// Nobody decided in vain: whatever would have ended the request came too late, or another was
/// faster.
fn judge_lost(case: &Case, lives: &[Span], faults: &mut Vec<String>) {
    if !matches!(case.status(), "expired" | "cancelled" | "failed") {
        return;
    }
    let ended = case.ended_ms();
    let in_vain = |at_ms: i64| {
        let working = lives.iter().filter(|life| {
            let ready = life.ready.unwrap_or(i64::MAX);
            let until = life.died.unwrap_or(i64::MAX).min(ended);
            ready > at_ms && until.saturating_sub(ready) > WORKING_MS
        });
        working.count() >= LIVES
    };
    for press in case.presses.iter().filter(|press| decides(case, press)) {
        if in_vain(press.at_ms) {
            faults.push(format!(
                "{}'s press on {:?} at {} was lost: it is {} since {ended}",
                name(press.person),
                press.button,
                press.at_ms,
                case.status()
            ));
        }
    }
    for text in case.texts.iter().filter(|text| in_vain(text.at_ms)) {
        faults.push(format!(
            "{}'s text at {} was lost: it is {} since {ended}",
            name(text.person),
            text.at_ms,
            case.status()
        ));
    }
    if case.told.by_api == Some(axum::http::StatusCode::OK)
        && case.told.asked.route.min_approvals == 1
    {
        faults.push("Ann's decision by the API was answered 200".to_owned());
    }
}

/// Whether this press alone ends a pending request.
fn decides(case: &Case, press: &Press) -> bool {
    let asked = &case.told.asked;
    if !asked.route.approvers.contains(&press.person) {
        return false;
    }
    match press.button {
        Button::Deny | Button::Decline | Button::Option(_) => true,
        Button::DenyWithReason | Button::CustomAnswer => false,
        Button::Approve if asked.asks_twice => false,
        Button::Approve => {
            // The one that completes the number.
            let approvers = &asked.route.approvers;
            let before = approvers.iter().filter(|approver| {
                case.presses.iter().any(|other| {
                    other.person == **approver
                        && other.button == Button::Approve
                        && other.at_ms <= press.at_ms
                })
            });
            before.count() >= asked.route.min_approvals
        }
    }
}

pub(crate) fn name(person: usize) -> &'static str {
    NAMES.get(person).copied().unwrap_or("the guest")
}
