//! The parts of a text that are secret, and the text without them.

use std::ops::Range;

use url::Url;

use super::marker;

/// Masking can uncover what a longer match had covered; after so many rounds it has settled.
const MAX_ROUNDS: usize = 8;

/// Parts of one text, in bytes, in the order found. Empty ones do not allocate.
#[derive(Debug, Default)]
pub(super) struct Spans(Vec<Range<usize>>);

impl Spans {
    pub(super) fn add(&mut self, span: Range<usize>) {
        if !span.is_empty() {
            self.0.push(span);
        }
    }

    pub(super) fn add_if_some(&mut self, span: Option<Range<usize>>) {
        if let Some(span) = span {
            self.add(span);
        }
    }

    /// In order, without overlaps, and without what markers already cover.
    fn settled(mut self, text: &str) -> Vec<Range<usize>> {
        if self.0.is_empty() {
            return self.0;
        }
        self.0.sort_unstable_by_key(|span| (span.start, span.end));
        let mut merged: Vec<Range<usize>> = Vec::with_capacity(self.0.len());
        for span in self.0 {
            match merged.last_mut() {
                Some(last) if span.start <= last.end => last.end = last.end.max(span.end),
                _ => merged.push(span),
            }
        }
        let mut markers: Vec<Range<usize>> = marker::ranges(text).collect();
        markers.sort_unstable_by_key(|range| range.start);
        without(merged, &markers)
    }
}

/// What is left of `spans` outside of `markers`; both are in order and without overlaps.
fn without(spans: Vec<Range<usize>>, markers: &[Range<usize>]) -> Vec<Range<usize>> {
    if markers.is_empty() {
        return spans;
    }
    let mut left = Vec::with_capacity(spans.len());
    let mut first = 0;
    for mut span in spans {
        while markers
            .get(first)
            .is_some_and(|marker| marker.end <= span.start)
        {
            first += 1;
        }
        for marker in markers[first..]
            .iter()
            .take_while(|marker| marker.start < span.end)
        {
            if span.start < marker.start {
                left.push(span.start..marker.start);
            }
            span.start = marker.end;
        }
        if span.start < span.end {
            left.push(span);
        }
    }
    left
}

/// The text with what `find` finds in it hidden, until it finds no more; `None` when it finds
/// nothing at all.
pub(super) fn masked(text: &str, find: impl Fn(&str) -> Spans) -> Option<String> {
    let spans = find(text).settled(text);
    if spans.is_empty() {
        return None;
    }
    if spans.len() == 1 && spans[0] == (0..text.len()) {
        return Some(marker::whole(text.chars().count()));
    }
    let mut masked = replaced(text, &spans, marker::part);
    for _ in 1..MAX_ROUNDS {
        let spans = find(&masked).settled(&masked);
        if spans.is_empty() {
            break;
        }
        masked = replaced(&masked, &spans, marker::part);
    }
    Some(masked)
}

/// A URL with what `find` finds in it hidden, so that it still is a URL; `None` when it finds
/// nothing.
pub(super) fn masked_url(url: &Url, find: impl Fn(&str) -> Spans) -> Option<Url> {
    let mut url = url.clone();
    let mut changed = false;
    for _ in 0..MAX_ROUNDS {
        let spans = find(url.as_str()).settled(url.as_str());
        if spans.is_empty() {
            break;
        }
        changed = true;
        match Url::parse(&replaced(url.as_str(), &spans, marker::in_url)) {
            Ok(masked) => url = masked,
            Err(_) => return Some(bare(url)),
        }
    }
    changed.then_some(url)
}

/// Scheme and host alone: what is left to show when a secret stands where a URL cannot do
/// without it.
fn bare(mut url: Url) -> Url {
    let chars = url.as_str().chars().count();
    // These fail for URLs without a host only, which have no user info either.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.set_query(None);
    url.set_fragment(None);
    url.set_path(&marker::in_url(chars));
    url
}

fn replaced(text: &str, spans: &[Range<usize>], marker: impl Fn(usize) -> String) -> String {
    let mut masked = String::with_capacity(text.len() + 32 * spans.len());
    let mut from = 0;
    for span in spans {
        masked.push_str(&text[from..span.start]);
        masked.push_str(&marker(text[span.clone()].chars().count()));
        from = span.end;
    }
    masked.push_str(&text[from..]);
    masked
}
