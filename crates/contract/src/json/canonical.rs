//! Canonical writing: RFC 8785 (JSON Canonicalization Scheme).
//!
//! Written here, not with `serde_json_canonicalizer`: that one buffers every member of every
//! object on its own (ten times slower on a submission), and writes a number that is not finite
//! as null where it lies within something else. What is written here cannot fail. The tests hold
//! the two against each other; the hard part, ECMAScript's numbers, is `ryu-js`.

use std::cmp::Ordering;

use serde_json::{Map, Number, Value};

use super::MAX_SAFE_INTEGER;

/// The canonical form of a value. It always has one.
///
/// ```
/// use signoff_contract::json::canonical;
/// let value = serde_json::json!({ "b": [1.0, 2e3], "a": "é\n" });
/// assert_eq!(canonical(&value), "{\"a\":\"é\\n\",\"b\":[1,2000]}".as_bytes());
/// ```
pub fn canonical(value: &Value) -> Vec<u8> {
    let mut out = Vec::with_capacity(512);
    write_value(value, &mut out);
    out
}

/// One member of an object that [`canonical_members`] writes.
#[derive(Debug, Clone, Copy)]
pub enum Member<'a> {
    /// `null`.
    Null,
    /// A string.
    Text(&'a str),
    /// A whole number of at most 2^53 − 1; a larger one is rounded to a double, as RFC 8785 asks.
    Whole(u64),
    /// Any value.
    Value(&'a Value),
    /// Any object.
    Object(&'a Map<String, Value>),
}

impl<'a> Member<'a> {
    /// The text, or `null`.
    pub fn text(text: Option<&'a str>) -> Self {
        text.map_or(Self::Null, Self::Text)
    }
}

/// The canonical form of an object of these members, whose keys must differ. It always has one.
///
/// For what is hashed and is no [`Value`] yet: nothing is cloned, and unlike serialising, it
/// cannot fail.
///
/// ```
/// use signoff_contract::json::{Member, canonical_members};
/// let form = canonical_members(&mut [("b", Member::Whole(2)), ("a", Member::text(None))]);
/// assert_eq!(form, br#"{"a":null,"b":2}"#);
/// ```
pub fn canonical_members(members: &mut [(&str, Member<'_>)]) -> Vec<u8> {
    let mut out = Vec::with_capacity(512);
    members.sort_unstable_by(|(a, _), (b, _)| in_order(a, b));
    out.push(b'{');
    for (index, (key, member)) in members.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        write_string(key, &mut out);
        out.push(b':');
        match member {
            Member::Null => out.extend_from_slice(b"null"),
            Member::Text(text) => write_string(text, &mut out),
            Member::Whole(number) => write_number(&Number::from(*number), &mut out),
            Member::Value(value) => write_value(value, &mut out),
            Member::Object(object) => write_object(object, &mut out),
        }
    }
    out.push(b'}');
    out
}

/// How two keys are ordered: by their UTF-16 code units (section 3.2.3).
fn in_order(a: &str, b: &str) -> Ordering {
    if a.is_ascii() && b.is_ascii() {
        a.cmp(b)
    } else {
        a.encode_utf16().cmp(b.encode_utf16())
    }
}

fn write_value(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(true) => out.extend_from_slice(b"true"),
        Value::Bool(false) => out.extend_from_slice(b"false"),
        Value::Number(number) => write_number(number, out),
        Value::String(text) => write_string(text, out),
        Value::Array(items) => {
            out.push(b'[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                write_value(item, out);
            }
            out.push(b']');
        }
        Value::Object(members) => write_object(members, out),
    }
}

/// Writes an object, its members in their order.
pub(crate) fn write_object(members: &Map<String, Value>, out: &mut Vec<u8>) {
    let is_after = |a: &&String, b: &&String| in_order(a, b) != Ordering::Greater;
    // A map is in the order of UTF-8 already, which only rare characters tell from UTF-16's.
    if members.keys().is_sorted_by(is_after) {
        return write_members(members.iter(), out);
    }
    let mut sorted: Vec<(&String, &Value)> = members.iter().collect();
    sorted.sort_unstable_by(|(a, _), (b, _)| in_order(a, b));
    write_members(sorted.into_iter(), out);
}

fn write_members<'a>(members: impl Iterator<Item = (&'a String, &'a Value)>, out: &mut Vec<u8>) {
    out.push(b'{');
    for (index, (key, value)) in members.enumerate() {
        if index > 0 {
            out.push(b',');
        }
        write_string(key, out);
        out.push(b':');
        write_value(value, out);
    }
    out.push(b'}');
}

/// Writes a string with the only escapes that section 3.2.2.2 knows.
fn write_string(text: &str, out: &mut Vec<u8>) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    out.push(b'"');
    let mut rest = text.as_bytes();
    while let Some(at) = rest
        .iter()
        .position(|&b| b < 0x20 || b == b'"' || b == b'\\')
    {
        let byte = rest[at];
        out.extend_from_slice(&rest[..at]);
        out.push(b'\\');
        match byte {
            b'"' | b'\\' => out.push(byte),
            0x08 => out.push(b'b'),
            b'\t' => out.push(b't'),
            b'\n' => out.push(b'n'),
            0x0c => out.push(b'f'),
            b'\r' => out.push(b'r'),
            _ => {
                let digits = [HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 0xf)]];
                out.extend_from_slice(b"u00");
                out.extend_from_slice(&digits);
            }
        }
        rest = &rest[at + 1..];
    }
    out.extend_from_slice(rest);
    out.push(b'"');
}

/// Writes a number as ECMAScript writes the double (section 3.2.2.3).
fn write_number(number: &Number, out: &mut Vec<u8>) {
    match (number.as_i64(), number.as_f64()) {
        (Some(whole), _) if whole.unsigned_abs() <= MAX_SAFE_INTEGER => {
            out.extend_from_slice(whole.to_string().as_bytes());
        }
        (_, double) => {
            // Always a finite double: serde_json's `arbitrary_precision` is not in use.
            let mut buffer = ryu_js::Buffer::new();
            let text = buffer.format_finite(double.unwrap_or_default());
            out.extend_from_slice(text.as_bytes());
        }
    }
}
