//! The order in which the configuration's types declare their keys, which a JSON Schema forgets
//! (its properties are sorted). Serde hands it to every deserializer; this one only listens.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::de::{self, Deserializer, Visitor};

use super::types::{
    Adapter, ApiKey, Approver, Callbacks, Channel, Compat, Config, Log, Masking, Project, Route,
    Server, Speech, Store, Telegram,
};

/// The declared keys of a type, by the type's name.
pub(super) type Declared = BTreeMap<&'static str, &'static [&'static str]>;

/// The declared keys of every section.
pub(super) fn declared() -> Declared {
    [
        keys_of::<Config>(),
        keys_of::<Server>(),
        keys_of::<Store>(),
        keys_of::<Callbacks>(),
        keys_of::<Telegram>(),
        keys_of::<Speech>(),
        keys_of::<Compat>(),
        keys_of::<Channel>(),
        keys_of::<Adapter>(),
        keys_of::<Masking>(),
        keys_of::<Log>(),
        keys_of::<Project>(),
        keys_of::<Approver>(),
        keys_of::<Route>(),
        keys_of::<ApiKey>(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn keys_of<'de, T: Deserialize<'de>>() -> Option<(&'static str, &'static [&'static str])> {
    let mut heard = None;
    // It always fails: there is nothing to read.
    let _ = T::deserialize(Listener(&mut heard));
    heard
}

struct Listener<'a>(&'a mut Option<(&'static str, &'static [&'static str])>);

/// What the listener answers.
#[derive(Debug)]
struct NothingToRead;

impl fmt::Display for NothingToRead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("there is nothing to read")
    }
}

impl std::error::Error for NothingToRead {}

impl de::Error for NothingToRead {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

impl<'de> Deserializer<'de> for Listener<'_> {
    type Error = NothingToRead;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, NothingToRead> {
        Err(NothingToRead)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, NothingToRead> {
        *self.0 = Some((name, fields));
        Err(NothingToRead)
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit unit_struct newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}
