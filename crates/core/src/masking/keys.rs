//! Which keys hold secrets: the built-in names and the operator's globs.

use std::borrow::Cow;
use std::sync::LazyLock;

use super::InvalidPattern;
use super::names::{ABOUT, NAMES, NEUTRAL, Name, OTHER_TOKENS, Position};

/// The longest glob, in characters.
const MAX_GLOB_CHARS: usize = 200;
/// Keys with more words than this are rare enough to pay for a list of their own.
const FEW_WORDS: usize = 16;

/// The names of secrets.
#[derive(Debug, Clone, Default)]
pub(super) struct KeyNames {
    /// Lower case, without separators; `*` stands for anything.
    globs: Vec<String>,
}

impl KeyNames {
    pub(super) fn new(globs: &[String]) -> Result<Self, InvalidPattern> {
        globs
            .iter()
            .map(|glob| normalised(glob))
            .collect::<Result<_, _>>()
            .map(|globs| Self { globs })
    }

    /// Whether a string under this key is a secret.
    pub(super) fn is_secret(&self, key: &str) -> bool {
        is_built_in(key) || self.is_globbed(key)
    }

    fn is_globbed(&self, key: &str) -> bool {
        if self.globs.is_empty() {
            return false;
        }
        let mut short = [0; 128];
        let key = squashed(key, &mut short);
        self.globs
            .iter()
            .any(|glob| glob_matches(glob.as_bytes(), &key))
    }
}

fn normalised(glob: &str) -> Result<String, InvalidPattern> {
    if glob.chars().count() > MAX_GLOB_CHARS {
        let why = format!("a key glob has at most {MAX_GLOB_CHARS} characters");
        return Err(InvalidPattern::new(glob, why));
    }
    let text: String = glob
        .chars()
        .filter(|c| !is_separator(*c))
        .flat_map(char::to_lowercase)
        .collect();
    if text.is_empty() {
        return Err(InvalidPattern::new(glob, "it names no key"));
    }
    Ok(text)
}

fn is_separator(c: char) -> bool {
    matches!(c, '_' | '-' | '.' | ' ')
}

/// The key in lower case and without separators, in `short` if it fits.
fn squashed<'a>(key: &str, short: &'a mut [u8; 128]) -> Cow<'a, [u8]> {
    if !key.is_ascii() || key.len() > short.len() {
        let chars = key
            .chars()
            .filter(|c| !is_separator(*c))
            .flat_map(char::to_lowercase);
        return Cow::Owned(chars.collect::<String>().into_bytes());
    }
    let mut len = 0;
    for byte in key.bytes().filter(|byte| !is_separator(char::from(*byte))) {
        short[len] = byte.to_ascii_lowercase();
        len += 1;
    }
    Cow::Borrowed(&short[..len])
}

/// Whether `glob`, in which `*` stands for anything, describes all of `text`.
fn glob_matches(glob: &[u8], text: &[u8]) -> bool {
    let (mut g, mut t) = (0, 0);
    // The last star, and how much of the text it stands for so far.
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        if glob.get(g) == Some(&b'*') {
            star = Some((g, t));
            g += 1;
        } else if glob.get(g) == Some(&text[t]) {
            g += 1;
            t += 1;
        } else if let Some((at, taken)) = star {
            star = Some((at, taken + 1));
            g = at + 1;
            t = taken + 1;
        } else {
            return false;
        }
    }
    glob[g..].iter().all(|byte| *byte == b'*')
}

fn is_built_in(key: &str) -> bool {
    let mut few = [""; FEW_WORDS];
    let mut count = 0;
    for word in words(key) {
        if count == FEW_WORDS {
            return has_secret_name(&words(key).collect::<Vec<_>>());
        }
        few[count] = word;
        count += 1;
    }
    has_secret_name(&few[..count])
}

/// The built-in names by the first letter of their first word; those in other alphabets last.
static BY_LETTER: LazyLock<[Vec<&Name>; LETTERS + 1]> = LazyLock::new(|| {
    std::array::from_fn(|index| {
        let here = |name: &&Name| name.0.first().is_some_and(|word| letter(word) == index);
        NAMES.iter().filter(here).collect()
    })
});

const LETTERS: usize = 26;

fn letter(word: &str) -> usize {
    let first = word.bytes().next().unwrap_or_default();
    if first.is_ascii_alphabetic() {
        usize::from(first.to_ascii_lowercase() - b'a')
    } else {
        LETTERS
    }
}

fn has_secret_name(words: &[&str]) -> bool {
    (0..words.len()).any(|at| {
        BY_LETTER[letter(words[at])]
            .iter()
            .any(|name| counts(name, words, at))
    })
}

/// Whether the name stands at this word, in a position where it counts.
fn counts((name, position): &Name, words: &[&str], at: usize) -> bool {
    let end = at + name.len();
    let Some(here) = words.get(at..end) else {
        return false;
    };
    if !here
        .iter()
        .zip(*name)
        .all(|(word, wanted)| same(word, wanted))
    {
        return false;
    }
    let before = at.checked_sub(1).map_or("", |before| words[before]);
    let after = &words[end..];
    match position {
        Position::Anywhere => {
            let about = after.last().is_some_and(|last| one_of(last, ABOUT));
            !about && !same(before, "pull")
        }
        Position::End => {
            !one_of(before, OTHER_TOKENS) && after.iter().all(|word| one_of(word, NEUTRAL))
        }
        Position::Whole => words.len() == name.len(),
    }
}

fn one_of(word: &str, list: &[&str]) -> bool {
    list.iter().any(|other| same(word, other))
}

/// Whether a word is `lower`, which is lower case already.
fn same(word: &str, lower: &str) -> bool {
    word.eq_ignore_ascii_case(lower)
        || (!lower.is_ascii() && word.chars().flat_map(char::to_lowercase).eq(lower.chars()))
}

/// What a character is to the cutting of words.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Lower,
    Upper,
    Digit,
    Other,
}

fn class(c: char) -> Class {
    if c.is_uppercase() {
        Class::Upper
    } else if c.is_alphabetic() {
        Class::Lower
    } else if c.is_numeric() {
        Class::Digit
    } else {
        Class::Other
    }
}

/// The words of a key, in any of the usual spellings; numbers are no words.
fn words(key: &str) -> impl Iterator<Item = &str> {
    let mut rest = key;
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches(|c| matches!(class(c), Class::Digit | Class::Other));
        let (word, after) = rest.split_at(word_end(rest));
        rest = after;
        (!word.is_empty()).then_some(word)
    })
}

/// Where the word at the start ends: before anything but a letter, before an upper-case letter
/// after a lower-case one (`apiKey`), and before the last of several upper-case letters when a
/// lower-case one follows (`APIKey`).
fn word_end(text: &str) -> usize {
    let mut before = Class::Other;
    let mut last_upper = 0;
    for (at, c) in text.char_indices() {
        let class = class(c);
        match (before, class) {
            (_, Class::Digit | Class::Other) | (Class::Lower, Class::Upper) => return at,
            (Class::Upper, Class::Lower) if last_upper > 0 => return last_upper,
            _ => {}
        }
        if class == Class::Upper {
            last_upper = at;
        }
        before = class;
    }
    text.len()
}
