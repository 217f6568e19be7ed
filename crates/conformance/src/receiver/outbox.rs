//! Sends callbacks as Signoff does, and looks at the answers.

use std::time::Duration;

use jiff::SignedDuration;
use reqwest::StatusCode;
use reqwest::header::CONTENT_TYPE;
use signoff_contract::signature::SigningSecret;
use signoff_contract::{CorrelationId, RequestResource, Status};
use url::Url;

use super::Receiver;
use super::message::{self, Message, Post};
use crate::{Miss, Outcome, Unreachable, peer};

/// The receiver answers within this time, or the attempt has failed.
const TIMEOUT: Duration = Duration::from_secs(10);

/// One who posts to the receiver.
#[derive(Debug)]
pub(super) struct Outbox {
    http: reqwest::Client,
    url: Url,
    secrets: Vec<SigningSecret>,
    names: Names,
}

/// What the requests of an examination are called.
#[derive(Debug, Clone)]
pub(super) struct Names {
    prefix: String,
}

impl Outbox {
    pub(super) fn new(receiver: Receiver) -> Result<Self, Unreachable> {
        let http = peer::http()
            .user_agent(concat!("signoff/", env!("CARGO_PKG_VERSION")))
            .timeout(TIMEOUT)
            .build()
            .map_err(|error| Unreachable::because(&receiver.url, error))?;
        Ok(Self {
            http,
            url: receiver.url,
            secrets: receiver.secrets,
            names: Names {
                prefix: format!("conformance-{:08x}", rand::random::<u32>()),
            },
        })
    }

    /// The request that this check is about, as it was when it ended just now.
    pub(super) fn request(&self, name: &str, status: Status) -> Result<RequestResource, Miss> {
        let id: CorrelationId = format!("{}:{name}", self.names.prefix)
            .parse()
            .map_err(Miss::failed)?;
        Ok(message::request(id, status, SignedDuration::ZERO))
    }

    /// Sends a callback as Signoff does: it must be taken.
    pub(super) async fn delivers(&self, message: &Message) -> Outcome {
        self.is_taken(Post::signed(message, &self.secrets)).await
    }

    /// Sends this: it must be taken.
    pub(super) async fn is_taken(&self, post: Post) -> Outcome {
        let status = self.posts(post).await?;
        if status.is_success() {
            Ok(())
        } else {
            Err(Miss::Failed(format!("it was answered with {status}")))
        }
    }

    /// What this is answered with.
    pub(super) async fn posts(&self, post: Post) -> Result<StatusCode, Miss> {
        let mut request = self.http.post(self.url.clone());
        request = request.header(CONTENT_TYPE, "application/json");
        for (name, value) in post.headers {
            request = request.header(name, value);
        }
        match request.body(post.body).send().await {
            Ok(answer) => Ok(answer.status()),
            Err(error) if error.is_timeout() => {
                let seconds = TIMEOUT.as_secs();
                Err(Miss::Failed(format!("no answer within {seconds} s")))
            }
            Err(error) => Err(Miss::Failed(peer::causes(error))),
        }
    }
}
