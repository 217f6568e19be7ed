//! The engine that is a server, and what such servers answer.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{DefaultBodyLimit, Multipart, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use axum::routing::post;
use signoff_engine::{Recording, TranscribeError, Transcriber as _};
use signoff_speech::{Http, HttpSettings, Settings};
use url::Url;

use crate::recordings::{data, heard, metrics, recording, settings};

const NOTE: &str = "eval/seen_voice_001.ogg";

/// A server that transcribes as it was told to.
pub(crate) struct Double {
    url: Url,
    told: Arc<Mutex<Told>>,
}

/// What a server was told, and what it saw.
#[derive(Default)]
struct Told {
    answers: Vec<(u16, String)>,
    slow: bool,
    asked: Vec<Asked>,
}

/// What a server was asked.
#[derive(Debug, Default, Clone)]
struct Asked {
    key: Option<String>,
    fields: Vec<(String, String)>,
    file: Vec<u8>,
    file_name: String,
}

impl Double {
    /// A server that says the same of everything.
    pub(crate) async fn start() -> Self {
        let told = Arc::new(Mutex::new(Told::default()));
        let router = Router::new()
            .route("/v1/audio/transcriptions", post(transcribe))
            .layer(DefaultBodyLimit::disable())
            .with_state(Arc::clone(&told));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await });
        let url = format!("http://{address}/v1/audio/transcriptions");
        Self {
            url: url.parse().unwrap(),
            told,
        }
    }

    /// What it says.
    pub(crate) const SAYS: &str = "wait until monday";

    /// Answers the next request so.
    fn answers(&self, status: u16, body: &str) {
        self.told
            .lock()
            .unwrap()
            .answers
            .push((status, body.to_owned()));
    }

    fn asked(&self) -> Vec<Asked> {
        self.told.lock().unwrap().asked.clone()
    }

    /// The files that it got.
    pub(crate) fn heard(&self) -> Vec<Vec<u8>> {
        self.asked().into_iter().map(|asked| asked.file).collect()
    }

    /// An engine that is this server.
    pub(crate) fn engine(&self) -> Http {
        self.engine_with(settings())
    }

    pub(crate) fn engine_with(&self, settings: Settings) -> Http {
        let server = HttpSettings {
            url: self.url.clone(),
            model: None,
            key: None,
        };
        Http::new(settings, server, metrics()).unwrap()
    }
}

async fn transcribe(
    State(told): State<Arc<Mutex<Told>>>,
    headers: HeaderMap,
    mut form: Multipart,
) -> impl IntoResponse {
    let mut asked = Asked {
        key: headers
            .get("authorization")
            .map(|key| key.to_str().unwrap().to_owned()),
        ..Asked::default()
    };
    while let Some(field) = form.next_field().await.unwrap() {
        let name = field.name().unwrap().to_owned();
        if name == "file" {
            field.file_name().unwrap().clone_into(&mut asked.file_name);
            asked.file = field.bytes().await.unwrap().to_vec();
        } else {
            asked.fields.push((name, field.text().await.unwrap()));
        }
    }
    let (slow, answer) = {
        let mut told = told.lock().unwrap();
        told.asked.push(asked);
        let answer = (!told.answers.is_empty()).then(|| told.answers.remove(0));
        (told.slow, answer)
    };
    if slow {
        std::future::pending::<()>().await;
    }
    let verbose = r#"{"task":"transcribe","language":"english","duration":2.0,"text":" wait until monday",
        "segments":[{"id":0,"start":0.0,"end":3.0,"text":" wait until monday","tokens":[1,2,3],"avg_logprob":-0.1,
        "no_speech_prob":0.99}]}"#;
    let (status, body) = answer.unwrap_or((200, verbose.to_owned()));
    (StatusCode::from_u16(status).unwrap(), body)
}

#[tokio::test]
async fn a_server_gets_sound_that_every_server_reads_and_what_it_was_told() {
    let server = Double::start().await;
    let settings = Settings {
        language: Some("en".to_owned()),
        ..settings()
    };
    let http = HttpSettings {
        url: server.url.clone(),
        model: Some("large-v3".to_owned()),
        key: Some("sk-hunter2".to_owned().into()),
    };
    let engine = Http::new(settings, http, metrics()).unwrap();
    assert!(!format!("{engine:?}").contains("hunter2"));
    let transcript = heard(&engine, data(NOTE)).await.unwrap();
    assert_eq!(transcript.text, Double::SAYS);
    assert_eq!(transcript.language.as_deref(), Some("en"));
    assert_eq!(transcript.model, "large-v3");
    assert_eq!(transcript.model_digest, None);
    assert!(
        (transcript.mean_probability - 0.905).abs() < 0.001,
        "{transcript:?}"
    );

    let asked = server.asked().pop().unwrap();
    assert_eq!(asked.key.as_deref(), Some("Bearer sk-hunter2"));
    assert_eq!(asked.file_name, "note.wav");
    assert!(asked.file.starts_with(b"RIFF") && asked.file[8..12] == *b"WAVE");
    // 16 kHz, one channel, two bytes a sample, nearly two seconds.
    assert!(
        (60_000..64_000).contains(&asked.file.len()),
        "{}",
        asked.file.len()
    );
    let field = |name: &str| {
        asked
            .fields
            .iter()
            .find(|(field, _)| field == name)
            .map(|(_, text)| text.as_str())
    };
    assert_eq!(field("model"), Some("large-v3"));
    assert_eq!(field("response_format"), Some("verbose_json"));
    assert_eq!(field("language"), Some("en"));
}

#[tokio::test]
async fn a_server_that_knows_only_text_is_asked_again_and_is_not_sure() {
    let server = Double::start().await;
    server.answers(
        400,
        r#"{"error":{"message":"response_format must be json"}}"#,
    );
    server.answers(200, r#"{"text":"Deny it."}"#);
    let engine = server.engine();
    let transcript = heard(&engine, data(NOTE)).await.unwrap();
    assert_eq!(transcript.text, "Deny it.");
    assert!(engine.rules().unclear(&transcript), "{transcript:?}");
    let formats: Vec<_> = server
        .asked()
        .into_iter()
        .flat_map(|asked| asked.fields)
        .collect();
    assert!(
        formats.contains(&("response_format".to_owned(), "json".to_owned())),
        "{formats:?}"
    );
}

#[tokio::test]
async fn what_a_server_does_not_do_is_said_without_its_words() {
    let server = Double::start().await;
    let engine = server.engine();
    for (status, why) in [
        (401, "wants another key"),
        (404, "knows no such address or model"),
        (429, "cannot do it now"),
        (503, "cannot do it now"),
        (302, "refused the recording"),
    ] {
        server.answers(status, "hunter2");
        let error = heard(&engine, data(NOTE)).await.unwrap_err().to_string();
        assert!(
            error.contains(why) && !error.contains("hunter2"),
            "{status}: {error}"
        );
    }
    for body in ["hunter2", "{}", r#"{"text":7}"#, &"x".repeat(1_000_001)] {
        server.answers(200, body);
        let error = heard(&engine, data(NOTE)).await.unwrap_err();
        assert!(matches!(error, TranscribeError::Failed { .. }), "{error}");
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }
    for nothing in [
        r#"{"text":""}"#,
        r#"{"text":"[BLANK_AUDIO]"}"#,
        r#"{"text":"x","segments":[{"text":"you","avg_logprob":-3.0}]}"#,
    ] {
        server.answers(200, nothing);
        assert_eq!(
            heard(&engine, data(NOTE)).await,
            Err(TranscribeError::NoSpeech),
            "{nothing}"
        );
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_or_does_not_answer_is_given_up() {
    let http = HttpSettings {
        url: "http://127.0.0.1:9/".parse().unwrap(),
        model: None,
        key: None,
    };
    let engine = Http::new(settings(), http, metrics()).unwrap();
    let error = heard(&engine, data(NOTE)).await.unwrap_err();
    assert!(
        error
            .to_string()
            .ends_with("http://127.0.0.1:9 cannot be reached"),
        "{error}"
    );

    let server = Double::start().await;
    server.told.lock().unwrap().slow = true;
    let mut short = settings();
    short.rules.timeout = Duration::from_millis(500);
    let engine = server.engine_with(short);
    let began = Instant::now();
    let result = heard(&engine, data(NOTE)).await;
    assert_eq!(
        result,
        Err(TranscribeError::TimedOut {
            after: Duration::from_millis(500)
        })
    );
    assert!(began.elapsed() < Duration::from_secs(5));
    assert!(!engine.busy());
}

#[tokio::test]
async fn a_recording_says_its_own_language() {
    let server = Double::start().await;
    let engine = server.engine();
    let turn = engine.turn().await;
    let note = Recording {
        language: Some("ru".to_owned()),
        ..recording(data(NOTE))
    };
    engine.transcribe(turn, note).await.unwrap();
    let fields = server.asked().pop().unwrap().fields;
    assert!(
        fields.contains(&("language".to_owned(), "ru".to_owned())),
        "{fields:?}"
    );
}
