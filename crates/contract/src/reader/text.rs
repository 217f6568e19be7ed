//! What a text that people read may hold.

use std::ops::RangeInclusive;

use crate::problem::FieldCode;

/// The rule for one text: its length in Unicode scalar values, and whether it may have lines.
///
/// Refused in every text: control characters and Unicode's bidirectional overrides, embeddings
/// and isolates ("Trojan Source", CVE-2021-42574), because a card shows these texts beside the
/// action and they could make it read otherwise than it is. In a text of one line also: every
/// line break and tab, so that a title cannot imitate the lines below it. In a text of several
/// lines: `\n`, `\r\n` and `\t` are fine. An action's arguments are data, not text, and may hold
/// anything; whoever renders them escapes them.
pub(crate) struct Text {
    length: RangeInclusive<usize>,
    lines: Lines,
}

enum Lines {
    One,
    Several,
}

impl Text {
    /// A text of one line that says something: not only white space.
    pub(crate) const fn line(length: RangeInclusive<usize>) -> Self {
        Self {
            length,
            lines: Lines::One,
        }
    }

    /// A text of any number of lines.
    pub(crate) const fn lines(length: RangeInclusive<usize>) -> Self {
        Self {
            length,
            lines: Lines::Several,
        }
    }

    /// Whether the text keeps the rule; if not, how it breaks it.
    pub(crate) fn check(&self, text: &str) -> Result<(), (FieldCode, String)> {
        // Most texts are shorter in bytes than allowed in characters: no need to count.
        if text.len() > *self.length.end() {
            let (found, most) = (text.chars().count(), self.length.end());
            if found > *most {
                let detail = format!("at most {most} characters; this has {found}");
                return Err((FieldCode::TooLong, detail));
            }
        }
        let least = *self.length.start();
        if least > 0 && text.trim().is_empty() {
            return Err((FieldCode::TooShort, "must not be blank".to_owned()));
        }
        match text
            .char_indices()
            .find(|&(at, c)| self.refuses(c, &text[at..]))
        {
            None => Ok(()),
            Some((at, c)) => {
                let position = text[..at].chars().count() + 1;
                let detail = match self.lines {
                    Lines::One => "control characters, line breaks and bidirectional controls",
                    Lines::Several => "control characters and bidirectional controls",
                };
                let detail = format!(
                    "{detail} are not allowed: U+{:04X} at character {position}",
                    u32::from(c)
                );
                Err((FieldCode::ControlCharacter, detail))
            }
        }
    }

    fn refuses(&self, c: char, from_here: &str) -> bool {
        match c {
            ' '..='~' => false,
            '\n' | '\t' => matches!(self.lines, Lines::One),
            '\r' => matches!(self.lines, Lines::One) || !from_here.starts_with("\r\n"),
            '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => true,
            other => other.is_control(),
        }
    }
}
