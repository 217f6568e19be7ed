//! Finds secrets in whatever a process wrote, however they are dressed there: encoded, escaped, turned
//! round, or cut off.

use std::collections::{BTreeSet, HashMap};
use std::fmt::Write as _;

use anyhow::ensure;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use regex::bytes::{Regex, RegexBuilder};

/// The shortest text that is searched for: shorter ones stand anywhere by chance.
const SHORTEST: usize = 12;
/// How much of a long secret is one too many, when an error or a table cuts it off.
const PIECE: usize = 16;

/// What is searched for, under its names.
#[derive(Debug)]
pub(super) struct Search {
    pattern: Regex,
    known: HashMap<Vec<u8>, (&'static str, &'static str)>,
}

/// What was found: which secret, and its dress.
pub(super) type Found = (&'static str, &'static str);

impl Search {
    /// A search for these, by name and bytes.
    pub(super) fn new<'s>(
        secrets: impl IntoIterator<Item = (&'static str, &'s [u8])>,
    ) -> anyhow::Result<Self> {
        let mut known = HashMap::new();
        for (name, secret) in secrets {
            ensure!(
                secret.len() >= SHORTEST,
                "{name} is too short to search for"
            );
            for (dress, needle) in dresses(secret) {
                known.entry(needle).or_insert((name, dress));
            }
        }
        // Longer ones first: what is whole is not reported as a piece.
        let mut needles: Vec<&Vec<u8>> = known.keys().collect();
        needles.sort_by_key(|needle| std::cmp::Reverse(needle.len()));
        let mut pattern = String::from("(?-u)");
        for (number, needle) in needles.into_iter().enumerate() {
            pattern.push_str(if number == 0 { "" } else { "|" });
            for byte in needle {
                write!(pattern, "\\x{byte:02x}")?;
            }
        }
        let pattern = RegexBuilder::new(&pattern).size_limit(1 << 28).build()?;
        Ok(Self { pattern, known })
    }

    /// Every secret that stands in this text.
    pub(super) fn finds(&self, text: &[u8]) -> BTreeSet<Found> {
        let found = self.pattern.find_iter(text);
        found
            .filter_map(|found| self.known.get(found.as_bytes()).copied())
            .collect()
    }
}

/// The ways in which a secret may stand in a text.
fn dresses(secret: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let reversed = |bytes: &[u8]| bytes.iter().rev().copied().collect::<Vec<u8>>();
    let hex = percent(secret, |_| false, false);
    let hex: Vec<u8> = hex.into_iter().filter(|byte| *byte != b'%').collect();
    let list: Vec<String> = secret.iter().map(u8::to_string).collect();
    let mut dresses = vec![
        ("plain", secret.to_vec()),
        ("reversed", reversed(secret)),
        ("upper case", secret.to_ascii_uppercase()),
        ("lower case", secret.to_ascii_lowercase()),
        ("hexadecimal", hex.to_ascii_uppercase()),
        ("hexadecimal", hex),
        ("a list of bytes", list.join(", ").into_bytes()),
        ("a list of bytes", list.join(",").into_bytes()),
        (
            "every byte percent-encoded",
            percent(secret, |_| false, true),
        ),
        (
            "every byte percent-encoded",
            percent(secret, |_| false, false),
        ),
    ];
    for upper in [true, false] {
        let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
        dresses.push(("percent-encoded", percent(secret, unreserved, upper)));
    }
    for shift in 0..3 {
        for engine in [STANDARD_NO_PAD, URL_SAFE_NO_PAD] {
            let shifted = [&[0; 2][..shift], secret].concat();
            // Of the outer characters some bits are a neighbour's.
            let whole = shifted.len() * 8 / 6;
            let text = engine.encode(&shifted);
            let inner = &text[(shift * 8).div_ceil(6)..whole];
            dresses.push(("base64", inner.as_bytes().to_vec()));
        }
    }
    if let Ok(text) = std::str::from_utf8(secret) {
        let wide = |to: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(to).collect::<Vec<u8>>();
        dresses.extend([
            ("UTF-16LE", wide(u16::to_le_bytes)),
            ("UTF-16BE", wide(u16::to_be_bytes)),
            ("UTF-16LE reversed", reversed(&wide(u16::to_le_bytes))),
            ("JSON", json(text, str::to_owned)),
            ("JSON", json(text, str::to_uppercase)),
            (
                "as Rust prints it",
                format!("{text:?}").trim_matches('"').into(),
            ),
            ("HTML", html(text)),
        ]);
        let chars: Vec<char> = text.chars().collect();
        if chars.len() > PIECE {
            let piece = |part: &[char]| part.iter().collect::<String>().into_bytes();
            dresses.push(("its beginning", piece(&chars[..PIECE])));
            dresses.push(("its end", piece(&chars[chars.len() - PIECE..])));
        }
    }
    dresses
}

fn percent(secret: &[u8], plain: impl Fn(u8) -> bool, upper: bool) -> Vec<u8> {
    let mut text = Vec::new();
    for &byte in secret {
        match (plain(byte), upper) {
            (true, _) => text.push(byte),
            (false, true) => text.extend(format!("%{byte:02X}").into_bytes()),
            (false, false) => text.extend(format!("%{byte:02x}").into_bytes()),
        }
    }
    text
}

/// As JSON that keeps to ASCII; what is ASCII is written as `serde_json` writes it.
fn json(text: &str, digits: fn(&str) -> String) -> Vec<u8> {
    let mut escaped = String::new();
    for c in text.chars() {
        if c.is_ascii() {
            let quoted = serde_json::Value::from(c.to_string()).to_string();
            escaped.push_str(&quoted[1..quoted.len() - 1]);
        } else {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                escaped.push_str("\\u");
                escaped.push_str(&digits(&format!("{unit:04x}")));
            }
        }
    }
    escaped.into_bytes()
}

fn html(text: &str) -> Vec<u8> {
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;");
    escaped.replace('>', "&gt;").into_bytes()
}

#[test]
fn the_search_finds_a_secret_in_every_dress_and_nothing_where_there_is_none() -> anyhow::Result<()>
{
    let secret = "pä&ss<w\"ord/+=~0123456789".to_owned();
    let search = Search::new([("it", secret.as_bytes()), ("another", b"something-else")])?;
    let wrapped: Vec<(&str, Vec<u8>)> = vec![
        ("as it is", secret.clone().into_bytes()),
        ("JSON", serde_json::to_vec(&secret)?),
        (
            "JSON in JSON's ASCII",
            br#"p\u00e4&ss<w\"ord/+=~0123456789"#.to_vec(),
        ),
        ("printed", format!("{:?}", Some(&secret)).into_bytes()),
        (
            "printed bytes",
            format!("{:?}", secret.as_bytes()).into_bytes(),
        ),
        (
            "a card",
            b"p\xc3\xa4&amp;ss&lt;w\"ord/+=~0123456789".to_vec(),
        ),
        (
            "a URL",
            b"p%C3%A4%26ss%3Cw%22ord%2F%2B%3D~0123456789".to_vec(),
        ),
        (
            "base64 of more",
            STANDARD_NO_PAD.encode(format!("u:{secret}@")).into_bytes(),
        ),
        (
            "base64 of still more",
            URL_SAFE_NO_PAD.encode(format!("u{secret}@h")).into_bytes(),
        ),
        ("base64 of it", STANDARD_NO_PAD.encode(&secret).into_bytes()),
        (
            "wide",
            secret.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        ),
        ("backwards", secret.bytes().rev().collect()),
        (
            "cut off",
            secret.chars().take(20).collect::<String>().into_bytes(),
        ),
        (
            "cut off in front",
            secret.chars().skip(8).collect::<String>().into_bytes(),
        ),
        ("shouted", secret.to_ascii_uppercase().into_bytes()),
    ];
    for (dress, text) in wrapped {
        let text = [b"\x00\xff before ", &text[..], b"\x80 after"].concat();
        let found = search.finds(&text);
        ensure!(found.iter().all(|(name, _)| *name == "it"), "{found:?}");
        ensure!(!found.is_empty(), "not found: {dress}");
    }
    for innocent in ["", "pa&ss", "\"••• 25 characters hidden\"", "something-els"] {
        let found = search.finds(innocent.as_bytes());
        ensure!(found.is_empty(), "{innocent}: {found:?}");
    }
    ensure!(Search::new([("short", &b"hunter2"[..])]).is_err());
    Ok(())
}
