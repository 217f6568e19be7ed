//! Voice notes on their way to becoming answers: whoever spoke before the deadline answered before it,
//! however long listening takes.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::inbound::{Actor, actor};
use super::{MAX_EVENT_ID_CHARS, MAX_NOTE_MS};
use crate::bodies::InvalidBody;
use crate::problem::FieldCode;
use crate::reader::{Object, Text, parse_object};
use crate::time::rfc3339;

/// The longest recording and the longest listening that are believed, in milliseconds: a day.
const MAX_SPEECH_MS: u64 = 86_400_000;

/// `POST /v1/adapter/notes`: how far a voice note has come.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NoteBody {
    /// The adapter's own id of the note. What is said of it again changes nothing.
    #[schema(min_length = 1, max_length = 200)]
    pub note: String,
    /// The handle that its words will be sent back with.
    #[schema(min_length = 1, max_length = 64)]
    pub handle: String,
    /// How far it has come.
    pub state: NoteState,
    /// For `received`: for how long after the deadline it may hold the end back. For `heard`: how
    /// long its words may wait to be confirmed, where they must be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 3_600_000)]
    pub within_ms: Option<u64>,
    /// For `heard`: who spoke.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<Actor>,
    /// For `heard`: how it was heard.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub speech: Option<NoteSpeech>,
}

/// How far a voice note has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum NoteState {
    /// It is there and nobody has listened to it yet.
    Received,
    /// It was listened to.
    Heard,
    /// It is done with: it holds nothing back any more.
    Settled,
}

/// How a voice note was heard: for the audit, which keeps neither sound nor words.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NoteSpeech {
    /// How long the note is.
    #[schema(maximum = 86_400_000)]
    pub audio_ms: u64,
    /// The language that was heard, or was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 40)]
    pub language: Option<String>,
    /// How sure it is of its words, from 0 to 1.
    #[schema(minimum = 0, maximum = 1)]
    pub mean_probability: f64,
    /// The model's name.
    #[schema(min_length = 1, max_length = 200)]
    pub model: String,
    /// The SHA-256 of the model's file, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 64)]
    pub model_digest: Option<String>,
    /// How long listening took.
    #[schema(maximum = 86_400_000)]
    pub took_ms: u64,
    /// When the note reached the adapter, by its clock.
    #[serde(with = "rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    pub received_at: Timestamp,
}

impl NoteBody {
    /// Reads the body.
    pub fn parse(body: &[u8]) -> Result<Self, InvalidBody> {
        const FIELDS: &[&str] = &["note", "handle", "state", "within_ms", "actor", "speech"];
        const STATES: &[(&str, NoteState)] = &[
            ("received", NoteState::Received),
            ("heard", NoteState::Heard),
            ("settled", NoteState::Settled),
        ];
        parse_object(body, FIELDS, |body| {
            let note = body.required_text("note", &Text::line(1..=MAX_EVENT_ID_CHARS));
            let handle = body.required_text("handle", &Text::line(1..=64));
            let state = body.required_word("state", STATES);
            if state == Some(NoteState::Received) && !body.has("within_ms") {
                let why = "a note that was received says for how long it may hold";
                body.refuse("within_ms", FieldCode::Required, why);
            }
            if state == Some(NoteState::Settled) {
                body.forbid("within_ms", "what is settled holds nothing");
            }
            let within_ms = body.integer("within_ms", 1..=MAX_NOTE_MS);
            let heard = state == Some(NoteState::Heard);
            let (who, how) = if heard {
                (actor(body), speech(body))
            } else {
                let why = "only what was heard has that";
                body.forbid("actor", why);
                body.forbid("speech", why);
                (None, None)
            };
            if heard && (who.is_none() || how.is_none()) {
                return None;
            }
            Some(Self {
                note: note?,
                handle: handle?,
                state: state?,
                within_ms,
                actor: who,
                speech: how,
            })
        })
    }
}

fn speech(body: &mut Object<'_>) -> Option<NoteSpeech> {
    const FIELDS: &[&str] = &[
        "audio_ms",
        "language",
        "mean_probability",
        "model",
        "model_digest",
        "took_ms",
        "received_at",
    ];
    let mut speech = body.required_object("speech", FIELDS)?;
    let audio_ms = speech.required_integer("audio_ms", 0..=MAX_SPEECH_MS);
    let language = speech.text("language", &Text::line(1..=40));
    if !speech.has("mean_probability") {
        let why = "this field is required";
        speech.refuse("mean_probability", FieldCode::Required, why);
    }
    let mean_probability = speech.number("mean_probability", 0.0..=1.0);
    let model = speech.required_text("model", &Text::line(1..=200));
    let model_digest = speech.text("model_digest", &Text::line(1..=64));
    let took_ms = speech.required_integer("took_ms", 0..=MAX_SPEECH_MS);
    let received_at = speech.required_time("received_at");
    Some(NoteSpeech {
        audio_ms: audio_ms?,
        language,
        mean_probability: mean_probability?,
        model: model?,
        model_digest,
        took_ms: took_ms?,
        received_at: received_at?,
    })
}
