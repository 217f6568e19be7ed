//! whisper.cpp on this machine: the engine that no audio leaves.

mod file;
mod model;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use signoff_engine::{Recording, SpeechRules, TranscribeError, Transcriber, Transcript, Turn};

use crate::Error;
use crate::front::{Front, Settings, broke_off};
use crate::heard::{By, transcript};
use crate::metrics::Metrics;
use crate::prepare::prepare;
use crate::until::Until;
use model::Model;

/// What whisper.cpp needs beside what every engine does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WhisperSettings {
    /// The model's file, in ggml format.
    pub model: PathBuf,
    /// On how many threads one recording is transcribed.
    pub threads: u32,
}

/// whisper.cpp on this machine. The model is loaded when the first recording comes, or by
/// [`Whisper::preload`]; what could not be loaded is tried again with the next one.
#[derive(Debug)]
pub struct Whisper {
    front: Front,
    work: Arc<Work>,
}

/// A model that was loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadedModel {
    /// Its name: that of its file.
    pub name: String,
    /// SHA-256 of its file in hexadecimal.
    pub digest: String,
    /// Whether it knows languages other than English.
    pub multilingual: bool,
    /// How long the loading took.
    pub took: Duration,
}

/// What the threads share.
#[derive(Debug)]
struct Work {
    settings: Settings,
    whisper: WhisperSettings,
    model: Mutex<Option<Arc<Model>>>,
}

impl Whisper {
    /// An engine; its model is not touched yet.
    pub fn new(
        settings: Settings,
        whisper: WhisperSettings,
        metrics: Metrics,
    ) -> Result<Self, Error> {
        let work = Work {
            settings: settings.clone(),
            whisper,
            model: Mutex::new(None),
        };
        Ok(Self {
            front: Front::new(settings, metrics)?,
            work: Arc::new(work),
        })
    }

    /// Loads the model, if it is not yet, and tells what it is.
    pub async fn load(&self) -> Result<LoadedModel, TranscribeError> {
        let work = Arc::clone(&self.work);
        let loading = move || {
            let began = Instant::now();
            let model = work.model()?;
            Ok(LoadedModel {
                name: model.name.clone(),
                digest: model.digest.clone(),
                multilingual: model.multilingual(),
                took: began.elapsed(),
            })
        };
        let loaded = self.front.pool.run(loading).await;
        loaded.unwrap_or_else(|lost| Err(broke_off(&lost)))
    }

    /// Loads the model in the background and logs how it went.
    pub fn preload(&self) {
        let work = Arc::clone(&self.work);
        let sent = self.front.pool.send(move || {
            if let Err(error) = work.model() {
                tracing::warn!(%error, "the speech model could not be loaded; it is tried again with the first recording");
            }
        });
        if let Err(error) = sent {
            tracing::warn!(%error, "the speech model could not be loaded");
        }
    }
}

#[async_trait]
impl Transcriber for Whisper {
    fn rules(&self) -> &SpeechRules {
        &self.front.settings.rules
    }

    fn busy(&self) -> bool {
        self.front.queue.busy()
    }

    async fn turn(&self) -> Turn {
        self.front.queue.turn().await
    }

    async fn transcribe(
        &self,
        turn: Turn,
        recording: Recording,
    ) -> Result<Transcript, TranscribeError> {
        let work = Arc::clone(&self.work);
        let pool = &self.front.pool;
        let running = |turn, until| async move {
            let done = pool.run(move || {
                let result = work.transcribe(&recording, &until);
                drop(turn);
                result
            });
            done.await.unwrap_or_else(|lost| Err(broke_off(&lost)))
        };
        self.front.within(turn, running).await
    }
}

impl Work {
    /// The model; the first who asks loads it, and the others wait for that.
    fn model(&self) -> Result<Arc<Model>, TranscribeError> {
        let mut loaded = self.model.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(model) = &*loaded {
            return Ok(Arc::clone(model));
        }
        let began = Instant::now();
        let model = Arc::new(Model::load(&self.whisper.model)?);
        model.check_language(self.settings.language.as_deref())?;
        tracing::info!(
            model = model.name,
            took_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
            "the speech model is loaded"
        );
        Ok(Arc::clone(loaded.insert(model)))
    }

    fn transcribe(
        &self,
        recording: &Recording,
        until: &Until,
    ) -> Result<Transcript, TranscribeError> {
        until.check()?;
        let began = Instant::now();
        let prepared = prepare(recording, &self.settings.rules, until)?;
        let model = self.model()?;
        let language = recording.language.as_deref();
        let language = language.or(self.settings.language.as_deref());
        let samples = &prepared.sound.0;
        let (heard, language) = model.hear(samples, language, self.whisper.threads, until)?;
        let by = By {
            model: model.name.clone(),
            digest: Some(model.digest.clone()),
        };
        transcript(heard, language, &prepared, began.elapsed(), by)
    }
}
