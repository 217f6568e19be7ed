//! What was called, held against what was meant; and the lines that `TDLib` is asked about.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;

use serde_json::{Value, json};
use signoff_telegram_sim::Call;

use super::meant::{Meant, Read, units};

/// One message as it left us.
#[derive(Debug)]
pub(super) struct Spoken {
    /// Which message of which case.
    what: String,
    /// The markup; `None` when the message went without any.
    html: Option<String>,
    /// What a person is meant to read.
    meant: Read,
    /// What the simulator's parser read.
    simulated: Read,
}

/// Kinds that the server finds by itself.
const FOUND: [&str; 8] = [
    "bot_command",
    "mention",
    "url",
    "hashtag",
    "email",
    "cashtag",
    "phone_number",
    "bank_card_number",
];

/// What the simulator answered that the message reads.
pub(super) fn simulated(message: &Value) -> Read {
    let part = |name: &str, caption: &str| {
        let part = message.get(name).or_else(|| message.get(caption));
        part.cloned().unwrap_or_default()
    };
    let row = |entity: &Value| {
        let kind = entity["type"].as_str().unwrap_or_default();
        let argument = match kind {
            "pre" => entity["language"].clone(),
            "text_link" => entity["url"].clone(),
            "text_mention" => Value::from(entity["user"]["id"].to_string()),
            _ => Value::from(""),
        };
        json!([kind, entity["offset"], entity["length"], argument])
    };
    let entities = part("entities", "caption_entities");
    let entities = entities.as_array().cloned().unwrap_or_default();
    let ours = entities
        .iter()
        .filter(|entity| !FOUND.contains(&entity["type"].as_str().unwrap_or_default()));
    Read {
        text: part("text", "caption")
            .as_str()
            .unwrap_or_default()
            .to_owned(),
        entities: ours.map(row).collect(),
    }
}

/// Holds one message against what was meant, and against what Telegram takes.
pub(super) fn check(what: &str, call: &Call, meant: &Meant, labels: &[String]) -> Spoken {
    assert_eq!(call.status, 200, "{what}: {}", call.response);
    let most = match call.method.as_str() {
        "sendDocument" => 1_024,
        _ => 4_096,
    };
    let read = simulated(&call.response["result"]);
    let meant = meant.parsed();
    let (seen, sorted) = (whole(&read), whole(&meant));
    assert_eq!(
        seen.text, sorted.text,
        "{what}: a person reads something else than was meant"
    );
    for (entity, wanted) in seen.entities.iter().zip(&sorted.entities) {
        assert_eq!(entity, wanted, "{what}: an entity of {}", seen.text);
    }
    assert_eq!(seen.entities.len(), sorted.entities.len(), "{what}");
    assert!(
        units(&read.text) <= most,
        "{what}: {} units",
        units(&read.text)
    );
    assert!(
        read.entities.len() <= 100,
        "{what}: {} entities",
        read.entities.len()
    );
    nested(what, &read);
    buttons(what, &call.params["reply_markup"], labels);
    let html = call.params["parse_mode"].as_str().map(|mode| {
        assert_eq!(mode, "HTML", "{what}");
        let html = call.params["text"].as_str().expect("a text");
        assert!(html.len() <= 32_768, "{what}: {} bytes", html.len());
        html.to_owned()
    });
    Spoken {
        what: what.to_owned(),
        html,
        meant,
        simulated: read,
    }
}

/// With entities in order, and whole: where the server finds a link or a tag in bold text, it splits what is bold.
fn whole(read: &Read) -> Read {
    let mut rows = read.entities.clone();
    rows.sort_by_key(|row| row[1].as_u64());
    let number = |row: &Value, index: usize| row[index].as_u64().expect("a number");
    let mut entities: Vec<Value> = Vec::new();
    for row in rows {
        match entities.last_mut() {
            Some(last)
                if last[0] == row[0]
                    && last[3] == row[3]
                    && number(last, 1) + number(last, 2) == number(&row, 1) =>
            {
                last[2] = Value::from(number(last, 2) + number(&row, 2));
            }
            _ => entities.push(row),
        }
    }
    let text = read.text.clone();
    Read { text, entities }
}

/// Entities lie within the text, and within or beside each other.
fn nested(what: &str, read: &Read) {
    let span = |row: &Value| {
        let (from, length) = (
            row[1].as_u64().expect("a number"),
            row[2].as_u64().expect("a number"),
        );
        (from, from + length)
    };
    for (index, one) in read.entities.iter().enumerate() {
        let (from, to) = span(one);
        assert!(to <= units(&read.text) as u64, "{what}: {one}");
        for other in &read.entities[index + 1..] {
            let (start, end) = span(other);
            let apart = end <= from || to <= start;
            let within = (from <= start && end <= to) || (start <= from && to <= end);
            assert!(apart || within, "{what}: {one} and {other}");
        }
    }
}

/// Buttons read as they are meant, as far as they have room.
fn buttons(what: &str, markup: &Value, labels: &[String]) {
    let rows = markup["inline_keyboard"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let keys: Vec<&Value> = rows
        .iter()
        .flat_map(|row| row.as_array().expect("a row"))
        .collect();
    assert_eq!(keys.len(), labels.len(), "{what}: {markup}");
    assert!(keys.len() <= 100, "{what}");
    for (key, label) in keys.iter().zip(labels) {
        let (text, data) = (
            key["text"].as_str().expect("a text"),
            key["callback_data"].as_str(),
        );
        assert!(
            (1..=64).contains(&data.expect("a handle").len()),
            "{what}: {key}"
        );
        assert!(
            !text.trim().is_empty() && units(text) <= 84,
            "{what}: {text:?}"
        );
        match text.strip_suffix('…') {
            Some(kept) if text != label => {
                assert!(
                    label.starts_with(kept) && units(text) >= 38,
                    "{what}: {text:?} of {label:?}"
                );
            }
            _ => assert_eq!(text, label, "{what}"),
        }
    }
}

/// An answer to a press: plain text of at most 200 characters, which may end in `…`.
pub(super) fn toast(what: &str, text: &str, meant: &str) {
    assert!(units(text) <= 200, "{what}: {} units", units(text));
    match text.strip_suffix('…') {
        Some(kept) if text != meant => assert!(
            meant.starts_with(kept) && units(text) > 190,
            "{what}: {text:?}"
        ),
        _ => assert_eq!(text, meant, "{what}"),
    }
}

/// Writes the lines that `tests/tdlib/oracle.js` reads.
pub(super) fn write(path: &Path, seed: u64, spoken: &[Spoken]) {
    let mut file = BufWriter::new(File::create(path).expect("a file"));
    for message in spoken {
        let line = json!({
            // A number of 64 bits is no number in JavaScript.
            "seed": seed.to_string(),
            "what": message.what,
            "html": message.html,
            "text": message.meant.text,
            "entities": message.meant.entities,
            "simulated": { "text": message.simulated.text, "entities": message.simulated.entities },
        });
        writeln!(file, "{line}").expect("it is written");
    }
    file.flush().expect("it is written");
}
