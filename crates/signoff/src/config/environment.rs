//! The environment as a layer of the configuration: `SIGNOFF_TELEGRAM__TOKEN` is `telegram.token`.
//!
//! Names without `__` are not ours to judge: Kubernetes puts `SIGNOFF_PORT` and its like into
//! every container beside a Service called signoff. An empty value counts as not set, which is
//! what Compose hands over for a variable that nobody defined.

use std::collections::BTreeMap;

use figment::providers::{Format, Toml};
use figment::value::{Dict, Map, Value};
use figment::{Metadata, Profile, Provider};

use super::finding::Finding;
use super::shape::{Field, Shape};
use super::structure::nearest;

/// What every variable of ours begins with.
pub(crate) const PREFIX: &str = "SIGNOFF_";

/// The variables that override a key.
#[derive(Default)]
pub(super) struct Environment {
    sections: BTreeMap<String, Dict>,
}

/// The variable that overrides a key.
pub(super) fn variable(section: &str, key: &str) -> String {
    format!(
        "{PREFIX}{}__{}",
        section.to_ascii_uppercase(),
        key.to_ascii_uppercase()
    )
}

impl Environment {
    /// Reads the variables that are keys; whatever is wrong with one goes to `found`, and what looks
    /// like one and is none to `notes`.
    pub(super) fn read(
        variables: impl IntoIterator<Item = (String, String)>,
        shape: &Shape,
        found: &mut Vec<Finding>,
        notes: &mut Vec<Finding>,
    ) -> Self {
        let mut environment = Self::default();
        for (name, text) in variables {
            let Some(path) = name.strip_prefix(PREFIX) else {
                continue;
            };
            if !path.contains("__") {
                if let Some(meant) = all(shape).find(|key| key.replacen("__", "_", 1) == name) {
                    let rule = "has no effect: two underscores stand after the section";
                    notes.push(Finding::new(name, rule, format!("call it {meant}")));
                }
                continue;
            }
            let path = path.to_ascii_lowercase();
            match find(shape, &path) {
                _ if text.is_empty() => {}
                Ok((section, field)) => {
                    let value = value(&field.shape, &text);
                    let section = environment.sections.entry(section.to_owned()).or_default();
                    section.insert(field.name.clone(), value);
                }
                Err(why) => found.push(why.from(name)),
            }
        }
        environment
    }

    /// Whether no variable is a key.
    pub(super) fn is_empty(&self) -> bool {
        self.sections.is_empty()
    }

    /// Whether the environment has this key.
    pub(super) fn has(&self, section: &str, key: &str) -> bool {
        self.sections
            .get(section)
            .is_some_and(|keys| keys.contains_key(key))
    }
}

impl Provider for Environment {
    fn metadata(&self) -> Metadata {
        Metadata::named("environment")
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        let sections = self.sections.iter();
        let data = sections
            .map(|(name, keys)| (name.clone(), Value::from(keys.clone())))
            .collect();
        Ok(Profile::Default.collect(data))
    }
}

/// The section and the key that a variable names.
fn find<'a>(shape: &'a Shape, path: &'a str) -> Result<(&'a str, &'a Field), Finding> {
    let (section, key) = path.split_once("__").unwrap_or((path, ""));
    let dotted = format!("{section}.{key}");
    match shape.field(section).map(|field| &field.shape) {
        Some(lists) if lists.is_list_of_tables() => Err(Finding::new(
            section,
            format!("[[{section}]] is a list and cannot be set from the environment"),
            "put it into the configuration file",
        )),
        Some(table) => match table.field(key) {
            Some(field) => Ok((section, field)),
            None => Err(unknown(&dotted, shape)),
        },
        None => Err(unknown(&dotted, shape)),
    }
}

/// Every variable that overrides a key.
fn all(shape: &Shape) -> impl Iterator<Item = String> {
    let sections = shape
        .fields()
        .iter()
        .filter(|field| !field.shape.is_list_of_tables());
    sections.flat_map(|section| {
        let keys = section.shape.fields().iter();
        keys.map(|key| variable(&section.name, &key.name))
    })
}

fn unknown(dotted: &str, shape: &Shape) -> Finding {
    let (section, key) = dotted.split_once('.').unwrap_or((dotted, ""));
    let given = variable(section, key);
    let rule = "there is no such key";
    let remedy =
        nearest(&given, all(shape)).map_or_else(String::new, |near| format!("the nearest: {near}"));
    Finding::new(dotted, rule, remedy)
}

/// The text as the type that the key has. A text that does not fit stays a text, for the check
/// of types to name.
fn value(shape: &Shape, text: &str) -> Value {
    match shape {
        Shape::Integer { .. } => text
            .trim()
            .parse::<i64>()
            .map_or(Value::from(text), Value::from),
        Shape::Number { .. } => text
            .trim()
            .parse::<f64>()
            .map_or(Value::from(text), Value::from),
        Shape::Boolean => text
            .trim()
            .parse::<bool>()
            .map_or(Value::from(text), Value::from),
        Shape::List(_) => list(text),
        _ => Value::from(text),
    }
}

/// A list as TOML writes it, or separated by commas.
fn list(text: &str) -> Value {
    if text.trim_start().starts_with('[') {
        let parsed: Result<Dict, _> = Toml::from_str(&format!("list = {text}"));
        return parsed
            .ok()
            .and_then(|mut table| table.remove("list"))
            .unwrap_or_else(|| Value::from(text));
    }
    let items = text
        .split(',')
        .map(str::trim)
        .filter(|item| !item.is_empty());
    Value::from(items.map(Value::from).collect::<Vec<_>>())
}
