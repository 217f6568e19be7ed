//! JSON as Go's `encoding/json` decodes it into a struct: the callers were written against that.
//!
//! Keys match whatever their case, unknown ones are let be, `null` leaves a field as it was, the
//! last of several wins, only the first value of the body is read, and what is not UTF-8 or half a
//! surrogate pair becomes U+FFFD. Numbers are doubles where the field is of no certain type.

use serde::Deserialize;
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use super::Refusal;
use crate::json::{MAX_DEPTH, MAX_SAFE_INTEGER};

/// Keys that `serde_json` may take for its own.
const RESERVED_PREFIX: &str = "$serde_json::private";

/// A JSON value with the members of objects as they were written: all of them, in order.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Json {
    Null,
    Bool(bool),
    Int(i64),
    Double(f64),
    Text(String),
    Array(Vec<Json>),
    Object(Vec<(String, Json)>),
}

/// The members of the body's first value. `null` is an object without any.
pub(super) fn body(bytes: &[u8]) -> Result<Vec<(String, Json)>, Refusal> {
    let text = halves_replaced(&utf8_replaced(bytes));
    let mut json = serde_json::Deserializer::from_str(&text);
    // What follows the value is not looked at.
    match Json::deserialize(&mut json) {
        // Deeper data is no human's to read; and what is taken must be readable wherever it is kept.
        Ok(value) if value.depth() > MAX_DEPTH => Err(Refusal::payload()),
        Ok(Json::Object(members)) => Ok(members),
        Ok(Json::Null) => Ok(Vec::new()),
        Ok(_) | Err(_) => Err(Refusal::payload()),
    }
}

/// Calls `set` with the name of the field that each key means, in order, and its value; `null`
/// sets nothing, whatever the field's type.
pub(super) fn fields<'f>(
    members: Vec<(String, Json)>,
    names: &[&'f str],
    mut set: impl FnMut(&'f str, Json) -> Result<(), Refusal>,
) -> Result<(), Refusal> {
    for (key, value) in members {
        let folded = fold(&key);
        if let Some(name) = names.iter().find(|name| **name == folded) {
            set(name, value)?;
        }
    }
    Ok(())
}

/// Lower case for names of plain letters, as Unicode's simple folding has it.
fn fold(key: &str) -> String {
    key.chars()
        .map(|c| match c {
            // The two letters beyond ASCII that fold into it.
            '\u{17f}' => 's',
            '\u{212a}' => 'k',
            c => c.to_ascii_lowercase(),
        })
        .collect()
}

impl Json {
    /// How many objects and arrays lie within one another. The parser has a limit of its own, so
    /// this ends.
    fn depth(&self) -> usize {
        match self {
            Self::Array(items) => 1 + items.iter().map(Self::depth).max().unwrap_or(0),
            Self::Object(members) => {
                let depths = members.iter().map(|(_, value)| value.depth());
                1 + depths.max().unwrap_or(0)
            }
            _ => 0,
        }
    }

    /// Puts a text into its field.
    pub(super) fn into_text(self, field: &mut String) -> Result<(), Refusal> {
        match self {
            Self::Null => Ok(()),
            Self::Text(text) => {
                *field = text;
                Ok(())
            }
            _ => Err(Refusal::payload()),
        }
    }

    /// Puts a whole number into its field: one that is written as one.
    pub(super) fn into_int(self, field: &mut i64) -> Result<(), Refusal> {
        match self {
            Self::Null => Ok(()),
            Self::Int(number) => {
                *field = number;
                Ok(())
            }
            // How `-0` is read.
            Self::Double(number) if number == 0.0 && number.is_sign_negative() => {
                *field = 0;
                Ok(())
            }
            _ => Err(Refusal::payload()),
        }
    }

    /// The members of an object; none for `null`.
    pub(super) fn into_members(self) -> Result<Option<Vec<(String, Json)>>, Refusal> {
        match self {
            Self::Null => Ok(None),
            Self::Object(members) => Ok(Some(members)),
            _ => Err(Refusal::payload()),
        }
    }

    /// The elements of a list; none for `null`.
    pub(super) fn into_elements(self) -> Result<Vec<Json>, Refusal> {
        match self {
            Self::Null => Ok(Vec::new()),
            Self::Array(elements) => Ok(elements),
            _ => Err(Refusal::payload()),
        }
    }

    /// Adds an object's members to a map of anything; `null` empties it.
    pub(super) fn into_map(self, field: &mut Map<String, Value>) -> Result<(), Refusal> {
        match self.into_members()? {
            None => field.clear(),
            Some(members) => {
                for (key, value) in members {
                    field.insert(key, value.into_value());
                }
            }
        }
        Ok(())
    }

    /// As a value of no certain type: numbers beyond what a double counts exactly are the nearest
    /// double, and whole numbers are integers however they were written.
    pub(super) fn into_value(self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(value) => Value::Bool(value),
            Self::Int(number) if number.unsigned_abs() <= MAX_SAFE_INTEGER => number.into(),
            #[expect(
                clippy::cast_precision_loss,
                reason = "the dialect's numbers are doubles"
            )]
            Self::Int(number) => double(number as f64),
            Self::Double(number) => double(number),
            Self::Text(text) => Value::String(text),
            Self::Array(items) => items.into_iter().map(Self::into_value).collect(),
            Self::Object(members) => {
                let members = members.into_iter();
                Value::Object(
                    members
                        .map(|(key, value)| (key, value.into_value()))
                        .collect(),
                )
            }
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "both directions are exact within ±(2^53 − 1)"
)]
fn double(number: f64) -> Value {
    if number.fract() == 0.0 && number.abs() <= MAX_SAFE_INTEGER as f64 {
        return (number as i64).into();
    }
    Number::from_f64(number).map_or(Value::Null, Value::Number)
}

/// The text, with U+FFFD for every byte that belongs to no character.
fn utf8_replaced(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
    }
    text
}

/// The text, with `\ufffd` for every escaped half of a surrogate pair that stands alone.
fn halves_replaced(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let length = match escaped(rest) {
            Some(high) if (0xd800..0xdc00).contains(&high) => {
                match rest.get(6..).and_then(escaped) {
                    Some(low) if (0xdc00..0xe000).contains(&low) => 12,
                    _ => {
                        out.push_str("\\ufffd");
                        rest = &rest[6..];
                        continue;
                    }
                }
            }
            Some(low) if (0xdc00..0xe000).contains(&low) => {
                out.push_str("\\ufffd");
                rest = &rest[6..];
                continue;
            }
            Some(_) => 6,
            // The backslash and whatever one character it escapes.
            None => 1 + rest[1..].chars().next().map_or(0, char::len_utf8),
        };
        out.push_str(&rest[..length]);
        rest = &rest[length..];
    }
    out.push_str(rest);
    out
}

/// The code unit of a text that begins with `\uXXXX`.
fn escaped(text: &str) -> Option<u16> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    let plain = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    u16::from_str_radix(digits, 16).ok().filter(|_| plain)
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(AnyJson)
    }
}

struct AnyJson;

impl<'de> Visitor<'de> for AnyJson {
    type Value = Json;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Bool(value))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Json, E> {
        Ok(Json::Int(number))
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "the dialect's numbers are doubles"
    )]
    fn visit_u64<E>(self, number: u64) -> Result<Json, E> {
        Ok(i64::try_from(number).map_or(Json::Double(number as f64), Json::Int))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Json, E> {
        Ok(Json::Double(number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Json, E> {
        Ok(Json::Text(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Json, E> {
        Ok(Json::Text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Json, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = from.next_element()? {
            items.push(item);
        }
        Ok(Json::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Json, A::Error> {
        let mut members = Vec::new();
        while let Some((key, value)) = from.next_entry::<String, Json>()? {
            if key.starts_with(RESERVED_PREFIX) {
                return Err(serde::de::Error::custom("a reserved key"));
            }
            members.push((key, value));
        }
        Ok(Json::Object(members))
    }
}
