//! The drop-in dialect, row by row: what is read, what is refused and how, what is answered.

use serde_json::{Value, json};
use signoff_contract::Submission;
use signoff_contract::compat::{Asked, Defaults, Dialect, Endpoint, read};

mod asking;
mod reading;

const APPROVE: Endpoint = Endpoint::Approve;
const EXECUTE: Endpoint = Endpoint::Execute;

fn defaults() -> Defaults {
    Defaults {
        language: "en".to_owned(),
        timeout_seconds: 3_600,
        metadata: false,
        timeout_message: None,
    }
}

/// A body that is good, for each endpoint.
fn good(endpoint: Endpoint) -> Value {
    match endpoint {
        APPROVE => json!({
            "correlation_id": "corr-1",
            "tool": "k8s.delete",
            "arguments": { "name": "pod-1" },
            "justification": "The pod hangs.",
            "approval_request": "May I delete pod-1?",
            "risk_assessment": "It restarts at once.",
            "callback": { "url": "http://mcp.internal:8080/callback" },
        }),
        EXECUTE => json!({
            "correlation_id": "corr-2",
            "tool": { "name": "ask.owner" },
            "arguments": { "question": "Which way shall it go?", "options": ["left", "right"] },
            "callback": { "url": "http://mcp.internal:8080/callback" },
        }),
    }
}

/// The good body with other members at these pointers; `None` takes one away.
fn with(endpoint: Endpoint, changes: &[(&str, Option<Value>)]) -> Vec<u8> {
    let mut body = good(endpoint);
    for (pointer, change) in changes {
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        let members = body.pointer_mut(parent).and_then(Value::as_object_mut);
        let members = members.unwrap_or_else(|| panic!("nothing at {parent}"));
        match change {
            Some(value) => members.insert(key.to_owned(), value.clone()),
            None => members.remove(key),
        };
    }
    body.to_string().into_bytes()
}

fn sentence(endpoint: Endpoint, body: &[u8]) -> String {
    match read(endpoint, body, &defaults()) {
        Ok(_) => "accepted".to_owned(),
        Err(refusal) => refusal.to_string(),
    }
}

fn taken(endpoint: Endpoint, body: &[u8]) -> (Submission, Dialect) {
    let asked: Asked = read(endpoint, body, &defaults()).unwrap();
    asked.into_submission("native:1".parse().unwrap())
}

fn long(chars: usize) -> Value {
    Value::from("ж".repeat(chars))
}

/// What is wrong, and what the caller hears; each row keeps all that stands before it in the table
/// right, and everything behind it wrong or missing where that can be.
#[test]
fn approve_refuses_in_the_order_and_the_words_of_the_table() {
    let gone = [
        ("/tool", None),
        ("/justification", None),
        ("/approval_request", None),
        ("/risk_assessment", None),
        ("/markup", Some(json!("rtf"))),
        ("/callback", None),
    ];
    let text_rows = |name: &str| {
        let pointer = format!("/{name}");
        let required = format!("{name} is required");
        let length = format!("{name} must be 10-500 characters");
        [
            (pointer.clone(), None, required.clone()),
            (pointer.clone(), Some(Value::Null), required.clone()),
            (pointer.clone(), Some(json!("")), required.clone()),
            (pointer.clone(), Some(json!(" \u{a0}\u{2003}\n")), required),
            (pointer.clone(), Some(long(9)), length.clone()),
            (
                pointer.clone(),
                Some(json!("  ninechars  ")),
                length.clone(),
            ),
            (pointer, Some(long(501)), length),
        ]
    };
    let mut rows: Vec<(String, Option<Value>, String)> = Vec::new();
    let mut row = |pointer: &str, value: Option<Value>, said: &str| {
        rows.push((pointer.to_owned(), value, said.to_owned()));
    };
    for blank in [None, Some(Value::Null), Some(json!("")), Some(json!(" \t"))] {
        row("/correlation_id", blank, "correlation_id is required");
    }
    for blank in [None, Some(Value::Null), Some(json!("")), Some(json!("\n"))] {
        row("/tool", blank, "tool is required");
    }
    for name in ["justification", "approval_request", "risk_assessment"] {
        rows.extend(text_rows(name));
    }
    let mut row = |pointer: &str, value: Option<Value>, said: &str| {
        rows.push((pointer.to_owned(), value, said.to_owned()));
    };
    let links = "links_to_code items must include text and url";
    for bad in [
        json!([{ "text": "PR" }]),
        json!([{ "url": "https://git.example.org" }]),
        json!([{ "text": " ", "url": "https://git.example.org" }]),
        json!([{ "text": "PR", "url": "" }]),
        json!([null]),
        json!([{}]),
    ] {
        row("/links_to_code", Some(bad), links);
    }
    for bad in ["rtf", "markdownv2", "html5"] {
        row(
            "/markup",
            Some(json!(bad)),
            "markup must be markdown or html",
        );
    }
    let missing = "callback.url is required for async approval";
    for blank in [
        None,
        Some(Value::Null),
        Some(json!({})),
        Some(json!({ "url": " " })),
        Some(json!({ "url": null })),
    ] {
        row("/callback", blank, missing);
    }
    for (pointer, value, said) in &rows {
        let mut changes = vec![(pointer.as_str(), value.clone())];
        assert_eq!(
            sentence(APPROVE, &with(APPROVE, &changes)),
            *said,
            "{pointer} = {value:?}"
        );
        // The same, with everything wrong that the table has further down.
        let place = |of: &str| {
            gone.iter()
                .position(|(pointer, _)| *pointer == of)
                .or((of == "/links_to_code").then_some(3))
        };
        let here = place(pointer);
        changes.extend(
            gone.iter()
                .enumerate()
                .filter(|(index, _)| here.is_none_or(|here| *index > here))
                .map(|(_, change)| change.clone()),
        );
        assert_eq!(
            sentence(APPROVE, &with(APPROVE, &changes)),
            *said,
            "{pointer} = {value:?}, first of several"
        );
    }
    assert_eq!(rows.len(), 4 + 4 + 3 * 7 + 6 + 3 + 5);
}

#[test]
fn approve_takes_what_lies_just_within_the_table() {
    let rows = [
        ("/justification", long(10)),
        ("/justification", long(500)),
        (
            "/approval_request",
            json!(format!("\u{2003}{}\u{a0}", "x".repeat(500))),
        ),
        ("/risk_assessment", long(500)),
        ("/arguments", Value::Null),
        ("/arguments", json!({})),
        ("/markup", json!("")),
        ("/markup", json!(" Markdown ")),
        ("/markup", json!("HTML")),
        ("/lang", json!("klingon")),
        ("/lang", Value::Null),
        ("/timeout_sec", json!(-5)),
        ("/timeout_sec", Value::Null),
        ("/links_to_code", json!([])),
        ("/links_to_code", Value::Null),
        ("/correlation_id", json!("any text, of any script: ж/<&>")),
        ("/something_else", json!({ "is": ["let", "be"] })),
    ];
    for (pointer, value) in rows {
        let body = with(APPROVE, &[(pointer, Some(value.clone()))]);
        assert_eq!(sentence(APPROVE, &body), "accepted", "{pointer} = {value}");
    }
    // Links beyond the fifth are not looked at.
    let link = json!({ "text": "PR", "url": "https://git.example.org/1" });
    let six = json!([link, link, link, link, link, { "text": "" }]);
    let (submission, _) = taken(APPROVE, &with(APPROVE, &[("/links_to_code", Some(six))]));
    assert_eq!(submission.links.len(), 5);
}

/// What is changed of a good body, and what its caller hears.
type Row = (Vec<(&'static str, Option<Value>)>, &'static str);

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn execute_refuses_in_the_order_and_the_words_of_the_table() {
    let options = |value: Value| [("/arguments/options", Some(value))];
    let many = |count: usize| Value::from(vec!["way"; count]);
    let rows: Vec<Row> = vec![
        (
            vec![("/correlation_id", None)],
            "correlation_id is required",
        ),
        (
            vec![("/correlation_id", Some(json!(" ")))],
            "correlation_id is required",
        ),
        (vec![("/tool", None)], "tool.name is required"),
        (vec![("/tool", Some(Value::Null))], "tool.name is required"),
        (
            vec![("/tool", Some(json!({ "title": "Ask" })))],
            "tool.name is required",
        ),
        (
            vec![("/tool", Some(json!({ "name": "\u{2009}" })))],
            "tool.name is required",
        ),
        (
            vec![("/markup", Some(json!("latex")))],
            "markup must be markdown or html",
        ),
        (
            vec![("/callback", None)],
            "callback.url is required for async execution",
        ),
        (
            vec![("/callback", Some(json!({ "url": "" })))],
            "callback.url is required for async execution",
        ),
        (vec![("/arguments", None)], "question is required"),
        (
            vec![("/arguments", Some(Value::Null))],
            "question is required",
        ),
        (vec![("/arguments/question", None)], "question is required"),
        (
            vec![("/arguments/question", Some(json!(["Which way?"])))],
            "question is required",
        ),
        (
            vec![("/arguments/question", Some(json!("  \n")))],
            "question is required",
        ),
        (
            vec![("/arguments/question", Some(long(9)))],
            "question must be 10-1000 characters",
        ),
        (
            vec![("/arguments/question", Some(long(1_001)))],
            "question must be 10-1000 characters",
        ),
        (
            vec![("/arguments/context", Some(long(2_001)))],
            "context must be <= 2000 characters",
        ),
        (vec![("/arguments/options", None)], "options is required"),
        (options(Value::Null).to_vec(), "options is required"),
        (options(json!("left")).to_vec(), "options must be array"),
        (
            options(json!({ "0": "left" })).to_vec(),
            "options must be array",
        ),
        (options(many(1)).to_vec(), "options count must be 2-5"),
        (options(many(6)).to_vec(), "options count must be 2-5"),
        (options(json!([])).to_vec(), "options count must be 2-5"),
        (
            options(json!(["left", 2])).to_vec(),
            "options[1] must be string",
        ),
        (
            options(json!([null, "right"])).to_vec(),
            "options[0] must be string",
        ),
        (
            options(json!(["left", " \u{a0}"])).to_vec(),
            "options[1] is empty",
        ),
        (
            options(json!(["left", "x".repeat(301)])).to_vec(),
            "options[1] must be <= 300 characters",
        ),
        (
            options(json!(["", 2, "x".repeat(301)])).to_vec(),
            "options[0] is empty",
        ),
        // First failure wins.
        (
            vec![("/tool", None), ("/callback", None), ("/arguments", None)],
            "tool.name is required",
        ),
        (
            vec![("/callback", None), ("/arguments", None)],
            "callback.url is required for async execution",
        ),
        (
            vec![("/arguments/question", None), ("/arguments/options", None)],
            "question is required",
        ),
        (
            vec![
                ("/arguments/context", Some(long(2_001))),
                ("/arguments/options", None),
            ],
            "context must be <= 2000 characters",
        ),
        (
            vec![
                ("/arguments/options", None),
                ("/callback", Some(json!({ "url": "ftp://x" }))),
            ],
            "options is required",
        ),
    ];
    for (changes, said) in rows {
        assert_eq!(
            sentence(EXECUTE, &with(EXECUTE, &changes)),
            said,
            "{changes:?}"
        );
    }
}

#[test]
fn execute_counts_options_with_the_bounds_of_the_specification() {
    let rows = [
        (json!({}), "2-5"),
        (json!({ "options_min": 0, "options_max": 0 }), "2-5"),
        (json!({ "options_min": -3, "options_max": 1 }), "2-5"),
        (json!({ "options_min": 3 }), "3-5"),
        (json!({ "options_max": 12 }), "2-12"),
        (json!({ "options_min": 3, "options_max": 2 }), "3-5"),
        (json!({ "options_min": 3, "options_max": 3 }), "3-3"),
        (json!({ "options_min": 7 }), "7-5"),
        (json!({ "options_min": 2.9, "options_max": 8.9 }), "2-8"),
        (json!({ "options_min": "3", "options_max": [9] }), "2-5"),
        // Keys of data are found as they are written.
        (json!({ "OPTIONS_MIN": 3 }), "2-5"),
        // What a message can have buttons for.
        (json!({ "options_max": 1_000 }), "2-90"),
        (json!({ "options_max": 1e300 }), "2-90"),
    ];
    for (spec, bounds) in rows {
        let changes = [
            ("/spec", Some(spec.clone())),
            ("/arguments/options", Some(json!(["only one"]))),
        ];
        let said = format!("options count must be {bounds}");
        assert_eq!(sentence(EXECUTE, &with(EXECUTE, &changes)), said, "{spec}");
    }
    let twelve = Value::from((0..12).map(|n| format!("way {n}")).collect::<Vec<_>>());
    let changes = [
        ("/spec", Some(json!({ "options_max": 12 }))),
        ("/arguments/options", Some(twelve)),
    ];
    let (submission, dialect) = taken(EXECUTE, &with(EXECUTE, &changes));
    assert_eq!(submission.options.len(), 12);
    assert_eq!(submission.options[11].label, "way 11");
    assert_eq!(dialect.question.expect("an echo").options.len(), 12);
}

/// Theirs let the agent override the operator.
#[test]
fn custom_answers_are_taken_when_nobody_says_no() {
    let yes_no = [
        None,
        Some(json!(true)),
        Some(json!(false)),
        Some(json!("false")),
    ];
    for operator in &yes_no {
        for agent in &yes_no {
            let changes = [
                ("/spec", Some(json!({ "allow_custom_option": operator }))),
                ("/arguments/allow_custom", agent.clone()),
            ];
            let (submission, _) = taken(EXECUTE, &with(EXECUTE, &changes));
            let no = Some(json!(false));
            let expected = *operator != no && *agent != no;
            assert_eq!(submission.allow_custom, expected, "{operator:?} {agent:?}");
        }
    }
}
