//! The adapter contract: what is read, what is refused and where, and the vectors that adapters in
//! other languages are checked with.

use serde_json::{Value, json};
use signoff_contract::adapter::{
    HEADER_CHANNEL, NoteBody, PairingBody, PromptMessage, ReceiptBody, ResponseBody,
    is_channel_name,
};
use signoff_contract::json::ReadError;
use signoff_contract::signature::{Headers, SigningSecret, TOLERANCE, Unverified, sign, verify};
use signoff_contract::{FieldError, Via};

use crate::vectors::is_current;

const SECRET: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX";
const NEXT: &str = "whsec_/////////////////////////////////////////w==";
const PROMPT: &str = "prm_01JD0000000000000000000000";
const HANDLE: &str = "AQGUoAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
const SENT: i64 = 1_767_323_045;

fn response() -> Value {
    json!({
        "event_id": "17:press", "prompt_id": PROMPT, "handle": HANDLE, "via": "button",
        "actor": { "user_id": "u42", "display_name": "Ann" }, "occurred_at": "2026-01-02T03:04:05.678Z",
    })
}

fn receipt() -> Value {
    json!({ "event_id": "18", "prompt_id": PROMPT, "revision": 3, "state": "failed", "retryable": false, "detail": "blocked" })
}

fn pairing() -> Value {
    json!({ "token": "dGhlIHRva2VuIG9mIGFuIGludml0YXRpb24", "user_id": "u42", "display_name": "Анна" })
}

fn note() -> Value {
    json!({
        "note": "19:voice", "handle": HANDLE, "state": "heard", "within_ms": 60_000,
        "actor": { "user_id": "u42", "display_name": "Ann" },
        "speech": {
            "audio_ms": 4_200, "language": "en", "mean_probability": 0.93, "model": "ggml-base.en", "took_ms": 900,
            "received_at": "2026-01-02T03:04:05.678Z",
        },
    })
}

/// `body` with one field replaced, or removed.
fn with(mut body: Value, field: &str, value: Value) -> Value {
    let (parent, name) = field.rsplit_once('/').unwrap_or(("", field));
    let object = body.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    if value.is_null() {
        object.remove(name);
    } else {
        object.insert(name.to_owned(), value);
    }
    body
}

/// Reads a body as that operation does.
fn read(operation: &str, body: &str) -> Result<(), ReadError> {
    match operation {
        "responses" => ResponseBody::parse(body.as_bytes()).map(|_| ()),
        "receipts" => ReceiptBody::parse(body.as_bytes()).map(|_| ()),
        "pairings" => PairingBody::parse(body.as_bytes()).map(|_| ()),
        "notes" => NoteBody::parse(body.as_bytes()).map(|_| ()),
        other => panic!("{other}"),
    }
}

fn faults(operation: &str, body: &Value) -> Vec<(String, String)> {
    let said = |error: &FieldError| {
        let code = serde_json::to_value(error.code).unwrap();
        (error.field.clone(), code.as_str().unwrap().to_owned())
    };
    match read(operation, &body.to_string()) {
        Ok(()) => Vec::new(),
        Err(ReadError::Refused(errors)) => errors.iter().map(said).collect(),
        Err(other) => panic!("{other}"),
    }
}

/// Operation, body, and every fault: field and code.
type Table = Vec<(&'static str, Value, Vec<(&'static str, &'static str)>)>;

#[rustfmt::skip]
fn bodies() -> Table {
    let long = "x".repeat(4_001);
    vec![
        ("responses", response(), vec![]),
        ("responses", with(response(), "text", json!("ship it\nafter lunch")), vec![]),
        ("responses", with(with(response(), "via", json!("voice")), "confidence", json!(0.82)), vec![]),
        ("responses", json!({}), vec![("/event_id", "required"), ("/prompt_id", "required"), ("/handle", "required"),
            ("/via", "required"), ("/occurred_at", "required"), ("/actor", "required")]),
        ("responses", with(response(), "shout", json!(true)), vec![("/shout", "unknown_field")]),
        ("responses", with(response(), "/actor/channel", json!("telegram")), vec![("/actor/channel", "unknown_field")]),
        ("responses", with(response(), "/actor/user_id", json!("")), vec![("/actor/user_id", "too_short")]),
        ("responses", with(response(), "/actor/user_id", json!(42)), vec![("/actor/user_id", "wrong_type")]),
        ("responses", with(response(), "prompt_id", json!("req_01JD0000000000000000000000")), vec![("/prompt_id", "invalid_format")]),
        ("responses", with(response(), "via", json!("api")), vec![("/via", "unknown_value")]),
        ("responses", with(response(), "via", json!("cli")), vec![("/via", "unknown_value")]),
        ("responses", with(response(), "text", json!(long)), vec![("/text", "too_long")]),
        ("responses", with(response(), "text", json!("a\u{202e}b")), vec![("/text", "control_character")]),
        ("responses", with(response(), "confidence", json!(0.5)), vec![("/confidence", "not_allowed")]),
        ("responses", with(with(response(), "via", json!("voice")), "confidence", json!(1.5)), vec![("/confidence", "out_of_range")]),
        ("responses", with(response(), "occurred_at", json!("yesterday")), vec![("/occurred_at", "invalid_format")]),
        ("responses", with(response(), "event_id", json!("x".repeat(201))), vec![("/event_id", "too_long")]),
        ("responses", with(with(response(), "via", json!("voice")), "note", json!("19:voice")), vec![]),
        ("responses", with(response(), "note", json!("19:voice")), vec![("/note", "not_allowed")]),
        ("receipts", receipt(), vec![]),
        ("receipts", json!({ "event_id": "19", "prompt_id": PROMPT, "revision": 1, "state": "shown", "prompt_ref": "message 7" }), vec![]),
        ("receipts", with(receipt(), "retryable", Value::Null), vec![("/retryable", "required")]),
        ("receipts", with(receipt(), "state", json!("shown")), vec![("/retryable", "not_allowed"), ("/detail", "not_allowed")]),
        ("receipts", with(receipt(), "prompt_ref", json!("message 7")), vec![("/prompt_ref", "not_allowed")]),
        ("receipts", with(receipt(), "revision", json!(0)), vec![("/revision", "out_of_range")]),
        ("receipts", with(receipt(), "revision", json!(1.5)), vec![("/revision", "wrong_type")]),
        ("receipts", with(receipt(), "revision", Value::Null), vec![("/revision", "required")]),
        ("receipts", with(receipt(), "detail", json!("x".repeat(501))), vec![("/detail", "too_long")]),
        ("pairings", pairing(), vec![]),
        ("pairings", with(pairing(), "approver", json!("ann")), vec![("/approver", "unknown_field")]),
        ("pairings", with(pairing(), "token", Value::Null), vec![("/token", "required")]),
        ("pairings", with(pairing(), "display_name", json!("Ann\nApproved")), vec![("/display_name", "control_character")]),
        ("notes", note(), vec![]),
        ("notes", with(note(), "within_ms", Value::Null), vec![]),
        ("notes", json!({ "note": "19:voice", "handle": HANDLE, "state": "received", "within_ms": 60_000 }), vec![]),
        ("notes", json!({ "note": "19:voice", "handle": HANDLE, "state": "settled" }), vec![]),
        ("notes", json!({ "note": "19:voice", "handle": HANDLE, "state": "received" }), vec![("/within_ms", "required")]),
        ("notes", json!({ "note": "19:voice", "handle": HANDLE, "state": "settled", "within_ms": 1 }), vec![("/within_ms", "not_allowed")]),
        ("notes", with(note(), "within_ms", json!(3_600_001)), vec![("/within_ms", "out_of_range")]),
        ("notes", with(note(), "state", json!("received")), vec![("/actor", "not_allowed"), ("/speech", "not_allowed")]),
        ("notes", with(with(note(), "actor", Value::Null), "/speech/model", json!(" ")), vec![("/actor", "required"), ("/speech/model", "too_short")]),
        ("notes", with(note(), "/speech/mean_probability", json!(1.1)), vec![("/speech/mean_probability", "out_of_range")]),
        ("notes", with(note(), "/speech/words", json!("deny it")), vec![("/speech/words", "unknown_field")]),
    ]
}

#[test]
fn every_body_is_read_strictly_and_every_fault_is_named() {
    for (operation, body, expected) in bodies() {
        let found = faults(operation, &body);
        let found: Vec<(&str, &str)> = found
            .iter()
            .map(|(field, code)| (field.as_str(), code.as_str()))
            .collect();
        assert_eq!(found, expected, "{operation}: {body}");
    }
    let read = ResponseBody::parse(response().to_string().as_bytes()).unwrap();
    assert_eq!(
        (read.actor.user_id.as_str(), read.via),
        ("u42", Via::Button)
    );
}

#[test]
fn no_body_of_one_operation_is_one_of_another_nor_one_that_signoff_sends() {
    let all = [
        ("responses", response()),
        ("receipts", receipt()),
        ("pairings", pairing()),
        ("notes", note()),
        ("prompts", prompt()),
    ];
    for (of, body) in all {
        for operation in ["responses", "receipts", "pairings", "notes"] {
            let read = read(operation, &body.to_string());
            assert_eq!(read.is_ok(), of == operation, "{of} as {operation}");
        }
    }
}

#[test]
fn a_channel_has_a_plain_name_of_its_own() {
    for good in ["chat", "a", "mattermost-2", "telegram", &"x".repeat(40)] {
        assert!(is_channel_name(good), "{good}");
    }
    for bad in [
        "",
        "api",
        "Chat",
        "2chat",
        "-a",
        "a b",
        "a_b",
        "чат",
        "a.b",
        &"x".repeat(41),
    ] {
        assert!(!is_channel_name(bad), "{bad}");
    }
}

/// What Signoff puts, as it is on the wire.
fn prompt() -> Value {
    let expires_at = "2026-01-02T04:04:05.678Z";
    let prompt = json!({
        "prompt_id": PROMPT, "revision": 1, "state": "open", "prompt_ref": null,
        "request": {
            "id": "req_01JD0000000000000000000000", "project": "default", "correlation_id": "run-42:deploy",
            "kind": "approval", "status": "pending", "title": "Deploy billing-api 1.2.3", "risk": "high",
            "action": { "tool": "k8s.deploy", "arguments": { "namespace": "prod", "password": "•••" }, "masked": ["/password"] },
            "links": [], "route": "default", "ttl_seconds": 3600,
            "intent_digest": format!("sha256:{}", "4b".repeat(32)), "view_digest": format!("sha256:{}", "91".repeat(32)),
            "created_at": "2026-01-02T03:04:05.678Z", "expires_at": expires_at,
            "prompts": [{ "channel": "chat", "state": "waiting", "presented_at": null }], "outcome": null,
        },
        "recipients": [{ "approver": "ann", "address": "u42", "user_id": "u42" }],
        "buttons": [
            { "handle": HANDLE, "label": "Approve", "style": "primary", "action": "approve" },
            { "handle": HANDLE.replace("AQG", "AQH"), "label": "Deny", "style": "danger", "action": "deny" },
        ],
        "free_text": { "handle": HANDLE.replace("AQG", "AQI"), "purpose": "reason" },
        "notice": "Approving it takes two presses.", "remind": false, "language": "en", "expires_at": expires_at,
        "approvals": [], "approvals_needed": 1, "asks_twice": true, "notices": [],
    });
    // It is what the type says, with nothing left over.
    let typed: PromptMessage = serde_json::from_value(prompt.clone()).unwrap();
    assert_eq!(serde_json::to_value(typed).unwrap(), prompt);
    prompt
}

/// A message with its headers; `signed` is what stands where the body does in the signature.
fn message(name: &str, line: (&str, &str), body: Option<&Value>, secrets: &[&str]) -> Value {
    let (method, target) = line;
    let id = format!("{}-1", name.replace(' ', "-"));
    let body = body.map(Value::to_string);
    let signed = body.clone().unwrap_or_else(|| target.to_owned());
    json!({
        "name": name, "method": method, "target": target, "body": body, "signed": signed, "secrets": secrets,
        "headers": headers("chat", &id, SENT, &signed, secrets),
    })
}

fn headers(channel: &str, id: &str, sent: i64, signed: &str, secrets: &[&str]) -> Value {
    let secrets: Vec<_> = secrets
        .iter()
        .map(|text| SigningSecret::parse(text).unwrap())
        .collect();
    json!({
        HEADER_CHANNEL: channel, "webhook-id": id, "webhook-timestamp": sent.to_string(),
        "webhook-signature": sign(&secrets, id, sent, signed.as_bytes()).unwrap(),
    })
}

/// Whether someone who holds these secrets believes these headers at that second.
fn judged(headers: &Value, signed: &str, secrets: &[&str], now: i64) -> Result<(), Unverified> {
    let text = |name: &str| headers[name].as_str().unwrap();
    let secrets: Vec<_> = secrets
        .iter()
        .map(|text| SigningSecret::parse(text).unwrap())
        .collect();
    let proof = Headers {
        id: text("webhook-id"),
        timestamp: text("webhook-timestamp"),
        signature: text("webhook-signature"),
    };
    let now = jiff::Timestamp::from_second(now).unwrap();
    verify(&secrets, proof, signed.as_bytes(), now, TOLERANCE)
}

fn cases() -> Vec<Value> {
    let body = response().to_string();
    let (one, next, both): (&[&str], &[&str], &[&str]) = (&[SECRET], &[NEXT], &[SECRET, NEXT]);
    let case = |name: &str, signed_with: &[&str], held: &[&str], at: i64, seen: &str| {
        let headers = headers("chat", "event-1", SENT, &body, signed_with);
        let believed = judged(&headers, seen, held, SENT + at).is_ok();
        json!({ "name": name, "headers": headers, "body": seen, "secrets": held, "now": SENT + at, "valid": believed })
    };
    let other = body.replace("u42", "u43");
    vec![
        case("a good one", one, one, 0, &body),
        case("five minutes late", one, one, 300, &body),
        case("a second more than that: a replay", one, one, 301, &body),
        case("five minutes early", one, one, -300, &body),
        case("a second more than that", one, one, -301, &body),
        case("another body", one, one, 0, &other),
        case("another secret", next, one, 0, &body),
        case(
            "rotation: the sender signs with both, the reader holds the old one",
            both,
            one,
            0,
            &body,
        ),
        case(
            "rotation: the sender signs with both, the reader holds the new one",
            both,
            next,
            0,
            &body,
        ),
        case(
            "rotation: the sender has the old one, the reader holds both",
            one,
            both,
            0,
            &body,
        ),
    ]
}

#[test]
fn the_adapter_vectors_are_current() {
    let pending = ("GET", "/v1/adapter/pending?user_id=u42");
    let post = |name: &'static str| ("POST", name);
    let put = format!("/v1/prompts/{PROMPT}");
    let messages = [
        message("a prompt", ("PUT", &put), Some(&prompt()), &[SECRET]),
        message(
            "a prompt while a secret is rotated",
            ("PUT", &put),
            Some(&prompt()),
            &[SECRET, NEXT],
        ),
        message(
            "a response",
            post("/v1/adapter/responses"),
            Some(&response()),
            &[SECRET],
        ),
        message(
            "a receipt",
            post("/v1/adapter/receipts"),
            Some(&receipt()),
            &[SECRET],
        ),
        message(
            "a pairing",
            post("/v1/adapter/pairings"),
            Some(&pairing()),
            &[SECRET],
        ),
        message(
            "a voice note",
            post("/v1/adapter/notes"),
            Some(&note()),
            &[SECRET],
        ),
        message("a question without a body", pending, None, &[SECRET]),
    ];
    let verification = cases();
    let valid: Vec<bool> = verification
        .iter()
        .map(|case| case["valid"] == true)
        .collect();
    assert_eq!(
        valid,
        [
            true, true, false, true, false, false, false, true, true, true
        ]
    );
    let bodies = bodies().into_iter().map(|(operation, body, faults)| {
        let errors = faults
            .iter()
            .map(|(field, code)| json!({ "field": field, "code": code }));
        json!({ "operation": operation, "body": body, "errors": errors.collect::<Vec<_>>() })
    });
    is_current(
        "adapter.json",
        &json!({
            "about": "The adapter contract. messages: whole messages with their headers; signed is what stands after id.timestamp. in the signature: the body, or the path and query of a GET. verification: what a reader that holds these secrets must say at that second. bodies: what Signoff answers to each body, an empty list meaning that it is taken. The secrets are public: never use them.",
            "messages": messages,
            "verification": verification,
            "bodies": bodies.collect::<Vec<_>>(),
        }),
    );
}
