//! Entities that the server finds in plain text by itself: commands, mentions, hashtags, links, e-mail addresses.

use super::{RawEntity, Style};

/// Finds entities outside of those that are already there (code and links keep their text to themselves).
pub(crate) fn find(text: &str, taken: &[RawEntity]) -> Vec<RawEntity> {
    let mut found = Vec::new();
    let mut utf16 = 0;
    for token in text.split_inclusive([' ', '\n', '\t', '(', ')', '"', '<', '>', ',', ';']) {
        let width = token.encode_utf16().count();
        let word = token.trim_end_matches([' ', '\n', '\t', '(', ')', '"', '<', '>', ',', ';']);
        if let Some((kind, skip, length)) = classify(word) {
            let entity = RawEntity {
                style: Style::Found(kind),
                offset: utf16 + skip,
                length,
            };
            let free = taken.iter().all(|other| {
                !blocks(&other.style)
                    || entity.end() <= other.offset
                    || other.end() <= entity.offset
            });
            if free {
                found.push(entity);
            }
        }
        utf16 += width;
    }
    found
}

fn blocks(style: &Style) -> bool {
    matches!(
        style,
        Style::Code(_) | Style::Pre(_) | Style::TextLink(_) | Style::TextMention(_)
    )
}

/// The kind of a word, the units to skip before it, and its length in UTF-16 units (all matched text is ASCII
/// except the tail of a link and a hashtag).
fn classify(word: &str) -> Option<(&'static str, usize, usize)> {
    let name_length = |rest: &str| {
        rest.chars()
            .take_while(|c| c.is_ascii_alphanumeric() || *c == '_')
            .count()
    };
    let first = word.chars().next()?;
    let rest = &word[first.len_utf8()..];
    match first {
        '/' => {
            let command = name_length(rest);
            if !(1..=64).contains(&command) {
                return None;
            }
            let after = &rest[command..];
            let target = after.strip_prefix('@').map_or(0, name_length);
            let target = if target >= 3 { target + 1 } else { 0 };
            after[target..]
                .chars()
                .next()
                .is_none_or(|c| !c.is_alphanumeric() && c != '/')
                .then_some(("bot_command", 0, 1 + command + target))
        }
        '@' => (3..=32)
            .contains(&name_length(rest))
            .then(|| ("mention", 0, 1 + name_length(rest))),
        '#' => {
            let tag: String = rest
                .chars()
                .take_while(|c| c.is_alphanumeric() || *c == '_')
                .collect();
            let is_tag = tag.chars().any(|c| !c.is_ascii_digit());
            is_tag.then(|| ("hashtag", 0, 1 + tag.encode_utf16().count()))
        }
        _ => link(word),
    }
}

fn link(word: &str) -> Option<(&'static str, usize, usize)> {
    let trimmed = word.trim_end_matches(['.', ':', '!', '?', '\'']);
    let length = trimmed.encode_utf16().count();
    let lower = trimmed.to_ascii_lowercase();
    if let Some(host) = lower
        .strip_prefix("https://")
        .or_else(|| lower.strip_prefix("http://"))
    {
        return host.contains('.').then_some(("url", 0, length));
    }
    let (local, domain) = lower.split_once('@')?;
    let plain = |part: &str| {
        !part.is_empty()
            && part
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '+'))
    };
    let has_tld = domain
        .rsplit_once('.')
        .is_some_and(|(host, tld)| !host.is_empty() && tld.len() >= 2);
    (plain(local) && plain(domain) && has_tld).then_some(("email", 0, length))
}
