//! What the endpoints answer at once, as Go's encoder writes it.

use std::fmt::Write as _;

use super::Endpoint;

/// The body that says that the request is durable.
pub fn queued(endpoint: Endpoint, correlation_id: &str) -> Vec<u8> {
    let pending = match endpoint {
        Endpoint::Approve => [("decision", "pending"), ("reason", "queued")],
        Endpoint::Execute => [("status", "pending"), ("result", "queued")],
    };
    line(pending, Some(correlation_id))
}

/// The body that says that one of this name is pending at this endpoint.
pub fn already_exists(endpoint: Endpoint, correlation_id: &str) -> Vec<u8> {
    let exists = match endpoint {
        Endpoint::Approve => "approval already exists",
        Endpoint::Execute => "execution already exists",
    };
    line(error(endpoint, exists), Some(correlation_id))
}

/// The body that says why there is no request.
pub fn refused(endpoint: Endpoint, why: &str) -> Vec<u8> {
    line(error(endpoint, why), None)
}

fn error(endpoint: Endpoint, why: &str) -> [(&'static str, &str); 2] {
    match endpoint {
        Endpoint::Approve => [("decision", "error"), ("reason", why)],
        Endpoint::Execute => [("status", "error"), ("result", why)],
    }
}

/// An object of texts, and the line end that Go's encoder writes after it.
fn line(members: [(&str, &str); 2], correlation_id: Option<&str>) -> Vec<u8> {
    let mut out = String::with_capacity(128);
    let id = correlation_id.map(|id| ("correlation_id", id));
    for (key, text) in members.into_iter().chain(id) {
        out.push(if out.is_empty() { '{' } else { ',' });
        string(key, &mut out);
        out.push(':');
        string(text, &mut out);
    }
    out.push_str("}\n");
    out.into_bytes()
}

/// Writes a string with the escapes that Go's encoder uses: those of JSON, `<`, `>` and `&`, and the
/// two line ends that JavaScript once stumbled over.
pub(super) fn string(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\0'..='\x1f' | '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}
