//! Problem documents and their codes.

use std::collections::HashSet;

use signoff_contract::{Code, FieldCode, FieldError, Outcome, Problem, Status};

#[test]
fn codes_have_the_word_that_serde_writes() {
    for code in Code::ALL {
        assert_eq!(serde_json::to_value(code).unwrap(), code.as_str());
        assert_eq!(Code::from_word(code.as_str()), Some(*code));
    }
    for code in FieldCode::ALL {
        assert_eq!(serde_json::to_value(code).unwrap(), code.as_str());
        assert!(code.explanation().ends_with('.'), "{code:?}");
    }
}

#[test]
fn codes_differ_and_have_pages() {
    let words: HashSet<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(words.len(), Code::ALL.len());
    for code in Code::ALL {
        assert!(code.type_url().ends_with(&format!("/{}", code.as_str())));
        for text in [code.explanation(), code.remedy()] {
            assert!(
                text.ends_with('.') && !text.contains("  "),
                "{code:?}: {text:?}"
            );
        }
        assert!(!code.title().ends_with('.'), "{code:?}");
    }
}

#[test]
fn codes_and_statuses_are_those_of_the_contract() {
    let lines: Vec<String> = Code::ALL
        .iter()
        .map(|code| format!("{} {}", code.status(), code.as_str()))
        .collect();
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn a_validation_problem_lists_everything() {
    let errors = vec![
        FieldError::new("/title", FieldCode::Required, "this field is required"),
        FieldError::new("", FieldCode::WrongType, "must be an object"),
    ];
    let problem = Problem::validation(errors).with_request_id("http-1");
    insta::assert_json_snapshot!(problem);
    let read: Problem = serde_json::from_value(serde_json::to_value(&problem).unwrap()).unwrap();
    assert_eq!(read, problem);
}

#[test]
fn already_decided_carries_the_outcome() {
    let outcome = Outcome {
        status: Status::Denied,
        decided_at: "2026-01-02T03:04:05.678Z".parse().unwrap(),
        reason: Some("not today".into()),
        reason_via: None,
        answer: None,
        decided_by: vec![],
    };
    insta::assert_json_snapshot!(Problem::already_decided(outcome));
}
