//! Whether a text is shown literally, whatever a chat does to white space and to characters that cannot be seen.

use regex::{Regex, RegexBuilder};

/// How much may stand for a character that cannot be seen: `\u{202e}`, `⟨U+202E⟩`, or the character itself.
const STANDS_FOR_IT: &str = r"(?s:.{1,12}?)";

/// Whether `text` can be read in `seen`. White space may be folded and lines broken elsewhere, a quotation mark may be
/// escaped as JSON does, and what cannot be seen may be written out; it may not be left out, since nobody would know then
/// that it is there.
pub(super) fn is_shown(text: &str, seen: &str) -> bool {
    seen.contains(text) || pattern(text, false).is_some_and(|pattern| pattern.is_match(seen))
}

/// Whether this word can be read in `seen`, in capitals or not.
pub(super) fn is_said(word: &str, seen: &str) -> bool {
    pattern(word, true).is_some_and(|pattern| pattern.is_match(seen))
}

fn pattern(text: &str, any_case: bool) -> Option<Regex> {
    let mut pattern = String::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\n' | '\r' | '\t' => pattern.push_str(r"(?:\s+|\\[nrt]|(?s:.{1,12}?))"),
            c if c.is_whitespace() => {
                while chars.next_if(|next| *next == ' ').is_some() {}
                pattern.push_str(r"\s+");
            }
            '"' => pattern.push_str(r#"\\?""#),
            '\\' => pattern.push_str(r"\\{1,2}"),
            c if is_hidden(c) => pattern.push_str(STANDS_FOR_IT),
            c => pattern.push_str(&regex::escape(c.encode_utf8(&mut [0; 4]))),
        }
    }
    let built = RegexBuilder::new(&pattern)
        .case_insensitive(any_case)
        .build();
    built.ok()
}

/// Controls, marks of direction, and what has no width.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(c, '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{061c}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_changed_only_to_be_readable_is_shown() {
        for (text, seen) in [
            ("a  b\nc", "so: a b c."),
            ("two\nlines", r#""two\nlines""#),
            (r#"say "yes""#, r#"{"x": "say \"yes\""}"#),
            (r"C:\new", r#""C:\\new""#),
            ("pay\u{202e}gpj.exe", r"pay\u202egpj.exe"),
            ("pay\u{202e}gpj.exe", "pay\u{202e}gpj.exe"),
            ("bell\u{7}!", "bell⟨U+0007⟩!"),
            ("<script>", "x <script> y"),
        ] {
            assert!(is_shown(text, seen), "{text:?} in {seen:?}");
        }
        assert!(is_said("high", "HIGH risk"));
    }

    #[test]
    fn what_is_interpreted_cut_or_left_out_is_not() {
        for (text, seen) in [
            ("*bold*", "bold"),
            ("<b>x</b>", "x"),
            ("pay\u{202e}gpj.exe", "paygpj.exe"),
            ("bell\u{7}!", "bell!"),
            ("one two three", "one two…"),
            ("a.c", "abc"),
        ] {
            assert!(!is_shown(text, seen), "{text:?} in {seen:?}");
        }
        assert!(!is_said("high", "low"));
    }
}
