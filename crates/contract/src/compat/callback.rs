//! The callback: keys sorted, no line end, the escapes of Go's encoder.

use std::fmt::Write as _;

use jiff::Timestamp;

use super::answer::string;
use super::{Dialect, Endpoint};
use crate::{Digest, RequestId, time};

/// How a request ended, in the dialect's terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending<'a> {
    /// Yes.
    Approved,
    /// No; a question was declined. With the person's words, when there are some.
    Denied {
        /// Why.
        reason: Option<&'a str>,
    },
    /// One of the options.
    Chosen {
        /// Its place among them, from 0.
        index: usize,
    },
    /// An answer in the person's own words.
    Custom {
        /// The words.
        text: &'a str,
        /// How they were given.
        mode: InputMode,
    },
    /// Nobody decided in time.
    Expired,
    /// It could not be decided, or was withdrawn.
    Failed {
        /// Why, in a sentence of ours.
        why: &'a str,
    },
}

/// How somebody gave an answer of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InputMode {
    /// Written.
    Text,
    /// Spoken.
    Voice,
}

/// Who decided, and over what: what an operator may have sent along.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Proof<'a> {
    /// The native identifier.
    pub request_id: RequestId,
    /// The names of those whose responses counted.
    pub approvers: &'a [&'a str],
    /// When it was decided.
    pub decided_at: Timestamp,
    /// What will be executed.
    pub intent_digest: Option<Digest>,
    /// What people saw.
    pub view_digest: Option<Digest>,
}

/// The body of the callback.
pub fn callback(dialect: &Dialect, ending: Ending<'_>, proof: &Proof<'_>) -> Vec<u8> {
    let mut out = String::with_capacity(256);
    member("correlation_id", &dialect.correlation_id, &mut out);
    match dialect.endpoint {
        Endpoint::Approve => {
            let (decision, reason) = decision(ending);
            member("decision", decision, &mut out);
            if dialect.metadata {
                metadata(proof, &mut out);
            }
            member("reason", reason, &mut out);
            if dialect.metadata {
                member("request_id", &proof.request_id.to_string(), &mut out);
            }
        }
        Endpoint::Execute => {
            let status = result(dialect, ending, &mut out);
            member("status", status, &mut out);
        }
    }
    member("tool", &dialect.tool, &mut out);
    out.push('}');
    out.into_bytes()
}

fn decision(ending: Ending<'_>) -> (&'static str, &str) {
    match ending {
        // A question's answers: an approval has none of them.
        Ending::Approved | Ending::Chosen { .. } | Ending::Custom { .. } => ("approve", "approved"),
        Ending::Denied { reason } => {
            let reason = reason.map(str::trim).filter(|reason| !reason.is_empty());
            ("deny", reason.unwrap_or("denied"))
        }
        Ending::Expired => ("error", "approval timeout"),
        Ending::Failed { why } => ("error", why),
    }
}

fn metadata(proof: &Proof<'_>, out: &mut String) {
    key("metadata", out);
    let mut inner = String::from("{\"approvers\":[");
    for (index, name) in proof.approvers.iter().enumerate() {
        if index > 0 {
            inner.push(',');
        }
        string(name, &mut inner);
    }
    inner.push(']');
    member("decided_at", &time::format(proof.decided_at), &mut inner);
    for (name, digest) in [
        ("intent_digest", proof.intent_digest),
        ("view_digest", proof.view_digest),
    ] {
        if let Some(digest) = digest {
            member(name, &digest.to_string(), &mut inner);
        }
    }
    inner.push('}');
    out.push_str(&inner);
}

/// Writes `result`; what `status` says beside it.
fn result(dialect: &Dialect, ending: Ending<'_>, out: &mut String) -> &'static str {
    let options = dialect.question.as_ref().map(|echo| &echo.options[..]);
    let why = match ending {
        Ending::Chosen { index } => {
            let chosen = options.and_then(|options| options.get(index));
            let chosen = chosen.map_or("", String::as_str);
            answer(dialect, Some(index), "button", chosen, out);
            return "success";
        }
        Ending::Custom { text, mode } => {
            let mode = match mode {
                InputMode::Text => "text",
                InputMode::Voice => "voice",
            };
            answer(dialect, None, mode, text, out);
            return "success";
        }
        Ending::Denied { .. } => "declined by the owner",
        Ending::Expired => "execution timeout",
        Ending::Failed { why } => why,
        // An approval's end: a question has none such.
        Ending::Approved => "approved",
    };
    member("result", why, out);
    "error"
}

fn answer(dialect: &Dialect, index: Option<usize>, mode: &str, selected: &str, out: &mut String) {
    key("result", out);
    let question = dialect.question.as_ref().map_or("", |echo| &echo.text);
    let custom = index.is_none();
    let _ = write!(out, "{{\"custom\":{custom}");
    member("input_mode", mode, out);
    member("question", question, out);
    key("selected_index", out);
    match index {
        Some(index) => out.push_str(&index.to_string()),
        None => out.push_str("null"),
    }
    member("selected_option", selected, out);
    out.push('}');
}

fn member(name: &str, text: &str, out: &mut String) {
    key(name, out);
    string(text, out);
}

/// A key, after whatever stands before it.
fn key(name: &str, out: &mut String) {
    out.push(if out.is_empty() { '{' } else { ',' });
    string(name, out);
    out.push(':');
}
