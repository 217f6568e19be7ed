//! A small client of the native API, for the commands that talk to a running service.

mod connect;
mod error;

use std::time::Duration;

use reqwest::{Method, RequestBuilder, Response};
use serde::Deserialize;
use serde_json::{Value, json};
use signoff_contract::{CorrelationId, DecisionBody, Problem, RequestResource, Status};
use url::Url;

pub(crate) use connect::Connection;
pub(crate) use error::ClientError;

use crate::config::Secret;

/// How long one long poll holds; the service allows 60 s.
const WAIT: Duration = Duration::from_secs(50);
/// How long anything else may take.
const TIMEOUT: Duration = Duration::from_secs(15);

/// A service and the key to it.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    http: reqwest::Client,
    base: Url,
    key: Secret,
}

/// A page of requests.
#[derive(Debug, Deserialize)]
pub(crate) struct Page {
    /// The requests, newest first.
    pub(crate) items: Vec<RequestResource>,
    /// Where the next page begins.
    pub(crate) next_cursor: Option<String>,
}

impl Client {
    /// Submits a request; the same body again is always safe.
    pub(crate) async fn submit(&self, body: Vec<u8>) -> Result<RequestResource, ClientError> {
        let call = self.call(Method::POST, &["v1", "requests"]);
        self.read(call.header("content-type", "application/json").body(body))
            .await
    }

    /// The request as it is now.
    pub(crate) async fn get(&self, id: &CorrelationId) -> Result<RequestResource, ClientError> {
        self.read(self.call(Method::GET, &["v1", "requests", id.as_str()]))
            .await
    }

    /// The request when it has ended, or as it is after a while.
    pub(crate) async fn wait(&self, id: &CorrelationId) -> Result<RequestResource, ClientError> {
        let call = self
            .call(Method::GET, &["v1", "requests", id.as_str()])
            .query(&[("wait_seconds", WAIT.as_secs())])
            .timeout(WAIT + TIMEOUT);
        self.read(call).await
    }

    /// A page of the project's requests.
    pub(crate) async fn list(
        &self,
        status: Option<Status>,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<Page, ClientError> {
        let mut call = self
            .call(Method::GET, &["v1", "requests"])
            .query(&[("limit", limit)]);
        if let Some(status) = status {
            call = call.query(&[("status", status.as_str())]);
        }
        if let Some(cursor) = cursor {
            call = call.query(&[("cursor", cursor)]);
        }
        self.read(call).await
    }

    /// Withdraws a request.
    pub(crate) async fn cancel(
        &self,
        id: &CorrelationId,
        reason: Option<&str>,
    ) -> Result<RequestResource, ClientError> {
        let call = self.call(Method::POST, &["v1", "requests", id.as_str(), "cancel"]);
        let body = reason.map_or_else(|| json!({}), |reason| json!({ "reason": reason }));
        self.read(call.json(&body)).await
    }

    /// Decides a request, as the key's approver.
    pub(crate) async fn decide(
        &self,
        id: &CorrelationId,
        decision: &DecisionBody,
    ) -> Result<RequestResource, ClientError> {
        let call = self.call(Method::POST, &["v1", "requests", id.as_str(), "decision"]);
        self.read(call.json(decision)).await
    }

    fn call(&self, method: Method, path: &[&str]) -> RequestBuilder {
        let mut url = self.base.clone();
        // A URL with a host, which `Connection` has checked, takes segments.
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        self.http
            .request(method, url)
            .bearer_auth(self.key.expose())
            .timeout(TIMEOUT)
    }

    async fn read<T: serde::de::DeserializeOwned>(
        &self,
        call: RequestBuilder,
    ) -> Result<T, ClientError> {
        let unreachable = |source: reqwest::Error| ClientError::Unreachable {
            url: self.base.to_string(),
            source: source.without_url(),
        };
        let response = call.send().await.map_err(unreachable)?;
        let status = response.status();
        if status.is_success() {
            let body = response.bytes().await.map_err(unreachable)?;
            return serde_json::from_slice(&body).map_err(|source| ClientError::Unreadable {
                url: self.base.to_string(),
                source,
            });
        }
        Err(self.refusal(response).await)
    }

    async fn refusal(&self, response: Response) -> ClientError {
        let status = response.status().as_u16();
        let body = response.bytes().await.unwrap_or_default();
        match serde_json::from_slice::<Problem>(&body) {
            Ok(problem) => ClientError::Refused(Box::new(problem)),
            // Not one of ours: a proxy's answer, or a code that this version does not know.
            Err(_) => ClientError::NotOurs {
                url: self.base.to_string(),
                status,
                detail: detail(&body),
            },
        }
    }
}

/// What a foreign answer says, when it says it as ours do.
fn detail(body: &[u8]) -> String {
    let value: Value = serde_json::from_slice(body).unwrap_or_default();
    value["detail"]
        .as_str()
        .map_or_else(String::new, |detail| format!(": {detail}"))
}
