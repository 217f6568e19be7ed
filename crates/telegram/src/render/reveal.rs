//! Characters that a reader cannot see, or that make text read otherwise than it is: shown,
//! never obeyed and never dropped.
//!
//! The list is by hand: controls, format characters (general category Cf) that show nothing,
//! the characters that fonts leave out (`Default_Ignorable_Code_Point`), of Unicode 16, and the
//! combining characters that Telegram takes out of every text.
//! <https://www.unicode.org/Public/16.0.0/ucd/DerivedCoreProperties.txt>

use std::fmt::Write as _;

const ZERO_WIDTH_JOINER: char = '\u{200d}';
const EMOJI_VARIATION: char = '\u{fe0f}';
const KEYCAP: char = '\u{20e3}';

/// What Telegram takes out of every text, besides what is hidden anyway (`TDLib`, `misc.cpp`,
/// `clean_input_string`): `a\u{30a}` would arrive as `a`.
fn is_dropped(c: char) -> bool {
    matches!(c, '\u{30a}' | '\u{333}' | '\u{33f}')
}

/// Whether a reader would not see this character, or be misled by it. A line end counts.
pub(super) fn is_hidden(c: char) -> bool {
    c.is_control()
        || is_dropped(c)
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{70f}' | '\u{115f}' | '\u{1160}'
            | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}' | '\u{13430}'..='\u{1343f}' | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// Whether it is a space other than the common one: in arguments the difference matters.
pub(super) fn is_odd_space(c: char) -> bool {
    c != ' ' && c.is_whitespace()
}

/// Running text of several lines: line ends and tabs stay, what is hidden is shown as
/// `⟨U+202E⟩`.
pub(crate) fn prose(text: &str) -> String {
    reveal(&text.replace("\r\n", "\n"), |c| matches!(c, '\n' | '\t'))
}

/// Text of one line: a line end would forge another line, so it is shown too.
pub(crate) fn line(text: &str) -> String {
    reveal(text, |_| false)
}

fn reveal(text: &str, stays: impl Fn(char) -> bool) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut shown = String::with_capacity(text.len());
    for (index, &c) in chars.iter().enumerate() {
        if !is_hidden(c) || stays(c) || belongs_to_emoji(&chars, index) {
            shown.push(c);
        } else {
            let _ = write!(shown, "⟨U+{:04X}⟩", u32::from(c));
        }
    }
    shown
}

/// Whether the joiner or variation selector at `index` only makes an emoji what it is.
fn belongs_to_emoji(chars: &[char], index: usize) -> bool {
    let before = index.checked_sub(1).and_then(|at| chars.get(at)).copied();
    let after = chars.get(index + 1).copied();
    match chars.get(index) {
        Some(&EMOJI_VARIATION) => {
            before.is_some_and(is_emoji)
                || (after == Some(KEYCAP)
                    && before.is_some_and(|c| c.is_ascii_digit() || matches!(c, '#' | '*')))
        }
        Some(&ZERO_WIDTH_JOINER) => {
            let before = match before {
                Some(EMOJI_VARIATION) => index.checked_sub(2).and_then(|at| chars.get(at)).copied(),
                other => other,
            };
            before.is_some_and(is_emoji) && after.is_some_and(is_emoji)
        }
        _ => false,
    }
}

/// Whether it is drawn as a picture (roughly: the blocks that hold emoji).
fn is_emoji(c: char) -> bool {
    matches!(c,
        '\u{a9}' | '\u{ae}' | '\u{203c}' | '\u{2049}' | '\u{2122}' | '\u{2139}'
        | '\u{2190}'..='\u{21ff}' | '\u{2300}'..='\u{23ff}' | '\u{24c2}'
        | '\u{25a0}'..='\u{27bf}' | '\u{2900}'..='\u{297f}' | '\u{2b00}'..='\u{2bff}'
        | '\u{3030}' | '\u{303d}' | '\u{3297}' | '\u{3299}' | '\u{1f000}'..='\u{1faff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_characters_are_shown_in_prose() {
        assert_eq!(
            prose("pay \u{202e}001 to\u{200b} Bob"),
            "pay ⟨U+202E⟩001 to⟨U+200B⟩ Bob"
        );
        assert_eq!(prose("a\r\nb\tc\rd\0"), "a\nb\tc⟨U+000D⟩d⟨U+0000⟩");
        assert_eq!(
            prose("\u{e0041}\u{feff}\u{3164}"),
            "⟨U+E0041⟩⟨U+FEFF⟩⟨U+3164⟩"
        );
    }

    #[test]
    fn every_character_that_unicode_calls_invisible_is_hidden_and_no_other() {
        let class = r"^[[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\x{2800}\x{30A}\x{333}\x{33F}]--[\p{Prepended_Concatenation_Mark}--\x{70F}]]$";
        let invisible = regex::Regex::new(class).unwrap();
        for c in '\0'..=char::MAX {
            let wanted = invisible.is_match(c.encode_utf8(&mut [0; 4]));
            assert_eq!(is_hidden(c), wanted, "U+{:04X}", u32::from(c));
        }
    }

    #[test]
    fn a_line_stays_one_line() {
        assert_eq!(
            line("Deploy\n✅ Approved\u{2028}x"),
            "Deploy⟨U+000A⟩✅ Approved⟨U+2028⟩x"
        );
    }

    #[test]
    fn emoji_stay_whole() {
        for emoji in ["👩‍👩‍👧", "❤️", "✍️", "🏳️‍🌈", "👩🏽‍🚒", "1️⃣", "↩️"]
        {
            assert_eq!(line(emoji), emoji);
        }
        assert_eq!(line("a\u{200d}b\u{fe0f}"), "a⟨U+200D⟩b⟨U+FE0F⟩");
        assert_eq!(line("👩\u{200d}b"), "👩⟨U+200D⟩b");
    }

    #[test]
    fn ordinary_text_of_many_scripts_is_untouched() {
        for text in [
            "Привет, мир",
            "部署服务",
            "déjà vu",
            "مرحبا",
            "שלום",
            "10 000",
            "नमस्ते",
        ] {
            assert_eq!(prose(text), text);
        }
    }
}
