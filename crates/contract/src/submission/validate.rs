//! From a body to a [`Submission`], or to everything that is wrong with it.
//!
//! Decisions beyond the contract's table: null means absent; a title, label or name has one line
//! and is not blank (see `reader::text` for what no text may hold); a link names no user, because
//! `https://bank.example@evil.example/` is read as the former; any well-formed language tag is
//! taken, whoever renders falls back where it is not spoken.

use url::Url;

use super::{
    Action, CallbackTarget, Kind, LINK_LABEL_CHARS, Link, MAX_ARGUMENTS_BYTES, MAX_LANGUAGE_CHARS,
    MAX_LINKS, MAX_OPTION_DESCRIPTION_CHARS, MAX_REQUESTER_CHARS, MAX_TEXT_CHARS, MAX_URL_CHARS,
    OPTION_ID_CHARS, OPTION_LABEL_CHARS, OPTIONS, QuestionOption, ROUTE_CHARS, Requester, Risk,
    Submission, TITLE_CHARS, TOOL_CHARS, TTL_SECONDS,
};
use crate::CorrelationId;
use crate::json::{self, ReadError};
use crate::pointer::Path;
use crate::problem::FieldCode;
use crate::reader::{Faults, Object, Text, finish, read_body};

/// Everything that is wrong with a submitted body.
pub type InvalidSubmission = ReadError;

/// A valid submission, and its body for comparison with a later one.
#[derive(Debug, Clone, PartialEq)]
pub struct ParsedSubmission {
    /// What was submitted, defaults filled in.
    pub submission: Submission,
    /// The RFC 8785 form of the body as sent, before defaults: two submits with the same
    /// correlation id are the same submit exactly when these bytes are equal.
    pub canonical_body: Vec<u8>,
}

const FIELDS: &[&str] = &[
    "correlation_id",
    "kind",
    "title",
    "context",
    "justification",
    "risk_assessment",
    "risk",
    "action",
    "options",
    "allow_custom",
    "requester",
    "links",
    "route",
    "language",
    "ttl_seconds",
    "callback",
];

const KINDS: &[(&str, Kind)] = &[("approval", Kind::Approval), ("question", Kind::Question)];

const RISKS: &[(&str, Risk)] = &[
    ("low", Risk::Low),
    ("medium", Risk::Medium),
    ("high", Risk::High),
    ("critical", Risk::Critical),
];

/// Reads the body of `POST /v1/requests`.
///
/// # Errors
/// Everything that is wrong with it, at once; only for text that is no JSON, and for a body that
/// is too long, the first.
pub fn parse(body: &[u8]) -> Result<ParsedSubmission, InvalidSubmission> {
    let faults = Faults::default();
    let value = read_body(body, &faults)?;
    let canonical_body = json::canonical(&value);
    let submission = Object::open(value, Path::ROOT, FIELDS, &faults)
        .and_then(|mut root| submission(&mut root, canonical_body.len()));
    finish(submission, faults).map(|submission| ParsedSubmission {
        submission,
        canonical_body,
    })
}

/// Every field is read before the first missing one gives up, so that all faults are found.
fn submission(root: &mut Object<'_>, canonical_bytes: usize) -> Option<Submission> {
    let several_lines = Text::lines(0..=MAX_TEXT_CHARS);
    let correlation_id = correlation_id(root);
    let kind = root.required_word("kind", KINDS);
    let title = root.required_text("title", &Text::line(TITLE_CHARS));
    let context = root.text("context", &several_lines);
    let justification = root.text("justification", &several_lines);
    let risk_assessment = root.text("risk_assessment", &several_lines);
    let risk = root.word("risk", RISKS).unwrap_or_default();
    let action = action(root, kind, canonical_bytes);
    let options = options(root, kind);
    let allow_custom = allow_custom(root, kind);
    let requester = requester(root);
    let links = links(root);
    let route = root.text("route", &Text::line(ROUTE_CHARS));
    let language = language(root);
    let ttl_seconds = root.integer("ttl_seconds", TTL_SECONDS);
    let callback = callback(root);
    Some(Submission {
        correlation_id: correlation_id?,
        kind: kind?,
        title: title?,
        context,
        justification,
        risk_assessment,
        risk,
        action,
        options,
        allow_custom,
        requester,
        links,
        route,
        language,
        ttl_seconds,
        callback,
    })
}

fn correlation_id(root: &mut Object<'_>) -> Option<CorrelationId> {
    const NAME: &str = "correlation_id";
    let text = root.required_text(NAME, &Text::line(1..=CorrelationId::MAX_CHARS))?;
    let id = text.parse().ok();
    if id.is_none() {
        let detail = "only A-Z a-z 0-9 . _ : @ + = - are allowed, and neither . nor .. alone";
        root.refuse(NAME, FieldCode::InvalidFormat, detail);
    }
    id
}

fn action(root: &mut Object<'_>, kind: Option<Kind>, canonical_bytes: usize) -> Option<Action> {
    const FIELDS: &[&str] = &["tool", "arguments"];
    let action = match kind {
        Some(Kind::Approval) => root.required_object("action", FIELDS),
        Some(Kind::Question) | None => root.object("action", FIELDS),
    };
    let mut action = action?;
    let tool = action.required_text("tool", &Text::line(TOOL_CHARS));
    let arguments = action.required_map("arguments")?;
    // The arguments are a part of the body: measured only where the body leaves room for doubt.
    if canonical_bytes > MAX_ARGUMENTS_BYTES {
        let mut form = Vec::with_capacity(canonical_bytes);
        json::write_object(&arguments, &mut form);
        if form.len() > MAX_ARGUMENTS_BYTES {
            let detail = format!(
                "at most {MAX_ARGUMENTS_BYTES} bytes in canonical form; this has {}",
                form.len()
            );
            action.refuse("arguments", FieldCode::TooLarge, detail);
        }
    }
    Some(Action {
        tool: tool?,
        arguments,
    })
}

fn options(root: &mut Object<'_>, kind: Option<Kind>) -> Vec<QuestionOption> {
    const NAME: &str = "options";
    if kind == Some(Kind::Approval) {
        root.forbid(NAME, "only a question has options");
        return Vec::new();
    }
    if kind == Some(Kind::Question) && !root.has(NAME) {
        root.refuse(NAME, FieldCode::Required, "a question needs 2 to 5 options");
        return Vec::new();
    }
    let mut seen = Vec::new();
    let read = |item: &mut Object<'_>| {
        let id = option_id(item);
        if let Some(id) = &id {
            if seen.contains(id) {
                item.refuse("id", FieldCode::Duplicate, "another option has this id");
            } else {
                seen.push(id.clone());
            }
        }
        let label = item.required_text("label", &Text::line(OPTION_LABEL_CHARS));
        let description = item.text(
            "description",
            &Text::lines(0..=MAX_OPTION_DESCRIPTION_CHARS),
        );
        Some(QuestionOption {
            id: id?,
            label: label?,
            description,
        })
    };
    root.objects(NAME, OPTIONS, &["id", "label", "description"], read)
        .unwrap_or_default()
}

fn option_id(item: &mut Object<'_>) -> Option<String> {
    let id = item.required_text("id", &Text::line(OPTION_ID_CHARS))?;
    if id
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
    {
        return Some(id);
    }
    item.refuse(
        "id",
        FieldCode::InvalidFormat,
        "only A-Z a-z 0-9 . _ - are allowed",
    );
    None
}

fn allow_custom(root: &mut Object<'_>, kind: Option<Kind>) -> bool {
    const NAME: &str = "allow_custom";
    if kind == Some(Kind::Approval) {
        root.forbid(NAME, "only a question takes custom answers");
        return false;
    }
    root.boolean(NAME).unwrap_or(true)
}

fn requester(root: &mut Object<'_>) -> Option<Requester> {
    let text = Text::line(0..=MAX_REQUESTER_CHARS);
    let mut from = root.object(
        "requester",
        &["agent", "run_id", "run_label", "runtime_mode"],
    )?;
    Some(Requester {
        agent: from.text("agent", &text),
        run_id: from.text("run_id", &text),
        run_label: from.text("run_label", &text),
        runtime_mode: from.text("runtime_mode", &text),
    })
}

fn links(root: &mut Object<'_>) -> Vec<Link> {
    let read = |item: &mut Object<'_>| {
        let label = item.required_text("label", &Text::line(LINK_LABEL_CHARS));
        let url = http_url(item);
        Some(Link {
            label: label?,
            url: url?,
        })
    };
    root.objects("links", 0..=MAX_LINKS, &["label", "url"], read)
        .unwrap_or_default()
}

fn callback(root: &mut Object<'_>) -> Option<CallbackTarget> {
    let mut target = root.object("callback", &["url"])?;
    let url = http_url(&mut target)?;
    if url.fragment().is_some() {
        target.refuse(
            "url",
            FieldCode::InvalidFormat,
            "a callback URL has no #fragment",
        );
        return None;
    }
    Some(CallbackTarget { url })
}

/// The field `url`: absolute, `http` or `https`, with a host and without user info.
fn http_url(from: &mut Object<'_>) -> Option<Url> {
    const NAME: &str = "url";
    let text = from.required_text(NAME, &Text::line(1..=MAX_URL_CHARS))?;
    match checked_url(&text) {
        Ok(url) => Some(url),
        Err(detail) => {
            from.refuse(NAME, FieldCode::InvalidFormat, detail);
            None
        }
    }
}

/// Stricter than the URL standard's parser, which repairs what it reads (`http:host`, `http:\\host`,
/// inner spaces): what people and allow-lists see must be what is fetched.
fn checked_url(text: &str) -> Result<Url, &'static str> {
    let scheme = text.split_once("://").map(|(scheme, _)| scheme);
    if !scheme.is_some_and(|s| s.eq_ignore_ascii_case("http") || s.eq_ignore_ascii_case("https")) {
        return Err("must start with http:// or https://");
    }
    if text.contains(|c: char| c.is_whitespace() || c == '\\') {
        return Err("must not contain white space or a backslash");
    }
    let url = Url::parse(text).map_err(|_| "must be an absolute URL")?;
    // The standard ignores further slashes before the host.
    let authority = text.split_once("://").map_or("", |(_, rest)| rest);
    if url.host_str().is_none_or(str::is_empty) || authority.starts_with('/') {
        return Err("must name a host");
    }
    let authority = authority.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.contains('@') {
        return Err("must not carry a user name or a password");
    }
    Ok(url)
}

fn language(root: &mut Object<'_>) -> Option<String> {
    const NAME: &str = "language";
    let tag = root.text(NAME, &Text::line(1..=MAX_LANGUAGE_CHARS))?;
    let mut parts = tag.split('-');
    let primary = parts.next().unwrap_or_default();
    let well_formed = (2..=8).contains(&primary.len())
        && primary.bytes().all(|b| b.is_ascii_alphabetic())
        && parts
            .all(|p| (1..=8).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_alphanumeric()));
    if !well_formed {
        let detail = "must be a BCP 47 language tag, such as en, ru or zh-Hans";
        root.refuse(NAME, FieldCode::InvalidFormat, detail);
        return None;
    }
    Some(tag)
}
