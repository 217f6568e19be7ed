//! Secrets that the text around them names: `password=…`, `--password …`, `"password": "…"`,
//! a YAML line, and Telegram's `123456:…`.
//!
//! One pass from left to right; a name is looked for only where `=`, `:` or `-` stands, and a
//! value is read only after the name of a secret.

use std::ops::Range;

use super::keys::KeyNames;
use super::shapes::is_reference;
use super::spans::Spans;

/// The longest name, in bytes, and the most blanks or backslashes around it.
const MAX_NAME: usize = 80;
const MAX_FILLER: usize = 32;
/// Values that are no secret whoever names them.
const PLAIN: [&str; 8] = [
    "true", "false", "null", "none", "yes", "no", "required", "optional",
];

/// Finds every named secret in `text`.
pub(super) fn find(text: &str, names: &KeyNames, spans: &mut Spans) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let found = match bytes[at] {
            b'=' => assigned(text, at, names),
            b':' => telegram_token(bytes, at).or_else(|| mapped(text, at, names)),
            b'-' if starts_argument(bytes, at) => flag(text, at, names),
            _ => None,
        };
        at += 1;
        if let Some(value) = found {
            at = at.max(value.end);
            if is_secret_value(&text[value.clone()]) {
                spans.add(value);
            }
        }
    }
}

fn is_secret_value(value: &str) -> bool {
    let says_something = value
        .bytes()
        .any(|byte| byte.is_ascii_alphanumeric() || !byte.is_ascii());
    let word = value.trim_end_matches([',', '.', ')']);
    let plain = PLAIN.iter().any(|plain| word.eq_ignore_ascii_case(plain));
    says_something && !plain && !is_reference(value) && !value.starts_with("⟨•••")
}

/// `name=value`, `name = "value"`, `name := "value"`, `"name" => "value"`.
fn assigned(text: &str, at: usize, names: &KeyNames) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    // In `==`, `!=` and `:=` the name stands before all of it.
    let operator = at - usize::from(at > 0 && matches!(bytes[at - 1], b'=' | b'!' | b':'));
    let name = name_before(text, operator)?;
    if !names.is_secret(name.text) {
        return None;
    }
    let after = at + 1 + usize::from(bytes.get(at + 1) == Some(&b'>'));
    let spaced = skip_blanks(bytes, after);
    if let Some(value) = quoted(text, spaced) {
        return Some(value);
    }
    // `password= next` assigns nothing; `password = next` does.
    let from = if name.spaced { spaced } else { after };
    Some(from..bare_end(bytes, from, b""))
}

/// `"name": "value"` anywhere; `name: value` when it is a line, or a member in braces.
fn mapped(text: &str, at: usize, names: &KeyNames) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let name = name_before(text, at)?;
    if !names.is_secret(name.text) {
        return None;
    }
    let from = skip_blanks(bytes, at + 1);
    if let Some(value) = quoted(text, from) {
        return Some(value);
    }
    let before = text[..name.start].trim_end_matches([' ', '\t']);
    let in_braces = before.ends_with(['{', ',']);
    let in_list = before
        .strip_suffix('-')
        .map(|rest| rest.trim_end_matches([' ', '\t']));
    let on_line = in_list.unwrap_or(before);
    let starts_line = on_line.is_empty() || on_line.ends_with('\n');
    if !name.quoted && !in_braces && !starts_line {
        return None;
    }
    if !name.quoted && from == at + 1 {
        return None;
    }
    let end = bare_end(bytes, from, if starts_line { b"" } else { b",}]" });
    let after = skip_blanks(bytes, end);
    // More words on the line make it prose.
    let alone = bytes
        .get(after)
        .is_none_or(|byte| matches!(byte, b'\r' | b'\n' | b'#'));
    (alone || name.quoted || in_braces).then_some(from..end)
}

/// `--name value`.
fn flag(text: &str, at: usize, names: &KeyNames) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let dashes = if bytes.get(at + 1) == Some(&b'-') {
        2
    } else {
        1
    };
    let start = at + dashes;
    let plain = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let length = bytes[start..]
        .iter()
        .take(MAX_NAME)
        .take_while(plain)
        .count();
    let end = start + length;
    let from = skip_blanks(bytes, end);
    // One dash and few letters is a bundle of short options.
    if from == end || (dashes == 1 && length < 4) || bytes.get(from) == Some(&b'-') {
        return None;
    }
    if !names.is_secret(&text[start..end]) {
        return None;
    }
    quoted(text, from).or_else(|| Some(from..bare_end(bytes, from, b"")))
}

fn starts_argument(bytes: &[u8], at: usize) -> bool {
    at == 0
        || matches!(
            bytes[at - 1],
            b' ' | b'\t' | b'\n' | b'"' | b'\'' | b'`' | b'\\'
        )
}

/// A Telegram bot token, around its colon: 6 to 12 digits before, 30 or more characters after.
fn telegram_token(bytes: &[u8], at: usize) -> Option<Range<usize>> {
    let digits = bytes[..at]
        .iter()
        .rev()
        .take(12)
        .take_while(|b| b.is_ascii_digit())
        .count();
    if digits < 6 {
        return None;
    }
    let plain = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let after = bytes[at + 1..].iter().take_while(plain).count();
    (after >= 30).then_some(at - digits..at + 1 + after)
}

/// The name that ends right before `end`.
struct Name<'a> {
    text: &'a str,
    /// Where it starts, with its quote.
    start: usize,
    quoted: bool,
    spaced: bool,
}

fn name_before(text: &str, end: usize) -> Option<Name<'_>> {
    let bytes = text.as_bytes();
    let back = |from: usize, most: usize, matches: fn(&u8) -> bool| {
        from - bytes[..from]
            .iter()
            .rev()
            .take(most)
            .take_while(|byte| matches(byte))
            .count()
    };
    let unspaced = back(end, MAX_FILLER, |byte| matches!(byte, b' ' | b'\t'));
    let unquoted = back(unspaced, 1, |byte| matches!(byte, b'"' | b'\''));
    let quoted = unquoted < unspaced;
    let name_end = back(unquoted, if quoted { MAX_FILLER } else { 0 }, |byte| {
        *byte == b'\\'
    });
    let mut start = back(name_end, MAX_NAME, |byte| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.') || !byte.is_ascii()
    });
    while !text.is_char_boundary(start) {
        start += 1;
    }
    let name = text.get(start..name_end)?;
    if name.is_empty() {
        return None;
    }
    let start = if quoted {
        let unescaped = back(start, 1, |byte| matches!(byte, b'"' | b'\''));
        back(unescaped, MAX_FILLER, |byte| *byte == b'\\')
    } else {
        start
    };
    Some(Name {
        text: name,
        start,
        quoted,
        spaced: unspaced < end,
    })
}

/// What stands between quotes from `from` on, where the opening quote may be escaped; without
/// a closing one, to the end.
fn quoted(text: &str, from: usize) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let escapes = bytes[from..]
        .iter()
        .take_while(|byte| **byte == b'\\')
        .count();
    let open = from + escapes;
    let quote = *bytes
        .get(open)
        .filter(|byte| matches!(byte, b'"' | b'\'' | b'`'))?;
    let start = open + 1;
    let mut backslashes = 0;
    for (offset, byte) in bytes[start..].iter().enumerate() {
        if *byte == b'\\' {
            backslashes += 1;
            continue;
        }
        // The closing quote is escaped like the opening one; with more, it is in the value.
        if *byte == quote && backslashes <= escapes {
            return Some(start..start + offset - backslashes);
        }
        backslashes = 0;
    }
    Some(start..text.len())
}

/// Where a value without quotes ends.
fn bare_end(bytes: &[u8], from: usize, also: &[u8]) -> usize {
    let ends = |byte: &u8| {
        byte.is_ascii_whitespace()
            || matches!(byte, b'"' | b'\'' | b'`' | b'&' | b';' | b'|' | b'<' | b'>')
            || also.contains(byte)
    };
    bytes[from..]
        .iter()
        .position(ends)
        .map_or(bytes.len(), |length| from + length)
}

fn skip_blanks(bytes: &[u8], from: usize) -> usize {
    let blank = |byte: &&u8| matches!(byte, b' ' | b'\t');
    from + bytes[from..].iter().take_while(blank).count()
}
