//! The calls.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use reqwest::{Method, RequestBuilder, Response};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use signoff_contract::{
    DecisionBody, Digest, EventResource, ExecutionBody, Problem, RequestResource, Status,
};
use url::Url;

use crate::{Error, InvalidSetup};

/// How long one long poll holds; the service allows 60 s.
const WAIT: Duration = Duration::from_secs(50);
/// How long anything else may take.
const TIMEOUT: Duration = Duration::from_secs(15);
/// How often a submission is tried before the service counts as unreachable.
const SUBMIT_ATTEMPTS: u32 = 4;
/// How long to wait between attempts.
pub(crate) const PAUSE: Duration = Duration::from_secs(1);
/// How long after its deadline a request is still waited for, while the service is unreachable.
const GRACE: SignedDuration = SignedDuration::from_mins(2);

/// A service and the key to it. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    base: Url,
    key: SecretString,
}

/// A page of requests.
#[derive(Debug, Clone, Deserialize)]
pub struct Page {
    /// The requests, newest first.
    pub items: Vec<RequestResource>,
    /// Where the next page begins; `None` after the last.
    pub next_cursor: Option<String>,
}

impl Client {
    /// A client for the service at this URL, with this key. Nothing is sent.
    ///
    /// No proxy from the environment is used and no redirect followed.
    ///
    /// # Errors
    /// [`InvalidSetup`] when one of them is none.
    pub fn new(url: &str, key: &str) -> Result<Self, InvalidSetup> {
        let base = Url::parse(url)
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
            .ok_or(InvalidSetup::Url)?;
        if !base.username().is_empty() || base.password().is_some() || base.query().is_some() {
            return Err(InvalidSetup::Credentials);
        }
        if !is_key(key) {
            return Err(InvalidSetup::Key);
        }
        let http = reqwest::Client::builder()
            .no_proxy()
            .connect_timeout(Duration::from_secs(5))
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("signoff-client/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(InvalidSetup::Http)?;
        Ok(Self {
            http,
            base,
            key: SecretString::from(key),
        })
    }

    /// Submits a request, and answers once it is durable. `ask` is an [`Ask`](crate::Ask), or anything that
    /// serialises as the body of `POST /v1/requests`.
    ///
    /// The same body again never asks twice, so a call that may work later is tried four times.
    pub async fn submit(&self, ask: &impl Serialize) -> Result<RequestResource, Error> {
        let mut attempt = 1;
        loop {
            let call = self.call(Method::POST, &["requests"]).json(ask);
            match self.read(call).await {
                Err(error) if error.is_passing() && attempt < SUBMIT_ATTEMPTS => {
                    attempt += 1;
                    tokio::time::sleep(PAUSE).await;
                }
                done => return done,
            }
        }
    }

    /// The request as it is now.
    pub async fn get(&self, id: &str) -> Result<RequestResource, Error> {
        self.read(self.call(Method::GET, &["requests", id])).await
    }

    /// One long poll: the request when it has ended, or as it is after 50 s.
    pub async fn wait(&self, id: &str) -> Result<RequestResource, Error> {
        let call = self
            .call(Method::GET, &["requests", id])
            .query(&[("wait_seconds", WAIT.as_secs())])
            .timeout(WAIT + TIMEOUT);
        self.read(call).await
    }

    /// Waits until the request has ended, for as long as that takes: it has a deadline of its own.
    ///
    /// A service that is away is waited for until two minutes after that deadline, because the request is
    /// durable and the answer may be there when it is back.
    pub async fn outcome(&self, id: &str) -> Result<RequestResource, Error> {
        self.outcome_telling(id, |_| ()).await
    }

    /// The same; tells each time that the service has gone away.
    pub async fn outcome_telling(
        &self,
        id: &str,
        mut gone: impl FnMut(&Error),
    ) -> Result<RequestResource, Error> {
        let mut give_up = crate::now().saturating_add(GRACE).unwrap_or(Timestamp::MAX);
        let mut away = false;
        loop {
            let asked = tokio::time::Instant::now();
            match self.wait(id).await {
                Ok(request) if request.status.is_terminal() => return Ok(request),
                Ok(request) => {
                    let deadline = request.expires_at.saturating_add(GRACE);
                    give_up = deadline.unwrap_or(Timestamp::MAX);
                    away = false;
                    // A service that stops answers at once: it is not asked without end.
                    if asked.elapsed() < PAUSE {
                        tokio::time::sleep(PAUSE).await;
                    }
                }
                Err(error) if error.is_passing() && crate::now() < give_up => {
                    if !away {
                        gone(&error);
                    }
                    away = true;
                    tokio::time::sleep(PAUSE).await;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// A page of the project's requests, newest first. `cursor` is that of the page before.
    pub async fn list(
        &self,
        status: Option<Status>,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<Page, Error> {
        let mut call = self
            .call(Method::GET, &["requests"])
            .query(&[("limit", limit)]);
        if let Some(status) = status {
            call = call.query(&[("status", status.as_str())]);
        }
        if let Some(cursor) = cursor {
            call = call.query(&[("cursor", cursor)]);
        }
        self.read(call).await
    }

    /// Withdraws a request. One that has ended is refused with `already_decided` and its outcome.
    pub async fn cancel(&self, id: &str, reason: Option<&str>) -> Result<RequestResource, Error> {
        let body = reason.map_or_else(|| json!({}), |reason| json!({ "reason": reason }));
        self.post(id, "cancel", &body).await
    }

    /// Decides a request, as the key's approver (scope `decisions:write`).
    pub async fn decide(
        &self,
        id: &str,
        decision: &DecisionBody,
    ) -> Result<RequestResource, Error> {
        self.post(id, "decision", decision).await
    }

    /// Takes an approved action for use, once: the executor's side. `intent` is the digest of what is about
    /// to be run ([`Digest::of_action`]), so that nothing else runs than what was approved.
    pub async fn claim(&self, id: &str, intent: Digest) -> Result<RequestResource, Error> {
        self.post(id, "claim", &json!({ "intent_digest": intent }))
            .await
    }

    /// Reports what came of an approved action; it appears on the card and in the audit.
    pub async fn report(
        &self,
        id: &str,
        execution: &ExecutionBody,
    ) -> Result<RequestResource, Error> {
        self.post(id, "execution", execution).await
    }

    /// What has happened to a request so far, in order.
    pub async fn history(&self, id: &str) -> Result<Vec<EventResource>, Error> {
        #[derive(Deserialize)]
        struct Events {
            items: Vec<EventResource>,
        }
        let call = self.call(Method::GET, &["requests", id, "events"]);
        Ok(self.read::<Events>(call).await?.items)
    }

    async fn post(
        &self,
        id: &str,
        what: &str,
        body: &impl Serialize,
    ) -> Result<RequestResource, Error> {
        let call = self.call(Method::POST, &["requests", id, what]);
        self.read(call.json(body)).await
    }

    /// A call of `/v1/…`. An id is one segment, whatever is in it.
    pub(crate) fn call(&self, method: Method, path: &[&str]) -> RequestBuilder {
        let mut url = self.base.clone();
        // A URL with a host, which `new` has checked, takes segments.
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().push("v1").extend(path);
        }
        self.http
            .request(method, url)
            .bearer_auth(self.key.expose_secret())
            .timeout(TIMEOUT)
    }

    /// The answer, when it is a success.
    pub(crate) async fn send(&self, call: RequestBuilder) -> Result<Response, Error> {
        let response = call.send().await.map_err(|e| self.unreachable(e))?;
        if response.status().is_success() {
            return Ok(response);
        }
        let status = response.status().as_u16();
        let body = response.bytes().await.unwrap_or_default();
        Err(match serde_json::from_slice::<Problem>(&body) {
            Ok(problem) => Error::Refused(Box::new(problem)),
            // Not one of ours: a proxy's answer, or a code that this version does not know.
            Err(_) => Error::NotOurs {
                url: self.base.to_string(),
                status,
                detail: detail(&body),
            },
        })
    }

    async fn read<T: DeserializeOwned>(&self, call: RequestBuilder) -> Result<T, Error> {
        let response = self.send(call).await?;
        let body = response.bytes().await.map_err(|e| self.unreachable(e))?;
        serde_json::from_slice(&body).map_err(|source| self.unreadable(source))
    }

    pub(crate) fn unreachable(&self, source: reqwest::Error) -> Error {
        Error::Unreachable {
            url: self.base.to_string(),
            source: source.without_url(),
        }
    }

    pub(crate) fn unreadable(
        &self,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Error {
        Error::Unreadable {
            url: self.base.to_string(),
            source: source.into(),
        }
    }
}

/// The contract's form of a key: `sgn_` and 43 characters of base64url.
fn is_key(text: &str) -> bool {
    text.strip_prefix("sgn_").is_some_and(|rest| {
        let base64url = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
        rest.len() == 43 && rest.bytes().all(base64url)
    })
}

/// What a foreign answer says, when it says it as ours do.
fn detail(body: &[u8]) -> String {
    let value: Value = serde_json::from_slice(body).unwrap_or_default();
    value["detail"]
        .as_str()
        .map_or_else(String::new, |detail| format!(": {detail}"))
}
