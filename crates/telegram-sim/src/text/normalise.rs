//! Entity normalisation: which entities may overlap, and how the others are merged, split or dropped
//! (`fix_entities` in `TDLib`).

use super::{RawEntity, Style};

const SPLITTABLE: [Style; 5] = [
    Style::Bold,
    Style::Italic,
    Style::Underline,
    Style::Strikethrough,
    Style::Spoiler,
];

/// Sorts and repairs entities: bold and its like are merged, cut at the borders of links, code and quotes, and
/// removed inside code; code, links and mentions never overlap; quotes never nest.
pub(crate) fn normalise(entities: Vec<RawEntity>) -> Vec<RawEntity> {
    let (splittable, rest): (Vec<_>, Vec<_>) = entities
        .into_iter()
        .filter(|entity| entity.length > 0)
        .partition(|e| SPLITTABLE.contains(&e.style));
    let (quotes, solid): (Vec<_>, Vec<_>) = rest.into_iter().partition(is_quote);
    let quotes = without_overlaps(quotes);
    let mut solid = without_overlaps(solid);
    solid.retain(|entity| {
        quotes.iter().all(|quote| {
            let apart = entity.end() <= quote.offset || quote.end() <= entity.offset;
            let inside = quote.offset <= entity.offset && entity.end() <= quote.end();
            apart || inside
        })
    });
    let mut borders: Vec<RawEntity> = solid.into_iter().chain(quotes).collect();
    sort(&mut borders);
    let pieces = split(&splittable, &borders);
    let mut all: Vec<RawEntity> = borders.into_iter().chain(pieces).collect();
    sort(&mut all);
    all
}

fn is_quote(entity: &RawEntity) -> bool {
    matches!(
        entity.style,
        Style::Blockquote | Style::ExpandableBlockquote
    )
}

fn is_code(entity: &RawEntity) -> bool {
    matches!(entity.style, Style::Code(_) | Style::Pre(_))
}

/// Earlier and longer first; at the same place, quotes around the rest, and code innermost.
fn sort(entities: &mut [RawEntity]) {
    entities.sort_by_key(|entity| {
        let rank = match entity.style {
            Style::Blockquote | Style::ExpandableBlockquote => 0,
            Style::Code(_) | Style::Pre(_) => 20,
            Style::Bold => 11,
            Style::Italic => 12,
            Style::Underline => 13,
            Style::Strikethrough => 14,
            Style::Spoiler => 15,
            _ => 10,
        };
        (entity.offset, usize::MAX - entity.length, rank)
    });
}

fn without_overlaps(mut entities: Vec<RawEntity>) -> Vec<RawEntity> {
    sort(&mut entities);
    let mut end = 0;
    entities.retain(|entity| {
        let free = entity.offset >= end;
        if free {
            end = entity.end();
        }
        free
    });
    entities
}

/// Unites equal styles, then cuts them wherever a border entity begins or ends, and drops what lies in code.
fn split(splittable: &[RawEntity], borders: &[RawEntity]) -> Vec<RawEntity> {
    let mut pieces = Vec::new();
    for style in SPLITTABLE {
        let mut ranges: Vec<(usize, usize)> = splittable
            .iter()
            .filter(|e| e.style == style)
            .map(|e| (e.offset, e.end()))
            .collect();
        ranges.sort_unstable();
        let mut united: Vec<(usize, usize)> = Vec::new();
        for (begin, end) in ranges {
            match united.last_mut() {
                Some(last) if begin <= last.1 => last.1 = last.1.max(end),
                _ => united.push((begin, end)),
            }
        }
        for (begin, end) in united {
            let mut cuts: Vec<usize> = borders
                .iter()
                .flat_map(|border| [border.offset, border.end()])
                .filter(|cut| begin < *cut && *cut < end)
                .chain([begin, end])
                .collect();
            cuts.sort_unstable();
            cuts.dedup();
            for pair in cuts.windows(2) {
                let (from, to) = (pair[0], pair[1]);
                let in_code = borders
                    .iter()
                    .any(|b| is_code(b) && b.offset <= from && to <= b.end());
                if !in_code {
                    pieces.push(RawEntity {
                        style: style.clone(),
                        offset: from,
                        length: to - from,
                    });
                }
            }
        }
    }
    pieces
}
