//! The published test vectors in `contracts/vectors/`, for implementations in other languages:
//! made here, committed, and checked to be current.

use std::path::Path;

use serde_json::{Value, json};
use signoff_contract::json::{canonical, read};
use signoff_contract::signature::{SigningSecret, sign};
use signoff_contract::{Digest, Problem, submission};

/// Compares the committed file with what the code produces.
pub(crate) fn is_current(name: &str, vectors: &Value) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../contracts/vectors")
        .join(name);
    let text = format!("{}\n", serde_json::to_string_pretty(vectors).unwrap());
    if std::env::var_os("SIGNOFF_REGENERATE").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        return;
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == text,
        "contracts/vectors/{name} is not what the code produces. If the change is meant: \
         SIGNOFF_REGENERATE=1 cargo test -p signoff-contract"
    );
}

#[test]
fn the_signature_vectors_are_current() {
    let first = format!("{}AAECAwQFBgcICQoLDA0ODxAREhMUFRYX", SigningSecret::PREFIX);
    let second = format!(
        "{}/////////////////////////////////////////w==",
        SigningSecret::PREFIX
    );
    let bodies = [
        r#"{"type":"request.approved","timestamp":"2026-01-02T03:04:05.678Z","data":{"id":"req_01JD0000000000000000000000"}}"#,
        "{\"text\":\"после обеда, 後で 🙂\"}",
        "",
    ];
    let mut cases = Vec::new();
    for (number, body) in bodies.into_iter().enumerate() {
        for texts in [vec![&first], vec![&second], vec![&first, &second]] {
            let secrets: Vec<SigningSecret> = texts
                .iter()
                .map(|text| SigningSecret::parse(text).unwrap())
                .collect();
            let id = format!("msg_01JD000000000000000000000{number}");
            let timestamp = 1_767_323_045;
            let header = sign(&secrets, &id, timestamp, body.as_bytes()).unwrap();
            cases.push(json!({
                "secrets": texts, "webhook-id": id, "webhook-timestamp": timestamp.to_string(),
                "body": body, "webhook-signature": header,
            }));
        }
    }
    is_current(
        "signatures.json",
        &json!({
            "about": "Standard Webhooks signatures: HMAC-SHA256 over id.timestamp.body. The header holds one signature for each secret, in their order. The secrets are public: never use them.",
            "cases": cases,
        }),
    );
}

#[test]
fn the_digest_vectors_are_current() {
    let actions = [
        json!({ "tool": "echo", "arguments": {} }),
        json!({ "tool": "k8s.deploy", "arguments": { "namespace": "prod", "image": "registry/billing:1.2.3" } }),
        json!({ "tool": "pay", "arguments": { "amount": 12.5, "currency": "EUR", "note": "\u{fc}ber\n", "steps": [1, 2, { "z": null, "a": true }] } }),
        json!({ "tool": "поиск", "arguments": { "\u{1f600}": 1, "\u{fb33}": 2, "~/": "\u{0}" } }),
        json!({ "tool": "limits", "arguments": { "largest": 9_007_199_254_740_991_i64, "smallest": -9_007_199_254_740_991_i64, "tiny": 5e-324, "third": 1.0 / 3.0 } }),
    ];
    let cases: Vec<Value> = actions
        .into_iter()
        .map(|action| {
            let (tool, arguments) =
                (action["tool"].as_str().unwrap(), action["arguments"].as_object().unwrap());
            let digest = Digest::of_action(tool, arguments);
            json!({ "action": action, "canonical": String::from_utf8(canonical(&action)).unwrap(), "digest": digest })
        })
        .collect();
    is_current(
        "digests.json",
        &json!({
            "about": "Intent digests: SHA-256 over the RFC 8785 form of {\"arguments\", \"tool\"}, written sha256:<hex>.",
            "cases": cases,
        }),
    );
}

#[test]
fn the_canonical_vectors_are_current() {
    let texts = [
        r#" { "b" : [ 1.0 , 1e3, -0, 0.10, 25e-1, 1E-7, 123456789012.5 ], "a" : "\u0041\/\u00e9" } "#,
        r#"{"\u20ac":"Euro","\r":"CR","\ufb33":"Dalet","1":"One","\ud83d\ude00":"Smile","\u0080":"Ctrl","\u00f6":"o"}"#,
        r#"["\u0000\b\t\n\u000b\f\r\u001f","\"\\\/","\u007f\u2028\ud83d\ude42"]"#,
        r#"{"nested":{"b":{"y":[],"x":{}},"a":[{"d":null,"c":false}]},"":true}"#,
        "[9007199254740991,-9007199254740991,333333333.33333329,4.50,2e-3,0.000000000000000000000000001]",
        "null",
    ];
    let good: Vec<Value> = texts
        .into_iter()
        .map(|text| {
            let form = canonical(&read(text.as_bytes()).unwrap());
            json!({ "text": text, "canonical": String::from_utf8(form).unwrap() })
        })
        .collect();
    let refused = [
        r#"{"a":1,"a":2}"#,
        r#"{"a":1,"\u0061":2}"#,
        "9007199254740992",
        "-9007199254740992.0",
        "1e300",
        r#""\ud800""#,
        "[1,]",
        "{} {}",
    ];
    for text in refused {
        read(text.as_bytes()).unwrap_err();
    }
    is_current(
        "canonical.json",
        &json!({
            "about": "JSON texts and their RFC 8785 form; and texts that Signoff refuses, because two readers could understand them differently.",
            "cases": good, "refused": refused,
        }),
    );
}

#[test]
fn the_submission_vectors_are_current() {
    let bodies = [
        (
            "the smallest approval",
            r#"{"correlation_id":"a","kind":"approval","title":"T","action":{"tool":"t","arguments":{}}}"#,
        ),
        (
            "the smallest question",
            r#"{"correlation_id":"a","kind":"question","title":"T","options":[{"id":"a","label":"A"},{"id":"b","label":"B"}]}"#,
        ),
        (
            "null means absent",
            r#"{"correlation_id":"a","kind":"approval","title":"T","risk":null,"action":{"tool":"t","arguments":{"x":null}}}"#,
        ),
        (
            "everything",
            r#"{"correlation_id":"run-42:deploy@prod","kind":"question","title":"Which rollout?","context":"one\ntwo","justification":"j","risk_assessment":"r","risk":"critical","action":{"tool":"k8s.deploy","arguments":{"image":"b:1"}},"options":[{"id":"canary","label":"Canary, 10 %","description":"d"},{"id":"wait","label":"Delay"}],"allow_custom":false,"requester":{"agent":"bot","run_id":"42","run_label":"l","runtime_mode":"m"},"links":[{"label":"PR","url":"https://git.example.org/pull/42"}],"route":"owners","language":"zh-Hans","ttl_seconds":3600,"callback":{"url":"https://hooks.example.org/signoff"}}"#,
        ),
        ("nothing", "{}"),
        ("no JSON", "{"),
        (
            "unknown field",
            r#"{"correlation_id":"a","kind":"approval","titel":"T","action":{"tool":"t","arguments":{}}}"#,
        ),
        (
            "options on an approval",
            r#"{"correlation_id":"a","kind":"approval","title":"T","options":[],"action":{"tool":"t","arguments":{}}}"#,
        ),
        (
            "an approval without an action",
            r#"{"correlation_id":"a","kind":"approval","title":"T"}"#,
        ),
        (
            "a duplicate key",
            r#"{"correlation_id":"a","kind":"approval","title":"T","action":{"tool":"t","arguments":{"n":1,"n":2}}}"#,
        ),
        (
            "an unsafe integer",
            r#"{"correlation_id":"a","kind":"approval","title":"T","action":{"tool":"t","arguments":{"n":9007199254740993}}}"#,
        ),
        (
            "two options with one id",
            r#"{"correlation_id":"a","kind":"question","title":"T","options":[{"id":"a","label":"A"},{"id":"a","label":"B"}]}"#,
        ),
        (
            "a callback with user info",
            r#"{"correlation_id":"a","kind":"approval","title":"T","action":{"tool":"t","arguments":{}},"callback":{"url":"https://u@a.example"}}"#,
        ),
    ];
    let cases: Vec<Value> = bodies
        .into_iter()
        .map(|(name, body)| match submission::parse(body.as_bytes()) {
            Ok(parsed) => {
                let digest = parsed.submission.action.as_ref().map(|a| Digest::of_action(&a.tool, &a.arguments));
                let form = String::from_utf8(parsed.canonical_body).unwrap();
                json!({ "name": name, "body": body, "canonical_body": form, "intent_digest": digest })
            }
            Err(error) => {
                let problem = Problem::from(error);
                let errors: Vec<Value> =
                    problem.errors.iter().map(|e| json!({ "field": e.field, "code": e.code })).collect();
                json!({ "name": name, "body": body, "problem": { "status": problem.status, "code": problem.code, "errors": errors } })
            }
        })
        .collect();
    is_current(
        "submissions.json",
        &json!({
            "about": "Bodies of POST /v1/requests, as text: those that are taken, with their canonical form and intent digest, and those that are refused, with the problem's code and fields.",
            "cases": cases,
        }),
    );
}
