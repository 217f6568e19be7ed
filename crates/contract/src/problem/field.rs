//! What is wrong with one field of a body.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One thing that is wrong with a body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FieldError {
    /// Where: a JSON pointer (RFC 6901); empty for the whole body.
    pub field: String,
    /// What, for programs.
    pub code: FieldCode,
    /// What, for people.
    pub detail: String,
}

impl FieldError {
    /// An error at this JSON pointer.
    pub fn new(field: impl Into<String>, code: FieldCode, detail: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            code,
            detail: detail.into(),
        }
    }
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = if self.field.is_empty() {
            "the body"
        } else {
            self.field.as_str()
        };
        write!(f, "{place}: {}", self.detail)
    }
}

macro_rules! field_codes {
    ($($(#[doc = $doc:literal])+ $name:ident = $word:literal),+ $(,)?) => {
        /// What can be wrong with a field. Codes are never renamed; new ones may come.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum FieldCode {
            $($(#[doc = $doc])+ $name,)+
        }

        impl FieldCode {
            /// Every code, in the order of the documentation.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The word on the wire.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)+
                }
            }

            /// What it means, in a sentence for the documentation.
            pub fn explanation(self) -> &'static str {
                match self {
                    $(Self::$name => concat!($($doc),+).trim_ascii(),)+
                }
            }
        }
    };
}

field_codes! {
    /// The field is missing (or null) and has to be there.
    Required = "required",
    /// There is no such field; the detail names the nearest one.
    UnknownField = "unknown_field",
    /// The value is of another JSON type.
    WrongType = "wrong_type",
    /// The word is none of those that are defined, or names something that does not exist.
    UnknownValue = "unknown_value",
    /// The field must not be there in this combination, or the value is not permitted here.
    NotAllowed = "not_allowed",
    /// The text is shorter than allowed, or blank.
    TooShort = "too_short",
    /// The text is longer than allowed, counted in Unicode scalar values.
    TooLong = "too_long",
    /// The list has fewer items than required.
    TooFew = "too_few",
    /// The list has more items than allowed.
    TooMany = "too_many",
    /// The data is larger than allowed, in bytes of its canonical form.
    TooLarge = "too_large",
    /// The data is nested deeper than allowed.
    TooDeep = "too_deep",
    /// The number lies outside its bounds.
    OutOfRange = "out_of_range",
    /// The text does not have the form that is asked for.
    InvalidFormat = "invalid_format",
    /// The text holds a control character or a bidirectional control.
    ControlCharacter = "control_character",
    /// The value has to be unique and occurs twice.
    Duplicate = "duplicate",
    /// The object has this key more than once.
    DuplicateKey = "duplicate_key",
    /// The number lies beyond ±(2^53 − 1), where readers of JSON disagree.
    IntegerOutOfRange = "integer_out_of_range",
}
