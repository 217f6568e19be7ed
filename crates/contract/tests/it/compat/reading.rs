//! Bodies as Go decodes them.

use serde_json::{Value, json};
use signoff_contract::compat::Endpoint;

use super::{APPROVE, EXECUTE, sentence, taken, with};

#[test]
fn bodies_are_decoded_as_go_decodes_them() {
    let accepted = |endpoint, body: &str| {
        assert_eq!(sentence(endpoint, body.as_bytes()), "accepted", "{body}");
    };
    let invalid = |endpoint, body: &[u8]| {
        let shown = String::from_utf8_lossy(body);
        assert_eq!(sentence(endpoint, body), "invalid json payload", "{shown}");
    };
    let whole = String::from_utf8(with(APPROVE, &[])).expect("text");
    // Only the first value is read, and whatever follows is not.
    accepted(APPROVE, &format!("\n\t{whole} {{\"tool\":1}}"));
    accepted(APPROVE, &format!("{whole}]]}} what is this"));
    // Whatever the case of a key; the Kelvin sign and the long s are letters of the same names.
    let shouted = whole
        .replace("\"correlation_id\"", "\"CORRELATION_ID\"")
        .replace("\"tool\"", "\"Tool\"")
        .replace("\"callback\"", "\"callbac\u{212a}\"")
        .replace("\"risk_assessment\"", "\"ri\u{17f}k_A\u{17f}SESSMENT\"")
        .replace("\"url\"", "\"URL\"");
    assert_ne!(shouted, whole);
    accepted(APPROVE, &shouted);
    // An escaped key is the same key.
    accepted(APPROVE, &whole.replace("\"tool\"", "\"\\u0074ool\""));
    for endpoint in Endpoint::ALL {
        for body in [
            &b""[..],
            b"   ",
            b"{",
            b"{]",
            b"[]",
            b"1",
            b"\"text\"",
            b"true",
            b"nul",
            b"{\"tool\"}",
            b"{\"tool\":\"a\x01b\"}",
            b"{'tool':'x'}",
            b"{\"tool\":01}",
            b"\xff",
            b"\xef\xbb\xbf{}",
            b"{\"tool\":\"open",
            b"{\"lang\":\"\\x41\"}",
            b"{\"timeout_sec\":9223372036854775808}",
        ] {
            invalid(endpoint, body);
        }
        assert_eq!(sentence(endpoint, b"null"), "correlation_id is required");
        assert_eq!(sentence(endpoint, b"{}"), "correlation_id is required");
        for wrong in [
            ("/correlation_id", json!(5)),
            ("/arguments", json!([])),
            ("/arguments", json!("{}")),
            ("/lang", json!(true)),
            ("/markup", json!(["html"])),
            ("/timeout_sec", json!(1.5)),
            ("/timeout_sec", json!("60")),
            ("/timeout_sec", json!(1e3)),
            ("/callback", json!("http://x")),
            ("/callback", json!({ "url": 5 })),
        ] {
            let (pointer, value) = wrong;
            // A wrong type is told before any check, also where a check would fail first.
            invalid(
                endpoint,
                &with(endpoint, &[(pointer, Some(value)), ("/tool", None)]),
            );
        }
    }
    for (pointer, value) in [
        ("/tool", json!({ "name": "x" })),
        ("/justification", json!({})),
        ("/links_to_code", json!({})),
        ("/links_to_code", json!(["https://x"])),
        ("/links_to_code", json!([0, 0, 0, 0, 0, { "text": 5 }])),
    ] {
        invalid(APPROVE, &with(APPROVE, &[(pointer, Some(value))]));
    }
    for (pointer, value) in [
        ("/tool", json!("ask.owner")),
        ("/tool", json!({ "name": "x", "title": 1 })),
        ("/tool", json!({ "name": "x", "tags": ["a", 1] })),
        ("/tool", json!({ "name": "x", "metadata": [] })),
        ("/spec", json!([])),
    ] {
        invalid(EXECUTE, &with(EXECUTE, &[(pointer, Some(value))]));
    }
    // What is ignored, is ignored.
    for (pointer, value) in [
        ("/arguments/context", json!(5)),
        ("/arguments/something", json!([[]])),
        ("/spec", json!({ "custom_option_label": { "en": "Other" } })),
        (
            "/tool",
            json!({ "name": "x", "title": "X", "description": "d", "input_schema": {}, "tags": ["a"] }),
        ),
    ] {
        assert_eq!(
            sentence(EXECUTE, &with(EXECUTE, &[(pointer, Some(value))])),
            "accepted"
        );
    }
}

#[test]
fn the_last_of_several_wins_null_changes_nothing_and_maps_grow() {
    let whole = String::from_utf8(with(APPROVE, &[])).expect("text");
    let open = whole.strip_suffix('}').expect("an object");
    let body = format!(
        "{open},\"TOOL\":\"second\",\"tool\":null,\"arguments\":{{\"more\":1e3}},\"callback\":{{}}}}"
    );
    let (submission, dialect) = taken(APPROVE, body.as_bytes());
    assert_eq!(dialect.tool, "second");
    let action = submission.action.expect("an action");
    assert_eq!(
        Value::from(action.arguments),
        json!({ "name": "pod-1", "more": 1_000 })
    );
    let (submission, _) = taken(APPROVE, format!("{open},\"arguments\":null}}").as_bytes());
    assert!(submission.action.expect("an action").arguments.is_empty());
}

#[test]
fn what_is_no_character_is_replaced_as_go_replaces_it() {
    for (sent, read) in [
        (&b"a\xffb"[..], "a\u{fffd}b"),
        // The first three bytes of a character of four: one replacement a byte.
        (b"a\xf0\x9f\x98b", "a\u{fffd}\u{fffd}\u{fffd}b"),
        (br"\ud83d\ude00", "\u{1f600}"),
        (br"\ud83d!", "\u{fffd}!"),
        (br"\ude00!", "\u{fffd}!"),
        (br"\ud83d\u0041", "\u{fffd}A"),
        (br"\\ud83d", "\\ud83d"),
        (br"\ud83d\ud83d\ude00", "\u{fffd}\u{1f600}"),
        (br"\u00e9\/", "\u{e9}/"),
    ] {
        let whole = with(APPROVE, &[("/tool", Some(json!("TOOL")))]);
        let at = whole
            .windows(4)
            .position(|four| four == b"TOOL")
            .expect("there");
        let body = [&whole[..at], sent, &whole[at + 4..]].concat();
        let (_, dialect) = taken(APPROVE, &body);
        assert_eq!(dialect.tool, read, "{}", sent.escape_ascii());
    }
}

/// A body that is taken is kept within another object: it must not be too deep to be read again.
#[test]
fn what_lies_too_deep_is_refused() {
    for (levels, said) in [
        (1, "accepted"),
        (62, "accepted"),
        (63, "invalid json payload"),
        (500, "invalid json payload"),
        (100_000, "invalid json payload"),
    ] {
        // The body and its arguments are two levels more.
        let deep = format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        let whole = String::from_utf8(with(APPROVE, &[])).unwrap();
        let body = whole.replace("\"pod-1\"", &deep);
        assert_ne!(whole, body);
        assert_eq!(sentence(APPROVE, body.as_bytes()), said, "{levels} levels");
    }
}
