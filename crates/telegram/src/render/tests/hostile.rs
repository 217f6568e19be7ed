//! What must hold whatever a requester writes: it parses, it fits, it hides nothing, and it
//! forges nothing.

use proptest::prelude::*;
use serde_json::{Map, Value};
use signoff_contract::{ExecutionResult, Status};
use signoff_engine::{ButtonAction, PromptCard};

use super::super::reveal::is_hidden;
use super::super::{Attachments, Language, card};
use super::samples::{approval, at, ended, executed, question, render, visible};

/// Text that tries things.
fn hostile(most: usize) -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("</b></code></pre>".to_owned()),
        Just("<a href=\"tg://user?id=1\">x</a>".to_owned()),
        Just("&lt;&amp;&#x202e;".to_owned()),
        Just("\n✅ Approved by ann · 14:02 UTC\n".to_owned()),
        Just("\r\n\u{2028}✅ Approved by ann".to_owned()),
        Just("\u{202e}\u{2066}\u{200b}\u{feff}\u{e0041}\u{0}".to_owned()),
        Just("👩‍👩‍👧❤️".to_owned()),
        Just("```\n}\n```".to_owned()),
        "[a-z &<>\"]{0,40}",
        "\\PC{0,40}",
        any::<String>(),
    ];
    prop::collection::vec(piece, 0..40)
        .prop_map(move |pieces| pieces.concat().chars().take(most).collect())
}

fn any_card() -> impl Strategy<Value = PromptCard> {
    let texts = (
        hostile(300),
        prop::option::of(hostile(4_000)),
        prop::option::of(hostile(4_000)),
        prop::option::of(hostile(4_000)),
        hostile(200),
        hostile(200),
    );
    let arguments = prop::collection::btree_map(hostile(60), hostile(3_000), 0..6);
    let labels = prop::collection::vec((hostile(300), prop::option::of(hostile(500))), 3);
    (any::<bool>(), texts, arguments, labels, hostile(200)).prop_map(
        |(asks, (title, context, why, risk, agent, tool), arguments, labels, link)| {
            let mut card = if asks { question() } else { approval() };
            let request = &mut card.request;
            (request.title, request.context) = (title, context);
            (request.justification, request.risk_assessment) = (why, risk);
            if let Some(requester) = &mut request.requester {
                requester.agent = Some(agent);
            }
            if let Some(action) = &mut request.action {
                action.tool = tool;
                let members = arguments
                    .into_iter()
                    .map(|(key, text)| (key, Value::from(text)));
                action.arguments = members.collect::<Map<_, _>>();
            }
            for (option, (label, description)) in request.options.iter_mut().zip(labels) {
                (option.label, option.description) = (label, description);
            }
            for known in &mut request.links {
                known.label.clone_from(&link);
            }
            for (button, option) in card.buttons.iter_mut().zip(&request.options) {
                if let ButtonAction::Choose { label, .. } = &mut button.action {
                    label.clone_from(&option.label);
                }
            }
            card
        },
    )
}

/// The markup without what stands in quotations and code blocks; checks that it is well formed.
fn outside_of_quotations(html: &str) -> String {
    const TAGS: [&str; 5] = [
        "b",
        "code",
        "code class=\"language-json\"",
        "pre",
        "blockquote",
    ];
    let mut open: Vec<String> = Vec::new();
    let mut outside = String::new();
    let mut rest = html;
    loop {
        let start = rest.find('<').unwrap_or(rest.len());
        assert!(!rest[..start].contains('>'), "a bare > in {html}");
        if !open.iter().any(|tag| tag == "pre" || tag == "blockquote") {
            outside.push_str(&rest[..start]);
        }
        if start == rest.len() {
            break;
        }
        let end = start + rest[start..].find('>').expect("every tag ends");
        let tag = &rest[start + 1..end];
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name), "{html}");
        } else {
            let known = TAGS.contains(&tag) || tag.starts_with("a href=");
            assert!(known, "{tag}");
            open.push(tag.split(' ').next().unwrap_or_default().to_owned());
        }
        rest = &rest[end + 1..];
    }
    assert!(open.is_empty(), "{open:?} is open at the end of {html}");
    outside
}

fn holds(card: &PromptCard) -> Result<(), TestCaseError> {
    for language in Language::ALL {
        let rendered = render(card, language);
        let text = visible(&rendered.html);
        prop_assert!(
            text.chars().count() <= 4_096,
            "{} characters",
            text.chars().count()
        );
        prop_assert!(
            rendered.html.len() <= 32_768,
            "{} bytes",
            rendered.html.len()
        );
        for key in rendered.keyboard.0.iter().flatten() {
            prop_assert!(!key.text.is_empty() && key.callback_data.len() <= 64);
        }
        let outside = outside_of_quotations(&rendered.html);
        let forged = outside
            .lines()
            .filter(|line| line.starts_with("✅ Approved by ann · 14:02"))
            .count();
        prop_assert_eq!(forged, 0, "{}", rendered.html);
        let unseen = text
            .chars()
            .find(|&c| is_hidden(c) && !"\n\t\u{200d}\u{fe0f}".contains(c));
        prop_assert_eq!(unseen, None, "{}", rendered.html);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn an_open_card_parses_fits_and_forges_nothing(card in any_card()) {
        holds(&card)?;
    }

    #[test]
    fn a_closed_card_fits_whatever_people_said(card in any_card(), said in hostile(4_000), detail in hostile(4_000)) {
        let denied = card.request.options.is_empty();
        let mut card = ended(card, if denied { Status::Denied } else { Status::Approved });
        if let Some(outcome) = &mut card.request.outcome {
            outcome.reason = denied.then(|| said.clone());
            if let Some(answer) = &mut outcome.answer {
                answer.option_id = None;
                answer.text = said;
            }
            let many: Vec<_> = std::iter::repeat_n(outcome.decided_by[0].clone(), 200).collect();
            outcome.decided_by = many;
        }
        let mut card = executed(card, ExecutionResult::Failed);
        if let Some(execution) = &mut card.request.execution {
            execution.detail = Some(detail);
        }
        holds(&card)?;
    }

    #[test]
    fn closing_a_card_keeps_what_it_said(card in any_card()) {
        let open = render(&card, Language::English);
        let closed = render(&ended(card, Status::Approved), Language::English);
        prop_assert!(closed.keyboard.is_empty());
        prop_assert_eq!(open.documents, closed.documents);
        let body = |html: &str| html.lines().take(html.lines().count().saturating_sub(4)).collect::<Vec<_>>().join("\n");
        prop_assert!(closed.html.starts_with(body(&open.html).trim_end()), "{}\n→\n{}", open.html, closed.html);
    }

    #[test]
    fn what_is_left_out_of_the_message_is_in_a_file(card in any_card()) {
        let rendered = card_in_english(&card);
        let request = &card.request;
        let everything = rendered.documents.iter().map(|d| String::from_utf8_lossy(&d.bytes).into_owned());
        let everything = everything.collect::<Vec<_>>().join("\n") + &visible(&rendered.html);
        for text in [&request.context, &request.justification, &request.risk_assessment].into_iter().flatten() {
            let shown = super::super::prose(text);
            prop_assert!(everything.contains(shown.trim_matches('\n')));
        }
    }
}

fn card_in_english(prompt: &PromptCard) -> super::super::RenderedCard {
    card(prompt, Language::English, at("14:03"), Attachments::Posted)
}
