//! An adapter: takes prompts that are signed well, remembers them, answers as it is told, and
//! sends what people in its chat do.

use std::sync::{Arc, Mutex};

use anyhow::Context as _;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::put;
use jiff::Timestamp;
use serde_json::{Value, json};
use signoff_contract::adapter::HEADER_CHANNEL;
use signoff_contract::signature::{self, Headers, SigningSecret};
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::service::{House, PATIENCE};

/// The channel's secret.
pub(crate) const SECRET: &str = "whsec_ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3";

/// The adapter and its chat.
#[derive(Clone)]
pub(crate) struct Chat {
    pub(crate) url: String,
    got: Arc<watch::Sender<Vec<Value>>>,
    behaviours: Arc<Mutex<Vec<Behaviour>>>,
}

/// What the adapter does with a prompt; by itself it shows it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Behaviour {
    /// 202, and no receipt.
    Take,
    /// This status.
    Status(u16),
}

impl Chat {
    pub(crate) async fn start() -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let chat = Self {
            url: format!("http://{}", listener.local_addr()?),
            got: Arc::new(watch::Sender::new(Vec::new())),
            behaviours: Arc::default(),
        };
        let router = Router::new()
            .route("/v1/prompts/{id}", put(show))
            .with_state(chat.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(chat)
    }

    /// The next prompt is treated so.
    pub(crate) fn next(&self, behaviour: Behaviour) {
        self.behaviours.lock().expect("no panic").push(behaviour);
    }

    /// Everything that was put, in order.
    pub(crate) fn all(&self) -> Vec<Value> {
        self.got.borrow().clone()
    }

    /// Waits until so much was put.
    pub(crate) async fn puts(&self, count: usize) -> anyhow::Result<()> {
        let mut got = self.got.subscribe();
        let enough = got.wait_for(|got| got.len() >= count);
        let enough = tokio::time::timeout(PATIENCE, enough).await;
        enough.with_context(|| format!("{count} prompts did not come"))??;
        Ok(())
    }

    /// The last prompt that is like this, once there is one.
    pub(crate) async fn prompt(&self, like: impl Fn(&Value) -> bool) -> anyhow::Result<Value> {
        let mut got = self.got.subscribe();
        let found = got.wait_for(|got| got.iter().any(&like));
        let found = tokio::time::timeout(PATIENCE, found).await;
        let found = found.context("no such prompt comes")??;
        let last = found.iter().rev().find(|prompt| like(prompt));
        last.cloned().context("it is there")
    }

    /// Somebody presses a button.
    pub(crate) async fn presses(
        &self,
        house: &House,
        event: &str,
        prompt: &Value,
        button: usize,
        who: &str,
    ) -> anyhow::Result<Value> {
        let handle = &prompt["buttons"][button]["handle"];
        let body = response(event, prompt, handle, who);
        self.sends(house, "responses", &body).await
    }

    /// Somebody writes.
    pub(crate) async fn writes(
        &self,
        house: &House,
        event: &str,
        prompt: &Value,
        text: &str,
        who: &str,
    ) -> anyhow::Result<Value> {
        let mut body = response(event, prompt, &prompt["free_text"]["handle"], who);
        body["text"] = text.into();
        body["via"] = "text".into();
        self.sends(house, "responses", &body).await
    }

    /// What waits for somebody.
    pub(crate) async fn pending(&self, house: &House, who: &str) -> anyhow::Result<Value> {
        let target = format!("/v1/adapter/pending?user_id={who}");
        let request = reqwest::Client::builder().no_proxy().build()?;
        let request = request.get(house.url(&target)?);
        let answer = sign(request, "pending", target.as_bytes())?.send().await?;
        Ok(answer.error_for_status()?.json().await?)
    }

    async fn sends(&self, house: &House, operation: &str, body: &Value) -> anyhow::Result<Value> {
        let body = body.to_string();
        let request = reqwest::Client::builder().no_proxy().build()?;
        let request = request.post(house.url(&format!("/v1/adapter/{operation}"))?);
        let request = sign(request, "event", body.as_bytes())?;
        let answer = request.body(body).send().await?;
        Ok(answer.error_for_status()?.json().await?)
    }
}

fn response(event: &str, prompt: &Value, handle: &Value, who: &str) -> Value {
    json!({
        "event_id": event,
        "prompt_id": prompt["prompt_id"],
        "handle": handle,
        "via": "button",
        "actor": { "user_id": who, "display_name": who },
        "occurred_at": now().to_string(),
    })
}

fn sign(
    request: reqwest::RequestBuilder,
    id: &str,
    signed: &[u8],
) -> anyhow::Result<reqwest::RequestBuilder> {
    let at = now().as_second();
    let signature = signature::sign(&[SigningSecret::parse(SECRET)?], id, at, signed)?;
    Ok(request
        .header(HEADER_CHANNEL, "chat")
        .header(signature::HEADER_ID, id)
        .header(signature::HEADER_TIMESTAMP, at)
        .header(signature::HEADER_SIGNATURE, signature))
}

#[expect(
    clippy::disallowed_methods,
    reason = "the adapter is another party with its own clock"
)]
fn now() -> Timestamp {
    Timestamp::now()
}

async fn show(
    State(chat): State<Chat>,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, axum::Json<Value>) {
    let header = |name: &str| headers.get(name).and_then(|h| h.to_str().ok());
    let proof = Headers {
        id: header(signature::HEADER_ID).unwrap_or_default(),
        timestamp: header(signature::HEADER_TIMESTAMP).unwrap_or_default(),
        signature: header(signature::HEADER_SIGNATURE).unwrap_or_default(),
    };
    let secret = SigningSecret::parse(SECRET).expect("a secret");
    let good = signature::verify(&[secret], proof, &body, now(), signature::TOLERANCE).is_ok();
    let prompt: Option<Value> = serde_json::from_slice(&body).ok();
    let (true, Some(prompt)) = (good && header(HEADER_CHANNEL) == Some("chat"), prompt) else {
        // Nothing that is not signed counts; the tests then miss their prompt.
        return (StatusCode::UNAUTHORIZED, axum::Json(json!({})));
    };
    let behaviour = {
        let mut behaviours = chat.behaviours.lock().expect("no panic");
        (!behaviours.is_empty()).then(|| behaviours.remove(0))
    };
    chat.got.send_modify(|all| all.push(prompt));
    let (status, answer) = match behaviour {
        None => (StatusCode::OK, json!({ "prompt_ref": "the message" })),
        Some(Behaviour::Take) => (StatusCode::ACCEPTED, json!({ "prompt_ref": "the message" })),
        Some(Behaviour::Status(status)) => (
            StatusCode::from_u16(status).expect("a status"),
            json!({ "detail": "by the double" }),
        ),
    };
    (status, axum::Json(answer))
}
