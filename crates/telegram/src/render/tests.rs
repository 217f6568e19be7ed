//! Cards as people see them: one snapshot for each kind and state in each language, and what
//! must hold whatever a requester writes.

mod hostile;
mod samples;

use signoff_contract::{Digest, ExecutionResult, Status};
use signoff_engine::Notice;

use self::samples::{approval, at, ended, executed, question, render, visible};
use super::*;

/// The card in every language, as text with markup, buttons below.
fn shown(card: &signoff_engine::PromptCard) -> String {
    let mut shown = Vec::new();
    for language in Language::ALL {
        let rendered = render(card, language);
        shown.push(format!("───── {} ─────\n{}", language.tag(), rendered.html));
        for row in &rendered.keyboard.0 {
            let row: Vec<String> = row.iter().map(|key| format!("[ {} ]", key.text)).collect();
            shown.push(row.join(" "));
        }
        for document in &rendered.documents {
            let (name, caption) = (&document.file_name, &document.caption);
            shown.push(format!(
                "({name}, {} bytes: {caption})",
                document.bytes.len()
            ));
        }
    }
    shown.join("\n")
}

#[test]
fn an_open_approval_reads_like_this() {
    insta::assert_snapshot!(shown(&approval()));
}

#[test]
fn an_open_question_reads_like_this() {
    insta::assert_snapshot!(shown(&question()));
}

#[test]
fn an_approval_by_two_reads_like_this() {
    let mut card = approval();
    card.approvals_needed = 2;
    insta::assert_snapshot!("two-none-yet", shown(&card));
    card.approvals = vec!["ann".to_owned()];
    insta::assert_snapshot!("two-one-yet", shown(&card));
}

#[test]
fn outcomes_of_an_approval_read_like_this() {
    for status in Status::ALL
        .into_iter()
        .filter(|status| status.is_terminal())
    {
        let name = format!("approval-{}", status.as_str());
        insta::assert_snapshot!(name, shown(&ended(approval(), status)));
    }
}

#[test]
fn outcomes_of_a_question_read_like_this() {
    for status in [Status::Approved, Status::Denied, Status::Expired] {
        let name = format!("question-{}", status.as_str());
        insta::assert_snapshot!(name, shown(&ended(question(), status)));
    }
}

#[test]
fn what_came_of_an_approval_reads_like_this() {
    let card = ended(approval(), Status::Approved);
    insta::assert_snapshot!(
        "executed-applied",
        shown(&executed(card.clone(), ExecutionResult::Applied))
    );
    let mut failed = executed(card, ExecutionResult::Failed);
    failed.notices.push(Notice::RequesterUnreachable);
    insta::assert_snapshot!("executed-failed-unreachable", shown(&failed));
}

#[test]
fn a_card_that_does_not_fit_reads_like_this() {
    let mut card = approval();
    card.request
        .action
        .as_mut()
        .unwrap()
        .arguments
        .insert("manifest".into(), "x".repeat(5_000).into());
    insta::assert_snapshot!("long-arguments", shown(&card));
    card.request.justification = Some(format!("{}\nsecond line", "word ".repeat(790)));
    insta::assert_snapshot!("long-texts", shown(&card));
}

#[test]
fn the_file_is_what_the_digest_on_the_card_is_of() {
    let mut card = approval();
    let action = card.request.action.as_mut().unwrap();
    action
        .arguments
        .insert("manifest".into(), "é\u{202e}".repeat(3_000).into());
    let digest = Digest::of_action(&action.tool, &action.arguments);
    card.request.view_digest = Some(digest);
    let rendered = render(&card, Language::English);
    assert_eq!(Digest::of_bytes(&rendered.documents[0].bytes), digest);
    let hex = digest.to_string().replace("sha256:", "");
    assert!(
        visible(&rendered.html).contains(&format!("SHA-256 {hex}")),
        "{}",
        rendered.html
    );
    // The canonical file holds the character that turns text around, so another shows it.
    let readable = String::from_utf8(rendered.documents[1].bytes.clone()).unwrap();
    assert!(readable.contains("é\\u202eé") && !readable.contains('\u{202e}'));
}

#[test]
fn without_its_file_a_card_offers_no_yes() {
    let mut card = approval();
    card.request
        .action
        .as_mut()
        .unwrap()
        .arguments
        .insert("manifest".into(), "x".repeat(5_000).into());
    let rendered = super::card(&card, Language::English, at("14:03"), Attachments::Missing);
    let labels: Vec<&str> = rendered
        .keyboard
        .0
        .iter()
        .flatten()
        .map(|key| key.text.as_str())
        .collect();
    assert_eq!(labels, ["❌ Deny", "✍️ Deny with a reason"]);
    assert!(
        visible(&rendered.html).contains("this can only be refused here"),
        "{}",
        rendered.html
    );

    let mut card = question();
    card.request.context = Some("x".repeat(3_900));
    let rendered = super::card(&card, Language::English, at("14:03"), Attachments::Missing);
    let labels: Vec<&str> = rendered
        .keyboard
        .0
        .iter()
        .flatten()
        .map(|key| key.text.as_str())
        .collect();
    assert_eq!(labels, ["🚫 Decline to answer"]);
}

#[test]
fn a_card_reads_the_same_a_moment_later() {
    let card = approval();
    let before = super::card(&card, Language::English, at("14:03"), Attachments::Posted);
    let after = super::card(&card, Language::English, at("14:04"), Attachments::Posted);
    assert_eq!(before, after, "so that a restart edits nothing");
}

#[test]
fn long_labels_are_cut_on_buttons_and_told_apart_by_number() {
    let mut card = question();
    for (index, option) in card.request.options.iter_mut().enumerate() {
        option.label = format!("{} {index}", "The very same beginning of a label".repeat(2));
    }
    let labels: Vec<String> = card
        .request
        .options
        .iter()
        .map(|o| o.label.clone())
        .collect();
    for (button, text) in card.buttons.iter_mut().zip(&labels) {
        if let signoff_engine::ButtonAction::Choose { label, .. } = &mut button.action {
            label.clone_from(text);
        }
    }
    let rendered = render(&card, Language::English);
    let keys: Vec<&str> = rendered
        .keyboard
        .0
        .iter()
        .flatten()
        .map(|key| key.text.as_str())
        .collect();
    assert_eq!(keys[0], "1. The very same beginning of a labelThe…");
    assert!(keys.iter().all(|key| key.chars().count() <= 42));
    let text = visible(&rendered.html);
    assert!(
        labels.iter().all(|label| text.contains(label)),
        "the text has them in full"
    );
}

#[test]
fn a_link_shows_where_it_really_leads() {
    let mut card = approval();
    card.request.links[0].label = "https://github.com/good".to_owned();
    card.request.links[0].url = "https://github.com@evil.example:8443/?a=1&b=%22<x>"
        .parse()
        .unwrap();
    let html = render(&card, Language::English).html;
    let expected = "<a href=\"https://github.com@evil.example:8443/?a=1&amp;b=%22%3Cx%3E\">https://github.com/good</a> (evil.example:8443)";
    assert!(html.contains(expected), "{html}");
}
