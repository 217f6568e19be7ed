//! Callbacks, as a control plane receives them.

use std::collections::{BTreeSet, HashMap};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use signoff_contract::signature::{self, Headers, SigningSecret, TOLERANCE};
use tokio::sync::Notify;
use tokio::time::Instant;
use url::Url;

use super::bench::Bench;
use super::caller::ensure;
use super::checks;
use crate::{Examination, Miss, Outcome, peer};

/// How long a callback and its second attempt, which is to come after five seconds, may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long what must not come is waited for: longer than the first pause, with its jitter.
const SILENCE: Duration = Duration::from_secs(8);

/// Where callbacks are received, and how they are verified.
#[derive(Debug, Clone)]
pub struct Callbacks {
    /// Where to listen.
    pub listen: SocketAddr,
    /// How the service reaches that; `None`: at the address that is listened at.
    pub reached_at: Option<Url>,
    /// The project's secrets: one that fits is enough.
    pub secrets: Vec<SigningSecret>,
}

/// One attempt that arrived.
#[derive(Debug, Clone)]
struct Attempt {
    headers: HeaderMap,
    body: Bytes,
    at: Timestamp,
}

/// A control plane's receiver: what arrived under each name.
#[derive(Debug, Clone, Default)]
struct Inbox {
    attempts: Arc<Mutex<HashMap<String, Vec<Attempt>>>>,
    arrived: Arc<Notify>,
}

/// What came of the callbacks.
pub(super) struct Received {
    /// Of the one that was answered with 500 at first.
    retried: Vec<Attempt>,
    /// The same request as it was afterwards.
    request: Value,
    /// Of the one that was redirected at first.
    redirected: Vec<Attempt>,
    /// What arrived at the place it was redirected to.
    elsewhere: usize,
    /// Of the one that was answered with 410.
    gone: Vec<Attempt>,
    secrets: Vec<SigningSecret>,
}

impl Inbox {
    fn so_far(&self, name: &str) -> Vec<Attempt> {
        let attempts = self.attempts.lock().unwrap_or_else(PoisonError::into_inner);
        attempts.get(name).cloned().unwrap_or_default()
    }

    /// The attempts under this name once there are so many, or patience is at an end.
    async fn at_least(&self, name: &str, count: usize) -> Vec<Attempt> {
        let end = Instant::now() + PATIENCE;
        loop {
            let arrived = self.arrived.notified();
            tokio::pin!(arrived);
            arrived.as_mut().enable();
            let attempts = self.so_far(name);
            let enough = attempts.len() >= count;
            if enough || tokio::time::timeout_at(end, arrived).await.is_err() {
                return attempts;
            }
        }
    }
}

async fn arrives(
    State(inbox): State<Inbox>,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, HeaderMap) {
    let first = {
        let mut all = inbox
            .attempts
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let attempts = all.entry(name.clone()).or_default();
        attempts.push(Attempt {
            headers,
            body,
            at: peer::now(),
        });
        attempts.len() == 1
    };
    inbox.arrived.notify_waiters();
    let mut headers = HeaderMap::new();
    let status = match name.as_str() {
        "retried" if first => StatusCode::INTERNAL_SERVER_ERROR,
        "redirected" if first => {
            headers.insert(
                "location",
                axum::http::HeaderValue::from_static("elsewhere"),
            );
            StatusCode::TEMPORARY_REDIRECT
        }
        "gone" => StatusCode::GONE,
        _ => StatusCode::NO_CONTENT,
    };
    (status, headers)
}

/// Has callbacks sent, and sees what arrives. It takes its time, so that it is begun before all else.
pub(super) async fn receive(
    bench: &Bench,
    callbacks: Option<&Callbacks>,
) -> Result<Received, Miss> {
    let why = "no signing secret of the project was given (--secrets-file)";
    let callbacks = callbacks.ok_or_else(|| Miss::not_tried(why))?;
    let unheard = |error| Miss::not_tried(format!("{}: {error}", callbacks.listen));
    let listener = tokio::net::TcpListener::bind(callbacks.listen).await;
    let listener = listener.map_err(unheard)?;
    let address = listener.local_addr().map_err(unheard)?;
    let base = match &callbacks.reached_at {
        Some(url) => url.to_string(),
        None => format!("http://{address}"),
    };
    let inbox = Inbox::default();
    let router = Router::new()
        .route("/{name}", post(arrives))
        .layer(DefaultBodyLimit::max(1 << 20))
        .with_state(inbox.clone());
    let serving = async { axum::serve(listener, router).await };
    let trial = has_sent(bench, base.trim_end_matches('/'), &inbox);
    let ((retried, request), redirected, gone) = tokio::select! {
        tried = trial => tried?,
        served = serving => return Err(Miss::not_tried(format!("it does not listen: {served:?}"))),
    };
    Ok(Received {
        retried,
        request,
        redirected,
        elsewhere: inbox.so_far("elsewhere").len(),
        gone,
        secrets: callbacks.secrets.clone(),
    })
}

type Sent = ((Vec<Attempt>, Value), Vec<Attempt>, Vec<Attempt>);

async fn has_sent(bench: &Bench, base: &str, inbox: &Inbox) -> Result<Sent, Miss> {
    for name in ["retried", "redirected", "gone"] {
        let id = format!("callback-{name}");
        let mut body = bench.approval(&id);
        body["callback"] = json!({ "url": format!("{base}/{name}") });
        bench.asks(&body).await?;
        let deny = json!({ "decision": "deny", "reason": "Not on a Friday: ‘nobody’ is here" });
        bench.decides(&id, &deny).await?.good()?;
    }
    let retried = async {
        let attempts = inbox.at_least("retried", 2).await;
        // That the answer arrived is written down after it was given.
        let end = Instant::now() + Duration::from_secs(5);
        loop {
            let request = bench.request("callback-retried").await?;
            if request["callback"]["state"] == "delivered" || Instant::now() > end {
                return Ok::<_, Miss>((attempts, request));
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let redirected = inbox.at_least("redirected", 2);
    let gone = async {
        inbox.at_least("gone", 1).await;
        tokio::time::sleep(SILENCE).await;
        inbox.so_far("gone")
    };
    let (retried, redirected, gone) = tokio::join!(retried, redirected, gone);
    Ok((retried?, redirected, gone))
}

/// Tries each.
pub(super) async fn examine(examination: &mut Examination, received: Result<Received, Miss>) {
    let got = || received.as_ref().map_err(Clone::clone);
    let comes = async {
        let attempt = first(&got()?.retried)?;
        let body = json_of(attempt)?;
        let known = body["type"] == "request.denied" && body["timestamp"].is_string();
        ensure(known, || format!("its type is {}", body["type"]))?;
        let kind = text(attempt, "content-type");
        ensure(kind.starts_with("application/json"), || {
            format!("its content-type is {kind:?}")
        })
    };
    examination.check(&checks::CALLBACK_COMES, comes).await;
    let signed = async {
        let got = got()?;
        first(&got.retried)?;
        let mut all = [&got.retried, &got.redirected, &got.gone]
            .into_iter()
            .flatten();
        all.try_for_each(|attempt| is_signed(attempt, &got.secrets))
    };
    examination.check(&checks::CALLBACK_SIGNED, signed).await;
    let content = async { content(got()?) };
    examination.check(&checks::CALLBACK_CONTENT, content).await;
    let retried = async { identical(&got()?.retried) };
    examination.check(&checks::CALLBACK_RETRIED, retried).await;
    let redirect = async {
        let got = got()?;
        ensure(got.elsewhere == 0, || {
            "it went where the redirect said".to_owned()
        })?;
        identical(&got.redirected)
    };
    examination
        .check(&checks::CALLBACK_REDIRECT, redirect)
        .await;
    let gone = async {
        let gone = &got()?.gone;
        first(gone)?;
        ensure(gone.len() == 1, || format!("it came {} times", gone.len()))
    };
    examination.check(&checks::CALLBACK_GONE, gone).await;
    let state = async {
        let callback = &got()?.request["callback"];
        let delivered = callback["state"] == "delivered"
            && callback["attempts"] == 2
            && callback["delivered_at"].is_string();
        ensure(delivered, || format!("the callback is {callback}"))
    };
    examination.check(&checks::CALLBACK_STATE, state).await;
}

fn first(attempts: &[Attempt]) -> Result<&Attempt, Miss> {
    let never = || Miss::failed(format!("it did not come within {} s", PATIENCE.as_secs()));
    attempts.first().ok_or_else(never)
}

fn text<'a>(attempt: &'a Attempt, name: &str) -> &'a str {
    let value = attempt.headers.get(name);
    value
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
}

fn json_of(attempt: &Attempt) -> Result<Value, Miss> {
    serde_json::from_slice(&attempt.body)
        .map_err(|error| Miss::failed(format!("it is no JSON: {error}")))
}

fn is_signed(attempt: &Attempt, secrets: &[SigningSecret]) -> Outcome {
    let headers = Headers {
        id: text(attempt, signature::HEADER_ID),
        timestamp: text(attempt, signature::HEADER_TIMESTAMP),
        signature: text(attempt, signature::HEADER_SIGNATURE),
    };
    signature::verify(secrets, headers, &attempt.body, attempt.at, TOLERANCE).map_err(Miss::failed)
}

fn content(received: &Received) -> Outcome {
    let body = json_of(first(&received.retried)?)?;
    let mut expected = received.request.clone();
    if let Some(members) = expected.as_object_mut() {
        for absent in ["prompts", "claimed_at", "execution", "callback"] {
            members.remove(absent);
        }
    }
    let members = |value: &Value| value.as_object().cloned().unwrap_or_default();
    let (seen, expected) = (members(&body["data"]), members(&expected));
    let names: BTreeSet<&String> = seen.keys().chain(expected.keys()).collect();
    let differ = names
        .into_iter()
        .find(|name| seen.get(*name) != expected.get(*name));
    ensure(differ.is_none(), || {
        let name = differ.map_or("", String::as_str);
        let shown =
            |of: &Map<String, Value>| of.get(name).map_or("absent".to_owned(), Value::to_string);
        format!(
            "{name} is {}, and {} in the resource",
            shown(&seen),
            shown(&expected)
        )
    })
}

fn identical(attempts: &[Attempt]) -> Outcome {
    let [first, second, ..] = attempts else {
        return Err(Miss::failed(format!(
            "it came {} times within {} s",
            attempts.len(),
            PATIENCE.as_secs()
        )));
    };
    let ids = [first, second].map(|attempt| text(attempt, signature::HEADER_ID));
    ensure(!ids[0].is_empty() && ids[0] == ids[1], || {
        format!("its webhook-id is {:?}, and then {:?}", ids[0], ids[1])
    })?;
    ensure(first.body == second.body, || {
        "its bytes are others".to_owned()
    })
}
