//! Strict reading: a visitor over `serde_json` that knows where it is and collects what it refuses.

use std::fmt;

use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use super::{MAX_DEPTH, MAX_SAFE_INTEGER};
use crate::pointer::Path;
use crate::problem::{FieldCode, FieldError};
use crate::reader::Faults;

/// Keys that `serde_json` gives a meaning of its own: with its `raw_value` or `arbitrary_precision`
/// switched on by any crate of the build, `{"$serde_json::private::RawValue":"[1]"}` becomes `[1]`
/// when it is next read as a plain [`Value`], and what is executed is not what was approved.
const RESERVED_PREFIX: &str = "$serde_json::";

/// Why a body was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// It is longer than allowed.
    #[error("the body is longer than {limit} bytes")]
    TooLarge {
        /// The most that is taken, in bytes.
        limit: usize,
    },
    /// It is no JSON text, or one that no two readers understand alike (a lone surrogate, say).
    /// Reading stopped here.
    #[error("{detail} at line {line} column {column}")]
    Syntax {
        /// What is wrong.
        detail: String,
        /// The line, from 1.
        line: usize,
        /// The column, from 1, in bytes; 0 where the line is empty.
        column: usize,
        /// JSON pointer of the innermost value that could not be read.
        pointer: String,
    },
    /// It is JSON, and this is everything that is wrong with it, in the order found.
    #[error("the body was refused for {} reasons", .0.len())]
    Refused(Vec<FieldError>),
}

/// Reads one JSON document, strictly.
///
/// Refused, each with its pointer and all together: duplicate keys (after unescaping), numbers
/// beyond ±(2^53 − 1) however written (no double that large has a fraction, so it is a whole
/// number that readers disagree on), nesting beyond [`MAX_DEPTH`], keys
/// that `serde_json` would take for its own. Refused at once: anything
/// that is no JSON in UTF-8, lone surrogates, numbers beyond a finite double, trailing data.
///
/// A whole number is kept as an integer however it was written (`1.0`, `1e3`), so values that
/// have one canonical form are equal.
pub fn read(body: &[u8]) -> Result<Value, ReadError> {
    let faults = Faults::default();
    let value = read_collecting(body, &faults)?;
    faults.into_result().map(|()| value)
}

/// The same, for a caller that goes on to find more faults. Where faults were found, the value
/// holds `null` or the first of two members in their places.
pub(crate) fn read_collecting(body: &[u8], faults: &Faults) -> Result<Value, ReadError> {
    let text = std::str::from_utf8(body).map_err(|error| not_utf8(body, error.valid_up_to()))?;
    let mut from = serde_json::Deserializer::from_str(text);
    let mut failed_at = None;
    let seed = Seed {
        path: Path::ROOT,
        faults,
        failed_at: &mut failed_at,
    };
    seed.deserialize(&mut from)
        .and_then(|value| from.end().map(|()| value))
        .map_err(|error| syntax(&error, failed_at))
}

fn syntax(error: &serde_json::Error, pointer: Option<String>) -> ReadError {
    let full = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    let detail = match full.strip_suffix(&place).unwrap_or(&full) {
        // Both of these say that a surrogate stands alone, and not very clearly.
        "lone leading surrogate in hex escape" | "unexpected end of hex escape" => {
            "half of a surrogate pair"
        }
        detail => detail,
    };
    ReadError::Syntax {
        detail: detail.to_owned(),
        line: error.line(),
        column: error.column(),
        pointer: pointer.unwrap_or_default(),
    }
}

fn not_utf8(body: &[u8], valid: usize) -> ReadError {
    let before = body.get(..valid).unwrap_or_default();
    let lines = before.split(|&b| b == b'\n');
    let (line, last) = lines.enumerate().last().unwrap_or_default();
    ReadError::Syntax {
        detail: "not UTF-8".to_owned(),
        line: line + 1,
        column: last.len() + 1,
        pointer: String::new(),
    }
}

/// Reads the value at one place.
struct Seed<'a> {
    path: Path<'a>,
    faults: &'a Faults,
    /// Where a syntax error stopped the reading; the innermost place writes it first.
    failed_at: &'a mut Option<String>,
}

impl Seed<'_> {
    fn refuse(&self, code: FieldCode, detail: impl Into<String>) {
        self.faults.add(&self.path, code, detail);
    }

    fn refuse_large(&self) -> Value {
        self.refuse(
            FieldCode::IntegerOutOfRange,
            "beyond ±(2^53 − 1), where readers of JSON disagree; send it as a string",
        );
        Value::Null
    }

    fn refuse_deep(&self) -> Value {
        self.refuse(
            FieldCode::TooDeep,
            format!("more than {MAX_DEPTH} levels of nesting"),
        );
        Value::Null
    }
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Value;

    fn deserialize<D: serde::Deserializer<'de>>(self, from: D) -> Result<Value, D::Error> {
        let Self {
            path,
            faults,
            failed_at,
        } = self;
        let result = from.deserialize_any(Seed {
            path,
            faults,
            failed_at: &mut *failed_at,
        });
        if result.is_err() {
            failed_at.get_or_insert_with(|| path.pointer());
        }
        result
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(if value <= MAX_SAFE_INTEGER {
            value.into()
        } else {
            self.refuse_large()
        })
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        let safe = value.unsigned_abs() <= MAX_SAFE_INTEGER;
        Ok(if safe {
            value.into()
        } else {
            self.refuse_large()
        })
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        reason = "both directions are exact within ±(2^53 − 1)"
    )]
    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        if value.abs() > MAX_SAFE_INTEGER as f64 {
            return Ok(self.refuse_large());
        }
        if value.fract() == 0.0 {
            return Ok((value as i64).into());
        }
        Number::from_f64(value)
            .map(Value::Number)
            .ok_or_else(|| E::custom("number out of range"))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::String(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        Ok(Value::String(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Value, A::Error> {
        if self.path.depth() >= MAX_DEPTH {
            while from.next_element::<IgnoredAny>()?.is_some() {}
            return Ok(self.refuse_deep());
        }
        let Self {
            path,
            faults,
            failed_at,
        } = self;
        let mut items = Vec::new();
        while let Some(item) = from.next_element_seed(Seed {
            path: path.index(items.len()),
            faults,
            failed_at: &mut *failed_at,
        })? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Value, A::Error> {
        if self.path.depth() >= MAX_DEPTH {
            while from.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            return Ok(self.refuse_deep());
        }
        let Self {
            path,
            faults,
            failed_at,
        } = self;
        let mut members = Map::new();
        while let Some(key) = from.next_key::<String>()? {
            let place = path.key(&key);
            if key.starts_with(RESERVED_PREFIX) {
                faults.add(
                    &place,
                    FieldCode::NotAllowed,
                    "keys that start so are reserved",
                );
            }
            let repeated = members.contains_key(&key);
            if repeated {
                faults.add(
                    &place,
                    FieldCode::DuplicateKey,
                    "this key occurs more than once",
                );
            }
            let value = from.next_value_seed(Seed {
                path: place,
                faults,
                failed_at: &mut *failed_at,
            })?;
            if !repeated {
                members.insert(key, value);
            }
        }
        Ok(Value::Object(members))
    }
}
