//! The Bot API over HTTP: one call, one answer, typed failures. What the calls say is in
//! `api.rs`; what refusals mean is in `classify.rs`.
//!
//! Payloads are teloxide's, because their field names are checked there; they are sent from
//! here, because teloxide's client sleeps ten seconds on a 5xx, gives up after 17, drops
//! `error_code` and does not know several of today's texts. What teloxide lacks (a button's
//! `style`) is merged into the JSON.

mod classify;
mod file;

use std::fmt;
use std::time::Duration;

use reqwest::multipart::{Form, Part};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use serde_json::{Map, Value};
use teloxide_core::requests::Payload;
use url::Url;

pub(crate) use self::classify::{ApiError, Conflict, Processed, Unreachable};
use self::classify::{Envelope, classify};
pub(crate) use self::file::FileError;
use crate::{Error, Health, Metrics};

/// The longest that a connection may take to open.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// The longest that an ordinary call may take. The server gives itself about as long.
const CALL_TIMEOUT: Duration = Duration::from_secs(20);
/// How long a connection may lie idle. Shorter than servers keep theirs: a send on a connection
/// that the server just closed may or may not have arrived.
const IDLE_TIMEOUT: Duration = Duration::from_secs(20);
/// Beyond the poll's own timeout: time for an answer that was on its way.
const POLL_MARGIN: Duration = Duration::from_secs(10);

/// Calls one bot's API.
#[derive(Clone)]
pub(crate) struct Client {
    http: reqwest::Client,
    api_url: Url,
    token: SecretString,
    metrics: Metrics,
    health: Health,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("api_url", &self.api_url.as_str())
            .finish_non_exhaustive()
    }
}

/// A file to send.
#[derive(Debug, Clone)]
pub(crate) struct Upload {
    pub(crate) field: &'static str,
    pub(crate) file_name: String,
    pub(crate) mime_type: &'static str,
    pub(crate) bytes: Vec<u8>,
}

impl Client {
    /// A client without a proxy (the environment's must not learn the token) and without
    /// redirects (the Bot API has none).
    pub(crate) fn new(
        api_url: Url,
        token: SecretString,
        metrics: Metrics,
        health: Health,
    ) -> Result<Self, Error> {
        let http = reqwest::Client::builder()
            .no_proxy()
            .connect_timeout(CONNECT_TIMEOUT)
            .pool_idle_timeout(IDLE_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| Error::Http(error.without_url()))?;
        Ok(Self {
            http,
            api_url,
            token,
            metrics,
            health,
        })
    }

    /// Calls a method with a payload.
    pub(crate) async fn call<P: Payload + Serialize>(
        &self,
        payload: &P,
    ) -> Result<Value, ApiError> {
        self.call_with(payload, Map::new()).await
    }

    /// Calls a method with a payload and with members that its type lacks.
    pub(crate) async fn call_with<P: Payload + Serialize>(
        &self,
        payload: &P,
        more: Map<String, Value>,
    ) -> Result<Value, ApiError> {
        let mut body = match serde_json::to_value(payload) {
            Ok(Value::Object(body)) => body,
            Ok(_) => Map::new(),
            Err(error) => return Err(not_sent(&error)),
        };
        body.extend(more);
        let wait = payload.timeout_hint();
        let timeout = wait.map_or(CALL_TIMEOUT, |wait| wait.saturating_add(POLL_MARGIN));
        let method = camel_case(P::NAME);
        let request = self
            .http
            .post(self.url(&method))
            .timeout(timeout)
            .json(&body);
        self.answer(&method, request).await
    }

    /// Calls a method whose payload no type of teloxide's can be sent as.
    pub(crate) async fn call_raw(
        &self,
        method: &str,
        body: Map<String, Value>,
    ) -> Result<Value, ApiError> {
        let request = self
            .http
            .post(self.url(method))
            .timeout(CALL_TIMEOUT)
            .json(&body);
        self.answer(method, request).await
    }

    /// Calls a method with a file.
    pub(crate) async fn upload(
        &self,
        method: &str,
        fields: &[(&'static str, String)],
        file: Upload,
    ) -> Result<Value, ApiError> {
        let part = Part::bytes(file.bytes)
            .file_name(file.file_name)
            .mime_str(file.mime_type)
            .map_err(|error| not_sent(&error))?;
        let form = fields
            .iter()
            .fold(Form::new(), |form, (name, value)| {
                form.text(*name, value.clone())
            })
            .part(file.field, part);
        let request = self
            .http
            .post(self.url(method))
            .timeout(CALL_TIMEOUT)
            .multipart(form);
        self.answer(method, request).await
    }

    /// The address of a method. It holds the token: it goes to reqwest and nowhere else.
    fn url(&self, method: &str) -> String {
        let base = self.api_url.as_str().trim_end_matches('/');
        format!("{base}/bot{}/{method}", self.token.expose_secret())
    }

    async fn answer(
        &self,
        method: &str,
        request: reqwest::RequestBuilder,
    ) -> Result<Value, ApiError> {
        let result = receive(request, self.token.expose_secret()).await;
        let outcome = result.as_ref().map_or_else(ApiError::label, |_| "ok");
        self.metrics.called(method, outcome);
        match &result {
            Ok(_) => self.health.reached(),
            Err(error) => self.health.failed(error),
        }
        result
    }
}

/// Sends one request and reads its answer. A server in between may say the address back to us, and
/// the token is in it.
async fn receive(request: reqwest::RequestBuilder, token: &str) -> Result<Value, ApiError> {
    let response = request.send().await.map_err(network)?;
    let status = response.status().as_u16();
    let body = response.bytes().await.map_err(network)?;
    match serde_json::from_slice::<Envelope>(&body) {
        Ok(Envelope {
            ok: true, result, ..
        }) => Ok(result.unwrap_or(Value::Null)),
        Ok(envelope) => Err(classify(envelope.without(token), status)),
        // A proxy in between answers in HTML.
        Err(_) if status >= 500 => Err(ApiError::Server { status }),
        Err(_) => Err(ApiError::Network {
            processed: Processed::Maybe,
            cause: format!("the answer ({status}) is not JSON"),
        }),
    }
}

/// A call without an answer. Only a connection that never opened proves that nothing happened.
fn network(error: reqwest::Error) -> ApiError {
    let processed = if error.is_connect() {
        Processed::No
    } else {
        Processed::Maybe
    };
    let what = if error.is_timeout() {
        "no answer in time"
    } else if error.is_connect() {
        "no connection"
    } else {
        "the connection broke"
    };
    let detail = innermost(&error.without_url());
    ApiError::Network {
        processed,
        cause: format!("Telegram: {what} ({detail})"),
    }
}

/// The last link of an error's chain: the one that says what happened.
fn innermost(error: &dyn std::error::Error) -> String {
    let mut last = error;
    while let Some(source) = last.source() {
        last = source;
    }
    last.to_string()
}

fn not_sent(error: &dyn std::error::Error) -> ApiError {
    ApiError::Network {
        processed: Processed::No,
        cause: format!("the call cannot be written: {error}"),
    }
}

/// `GetMe` → `getMe`: the documentation's spelling, in which people look for it in metrics.
fn camel_case(name: &str) -> String {
    let mut chars = name.chars();
    chars.next().map_or_else(String::new, |first| {
        first.to_lowercase().chain(chars).collect()
    })
}
