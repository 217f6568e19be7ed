//! What readers see in place of a secret: that something is hidden, and how long it is.
//!
//! A marker is recognised where it stands, so that masking what was masked changes nothing. A
//! requester who writes one by hand hides nothing: what is shown is then what will be executed.

use std::ops::Range;

const DOTS: &str = "••• ";
const HIDDEN: &str = " characters hidden";
const URL_HEAD: &str = "hidden-";
const URL_TAIL: &str = "-characters";
/// No text that Signoff takes is longer than 9,999,999 characters.
const MAX_DIGITS: usize = 7;

/// In place of a whole value of so many Unicode scalars.
pub(super) fn whole(chars: usize) -> String {
    format!("{DOTS}{chars}{HIDDEN}")
}

/// In place of a part of a longer text; the brackets show where the part ends.
pub(super) fn part(chars: usize) -> String {
    format!("⟨{DOTS}{chars}{HIDDEN}⟩")
}

/// In place of a part of a URL, which takes neither brackets nor spaces.
pub(super) fn in_url(chars: usize) -> String {
    format!("{URL_HEAD}{chars}{URL_TAIL}")
}

/// Whether the text is one whole marker and nothing else.
pub(super) fn is_marker(text: &str) -> bool {
    let whole = 0..text.len();
    !text.is_empty() && ranges(text).next() == Some(whole)
}

/// Where the markers in a text are, with their brackets.
pub(super) fn ranges(text: &str) -> impl Iterator<Item = Range<usize>> {
    let plain = text.match_indices(DOTS).filter_map(|(at, _)| {
        let mut range = at..numbered(text, at + DOTS.len(), HIDDEN)?;
        if text[..range.start].ends_with('⟨') && text[range.end..].starts_with('⟩') {
            range = range.start - '⟨'.len_utf8()..range.end + '⟩'.len_utf8();
        }
        Some(range)
    });
    let in_urls = text
        .match_indices(URL_HEAD)
        .filter_map(|(at, _)| Some(at..numbered(text, at + URL_HEAD.len(), URL_TAIL)?));
    plain.chain(in_urls)
}

/// The end of digits followed by `tail`, both from `from` on.
fn numbered(text: &str, from: usize, tail: &str) -> Option<usize> {
    let rest = &text[from..];
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let fits = (1..=MAX_DIGITS).contains(&digits) && rest[digits..].starts_with(tail);
    fits.then_some(from + digits + tail.len())
}
