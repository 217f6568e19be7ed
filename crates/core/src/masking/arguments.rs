//! An action's arguments: every string in them, its key, and where it stands.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::{Masker, marker};

/// Keys whose value names what their neighbour `value` is: `{"name": "DB_PASSWORD", "value": …}`.
const NAMING: [&str; 5] = ["name", "key", "header", "variable", "field"];
/// That neighbour.
const NAMED: [&str; 2] = ["value", "values"];
/// What a Kubernetes `Secret` keeps its secrets under.
const SECRET_DATA: [&str; 2] = ["data", "stringData"];

/// A place in the arguments; costs nothing until it is written as a pointer.
#[derive(Clone, Copy)]
enum Place<'a> {
    Root,
    Key(&'a Place<'a>, &'a str),
    Index(&'a Place<'a>, usize),
}

impl Place<'_> {
    fn pointer(&self) -> String {
        match self {
            Self::Root => String::new(),
            Self::Key(parent, key) => {
                let token = key.replace('~', "~0").replace('/', "~1");
                format!("{}/{token}", parent.pointer())
            }
            Self::Index(parent, index) => format!("{}/{index}", parent.pointer()),
        }
    }
}

/// Whether everything below some place is secret, whatever it looks like.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Below {
    Secret,
    Anything,
}

impl Below {
    fn secret_if(self, secret: impl FnOnce() -> bool) -> Self {
        if self == Self::Secret || secret() {
            Self::Secret
        } else {
            Self::Anything
        }
    }
}

impl Masker {
    /// Masks arguments where they stand and says what was changed; when nothing was, nothing
    /// was copied either.
    pub(super) fn arguments(&self, arguments: &mut Map<String, Value>) -> Vec<String> {
        let mut pointers = Vec::new();
        self.object(arguments, Below::Anything, Place::Root, &mut pointers);
        pointers
    }

    fn value(&self, value: &mut Value, below: Below, place: Place<'_>, out: &mut Vec<String>) {
        match value {
            Value::String(text) => {
                if self.string(text, below) {
                    out.push(place.pointer());
                }
            }
            Value::Array(items) => self.array(items, below, place, out),
            Value::Object(members) => self.object(members, below, place, out),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    /// Masks one string; whether it changed. An empty one has nothing to hide.
    fn string(&self, text: &mut String, below: Below) -> bool {
        if below == Below::Anything {
            return self.in_place(text);
        }
        if text.is_empty() || marker::is_marker(text) {
            return false;
        }
        *text = marker::whole(text.chars().count());
        true
    }

    fn array(&self, items: &mut [Value], below: Below, place: Place<'_>, out: &mut Vec<String>) {
        let mut after_flag = false;
        for (index, item) in items.iter_mut().enumerate() {
            let flag_before = after_flag;
            after_flag = item.as_str().is_some_and(|text| self.is_secret_flag(text));
            let answers = flag_before && item.as_str().is_some_and(|text| !text.starts_with('-'));
            let below = below.secret_if(|| answers);
            self.value(item, below, Place::Index(&place, index), out);
        }
    }

    /// Whether a name in a value calls for hiding what it names, as it is or as it will be shown.
    fn names_secret(&self, name: &str) -> bool {
        let shown = || {
            self.changed(name)
                .is_some_and(|shown| self.keys.is_secret(&shown))
        };
        self.keys.is_secret(name) || shown()
    }

    /// `--password` in a list of a command's arguments: the next one is the secret.
    fn is_secret_flag(&self, text: &str) -> bool {
        let name = text.trim_start_matches('-');
        let plain = name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        name.len() < text.len() && plain && self.keys.is_secret(name)
    }

    fn object(
        &self,
        members: &mut Map<String, Value>,
        below: Below,
        place: Place<'_>,
        out: &mut Vec<String>,
    ) {
        let named_secret = NAMING.iter().any(|naming| {
            let name = members.get(*naming).and_then(Value::as_str);
            name.is_some_and(|name| self.names_secret(name))
        });
        let is_secret_object = members.get("kind").and_then(Value::as_str) == Some("Secret");
        let below_key = |key: &str| {
            below.secret_if(|| {
                self.keys.is_secret(key)
                    || (named_secret && NAMED.contains(&key))
                    || (is_secret_object && SECRET_DATA.contains(&key))
            })
        };
        if members.keys().any(|key| self.changed(key).is_some()) {
            self.object_with_secret_keys(members, below_key, place, out);
            return;
        }
        if members
            .keys()
            .is_sorted_by(|a, b| canonical_order(a, b) != Ordering::Greater)
        {
            for (key, value) in members.iter_mut() {
                self.value(value, below_key(key), Place::Key(&place, key), out);
            }
            return;
        }
        let mut sorted: Vec<(&String, &mut Value)> = members.iter_mut().collect();
        sorted.sort_by(|(a, _), (b, _)| canonical_order(a, b));
        for (key, value) in sorted {
            self.value(value, below_key(key), Place::Key(&place, key), out);
        }
    }

    /// The rare object that has a secret in a key. Two keys that look alike once masked get a
    /// number each, so that no member is lost.
    fn object_with_secret_keys(
        &self,
        members: &mut Map<String, Value>,
        below_key: impl Fn(&str) -> Below,
        place: Place<'_>,
        out: &mut Vec<String>,
    ) {
        let mut names = Names::default();
        let mut renamed: Vec<Renamed> = Vec::with_capacity(members.len());
        let (secret, plain): (Vec<_>, Vec<_>) = std::mem::take(members)
            .into_iter()
            .map(|(key, value)| (self.changed(&key), key, value))
            .partition(|(masked, ..)| masked.is_some());
        for (_, key, value) in plain {
            let below = below_key(&key);
            names.taken.insert(key.clone());
            renamed.push(Renamed {
                key,
                pointer: None,
                below,
                value,
            });
        }
        for (masked, original, value) in secret {
            // The token may have hidden where a telling name begins.
            let masked = masked.unwrap_or_default();
            let below = below_key(&original).secret_if(|| below_key(&masked) == Below::Secret);
            let key = names.free(&masked);
            let pointer = Some(Place::Key(&place, &key).pointer());
            renamed.push(Renamed {
                key,
                pointer,
                below,
                value,
            });
        }
        renamed.sort_by(|a, b| canonical_order(&a.key, &b.key));
        for Renamed {
            key,
            pointer,
            below,
            mut value,
        } in renamed
        {
            let leaf = value.is_string();
            let renamed = pointer.is_some();
            out.extend(pointer);
            let before = out.len();
            self.value(&mut value, below, Place::Key(&place, &key), out);
            if leaf && renamed {
                // Key and string both changed: one pointer says so.
                out.truncate(before);
            }
            members.insert(key, value);
        }
    }
}

/// A member on its way to its new name; `pointer` when that is another than its old one.
struct Renamed {
    key: String,
    pointer: Option<String>,
    below: Below,
    value: Value,
}

/// The names that an object's members have so far.
#[derive(Default)]
struct Names {
    taken: BTreeSet<String>,
    numbers: BTreeMap<String, u64>,
}

impl Names {
    /// `masked`, or the first of `masked (2)`, `masked (3)`, … that no member has.
    fn free(&mut self, masked: &str) -> String {
        let number = self.numbers.entry(masked.to_owned()).or_insert(1);
        let mut name = masked.to_owned();
        while !self.taken.insert(name.clone()) {
            *number += 1;
            name = format!("{masked} ({number})");
        }
        name
    }
}

/// The order of members in canonical JSON: by UTF-16 code units (RFC 8785, section 3.2.3).
fn canonical_order(a: &str, b: &str) -> Ordering {
    if a.is_ascii() && b.is_ascii() {
        a.cmp(b)
    } else {
        a.encode_utf16().cmp(b.encode_utf16())
    }
}
