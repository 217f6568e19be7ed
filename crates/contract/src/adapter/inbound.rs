//! What an adapter sends to Signoff. Each `parse` finds everything that is wrong with a body at
//! once; unknown fields are refused.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{MAX_DETAIL_CHARS, MAX_EVENT_ID_CHARS, MAX_PROMPT_REF_CHARS, MAX_USER_CHARS};
use crate::bodies::InvalidBody;
use crate::problem::FieldCode;
use crate::reader::{Object, Text, parse_object};
use crate::submission::MAX_TEXT_CHARS;
use crate::time::rfc3339;
use crate::{PromptId, Via};

/// `POST /v1/adapter/responses`: a person pressed a button, or wrote.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ResponseBody {
    /// The adapter's own id of what happened. A repetition gets the stored result.
    #[schema(min_length = 1, max_length = 200)]
    pub event_id: String,
    /// The prompt.
    #[schema(value_type = String)]
    pub prompt_id: PromptId,
    /// The handle of the button, or of `free_text`.
    #[schema(min_length = 1, max_length = 64)]
    pub handle: String,
    /// What was written or said, at most 4,000 characters.
    #[serde(default)]
    #[schema(max_length = 4000)]
    pub text: Option<String>,
    /// How: `button`, `text`, `voice` or `web`.
    pub via: Via,
    /// How sure the adapter's own transcription is, 0 to 1; with `voice` only. Signoff checks it
    /// and does not keep it: an adapter asks its person when it is not sure.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 1)]
    pub confidence: Option<f64>,
    /// Who, as the channel proves it.
    pub actor: Actor,
    /// When it happened, by the adapter's clock.
    #[serde(with = "rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    pub occurred_at: Timestamp,
    /// The voice note whose words these are, as `POST /v1/adapter/notes` named it; with `voice` only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 200)]
    pub note: Option<String>,
}

/// A person, as the channel proves it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Actor {
    /// The channel's own, unforgeable id of that person.
    #[schema(min_length = 1, max_length = 200)]
    pub user_id: String,
    /// What to call that person.
    #[schema(min_length = 1, max_length = 200)]
    pub display_name: String,
}

/// The ways of responding through an adapter.
const VIAS: &[(&str, Via)] = &[
    ("button", Via::Button),
    ("text", Via::Text),
    ("voice", Via::Voice),
    ("web", Via::Web),
];

impl ResponseBody {
    /// Reads the body.
    pub fn parse(body: &[u8]) -> Result<Self, InvalidBody> {
        const FIELDS: &[&str] = &[
            "event_id",
            "prompt_id",
            "handle",
            "text",
            "via",
            "confidence",
            "actor",
            "occurred_at",
            "note",
        ];
        parse_object(body, FIELDS, |body| {
            let event_id = event_id(body);
            let prompt_id = prompt_id(body);
            let handle = body.required_text("handle", &Text::line(1..=64));
            let text = body.text("text", &Text::lines(0..=MAX_TEXT_CHARS));
            let via = body.required_word("via", VIAS);
            let confidence = body.number("confidence", 0.0..=1.0);
            if confidence.is_some() && via.is_some_and(|via| via != Via::Voice) {
                let why = "only what was spoken has a confidence";
                body.refuse("confidence", FieldCode::NotAllowed, why);
            }
            let occurred_at = body.required_time("occurred_at");
            let note = body.text("note", &Text::line(1..=MAX_EVENT_ID_CHARS));
            if note.is_some() && via.is_some_and(|via| via != Via::Voice) {
                body.refuse(
                    "note",
                    FieldCode::NotAllowed,
                    "only what was spoken has a note",
                );
            }
            let actor = actor(body);
            Some(Self {
                event_id: event_id?,
                prompt_id: prompt_id?,
                handle: handle?,
                text,
                via: via?,
                confidence,
                actor: actor?,
                occurred_at: occurred_at?,
                note,
            })
        })
    }
}

/// `POST /v1/adapter/receipts`: what became of a prompt that was answered 202.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReceiptBody {
    /// The adapter's own id of what happened.
    #[schema(min_length = 1, max_length = 200)]
    pub event_id: String,
    /// The prompt.
    #[schema(value_type = String)]
    pub prompt_id: PromptId,
    /// The revision that it is about.
    #[schema(minimum = 1)]
    pub revision: u64,
    /// What became of it.
    pub state: ReceiptState,
    /// For `failed`: whether trying again may help.
    #[serde(default)]
    pub retryable: bool,
    /// For `shown`: where it stands, when the 202 could not say so yet.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 500)]
    pub prompt_ref: Option<String>,
    /// For `failed`: why, for people, at most 500 characters.
    #[serde(default)]
    #[schema(max_length = 500)]
    pub detail: Option<String>,
}

/// What became of a prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReceiptState {
    /// People can see it.
    Shown,
    /// They cannot.
    Failed,
}

impl ReceiptBody {
    /// Reads the body.
    pub fn parse(body: &[u8]) -> Result<Self, InvalidBody> {
        const FIELDS: &[&str] = &[
            "event_id",
            "prompt_id",
            "revision",
            "state",
            "retryable",
            "prompt_ref",
            "detail",
        ];
        const STATES: &[(&str, ReceiptState)] = &[
            ("shown", ReceiptState::Shown),
            ("failed", ReceiptState::Failed),
        ];
        parse_object(body, FIELDS, |body| {
            let event_id = event_id(body);
            let prompt_id = prompt_id(body);
            let revision = body.required_integer("revision", 1..=u64::MAX);
            let state = body.required_word("state", STATES);
            match state {
                Some(ReceiptState::Shown) => {
                    body.forbid("retryable", "only a failure can be tried again");
                    body.forbid("detail", "only a failure has a detail");
                }
                Some(ReceiptState::Failed) => {
                    body.forbid("prompt_ref", "what failed stands nowhere");
                    if !body.has("retryable") {
                        let why = "a failure says whether trying again may help";
                        body.refuse("retryable", FieldCode::Required, why);
                    }
                }
                None => {}
            }
            let retryable = body.boolean("retryable");
            let prompt_ref = body.text("prompt_ref", &Text::line(1..=MAX_PROMPT_REF_CHARS));
            let detail = body.text("detail", &Text::lines(0..=MAX_DETAIL_CHARS));
            Some(Self {
                event_id: event_id?,
                prompt_id: prompt_id?,
                revision: revision?,
                state: state?,
                retryable: retryable.unwrap_or_default(),
                prompt_ref,
                detail,
            })
        })
    }
}

/// `POST /v1/adapter/pairings`: a person redeems the token of an invitation.
// Not `Debug`: the token would be printed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PairingBody {
    /// The token; it works once.
    #[schema(min_length = 1, max_length = 200)]
    pub token: String,
    /// The channel's own, unforgeable id of that person.
    #[schema(min_length = 1, max_length = 200)]
    pub user_id: String,
    /// What to call that person.
    #[schema(min_length = 1, max_length = 200)]
    pub display_name: String,
}

impl PairingBody {
    /// Reads the body.
    pub fn parse(body: &[u8]) -> Result<Self, InvalidBody> {
        parse_object(body, &["token", "user_id", "display_name"], |body| {
            let token = body.required_text("token", &Text::line(1..=200));
            let (user_id, display_name) = person(body);
            Some(Self {
                token: token?,
                user_id: user_id?,
                display_name: display_name?,
            })
        })
    }
}

fn event_id(body: &mut Object<'_>) -> Option<String> {
    body.required_text("event_id", &Text::line(1..=MAX_EVENT_ID_CHARS))
}

fn prompt_id(body: &mut Object<'_>) -> Option<PromptId> {
    const NAME: &str = "prompt_id";
    let text = body.required_text(NAME, &Text::line(1..=40))?;
    let id = text.parse().ok();
    if id.is_none() {
        let why = "must be prm_ and a ULID, as it came with the prompt";
        body.refuse(NAME, FieldCode::InvalidFormat, why);
    }
    id
}

pub(super) fn actor(body: &mut Object<'_>) -> Option<Actor> {
    let mut actor = body.required_object("actor", &["user_id", "display_name"])?;
    let (user_id, display_name) = person(&mut actor);
    Some(Actor {
        user_id: user_id?,
        display_name: display_name?,
    })
}

fn person(body: &mut Object<'_>) -> (Option<String>, Option<String>) {
    let rule = Text::line(1..=MAX_USER_CHARS);
    (
        body.required_text("user_id", &rule),
        body.required_text("display_name", &rule),
    )
}
