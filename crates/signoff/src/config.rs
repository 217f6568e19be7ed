//! The configuration: one TOML file, overridden from the environment.
//!
//! The types in [`types`] are the one description of it. Their JSON Schema, read back as a
//! [`Shape`], says which keys there are: it finds misspelt keys and wrong types ([`structure`]),
//! reads the environment ([`environment`], and of the bots that Signoff replaces [`previous`]), and writes the commented example and what is in
//! force ([`render`]). What a schema cannot say is in [`rules`], which turns all of it into
//! [`Settings`]: checked, secrets read, ready for the composition root.

mod declared;
mod environment;
mod finding;
mod load;
mod previous;
pub(crate) mod render;
mod rules;
mod secret;
mod settings;
mod shape;
mod structure;
mod types;

pub(crate) use finding::{Finding, Findings};
pub(crate) use load::{Source, load};
pub(crate) use rules::{check, check_adapter, fit, is_adapters, speech_of};
pub(crate) use secret::Secret;
pub(crate) use settings::{AdapterSettings, Compat, Hears, Settings, Speech};
pub(crate) use shape::{Shape, json_schema};
pub(crate) use types::{Log, LogFormat};
