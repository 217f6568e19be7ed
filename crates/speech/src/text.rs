//! What whisper writes, without what it only writes about noises.

/// Pairs that mark what is no speech, whatever stands between them: `[BLANK_AUDIO]`, `♪ la la ♪`.
const MARKS: [(char, char); 5] = [('[', ']'), ('【', '】'), ('♪', '♪'), ('*', '*'), ('<', '>')];
/// Pairs that do so when only a few words stand between them: `(wind blowing)`.
const ASIDES: [(char, char); 2] = [('(', ')'), ('（', '）')];
/// The most characters of an aside.
const LONGEST_ASIDE: usize = 40;

/// The words, with single spaces and without marks; empty when nothing was said.
pub(crate) fn words(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        let after = &rest[character.len_utf8()..];
        if let Some(beyond) = marked(character, after) {
            // What stood on both sides stays apart.
            kept.push(' ');
            rest = beyond;
        } else {
            kept.push(character);
            rest = after;
        }
    }
    let words: Vec<&str> = kept.split_whitespace().collect();
    if words
        .iter()
        .any(|word| word.chars().any(char::is_alphanumeric))
    {
        words.join(" ")
    } else {
        String::new()
    }
}

/// What comes after a mark that begins with this character; `None` when it begins none.
fn marked(opening: char, after: &str) -> Option<&str> {
    let closing = |pairs: &[(char, char)]| {
        let pair = pairs.iter().find(|(open, _)| *open == opening)?;
        let (inside, beyond) = after.split_once(pair.1)?;
        Some((inside, beyond))
    };
    if let Some((_, beyond)) = closing(&MARKS) {
        return Some(beyond);
    }
    let (inside, beyond) = closing(&ASIDES)?;
    let a_few_words = inside.chars().count() <= LONGEST_ASIDE
        && inside
            .chars()
            .all(|c| c.is_alphabetic() || c.is_whitespace() || "-'.,".contains(c));
    a_few_words.then_some(beyond)
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn what_only_marks_noises_is_nothing() {
        for marks in [
            "",
            " [BLANK_AUDIO]",
            "[Music]",
            "(noise)",
            " (wind blowing) [silence] ",
            "*cough*",
            "♪",
            "♪ la la la ♪",
            "♪♪",
            "[ Silence ]\n",
            "<|nospeech|>",
            "【音楽】",
            "（拍手）",
            "...",
            " . - ",
            "-",
        ] {
            assert_eq!(words(marks), "", "{marks:?}");
        }
    }

    #[test]
    fn what_was_said_stays_as_it_was_said() {
        for (text, said) in [
            (" deny because\nit is full", "deny because it is full"),
            ("[door opens] Use the canary.", "Use the canary."),
            ("wait[BLANK_AUDIO]until Monday", "wait until Monday"),
            ("Отклонить, (шум) слишком рано", "Отклонить, слишком рано"),
            ("等到周一【掌声】再部署", "等到周一 再部署"),
            // Not marks: they were not closed, or say something.
            ("scale to [3", "scale to [3"),
            ("5 * 4", "5 * 4"),
            ("use a < b", "use a < b"),
            ("wait (until 17:00)", "wait (until 17:00)"),
        ] {
            assert_eq!(words(text), said, "{text:?}");
        }
        let long = format!("yes ({})", "word ".repeat(9));
        assert_eq!(words(&long), long.trim_end());
    }
}
