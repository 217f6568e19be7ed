//! Calls of the API, and what they are answered with.

use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderMap};
use reqwest::{Method, StatusCode};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use url::Url;

use crate::{Miss, Unreachable, peer};

/// How long a call may take: a long poll takes up to a minute.
const TIMEOUT: Duration = Duration::from_secs(75);
/// How much of an answer is shown where it is not the expected one, in characters.
const SHOWN: usize = 300;

/// Someone with a key, or without one.
#[derive(Debug, Clone)]
pub(super) struct Caller {
    http: reqwest::Client,
    base: Url,
    key: Option<SecretString>,
}

/// What a call was answered with.
#[derive(Debug)]
pub(super) struct Answer {
    /// The call.
    call: String,
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) text: String,
    /// The text as JSON; null when it is none.
    pub(super) body: Value,
}

impl Caller {
    /// Someone without a key.
    pub(super) fn nobody(base: &Url) -> Result<Self, Unreachable> {
        let http = peer::http()
            .user_agent(concat!("signoff-conformance/", env!("CARGO_PKG_VERSION")))
            .timeout(TIMEOUT)
            .build()
            .map_err(|error| Unreachable::because(base, error))?;
        Ok(Self {
            http,
            base: base.clone(),
            key: None,
        })
    }

    /// The same with this key.
    pub(super) fn with_key(&self, key: SecretString) -> Self {
        Self {
            key: Some(key),
            ..self.clone()
        }
    }

    pub(super) async fn get(&self, path: &str) -> Result<Answer, Miss> {
        self.send(self.call(Method::GET, path), path).await
    }

    pub(super) async fn post(&self, path: &str, body: &Value) -> Result<Answer, Miss> {
        self.post_text(path, body.to_string()).await
    }

    pub(super) async fn post_text(&self, path: &str, body: String) -> Result<Answer, Miss> {
        let call = self.call(Method::POST, path).body(body);
        self.send(call.header(CONTENT_TYPE, "application/json"), path)
            .await
    }

    /// A call, to be completed and sent.
    pub(super) fn call(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let base = self.base.as_str().trim_end_matches('/');
        let call = self.http.request(method, format!("{base}{path}"));
        match &self.key {
            Some(key) => call.bearer_auth(key.expose_secret()),
            None => call,
        }
    }

    /// Makes a call of this path.
    pub(super) async fn send(
        &self,
        call: reqwest::RequestBuilder,
        path: &str,
    ) -> Result<Answer, Miss> {
        let failed = |error| Miss::failed(format!("{path}: {}", peer::causes(error)));
        let call = call.build().map_err(failed)?;
        let said = format!("{} {path}", call.method());
        let answer = self.http.execute(call).await.map_err(failed)?;
        let (status, headers) = (answer.status(), answer.headers().clone());
        let text = answer.text().await.map_err(failed)?;
        Ok(Answer {
            call: said,
            status,
            headers,
            body: serde_json::from_str(&text).unwrap_or_default(),
            text,
        })
    }
}

impl Answer {
    /// It has this status.
    pub(super) fn is(self, status: u16) -> Result<Self, Miss> {
        if self.status.as_u16() == status {
            Ok(self)
        } else {
            Err(self.unexpected(&status.to_string()))
        }
    }

    /// It says that it worked.
    pub(super) fn good(self) -> Result<Self, Miss> {
        if self.status.is_success() {
            Ok(self)
        } else {
            Err(self.unexpected("2xx"))
        }
    }

    /// It is a refusal for this reason.
    pub(super) fn refuses(self, status: u16, code: &str) -> Result<Self, Miss> {
        let answer = self.is(status)?;
        if answer.body["code"] == code {
            Ok(answer)
        } else {
            Err(answer.unexpected(code))
        }
    }

    /// The miss of an answer that should have been another one.
    pub(super) fn unexpected(&self, wanted: &str) -> Miss {
        let shown: String = self.text.chars().take(SHOWN).collect();
        let (call, status) = (&self.call, self.status);
        Miss::failed(format!("{call}: {status} and not {wanted}: {shown}"))
    }

    /// A header's text; empty when it is not there.
    pub(super) fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    /// The pointers of what a refused body got wrong.
    pub(super) fn fields(&self) -> Vec<&str> {
        let errors = self.body["errors"].as_array().into_iter().flatten();
        errors.filter_map(|error| error["field"].as_str()).collect()
    }
}

/// It is so, or this was seen instead.
pub(super) fn ensure(so: bool, seen: impl FnOnce() -> String) -> Result<(), Miss> {
    if so {
        Ok(())
    } else {
        Err(Miss::Failed(seen()))
    }
}
