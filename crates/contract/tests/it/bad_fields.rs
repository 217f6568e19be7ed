//! What callers are told about fields that are wrong: snapshots of the error documents.

use crate::bad_bodies::{approval, bytes, question, quoted, told};

#[test]
fn every_field_that_is_wrong_is_named() {
    let cases = bytes(vec![
        ("not an object", "[]".into()),
        ("null", "null".into()),
        ("empty", "{}".into()),
        (
            "required fields that are null",
            approval(&[("title", "null"), ("action", "null")]),
        ),
        (
            "wrong types",
            approval(&[
                ("correlation_id", "1"),
                ("kind", "true"),
                ("title", "[]"),
                ("action", "\"x\""),
                ("risk", "{}"),
                ("links", "{}"),
                ("requester", "[]"),
                ("ttl_seconds", "\"60\""),
                ("callback", "\"https://a.example\""),
            ]),
        ),
        (
            "misspelt fields",
            approval(&[
                ("titel", "1"),
                ("corelation_id", "1"),
                ("TTL_seconds", "1"),
                ("xyz", "1"),
            ]),
        ),
        (
            "unknown fields within",
            approval(&[
                ("action", r#"{"tool":"a","args":{},"arguments":{}}"#),
                ("requester", r#"{"agnet":"a"}"#),
                ("callback", r#"{"url":"https://a.example","uri":1}"#),
            ]),
        ),
        (
            "misspelt words",
            approval(&[("kind", "\"aproval\""), ("risk", "\"High\"")]),
        ),
        (
            "far-off words",
            approval(&[("kind", "\"vote\""), ("risk", "\"\"")]),
        ),
        (
            "an unknown kind leaves the rest checked",
            approval(&[
                ("kind", "\"vote\""),
                ("options", r#"[{"id":"a"}]"#),
                ("ttl_seconds", "1"),
            ]),
        ),
        (
            "json faults and field faults together",
            r#"{"kind":"approval","kind":"question","correlation_id":1e30,"titel":1}"#.into(),
        ),
    ]);
    insta::assert_snapshot!(told(&cases));
}

#[test]
fn texts_that_a_reader_could_misread_are_refused() {
    let cases = bytes(vec![
        (
            "correlation_id with a slash",
            approval(&[("correlation_id", "\"a/b\"")]),
        ),
        (
            "correlation_id is ..",
            approval(&[("correlation_id", "\"..\"")]),
        ),
        (
            "correlation_id too long",
            approval(&[("correlation_id", &quoted(&"x".repeat(201)))]),
        ),
        ("title blank", approval(&[("title", "\"  \"")])),
        ("title empty", approval(&[("title", "\"\"")])),
        (
            "title too long, in characters",
            approval(&[("title", &quoted(&"ж".repeat(301)))]),
        ),
        (
            "title of two lines",
            approval(&[("title", r#""a\nRisk: low""#)]),
        ),
        ("title with NUL", approval(&[("title", r#""a\u0000b""#)])),
        (
            "title that runs backwards",
            approval(&[("title", r#""delete \u202eselif pmet\u202c""#)]),
        ),
        (
            "escape sequence in a justification",
            approval(&[("justification", r#""ok\n\u001b[2J""#)]),
        ),
        (
            "a lone carriage return",
            approval(&[("context", r#""fine\r\nnot\rfine""#)]),
        ),
        (
            "texts too long",
            approval(&[
                ("context", &quoted(&"x".repeat(4001))),
                ("justification", &quoted(&"x".repeat(4001))),
                ("risk_assessment", &quoted(&"x".repeat(4001))),
            ]),
        ),
        (
            "requester text too long",
            approval(&[(
                "requester",
                &format!(r#"{{"agent":{}}}"#, quoted(&"x".repeat(201))),
            )]),
        ),
    ]);
    insta::assert_snapshot!(told(&cases));
}

#[test]
fn values_outside_their_bounds_are_refused() {
    let cases = bytes(vec![
        (
            "arguments are a list",
            approval(&[("action", r#"{"tool":"a","arguments":[]}"#)]),
        ),
        ("an action without anything", approval(&[("action", "{}")])),
        (
            "arguments too large",
            approval(&[(
                "action",
                &format!(
                    r#"{{"tool":"a","arguments":{{"a":"{}"}}}}"#,
                    "x".repeat(65_530)
                ),
            )]),
        ),
        ("ttl too short", approval(&[("ttl_seconds", "9")])),
        ("ttl negative", approval(&[("ttl_seconds", "-1")])),
        ("ttl too long", approval(&[("ttl_seconds", "2592001")])),
        ("ttl with a fraction", approval(&[("ttl_seconds", "60.5")])),
        (
            "language is no tag",
            approval(&[("language", "\"english please\"")]),
        ),
        (
            "language with an underscore",
            approval(&[("language", "\"en_US\"")]),
        ),
        ("route blank", approval(&[("route", "\"\"")])),
    ]);
    insta::assert_snapshot!(told(&cases));
}

#[test]
fn links_and_callbacks_lead_where_they_say() {
    let cases = bytes(vec![
        (
            "too many links",
            approval(&[(
                "links",
                &format!(
                    "[{}]",
                    [r#"{"label":"a","url":"https://a.example"}"#; 11].join(",")
                ),
            )]),
        ),
        (
            "links that are wrong in every way",
            approval(&[(
                "links",
                r#"[null,{},{"label":"","url":1},{"label":"a","url":"javascript:alert(1)"},{"label":"a","url":"https://bank.example@evil.example/"},{"label":"a","url":"/relative"},{"label":"a","url":"https://"},{"label":"a","url":"https:///evil.example"},{"label":"a","url":"http:\\\\evil.example"},{"label":"a","url":"https://a b.example"}]"#,
            )]),
        ),
        (
            "a callback to a file",
            approval(&[("callback", r#"{"url":"file:///etc/passwd"}"#)]),
        ),
        (
            "a callback with a password",
            approval(&[("callback", r#"{"url":"https://u:p@a.example"}"#)]),
        ),
        (
            "a callback with an empty user",
            approval(&[("callback", r#"{"url":"https://@a.example"}"#)]),
        ),
        (
            "a callback with a fragment",
            approval(&[("callback", r#"{"url":"https://a.example/x#y"}"#)]),
        ),
        ("a callback without a url", approval(&[("callback", "{}")])),
        (
            "a callback url too long",
            approval(&[(
                "callback",
                &format!(r#"{{"url":"https://a.example/{}"}}"#, "x".repeat(2000)),
            )]),
        ),
    ]);
    insta::assert_snapshot!(told(&cases));
}

#[test]
fn each_kind_has_fields_of_its_own() {
    let cases = bytes(vec![
        (
            "an approval with options",
            approval(&[("options", "[]"), ("allow_custom", "true")]),
        ),
        ("a question without options", question(&[("options", "-")])),
        (
            "a question with one option",
            question(&[("options", r#"[{"id":"a","label":"A"}]"#)]),
        ),
        (
            "a question with six",
            question(&[(
                "options",
                &format!(
                    "[{}]",
                    (0..6)
                        .map(|i| format!(r#"{{"id":"{i}","label":"A"}}"#))
                        .collect::<Vec<_>>()
                        .join(",")
                ),
            )]),
        ),
        (
            "options that are wrong in every way",
            question(&[(
                "options",
                r#"[{"id":"a b","label":"A"},{"id":"b","label":""},{"id":"b","label":"B","descripton":""},"c",{"id":1}]"#,
            )]),
        ),
        (
            "option texts too long",
            question(&[(
                "options",
                &format!(
                    r#"[{{"id":"{}","label":"{}","description":"{}"}},{{"id":"b","label":"B"}}]"#,
                    "i".repeat(65),
                    "l".repeat(301),
                    "d".repeat(501)
                ),
            )]),
        ),
        (
            "allow_custom is a word",
            question(&[("allow_custom", "\"yes\"")]),
        ),
        (
            "a question whose action is wrong",
            question(&[("action", r#"{"arguments":1}"#)]),
        ),
    ]);
    insta::assert_snapshot!(told(&cases));
}
