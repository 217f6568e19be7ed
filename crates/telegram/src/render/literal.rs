//! Arguments as people check them: indented JSON whose every string is a literal, so that no
//! value can look like another line, and whose keys stand in canonical order (RFC 8785).
//!
//! Hidden characters are written as `\u202e`: still JSON, still the same value, and its
//! canonical form is still the one whose digest is on the card.

use std::fmt::Write as _;

use serde_json::{Map, Value};
use signoff_contract::json::canonical;

use super::reveal::{is_hidden, is_odd_space};

/// Two spaces for each level: phones are narrow.
const INDENT: &str = "  ";

/// The tool and its arguments. A name that could be taken for something else is a literal too.
pub(super) fn action(tool: &str, arguments: &Map<String, Value>) -> String {
    let mut out = tool_name(tool);
    out.push('\n');
    write_object(arguments, 0, &mut out);
    out
}

/// A tool's name as it is when it is plain, else as a JSON string.
pub(super) fn tool_name(tool: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._:/@-".contains(c);
    if !tool.is_empty() && tool.chars().all(plain) {
        tool.to_owned()
    } else {
        let mut out = String::new();
        write_string(tool, &mut out);
        out
    }
}

/// Whether the arguments hold anything that a viewer of the raw file would not see.
pub(super) fn hides_characters(tool: &str, arguments: &Map<String, Value>) -> bool {
    fn within(value: &Value) -> bool {
        match value {
            Value::String(text) => hides(text),
            Value::Array(items) => items.iter().any(within),
            Value::Object(members) => members
                .iter()
                .any(|(key, value)| hides(key) || within(value)),
            Value::Null | Value::Bool(_) | Value::Number(_) => false,
        }
    }
    fn hides(text: &str) -> bool {
        text.chars()
            .any(|c| !c.is_ascii_control() && (is_hidden(c) || is_odd_space(c)))
    }
    hides(tool)
        || arguments
            .iter()
            .any(|(key, value)| hides(key) || within(value))
}

fn write_value(value: &Value, depth: usize, out: &mut String) {
    match value {
        Value::String(text) => write_string(text, out),
        Value::Array(items) => write_items(items, depth, out),
        Value::Object(members) => write_object(members, depth, out),
        // The canonical form of what has no parts is ASCII: a number, true, false or null.
        Value::Null | Value::Bool(_) | Value::Number(_) => {
            out.push_str(&String::from_utf8_lossy(&canonical(value)));
        }
    }
}

fn write_items(items: &[Value], depth: usize, out: &mut String) {
    if items.is_empty() {
        out.push_str("[]");
        return;
    }
    out.push('[');
    for (index, item) in items.iter().enumerate() {
        begin_member(index, depth, out);
        write_value(item, depth + 1, out);
    }
    end_members(depth, ']', out);
}

fn write_object(members: &Map<String, Value>, depth: usize, out: &mut String) {
    if members.is_empty() {
        out.push_str("{}");
        return;
    }
    let mut sorted: Vec<(&String, &Value)> = members.iter().collect();
    sorted.sort_unstable_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
    out.push('{');
    for (index, (key, value)) in sorted.into_iter().enumerate() {
        begin_member(index, depth, out);
        write_string(key, out);
        out.push_str(": ");
        write_value(value, depth + 1, out);
    }
    end_members(depth, '}', out);
}

fn begin_member(index: usize, depth: usize, out: &mut String) {
    if index > 0 {
        out.push(',');
    }
    out.push('\n');
    out.push_str(&INDENT.repeat(depth + 1));
}

fn end_members(depth: usize, bracket: char, out: &mut String) {
    out.push('\n');
    out.push_str(&INDENT.repeat(depth));
    out.push(bracket);
}

fn write_string(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            _ if is_hidden(c) || is_odd_space(c) => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
            _ => out.push(c),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn object(value: Value) -> Map<String, Value> {
        let Value::Object(members) = value else {
            panic!("{value} is no object")
        };
        members
    }

    #[test]
    fn no_value_can_forge_a_line() {
        let arguments = object(json!({ "note": "x\",\n  \"image\": \"evil\u{202e}\"" }));
        assert_eq!(
            action("k8s.deploy", &arguments),
            "k8s.deploy\n{\n  \"note\": \"x\\\",\\n  \\\"image\\\": \\\"evil\\u202e\\\"\"\n}"
        );
        assert_eq!(action("a\n{}", &Map::new()), "\"a\\n{}\"\n{}");
    }

    #[test]
    fn keys_stand_in_canonical_order() {
        let arguments = object(json!({ "b": [1.0, 2e3, []], "a": { "€": null, "😀": true } }));
        let shown = action("t", &arguments);
        let expected = "t\n{\n  \"a\": {\n    \"€\": null,\n    \"😀\": true\n  },\n  \"b\": [\n    1,\n    2000,\n    []\n  ]\n}";
        assert_eq!(shown, expected);
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            (-9_007_199_254_740_991_i64..9_007_199_254_740_991).prop_map(Value::from),
            any::<String>().prop_map(Value::from),
            "[\u{202a}-\u{202e}\u{200b}-\u{200f}\"\\\\\n\u{e0041}a<&]{0,12}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                prop::collection::btree_map(any::<String>(), inner, 0..5)
                    .prop_map(|members| members.into_iter().collect()),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_shown_is_the_value_itself(value in any_json()) {
            let arguments = object(json!({ "v": value }));
            let shown = action("t", &arguments);
            let json = shown.strip_prefix("t\n").unwrap();
            prop_assert_eq!(serde_json::from_str::<Value>(json).unwrap(), Value::Object(arguments));
        }

        #[test]
        fn what_is_shown_hides_nothing(value in any_json()) {
            let shown = action("t", &object(json!({ "v": value })));
            prop_assert!(!shown.chars().any(|c| c != '\n' && is_hidden(c)), "{:?}", shown);
        }
    }
}
