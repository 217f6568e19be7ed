//! `[speech]`, as it is written.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::secret::Secret;

/// Speech.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Speech {
    /// What hears: "whisper" is whisper.cpp on this machine, which no audio leaves; "http" is a
    /// server that you run.
    pub(crate) engine: SpeechEngine,
    /// For "whisper": the model's file, in ggml format. For "http": the name that the server has
    /// for its model.
    #[schemars(example = &"models/ggml-small.bin")]
    pub(crate) model: Option<String>,
    /// For "http": the address that takes recordings, as OpenAI's API does.
    #[schemars(example = &"http://127.0.0.1:8000/v1/audio/transcriptions")]
    pub(crate) url: Option<String>,
    /// For "http": what the server wants to see as a bearer token.
    #[schemars(example = &"replace-me")]
    pub(crate) api_key: Option<Secret>,
    /// A file with the same.
    #[schemars(example = &"/run/secrets/signoff_speech_api_key")]
    pub(crate) api_key_file: Option<PathBuf>,
    /// The language that people speak: "en", "ru", "zh", …; "auto" finds out, with a model that
    /// knows several.
    pub(crate) language: String,
    /// What people confirm before it counts: "always" answers and reasons, "answers" only those,
    /// "never" neither, as long as they were heard clearly.
    pub(crate) confirm: ConfirmMode,
    /// How sure the engine must be of what it heard, from 0 to 1, for it to be clear.
    #[schemars(range(min = 0, max = 1))]
    pub(crate) min_probability: f64,
    /// The longest recording, in seconds.
    #[schemars(range(min = 1, max = 3600))]
    pub(crate) max_seconds: u32,
    /// How long one transcription may take.
    #[schemars(range(min = 1, max = 3600))]
    pub(crate) timeout_seconds: u32,
    /// For "whisper": on how many threads one recording is transcribed.
    #[schemars(range(min = 1, max = 256))]
    pub(crate) threads: u32,
    /// How many recordings are transcribed at once; the others wait their turn.
    #[schemars(range(min = 1, max = 64))]
    pub(crate) parallel: u32,
    /// For "whisper": whether the model is loaded at the start, and not when the first recording
    /// comes.
    pub(crate) preload: bool,
}

impl Default for Speech {
    fn default() -> Self {
        Self {
            engine: SpeechEngine::Whisper,
            model: None,
            url: None,
            api_key: None,
            api_key_file: None,
            language: "auto".to_owned(),
            confirm: ConfirmMode::Answers,
            min_probability: 0.8,
            max_seconds: 300,
            timeout_seconds: 60,
            threads: 1,
            parallel: 1,
            preload: false,
        }
    }
}

/// What hears.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SpeechEngine {
    #[default]
    Whisper,
    Http,
}

/// What people confirm.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ConfirmMode {
    Always,
    #[default]
    Answers,
    Never,
}
