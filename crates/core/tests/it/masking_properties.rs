//! What holds for every masked submission.

use proptest::prelude::*;
use serde_json::{Map, Value, json};
use signoff_contract::{Digest, Kind, Submission};
use signoff_core::Masker;

use crate::masking_tables::secrets;
use crate::support::submission;

/// Text as people and machines write it, with what masking looks for in it.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[a-zA-Z0-9 ]{0,12}",
        "[ =:\"'\\\\{}\\-⟨⟩•,;&/@\n]{0,4}",
        prop::sample::select(vec![
            "password=",
            "--token ",
            "\"secret\":\"",
            "bearer ",
            "https://u:p@h/",
            "Cookie: ",
            "⟨••• 3 characters hidden⟩",
            "••• 3 characters hidden",
            "hidden-3-characters",
            "пароль: ",
            "key",
            "max_tokens=5",
        ])
        .prop_map(str::to_owned),
        prop::sample::select(secrets()),
    ];
    prop::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            members(inner).prop_map(Value::Object),
        ]
    })
}

fn members(value: impl Strategy<Value = Value>) -> impl Strategy<Value = Map<String, Value>> {
    let key = prop_oneof![
        3 => "[a-z]{1,8}",
        2 => prop::sample::select(vec!["password", "name", "value", "apiKey", "kind", "data", "a/b"])
            .prop_map(str::to_owned),
        1 => text(),
    ];
    prop::collection::vec((key, value), 0..4).prop_map(|members| members.into_iter().collect())
}

fn any_submission() -> impl Strategy<Value = Submission> {
    (members(value()), text()).prop_map(|(arguments, title)| {
        let mut submission = Submission {
            title,
            callback: None,
            ..submission(Kind::Approval)
        };
        submission.action.as_mut().unwrap().arguments = arguments;
        submission
    })
}

/// What is left of a value when strings and the names and order of members do not count.
fn skeleton(value: &Value) -> String {
    match value {
        Value::String(_) => "string".to_owned(),
        Value::Array(items) => format!("{:?}", items.iter().map(skeleton).collect::<Vec<_>>()),
        Value::Object(members) => {
            let mut members: Vec<String> = members.values().map(skeleton).collect();
            members.sort();
            format!("{{{members:?}}}")
        }
        other => other.to_string(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    #[test]
    fn no_planted_secret_is_in_the_masked_submission(
        arguments in members("[a-z =:]{0,12}".prop_map(Value::from)),
        index in 0..secrets().len(),
        (before, after) in ("([a-z]{1,8}[ (\"',;/])?", "([ )\"',;/][a-z]{1,8})?"),
    ) {
        let secret = &secrets()[index];
        let planted = format!("{before}{secret}{after}");
        let mut submission = submission(Kind::Approval);
        let action = submission.action.as_mut().unwrap();
        action.arguments = arguments.into_iter().filter(|(key, _)| key.len() < 20).collect();
        action.arguments.insert("planted".to_owned(), json!([{ "deep": planted }]));
        action.arguments.insert(planted.clone(), json!(1));
        submission.context = Some(planted.clone());
        submission.title = planted;
        let masked = Masker::default().submission(submission);
        let shown = format!("{:?}", serde_json::to_value(&masked.submission).unwrap());
        let secret: Vec<char> = secret.escape_debug().collect();
        for part in secret.windows(12) {
            let part: String = part.iter().collect();
            prop_assert!(!shown.contains(&part), "{part} in {shown}");
        }
    }

    #[test]
    fn no_string_under_a_secret_key_is_in_the_masked_submission(
        mut submission in any_submission(),
        secret in "[a-zA-Z0-9 ]{1,8}🗝[a-zA-Z0-9 ]{0,8}",
    ) {
        let action = submission.action.as_mut().unwrap();
        action.arguments.insert("dbPassword".to_owned(), json!({ "a": [{ "b": secret }] }));
        let masked = Masker::default().submission(submission);
        prop_assert!(!serde_json::to_string(&masked.submission).unwrap().contains('🗝'));
        prop_assert!(masked.pointers.contains(&"/dbPassword/a/0/b".to_owned()));
    }

    #[test]
    fn masking_what_was_masked_changes_nothing(submission in any_submission()) {
        let once = Masker::default().submission(submission);
        let twice = Masker::default().submission(once.submission.clone());
        prop_assert_eq!(&twice.submission, &once.submission);
        prop_assert_eq!(twice.intent_digest, once.view_digest);
        prop_assert_eq!(twice.pointers, Vec::<String>::new());
    }

    #[test]
    fn digests_cover_both_forms_and_pointers_name_what_changed(submission in any_submission()) {
        let digest = |submission: &Submission| {
            let action = submission.action.as_ref().unwrap();
            Some(Digest::of_action(&action.tool, &action.arguments))
        };
        let before = submission.action.clone().unwrap().arguments;
        let intent = digest(&submission);
        let masked = Masker::default().submission(submission);
        prop_assert_eq!(masked.intent_digest, intent);
        prop_assert_eq!(masked.view_digest, digest(&masked.submission));
        let after = masked.submission.action.unwrap().arguments;
        prop_assert_eq!(masked.pointers.is_empty(), before == after);
        let after = Value::Object(after);
        for pointer in &masked.pointers {
            let value = after.pointer(pointer);
            let said = pointer.contains("hidden")
                || value.and_then(Value::as_str).is_some_and(|text| text.contains("hidden"));
            prop_assert!(value.is_some() && said, "{pointer} in {after}");
        }
    }

    #[test]
    fn nothing_but_strings_and_keys_changes(submission in any_submission()) {
        let before = skeleton(&Value::Object(submission.action.clone().unwrap().arguments));
        let masked = Masker::default().submission(submission).submission;
        prop_assert_eq!(skeleton(&Value::Object(masked.action.unwrap().arguments)), before);
    }

    #[test]
    fn any_text_masks_and_masks_again_to_itself(text in text()) {
        let masker = Masker::default();
        let once = masker.text(&text);
        prop_assert_eq!(masker.text(&once), once);
    }
}
