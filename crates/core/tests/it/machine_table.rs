//! The whole machine on one page: every state against every event.

use std::fmt::Write as _;

use signoff_contract::{Digest, ExecutionResult, Kind, Risk, Via};
use signoff_core::request::{
    self, Event, Presentation, Reply, Request, Responder, Response, Work, refusal,
};

use crate::support::{apply, at, chooses, request, says, taps_approve, taps_deny, words, writes};

/// When the events of the table happen, in seconds.
const NOW: i64 = 100;

fn shown(mut request: Request) -> Request {
    for number in [0, 1] {
        request = apply(&request, Event::PromptShown { prompt: number }, at(1));
    }
    request
}

fn states() -> Vec<(&'static str, Request)> {
    let approval = request(Kind::Approval);
    let waiting = Request {
        min_approvals: 2,
        ..approval.clone()
    };
    let open = shown(approval.clone());
    let mut high = open.clone();
    high.submission.risk = Risk::High;
    let pressed_once = apply(&high, taps_approve("ann"), at(NOW - 10));
    let two = Request {
        min_approvals: 2,
        ..open.clone()
    };
    let one_of_two = apply(&two, taps_approve("ann"), at(50));
    let approved = apply(&open, taps_approve("ann"), at(50));
    let claim = Event::Claimed {
        by: "executor".to_owned(),
        intent_digest: approved.intent_digest.unwrap(),
    };
    let claimed = apply(&approved, claim, at(60));
    let executed = apply(&claimed, executed(ExecutionResult::Applied), at(70));
    let question = shown(request(Kind::Question));
    let mut closed_question = question.clone();
    closed_question.submission.allow_custom = false;
    vec![
        ("waiting, 2 needed", waiting),
        ("open", open.clone()),
        ("open, high risk", high),
        ("open, high risk, ann pressed", pressed_once),
        ("open, ann is 1 of 2", one_of_two),
        (
            "open, asked for by ann",
            Request {
                submitted_for: Some("ann".into()),
                ..open.clone()
            },
        ),
        (
            "open, past the deadline",
            Request {
                expires_at: at(NOW),
                ..open.clone()
            },
        ),
        (
            "never shown, past the deadline",
            Request {
                expires_at: at(NOW),
                ..approval
            },
        ),
        (
            "open, reminder due",
            Request {
                remind_at: Some(at(NOW)),
                ..open.clone()
            },
        ),
        ("approved", approved),
        ("approved, claimed", claimed),
        ("approved, executed", executed),
        ("denied", apply(&open, taps_deny("ann"), at(50))),
        ("expired", apply(&open, Event::DeadlinePassed, at(3_600))),
        ("failed", failed()),
        ("cancelled", apply(&open, cancelled(), at(50))),
        ("question", question.clone()),
        ("question without custom answers", closed_question),
        (
            "question, answered",
            apply(&question, chooses("ann", "blue"), at(50)),
        ),
        (
            "question, declined",
            apply(&question, taps_deny("ann"), at(50)),
        ),
    ]
}

fn failed() -> Request {
    let one = apply(&request(Kind::Approval), prompt_failed(0), at(1));
    apply(&one, prompt_failed(1), at(2))
}

fn prompt_failed(prompt: u8) -> Event {
    Event::PromptFailed {
        prompt,
        cause: "chat not found".to_owned(),
    }
}

fn cancelled() -> Event {
    Event::Cancelled {
        by: "control-plane".to_owned(),
        reason: Some(words("superseded")),
    }
}

fn executed(result: ExecutionResult) -> Event {
    Event::ExecutionReported {
        by: "executor".to_owned(),
        result,
        detail: None,
    }
}

fn stranger_approves() -> Event {
    Event::Responded(Response {
        by: Responder::Stranger("telegram:666".to_owned()),
        channel: "telegram".to_owned(),
        reply: Reply::Approve,
        via: Via::Button,
        // When it is applied: a time in the future counts as now.
        received_at: jiff::Timestamp::MAX,
        eligible: vec!["ann".to_owned(), "bob".to_owned()],
    })
}

fn events(request: &Request) -> Vec<(&'static str, Event)> {
    let claim = |intent_digest| Event::Claimed {
        by: "executor".to_owned(),
        intent_digest,
    };
    let right = request.intent_digest.unwrap_or(Digest::of_bytes(b""));
    vec![
        ("ann approves (button)", taps_approve("ann")),
        ("ann approves (api)", says("ann", Reply::Approve, Via::Api)),
        ("bob approves (button)", taps_approve("bob")),
        ("eve approves (not eligible)", taps_approve("eve")),
        ("a stranger approves", stranger_approves()),
        ("ann denies", taps_deny("ann")),
        (
            "bob denies with a reason",
            says(
                "bob",
                Reply::Deny {
                    reason: Some(words("no")),
                },
                Via::Voice,
            ),
        ),
        ("ann chooses an option", chooses("ann", "canary")),
        ("ann chooses no option of it", chooses("ann", "other")),
        ("ann writes an answer", writes("ann", "after lunch")),
        ("ann writes a blank answer", writes("ann", " \u{a0}")),
        ("the requester cancels", cancelled()),
        ("the deadline passes", Event::DeadlinePassed),
        ("the reminder is due", Event::ReminderDue),
        ("prompt 0 is shown", Event::PromptShown { prompt: 0 }),
        ("prompt 0 fails", prompt_failed(0)),
        ("prompt 9 fails", prompt_failed(9)),
        ("claim", claim(right)),
        (
            "claim of another action",
            claim(Digest::of_bytes(b"another")),
        ),
        ("execution applied", executed(ExecutionResult::Applied)),
        ("execution failed", executed(ExecutionResult::Failed)),
        (
            "callback delivered",
            Event::CallbackDelivered { attempts: 2 },
        ),
        (
            "callback dead",
            Event::CallbackDied {
                cause: "410 Gone".to_owned(),
            },
        ),
        (
            "callback resent",
            Event::CallbackResent {
                by: "operator".to_owned(),
            },
        ),
    ]
}

fn work(work: &[Work]) -> String {
    let words = work.iter().map(|work| match work {
        Work::UpdatePrompts => "update prompts",
        Work::Remind => "remind",
        Work::SendCallback => "send callback",
    });
    words.collect::<Vec<_>>().join(", ")
}

#[test]
fn every_state_against_every_event() {
    let mut table = String::new();
    for (name, request) in states() {
        writeln!(table, "\n## {name} ({})", request.status().as_str()).unwrap();
        for (what, event) in events(&request) {
            let line = match request::apply(&request, event.clone(), at(NOW)) {
                Ok(transition) => {
                    let audit: Vec<&str> = transition
                        .audit
                        .iter()
                        .map(|entry| entry.event_type.as_str())
                        .collect();
                    let after = transition.request.status().as_str();
                    let moved = if transition.request.status() == request.status() {
                        ""
                    } else {
                        after
                    };
                    let work = work(&transition.work);
                    let effect = format!("{:?}", transition.effect);
                    format!("{effect} {moved} | {} | {work}", audit.join(", "))
                }
                Err(rejection) => {
                    let audit = refusal(&request, &event, &rejection);
                    let audited = audit.map(|entry| entry.event_type).unwrap_or_default();
                    format!("✗ {}: {rejection} | {audited} |", rejection.code())
                }
            };
            let line = line
                .split(" | ")
                .map(str::trim)
                .collect::<Vec<_>>()
                .join(" | ");
            writeln!(table, "{what:<28} → {}", line.trim_end_matches([' ', '|'])).unwrap();
        }
    }
    insta::assert_snapshot!(table);
}

#[test]
fn the_states_of_the_table_are_what_they_are_called() {
    let states = states();
    let find = |name: &str| &states.iter().find(|state| state.0 == name).unwrap().1;
    assert!(!find("never shown, past the deadline").was_presented());
    assert!(find("open").was_presented());
    assert_eq!(find("open, ann is 1 of 2").votes().len(), 1);
    let failed = &find("failed").prompts[0].presentation;
    assert!(matches!(failed, Presentation::Failed { .. }));
}
