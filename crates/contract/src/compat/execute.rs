//! `POST /execute`: the checks in their order, and the question as the native contract has it.

use serde_json::{Map, Value};

use super::approve::callback;
use super::golang::{Json, body, fields};
use super::{
    Asked, Defaults, Echo, Refusal, Waiting, What, check_callback, check_markup, headline, is_blank,
};
use crate::{Kind, QuestionOption, Submission};

/// The keys of the body.
const FIELDS: &[&str] = &[
    "correlation_id",
    "tool",
    "arguments",
    "spec",
    "lang",
    "markup",
    "timeout_sec",
    "callback",
];

/// The keys of `tool`.
const TOOL_FIELDS: &[&str] = &[
    "name",
    "title",
    "description",
    "input_schema",
    "output_schema",
    "metadata",
    "tags",
];

/// How many options a message has buttons for, whatever a caller allows: Telegram takes a hundred
/// buttons, and some are ours.
const MOST_OPTIONS: i64 = 90;

/// What is special to a question.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Question {
    text: String,
    context: Option<String>,
    options: Vec<String>,
    allow_custom: bool,
}

/// The body, field by field, before any check.
#[derive(Default)]
struct Body {
    correlation_id: String,
    tool: String,
    arguments: Map<String, Value>,
    spec: Map<String, Value>,
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
        return Err(Refusal::new("tool.name is required"));
    }
    check_markup(&body.markup)?;
    let missing = "callback.url is required for async execution";
    let callback = check_callback(body.callback.as_deref(), missing);
    // A URL that is there and cannot be used is our rule, and comes after all of theirs.
    if let Err(refusal) = &callback
        && refusal.0 == missing
    {
        return Err(refusal.clone());
    }
    let question = question(&body.arguments, &body.spec)?;
    let Waiting {
        language,
        timeout_seconds,
    } = Waiting::of(&body.lang, body.timeout_sec, defaults);
    Ok(Asked {
        correlation_id: body.correlation_id,
        tool: body.tool,
        language,
        timeout_seconds,
        callback: callback?,
        metadata: defaults.metadata,
        timeout_message: defaults.timeout_message.clone(),
        what: What::Question(question),
    })
}

impl Body {
    fn read(bytes: &[u8]) -> Result<Self, Refusal> {
        let mut read = Self::default();
        fields(body(bytes)?, FIELDS, |name, value| match name {
            "correlation_id" => value.into_text(&mut read.correlation_id),
            "tool" => tool(value, &mut read.tool),
            "arguments" => value.into_map(&mut read.arguments),
            "spec" => value.into_map(&mut read.spec),
            "lang" => value.into_text(&mut read.lang),
            "markup" => value.into_text(&mut read.markup),
            "timeout_sec" => value.into_int(&mut read.timeout_sec),
            _ => callback(value, &mut read.callback),
        })?;
        Ok(read)
    }
}

/// The tool's name. Its other fields are looked at for their types alone.
fn tool(value: Json, tool: &mut String) -> Result<(), Refusal> {
    let members = value.into_members()?.unwrap_or_default();
    fields(members, TOOL_FIELDS, |field, value| match field {
        "name" => value.into_text(tool),
        "title" | "description" => value.into_text(&mut String::new()),
        "tags" => {
            let mut tags = value.into_elements()?.into_iter();
            tags.try_for_each(|tag| tag.into_text(&mut String::new()))
        }
        _ => value.into_members().map(drop),
    })
}

/// What the arguments ask, and what the tool's specification allows. Their keys are data, and so
/// are found as they are written.
fn question(
    arguments: &Map<String, Value>,
    spec: &Map<String, Value>,
) -> Result<Question, Refusal> {
    let text = |name: &str| {
        let text = arguments.get(name).and_then(Value::as_str).map(str::trim);
        text.filter(|text| !text.is_empty()).map(str::to_owned)
    };
    let Some(question) = text("question") else {
        return Err(Refusal::new("question is required"));
    };
    if !(10..=1_000).contains(&question.chars().count()) {
        return Err(Refusal::new("question must be 10-1000 characters"));
    }
    let context = text("context");
    if context
        .as_ref()
        .is_some_and(|context| context.chars().count() > 2_000)
    {
        return Err(Refusal::new("context must be <= 2000 characters"));
    }
    let options = options(arguments, spec)?;
    let says_no = |of: &Map<String, Value>, key: &str| of.get(key) == Some(&Value::Bool(false));
    Ok(Question {
        text: question,
        context,
        options,
        allow_custom: !says_no(spec, "allow_custom_option") && !says_no(arguments, "allow_custom"),
    })
}

fn options(
    arguments: &Map<String, Value>,
    spec: &Map<String, Value>,
) -> Result<Vec<String>, Refusal> {
    let (least, most) = bounds(spec);
    let items = match arguments.get("options") {
        None | Some(Value::Null) => return Err(Refusal::new("options is required")),
        Some(Value::Array(items)) => items,
        Some(_) => return Err(Refusal::new("options must be array")),
    };
    if !i64::try_from(items.len()).is_ok_and(|count| (least..=most).contains(&count)) {
        let rule = format!("options count must be {least}-{most}");
        return Err(Refusal::new(rule));
    }
    let mut options = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        let Value::String(text) = item else {
            return Err(Refusal::new(format!("options[{index}] must be string")));
        };
        let text = text.trim();
        if text.is_empty() {
            return Err(Refusal::new(format!("options[{index}] is empty")));
        }
        if text.chars().count() > 300 {
            let rule = format!("options[{index}] must be <= 300 characters");
            return Err(Refusal::new(rule));
        }
        options.push(text.to_owned());
    }
    Ok(options)
}

/// The fewest and the most options that the specification allows.
fn bounds(spec: &Map<String, Value>) -> (i64, i64) {
    let number = |key: &str| {
        let number = spec.get(key)?;
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a number with a fraction counts without it, and a vast one is as good as any"
        )]
        number
            .as_i64()
            .or_else(|| number.as_f64().map(|number| number as i64))
    };
    let least = number("options_min")
        .filter(|least| *least > 0)
        .unwrap_or(2);
    let most = number("options_max")
        .filter(|most| *most >= least)
        .unwrap_or(5);
    (least, most.min(MOST_OPTIONS))
}

impl Question {
    pub(super) fn put_into(self, submission: &mut Submission, tool: &str) -> Echo {
        let (title, whole) = headline(&self.text);
        let parts: Vec<String> = whole.into_iter().chain(self.context).collect();
        submission.kind = Kind::Question;
        submission.title = title;
        submission.context = Some(parts.join("\n\n")).filter(|context| !context.is_empty());
        let options = self.options.iter().enumerate();
        submission.options = options
            .map(|(index, label)| QuestionOption {
                id: index.to_string(),
                label: label.clone(),
                description: None,
            })
            .collect();
        submission.allow_custom = self.allow_custom;
        if let Some(requester) = &mut submission.requester {
            requester.agent = Some(tool.to_owned());
        }
        Echo {
            text: self.text,
            options: self.options,
        }
    }
}
