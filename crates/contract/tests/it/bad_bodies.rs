//! What callers are told about bodies that are refused: snapshots of the error documents.

use signoff_contract::Problem;
use signoff_contract::submission::parse;

/// A valid approval whose members these replace or extend; a value of `-` removes one.
pub(crate) fn approval(changes: &[(&str, &str)]) -> String {
    with(
        &[
            ("correlation_id", r#""run-1""#),
            ("kind", r#""approval""#),
            ("title", r#""Deploy""#),
            ("action", r#"{"tool":"echo","arguments":{}}"#),
        ],
        changes,
    )
}

/// The same for a question.
pub(crate) fn question(changes: &[(&str, &str)]) -> String {
    with(
        &[
            ("correlation_id", r#""run-1""#),
            ("kind", r#""question""#),
            ("title", r#""Which?""#),
            (
                "options",
                r#"[{"id":"a","label":"A"},{"id":"b","label":"B"}]"#,
            ),
        ],
        changes,
    )
}

fn with(base: &[(&str, &str)], changes: &[(&str, &str)]) -> String {
    let mut members: Vec<(&str, &str)> = base.to_vec();
    for &(key, value) in changes {
        members.retain(|(known, _)| *known != key);
        if value != "-" {
            members.push((key, value));
        }
    }
    let members: Vec<String> = members.iter().map(|(k, v)| format!("{k:?}:{v}")).collect();
    format!("{{{}}}", members.join(","))
}

pub(crate) fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap()
}

/// Each case, the body where it is short enough to read, and the answer.
pub(crate) fn told(cases: &[(&str, Vec<u8>)]) -> String {
    let mut page = String::new();
    for (name, body) in cases {
        let Err(error) = parse(body) else {
            panic!("{name}: was accepted")
        };
        let body = String::from_utf8_lossy(body);
        let shown: String = body.chars().take(160).collect();
        let cut = if shown.len() < body.len() { "…" } else { "" };
        let answer = answer(error.into());
        page.extend(["## ", name, "\n", &shown, cut, "\n", &answer, "\n"]);
    }
    page
}

/// What a caller is told, as a page of text.
pub(crate) fn answer(problem: Problem) -> String {
    let first = format!("{}: {}\n", problem.code.as_str(), problem.detail);
    let errors = problem.errors.into_iter();
    let rest = errors.map(|e| format!("  {:?} {}: {}\n", e.field, e.code.as_str(), e.detail));
    std::iter::once(first).chain(rest).collect()
}

pub(crate) fn bytes(cases: Vec<(&'static str, String)>) -> Vec<(&'static str, Vec<u8>)> {
    cases
        .into_iter()
        .map(|(name, body)| (name, body.into_bytes()))
        .collect()
}

#[test]
fn the_bases_of_these_tables_are_valid() {
    parse(approval(&[]).as_bytes()).unwrap();
    parse(question(&[]).as_bytes()).unwrap();
}

#[test]
fn text_that_is_no_json_is_refused_with_its_place() {
    let mut cases = bytes(vec![
        ("nothing", String::new()),
        ("white space", " \n ".into()),
        ("cut off", r#"{"correlation_id":"a","#.into()),
        ("trailing data", format!("{} {{}}", approval(&[]))),
        ("trailing comma", r#"{"title":"a",}"#.into()),
        ("single quotes", "{'title':'a'}".into()),
        ("comment", "{\n  // hello\n}".into()),
        ("a byte order mark", format!("\u{feff}{}", approval(&[]))),
        ("NaN", approval(&[("ttl_seconds", "NaN")])),
        ("leading zero", approval(&[("ttl_seconds", "060")])),
        (
            "a raw control character",
            approval(&[("title", "\"a\u{1}\"")]),
        ),
        (
            "a lone high surrogate",
            approval(&[("title", r#""\ud83d""#)]),
        ),
        (
            "a lone low surrogate",
            approval(&[("title", r#""\ude00x""#)]),
        ),
        (
            "a lone surrogate deep inside",
            approval(&[(
                "action",
                r#"{"tool":"a","arguments":{"x":[1,{"y/z":"\ud800"}]}}"#,
            )]),
        ),
        (
            "a lone surrogate in a key",
            approval(&[("action", r#"{"tool":"a","arguments":{"x":{"\udc00":1}}}"#)]),
        ),
        (
            "a number beyond every double",
            approval(&[("action", r#"{"tool":"a","arguments":{"n":[0,1e400]}}"#)]),
        ),
    ]);
    cases.push(("not UTF-8", b"{\n\"title\":\"\xff\"}".to_vec()));
    insta::assert_snapshot!(told(&cases));
}

#[test]
fn json_that_two_readers_could_understand_differently_is_refused_with_pointers() {
    let arguments =
        |json: &str| approval(&[("action", &format!(r#"{{"tool":"a","arguments":{json}}}"#))]);
    let deep = format!("{}1{}", r#"{"d":"#.repeat(80), "}".repeat(80));
    let cases = bytes(vec![
        (
            "a duplicate key",
            arguments(r#"{"a":1,"b":{"c":1,"c":2},"a":3}"#),
        ),
        (
            "keys that are equal once unescaped",
            arguments(r#"{"a":1,"\u0061":2}"#),
        ),
        (
            "a duplicate key at the top",
            r#"{"title":"a","title":"b"}"#.into(),
        ),
        (
            "a key with / and ~ in its pointer",
            arguments(r#"{"a/b~c":{"":1,"":2}}"#),
        ),
        ("2^53", arguments(r#"{"n":9007199254740992}"#)),
        ("-2^53", arguments(r#"{"n":[-9007199254740992]}"#)),
        ("2^53 as a float", arguments(r#"{"n":9007199254740992.0}"#)),
        ("beyond u64", arguments(r#"{"n":18446744073709551616}"#)),
        ("below i64", arguments(r#"{"n":-9223372036854775809}"#)),
        ("1e300", arguments(r#"{"n":1e300}"#)),
        ("too deep", arguments(&deep)),
        (
            "all of these",
            arguments(r#"{"a":1,"a":1e30,"b":[99999999999999999999,{"c":1,"c":1}]}"#),
        ),
    ]);
    insta::assert_snapshot!(told(&cases));
}

#[test]
fn a_body_with_thousands_of_faults_gets_a_short_answer() {
    let key = "k".repeat(100_000);
    let numbers = vec!["99999999999999999"; 8_000].join(",");
    let body = approval(&[(
        "action",
        &format!(r#"{{"tool":"a","arguments":{{"{key}":[{numbers}]}}}}"#),
    )]);
    let problem = Problem::from(parse(body.as_bytes()).unwrap_err());
    assert_eq!(problem.errors.len(), 100);
    assert_eq!(
        problem.errors[0].field, "/action/arguments",
        "the closest place that fits"
    );
    assert!(serde_json::to_vec(&problem).unwrap().len() < 32 * 1024);
}

#[test]
fn a_body_over_256_kib_is_too_large_and_one_of_256_kib_is_not() {
    let padding = 256 * 1024 - approval(&[]).len();
    let fits = format!("{}{}", approval(&[]), " ".repeat(padding));
    parse(fits.as_bytes()).unwrap();
    let problem = Problem::from(parse(format!("{fits} ").as_bytes()).unwrap_err());
    assert_eq!(
        (problem.status, problem.code.as_str()),
        (413, "payload_too_large")
    );
}
