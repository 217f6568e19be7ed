//! Sends callbacks as Signoff does, looks at the answers, and remembers what was taken.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::SignedDuration;
use reqwest::StatusCode;
use reqwest::header::CONTENT_TYPE;
use signoff_contract::signature::SigningSecret;
use signoff_contract::{CorrelationId, RequestResource, Status};
use url::Url;

use super::message::{self, Message, Post};
use super::{REQUESTS, Receiver};
use crate::{Miss, Outcome, Unreachable, peer};

/// The receiver answers within this time, or the attempt has failed.
const TIMEOUT: Duration = Duration::from_secs(10);
/// After so many waits in vain nothing more is sent: the rest would tell the same.
const TIMEOUTS: u32 = 2;

/// One who posts to the receiver.
#[derive(Debug)]
pub(super) struct Outbox {
    http: reqwest::Client,
    url: Url,
    secrets: Vec<SigningSecret>,
    names: Vec<CorrelationId>,
    timeouts: AtomicU32,
    taken: Mutex<Vec<Taken>>,
}

/// An outcome that the receiver said to have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Taken {
    pub(super) correlation_id: CorrelationId,
    pub(super) status: Status,
}

impl Outbox {
    pub(super) fn new(receiver: &Receiver) -> Result<Self, Unreachable> {
        let http = peer::http()
            .user_agent(concat!("signoff/", env!("CARGO_PKG_VERSION")))
            .timeout(TIMEOUT)
            .build()
            .map_err(|error| Unreachable::because(&receiver.url, error))?;
        Ok(Self {
            http,
            url: receiver.url.clone(),
            secrets: receiver.secrets.clone(),
            names: receiver.names.clone(),
            timeouts: AtomicU32::new(0),
            taken: Mutex::default(),
        })
    }

    /// The receiver's secrets: one at least.
    pub(super) fn secrets(&self) -> &[SigningSecret] {
        &self.secrets
    }

    /// What the request of this check is called.
    pub(super) fn correlation_id(&self, name: &str) -> Result<CorrelationId, Miss> {
        let position = REQUESTS.iter().position(|known| *known == name);
        let id = position.and_then(|position| self.names.get(position));
        id.cloned()
            .ok_or_else(|| Miss::not_tried(format!("no request is called {name}")))
    }

    /// The request of this check, as it was when it ended just now.
    pub(super) fn request(&self, name: &str, status: Status) -> Result<RequestResource, Miss> {
        self.request_ended(name, status, SignedDuration::ZERO)
    }

    /// The same when it ended some time ago.
    pub(super) fn request_ended(
        &self,
        name: &str,
        status: Status,
        ago: SignedDuration,
    ) -> Result<RequestResource, Miss> {
        Ok(message::request(self.correlation_id(name)?, status, ago))
    }

    /// Sends a callback as Signoff does: it must be taken.
    pub(super) async fn delivers(&self, message: &Message) -> Outcome {
        let post = Post::signed(message, &self.secrets)?;
        self.is_taken(message, post).await
    }

    /// Sends this attempt of it: it must be taken.
    pub(super) async fn is_taken(&self, message: &Message, post: Post) -> Outcome {
        let status = self.posts(post).await?;
        if !status.is_success() {
            return Err(Miss::failed(format!("it was answered with {status}")));
        }
        let taken = Taken {
            correlation_id: message.correlation_id.clone(),
            status: message.status,
        };
        let mut all = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if !all.contains(&taken) {
            all.push(taken);
        }
        Ok(())
    }

    /// What it has taken so far, each once.
    pub(super) fn taken(&self) -> Vec<Taken> {
        let taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.clone()
    }

    /// What this is answered with.
    pub(super) async fn posts(&self, post: Post) -> Result<StatusCode, Miss> {
        let seconds = TIMEOUT.as_secs();
        if self.timeouts.load(Ordering::Relaxed) >= TIMEOUTS {
            let why = format!("{TIMEOUTS} callbacks had no answer within {seconds} s");
            return Err(Miss::NotTried(why));
        }
        let mut request = self.http.post(self.url.clone());
        request = request.header(CONTENT_TYPE, "application/json");
        for (name, value) in post.headers {
            request = request.header(name, value);
        }
        match request.body(post.body).send().await {
            Ok(answer) => Ok(answer.status()),
            Err(error) if error.is_timeout() => {
                self.timeouts.fetch_add(1, Ordering::Relaxed);
                Err(Miss::Failed(format!("no answer within {seconds} s")))
            }
            Err(error) => Err(Miss::Failed(peer::causes(error))),
        }
    }
}
