//! Writes configurations as TOML: the commented example, and what is in force.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::shape::{Field, Shape};

/// How wide the example's comments are.
const WIDTH: usize = 88;

/// What the example begins with.
const HEAD: &str = "\
# Signoff's configuration, with everything that can be set. This file is generated from the
# types; `signoff config check` says what is in force. Keys with # in front show their default,
# or an example where there is no default.
#
# Each key of a [section] can be set from the environment too: SIGNOFF_TELEGRAM__TOKEN sets
# telegram.token, and wins over this file. Each secret can stand in a file of its own: token_file.
";

/// The example file.
pub(crate) fn example(shape: &Shape) -> String {
    let mut text = HEAD.to_owned();
    for section in shape.fields() {
        text.push('\n');
        comment(&mut text, &section.comment);
        let (fields, list) = match &section.shape {
            Shape::List(item) => (item.fields(), true),
            table => (table.fields(), false),
        };
        let active = !list || fields.iter().any(|field| field.active);
        let mark = if active { "" } else { "#" };
        let brackets = if list { ("[[", "]]") } else { ("[", "]") };
        line(
            &mut text,
            &format!("{mark}{}{}{}", brackets.0, section.name, brackets.1),
        );
        for field in fields {
            comment(&mut text, &field.comment);
            let value = field
                .example
                .as_ref()
                .filter(|_| field.default.is_none() || field.active);
            let value = value.or(field.default.as_ref()).or(field.example.as_ref());
            let value = value.map_or_else(|| "\"\"".to_owned(), toml);
            let mark = if field.active { "" } else { "#" };
            line(&mut text, &format!("{mark}{} = {value}", field.name));
        }
    }
    text
}

/// A configuration as it is in force. `note` says what is to be added to a key's line.
pub(crate) fn in_force(
    shape: &Shape,
    config: &Value,
    note: &dyn Fn(&str) -> Option<String>,
) -> String {
    let mut text = String::new();
    for section in shape.fields() {
        match (&section.shape, &config[&section.name]) {
            (Shape::List(item), Value::Array(entries)) => {
                for (index, entry) in entries.iter().enumerate() {
                    line(&mut text, &format!("[[{}]]", section.name));
                    let path = format!("{}[{index}]", section.name);
                    keys(&mut text, &path, item.fields(), entry, note);
                    text.push('\n');
                }
            }
            (table, entry @ Value::Object(_)) => {
                let mut lines = String::new();
                keys(&mut lines, &section.name, table.fields(), entry, note);
                if !lines.is_empty() {
                    line(&mut text, &format!("[{}]\n{lines}", section.name));
                }
            }
            _ => {}
        }
    }
    text.truncate(text.trim_end().len());
    text
}

fn keys(
    text: &mut String,
    path: &str,
    fields: &[Field],
    entry: &Value,
    note: &dyn Fn(&str) -> Option<String>,
) {
    for field in fields {
        let value = &entry[&field.name];
        let nothing = match value {
            Value::Null => true,
            Value::Object(members) => members.is_empty(),
            Value::Array(items) => items.is_empty() && field.default.is_none(),
            _ => false,
        };
        if nothing {
            continue;
        }
        let note = note(&format!("{path}.{}", field.name));
        let note = note.map_or_else(String::new, |note| format!("  # {note}"));
        line(text, &format!("{} = {}{note}", field.name, toml(value)));
    }
}

/// A value as TOML writes it. JSON's escapes in texts are TOML's, too.
fn toml(value: &Value) -> String {
    match value {
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(toml).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(members) => inline_table(members),
        other => other.to_string(),
    }
}

fn inline_table(members: &Map<String, Value>) -> String {
    let members: Vec<String> = members
        .iter()
        .map(|(key, value)| {
            let bare = key
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
            let key = if bare && !key.is_empty() {
                key.clone()
            } else {
                Value::from(key.as_str()).to_string()
            };
            format!("{key} = {}", toml(value))
        })
        .collect();
    format!("{{ {} }}", members.join(", "))
}

fn comment(text: &mut String, words: &str) {
    let mut current = String::from("#");
    for word in words.split_whitespace() {
        if current.len() + word.len() + 1 > WIDTH {
            line(text, &current);
            current = String::from("#");
        }
        current.push(' ');
        current.push_str(word);
    }
    line(text, &current);
}

fn line(text: &mut String, words: &str) {
    // Writing to a String cannot fail.
    let _ = writeln!(text, "{words}");
}
