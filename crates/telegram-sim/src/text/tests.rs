//! The HTML parser against what `TDLib` itself answered.
//!
//! `tdlib_corpus.json` holds texts and the answers of `parseTextEntities` of `TDLib` 1.8.69, the parser of Telegram's
//! own server (`tdjson` on `PyPI`, offline, no account). Hand-picked cases come first, then random ones.

use serde_json::Value;

use super::{Style, html};

const CORPUS: &str = include_str!("tdlib_corpus.json");

fn row(entity: &super::RawEntity) -> Value {
    let (kind, argument) = match &entity.style {
        Style::Bold => ("bold", String::new()),
        Style::Italic => ("italic", String::new()),
        Style::Underline => ("underline", String::new()),
        Style::Strikethrough => ("strikethrough", String::new()),
        Style::Spoiler => ("spoiler", String::new()),
        Style::Blockquote => ("blockquote", String::new()),
        Style::ExpandableBlockquote => ("expandable_blockquote", String::new()),
        Style::Code(_) => ("code", String::new()),
        Style::Pre(language) => ("pre", language.clone()),
        Style::TextLink(url) => ("text_link", url.clone()),
        Style::TextMention(id) => ("text_mention", id.to_string()),
        Style::CustomEmoji(id) => ("custom_emoji", id.clone()),
        Style::Found(kind) => (*kind, String::new()),
    };
    serde_json::json!([kind, entity.offset, entity.length, argument])
}

#[test]
fn html_is_accepted_and_refused_exactly_as_by_tdlib() {
    let corpus: Vec<Value> = serde_json::from_str(CORPUS).expect("the corpus");
    assert!(corpus.len() > 300, "the corpus is there");
    let mut differences = Vec::new();
    for case in &corpus {
        let html = case["html"].as_str().expect("a text");
        let answer = match html::parse(html) {
            Err(reason) => {
                serde_json::json!({ "html": html, "error": format!("Can't parse entities: {reason}") })
            }
            Ok((text, mut entities)) => {
                entities.sort_by_key(|entity| (entity.offset, usize::MAX - entity.length));
                let mut rows: Vec<Value> = entities.iter().map(row).collect();
                // The order of entities at one place is decided later, by the normaliser.
                rows.sort_by_key(ToString::to_string);
                serde_json::json!({ "html": html, "text": text, "entities": rows })
            }
        };
        let mut expected = case.clone();
        if let Some(rows) = expected.get_mut("entities").and_then(Value::as_array_mut) {
            rows.sort_by_key(ToString::to_string);
        }
        if answer != expected {
            differences.push(format!("expected {expected}\n     got {answer}"));
        }
    }
    assert!(
        differences.is_empty(),
        "{} differ:\n{}",
        differences.len(),
        differences.join("\n")
    );
}
