//! Signoff's side of the adapter contract, played: it proves what comes, writes it down, and answers as a check wants.
//!
//! What is wrong with a call is written down and the call is answered all the same, so that one fault of an adapter is
//! one finding and not all of them.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use bytes::Bytes;
use futures_util::stream;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt as _, Full, Limited, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER};
use hyper::service::service_fn;
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use signoff_contract::adapter::{
    HEADER_CHANNEL, PairingBody, ReceiptBody, ResponseAnswer, ResponseBody, ResponseResult,
};
use signoff_contract::bodies::InvalidBody;
use signoff_contract::signature::{self, Headers, SigningSecret, TOLERANCE};
use signoff_contract::submission::MAX_BODY_BYTES;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, sleep, timeout_at};

use super::record::{Heard, Record, Reply};
use crate::peer;

/// What both sides know of the channel.
#[derive(Debug, Clone)]
pub struct Line {
    /// The channel's name.
    pub channel: String,
    /// The secret that both sides share.
    pub secret: SigningSecret,
}

/// What is read of a receipt that is not as it should be.
const RECEIPT_FIELDS: [&str; 7] = [
    "event_id",
    "prompt_id",
    "revision",
    "state",
    "retryable",
    "prompt_ref",
    "detail",
];

/// A Signoff that is played.
#[derive(Debug)]
pub struct StandIn {
    address: SocketAddr,
    shared: Arc<Shared>,
    serving: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Debug)]
struct Shared {
    line: Line,
    record: Mutex<Record>,
    news: Notify,
}

impl StandIn {
    /// Listens for the adapter.
    ///
    /// # Errors
    /// When the address cannot be listened on.
    pub async fn open(at: SocketAddr, line: Line) -> anyhow::Result<Self> {
        let listener = listen(at).await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            line,
            record: Mutex::default(),
            news: Notify::new(),
        });
        let serving = tokio::spawn(serve(listener, Arc::clone(&shared)));
        Ok(Self {
            address,
            shared,
            serving: Mutex::new(Some(serving)),
        })
    }

    /// Where it is: what the adapter is given as Signoff's URL.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(super) fn line(&self) -> &Line {
        &self.shared.line
    }

    /// Cannot be reached from now on.
    pub(super) async fn vanish(&self) {
        let serving = self
            .serving
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(serving) = serving {
            serving.abort();
            // With it go its connections; that it was cancelled is what was wanted.
            let _ = serving.await;
        }
    }

    /// Can be reached again, where it was.
    pub(super) async fn come_back(&self) -> anyhow::Result<()> {
        let listener = listen(self.address).await?;
        let serving = tokio::spawn(serve(listener, Arc::clone(&self.shared)));
        *self.serving.lock().unwrap_or_else(PoisonError::into_inner) = Some(serving);
        Ok(())
    }

    pub(super) fn record(&self) -> MutexGuard<'_, Record> {
        self.shared.lock()
    }

    /// Waits until something is true of what was heard; whether it came true in time.
    pub(super) async fn until(
        &self,
        patience: Duration,
        mut true_now: impl FnMut(&Record) -> bool,
    ) -> bool {
        let end = Instant::now() + patience;
        loop {
            let news = self.shared.news.notified();
            tokio::pin!(news);
            news.as_mut().enable();
            if true_now(&self.record()) {
                return true;
            }
            if timeout_at(end, news).await.is_err() {
                return false;
            }
        }
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        let mut serving = self.serving.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(serving) = serving.take() {
            serving.abort();
        }
    }
}

async fn listen(at: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(at)
        .await
        .with_context(|| format!("{at} cannot be listened on"))
}

/// Takes connections until it is aborted; they end with it.
async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // Out of file handles, or the peer was gone already.
            sleep(Duration::from_millis(50)).await;
            continue;
        };
        while connections.try_join_next().is_some() {}
        let shared = Arc::clone(&shared);
        connections.spawn(async move {
            let service = service_fn(|request| answer(request, Arc::clone(&shared)));
            let connection = hyper::server::conn::http1::Builder::new();
            // It ends with an error when a check wants it to break.
            let _ = connection
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

/// What makes hyper close a connection without an answer.
#[derive(Debug)]
struct Broken;

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("broken on purpose")
    }
}

impl std::error::Error for Broken {}

type Answer = Response<BoxBody<Bytes, Broken>>;

async fn answer(request: Request<Incoming>, shared: Arc<Shared>) -> Result<Answer, Broken> {
    let (head, body) = request.into_parts();
    let target = head.uri.path_and_query().map_or("", |it| it.as_str());
    let body = match Limited::new(body, MAX_BODY_BYTES).collect().await {
        Ok(body) => body.to_bytes(),
        Err(_) => return Ok(problem(413, "payload_too_large", None)),
    };
    let asked = head.uri.path().strip_prefix("/v1/adapter/");
    match (&head.method, asked) {
        (&Method::POST, Some("responses")) => {
            shared.kind("responses", &head.headers);
            shared.prove("responses", &head.headers, &body);
            shared.response(&head.headers, &body).await
        }
        (&Method::POST, Some("receipts")) => {
            shared.kind("receipts", &head.headers);
            shared.prove("receipts", &head.headers, &body);
            Ok(shared.receipt(&body))
        }
        (&Method::POST, Some("pairings")) => {
            shared.kind("pairings", &head.headers);
            shared.prove("pairings", &head.headers, &body);
            shared.read("pairings", PairingBody::parse(&body));
            Ok(ok(&json!({ "result": "invalid_token" })))
        }
        (&Method::GET, Some("pending")) => {
            shared.prove("pending", &head.headers, target.as_bytes());
            Ok(ok(&json!({ "prompts": [], "more": 0 })))
        }
        _ => Ok(problem(404, "not_found", None)),
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Record> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes down what is wrong with a call's headers.
    fn prove(&self, operation: &str, headers: &HeaderMap, signed: &[u8]) {
        let wrong = self.unproved(headers, signed);
        let mut record = self.lock();
        record.calls += 1;
        if let Some(wrong) = wrong {
            record.unproved.push(format!("{operation}: {wrong}"));
        }
    }

    fn unproved(&self, headers: &HeaderMap, signed: &[u8]) -> Option<String> {
        let channel = header(headers, HEADER_CHANNEL);
        if channel != Some(&self.line.channel) {
            return Some(format!("{HEADER_CHANNEL} is {channel:?}"));
        }
        let (Some(id), Some(timestamp), Some(signature)) = (
            header(headers, signature::HEADER_ID),
            header(headers, signature::HEADER_TIMESTAMP),
            header(headers, signature::HEADER_SIGNATURE),
        ) else {
            return Some("one of the webhook- headers is not there once".to_owned());
        };
        let proof = Headers {
            id,
            timestamp,
            signature,
        };
        let secrets = std::slice::from_ref(&self.line.secret);
        let verified = signature::verify(secrets, proof, signed, peer::now(), TOLERANCE);
        verified.err().map(|why| why.to_string())
    }

    /// Writes down when a body is said to be something else than JSON: a service takes none of that.
    fn kind(&self, operation: &str, headers: &HeaderMap) {
        let Some(kind) = headers.get(CONTENT_TYPE) else {
            return;
        };
        let json = kind.to_str().is_ok_and(|kind| {
            let essence = kind.split(';').next().unwrap_or_default();
            essence.trim().eq_ignore_ascii_case("application/json")
        });
        if !json {
            let wrong = format!("{operation}: its Content-Type is {kind:?}");
            self.lock().misshapen.push(wrong);
        }
    }

    /// Writes down what is wrong with a body.
    fn read<T>(&self, operation: &str, parsed: Result<T, InvalidBody>) -> Option<T> {
        match parsed {
            Ok(body) => Some(body),
            Err(why) => {
                let why = explained(why);
                self.lock().misshapen.push(format!("{operation}: {why}"));
                None
            }
        }
    }

    async fn response(&self, headers: &HeaderMap, body: &[u8]) -> Result<Answer, Broken> {
        self.read("responses", ResponseBody::parse(body));
        let Ok(body) = serde_json::from_slice::<Value>(body) else {
            return Ok(problem(400, "invalid_json", None));
        };
        let (place, reply) = self.write_down(headers, body);
        self.news.notify_waiters();
        let (status, answer) = match reply {
            Reply::Says(answer) => (200, ok(&json!(answer))),
            Reply::Slowly(after, answer) => {
                sleep(after).await;
                (200, ok(&json!(answer)))
            }
            Reply::Refuses(status, after) => {
                let code = match status {
                    400 => "validation_failed",
                    429 => "rate_limited",
                    _ => "store_unavailable",
                };
                (status, problem(status, code, after))
            }
            Reply::Breaks => return Err(Broken),
            Reply::BreaksOff => return Ok(half()),
        };
        if let Some(heard) = self.lock().heard.get_mut(place) {
            heard.answered = Some((status, Instant::now()));
        }
        self.news.notify_waiters();
        Ok(answer)
    }

    /// Keeps a response, and says at which place and what it gets.
    fn write_down(&self, headers: &HeaderMap, body: Value) -> (usize, Reply) {
        let message_id = header(headers, signature::HEADER_ID).unwrap_or_default();
        let sent_at = header(headers, signature::HEADER_TIMESTAMP);
        let mut record = self.lock();
        let mut heard = Heard {
            deed: None,
            at: Instant::now(),
            message_id: message_id.to_owned(),
            sent_at: sent_at.and_then(|sent| sent.parse().ok()),
            body,
            answered: None,
        };
        let event = heard.event_id().to_owned();
        let known = record.heard.iter().find(|it| it.event_id() == event);
        heard.deed = match known {
            Some(known) => known.deed,
            None => record.done.len().checked_sub(1),
        };
        let taken = || Reply::Says(taken("Taken."));
        let reply = match record.said.get(&event) {
            Some(said) => said.clone(),
            None => record.replies.pop_front().unwrap_or_else(taken),
        };
        // What is durable, and what will never change, is said again; the rest may be better next time.
        let for_good = match &reply {
            Reply::Says(answer) | Reply::Slowly(_, answer) => Some(Reply::Says(answer.clone())),
            Reply::Refuses(400 | 413, _) => Some(reply.clone()),
            Reply::Refuses(..) => None,
            Reply::Breaks | Reply::BreaksOff => Some(taken()),
        };
        if let Some(for_good) = for_good {
            record.said.insert(event, for_good);
        }
        record.heard.push(heard);
        (record.heard.len() - 1, reply)
    }

    fn receipt(&self, body: &[u8]) -> Answer {
        // What has more than it should still says what became of the prompt.
        let lenient = || {
            let mut body: Value = serde_json::from_slice(body).ok()?;
            body.as_object_mut()?
                .retain(|name, _| RECEIPT_FIELDS.contains(&name.as_str()));
            serde_json::from_value(body).ok()
        };
        let strict = self.read("receipts", ReceiptBody::parse(body));
        let Some(receipt) = strict.or_else(lenient) else {
            return problem(400, "validation_failed", None);
        };
        self.lock().receipts.push(receipt);
        self.news.notify_waiters();
        ok(&json!({ "result": "recorded" }))
    }
}

/// The answer that a response decided, with these words for the person.
pub(super) fn taken(message: impl Into<String>) -> ResponseAnswer {
    ResponseAnswer::in_words(ResponseResult::Applied, None, message.into())
}

/// A header that comes once.
fn header<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let mut values = headers.get_all(name).iter();
    let (Some(only), None) = (values.next(), values.next()) else {
        return None;
    };
    only.to_str().ok()
}

fn explained(why: InvalidBody) -> String {
    let problem = signoff_contract::Problem::from(why);
    let fields = problem.errors.iter();
    let fields: Vec<String> = fields
        .map(|error| format!("{} {}", error.field, error.detail))
        .collect();
    if fields.is_empty() {
        problem.detail
    } else {
        fields.join("; ")
    }
}

/// The beginning of an answer of 200, and nothing after it.
fn half() -> Answer {
    let begun = Frame::data(Bytes::from_static(b"{\"result\":\"app"));
    let body = StreamBody::new(stream::iter([Ok(begun), Err(Broken)]));
    let mut answer = Response::new(body.boxed());
    let json = HeaderValue::from_static("application/json");
    answer.headers_mut().insert(CONTENT_TYPE, json);
    answer
}

fn ok(body: &Value) -> Answer {
    respond(200, "application/json", body, None)
}

fn problem(status: u16, code: &str, retry_after: Option<u64>) -> Answer {
    let body = json!({ "title": "Played by the conformance kit", "status": status, "code": code });
    respond(status, "application/problem+json", &body, retry_after)
}

fn respond(status: u16, kind: &str, body: &Value, retry_after: Option<u64>) -> Answer {
    let body = Full::new(Bytes::from(body.to_string())).map_err(|never| match never {});
    let mut answer = Response::new(body.boxed());
    *answer.status_mut() = hyper::StatusCode::from_u16(status).unwrap_or_default();
    let headers = answer.headers_mut();
    if let Ok(kind) = kind.parse() {
        headers.insert(CONTENT_TYPE, kind);
    }
    if let Some(seconds) = retry_after {
        headers.insert(RETRY_AFTER, seconds.into());
    }
    answer
}
