//! The rules of masking, each as a sentence.

use serde_json::{Value, json};
use signoff_contract::{Digest, Kind, Link, QuestionOption, Requester, Submission};
use signoff_core::{Masked, Masker};

use crate::masking_tables::filler;
use crate::support::{object, submission};

fn with_arguments(arguments: Value) -> Submission {
    let mut submission = submission(Kind::Approval);
    submission.action.as_mut().unwrap().arguments = object(arguments);
    submission
}

fn mask(arguments: Value) -> (Value, Vec<String>) {
    let Masked {
        submission,
        pointers,
        ..
    } = Masker::default().submission(with_arguments(arguments));
    (
        Value::Object(submission.action.unwrap().arguments),
        pointers,
    )
}

fn token() -> String {
    format!("ghp_{}", filler(36))
}

#[test]
fn a_hidden_value_says_how_long_it_is_in_characters_not_bytes() {
    let (masked, pointers) = mask(json!({ "password": "пароль от базы данных" }));
    assert_eq!(masked, json!({ "password": "••• 21 characters hidden" }));
    assert_eq!(pointers, ["/password"]);
}

#[test]
fn only_strings_are_masked_so_a_numeric_pin_stays() {
    let arguments = json!({ "pin": 1234, "password": true, "secret": null, "token": 1.5 });
    assert_eq!(mask(arguments.clone()), (arguments, vec![]));
}

#[test]
fn every_string_below_a_secret_key_is_masked_and_nothing_else() {
    let (masked, pointers) = mask(json!({
        "credentials": { "user": "ann", "port": 5432, "more": ["x", 1, { "y": "zz" }] },
        "user": "ann",
    }));
    let expected = json!({
        "credentials": {
            "user": "••• 3 characters hidden",
            "port": 5432,
            "more": ["••• 1 characters hidden", 1, { "y": "••• 2 characters hidden" }],
        },
        "user": "ann",
    });
    assert_eq!(masked, expected);
    assert_eq!(
        pointers,
        [
            "/credentials/more/0",
            "/credentials/more/2/y",
            "/credentials/user"
        ]
    );
}

#[test]
fn an_empty_secret_is_shown_because_its_length_would_say_it_all() {
    let arguments = json!({ "password": "" });
    assert_eq!(mask(arguments.clone()), (arguments, vec![]));
}

#[test]
fn pointers_escape_keys_and_stand_in_canonical_order() {
    let (_, pointers) = mask(json!({
        "a/b~c": { "token": "x" },
        "list": ["", "", "", "", "", "", "", "", "", "", token(), { "secret": "x" }, token()],
        // In UTF-16 the second comes first.
        "\u{ffff}": { "token": "x" },
        "\u{10000}": { "token": "x" },
    }));
    let expected = [
        "/a~1b~0c/token",
        "/list/10",
        "/list/11/secret",
        "/list/12",
        "/\u{10000}/token",
        "/\u{ffff}/token",
    ];
    assert_eq!(pointers, expected);
    assert_eq!(pointers.len(), 6);
}

#[test]
fn a_token_in_a_key_is_masked_and_its_value_stays() {
    let (masked, pointers) = mask(json!({ token(): "value", "plain": 1 }));
    assert_eq!(
        masked,
        json!({ "••• 40 characters hidden": "value", "plain": 1 })
    );
    assert_eq!(pointers, ["/••• 40 characters hidden"]);
}

#[test]
fn two_keys_that_look_alike_once_masked_both_stay() {
    let other = format!("gho_{}", filler(36));
    let (masked, pointers) = mask(json!({
        token(): 1,
        other: { "password": "x" },
        "••• 40 characters hidden (2)": 3,
    }));
    let expected = json!({
        "••• 40 characters hidden": { "password": "••• 1 characters hidden" },
        "••• 40 characters hidden (2)": 3,
        "••• 40 characters hidden (3)": 1,
    });
    assert_eq!(masked, expected);
    let expected = [
        "/••• 40 characters hidden",
        "/••• 40 characters hidden/password",
        "/••• 40 characters hidden (3)",
    ];
    assert_eq!(pointers, expected);
}

#[test]
fn many_keys_that_look_alike_take_no_time() {
    let members = (0..3_000).map(|n| (format!("token={n:04}"), Value::from(n)));
    let (masked, pointers) = mask(Value::Object(members.collect()));
    assert_eq!(
        (masked.as_object().unwrap().len(), pointers.len()),
        (3_000, 3_000)
    );
}

#[test]
fn a_key_and_its_string_that_both_change_have_one_pointer() {
    let (masked, pointers) = mask(json!({ format!("password {}", token()): "x" }));
    let key = "password ⟨••• 40 characters hidden⟩";
    assert_eq!(masked, json!({ key: "••• 1 characters hidden" }));
    assert_eq!(pointers, [format!("/{key}")]);
}

#[test]
fn a_name_beside_a_value_counts_as_its_key() {
    let (masked, pointers) = mask(json!({ "env": [
        { "name": "DB_PASSWORD", "value": "hunter2" },
        { "name": "LOG_LEVEL", "value": "debug" },
        { "name": "API_TOKEN", "valueFrom": { "secretKeyRef": { "name": "api", "key": "k" } } },
    ] }));
    assert_eq!(masked["env"][0]["value"], "••• 7 characters hidden");
    assert_eq!(masked["env"][1]["value"], "debug");
    assert_eq!(pointers, ["/env/0/value"]);
}

#[test]
fn a_kubernetes_secret_hides_its_data() {
    let (masked, pointers) =
        mask(json!({ "kind": "Secret", "data": { "a": "Yg==" }, "type": "x" }));
    assert_eq!(masked["data"]["a"], "••• 4 characters hidden");
    assert_eq!(pointers, ["/data/a"]);
}

#[test]
fn the_argument_after_a_secret_flag_is_hidden() {
    let (masked, pointers) =
        mask(json!({ "argv": ["login", "--password", "hunter2", "--token", "--verbose", "-v"] }));
    let expected = [
        "login",
        "--password",
        "••• 7 characters hidden",
        "--token",
        "--verbose",
        "-v",
    ];
    assert_eq!(masked, json!({ "argv": expected }));
    assert_eq!(pointers, ["/argv/2"]);
}

#[test]
fn the_intent_digest_covers_the_original_and_the_view_digest_the_masked_form() {
    let original = with_arguments(json!({ "password": "hunter2" }));
    let masked = Masker::default().submission(original.clone());
    let digest = |submission: &Submission| {
        let action = submission.action.as_ref().unwrap();
        Some(Digest::of_action(&action.tool, &action.arguments))
    };
    assert_eq!(masked.intent_digest, digest(&original));
    assert_eq!(masked.view_digest, digest(&masked.submission));
    assert_ne!(masked.intent_digest, masked.view_digest);
}

#[test]
fn a_submission_without_secrets_is_unchanged_and_its_arguments_are_not_copied() {
    let original = with_arguments(json!({ "image": "registry/billing:1.2.3", "list": ["a", "b"] }));
    let place = |submission: &Submission| {
        submission.action.as_ref().unwrap().arguments["image"]
            .as_str()
            .unwrap()
            .as_ptr()
    };
    let before = (original.clone(), place(&original));
    let masked = Masker::default().submission(original);
    assert_eq!(
        (masked.submission.clone(), place(&masked.submission)),
        before
    );
    assert_eq!(masked.intent_digest, masked.view_digest);
    assert_eq!(masked.pointers, [""; 0]);
}

#[test]
fn a_question_without_an_action_has_no_digests() {
    let masked = Masker::default().submission(submission(Kind::Question));
    assert_eq!((masked.intent_digest, masked.view_digest), (None, None));
}

#[test]
fn every_text_that_people_read_is_masked_and_the_callback_is_not() {
    let text = || Some(format!("see {}", token()));
    let original = Submission {
        title: text().unwrap(),
        context: text(),
        justification: text(),
        risk_assessment: text(),
        options: vec![QuestionOption {
            id: "a".to_owned(),
            label: text().unwrap(),
            description: text(),
        }],
        requester: Some(Requester {
            agent: text(),
            run_id: text(),
            run_label: text(),
            runtime_mode: text(),
        }),
        links: vec![Link {
            label: text().unwrap(),
            url: format!("https://u:pw123@example.org/a?x=1&token=abc&y={}", token())
                .parse()
                .unwrap(),
        }],
        ..submission(Kind::Question)
    };
    let callback = original.callback.clone();
    let masked = Masker::default().submission(original).submission;
    assert_eq!(masked.callback, callback);
    let shown = serde_json::to_string(&masked).unwrap();
    assert!(!shown.contains(&token()), "{shown}");
    assert_eq!(shown.matches("see ⟨••• 40 characters hidden⟩").count(), 11);
    assert_eq!(
        masked.links[0].url.as_str(),
        "https://u:hidden-5-characters@example.org/a?x=1&token=hidden-3-characters&y=hidden-40-characters"
    );
}

#[test]
fn a_link_whose_host_is_a_token_shows_no_more_than_a_url_may() {
    let link = |url: &str| Link {
        label: "x".to_owned(),
        url: url.parse().unwrap(),
    };
    let original = Submission {
        links: vec![link(&format!("https://example.org/{}", token()))],
        ..submission(Kind::Question)
    };
    let masked = Masker::default().submission(original).submission;
    assert_eq!(
        masked.links[0].url.as_str(),
        "https://example.org/hidden-40-characters"
    );
}

#[test]
fn an_operators_pattern_hides_what_it_matches() {
    let masker = Masker::new(&[], &["ACME-[0-9]{12}".to_owned()]).unwrap();
    let shown = masker.text("order ACME-123456789012, please");
    assert_eq!(shown, "order ⟨••• 17 characters hidden⟩, please");
    assert_eq!(masker.text("ACME-123456789012"), "••• 17 characters hidden");
}

#[test]
fn an_operators_pattern_leaves_markers_alone() {
    let masker = Masker::new(&[], &["[a-z]+".to_owned()]).unwrap();
    let once = masker.text("AB cd");
    assert_eq!(once, "AB ⟨••• 2 characters hidden⟩");
    assert_eq!(masker.text(&once), once);
}

#[test]
fn words_keep_both_forms() {
    let words = Masker::default().words("no: password=hunter2 leaks".to_owned());
    assert_eq!(words.verbatim, "no: password=hunter2 leaks");
    assert_eq!(words.masked, "no: password=⟨••• 7 characters hidden⟩ leaks");
    assert!(!format!("{words:?}").contains("hunter2"));
}

#[test]
fn a_pattern_that_cannot_be_used_is_named_with_the_reason() {
    let error = |keys: &[&str], patterns: &[&str]| {
        let owned = |list: &[&str]| list.iter().map(|&s| s.to_owned()).collect::<Vec<_>>();
        Masker::new(&owned(keys), &owned(patterns)).unwrap_err()
    };
    assert!(
        error(&[], &["ok", "(open"])
            .to_string()
            .contains(r#""(open" is not usable"#)
    );
    assert_eq!(error(&[], &["a*"]).why, "it matches the empty text");
    assert!(
        error(&[], &[r"(\w{1000}){1000}"])
            .why
            .contains("size limit")
    );
    assert!(
        error(&[], &[&"a".repeat(1_001)])
            .why
            .contains("longer than")
    );
    assert_eq!(error(&["_-"], &[]).why, "it names no key");
    assert!(error(&[&"a".repeat(201)], &[]).why.contains("at most"));
    assert!(error(&["a"; 201], &[]).why.contains("more than 200"));
}

#[test]
fn a_hostile_text_takes_linear_time() {
    let masker = Masker::default();
    let size = 32 * 1024;
    for unit in [
        "a=",
        "password=",
        "a: ",
        "password: x ",
        "--password ",
        "\\\"",
        "://a:",
        "eyJ",
        "-",
        "123456:",
        "⟨••• 1 characters hidden",
        "hidden-1-characters",
        "\"password\":\"\\",
        "token=x ",
        "curl -u ",
        "curl ",
        "-----BEGIN PRIVATE KEY",
        "Cookie: a",
        "authorization: ",
        "bearer ",
    ] {
        let text = unit.repeat(size / unit.len());
        // Ends at all: a quadratic pass would take minutes in this profile.
        let _ = masker.text(&text);
        let _ = mask(json!({ &text: &text }));
    }
}
