//! What holds for every input.

use proptest::collection::{hash_map, vec};
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use signoff_contract::json::{canonical, read};
use signoff_contract::submission::parse;
use signoff_contract::{CancelBody, ClaimBody, DecisionBody, ExecutionBody};

/// JSON that our reader takes: whole numbers within bounds and kept as integers.
pub(crate) fn any_json() -> impl Strategy<Value = Value> {
    const SAFE: i64 = 9_007_199_254_740_991;
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-SAFE..=SAFE).prop_map(Value::from),
        (-1e6..1e6_f64)
            .prop_filter("a fraction", |n| n.fract() != 0.0)
            .prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 64, 8, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..8).prop_map(Value::from),
            hash_map(any::<String>(), inner, 0..8)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// The same document, its members in another order and with other white space.
fn written_otherwise(value: &Value, out: &mut String) {
    match value {
        Value::Array(items) => {
            out.push_str("[ ");
            for (index, item) in items.iter().enumerate() {
                out.push_str(if index > 0 { "\n, " } else { "" });
                written_otherwise(item, out);
            }
            out.push_str("\t]");
        }
        Value::Object(members) => {
            out.push('{');
            for (index, (key, item)) in members.iter().rev().enumerate() {
                out.push_str(if index > 0 { " ,\r\n\"" } else { "\"" });
                out.extend(key.encode_utf16().map(|unit| format!("\\u{unit:04X}")));
                out.push_str("\" : ");
                written_otherwise(item, out);
            }
            out.push('}');
        }
        other => out.push_str(&other.to_string()),
    }
}

/// A valid body of either kind.
fn any_submission() -> impl Strategy<Value = Value> {
    let text = "[a-zA-Zа-я0-9 .,!é😀]{1,40}";
    let arguments = hash_map(any::<String>(), any_json(), 0..5);
    let approval = (text, arguments, proptest::option::of(10..=2_592_000_u64)).prop_map(
        |(title, arguments, ttl)| {
            let arguments: Map<String, Value> = arguments.into_iter().collect();
            json!({ "kind": "approval", "title": format!("T{title}"), "ttl_seconds": ttl, "risk": "low",
                "action": { "tool": "t", "arguments": arguments },
                "links": [{ "label": "L", "url": "https://a.example/x?y=z" }],
                "callback": { "url": "http://127.0.0.1:9/hook" } })
        },
    );
    let question = (text, 2..=5_usize, proptest::option::of(any::<bool>())).prop_map(
        |(label, count, custom)| {
            let options: Vec<Value> =
                (0..count).map(|i| json!({ "id": format!("o{i}"), "label": format!("L{label}") })).collect();
            json!({ "kind": "question", "title": "Which?", "options": options, "allow_custom": custom,
                "requester": { "agent": "a", "run_id": null } })
        },
    );
    ("[A-Za-z0-9_:@+=-]{1,200}", prop_oneof![approval, question]).prop_map(|(id, mut body)| {
        body["correlation_id"] = id.into();
        body
    })
}

proptest! {
    #[test]
    fn canonical_form_is_stable_and_reads_back_equal(value in any_json()) {
        let form = canonical(&value);
        let again = read(&form).unwrap();
        prop_assert_eq!(&again, &value);
        prop_assert_eq!(canonical(&again), form);
    }

    #[test]
    fn canonical_form_knows_nothing_of_order_white_space_and_escapes(value in any_json()) {
        let mut other = String::new();
        written_otherwise(&value, &mut other);
        prop_assert_eq!(canonical(&read(other.as_bytes()).unwrap()), canonical(&value));
    }

    #[test]
    fn reading_never_panics(body in vec(any::<u8>(), 0..200)) {
        let _ = read(&body);
        let _ = parse(&body);
        let _ = DecisionBody::parse(&body);
        let _ = CancelBody::parse(&body);
        let _ = ClaimBody::parse(&body);
        let _ = ExecutionBody::parse(&body);
    }

    #[test]
    fn reading_never_panics_on_what_looks_like_json(body in r#"[\[\]{}",:0-9eE.+\\u a-f-]{0,80}"#) {
        let _ = read(body.as_bytes());
        let _ = parse(body.as_bytes());
    }

    #[test]
    fn any_json_in_any_field_is_answered_without_a_panic(mut body in any_submission(), name in 0..16_usize, value in any_json()) {
        let names = ["correlation_id", "kind", "title", "context", "justification", "risk_assessment", "risk", "action",
            "options", "allow_custom", "requester", "links", "route", "language", "ttl_seconds", "callback"];
        body[names[name]] = value;
        let _ = parse(&serde_json::to_vec(&body).unwrap());
    }

    #[test]
    fn a_valid_submission_survives_being_written_and_read(body in any_submission()) {
        let first = parse(&serde_json::to_vec(&body).unwrap()).unwrap();
        prop_assert_eq!(&first.canonical_body, &canonical(&read(&serde_json::to_vec(&body).unwrap()).unwrap()));
        let mut written = serde_json::to_value(&first.submission).unwrap();
        if written["kind"] == "approval" {
            // Written for readers of the type; a caller may not say it of an approval.
            written.as_object_mut().unwrap().remove("allow_custom");
        }
        let second = parse(&serde_json::to_vec(&written).unwrap()).unwrap();
        prop_assert_eq!(second.submission, first.submission);
    }

    #[test]
    fn white_space_and_order_do_not_make_another_submission(body in any_submission()) {
        let mut other = String::new();
        written_otherwise(&body, &mut other);
        let (one, two) = (parse(&serde_json::to_vec(&body).unwrap()).unwrap(), parse(other.as_bytes()).unwrap());
        prop_assert_eq!(one, two);
    }
}
