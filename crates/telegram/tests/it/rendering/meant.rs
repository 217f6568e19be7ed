//! What a message is meant to say, put together without the renderer: plain pieces of text, what each of them looks
//! like, and how a character that people cannot see is written out.

use std::fmt::Write as _;
use std::sync::LazyLock;

use regex::Regex;
use serde_json::{Value, json};

/// A piece of a message.
#[derive(Debug, Clone)]
struct Piece {
    /// The kind of its entity, as Telegram names it, and the entity's argument.
    style: Option<(&'static str, String)>,
    text: String,
    /// Whether it may be shortened when a message has no room.
    elastic: bool,
}

/// A message as it is meant.
#[derive(Debug, Clone, Default)]
pub(super) struct Meant(Vec<Piece>);

/// A text with its entities, as something or somebody reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Read {
    pub(super) text: String,
    /// `[kind, offset, length, argument]`, in UTF-16 code units.
    pub(super) entities: Vec<Value>,
}

impl Meant {
    pub(super) fn of(text: &str) -> Self {
        let mut meant = Self::default();
        meant.plain(text);
        meant
    }

    pub(super) fn plain(&mut self, text: &str) -> &mut Self {
        self.piece(None, text, false)
    }

    /// Words of a requester or an approver, which may be shortened.
    pub(super) fn words(&mut self, text: &str) -> &mut Self {
        self.piece(None, text, true)
    }

    pub(super) fn styled(&mut self, kind: &'static str, argument: &str, text: &str) -> &mut Self {
        self.piece(Some((kind, argument.to_owned())), text, false)
    }

    pub(super) fn styled_words(
        &mut self,
        kind: &'static str,
        argument: &str,
        text: &str,
    ) -> &mut Self {
        self.piece(Some((kind, argument.to_owned())), text, true)
    }

    fn piece(
        &mut self,
        style: Option<(&'static str, String)>,
        text: &str,
        elastic: bool,
    ) -> &mut Self {
        // Telegram shows a tab as a space.
        let text = text.replace('\t', " ");
        self.0.push(Piece {
            style,
            text,
            elastic,
        });
        self
    }

    /// Its length in UTF-16 code units.
    pub(super) fn units(&self) -> usize {
        self.0.iter().map(|piece| units(&piece.text)).sum()
    }

    /// An upper bound of its length as markup, in bytes.
    pub(super) fn markup_bytes(&self) -> usize {
        let escapes = |text: &str| 4 * text.matches(['&', '<', '>', '"']).count();
        let piece = |piece: &Piece| {
            let argument = piece
                .style
                .as_ref()
                .map_or(0, |(_, argument)| 50 + argument.len() + escapes(argument));
            piece.text.len() + escapes(&piece.text) + argument
        };
        self.0.iter().map(piece).sum()
    }

    /// How many pieces it has.
    pub(super) fn pieces(&self) -> usize {
        self.0.len()
    }

    /// The same with the elastic pieces shortened as they are in what was read: each to its beginning and `…`.
    /// Answers which of them are.
    ///
    /// # Errors
    /// Where what was read departs from what was meant.
    pub(super) fn shortened_like(&self, read: &str) -> Result<(Self, Vec<usize>), String> {
        let mut meant = self.clone();
        let mut rest = read;
        let mut shortened = Vec::new();
        for index in 0..meant.0.len() {
            let piece = &meant.0[index];
            if let Some(after) = rest.strip_prefix(piece.text.as_str()) {
                rest = after;
                continue;
            }
            let common = common_prefix(rest, &piece.text);
            let after = rest[common..].strip_prefix('…');
            let left = meant.0[index + 1..].iter().map(|piece| piece.text.as_str());
            let mut left = std::iter::once(&piece.text[common.min(piece.text.len())..]).chain(left);
            if rest[common..].is_empty() && left.all(|text| text.trim().is_empty()) {
                // White space at the end of a message is not shown.
                break;
            }
            let Some(after) = after.filter(|_| piece.elastic) else {
                let near = |text: &str| text[common..].chars().take(80).collect::<String>();
                let (wanted, got) = (near(&piece.text), near(rest));
                return Err(format!(
                    "after {common} bytes of {index}: expected {wanted:?}, got {got:?}"
                ));
            };
            let kept = format!("{}…", &rest[..common]);
            if piece.text.starts_with(&kept) || units(&kept) < 18 {
                return Err(format!("{:?} was shortened to {kept:?}", piece.text));
            }
            meant.0[index].text = kept;
            shortened.push(index);
            rest = after;
        }
        Ok((meant, shortened))
    }

    /// What Telegram's parser makes of it: the text, and the entities on what is not white space at its end.
    pub(super) fn parsed(&self) -> Read {
        let whole: String = self.0.iter().map(|piece| piece.text.as_str()).collect();
        let text = whole.trim_end_matches([' ', '\n']);
        let end = units(text);
        let mut at = 0;
        let mut entities = Vec::new();
        for piece in &self.0 {
            let length = units(&piece.text).min(end.saturating_sub(at));
            if let Some((kind, argument)) = &piece.style
                && length > 0
                && !piece.text.trim().is_empty()
            {
                entities.push(json!([kind, at, length, argument]));
            }
            at += units(&piece.text);
        }
        Read {
            text: text.to_owned(),
            entities,
        }
    }
}

pub(super) fn units(text: &str) -> usize {
    text.encode_utf16().count()
}

/// How many bytes two texts share from their start.
fn common_prefix(one: &str, other: &str) -> usize {
    one.char_indices()
        .zip(other.chars())
        .find(|((_, a), b)| a != b)
        .map_or_else(|| one.len().min(other.len()), |((at, _), _)| at)
}

/// What nobody sees, by Unicode's own properties (of the `regex` crate's tables): controls, format characters that are
/// drawn as nothing (U+070F among them, which is no more than a line over others), everything that fonts leave out,
/// line and paragraph ends, the blank Braille pattern; and what Telegram takes out of a text.
static UNSEEN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"^[[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\x{2800}\x{30A}\x{333}\x{33F}]--[\p{Prepended_Concatenation_Mark}--\x{70F}]]$",
    )
    .expect("a class of characters")
});

pub(super) fn is_unseen(c: char) -> bool {
    !matches!(c, ' '..='~') && UNSEEN.is_match(c.encode_utf8(&mut [0; 4]))
}

/// Emoji that need characters which are seen nowhere else; `hostile.rs` uses no others.
pub(super) const EMOJI: [&str; 8] = ["👩‍👩‍👧", "❤️", "🏳️‍🌈", "👩🏽‍🚒", "👍🏿", "1️⃣", "✍️", "🇩🇪"];

/// Running text: line ends and tabs stay, whatever else cannot be seen is named.
pub(super) fn prose(text: &str) -> String {
    written_out(&text.replace("\r\n", "\n"), &['\n', '\t'])
}

/// One line of text.
pub(super) fn line(text: &str) -> String {
    written_out(text, &[])
}

fn written_out(text: &str, stays: &[char]) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if let Some(emoji) = EMOJI.iter().find(|emoji| rest.starts_with(**emoji)) {
            out.push_str(emoji);
            rest = &rest[emoji.len()..];
            continue;
        }
        if is_unseen(c) && !stays.contains(&c) {
            write!(out, "⟨U+{:04X}⟩", u32::from(c)).expect("a text takes it");
        } else {
            out.push(c);
        }
        rest = &rest[c.len_utf8()..];
    }
    out
}
