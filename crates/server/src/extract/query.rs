//! The query, as strict as a body: everything that is wrong with it at once, nothing ignored.

use std::ops::RangeInclusive;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use signoff_contract::{FieldCode, FieldError};
use url::form_urlencoded;

use crate::app::App;
use crate::problem::Failure;

/// The most that one answer lists, as with bodies.
const MAX_ERRORS: usize = 100;
/// The longest name of a parameter that is repeated in an answer, in bytes.
const MAX_NAME_BYTES: usize = 100;

/// Reads the parameters of a query and collects what is wrong with them.
pub(crate) struct QueryReader {
    pairs: Vec<(String, String)>,
    errors: Vec<FieldError>,
}

impl QueryReader {
    /// Takes the query apart; parameters that are not known, or come twice, are faults.
    fn new(query: &str, known: &[&str]) -> Self {
        let mut reader = Self {
            pairs: Vec::new(),
            errors: Vec::new(),
        };
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            if !known.contains(&name.as_ref()) {
                let detail = match known {
                    [] => "there is no such parameter; this operation has none".to_owned(),
                    known => format!("there is no such parameter; known: {}", known.join(", ")),
                };
                reader.refuse(&name, FieldCode::UnknownField, detail);
            } else if reader.pairs.iter().any(|(before, _)| *before == name) {
                reader.refuse(&name, FieldCode::Duplicate, "this parameter comes twice");
            } else {
                reader.pairs.push((name.into_owned(), value.into_owned()));
            }
        }
        reader
    }

    /// Reads a query that may have the known parameters only.
    pub(crate) fn read<T>(
        parts: &Parts,
        known: &[&str],
        read: impl FnOnce(&mut Self) -> T,
    ) -> Result<T, Failure> {
        let mut reader = Self::new(parts.uri.query().unwrap_or_default(), known);
        let found = read(&mut reader);
        if reader.errors.is_empty() {
            Ok(found)
        } else {
            Err(Failure::refused(reader.errors))
        }
    }

    /// An optional text, not empty.
    pub(crate) fn text(&mut self, name: &str) -> Option<String> {
        let value = self.take(name)?;
        if value.is_empty() {
            self.refuse(name, FieldCode::TooShort, "must not be empty");
            return None;
        }
        Some(value)
    }

    /// An optional word out of a few.
    pub(crate) fn word<T: Copy>(
        &mut self,
        name: &str,
        all: &[T],
        as_str: impl Fn(T) -> &'static str,
    ) -> Option<T> {
        let value = self.take(name)?;
        let found = all.iter().copied().find(|word| as_str(*word) == value);
        if found.is_none() {
            let words: Vec<&str> = all.iter().map(|word| as_str(*word)).collect();
            let detail = format!("must be one of: {}", words.join(", "));
            self.refuse(name, FieldCode::UnknownValue, detail);
        }
        found
    }

    /// An optional whole number within bounds.
    pub(crate) fn integer(&mut self, name: &str, within: RangeInclusive<u32>) -> Option<u32> {
        let value = self.take(name)?;
        // `parse` would also take a sign.
        if value.is_empty() || !value.bytes().all(|b| b.is_ascii_digit()) {
            self.refuse(name, FieldCode::WrongType, "must be a whole number");
            return None;
        }
        let found = value.parse().ok().filter(|value| within.contains(value));
        if found.is_none() {
            let detail = format!("must be from {} to {}", within.start(), within.end());
            self.refuse(name, FieldCode::OutOfRange, detail);
        }
        found
    }

    fn take(&mut self, name: &str) -> Option<String> {
        let at = self.pairs.iter().position(|(known, _)| known == name)?;
        Some(self.pairs.swap_remove(at).1)
    }

    fn refuse(&mut self, name: &str, code: FieldCode, detail: impl Into<String>) {
        let field = match name.char_indices().find(|(at, _)| *at >= MAX_NAME_BYTES) {
            Some((end, _)) => format!("?{}…", &name[..end]),
            None => format!("?{name}"),
        };
        if self.errors.len() < MAX_ERRORS {
            self.errors.push(FieldError::new(field, code, detail));
        }
    }
}

/// Proof that there is no query.
pub(crate) struct NoQuery;

impl FromRequestParts<App> for NoQuery {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Failure> {
        match parts.uri.query() {
            None | Some("") => Ok(Self),
            Some(_) => QueryReader::read(parts, &[], |_| Self),
        }
    }
}
