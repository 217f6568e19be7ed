//! What the machine's table is made of: requests in every state that matters, and every event.

use signoff_contract::{Digest, ExecutionResult, Kind, Risk, Via};
use signoff_core::request::{Closed, Event, Presentation, Reply, Request, Responder, Response};

use crate::support::{
    apply, at, chooses, in_note, note_comes, note_done, note_heard, request, says, taps_approve,
    taps_deny, words, writes,
};

/// When the events of the table happen, in seconds.
pub(crate) const NOW: i64 = 100;

/// A request and what it is called.
type Named = (&'static str, Request);

/// Requests in every state, with everything that changes what an event does.
pub(crate) fn states() -> Vec<Named> {
    [waiting(), open(), questions(), ended()].concat()
}

fn shown(mut request: Request) -> Request {
    for number in [0, 1] {
        request = apply(&request, Event::PromptShown { prompt: number }, at(1));
    }
    request
}

fn of_two(request: Request) -> Request {
    Request {
        min_approvals: 2,
        ..request
    }
}

fn high(mut request: Request) -> Request {
    request.submission.risk = Risk::High;
    request
}

fn until(second: i64, request: Request) -> Request {
    Request {
        expires_at: at(second),
        ..request
    }
}

/// Not everybody has seen it.
fn waiting() -> Vec<Named> {
    let approval = request(Kind::Approval);
    let one_failed = apply(&approval, prompt_failed(0), at(1));
    let nowhere = Request {
        prompts: Vec::new(),
        ..approval.clone()
    };
    vec![
        ("waiting", approval.clone()),
        ("waiting, 2 needed", of_two(approval.clone())),
        (
            "waiting, 2 needed, ann has approved",
            apply(&of_two(approval.clone()), taps_approve("ann"), at(50)),
        ),
        ("waiting, one chat failed", one_failed),
        ("waiting, past the deadline", until(NOW, approval)),
        ("without a prompt, past the deadline", until(NOW, nowhere)),
    ]
}

/// Everybody has seen it, nobody has decided.
fn open() -> Vec<Named> {
    let open = shown(request(Kind::Approval));
    let hidden = Request {
        masked: vec!["/password".to_owned()],
        ..open.clone()
    };
    let pressed = |seconds_ago| {
        apply(
            &high(open.clone()),
            taps_approve("ann"),
            at(NOW - seconds_ago),
        )
    };
    let one_of_two = apply(&of_two(open.clone()), taps_approve("ann"), at(50));
    let high_one_of_two = apply(&high(one_of_two.clone()), taps_approve("bob"), at(NOW - 10));
    let asked_by_ann = Request {
        submitted_for: Some("ann".to_owned()),
        ..open.clone()
    };
    let reminder_due = Request {
        remind_at: Some(at(NOW)),
        ..open.clone()
    };
    let spoken = apply(&until(NOW, open.clone()), note_comes("note"), at(90));
    vec![
        ("open", open.clone()),
        ("open, high risk", high(open.clone())),
        ("open, something hidden", hidden),
        ("open, high risk, ann pressed 10 s ago", pressed(10)),
        ("open, high risk, ann pressed just now", pressed(0)),
        ("open, high risk, ann pressed 61 s ago", pressed(61)),
        ("open, high risk, ann pressed in the future", pressed(-5)),
        ("open, ann is 1 of 2", one_of_two),
        (
            "open, ann is 1 of 2, high risk, bob pressed once",
            high_one_of_two,
        ),
        ("open, asked for by ann", asked_by_ann),
        ("open, past the deadline", until(NOW, open.clone())),
        ("open, past the deadline, held by a note", spoken),
        (
            "open, past the deadline, a note held it until now",
            spoken_until_now(&open),
        ),
        (
            "open, high risk, ann pressed, past the deadline",
            until(NOW, pressed(10)),
        ),
        ("open, reminder due", reminder_due.clone()),
        (
            "open, reminder due, past the deadline",
            until(NOW, reminder_due),
        ),
    ]
}

/// Its deadline passed a minute ago, and a note held it since.
fn spoken_until_now(open: &Request) -> Request {
    apply(
        &until(NOW - 60, open.clone()),
        note_comes("note"),
        at(NOW - 70),
    )
}

fn questions() -> Vec<Named> {
    let question = shown(request(Kind::Question));
    let mut closed = question.clone();
    closed.submission.allow_custom = false;
    let asked_by_ann = Request {
        submitted_for: Some("ann".to_owned()),
        ..question.clone()
    };
    vec![
        ("question", question.clone()),
        ("question without custom answers", closed),
        ("question of high risk", high(question.clone())),
        ("question where the route needs 2", of_two(question.clone())),
        ("question asked for by ann", asked_by_ann),
        ("question, past the deadline", until(NOW, question.clone())),
        (
            "question, answered",
            apply(&question, chooses("ann", "blue"), at(50)),
        ),
        (
            "question, answered freely",
            apply(&question, writes("ann", "later"), at(50)),
        ),
        (
            "question, declined",
            apply(&question, taps_deny("ann"), at(50)),
        ),
    ]
}

fn ended() -> Vec<Named> {
    let open = shown(request(Kind::Approval));
    let approved = apply(&open, taps_approve("ann"), at(50));
    let claim = Event::Claimed {
        by: "executor".to_owned(),
        intent_digest: approved.intent_digest.unwrap(),
    };
    let claimed = apply(&approved, claim, at(60));
    let applied = apply(&claimed, executed(ExecutionResult::Applied), at(70));
    let unclaimed = apply(&approved, executed(ExecutionResult::Failed), at(70));
    let approved_unseen = apply(&request(Kind::Approval), taps_approve("ann"), at(50));
    let one_failed = apply(&request(Kind::Approval), prompt_failed(0), at(1));
    let failed = apply(&one_failed, prompt_failed(1), at(2));
    let mut closed = approved.clone();
    for prompt in &mut closed.prompts {
        prompt.presentation = Presentation::Shown {
            at: at(1),
            closed: Closed::Yes,
        };
    }
    vec![
        ("approved", approved),
        ("approved, every card closed", closed),
        ("approved before every chat had shown it", approved_unseen),
        ("approved, claimed", claimed),
        ("approved, executed", applied),
        ("approved, executed and failed, never claimed", unclaimed),
        ("denied", apply(&open, taps_deny("ann"), at(50))),
        ("expired", apply(&open, Event::DeadlinePassed, at(3_600))),
        ("failed", failed),
        (
            "failed, never presented",
            apply(&request(Kind::Approval), Event::DeadlinePassed, at(3_600)),
        ),
        ("cancelled", apply(&open, cancelled(), at(50))),
    ]
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

/// `by` approves with a button, while these may decide.
fn approves(by: Responder, eligible: &[&str]) -> Event {
    Event::Responded(Response {
        by,
        channel: "telegram".to_owned(),
        reply: Reply::Approve,
        via: Via::Button,
        // When it is applied: a time in the future counts as now.
        received_at: jiff::Timestamp::MAX,
        eligible: eligible.iter().map(|name| (*name).to_owned()).collect(),
        note: None,
    })
}

/// Every event, in every variation that some state tells apart.
pub(crate) fn events(request: &Request) -> Vec<(&'static str, Event)> {
    let mut events = responses();
    events.extend(others(request));
    events
}

fn responses() -> Vec<(&'static str, Event)> {
    let approver = |name: &str| Responder::Approver(name.to_owned());
    let stranger = Responder::Stranger("telegram:666".to_owned());
    let reasoned = |text| Reply::Deny {
        reason: Some(words(text)),
    };
    vec![
        ("ann approves (button)", taps_approve("ann")),
        ("ann approves (api)", says("ann", Reply::Approve, Via::Api)),
        ("bob approves (button)", taps_approve("bob")),
        ("bob approves (cli)", says("bob", Reply::Approve, Via::Cli)),
        (
            "bob approves, ann is off the route",
            approves(approver("bob"), &["bob", "cid"]),
        ),
        (
            "ann approves, she is off the route",
            approves(approver("ann"), &["bob"]),
        ),
        (
            "cid approves, new on the route",
            approves(approver("cid"), &["ann", "bob", "cid"]),
        ),
        ("eve approves (not eligible)", taps_approve("eve")),
        ("a stranger approves", approves(stranger, &["ann", "bob"])),
        ("ann denies", taps_deny("ann")),
        (
            "bob denies with a reason",
            says("bob", reasoned("no"), Via::Voice),
        ),
        (
            "bob denies with a blank reason",
            says("bob", reasoned(" \u{a0}"), Via::Text),
        ),
        ("eve denies (not eligible)", taps_deny("eve")),
        ("ann chooses an option", chooses("ann", "canary")),
        ("ann chooses no option of it", chooses("ann", "other")),
        ("eve chooses an option", chooses("eve", "canary")),
        ("ann writes an answer", writes("ann", "after lunch")),
        ("ann writes a blank answer", writes("ann", " \u{a0}")),
        ("ann denies in the note", in_note("note", taps_deny("ann"))),
        (
            "ann denies in another note",
            in_note("other", taps_deny("ann")),
        ),
        (
            "ann answers in the note",
            in_note("note", writes("ann", "after lunch")),
        ),
    ]
}

fn others(request: &Request) -> Vec<(&'static str, Event)> {
    let claim = |intent_digest| Event::Claimed {
        by: "executor".to_owned(),
        intent_digest,
    };
    let right = request.intent_digest.unwrap_or(Digest::of_bytes(b""));
    let died = Event::CallbackDied {
        cause: "410 Gone".to_owned(),
    };
    let resent = Event::CallbackResent {
        by: "operator".to_owned(),
    };
    let unreasoned = Event::Cancelled {
        by: "control-plane".to_owned(),
        reason: None,
    };
    vec![
        ("the requester cancels", cancelled()),
        ("the requester cancels, unreasoned", unreasoned),
        ("the deadline passes", Event::DeadlinePassed),
        ("the reminder is due", Event::ReminderDue),
        ("the note comes", note_comes("note")),
        ("another note comes", note_comes("other")),
        ("the note is heard", note_heard("note", None)),
        ("the note is heard, to confirm", note_heard("note", Some(5))),
        ("the note is done with", note_done("note")),
        ("prompt 0 is shown", Event::PromptShown { prompt: 0 }),
        ("prompt 1 is shown", Event::PromptShown { prompt: 1 }),
        ("prompt 9 is shown", Event::PromptShown { prompt: 9 }),
        ("prompt 0 fails", prompt_failed(0)),
        ("prompt 1 fails", prompt_failed(1)),
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
        ("callback dead", died),
        ("callback resent", resent),
    ]
}
