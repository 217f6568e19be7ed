//! What a valid body becomes.

use signoff_contract::submission::{
    MAX_ARGUMENTS_BYTES, MAX_LINKS, MAX_TEXT_CHARS, OPTIONS, TITLE_CHARS, TTL_SECONDS, parse,
};
use signoff_contract::{Digest, Kind, ParsedSubmission, Risk, Submission};

fn parsed(body: &str) -> ParsedSubmission {
    parse(body.as_bytes()).unwrap_or_else(|error| panic!("{error}: {error:?}"))
}

const APPROVAL: &str = r#"{
  "correlation_id": "run-42:deploy-billing", "kind": "approval",
  "title": "Deploy billing-api 1.2.3 to production",
  "justification": "Fixes the double charge\r\n\treported this morning.",
  "risk_assessment": "API restarts, about 20 s of 502s.", "risk": "high",
  "action": { "tool": "k8s.deploy", "arguments": { "namespace": "prod", "image": "registry/billing:1.2.3" } },
  "requester": { "agent": "deploy-bot", "run_id": "42", "run_label": "run:dev", "runtime_mode": "full-env" },
  "links": [ { "label": "PR #42", "url": "https://git.example.org/pull/42" } ],
  "route": "owners", "language": "en", "ttl_seconds": 3600,
  "callback": { "url": "https://control-plane.example.org/hooks/signoff" }
}"#;

#[test]
fn a_full_approval_is_read_field_by_field() {
    insta::assert_json_snapshot!(parsed(APPROVAL).submission);
}

#[test]
fn a_question_takes_custom_answers_unless_it_says_otherwise() {
    let body = |more: &str| {
        format!(
            r#"{{"correlation_id":"q","kind":"question","title":"Which?","options":[{{"id":"a","label":"A","description":"x"}},{{"id":"b","label":"B"}}]{more}}}"#
        )
    };
    let question = parsed(&body("")).submission;
    assert_eq!(
        (question.kind, question.allow_custom, question.options.len()),
        (Kind::Question, true, 2)
    );
    assert_eq!(question.options[0].description.as_deref(), Some("x"));
    assert!(
        !parsed(&body(r#","allow_custom":false"#))
            .submission
            .allow_custom
    );
    assert!(
        parsed(&body(r#","action":{"tool":"t","arguments":{}}"#))
            .submission
            .action
            .is_some()
    );
}

#[test]
fn null_means_absent() {
    let sparse = r#"{"correlation_id":"a","kind":"approval","title":"T","action":{"tool":"t","arguments":{"x":null}},
        "context":null,"justification":null,"risk_assessment":null,"risk":null,"options":null,"allow_custom":null,
        "requester":{"agent":null},"links":null,"route":null,"language":null,"ttl_seconds":null,"callback":null}"#;
    let submission = parsed(sparse).submission;
    assert_eq!(submission.risk, Risk::Medium);
    assert!(
        submission.callback.is_none() && submission.links.is_empty() && submission.route.is_none()
    );
    assert!(
        submission.action.unwrap().arguments["x"].is_null(),
        "arguments are data: null stays"
    );
}

#[test]
fn the_canonical_body_is_the_body_as_sent_before_defaults() {
    let body = r#"{ "title":"T", "kind":"approval","correlation_id":"a", "action":{"tool":"t","arguments":{"b":1.0,"a":"\u00e9"}} }"#;
    assert_eq!(
        String::from_utf8(parsed(body).canonical_body).unwrap(),
        r#"{"action":{"arguments":{"a":"é","b":1},"tool":"t"},"correlation_id":"a","kind":"approval","title":"T"}"#
    );
}

#[test]
fn lengths_count_unicode_scalar_values() {
    let title = "ж".repeat(300);
    let body = format!(
        r#"{{"correlation_id":"a","kind":"approval","title":"{title}","action":{{"tool":"t","arguments":{{}}}}}}"#
    );
    assert_eq!(parsed(&body).submission.title, title);
}

#[test]
fn arguments_are_measured_in_canonical_form() {
    let body = |n: usize, space: &str| {
        format!(
            r#"{{"correlation_id":"a","kind":"approval","title":"T","action":{{"tool":"t","arguments":{{{space}"a":"{}"}}}}}}"#,
            "x".repeat(n)
        )
    };
    let most = MAX_ARGUMENTS_BYTES - r#"{"a":""}"#.len();
    parsed(&body(most, &" ".repeat(5_000)));
    parse(body(most + 1, "").as_bytes()).unwrap_err();
}

#[test]
fn arguments_that_grow_when_canonical_are_still_measured() {
    // 1e15 is four bytes as sent and sixteen in canonical form.
    let numbers = vec!["1e15"; 5_000].join(",");
    let body = format!(
        r#"{{"correlation_id":"a","kind":"approval","title":"T","action":{{"tool":"t","arguments":{{"a":[{numbers}]}}}}}}"#
    );
    assert!(body.len() < MAX_ARGUMENTS_BYTES);
    parse(body.as_bytes()).unwrap_err();
}

#[test]
fn arguments_may_hold_what_no_text_may() {
    let body = r#"{"correlation_id":"a","kind":"approval","title":"T","action":{"tool":"t","arguments":{"":"\u0000\u202e\u001b"}}}"#;
    let action = parsed(body).submission.action.unwrap();
    assert_eq!(action.arguments[""], "\0\u{202e}\u{1b}");
}

#[test]
fn language_tags_of_any_well_formed_kind_are_taken() {
    for tag in [
        "en",
        "ru",
        "zh-Hans",
        "de-CH-1996",
        "sr-Latn-RS",
        "EN",
        "tlh",
    ] {
        let body = format!(
            r#"{{"correlation_id":"a","kind":"approval","title":"T","language":"{tag}","action":{{"tool":"t","arguments":{{}}}}}}"#
        );
        assert_eq!(parsed(&body).submission.language.as_deref(), Some(tag));
    }
}

#[test]
fn the_intent_digest_is_that_of_the_action_in_the_canonical_body() {
    let parsed = parsed(APPROVAL);
    let action = parsed.submission.action.unwrap();
    let body = String::from_utf8(parsed.canonical_body).unwrap();
    let form = r#"{"arguments":{"image":"registry/billing:1.2.3","namespace":"prod"},"tool":"k8s.deploy"}"#;
    assert!(body.contains(form));
    assert_eq!(
        Digest::of_action(&action.tool, &action.arguments),
        Digest::of_bytes(form.as_bytes())
    );
}

#[test]
fn no_text_holds_a_character_that_hides_or_reorders_others() {
    let body = |field: &str, text: &str| {
        format!(
            r#"{{"correlation_id":"a","kind":"approval","title":"T","action":{{"tool":"t","arguments":{{}}}},"{field}":"{text}"}}"#
        )
    };
    let controls = (0x00..0x20)
        .chain(0x7f..0xa0)
        .filter(|c| ![0x09, 0x0a].contains(c));
    let directions = (0x202a..=0x202e)
        .chain(0x2066..=0x2069)
        .chain(0x2028..=0x2029);
    for code in controls.chain(directions) {
        let escaped = format!("a\\u{code:04x}b");
        parse(body("context", &escaped).as_bytes()).expect_err(&escaped);
    }
    for fine in [
        "a\\tb",
        "a\\nb",
        "a\\r\\nb",
        "\u{200f}\u{5e9}\u{5dc}",
        "\u{1f468}\u{200d}\u{1f469}",
        "e\u{301}",
    ] {
        parsed(&body("context", fine));
    }
}

#[test]
fn the_schema_asks_for_what_the_parser_asks_for() {
    let schema = serde_json::to_value(<Submission as utoipa::PartialSchema>::schema()).unwrap();
    assert_eq!(
        schema["required"],
        serde_json::json!(["correlation_id", "kind", "title"])
    );
    assert_eq!(schema["additionalProperties"], false);
    let fields = schema["properties"].as_object().unwrap();
    assert_eq!(fields.len(), 16);
    assert_eq!(fields["title"]["maxLength"], *TITLE_CHARS.end());
    assert_eq!(fields["ttl_seconds"]["maximum"], *TTL_SECONDS.end());
    assert_eq!(fields["ttl_seconds"]["minimum"], *TTL_SECONDS.start());
    assert_eq!(fields["options"]["maxItems"], *OPTIONS.end());
    assert_eq!(fields["links"]["maxItems"], MAX_LINKS);
    assert_eq!(fields["context"]["maxLength"], MAX_TEXT_CHARS);
}
