//! The channel, the service, and the adapter between them.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{OriginalUri, State};
use axum::http::{HeaderMap, Method, StatusCode};
use jiff::Timestamp;
use prometheus_client::registry::Registry;
use serde_json::{Value, json};
use signoff_adapter::{Places, Prompts, Remote, Service, ServiceSettings};
use signoff_contract::adapter::HEADER_CHANNEL;
use signoff_contract::signature::{self, Headers, SigningSecret, TOLERANCE};
use signoff_core::Masker;
use signoff_engine::{
    Channel, ChannelError, ChannelHealth, ChannelStore, Clock, PromptCard, PromptRef, Reachability,
    Store,
};
use tokio::net::TcpListener;

pub(crate) const SECRET: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX";
pub(crate) const PROMPT: &str = "prm_01JD0000000000000000000000";

pub(crate) fn secret(text: &str) -> SigningSecret {
    SigningSecret::parse(text).expect("a secret")
}

/// A channel that remembers what it was to show, and where.
#[derive(Default)]
pub(crate) struct Chat {
    shown: Mutex<Vec<(PromptCard, Vec<String>)>>,
    answers: Mutex<VecDeque<Result<Vec<&'static str>, ChannelError>>>,
}

impl Chat {
    /// What it was to show so far.
    pub(crate) fn shown(&self) -> Vec<(PromptCard, Vec<String>)> {
        self.shown.lock().expect("no panic").clone()
    }

    /// It answers so next; by itself it stands where it stood, or in one message.
    pub(crate) fn next(&self, answer: Result<Vec<&'static str>, ChannelError>) {
        self.answers.lock().expect("no panic").push_back(answer);
    }
}

#[async_trait]
impl Channel for Chat {
    fn name(&self) -> &'static str {
        "chat"
    }

    async fn show(
        &self,
        card: &PromptCard,
        at: &[PromptRef],
    ) -> Result<Vec<PromptRef>, ChannelError> {
        let stood: Vec<String> = at.iter().map(|at| at.0.clone()).collect();
        let mut shown = self.shown.lock().expect("no panic");
        shown.push((card.clone(), stood.clone()));
        let answer = self.answers.lock().expect("no panic").pop_front();
        match answer {
            Some(answer) => {
                let refs = answer?.into_iter();
                Ok(refs.map(|at| PromptRef(at.to_owned())).collect())
            }
            None if stood.is_empty() => Ok(vec![PromptRef("first".to_owned())]),
            None => Ok(at.to_vec()),
        }
    }

    fn health(&self) -> ChannelHealth {
        ChannelHealth {
            name: "chat".to_owned(),
            state: Reachability::Reachable,
            detail: String::new(),
        }
    }
}

/// The service: what it was told and asked, and what it answers.
#[derive(Clone, Default)]
pub(crate) struct Signoff {
    said: Arc<Mutex<Vec<(String, Value)>>>,
    answers: Arc<Mutex<VecDeque<(u16, Value)>>>,
}

impl Signoff {
    /// Every operation with its body, in order; only what is signed well is there.
    pub(crate) fn heard(&self) -> Vec<(String, Value)> {
        self.said.lock().expect("no panic").clone()
    }

    pub(crate) fn answers(&self, status: u16, body: Value) {
        self.answers
            .lock()
            .expect("no panic")
            .push_back((status, body));
    }
}

async fn answer(
    State(signoff): State<Signoff>,
    OriginalUri(uri): OriginalUri,
    method: Method,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, axum::Json<Value>) {
    let header = |name: &str| headers.get(name).and_then(|it| it.to_str().ok());
    let proof = Headers {
        id: header(signature::HEADER_ID).unwrap_or_default(),
        timestamp: header(signature::HEADER_TIMESTAMP).unwrap_or_default(),
        signature: header(signature::HEADER_SIGNATURE).unwrap_or_default(),
    };
    let target = uri.path_and_query().map_or("", |it| it.as_str()).to_owned();
    let signed = if method == Method::GET {
        target.as_bytes()
    } else {
        &body
    };
    let good = signature::verify(&[secret(SECRET)], proof, signed, now(), TOLERANCE).is_ok();
    if !good || header(HEADER_CHANNEL) != Some("chat") {
        return (StatusCode::UNAUTHORIZED, axum::Json(json!({})));
    }
    let said = serde_json::from_slice(&body).unwrap_or_default();
    signoff.said.lock().expect("no panic").push((target, said));
    let next = signoff.answers.lock().expect("no panic").pop_front();
    let (status, body) = next.unwrap_or((500, json!({})));
    let status = StatusCode::from_u16(status).expect("a status");
    (status, axum::Json(body))
}

#[expect(clippy::disallowed_methods, reason = "the service has its own clock")]
pub(crate) fn now() -> Timestamp {
    Timestamp::now()
}

pub(crate) struct World {
    pub(crate) chat: Arc<Chat>,
    pub(crate) signoff: Signoff,
    pub(crate) remote: Arc<Remote>,
    pub(crate) prompts: Prompts,
    pub(crate) url: String,
    folder: tempfile::TempDir,
    service: url::Url,
}

impl World {
    pub(crate) async fn new() -> Self {
        let signoff = Signoff::default();
        let router = Router::new().fallback(answer).with_state(signoff.clone());
        let service = serve(router).await.parse().expect("a URL");
        let folder = tempfile::tempdir().expect("a folder");
        Self::over(signoff, service, folder).await
    }

    /// The adapter dies and is started again on the same store.
    pub(crate) async fn again(self) -> Self {
        let (signoff, service, folder) = (self.signoff, self.service, self.folder);
        Self::over(signoff, service, folder).await
    }

    async fn over(signoff: Signoff, service: url::Url, folder: tempfile::TempDir) -> Self {
        let path = folder.path().join("adapter.db");
        let store = Store::open(&path, Clock::system(), |bytes| bytes.fill(7));
        let store = store.expect("a store");
        let settings = ServiceSettings {
            url: service.clone(),
            channel: "chat".to_owned(),
            secrets: vec![secret(SECRET)],
        };
        let asked = Service::new(settings, store.clock().clone()).expect("a client");
        let asked = Arc::new(asked);
        let places = Places::new(ChannelStore::new(store, "prompts"));
        let masker = Masker::new(&[], &[]).expect("a masker");
        let remote = Remote::new(Arc::clone(&asked), places.clone(), masker);
        let chat = Arc::new(Chat::default());
        let shown_in: Arc<dyn Channel> = chat.clone();
        let prompts = Prompts::new(shown_in, places, asked);
        let url = serve(prompts.router(Registry::default())).await;
        Self {
            chat,
            signoff,
            remote: Arc::new(remote),
            prompts,
            url,
            folder,
            service,
        }
    }

    /// Puts a prompt as the service does; the answer's status and body.
    pub(crate) async fn put(&self, prompt: &Value) -> (u16, Value) {
        let body = prompt.to_string();
        let at = now().as_second();
        let signature = signature::sign(&[secret(SECRET)], "id", at, body.as_bytes());
        let signed = [
            (HEADER_CHANNEL, "chat".to_owned()),
            (signature::HEADER_ID, "id".to_owned()),
            (signature::HEADER_TIMESTAMP, at.to_string()),
            (signature::HEADER_SIGNATURE, signature.expect("a signature")),
        ];
        self.put_with(&signed, body).await
    }

    pub(crate) async fn put_with(
        &self,
        headers: &[(&'static str, String)],
        body: String,
    ) -> (u16, Value) {
        let client = reqwest::Client::builder().no_proxy().build();
        let url = format!("{}/v1/prompts/{PROMPT}", self.url);
        let mut request = client.expect("a client").put(url);
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let answer = request.body(body).send().await.expect("an answer");
        let status = answer.status().as_u16();
        let after = answer.headers().get("retry-after").cloned();
        let mut body: Value = answer.json().await.expect("JSON");
        if let Some(after) = after {
            body["retry_after"] = after.to_str().expect("a number").into();
        }
        (status, body)
    }
}

async fn serve(router: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

/// An approval for Ann, at this revision.
pub(crate) fn prompt(revision: u64) -> Value {
    let expires_at = "2126-01-02T04:04:05.678Z";
    json!({
        "prompt_id": PROMPT, "revision": revision, "state": "open", "prompt_ref": null,
        "request": {
            "id": "req_01JD0000000000000000000000", "project": "default", "correlation_id": "a",
            "kind": "approval", "status": "pending", "title": "Deploy", "risk": "low",
            "action": { "tool": "k8s.deploy", "arguments": {}, "masked": [] },
            "links": [], "route": "default", "ttl_seconds": 3600, "intent_digest": null,
            "view_digest": null, "created_at": "2026-01-02T03:04:05.678Z", "expires_at": expires_at,
            "prompts": [], "outcome": null,
        },
        "recipients": [{ "approver": "ann", "address": "u42", "user_id": "u42", "language": "ru" }],
        "buttons": [
            { "handle": "yes", "label": "Approve", "style": "primary", "action": "approve" },
            { "handle": "no", "label": "Deny", "style": "danger", "action": "deny" },
        ],
        "free_text": { "handle": "why", "purpose": "reason" },
        "notice": null, "remind": false, "language": "ru", "expires_at": expires_at,
        "approvals": [], "approvals_needed": 1, "asks_twice": false, "notices": [],
    })
}
