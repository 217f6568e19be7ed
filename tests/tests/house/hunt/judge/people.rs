//! What people did and were told, against what became of the request: nothing that the simulator
//! took is lost, and nobody was told anything that is not so.

use super::case::{Case, Press};
use super::progress::Progress;
use crate::hunt::crowd::{NAMES, PRESS_LIVES};
use crate::hunt::diary::{Typed, What};
use crate::hunt::plan::Button;

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
    /// A list of what waits.
    Waiting,
    /// That request does not wait for them.
    Unknown,
    Cancelled,
    NothingToCancel,
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
            "Cancelled, nothing was sent." => Self::Cancelled,
            "There is nothing to cancel." => Self::NothingToCancel,
            "Nothing waits for you." => Self::Waiting,
            text if text.contains(" requests wait for you:") => Self::Waiting,
            text if text.contains(" request waits for you:") => Self::Waiting,
            text if text.contains("waits for you") && text.starts_with("Nothing with the id ") => {
                Self::Unknown
            }
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
pub(crate) fn judge_people(
    case: &Case,
    progress: &Progress,
    now_ms: i64,
    faults: &mut Vec<String>,
) {
    for press in &case.presses {
        let who = name(press.person);
        let what = format!("{who}'s press on {:?} at {}", press.button, press.at_ms);
        let mut said = case.told_in_chat(press);
        if said.is_empty() && press.answer.is_none() && !ran_out(case, press, now_ms) {
            faults.push(format!("{what} was never answered"));
        }
        said.extend(press.answer.iter().map(|answer| Said::read(&answer.text)));
        for said in said {
            if let Some(why) = untrue(case, press.person, Doing::Press(press.button), &said) {
                faults.push(format!("{what} was told {said:?}: {why}"));
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
            if let Some(why) = untrue(case, text.person, Doing::Text(text.what), &said) {
                faults.push(format!("{what} was told {said:?}: {why}"));
            }
        }
    }
    judge_deciders(case, faults);
    judge_lost(case, progress, faults);
}

/// Whether the time of a press ran out on Telegram's side: it was never fetched, or its answer came
/// too late and was one that the card gives as well.
fn ran_out(case: &Case, press: &Press, now_ms: i64) -> bool {
    let ends = press.at_ms + i64::try_from(PRESS_LIVES.as_millis()).unwrap_or(i64::MAX);
    if press.fetched.is_empty() {
        return now_ms > ends;
    }
    case.calls.iter().any(|call| {
        let text = call.params["text"].as_str().unwrap_or_default();
        call.params["callback_query_id"] == press.query.as_str()
            && call.at_ms > ends
            && matches!(
                Said::read(text),
                Said::Approved | Said::Answered | Said::Denied | Said::Declined | Said::Counted
            )
    })
}

/// What somebody did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Doing {
    Press(Button),
    Text(What),
}

/// Why what somebody was told is not so.
fn untrue(case: &Case, person: usize, doing: Doing, said: &Said) -> Option<String> {
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
        Said::PressAgain
            if case.told.asked.asks_twice && doing == Doing::Press(Button::Approve) =>
        {
            None
        }
        Said::PressAgain => Some("one press is enough".to_owned()),
        Said::Stale(outcome) => {
            let so = case.cards_say(outcome);
            (!so).then(|| format!("it is {status}, decided by {:?}", case.deciders()))
        }
        Said::Expired => (status != "expired").then(|| format!("it is {status}")),
        Said::Lapsed => {
            let sent = doing != Doing::Text(What::Reply) || case.deciders().contains(&who);
            sent.then(|| format!("it is {status}, decided by {:?}", case.deciders()))
        }
        Said::Waiting => {
            (doing != Doing::Text(What::Pending)).then(|| "they did not ask".to_owned())
        }
        Said::Unknown => {
            (doing != Doing::Text(What::Deny)).then(|| "they named nothing".to_owned())
        }
        Said::Cancelled | Said::NothingToCancel => {
            (doing != Doing::Text(What::Cancel)).then(|| "they did not ask".to_owned())
        }
        Said::NotYours => case
            .told
            .asked
            .route
            .approvers
            .contains(&person)
            .then(|| "they may decide it".to_owned()),
        Said::WriteBelow => {
            let asks = matches!(doing, Doing::Press(button) if button.asks_for_words());
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
fn judge_lost(case: &Case, progress: &Progress, faults: &mut Vec<String>) {
    if !matches!(case.status(), "expired" | "cancelled" | "failed") {
        return;
    }
    let ended = case.ended_ms();
    for press in &case.presses {
        let deciding = deciding(case, press);
        if !deciding.is_empty() && progress.overtook_presses(&deciding, ended) {
            faults.push(format!(
                "{}'s press on {:?} at {} was lost: it is {} since {ended}, and later ones were \
                 seen through",
                name(press.person),
                press.button,
                press.at_ms,
                case.status()
            ));
        }
    }
    let decides = |text: &&Typed| {
        let may = case.told.asked.route.approvers.contains(&text.person);
        may && text.responds() && progress.overtook_text(text, ended)
    };
    for text in case.texts.iter().filter(decides) {
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

/// The presses that end a pending request with this one as the last of them; none if it takes more.
fn deciding<'a>(case: &'a Case, press: &'a Press) -> Vec<&'a Press> {
    let asked = &case.told.asked;
    if !asked.route.approvers.contains(&press.person) {
        return Vec::new();
    }
    match press.button {
        Button::Deny | Button::Decline | Button::Option(_) => vec![press],
        Button::DenyWithReason | Button::CustomAnswer => Vec::new(),
        Button::Approve if asked.asks_twice => Vec::new(),
        Button::Approve => {
            // The first of everybody, up to this one.
            let first = |person: &usize| {
                let own = case.presses.iter().filter(|other| {
                    other.person == *person
                        && other.button == Button::Approve
                        && other.at_ms <= press.at_ms
                });
                own.min_by_key(|other| other.at_ms)
            };
            let approvals: Vec<&Press> = asked.route.approvers.iter().filter_map(first).collect();
            if approvals.len() < asked.route.min_approvals {
                return Vec::new();
            }
            approvals
        }
    }
}

pub(crate) fn name(person: usize) -> &'static str {
    NAMES.get(person).copied().unwrap_or("the guest")
}
