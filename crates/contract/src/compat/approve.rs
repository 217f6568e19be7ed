//! `POST /approve`: the checks in their order, and the approval as the native contract has it.

use std::fmt::Write as _;

use serde_json::{Map, Value};
use url::Url;

use super::golang::{Json, body, fields};
use super::{
    Asked, Defaults, Refusal, Waiting, What, check_callback, check_markup, headline, is_blank,
};
use crate::{Action, Link, Submission};

/// The keys of the body.
const FIELDS: &[&str] = &[
    "correlation_id",
    "tool",
    "arguments",
    "justification",
    "approval_request",
    "risk_assessment",
    "links_to_code",
    "lang",
    "markup",
    "timeout_sec",
    "callback",
];

/// How many links are looked at and shown; the others are dropped.
const LINKS: usize = 5;

/// What is special to an approval.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::struct_field_names, reason = "the fields' names on the wire")]
pub(super) struct Approval {
    arguments: Map<String, Value>,
    justification: String,
    approval_request: String,
    risk_assessment: String,
    links: Vec<CodeLink>,
}

#[derive(Debug, Clone, Default, PartialEq)]
struct CodeLink {
    text: String,
    url: String,
}

/// The body, field by field, before any check.
#[derive(Default)]
struct Body {
    correlation_id: String,
    tool: String,
    arguments: Map<String, Value>,
    justification: String,
    approval_request: String,
    risk_assessment: String,
    links_to_code: Vec<CodeLink>,
    lang: String,
    markup: String,
    timeout_sec: i64,
    callback: Option<String>,
}

pub(super) fn read(bytes: &[u8], defaults: &Defaults) -> Result<Asked, Refusal> {
    let body = Body::read(bytes)?;
    if is_blank(&body.correlation_id) {
        return Err(Refusal::new("correlation_id is required"));
    }
    if is_blank(&body.tool) {
        return Err(Refusal::new("tool is required"));
    }
    let texts = [
        ("justification", &body.justification),
        ("approval_request", &body.approval_request),
        ("risk_assessment", &body.risk_assessment),
    ];
    for (name, text) in texts {
        if is_blank(text) {
            return Err(Refusal::new(format!("{name} is required")));
        }
        if !(10..=500).contains(&text.trim().chars().count()) {
            return Err(Refusal::new(format!("{name} must be 10-500 characters")));
        }
    }
    let mut links = body.links_to_code;
    links.truncate(LINKS);
    if links
        .iter()
        .any(|link| is_blank(&link.text) || is_blank(&link.url))
    {
        return Err(Refusal::new(
            "links_to_code items must include text and url",
        ));
    }
    check_markup(&body.markup)?;
    let missing = "callback.url is required for async approval";
    let callback = check_callback(body.callback.as_deref(), missing)?;
    let Waiting {
        language,
        timeout_seconds,
    } = Waiting::of(&body.lang, body.timeout_sec, defaults);
    Ok(Asked {
        correlation_id: body.correlation_id,
        tool: body.tool,
        language,
        timeout_seconds,
        callback,
        metadata: defaults.metadata,
        timeout_message: defaults.timeout_message.clone(),
        what: What::Approval(Approval {
            arguments: body.arguments,
            justification: body.justification,
            approval_request: body.approval_request,
            risk_assessment: body.risk_assessment,
            links,
        }),
    })
}

impl Body {
    fn read(bytes: &[u8]) -> Result<Self, Refusal> {
        let mut read = Self::default();
        fields(body(bytes)?, FIELDS, |name, value| match name {
            "correlation_id" => value.into_text(&mut read.correlation_id),
            "tool" => value.into_text(&mut read.tool),
            "arguments" => value.into_map(&mut read.arguments),
            "justification" => value.into_text(&mut read.justification),
            "approval_request" => value.into_text(&mut read.approval_request),
            "risk_assessment" => value.into_text(&mut read.risk_assessment),
            "links_to_code" => {
                let elements = value.into_elements()?.into_iter();
                read.links_to_code = elements.map(link).collect::<Result<_, _>>()?;
                Ok(())
            }
            "lang" => value.into_text(&mut read.lang),
            "markup" => value.into_text(&mut read.markup),
            "timeout_sec" => value.into_int(&mut read.timeout_sec),
            _ => callback(value, &mut read.callback),
        })?;
        Ok(read)
    }
}

fn link(element: Json) -> Result<CodeLink, Refusal> {
    let mut link = CodeLink::default();
    let members = element.into_members()?.unwrap_or_default();
    fields(members, &["text", "url"], |name, value| match name {
        "text" => value.into_text(&mut link.text),
        _ => value.into_text(&mut link.url),
    })?;
    Ok(link)
}

/// The callback's URL; an object without one has an empty one, `null` takes it away.
pub(super) fn callback(value: Json, field: &mut Option<String>) -> Result<(), Refusal> {
    let Some(members) = value.into_members()? else {
        *field = None;
        return Ok(());
    };
    let url = field.get_or_insert_default();
    fields(members, &["url"], |_, value| value.into_text(url))
}

impl Approval {
    pub(super) fn put_into(self, submission: &mut Submission, tool: &str) {
        let (title, whole) = headline(&self.approval_request);
        let mut context = whole.unwrap_or_default();
        for CodeLink { text, url } in self.links {
            match Url::parse(url.trim()) {
                Ok(url) if matches!(url.scheme(), "http" | "https") => {
                    submission.links.push(Link { label: text, url });
                }
                // What cannot be linked is shown all the same.
                _ => {
                    if !context.is_empty() {
                        context.push('\n');
                    }
                    let _ = write!(context, "{text}: {url}");
                }
            }
        }
        submission.title = title;
        submission.context = Some(context).filter(|context| !context.is_empty());
        submission.justification = Some(self.justification);
        submission.risk_assessment = Some(self.risk_assessment);
        submission.action = Some(Action {
            tool: tool.to_owned(),
            arguments: self.arguments,
        });
    }
}
