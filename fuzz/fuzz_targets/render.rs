//! The renderer of cards, with words that went through nobody's checks: Telegram's own parser (the
//! simulator's) takes the message, it fits, nothing from outside becomes a link or an entity, and
//! what is not in the message is in a file.
//!
//! The first byte chooses language, status and whether the files are there; the rest are the words,
//! with a byte 0xff between them.
#![no_main]

use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value, json};
use signoff_contract::{Digest, RequestResource};
use signoff_engine::{Button, ButtonAction, PromptCard};
use signoff_telegram::{Language, fuzzing::shown};

fuzz_target!(|data: &[u8]| {
    let Some((&choice, words)) = data.split_first() else { return };
    let mut words = words.split(|byte| *byte == 0xff).map(|word| String::from_utf8_lossy(word).into_owned());
    let mut next = |most: usize| -> String { words.next().unwrap_or_default().chars().take(most).collect() };
    let question = choice & 1 == 1;
    let statuses = ["pending", "approved", "denied", "cancelled"];
    let status = statuses[usize::from(choice >> 1) % 4];
    let language = Language::ALL[usize::from(choice >> 3) % 3];
    let posted = choice & 0x80 == 0;
    let (title, tool, agent) = (next(300), next(200), next(200));
    let (context, why, reason) = (next(4_000), next(4_000), next(4_000));
    let (key, value, label) = (next(200), next(60_000), next(300));
    let mut arguments = Map::new();
    arguments.insert(key, Value::from(value));
    let time = "2026-03-01T14:02:00Z";
    let mut resource = json!({
        "id": "req_01JD3ZK8M9QW7E5R2T4YA1B2C3", "project": "default", "correlation_id": "a",
        "kind": if question { "question" } else { "approval" }, "status": status,
        "title": title, "context": context, "justification": why, "risk": "high",
        "options": [], "requester": { "agent": agent }, "links": [{ "label": label, "url": "https://git.example.org/1" }],
        "route": "default", "ttl_seconds": 3600, "created_at": time, "expires_at": "2026-03-01T15:02:00Z",
    });
    if question {
        resource["options"] = json!([{ "id": "a", "label": label }, { "id": "b", "label": "Other" }]);
    } else {
        resource["action"] = json!({ "tool": tool, "arguments": arguments, "masked": [] });
        resource["view_digest"] = json!(Digest::of_action(&tool, &arguments).to_string());
    }
    if status != "pending" {
        resource["outcome"] = json!({ "status": status, "decided_at": time, "reason": reason, "decided_by": [] });
    }
    let request: RequestResource = serde_json::from_value(resource).expect("a resource");
    let actions = match (status, question) {
        ("pending", true) => vec![ButtonAction::Choose { option_id: "a".into(), label }, ButtonAction::Decline],
        ("pending", false) => vec![ButtonAction::Approve, ButtonAction::Deny],
        _ => Vec::new(),
    };
    let button = |action| Button { handle: "h".repeat(47), action };
    let card = PromptCard {
        prompt_id: "prm_01JD3ZK8M9QW7E5R2T4YA1B2C3".parse().expect("an id"),
        revision: 1,
        place: "1001".into(),
        request,
        recipients: Vec::new(),
        buttons: actions.into_iter().map(button).collect(),
        approvals: Vec::new(),
        approvals_needed: 1,
        asks_twice: true,
        notices: Vec::new(),
        remind: false,
        language: "en".into(),
    };
    let now: Timestamp = "2026-03-01T14:03:00Z".parse().expect("a time");
    let rendered = shown(&card, language, now, posted);
    assert_eq!(rendered, shown(&card, language, now, posted), "the same card reads the same");
    let (text, entities) = signoff_telegram_sim::message_of_html(&rendered.html)
        .unwrap_or_else(|why| panic!("Telegram refuses it: {why}\n{}", rendered.html));
    assert!(text.chars().count() <= 4_096);
    for entity in &entities {
        let known = ["bold", "code", "pre", "blockquote", "text_link", "url", "mention", "hashtag", "email", "bot_command"];
        assert!(known.contains(&entity.kind.as_str()), "{entity:?}");
        assert!(entity.url.as_deref().is_none_or(|url| url == "https://git.example.org/1"), "{entity:?}");
        assert!(entity.user.is_none(), "{entity:?}");
    }
    for (words, data) in &rendered.buttons {
        assert!(words.chars().count() <= 400 && data.len() <= 64);
    }
    // No character that misleads is left in what people read, and what is not there is in a file.
    let misleading = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200b}' | '\u{feff}' | '\0');
    assert!(!rendered.html.contains(misleading), "{}", rendered.html);
    if !question {
        let inline = entities.iter().any(|entity| entity.kind == "pre");
        assert!(inline != rendered.documents.iter().any(|(_, file)| file.starts_with(b"{\"arguments\":")));
        let action = card.request.action.as_ref().expect("an action");
        match rendered.documents.first() {
            _ if inline => assert!(text.contains('}')),
            Some((_, file)) => assert_eq!(Digest::of_bytes(file), Digest::of_action(&action.tool, &action.arguments)),
            None => panic!("the arguments are nowhere"),
        }
    }
});
