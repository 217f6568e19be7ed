//! The callback of a request that came through a drop-in endpoint: every end, byte for byte.

use jiff::Timestamp;
use signoff_contract::compat::{Dialect, Echo, Endpoint};
use signoff_contract::{Kind, Via};
use signoff_core::render::callback_body;
use signoff_core::request::{
    Decided, FailureCause, FailureCode, GivenAnswer, Reason, Request, State, Vote, Words,
};

use crate::support::{at, request};

/// What people gave, and another text where it must not be taken from.
fn words(verbatim: &str) -> Words {
    crate::support::words(verbatim)
}

fn approval(state: State) -> Request {
    Request {
        state,
        dialect: Some(Dialect {
            endpoint: Endpoint::Approve,
            correlation_id: "corr <1>".to_owned(),
            tool: "k8s.delete".to_owned(),
            question: None,
            metadata: false,
            timeout_message: None,
        }),
        ..request(Kind::Approval)
    }
}

fn question(state: State) -> Request {
    Request {
        state,
        dialect: Some(Dialect {
            endpoint: Endpoint::Execute,
            correlation_id: "corr-2".to_owned(),
            tool: "ask.owner".to_owned(),
            question: Some(Echo {
                text: "Which way & when?".to_owned(),
                options: vec!["left".to_owned(), "right > left".to_owned()],
            }),
            metadata: false,
            timeout_message: None,
        }),
        ..request(Kind::Question)
    }
}

fn vote() -> Vote {
    Vote {
        by: "ann".to_owned(),
        channel: "telegram".to_owned(),
        at: at(60),
    }
}

fn decided(reason: Option<Reason>, answer: Option<GivenAnswer>) -> Decided {
    Decided {
        at: at(60),
        by: vec![vote()],
        reason,
        answer,
    }
}

fn because(text: &str, via: Via) -> State {
    let words = words(text);
    State::Denied(decided(Some(Reason { words, via }), None))
}

fn failed() -> State {
    State::Failed {
        at: at(60),
        cause: FailureCause {
            code: FailureCode::Undeliverable,
            detail: "telegram: chat not found".to_owned(),
        },
    }
}

fn cancelled(reason: Option<&str>) -> State {
    State::Cancelled {
        at: at(60),
        by: "compat".to_owned(),
        reason: reason.map(words),
    }
}

fn body(request: &Request) -> String {
    let body = callback_body(request, at(60)).expect("it can be written");
    String::from_utf8(body).expect("text")
}

#[test]
fn the_callback_of_an_approval_has_these_bytes() {
    let yes = State::Approved(decided(None, None));
    let no = State::Denied(decided(None, None));
    let expired = State::Expired { at: at(3_600) };
    let rows = [
        (yes, r#""decision":"approve","reason":"approved""#),
        (no, r#""decision":"deny","reason":"denied""#),
        (
            because("not \"today\"\n<b>", Via::Text),
            r#""decision":"deny","reason":"not \"today\"\n\u003cb\u003e""#,
        ),
        (
            because("too late", Via::Voice),
            r#""decision":"deny","reason":"too late""#,
        ),
        (
            because(" \u{a0}", Via::Voice),
            r#""decision":"deny","reason":"denied""#,
        ),
        (expired, r#""decision":"error","reason":"approval timeout""#),
        (
            failed(),
            r#""decision":"error","reason":"undeliverable: telegram: chat not found""#,
        ),
        (
            cancelled(None),
            r#""decision":"error","reason":"the request was withdrawn""#,
        ),
        (
            cancelled(Some("solved")),
            r#""decision":"error","reason":"the request was withdrawn: solved""#,
        ),
    ];
    for (state, middle) in rows {
        let expected =
            format!(r#"{{"correlation_id":"corr \u003c1\u003e",{middle},"tool":"k8s.delete"}}"#);
        assert_eq!(body(&approval(state)), expected);
    }
}

#[test]
fn the_callback_of_a_question_has_these_bytes() {
    let answered = |option: Option<&str>, text: &str, via: Via| {
        let answer = GivenAnswer {
            option_id: option.map(str::to_owned),
            words: words(text),
            via,
        };
        State::Approved(decided(None, Some(answer)))
    };
    let success = |result: &str| {
        format!(
            r#"{{"correlation_id":"corr-2","result":{result},"status":"success","tool":"ask.owner"}}"#
        )
    };
    let error = |result: &str| {
        format!(
            r#"{{"correlation_id":"corr-2","result":"{result}","status":"error","tool":"ask.owner"}}"#
        )
    };
    let asked = r#""question":"Which way \u0026 when?""#;
    let rows = [
        (
            answered(Some("canary"), "The canary way", Via::Button),
            success(&format!(
                r#"{{"custom":false,"input_mode":"button",{asked},"selected_index":0,"selected_option":"left"}}"#
            )),
        ),
        (
            answered(Some("blue"), "masked away", Via::Api),
            success(&format!(
                r#"{{"custom":false,"input_mode":"button",{asked},"selected_index":1,"selected_option":"right \u003e left"}}"#
            )),
        ),
        (
            answered(None, "straight \u{2029}on", Via::Text),
            success(&format!(
                r#"{{"custom":true,"input_mode":"text",{asked},"selected_index":null,"selected_option":"straight \u2029on"}}"#
            )),
        ),
        (
            answered(None, "straight on", Via::Voice),
            success(&format!(
                r#"{{"custom":true,"input_mode":"voice",{asked},"selected_index":null,"selected_option":"straight on"}}"#
            )),
        ),
        (
            answered(None, "straight on", Via::Cli),
            success(&format!(
                r#"{{"custom":true,"input_mode":"text",{asked},"selected_index":null,"selected_option":"straight on"}}"#
            )),
        ),
        (
            State::Denied(decided(None, None)),
            error("declined by the owner"),
        ),
        (
            because("no idea", Via::Text),
            error("declined by the owner"),
        ),
        (State::Expired { at: at(3_600) }, error("execution timeout")),
        (failed(), error("undeliverable: telegram: chat not found")),
        (cancelled(None), error("the request was withdrawn")),
    ];
    for (state, expected) in rows {
        assert_eq!(body(&question(state)), expected);
    }
}

#[test]
fn metadata_says_who_decided_and_over_what_only_when_it_is_wanted() {
    let mut told = approval(State::Approved(decided(None, None)));
    if let Some(dialect) = &mut told.dialect {
        dialect.metadata = true;
    }
    let digest = told.intent_digest.expect("a digest");
    let decided_at: Timestamp = at(60);
    let expected = format!(
        concat!(
            r#"{{"correlation_id":"corr \u003c1\u003e","decision":"approve","metadata":{{"approvers":["ann"],"#,
            r#""decided_at":"{}","intent_digest":"{}","view_digest":"{}"}},"#,
            r#""reason":"approved","request_id":"{}","tool":"k8s.delete"}}"#
        ),
        signoff_contract::time::format(decided_at),
        digest,
        digest,
        told.id
    );
    assert_eq!(body(&told), expected);
}

#[test]
fn a_native_request_keeps_its_native_callback() {
    let native = Request {
        dialect: None,
        ..approval(State::Approved(decided(None, None)))
    };
    assert!(body(&native).starts_with(r#"{"type":"request.approved","#));
}
