//! `[speech]`: what hears, and what it takes.

use std::path::{Path, PathBuf};
use std::time::Duration;

use signoff_engine::{Confirm, SpeechRules};
use url::Url;

use super::Rules;
use super::server::url;
use super::telegram::is_loopback;
use crate::config::settings::{Hears, Speech};
use crate::config::types::{self, ConfirmMode, SpeechEngine};

const MODEL: &str = "speech.model";
const URL: &str = "speech.url";
const KEY: &str = "speech.api_key";

/// What hears with this model when nothing else was decided.
pub(crate) fn speech_of(model: PathBuf) -> Speech {
    let defaults = types::Speech::default();
    let hears = Hears::Whisper {
        model,
        threads: defaults.threads,
        preload: defaults.preload,
    };
    settings(&defaults, None, hears)
}

/// What hears; `None` when nothing was set up, or not rightly.
pub(super) fn speech(rules: &mut Rules<'_>, speech: Option<&types::Speech>) -> Option<Speech> {
    let speech = speech?;
    let language = language(rules, &speech.language);
    let hears = match speech.engine {
        SpeechEngine::Whisper => whisper(rules, speech),
        SpeechEngine::Http => http(rules, speech),
    };
    let hears = hears?;
    if cfg!(not(feature = "whisper")) {
        let rule = "voice is not built in";
        rules.doubt("speech", rule, "build Signoff with its feature \"whisper\"");
    }
    Some(settings(speech, language, hears))
}

fn settings(speech: &types::Speech, language: Option<String>, hears: Hears) -> Speech {
    #[expect(clippy::cast_possible_truncation, reason = "from 0 to 1")]
    let min_probability = speech.min_probability as f32;
    Speech {
        rules: SpeechRules {
            max_seconds: speech.max_seconds,
            max_bytes: SpeechRules::MAX_BYTES,
            timeout: Duration::from_secs(speech.timeout_seconds.into()),
            confirm: match speech.confirm {
                ConfirmMode::Always => Confirm::Always,
                ConfirmMode::Answers => Confirm::Answers,
                ConfirmMode::Never => Confirm::Never,
            },
            min_probability,
        },
        language,
        parallel: usize::try_from(speech.parallel).unwrap_or(1),
        hears,
    }
}

/// The language, when it is one; `None` finds out.
fn language(rules: &mut Rules<'_>, language: &str) -> Option<String> {
    let lower = |letter: u8| letter.is_ascii_lowercase();
    match language {
        "auto" => None,
        code if (2..=3).contains(&code.len()) && code.bytes().all(lower) => Some(code.to_owned()),
        other => {
            let rule = format!("{other:?} is no language");
            let remedy = "two letters such as \"en\", \"ru\" or \"zh\", or \"auto\"";
            rules.wrong("speech.language", rule, remedy);
            None
        }
    }
}

fn whisper(rules: &mut Rules<'_>, speech: &types::Speech) -> Option<Hears> {
    let server = [
        (URL, speech.url.is_some()),
        (KEY, speech.api_key.is_some()),
        ("speech.api_key_file", speech.api_key_file.is_some()),
    ];
    for (key, _) in server.iter().filter(|(_, given)| *given) {
        let rule = "is for a server, and the engine is \"whisper\"";
        rules.doubt(key, rule, "remove it, or set speech.engine to \"http\"");
    }
    let Some(model) = speech.model.as_deref().map(PathBuf::from) else {
        let rule = "is missing: a voice note is answered with \"please type\"";
        let remedy = "name the model's file; docs/voice.md says where to get one";
        rules.doubt(MODEL, rule, remedy);
        return None;
    };
    if !model.is_file() {
        let rule = format!("there is no file {}", model.display());
        let remedy = "voice notes are answered with an apology until it is there; docs/voice.md \
                      says where to get a model";
        rules.doubt(MODEL, rule, remedy);
    }
    Some(Hears::Whisper {
        model,
        threads: speech.threads,
        preload: speech.preload,
    })
}

fn http(rules: &mut Rules<'_>, speech: &types::Speech) -> Option<Hears> {
    let inline = speech.api_key.as_ref();
    let key = rules.secret(KEY, inline, speech.api_key_file.as_deref());
    if key.as_ref().is_some_and(|key| !fits_a_header(key.expose())) {
        let rule = "has characters that no bearer token has";
        rules.wrong(
            KEY,
            rule,
            "copy the whole key, without quotation marks and line breaks",
        );
        return None;
    }
    if speech.preload {
        let rule = "is for \"whisper\", and the engine is \"http\"";
        rules.wrong("speech.preload", rule, "remove it");
    }
    if speech
        .model
        .as_deref()
        .is_some_and(|model| Path::new(model).is_file())
    {
        let rule = "is a file, and the server wants its own name of a model";
        rules.doubt(MODEL, rule, "the server's manual says which names it knows");
    }
    let Some(text) = &speech.url else {
        let rule = "is missing, and the engine is \"http\"";
        let remedy = "for example \"http://127.0.0.1:8000/v1/audio/transcriptions\"";
        rules.wrong(URL, rule, remedy);
        return None;
    };
    let url: Url = url(rules, URL, text)?;
    if url.scheme() == "http" && !is_loopback(&url) {
        let rule = "recordings travel unencrypted to this server";
        rules.doubt(URL, rule, "use https, or keep the server on this machine");
    }
    Some(Hears::Http {
        url,
        model: speech.model.clone(),
        key,
    })
}

/// Visible ASCII.
fn fits_a_header(key: &str) -> bool {
    !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_graphic())
}
