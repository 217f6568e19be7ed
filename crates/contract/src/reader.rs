//! Reads the fields of a body that is JSON already, and collects everything that is wrong with
//! it instead of stopping at the first fault. Every body of the contract is read through this.
//!
//! `null` means the same as absence, everywhere but inside arrays and an action's arguments.

use std::cell::RefCell;
use std::ops::RangeInclusive;

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::json::{self, ReadError};
use crate::pointer::Path;
use crate::problem::{FieldCode, FieldError};
use crate::submission::MAX_BODY_BYTES;

mod text;

pub(crate) use text::Text;

/// The most errors one answer lists. Ours: more help no one, and a body can hold thousands.
pub(crate) const MAX_FAULTS: usize = 100;

/// Everything that is wrong with one body, in the order found.
#[derive(Default)]
pub(crate) struct Faults(RefCell<Vec<FieldError>>);

impl Faults {
    /// Adds one, unless there are [`MAX_FAULTS`] already. What was refused at a place is not also
    /// missing there.
    pub(crate) fn add(&self, at: &Path<'_>, code: FieldCode, detail: impl Into<String>) {
        let mut list = self.0.borrow_mut();
        if list.len() >= MAX_FAULTS {
            return;
        }
        let pointer = at.pointer();
        let refused_already =
            code == FieldCode::Required && list.iter().any(|error| error.field == pointer);
        if !refused_already {
            list.push(FieldError::new(pointer, code, detail));
        }
    }

    /// Nothing was wrong, or all that was.
    pub(crate) fn into_result(self) -> Result<(), ReadError> {
        let list = self.0.into_inner();
        if list.is_empty() {
            Ok(())
        } else {
            Err(ReadError::Refused(list))
        }
    }
}

/// Reads a body's JSON, collecting faults, unless it is too long or no JSON at all.
pub(crate) fn read_body(body: &[u8], faults: &Faults) -> Result<Value, ReadError> {
    if body.len() > MAX_BODY_BYTES {
        return Err(ReadError::TooLarge {
            limit: MAX_BODY_BYTES,
        });
    }
    json::read_collecting(body, faults)
}

/// Reads a body that is one small object and makes something of it.
pub(crate) fn parse_object<T>(
    body: &[u8],
    known: &[&str],
    read: impl FnOnce(&mut Object<'_>) -> Option<T>,
) -> Result<T, ReadError> {
    let faults = Faults::default();
    let value = read_body(body, &faults)?;
    let parsed = Object::open(value, Path::ROOT, known, &faults).and_then(|mut o| read(&mut o));
    finish(parsed, faults)
}

/// What was read, if nothing was wrong. Readers give `None` only after they added a fault.
pub(crate) fn finish<T>(parsed: Option<T>, faults: Faults) -> Result<T, ReadError> {
    faults.into_result()?;
    parsed.ok_or_else(|| ReadError::Refused(Vec::new()))
}

/// One object of a body. Its fields are taken out one by one, by value.
pub(crate) struct Object<'a> {
    fields: Map<String, Value>,
    path: Path<'a>,
    faults: &'a Faults,
}

impl<'a> Object<'a> {
    /// Opens an object that may have the known fields only.
    pub(crate) fn open(
        value: Value,
        path: Path<'a>,
        known: &[&str],
        faults: &'a Faults,
    ) -> Option<Self> {
        let Value::Object(fields) = value else {
            wrong_type(faults, &path, "an object", &value);
            return None;
        };
        for name in fields.keys().filter(|name| !known.contains(&name.as_str())) {
            let detail = match nearest(name, known.iter().copied()) {
                Some(near) => format!("unknown field; did you mean {near:?}?"),
                None => "unknown field".to_owned(),
            };
            faults.add(&path.key(name), FieldCode::UnknownField, detail);
        }
        Some(Self {
            fields,
            path,
            faults,
        })
    }

    /// Adds a fault at one of the fields.
    pub(crate) fn refuse(&self, name: &str, code: FieldCode, detail: impl Into<String>) {
        self.faults.add(&self.path.key(name), code, detail);
    }

    /// Takes a field out; null and absent are the same.
    pub(crate) fn take(&mut self, name: &str) -> Option<Value> {
        self.fields.remove(name).filter(|value| !value.is_null())
    }

    /// Whether a field is there, with a value other than null.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.fields.get(name).is_some_and(|value| !value.is_null())
    }

    /// Takes a field out that must be there.
    fn require(&mut self, name: &str) -> Option<Value> {
        let value = self.take(name);
        if value.is_none() {
            self.refuse(name, FieldCode::Required, "this field is required");
        }
        value
    }

    /// A field that must not be there, with the reason.
    pub(crate) fn forbid(&mut self, name: &str, why: &str) {
        if self.take(name).is_some() {
            self.refuse(name, FieldCode::NotAllowed, why);
        }
    }

    /// An optional text.
    pub(crate) fn text(&mut self, name: &str, rule: &Text) -> Option<String> {
        let value = self.take(name)?;
        self.check_text(name, value, rule)
    }

    /// A required text.
    pub(crate) fn required_text(&mut self, name: &str, rule: &Text) -> Option<String> {
        let value = self.require(name)?;
        self.check_text(name, value, rule)
    }

    fn check_text(&self, name: &str, value: Value, rule: &Text) -> Option<String> {
        let path = self.path.key(name);
        let Value::String(text) = value else {
            wrong_type(self.faults, &path, "a string", &value);
            return None;
        };
        match rule.check(&text) {
            Ok(()) => Some(text),
            Err((code, detail)) => {
                self.faults.add(&path, code, detail);
                None
            }
        }
    }

    /// An optional word out of a few.
    pub(crate) fn word<T: Copy>(&mut self, name: &str, words: &[(&str, T)]) -> Option<T> {
        let value = self.take(name)?;
        self.check_word(name, &value, words)
    }

    /// A required word out of a few.
    pub(crate) fn required_word<T: Copy>(&mut self, name: &str, words: &[(&str, T)]) -> Option<T> {
        let value = self.require(name)?;
        self.check_word(name, &value, words)
    }

    fn check_word<T: Copy>(&self, name: &str, value: &Value, words: &[(&str, T)]) -> Option<T> {
        let Value::String(text) = value else {
            wrong_type(self.faults, &self.path.key(name), "a string", value);
            return None;
        };
        let found = words
            .iter()
            .find(|(word, _)| word == text)
            .map(|&(_, meaning)| meaning);
        if found.is_none() {
            let all: Vec<&str> = words.iter().map(|&(word, _)| word).collect();
            let near = nearest(text, all.iter().copied())
                .map(|near| format!("; did you mean {near:?}?"))
                .unwrap_or_default();
            let detail = format!("must be one of: {}{near}", all.join(", "));
            self.refuse(name, FieldCode::UnknownValue, detail);
        }
        found
    }

    /// An optional boolean.
    pub(crate) fn boolean(&mut self, name: &str) -> Option<bool> {
        match self.take(name)? {
            Value::Bool(value) => Some(value),
            other => {
                wrong_type(self.faults, &self.path.key(name), "true or false", &other);
                None
            }
        }
    }

    /// A required whole number within bounds.
    pub(crate) fn required_integer(
        &mut self,
        name: &str,
        within: RangeInclusive<u64>,
    ) -> Option<u64> {
        if !self.has(name) {
            self.refuse(name, FieldCode::Required, "this field is required");
        }
        self.integer(name, within)
    }

    /// An optional number within bounds.
    pub(crate) fn number(&mut self, name: &str, within: RangeInclusive<f64>) -> Option<f64> {
        let value = self.take(name)?;
        let Value::Number(number) = &value else {
            wrong_type(self.faults, &self.path.key(name), "a number", &value);
            return None;
        };
        let found = number.as_f64().filter(|value| within.contains(value));
        if found.is_none() {
            let detail = format!("must be from {} to {}", within.start(), within.end());
            self.refuse(name, FieldCode::OutOfRange, detail);
        }
        found
    }

    /// A required time.
    pub(crate) fn required_time(&mut self, name: &str) -> Option<Timestamp> {
        let text = self.required_text(name, &Text::line(1..=64))?;
        let found = text.parse().ok();
        if found.is_none() {
            let detail = "must be an RFC 3339 time, such as 2026-01-02T03:04:05.678Z";
            self.refuse(name, FieldCode::InvalidFormat, detail);
        }
        found
    }

    /// An optional whole number within bounds.
    pub(crate) fn integer(&mut self, name: &str, within: RangeInclusive<u64>) -> Option<u64> {
        let value = self.take(name)?;
        let Value::Number(number) = &value else {
            wrong_type(self.faults, &self.path.key(name), "a whole number", &value);
            return None;
        };
        if number.is_f64() {
            self.refuse(
                name,
                FieldCode::WrongType,
                "must be a whole number, without a fraction",
            );
            return None;
        }
        let found = number.as_u64().filter(|value| within.contains(value));
        if found.is_none() {
            let detail = format!("must be from {} to {}", within.start(), within.end());
            self.refuse(name, FieldCode::OutOfRange, detail);
        }
        found
    }

    /// An optional object with the known fields only.
    pub(crate) fn object(&mut self, name: &'a str, known: &[&str]) -> Option<Object<'_>> {
        let value = self.take(name)?;
        Object::open(value, self.path.key(name), known, self.faults)
    }

    /// A required object with the known fields only.
    pub(crate) fn required_object(&mut self, name: &'a str, known: &[&str]) -> Option<Object<'_>> {
        let value = self.require(name)?;
        Object::open(value, self.path.key(name), known, self.faults)
    }

    /// A required object with any fields.
    pub(crate) fn required_map(&mut self, name: &str) -> Option<Map<String, Value>> {
        match self.require(name)? {
            Value::Object(map) => Some(map),
            other => {
                wrong_type(self.faults, &self.path.key(name), "an object", &other);
                None
            }
        }
    }

    /// An optional array of objects with the known fields only. Items beyond the bounds are
    /// counted and not read.
    pub(crate) fn objects<T>(
        &mut self,
        name: &str,
        count: RangeInclusive<usize>,
        known: &[&str],
        mut read: impl FnMut(&mut Object<'_>) -> Option<T>,
    ) -> Option<Vec<T>> {
        let value = self.take(name)?;
        let path = self.path.key(name);
        let Value::Array(items) = value else {
            wrong_type(self.faults, &path, "an array", &value);
            return None;
        };
        let (found, most) = (items.len(), *count.end());
        if found < *count.start() {
            let detail = format!("at least {} items; this has {found}", count.start());
            self.faults.add(&path, FieldCode::TooFew, detail);
        } else if found > most {
            let detail = format!("at most {most} items; this has {found}");
            self.faults.add(&path, FieldCode::TooMany, detail);
        }
        let mut list = Vec::with_capacity(found.min(most));
        for (index, item) in items.into_iter().take(most).enumerate() {
            let item = Object::open(item, path.index(index), known, self.faults);
            list.extend(item.and_then(|mut item| read(&mut item)));
        }
        Some(list)
    }
}

fn wrong_type(faults: &Faults, path: &Path<'_>, expected: &str, found: &Value) {
    let found = match found {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    };
    faults.add(
        path,
        FieldCode::WrongType,
        format!("must be {expected}; this is {found}"),
    );
}

/// The known name that someone who wrote this one probably meant.
fn nearest<'n>(name: &str, known: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    // A long name is no misspelling, and comparing it would cost its length times ours.
    const LONGEST: usize = 40;
    if name.len() > LONGEST {
        return None;
    }
    let near = |candidate: &'n str| {
        (
            strsim::normalized_damerau_levenshtein(&name.to_lowercase(), candidate),
            candidate,
        )
    };
    known
        .map(near)
        .filter(|(likeness, _)| *likeness >= 0.6)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name)
}
