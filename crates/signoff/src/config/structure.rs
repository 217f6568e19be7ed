//! Whether a configuration has the shape it must have: no unknown keys, the right types,
//! everything that is required. All of it at once, before anything is deserialised.

use std::collections::BTreeMap;

use figment::value::{Dict, Value};

use super::finding::Finding;
use super::shape::{Field, Shape};

/// Where the values came from, by the paths of their keys.
#[derive(Debug, Default)]
pub(crate) struct Origins(BTreeMap<String, String>);

impl Origins {
    /// Where the value at exactly this path came from; `None` where a default holds.
    pub(crate) fn exactly(&self, path: &str) -> Option<&str> {
        self.0.get(path).map(String::as_str)
    }

    /// Where the value at this path came from: of itself, or of what it is in.
    pub(crate) fn of(&self, path: &str) -> Option<&str> {
        let mut path = path;
        loop {
            if let Some(origin) = self.0.get(path) {
                return Some(origin);
            }
            path = &path[..path.rfind(['.', '['])?];
        }
    }
}

/// Walks over a configuration beside its shape.
pub(super) struct Walk<'a> {
    /// Says where a value came from.
    pub(super) origin: &'a dyn Fn(&str) -> String,
    /// The whole, for finding what a misplaced key may mean.
    pub(super) root: &'a Shape,
    /// Where everything came from.
    pub(super) origins: Origins,
    /// What is wrong.
    pub(super) found: Vec<Finding>,
}

impl Walk<'_> {
    /// Checks one value against its shape.
    pub(super) fn value(&mut self, path: &str, value: &Value, shape: &Shape) {
        self.origins.0.insert(path.to_owned(), (self.origin)(path));
        match (shape, value) {
            (Shape::Table(fields), Value::Dict(_, dict)) => self.table(path, dict, fields, shape),
            (Shape::Map, Value::Dict(_, dict)) => {
                for (key, value) in dict {
                    self.value(&join(path, key), value, &Shape::Text);
                }
            }
            (Shape::List(item), Value::Array(_, values)) => {
                for (index, value) in values.iter().enumerate() {
                    self.value(&format!("{path}[{index}]"), value, item);
                }
            }
            (Shape::Word(words), Value::String(_, text)) if !words.contains(text) => {
                let near = nearest(text, words.iter().cloned());
                let remedy =
                    near.map_or_else(String::new, |near| format!("the nearest: \"{near}\""));
                self.wrong(
                    path,
                    format!("{text:?} is none of {}", quoted(words)),
                    remedy,
                );
            }
            (Shape::Text, Value::String(..) | Value::Char(..))
            | (Shape::Word(_), Value::String(..))
            | (Shape::Boolean, Value::Bool(..)) => {}
            (Shape::Integer { min, max }, Value::Num(_, number)) => {
                self.integer(path, number.to_actual_integer(), *min, *max);
            }
            (Shape::Number { min, max }, Value::Num(_, number)) => {
                self.number(path, number.to_actual_number(), *min, *max);
            }
            _ => self.wrong(path, format!("must be {}", name(shape)), how(shape)),
        }
    }

    fn table(&mut self, path: &str, dict: &Dict, fields: &[Field], shape: &Shape) {
        for (key, value) in dict {
            let path = join(path, key);
            match fields.iter().find(|field| field.name == *key) {
                Some(field) => self.value(&path, value, &field.shape),
                None => self.unknown(&path, key, shape),
            }
        }
        for field in fields.iter().filter(|field| field.required) {
            if !dict.contains_key(&field.name) {
                let first = field.comment.split(['.', ':']).next().unwrap_or_default();
                let remedy = format!("add it: {}", first.to_lowercase());
                self.wrong(&join(path, &field.name), "is missing".to_owned(), remedy);
            }
        }
    }

    fn unknown(&mut self, path: &str, key: &str, siblings: &Shape) {
        let remedy = match suggestion(path, key, siblings, self.root) {
            Some(near) => format!("the nearest: {near}"),
            None => "remove it".to_owned(),
        };
        let finding = Finding::new(path, "there is no such key", remedy);
        self.found.push(finding.from((self.origin)(path)));
    }

    fn integer(&mut self, path: &str, number: Option<i128>, min: Option<i128>, max: Option<i128>) {
        let Some(number) = number else {
            return self.wrong(
                path,
                "must be a whole number".to_owned(),
                "without a point".into(),
            );
        };
        let fits = min.is_none_or(|min| number >= min) && max.is_none_or(|max| number <= max);
        if !fits {
            let bounds = match (min, max) {
                (Some(min), Some(max)) => format!("from {min} to {max}"),
                (Some(min), None) => format!("at least {min}"),
                (None, Some(max)) => format!("at most {max}"),
                (None, None) => return,
            };
            self.wrong(
                path,
                format!("is {number}, and must be {bounds}"),
                String::new(),
            );
        }
    }

    fn number(&mut self, path: &str, number: f64, min: Option<f64>, max: Option<f64>) {
        // TOML has `nan` and `inf`, which are in no bounds.
        let fits = number.is_finite()
            && min.is_none_or(|min| number >= min)
            && max.is_none_or(|max| number <= max);
        if !fits {
            let bound = |word: &str, bound: Option<f64>| {
                bound.map_or_else(String::new, |bound| format!("{word} {bound}"))
            };
            let bounds = format!("{} {}", bound("from", min), bound("to", max));
            let rule = format!("is {number}, and must be a number {}", bounds.trim());
            self.wrong(path, rule, String::new());
        }
    }

    fn wrong(&mut self, path: &str, rule: String, remedy: String) {
        let origin = self.origins.of(path).map(str::to_owned);
        self.found.push(Finding {
            origin,
            ..Finding::new(path, rule, remedy)
        });
    }
}

/// A number as what it must be.
trait Actual {
    /// As a whole one, when it is one.
    fn to_actual_integer(&self) -> Option<i128>;

    /// As any.
    fn to_actual_number(&self) -> f64;
}

impl Actual for figment::value::Num {
    #[expect(
        clippy::cast_precision_loss,
        reason = "bounds of such numbers are small"
    )]
    fn to_actual_number(&self) -> f64 {
        let whole = || self.to_actual_integer().map(|whole| whole as f64);
        self.to_f64().or_else(whole).unwrap_or(f64::NAN)
    }

    fn to_actual_integer(&self) -> Option<i128> {
        self.to_i128()
            .or_else(|| self.to_u128().and_then(|number| number.try_into().ok()))
    }
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() {
        key.to_owned()
    } else {
        format!("{path}.{key}")
    }
}

/// What a key that does not exist may mean: a sibling, or a key somewhere else.
fn suggestion(path: &str, key: &str, siblings: &Shape, root: &Shape) -> Option<String> {
    const CLOSE: f64 = 0.5;
    let near_sibling = nearest(
        key,
        siblings.fields().iter().map(|field| field.name.clone()),
    )?;
    if strsim::normalized_damerau_levenshtein(key, &near_sibling) >= CLOSE {
        let parent = path.strip_suffix(key).unwrap_or_default();
        return Some(format!("{parent}{near_sibling}"));
    }
    let elsewhere = root.fields().iter().flat_map(|section| {
        let item = match &section.shape {
            Shape::List(item) => item,
            other => other,
        };
        item.fields()
            .iter()
            .map(|field| (section.name.clone(), field.name.clone()))
    });
    let like = |(_, name): &(String, String)| strsim::normalized_damerau_levenshtein(key, name);
    // Of several that are alike, the first section's: those come in the order of their weight.
    let best = elsewhere.min_by(|a, b| like(b).total_cmp(&like(a)))?;
    if like(&best) >= CLOSE {
        return Some(format!("{}.{}", best.0, best.1));
    }
    let parent = path.strip_suffix(key).unwrap_or_default();
    Some(format!("{parent}{near_sibling}"))
}

/// The candidate that is most like `word`.
pub(crate) fn nearest(word: &str, all: impl IntoIterator<Item = String>) -> Option<String> {
    let like = |other: &String| strsim::jaro_winkler(word, other);
    all.into_iter().max_by(|a, b| like(a).total_cmp(&like(b)))
}

fn name(shape: &Shape) -> String {
    match shape {
        Shape::Table(_) => "a section".to_owned(),
        Shape::Map => "a table of texts".to_owned(),
        Shape::List(item) if matches!(**item, Shape::Table(_)) => "a list of sections".to_owned(),
        Shape::List(_) => "a list of texts".to_owned(),
        Shape::Text => "a text".to_owned(),
        Shape::Word(words) => format!("one of {}", quoted(words)),
        Shape::Integer { .. } => "a whole number".to_owned(),
        Shape::Number { .. } => "a number".to_owned(),
        Shape::Boolean => "true or false".to_owned(),
    }
}

fn how(shape: &Shape) -> String {
    match shape {
        Shape::Text | Shape::Word(_) => "put it between quotation marks".to_owned(),
        Shape::List(item) if matches!(**item, Shape::Table(_)) => {
            "write the section's name between double brackets: [[…]]".to_owned()
        }
        Shape::List(_) => "write it as [\"…\", \"…\"]".to_owned(),
        Shape::Integer { .. } | Shape::Number { .. } | Shape::Boolean => {
            "write it without quotation marks".to_owned()
        }
        Shape::Table(_) => "write the section's name between single brackets: […]".to_owned(),
        Shape::Map => "write it as { telegram = \"…\" }".to_owned(),
    }
}

fn quoted(words: &[String]) -> String {
    words
        .iter()
        .map(|word| format!("\"{word}\""))
        .collect::<Vec<_>>()
        .join(", ")
}
