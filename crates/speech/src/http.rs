//! A server that the operator runs and that speaks `OpenAI`'s API for transcriptions.
//!
//! It gets what whisper on this machine would get: sound that was decoded here within the limits,
//! and in which somebody speaks, as a Wave file of 16 kHz, which every such server reads.

use std::time::{Duration, Instant};

use async_trait::async_trait;
use bytes::Bytes;
use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderValue};
use reqwest::multipart::{Form, Part};
use reqwest::{Client, Response, StatusCode, redirect};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use signoff_engine::{Recording, SpeechRules, TranscribeError, Transcriber, Transcript, Turn};
use url::Url;

use crate::Error;
use crate::decode::Sound;
use crate::front::{Front, Settings, broke_off};
use crate::heard::{By, Heard, transcript};
use crate::metrics::Metrics;
use crate::prepare::prepare;
use crate::resample::RATE;
use crate::until::Until;

/// The name that `OpenAI`'s own model has, and that servers take for whichever they have.
const ANY_MODEL: &str = "whisper-1";
/// The longest answer, in bytes: an hour of speech is a tenth of it.
const LONGEST_ANSWER: usize = 1_000_000;
/// How long it may take to reach the server.
const CONNECT: Duration = Duration::from_secs(10);

/// Where recordings go.
#[derive(Debug, Clone)]
pub struct HttpSettings {
    /// The whole address: `http://127.0.0.1:8000/v1/audio/transcriptions`.
    pub url: Url,
    /// The server's name for its model.
    pub model: Option<String>,
    /// What proves that we may.
    pub key: Option<SecretString>,
}

/// A server that transcribes.
#[derive(Debug)]
pub struct Http {
    front: Front,
    client: Client,
    server: HttpSettings,
}

impl Http {
    /// An engine; the server is not spoken to yet.
    pub fn new(settings: Settings, server: HttpSettings, metrics: Metrics) -> Result<Self, Error> {
        let client = Client::builder()
            .connect_timeout(CONNECT)
            // What was said goes where the operator said, and nowhere else.
            .redirect(redirect::Policy::none())
            .no_proxy()
            .build()
            .map_err(Error::Client)?;
        Ok(Self {
            front: Front::new(settings, metrics)?,
            client,
            server,
        })
    }

    async fn hear(
        &self,
        turn: Turn,
        recording: Recording,
        until: Until,
    ) -> Result<Transcript, TranscribeError> {
        let began = Instant::now();
        let rules = self.front.settings.rules.clone();
        let language = recording.language.clone();
        let language = language.or_else(|| self.front.settings.language.clone());
        let preparing = until.clone();
        let prepared = self.front.pool.run(move || {
            let prepared = prepare(&recording, &rules, &preparing)?;
            let wave = wave(&prepared.sound);
            Ok((prepared, wave))
        });
        let prepared = prepared.await.unwrap_or_else(|lost| Err(broke_off(&lost)));
        let (prepared, wave) = prepared?;
        let answer = self.ask(wave, language.as_deref(), &until).await?;
        drop(turn);
        let language = answer.language.as_deref().and_then(code).or(language);
        let by = By {
            model: self.model().to_owned(),
            digest: None,
        };
        let heard = answer.heard(prepared.sound.duration());
        transcript(heard, language, &prepared, began.elapsed(), by)
    }

    fn model(&self) -> &str {
        self.server.model.as_deref().unwrap_or(ANY_MODEL)
    }

    /// Asks for everything that the server knows, and where it does not know what that is, for the
    /// text alone.
    async fn ask(
        &self,
        wave: Bytes,
        language: Option<&str>,
        until: &Until,
    ) -> Result<Answer, TranscribeError> {
        let (mut status, mut body) = self
            .post(wave.clone(), "verbose_json", language, until)
            .await?;
        if matches!(
            status,
            StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY
        ) {
            (status, body) = self.post(wave, "json", language, until).await?;
        }
        if !status.is_success() {
            return Err(refused(status));
        }
        serde_json::from_slice(&body).map_err(|_| TranscribeError::Failed {
            cause: "the speech server's answer is no transcription".to_owned(),
        })
    }

    async fn post(
        &self,
        wave: Bytes,
        format: &'static str,
        language: Option<&str>,
        until: &Until,
    ) -> Result<(StatusCode, Vec<u8>), TranscribeError> {
        let failed = |error| self.failed(&error, until);
        let length = wave.len() as u64;
        let file = Part::stream_with_length(wave, length).file_name("note.wav");
        let mut form = Form::new()
            .text("model", self.model().to_owned())
            .text("response_format", format)
            .text("temperature", "0")
            .part("file", file.mime_str("audio/wav").map_err(failed)?);
        if let Some(language) = language {
            form = form.text("language", language.to_owned());
        }
        let mut request = self
            .client
            .post(self.server.url.clone())
            .timeout(until.left())
            .header(ACCEPT, "application/json")
            .multipart(form);
        if let Some(key) = &self.server.key {
            request = request.header(AUTHORIZATION, bearer(key)?);
        }
        let answer = request.send().await.map_err(failed)?;
        let status = answer.status();
        Ok((status, self.body(answer, until).await?))
    }

    async fn body(&self, mut answer: Response, until: &Until) -> Result<Vec<u8>, TranscribeError> {
        let mut body = Vec::new();
        while let Some(chunk) = answer
            .chunk()
            .await
            .map_err(|error| self.failed(&error, until))?
        {
            if body.len() + chunk.len() > LONGEST_ANSWER {
                return Err(TranscribeError::Failed {
                    cause: "the speech server's answer does not end".to_owned(),
                });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    /// What an error of the client means.
    fn failed(&self, error: &reqwest::Error, until: &Until) -> TranscribeError {
        if error.is_timeout() && until.over() {
            return until.up();
        }
        let server = self.server.url.origin().ascii_serialization();
        let cause = if error.is_connect() {
            format!("the speech server {server} cannot be reached")
        } else {
            format!("the speech server {server} broke the conversation off")
        };
        TranscribeError::Unavailable { cause }
    }
}

#[async_trait]
impl Transcriber for Http {
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
        let hear = |turn, until| self.hear(turn, recording, until);
        self.front.within(turn, hear).await
    }
}

fn bearer(key: &SecretString) -> Result<HeaderValue, TranscribeError> {
    let header = HeaderValue::try_from(format!("Bearer {}", key.expose_secret()));
    let mut header = header.map_err(|_| TranscribeError::Unavailable {
        cause: "the speech server's key has characters that no bearer token has".to_owned(),
    })?;
    header.set_sensitive(true);
    Ok(header)
}

/// What a server means that does not transcribe. Its words are not repeated: they may quote.
fn refused(status: StatusCode) -> TranscribeError {
    let number = status.as_u16();
    match number {
        401 | 403 => TranscribeError::Unavailable {
            cause: format!("the speech server wants another key (HTTP {number})"),
        },
        404 => TranscribeError::Unavailable {
            cause: "the speech server knows no such address or model (HTTP 404)".to_owned(),
        },
        429 | 500..=599 => TranscribeError::Unavailable {
            cause: format!("the speech server cannot do it now (HTTP {number})"),
        },
        _ => TranscribeError::Failed {
            cause: format!("the speech server refused the recording (HTTP {number})"),
        },
    }
}

/// A Wave file of 16 bits a sample.
fn wave(sound: &Sound) -> Bytes {
    const HEADER: u32 = 44;
    let length = u32::try_from(sound.0.len() * 2).unwrap_or(u32::MAX - HEADER);
    let mut file = Vec::with_capacity(sound.0.len() * 2 + 44);
    file.extend_from_slice(b"RIFF");
    file.extend_from_slice(&(length + HEADER - 8).to_le_bytes());
    file.extend_from_slice(b"WAVEfmt ");
    file.extend_from_slice(&16_u32.to_le_bytes());
    // PCM, one channel.
    file.extend_from_slice(&[1, 0, 1, 0]);
    file.extend_from_slice(&RATE.to_le_bytes());
    file.extend_from_slice(&(RATE * 2).to_le_bytes());
    // Two bytes a sample, sixteen bits.
    file.extend_from_slice(&[2, 0, 16, 0]);
    file.extend_from_slice(b"data");
    file.extend_from_slice(&length.to_le_bytes());
    for sample in &sound.0 {
        #[expect(clippy::cast_possible_truncation, reason = "from -32767 to 32767")]
        let sample = (sample.clamp(-1.0, 1.0) * 32_767.0).round() as i16;
        file.extend_from_slice(&sample.to_le_bytes());
    }
    file.into()
}

/// What servers answer: `json` has the text alone, `verbose_json` the rest too.
#[derive(Debug, Deserialize)]
struct Answer {
    text: String,
    #[serde(default)]
    language: Option<String>,
    #[serde(default)]
    segments: Vec<AnswerSegment>,
}

#[derive(Debug, Deserialize)]
struct AnswerSegment {
    text: String,
    #[serde(default)]
    start: f64,
    #[serde(default)]
    end: f64,
    /// The mean of the logarithms of its tokens' probabilities.
    avg_logprob: Option<f32>,
    #[serde(default)]
    tokens: Vec<serde::de::IgnoredAny>,
}

impl Answer {
    /// The parts. A server that says nothing of probabilities is not sure of anything.
    fn heard(self, length: Duration) -> Vec<Heard> {
        if self.segments.is_empty() {
            return vec![Heard {
                text: self.text,
                probability: 0.0,
                tokens: 0,
                start: Duration::ZERO,
                end: length,
            }];
        }
        self.segments
            .into_iter()
            .map(AnswerSegment::heard)
            .collect()
    }
}

impl AnswerSegment {
    fn heard(self) -> Heard {
        let tokens = match self.tokens.len() {
            0 => self.text.split_whitespace().count(),
            tokens => tokens,
        };
        let tokens = u16::try_from(tokens).unwrap_or(u16::MAX).max(1);
        let probability = self.avg_logprob.map(|mean| mean.exp() * f32::from(tokens));
        Heard {
            text: self.text,
            tokens: probability.map_or(0, |_| tokens.into()),
            probability: probability.unwrap_or(0.0),
            start: seconds(self.start),
            end: seconds(self.end),
        }
    }
}

fn seconds(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or_default()
}

/// A language as ISO 639-1, where the server says it so or in words that are known here.
fn code(language: &str) -> Option<String> {
    let language = language.to_lowercase();
    match language.as_str() {
        "english" => Some("en".to_owned()),
        "russian" => Some("ru".to_owned()),
        "chinese" => Some("zh".to_owned()),
        code if code.len() == 2 => Some(language),
        _ => None,
    }
}
