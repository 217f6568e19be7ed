//! What a good body becomes, and what is answered at once.

use serde_json::{Value, json};
use signoff_contract::Kind;
use signoff_contract::compat::{Endpoint, already_exists, queued, refused};

use super::{APPROVE, EXECUTE, sentence, taken, with};

#[test]
fn how_long_a_request_waits() {
    for (sent, waits) in [
        (json!(null), 3_600),
        (json!(0), 3_600),
        (json!(-1), 3_600),
        (json!(i64::MIN), 3_600),
        (json!(1), 1),
        (json!(9), 9),
        (json!(2_592_000), 2_592_000),
        (json!(2_592_001), 2_592_000),
        (json!(i64::MAX), 2_592_000),
    ] {
        for endpoint in Endpoint::ALL {
            let body = with(endpoint, &[("/timeout_sec", Some(sent.clone()))]);
            let (submission, _) = taken(endpoint, &body);
            assert_eq!(submission.ttl_seconds, Some(waits), "{sent}");
        }
    }
}

#[test]
fn an_approval_becomes_a_native_one_without_losing_a_word() {
    let changes = [
        (
            "/approval_request",
            Some(json!("May I delete pod-1?\nIt hangs since noon.")),
        ),
        ("/lang", Some(json!(" RU "))),
        (
            "/arguments",
            Some(json!({ "big": 9_007_199_254_740_993_u64, "whole": 2.0, "share": 0.5 })),
        ),
        (
            "/links_to_code",
            Some(json!([
                { "text": "PR #4", "url": "https://git.example.org/4" },
                { "text": "Wiki", "url": "notes/deploy.md" },
            ])),
        ),
    ];
    let (submission, dialect) = taken(APPROVE, &with(APPROVE, &changes));
    assert_eq!(submission.kind, Kind::Approval);
    assert_eq!(submission.title, "May I delete pod-1?");
    let context = "May I delete pod-1?\nIt hangs since noon.\nWiki: notes/deploy.md";
    assert_eq!(submission.context.as_deref(), Some(context));
    assert_eq!(submission.justification.as_deref(), Some("The pod hangs."));
    assert_eq!(
        submission.risk_assessment.as_deref(),
        Some("It restarts at once.")
    );
    assert_eq!(submission.language.as_deref(), Some("ru"));
    assert_eq!(submission.links.len(), 1);
    let action = submission.action.expect("an action");
    assert_eq!(action.tool, "k8s.delete");
    // Its numbers are doubles: what people see is what every reader of that text has.
    let expected = json!({ "big": 9_007_199_254_740_992.0, "whole": 2, "share": 0.5 });
    assert_eq!(Value::from(action.arguments), expected);
    let requester = submission.requester.expect("a requester");
    assert_eq!(requester.run_id.as_deref(), Some("corr-1"));
    assert_eq!(submission.correlation_id.as_str(), "native:1");
    assert_eq!(dialect.key(), "/approve corr-1");
    assert_eq!(dialect.question, None);
}

#[test]
fn a_question_becomes_a_native_one_without_losing_a_word() {
    let changes = [
        (
            "/arguments/question",
            Some(json!(" Which way\nshall it go? ")),
        ),
        ("/arguments/context", Some(json!("\tBoth are open.\n"))),
        ("/arguments/options", Some(json!([" left ", "right"]))),
        ("/spec", Some(json!({ "allow_custom_option": false }))),
    ];
    let (submission, dialect) = taken(EXECUTE, &with(EXECUTE, &changes));
    assert_eq!(submission.kind, Kind::Question);
    assert_eq!(submission.title, "Which way");
    let context = "Which way\nshall it go?\n\nBoth are open.";
    assert_eq!(submission.context.as_deref(), Some(context));
    let labels: Vec<&str> = submission
        .options
        .iter()
        .map(|o| o.label.as_str())
        .collect();
    assert_eq!(labels, ["left", "right"]);
    assert!(!submission.allow_custom);
    assert_eq!(submission.action, None);
    let requester = submission.requester.expect("a requester");
    assert_eq!(requester.agent.as_deref(), Some("ask.owner"));
    let echo = dialect.question.expect("an echo");
    assert_eq!(echo.text, "Which way\nshall it go?");
    assert_eq!(echo.options, ["left", "right"]);
}

#[test]
fn a_callback_that_cannot_be_sent_is_refused_in_words_of_ours() {
    for (url, said) in [
        ("not a url", "callback.url: this is no URL"),
        (
            "ftp://files.example.org/x",
            "callback.url: only http and https are spoken",
        ),
        (
            "mailto:ann@example.org",
            "callback.url: only http and https are spoken",
        ),
    ] {
        for endpoint in Endpoint::ALL {
            let body = with(endpoint, &[("/callback", Some(json!({ "url": url })))]);
            assert_eq!(sentence(endpoint, &body), said);
        }
    }
}

#[test]
fn answers_have_these_bytes() {
    let id = "run <1> & \"2\"\\\u{2028}\u{7}é";
    let escaped = r#"run \u003c1\u003e \u0026 \"2\"\\\u2028\u0007é"#;
    let rows = [
        (
            queued(APPROVE, id),
            format!(r#"{{"decision":"pending","reason":"queued","correlation_id":"{escaped}"}}"#),
        ),
        (
            queued(EXECUTE, id),
            format!(r#"{{"status":"pending","result":"queued","correlation_id":"{escaped}"}}"#),
        ),
        (
            already_exists(APPROVE, id),
            format!(
                r#"{{"decision":"error","reason":"approval already exists","correlation_id":"{escaped}"}}"#
            ),
        ),
        (
            already_exists(EXECUTE, id),
            format!(
                r#"{{"status":"error","result":"execution already exists","correlation_id":"{escaped}"}}"#
            ),
        ),
        (
            refused(APPROVE, "tool is required"),
            r#"{"decision":"error","reason":"tool is required"}"#.to_owned(),
        ),
        (
            refused(EXECUTE, "context must be <= 2000 characters"),
            r#"{"status":"error","result":"context must be \u003c= 2000 characters"}"#.to_owned(),
        ),
    ];
    for (bytes, text) in rows {
        assert_eq!(String::from_utf8(bytes).expect("text"), format!("{text}\n"));
    }
}
