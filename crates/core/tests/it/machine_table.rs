//! The whole machine on one page: every state against every event.

use std::fmt::Write as _;

use signoff_core::request::{
    self, Event, FailureCode, Presentation, Request, State, Transition, Work, refusal,
};

use crate::machine_kinds::{
    CLOSED, EFFECTS, EVENTS, PRESENTATIONS, REJECTIONS, REPLIES, RESPONDERS, STATES, WORK,
    assert_all, closed_kind, effect_kind, event_kind, presentation_kind, rejection_kind,
    reply_kind, responder_kind, state_kind, work_kind,
};
use crate::machine_subjects::{NOW, events, states};
use crate::support::at;

#[test]
fn every_state_against_every_event() {
    let mut table = String::new();
    for (name, request) in states() {
        writeln!(table, "\n## {name} ({})", request.status().as_str()).unwrap();
        for (what, event) in events(&request) {
            let line = line(&request, &event);
            writeln!(table, "{what:<34} → {line}").unwrap();
        }
    }
    insta::assert_snapshot!(table);
}

/// What one event does: effect and new status, what changed, audit, work; or why nothing.
fn line(request: &Request, event: &Event) -> String {
    let cells = match request::apply(request, event.clone(), at(NOW)) {
        Ok(transition) => {
            let audit = transition
                .audit
                .iter()
                .map(|entry| entry.event_type.as_str());
            let work = transition.work.iter().map(|work| match work {
                Work::UpdatePrompts => "update prompts",
                Work::Remind => "remind",
                Work::SendCallback => "send callback",
            });
            [
                format!("{:?}", transition.effect),
                changes(request, &transition),
                audit.collect::<Vec<_>>().join(", "),
                work.collect::<Vec<_>>().join(", "),
            ]
        }
        Err(rejection) => {
            let audit = refusal(request, event, &rejection);
            [
                format!("✗ {}: {rejection}", rejection.code()),
                String::new(),
                audit.map(|entry| entry.event_type).unwrap_or_default(),
                String::new(),
            ]
        }
    };
    let cells: Vec<&str> = cells
        .iter()
        .map(String::as_str)
        .filter(|cell| !cell.is_empty())
        .collect();
    cells.join(" | ")
}

/// Every field of the request that is another one now, with what it became.
fn changes(before: &Request, transition: &Transition) -> String {
    let after = &transition.request;
    let mut changes = Vec::new();
    if after.state != before.state {
        changes.push(state(&after.state));
    }
    if after.remind_at != before.remind_at {
        changes.push("no reminder".to_owned());
        assert_eq!(after.remind_at, None);
    }
    for (now, then) in after.prompts.iter().zip(&before.prompts) {
        if now != then {
            let became = presentation_kind(&now.presentation).to_lowercase();
            changes.push(format!("prompt {} {became}", now.number));
        }
    }
    if after.claimed_at != before.claimed_at {
        changes.push("claimed".to_owned());
    }
    if after.execution != before.execution {
        changes.push("execution".to_owned());
    }
    // Whatever else changed would be a change that this page does not tell.
    let told = Request {
        state: after.state.clone(),
        remind_at: after.remind_at,
        prompts: after.prompts.clone(),
        claimed_at: after.claimed_at,
        execution: after.execution.clone(),
        ..before.clone()
    };
    assert_eq!(*after, told);
    changes.join(", ")
}

fn state(state: &State) -> String {
    let by = |by: &[request::Vote]| {
        let names: Vec<&str> = by.iter().map(|vote| vote.by.as_str()).collect();
        names.join(" and ")
    };
    match state {
        State::Pending(pending) => {
            let pressed = pending.confirmations.iter().map(|first| first.by.as_str());
            let pressed = pressed.collect::<Vec<_>>().join(" and ");
            format!("votes [{}], pressed once [{pressed}]", by(&pending.votes))
        }
        State::Approved(decided) | State::Denied(decided) => {
            let mut text = format!("{} by {}", state.status().as_str(), by(&decided.by));
            if let Some(reason) = &decided.reason {
                write!(text, ", because {:?}", reason.words.verbatim).unwrap();
            }
            if let Some(answer) = &decided.answer {
                write!(text, ": {:?}", answer.words.verbatim).unwrap();
            }
            text
        }
        State::Failed { cause, .. } => format!("failed, {}", cause.code.as_str()),
        State::Cancelled { by, .. } => format!("cancelled by {by}"),
        State::Expired { .. } => "expired".to_owned(),
    }
}

#[test]
fn the_table_has_every_kind_of_state_event_and_answer() {
    let states = states();
    assert_all(
        STATES,
        states.iter().map(|(_, request)| state_kind(&request.state)),
    );
    let prompts = || states.iter().flat_map(|(_, request)| &request.prompts);
    assert_all(
        PRESENTATIONS,
        prompts().map(|prompt| presentation_kind(&prompt.presentation)),
    );
    let closed = prompts().filter_map(|prompt| match &prompt.presentation {
        Presentation::Shown { closed, .. } => Some(closed_kind(closed)),
        Presentation::Waiting | Presentation::Failed { .. } => None,
    });
    assert_all(CLOSED, closed);
    for (_, request) in &states {
        let events: Vec<Event> = events(request)
            .into_iter()
            .map(|(_, event)| event)
            .collect();
        assert_all(EVENTS, events.iter().map(event_kind));
        let responses = || {
            events.iter().filter_map(|event| match event {
                Event::Responded(response) => Some(response),
                _ => None,
            })
        };
        assert_all(
            REPLIES,
            responses().map(|response| reply_kind(&response.reply)),
        );
        assert_all(
            RESPONDERS,
            responses().map(|response| responder_kind(&response.by)),
        );
    }
    let (mut effects, mut work, mut rejections) = (Vec::new(), Vec::new(), Vec::new());
    for (_, request) in &states {
        for (_, event) in events(request) {
            match request::apply(request, event, at(NOW)) {
                Ok(transition) => {
                    effects.push(effect_kind(&transition.effect));
                    work.extend(transition.work.iter().map(work_kind));
                }
                Err(rejection) => rejections.push(rejection_kind(&rejection)),
            }
        }
    }
    assert_all(EFFECTS, effects);
    assert_all(WORK, work);
    assert_all(REJECTIONS, rejections);
}

#[test]
fn the_states_of_the_table_are_what_they_are_called() {
    let states = states();
    let find = |name: &str| &states.iter().find(|state| state.0 == name).unwrap().1;
    assert!(!find("waiting, past the deadline").was_presented());
    assert!(find("open").was_presented());
    assert_eq!(find("open, ann is 1 of 2").votes().len(), 1);
    assert!(find("open, something hidden").asks_twice());
    let failed = |name: &str| match &find(name).state {
        State::Failed { cause, .. } => cause.code,
        other => panic!("{other:?}"),
    };
    assert_eq!(failed("failed"), FailureCode::Undeliverable);
    assert_eq!(
        failed("failed, never presented"),
        FailureCode::NeverPresented
    );
}
