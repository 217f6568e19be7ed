//! An adapter inside the test: verifies what it is told, remembers it, answers as it is told.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::put;
use jiff::Timestamp;
use signoff_contract::adapter::{HEADER_CHANNEL, PromptMessage};
use signoff_contract::signature::{self, Headers, SigningSecret};
use signoff_engine::adapters::{Adapter, HttpChannel};
use signoff_engine::workers::{Prompts, drain};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::world::{SECRET, World};

/// The secret before this one, which the adapter still knows and the service signs with too.
const PREVIOUS: &str = "whsec_/////////////////////////////////////////w==";

/// What the adapter answers.
#[derive(Debug, Clone)]
pub(crate) enum Answers {
    /// 202.
    Takes,
    /// 429, and so many seconds.
    Rest(u32),
    /// This.
    With(StatusCode, String),
}

/// The chat behind the adapter, the channel to it and the worker of that channel.
pub(crate) struct Chat {
    pub(crate) channel: Arc<HttpChannel>,
    prompts: Prompts,
    double: Double,
    shown: tokio::sync::Mutex<mpsc::UnboundedReceiver<PromptMessage>>,
}

#[derive(Clone)]
struct Double {
    got: Arc<Mutex<Vec<PromptMessage>>>,
    answers: Arc<Mutex<Vec<Answers>>>,
    news: mpsc::UnboundedSender<PromptMessage>,
}

impl Chat {
    pub(crate) async fn start(world: &World) -> Self {
        let (news, shown) = mpsc::unbounded_channel();
        let double = Double {
            got: Arc::default(),
            answers: Arc::default(),
            news,
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a port");
        let address = listener.local_addr().expect("an address");
        let router = Router::new()
            .route("/below/v1/prompts/{id}", put(show))
            .with_state(double.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        let adapter = Adapter {
            name: "chat".to_owned(),
            url: format!("http://{address}/below/").parse().expect("a URL"),
            secrets: [SECRET, PREVIOUS]
                .map(|text| SigningSecret::parse(text).expect("a secret"))
                .into(),
        };
        let channel = HttpChannel::new(adapter, &world.engine, CancellationToken::new());
        let channel = Arc::new(channel.expect("a client"));
        let prompts = Prompts::new(Arc::clone(&world.engine), channel.clone());
        Self {
            channel,
            prompts,
            double,
            shown: tokio::sync::Mutex::new(shown),
        }
    }

    /// Shows everything that is due.
    pub(crate) async fn settles(&self) {
        drain(&self.prompts).await.expect("prompts");
    }

    /// The next prompts are answered so; all others are shown at once.
    pub(crate) fn answers(&self, answers: &[Answers]) {
        self.double
            .answers
            .lock()
            .unwrap()
            .extend_from_slice(answers);
    }

    /// Everything that was put for this address, in order.
    pub(crate) fn shown(&self, address: &str) -> Vec<PromptMessage> {
        let got = self.double.got.lock().unwrap();
        let here = |message: &&PromptMessage| message.recipients[0].address == address;
        got.iter().filter(here).cloned().collect()
    }

    /// The next prompt that is put.
    pub(crate) async fn next_shown(&self) -> PromptMessage {
        self.shown.lock().await.recv().await.expect("a prompt")
    }
}

async fn show(
    State(double): State<Double>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let header = |name: &str| headers[name].to_str().expect("a text");
    let proof = Headers {
        id: header(signature::HEADER_ID),
        timestamp: header(signature::HEADER_TIMESTAMP),
        signature: header(signature::HEADER_SIGNATURE),
    };
    // The time is the world's, which stands.
    let now = proof.timestamp.parse().ok();
    let now = now
        .and_then(|at| Timestamp::from_second(at).ok())
        .expect("a time");
    for text in [SECRET, PREVIOUS] {
        let secret = SigningSecret::parse(text).expect("a secret");
        signature::verify(&[secret], proof, &body, now, signature::TOLERANCE)
            .expect("it is signed");
    }
    let message: PromptMessage = serde_json::from_slice(&body).expect("a prompt");
    assert_eq!(header(HEADER_CHANNEL), "chat");
    assert_eq!(message.prompt_id.to_string(), id);
    assert_eq!(proof.id, format!("{id}-{}", message.revision));
    let at = format!("message of {}", message.recipients[0].address);
    double.got.lock().unwrap().push(message.clone());
    let answer = {
        let mut answers = double.answers.lock().unwrap();
        (!answers.is_empty()).then(|| answers.remove(0))
    };
    let shown = serde_json::json!({ "prompt_ref": at, "more": "is ignored" }).to_string();
    let response = match answer {
        None => (StatusCode::OK, shown).into_response(),
        Some(Answers::Takes) => (StatusCode::ACCEPTED, shown).into_response(),
        Some(Answers::Rest(seconds)) => (
            StatusCode::TOO_MANY_REQUESTS,
            [(header::RETRY_AFTER, seconds.to_string())],
        )
            .into_response(),
        Some(Answers::With(status, body)) => (status, body).into_response(),
    };
    let _ = double.news.send(message);
    response
}
