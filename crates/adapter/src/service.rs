//! Calls to the service: signed, bounded, and each with one meaning however often it is made.

use std::fmt;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, RequestBuilder, StatusCode, redirect};
use serde::Serialize;
use serde::de::DeserializeOwned;
use signoff_contract::adapter::HEADER_CHANNEL;
use signoff_contract::signature::{self, SigningSecret};
use signoff_core::errors::chain;
use signoff_engine::{ChannelHealth, Clock, Error, Reachability};
use url::Url;

/// The service answers within this time, or the call has failed.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Pauses after which it is called again when nothing listens: a service that is started again is
/// back within these, and whoever pressed a button is still waiting.
const AGAIN: [Duration; 4] = [
    Duration::from_millis(100),
    Duration::from_millis(200),
    Duration::from_millis(400),
    Duration::from_millis(800),
];
/// The longest answer that is read: fifty prompts with all that they may carry.
const ANSWER_BYTES: usize = 16 * 1024 * 1024;

/// Who calls whom.
#[derive(Debug, Clone)]
pub struct ServiceSettings {
    /// Where the service is; `/v1/adapter/…` comes after it.
    pub url: Url,
    /// The channel's name there.
    pub channel: String,
    /// Every one signs what is sent, and any of them what is received.
    pub secrets: Vec<SigningSecret>,
}

/// The service, as its adapter sees it.
pub struct Service {
    settings: ServiceSettings,
    client: Client,
    clock: Clock,
    health: Mutex<(Reachability, String)>,
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Service")
            .field("channel", &self.settings.channel)
            .finish_non_exhaustive()
    }
}

/// Why a call did not do what it should.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum CallError {
    /// The service refused the body itself, and will again.
    #[error("the service refused it: {0}")]
    Refused(String),
    /// Anything else: nothing is known to have happened.
    #[error("{0}")]
    Unreachable(String),
}

impl From<CallError> for Error {
    fn from(error: CallError) -> Self {
        Self::Unreachable(error.to_string())
    }
}

impl Service {
    /// The service at this address. Nothing is sent yet.
    ///
    /// # Errors
    /// When the HTTP client cannot be made.
    pub fn new(settings: ServiceSettings, clock: Clock) -> Result<Self, reqwest::Error> {
        let client = Client::builder()
            .user_agent(concat!("signoff-adapter/", env!("CARGO_PKG_VERSION")))
            .redirect(redirect::Policy::none())
            .no_proxy()
            .connect_timeout(TIMEOUT)
            .timeout(TIMEOUT)
            .build()?;
        Ok(Self {
            settings,
            client,
            clock,
            health: Mutex::new((Reachability::Unknown, "no contact yet".to_owned())),
        })
    }

    /// The channel's name.
    pub(crate) fn channel(&self) -> &str {
        &self.settings.channel
    }

    /// What proves that a message is the service's.
    pub(crate) fn secrets(&self) -> &[SigningSecret] {
        &self.settings.secrets
    }

    /// The time.
    pub(crate) fn clock(&self) -> &Clock {
        &self.clock
    }

    /// How the last call went.
    pub fn health(&self) -> ChannelHealth {
        let now = self.health.lock().unwrap_or_else(PoisonError::into_inner);
        ChannelHealth {
            name: "service".to_owned(),
            state: now.0,
            detail: now.1.clone(),
        }
    }

    /// Whether the service knows us: one signed question about nobody.
    pub async fn check(&self) -> ChannelHealth {
        let target = self.target("person", &[("user_id", "0")]);
        let _: Result<serde_json::Value, CallError> = self.get(target).await;
        self.health()
    }

    /// The address of an operation, with these parameters.
    pub(crate) fn target(&self, operation: &str, parameters: &[(&str, &str)]) -> Url {
        let mut url = self.settings.url.clone();
        let base = url.path().trim_end_matches('/');
        url.set_path(&format!("{base}/v1/adapter/{operation}"));
        if !parameters.is_empty() {
            url.query_pairs_mut().extend_pairs(parameters);
        }
        url
    }

    /// Asks. What is signed is path and query as they are sent.
    pub(crate) async fn get<T: DeserializeOwned>(&self, target: Url) -> Result<T, CallError> {
        let signed = match target.query() {
            Some(query) => format!("{}?{query}", target.path()),
            None => target.path().to_owned(),
        };
        let id = format!("ask-{:016x}", rand::random::<u64>());
        let request = self.client.get(target);
        self.call(request, &id, signed.as_bytes()).await
    }

    /// Says something. `id` is the same when the same is said again.
    pub(crate) async fn post<T: DeserializeOwned>(
        &self,
        operation: &str,
        id: &str,
        body: &impl Serialize,
    ) -> Result<T, CallError> {
        let body = serde_json::to_string(body)
            .map_err(|why| CallError::Refused(format!("it cannot be written: {why}")))?;
        let request = self.client.post(self.target(operation, &[]));
        let request = request
            .header(CONTENT_TYPE, "application/json")
            .body(body.clone());
        // An id that is signed has no full stop.
        let id = id.replace('.', "-");
        self.call(request, &id, body.as_bytes()).await
    }

    async fn call<T: DeserializeOwned>(
        &self,
        request: RequestBuilder,
        id: &str,
        signed: &[u8],
    ) -> Result<T, CallError> {
        let answer = self.exchange(request, id, signed).await;
        let news = match &answer {
            Ok(_) | Err(CallError::Refused(_)) => {
                let at = signoff_contract::time::format(self.clock.now());
                (Reachability::Reachable, format!("last contact {at}"))
            }
            Err(CallError::Unreachable(cause)) => (Reachability::Unreachable, cause.clone()),
        };
        *self.health.lock().unwrap_or_else(PoisonError::into_inner) = news;
        answer
    }

    async fn exchange<T: DeserializeOwned>(
        &self,
        request: RequestBuilder,
        id: &str,
        signed: &[u8],
    ) -> Result<T, CallError> {
        let at = self.clock.now().as_second();
        let unreachable = |why: &dyn fmt::Display| CallError::Unreachable(why.to_string());
        let signature = signature::sign(&self.settings.secrets, id, at, signed)
            .map_err(|why| CallError::Refused(why.to_string()))?;
        let request = request
            .header(HEADER_CHANNEL, &self.settings.channel)
            .header(signature::HEADER_ID, id)
            .header(signature::HEADER_TIMESTAMP, at)
            .header(signature::HEADER_SIGNATURE, signature);
        let mut pauses = AGAIN.into_iter();
        let answer = loop {
            let Some(once) = request.try_clone() else {
                return Err(unreachable(&"it cannot be said twice"));
            };
            match once.send().await {
                Err(error) if error.is_connect() => match pauses.next() {
                    Some(pause) => tokio::time::sleep(pause).await,
                    None => break Err(error),
                },
                answer => break answer,
            }
        };
        // Without the address: a question holds the id of a person.
        let mut answer = answer.map_err(|error| unreachable(&chain(&error.without_url())))?;
        let status = answer.status();
        let mut body = Vec::new();
        loop {
            let chunk = answer.chunk().await;
            match chunk.map_err(|error| unreachable(&chain(&error.without_url())))? {
                None => break,
                Some(chunk) if body.len() + chunk.len() > ANSWER_BYTES => {
                    return Err(unreachable(&"its answer is too long"));
                }
                Some(chunk) => body.extend_from_slice(&chunk),
            }
        }
        match status {
            StatusCode::OK => serde_json::from_slice(&body).map_err(|why| {
                let what = "its answer is none of the contract's";
                unreachable(&format!(
                    "{what} ({why}): is the service older than this adapter?"
                ))
            }),
            StatusCode::BAD_REQUEST | StatusCode::PAYLOAD_TOO_LARGE => {
                Err(CallError::Refused(detail(status, &body)))
            }
            StatusCode::UNAUTHORIZED => {
                let hint = "compare the channel's name, the secret and the clocks of both sides";
                Err(unreachable(&format!("it answered 401: {hint}")))
            }
            StatusCode::NOT_FOUND => {
                let hint = "the address leads to no Signoff, or to one older than this adapter";
                Err(unreachable(&format!("it answered 404: {hint}")))
            }
            status => Err(unreachable(&detail(status, &body))),
        }
    }
}

/// What a problem document says, without what was sent.
fn detail(status: StatusCode, body: &[u8]) -> String {
    let problem: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
    let fields: Vec<&str> = problem["errors"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|error| error["field"].as_str())
        .collect();
    match problem["code"].as_str() {
        Some(code) if fields.is_empty() => format!("it answered {status} {code}"),
        Some(code) => format!("it answered {status} {code}, at {}", fields.join(", ")),
        None => format!("it answered {status}"),
    }
}
