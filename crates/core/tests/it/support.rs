//! The world that the tests speak of: a request, people, prompts, times.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};
use signoff_contract::{
    Action, CallbackTarget, Digest, Kind, PromptId, QuestionOption, RequestId, Risk, Submission,
    Via,
};
use signoff_core::request::{
    Event, Pending, Presentation, Prompt, Reply, Request, Responder, Response, Speech, State, Words,
};

/// So many milliseconds after the request was made.
pub(crate) fn at_ms(millis: i64) -> Timestamp {
    let start: Timestamp = "2026-01-02T03:04:05Z".parse().unwrap();
    start + SignedDuration::from_millis(millis)
}

/// So many seconds after the request was made.
pub(crate) fn at(seconds: i64) -> Timestamp {
    at_ms(seconds * 1_000)
}

pub(crate) fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        other => panic!("{other} is no object"),
    }
}

pub(crate) fn submission(kind: Kind) -> Submission {
    let option = |id: &str| QuestionOption {
        id: id.to_owned(),
        label: format!("The {id} way"),
        description: None,
    };
    let question = kind == Kind::Question;
    Submission {
        correlation_id: "run-42:deploy".parse().unwrap(),
        kind,
        title: "Deploy billing 1.2.3".to_owned(),
        context: None,
        justification: None,
        risk_assessment: None,
        risk: Risk::Medium,
        action: (!question).then(|| Action {
            tool: "k8s.deploy".to_owned(),
            arguments: object(serde_json::json!({ "namespace": "prod" })),
        }),
        options: if question {
            vec![option("canary"), option("blue")]
        } else {
            Vec::new()
        },
        allow_custom: question,
        requester: None,
        links: Vec::new(),
        route: None,
        language: None,
        ttl_seconds: None,
        callback: Some(CallbackTarget {
            url: "https://control.example.org/hooks/T0PS3CRET?key=hunter2"
                .parse()
                .unwrap(),
        }),
    }
}

/// A pending request with two prompts: ann's and bob's, of an hour.
pub(crate) fn request(kind: Kind) -> Request {
    let submission = submission(kind);
    let digest = submission
        .action
        .as_ref()
        .map(|a| Digest::of_action(&a.tool, &a.arguments));
    Request {
        id: RequestId::from_parts(1_767_323_045_000, 42),
        project: "default".to_owned(),
        route: "owners".to_owned(),
        submission,
        masked: Vec::new(),
        intent_digest: digest,
        view_digest: digest,
        min_approvals: 1,
        submitted_by: "control-plane".to_owned(),
        submitted_for: None,
        created_at: at(0),
        expires_at: at(3_600),
        remind_at: Some(at(1_800)),
        state: State::Pending(Pending::default()),
        prompts: vec![prompt(0, &["ann"]), prompt(1, &["bob"])],
        claimed_at: None,
        execution: None,
        dialect: None,
    }
}

pub(crate) fn prompt(number: u8, approvers: &[&str]) -> Prompt {
    Prompt {
        id: PromptId::from_parts(1_767_323_045_000, number.into()),
        number,
        channel: "telegram".to_owned(),
        place: format!("100{number}"),
        approvers: approvers.iter().map(|name| (*name).to_owned()).collect(),
        presentation: Presentation::Waiting,
    }
}

/// `who` of ann and bob says `reply`.
pub(crate) fn says(who: &str, reply: Reply, via: Via) -> Event {
    Event::Responded(Response {
        by: Responder::Approver(who.to_owned()),
        channel: "telegram".to_owned(),
        reply,
        via,
        // When it is applied: a time in the future counts as now.
        received_at: jiff::Timestamp::MAX,
        eligible: vec!["ann".to_owned(), "bob".to_owned()],
        note: None,
    })
}

pub(crate) fn taps_approve(who: &str) -> Event {
    says(who, Reply::Approve, Via::Button)
}

pub(crate) fn taps_deny(who: &str) -> Event {
    says(who, Reply::Deny { reason: None }, Via::Button)
}

pub(crate) fn chooses(who: &str, option_id: &str) -> Event {
    says(
        who,
        Reply::Choose {
            option_id: option_id.to_owned(),
        },
        Via::Button,
    )
}

pub(crate) fn writes(who: &str, text: &str) -> Event {
    says(who, Reply::Custom(words(text)), Via::Text)
}

/// Words whose masked form shares nothing with the verbatim one.
pub(crate) fn words(verbatim: &str) -> Words {
    Words {
        verbatim: verbatim.to_owned(),
        masked: "‹masked words›".to_owned(),
    }
}

pub(crate) fn apply(request: &Request, event: Event, now: Timestamp) -> Request {
    signoff_core::request::apply(request, event, now)
        .expect("the event is accepted")
        .request
}

/// A voice note comes, and may count for a minute after the deadline.
pub(crate) fn note_comes(note: &str) -> Event {
    Event::NoteReceived {
        note: note.to_owned(),
        within: SignedDuration::from_secs(60),
    }
}

/// ann's note was listened to; its words may wait so many seconds for her confirmation.
pub(crate) fn note_heard(note: &str, confirm_within: Option<i64>) -> Event {
    Event::NoteTranscribed {
        note: note.to_owned(),
        by: Responder::Approver("ann".to_owned()),
        speech: Speech {
            audio_ms: 2_500,
            language: Some("en".to_owned()),
            mean_probability: 0.93,
            model: "ggml-small.bin".to_owned(),
            model_digest: Some("sha256:00".to_owned()),
            took_ms: 700,
            received_at: at(99),
        },
        confirm_within: confirm_within.map(SignedDuration::from_secs),
    }
}

/// A note is done with.
pub(crate) fn note_done(note: &str) -> Event {
    Event::NoteSettled {
        note: note.to_owned(),
    }
}

/// The same response, said by this voice note.
pub(crate) fn in_note(note: &str, event: Event) -> Event {
    let Event::Responded(response) = event else {
        panic!("a response");
    };
    Event::Responded(Response {
        via: Via::Voice,
        note: Some(note.to_owned()),
        ..response
    })
}
