//! The small bodies: decision, cancel, claim, execution.

use std::fmt::Debug;

use signoff_contract::bodies::InvalidBody;
use signoff_contract::{
    CancelBody, ClaimBody, Decision, DecisionBody, Digest, ExecutionBody, ExecutionResult,
};

use crate::bad_bodies::answer;

fn told<T: Debug>(read: impl Fn(&[u8]) -> Result<T, InvalidBody>, cases: &[&str]) -> String {
    let told = |body: &&str| {
        let shown: String = body.chars().take(100).collect();
        let answer = match read(body.as_bytes()) {
            Ok(read) => format!("ok {read:?}\n"),
            Err(error) => answer(error.into()),
        };
        format!("## {shown}\n{answer}")
    };
    cases.iter().map(told).collect()
}

#[test]
fn a_decision_takes_only_what_belongs_to_it() {
    let long = format!(r#"{{"decision":"deny","reason":"{}"}}"#, "x".repeat(4_001));
    let page = told(
        DecisionBody::parse,
        &[
            r#"{"decision":"approve"}"#,
            r#"{"decision":"deny"}"#,
            r#"{"decision":"deny","reason":"not on a Friday\nplease"}"#,
            r#"{"decision":"deny","reason":" "}"#,
            r#"{"decision":"answer","option_id":"canary"}"#,
            r#"{"decision":"answer","text":"after lunch","option_id":null}"#,
            r#"{"decision":"approve","reason":"x","text":"y","option_id":"z"}"#,
            r#"{"decision":"deny","text":"no"}"#,
            r#"{"decision":"answer"}"#,
            r#"{"decision":"answer","text":"a","option_id":"b"}"#,
            r#"{"decision":"answer","text":" "}"#,
            r#"{"decision":"answer","option_id":""}"#,
            r#"{"decision":"aprove","reson":1,"text":2}"#,
            "{}",
            "",
            &long,
        ],
    );
    insta::assert_snapshot!(page);
}

#[test]
fn a_cancellation_needs_no_body() {
    let page = told(
        CancelBody::parse,
        &[
            "",
            " \n",
            "{}",
            r#"{"reason":"superseded"}"#,
            r#"{"reason":""}"#,
            r#"{"reason":1}"#,
            r#"{"why":"x"}"#,
            "null",
        ],
    );
    insta::assert_snapshot!(page);
}

#[test]
fn a_claim_names_the_digest() {
    let digest = Digest::of_bytes(b"x");
    let body = format!(r#"{{"intent_digest":"{digest}"}}"#);
    assert_eq!(
        ClaimBody::parse(body.as_bytes()).unwrap().intent_digest,
        digest
    );
    let page = told(
        ClaimBody::parse,
        &[
            "{}",
            r#"{"intent_digest":null}"#,
            r#"{"intent_digest":"sha256:00"}"#,
            r#"{"intent_digest":1}"#,
            r#"{"digest":"x"}"#,
        ],
    );
    insta::assert_snapshot!(page);
}

#[test]
fn an_execution_report_says_what_became_of_the_action() {
    let body = br#"{"result":"failed","detail":"rollout timed out"}"#;
    let report = ExecutionBody::parse(body).unwrap();
    assert_eq!(
        (report.result, report.detail.as_deref()),
        (ExecutionResult::Failed, Some("rollout timed out"))
    );
    let page = told(
        ExecutionBody::parse,
        &[
            r#"{"result":"applied"}"#,
            "{}",
            r#"{"result":"done","detail":1}"#,
            r#"{"result":"applied","detail":"\u0007"}"#,
        ],
    );
    insta::assert_snapshot!(page);
}

#[test]
fn what_serde_would_write_is_what_the_parsers_read() {
    let decision = DecisionBody {
        decision: Decision::Answer,
        option_id: None,
        text: Some("words".into()),
        reason: None,
    };
    assert_eq!(
        DecisionBody::parse(&serde_json::to_vec(&decision).unwrap()).unwrap(),
        decision
    );
    let cancel = CancelBody::default();
    assert_eq!(
        CancelBody::parse(&serde_json::to_vec(&cancel).unwrap()).unwrap(),
        cancel
    );
}
