//! Character cleaning and trimming, as `fix_formatted_text` in `TDLib` does them.

use super::RawEntity;

/// Replaces control characters (tabs too) by spaces and removes carriage returns, U+2028 to U+202E
/// (which includes the bidirectional controls) and three vertical combining lines. Entities move along.
pub(crate) fn clean(text: &str, mut entities: Vec<RawEntity>) -> (String, Vec<RawEntity>) {
    let mut cleaned = String::with_capacity(text.len());
    // For every UTF-16 position of the input, the position in the output.
    let mut moved = Vec::with_capacity(text.len() + 1);
    let mut out = 0;
    for character in text.chars() {
        let units = character.len_utf16();
        let kept = match character {
            '\r' | '\u{2028}'..='\u{202e}' | '\u{333}' | '\u{33f}' | '\u{30a}' => None,
            '\n' => Some('\n'),
            control if u32::from(control) < 32 => Some(' '),
            other => Some(other),
        };
        for unit in 0..units {
            moved.push(out + if kept.is_some() { unit } else { 0 });
        }
        if let Some(kept) = kept {
            cleaned.push(kept);
            out += units;
        }
    }
    moved.push(out);
    let place = |position: usize| moved.get(position).copied().unwrap_or(out);
    for entity in &mut entities {
        let (begin, end) = (place(entity.offset), place(entity.end()));
        entity.offset = begin;
        entity.length = end - begin;
    }
    entities.retain(|entity| entity.length > 0);
    (cleaned, entities)
}

/// Cuts white space at the end, and at the start as far as the first entity. `None` when no text is left.
pub(crate) fn trim(text: &str, entities: &mut Vec<RawEntity>) -> Option<String> {
    let white = |character: char| matches!(character, ' ' | '\n');
    let kept = text.trim_end_matches(white);
    if kept.is_empty() || kept.chars().all(is_invisible) {
        return None;
    }
    let end = kept.encode_utf16().count();
    entities.retain(|entity| entity.offset < end);
    for entity in entities.iter_mut() {
        entity.length = entity.length.min(end - entity.offset);
    }
    let limit = entities
        .iter()
        .map(|entity| entity.offset)
        .min()
        .unwrap_or(usize::MAX);
    let leading = kept
        .chars()
        .take_while(|character| white(*character))
        .count()
        .min(limit);
    for entity in entities.iter_mut() {
        entity.offset -= leading;
    }
    // White space is one byte and one UTF-16 unit each, so that one number serves both.
    Some(kept[leading..].to_owned())
}

/// Characters that make an empty message when nothing else is there (`strip_empty_characters` in `TDLib`).
fn is_invisible(character: char) -> bool {
    matches!(
        character,
        ' ' | '\n'
            | '\u{a0}'
            | '\u{ad}'
            | '\u{1680}'
            | '\u{180e}'
            | '\u{2000}'..='\u{200f}'
            | '\u{2028}'..='\u{202f}'
            | '\u{205f}'..='\u{206f}'
            | '\u{2800}'
            | '\u{3000}'
            | '\u{feff}'
            | '\u{fffc}'
    )
}
