//! Targets of links, as the server accepts and rewrites them (`LinkManager` in `TDLib`).

use url::Url;

use super::Style;

/// A `tg://user?id=` mention or an HTTP link; anything else leaves the text without an entity.
pub(super) fn link_target(target: &str) -> Option<Style> {
    let lower = target.to_ascii_lowercase();
    if let Some(rest) = lower.strip_prefix("tg:") {
        let rest = rest.trim_start_matches('/');
        if let Some(id) = rest.strip_prefix("user?id=").and_then(|id| id.parse().ok()) {
            return Some(Style::TextMention(id));
        }
        return Some(Style::TextLink(format!(
            "tg://{}",
            &target[target.len() - rest.len()..]
        )));
    }
    let (scheme, rest) = match lower.find("://") {
        Some(end) => (&lower[..end], &target[end + 3..]),
        None => ("http", target),
    };
    let host_end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let host = rest[..host_end].to_lowercase();
    // The server wants a dot in the host: a link to localhost loses its entity.
    let sound = matches!(scheme, "http" | "https")
        && host.contains('.')
        && Url::parse(&format!("{scheme}://{host}")).is_ok();
    sound.then(|| {
        let path = rest[host_end..].replace(|c: char| u32::from(c) <= 32, "%20");
        let slash = if path.starts_with('/') { "" } else { "/" };
        Style::TextLink(format!("{scheme}://{host}{slash}{path}"))
    })
}
