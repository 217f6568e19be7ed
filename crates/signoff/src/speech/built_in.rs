//! Voice, built in: whisper.cpp or a server.

use std::sync::Arc;

use anyhow::Context as _;
use secrecy::SecretString;
use signoff_engine::{TranscribeError, Transcriber};
use signoff_server::ServerOptions;
use signoff_speech::{
    Http, HttpSettings, LoadedModel, Metrics, Settings, Whisper, WhisperSettings,
};

use crate::config::{Hears, Speech};

/// What hears.
#[derive(Clone)]
pub(crate) enum Ears {
    /// whisper.cpp on this machine.
    Whisper(Arc<Whisper>),
    /// A server.
    Http(Arc<Http>),
}

impl Ears {
    /// What was configured; its counters are shown at `/metrics`.
    pub(crate) fn new(speech: Speech, options: &mut ServerOptions) -> anyhow::Result<Self> {
        let metrics = Metrics::register(&mut options.registry);
        let settings = Settings {
            rules: speech.rules,
            language: speech.language,
            parallel: speech.parallel,
        };
        let ears = match speech.hears {
            Hears::Whisper {
                model,
                threads,
                preload,
            } => {
                let whisper = WhisperSettings { model, threads };
                Whisper::new(settings, whisper, metrics).map(|whisper| {
                    if preload {
                        whisper.preload();
                    }
                    Self::Whisper(Arc::new(whisper))
                })
            }
            Hears::Http { url, model, key } => {
                let key = key.map(|key| SecretString::from(key.expose()));
                let server = HttpSettings { url, model, key };
                Http::new(settings, server, metrics).map(|http| Self::Http(Arc::new(http)))
            }
        };
        ears.context("voice cannot be transcribed")
    }

    /// It, for whoever only wants to be heard.
    pub(crate) fn transcriber(&self) -> Arc<dyn Transcriber> {
        match self {
            Self::Whisper(whisper) => Arc::clone(whisper) as _,
            Self::Http(http) => Arc::clone(http) as _,
        }
    }

    /// What it hears with, after it was seen to be there; of a server nothing is known before it
    /// is asked.
    pub(crate) async fn ready(&self) -> Result<String, TranscribeError> {
        let Self::Whisper(whisper) = self else {
            return Ok("the speech server".to_owned());
        };
        let LoadedModel {
            name,
            multilingual,
            took,
            ..
        } = whisper.load().await?;
        let languages = if multilingual {
            "many languages"
        } else {
            "English only"
        };
        let seconds = took.as_secs_f64();
        Ok(format!("{name} ({languages}), loaded in {seconds:.1} s"))
    }
}
