//! A channel over HTTP: puts each prompt to its adapter, signed, and learns where it stands.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, Response, StatusCode, redirect};
use signoff_contract::adapter::{HEADER_CHANNEL, MAX_PROMPT_REF_CHARS, ShownAnswer};
use signoff_contract::signature::{self, SigningSecret};
use signoff_core::Masker;
use signoff_store::Clock;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::message::message;
use super::receipts::{Receipt, Receipts};
use crate::Engine;
use crate::callback::{describe, retry_after};
use crate::ports::{Channel, ChannelError, ChannelHealth, PromptCard, PromptRef, Reachability};

/// The adapter answers within this time, or the attempt has failed.
const TIMEOUT: Duration = Duration::from_secs(10);
/// How long a receipt is waited for after a 202; then the prompt is put again. Together with the
/// time-out it is shorter than the lease of a prompt.
const RECEIPT_WITHIN: Duration = Duration::from_mins(1);
/// The longest answer that is read.
const ANSWER_BYTES: usize = 16 * 1024;
/// How much of an adapter's own words goes into the audit, in characters.
const CAUSE_CHARS: usize = 300;
/// How long a place rests that said 429 without saying how long.
const REST: Duration = Duration::from_secs(5);

/// An adapter, as the operator configured it.
#[derive(Debug, Clone)]
pub struct Adapter {
    /// The channel's name.
    pub name: String,
    /// Where the adapter is reached; `/v1/prompts/…` comes after it.
    pub url: Url,
    /// Every one signs what is sent, and any of them what is received.
    pub secrets: Vec<SigningSecret>,
}

/// The channel of one adapter.
pub struct HttpChannel {
    adapter: Adapter,
    client: Client,
    clock: Clock,
    masker: Masker,
    receipts: Arc<Receipts>,
    stop: CancellationToken,
    health: Mutex<(Reachability, String)>,
}

/// What the adapter made of a prompt.
enum Put {
    /// People can see it; of one that had ended whether they do.
    Shown(ShownAnswer),
    /// They will; a receipt says when.
    Taken(String),
}

impl HttpChannel {
    /// The channel. `stop` ends the wait for receipts.
    ///
    /// # Errors
    /// When the HTTP client cannot be made.
    pub fn new(
        adapter: Adapter,
        engine: &Engine,
        stop: CancellationToken,
    ) -> Result<Self, reqwest::Error> {
        let client = Client::builder()
            .user_agent(concat!("signoff/", env!("CARGO_PKG_VERSION")))
            .redirect(redirect::Policy::none())
            .no_proxy()
            .connect_timeout(TIMEOUT)
            .timeout(TIMEOUT)
            .build()?;
        Ok(Self {
            adapter,
            client,
            clock: engine.clock().clone(),
            masker: engine.masker().clone(),
            receipts: Arc::clone(engine.receipts()),
            stop,
            health: Mutex::new((Reachability::Unknown, "no contact yet".to_owned())),
        })
    }

    async fn put(&self, card: &PromptCard, at: &[PromptRef]) -> Result<Put, ChannelError> {
        let id = card.prompt_id.to_string();
        let message = message(card.clone(), at.first().map(|at| at.0.clone()));
        let body = serde_json::to_vec(&message).map_err(|why| permanent(&why))?;
        let now = self.clock.now();
        let delivery = format!("{id}-{}", card.revision);
        let timestamp = now.as_second();
        let signature = signature::sign(&self.adapter.secrets, &delivery, timestamp, &body)
            .map_err(|why| permanent(&why))?;
        let mut url = self.adapter.url.clone();
        let path = format!("{}/v1/prompts/{id}", url.path().trim_end_matches('/'));
        url.set_path(&path);
        let sent = self
            .client
            .put(url)
            .header(CONTENT_TYPE, "application/json")
            .header(HEADER_CHANNEL, &self.adapter.name)
            .header(signature::HEADER_ID, delivery)
            .header(signature::HEADER_TIMESTAMP, timestamp)
            .header(signature::HEADER_SIGNATURE, signature)
            .body(body)
            .send()
            .await;
        let answer = sent.map_err(|error| later(self.cleaned(&describe(error))))?;
        let status = answer.status();
        let wait = retry_after(answer.headers(), now).and_then(|it| Duration::try_from(it).ok());
        let body = read(answer).await;
        match status {
            StatusCode::OK | StatusCode::ACCEPTED => {
                let answer = shown_answer(body)?;
                Ok(if status == StatusCode::OK {
                    Put::Shown(answer)
                } else {
                    Put::Taken(answer.prompt_ref)
                })
            }
            StatusCode::TOO_MANY_REQUESTS => Err(ChannelError::Busy {
                after: wait.unwrap_or(REST),
            }),
            // The two that say "never": the place is gone, or cannot show it.
            StatusCode::GONE | StatusCode::UNPROCESSABLE_ENTITY => Err(ChannelError::Permanent {
                cause: self.refusal(status, &body.unwrap_or_default()),
            }),
            status => Err(ChannelError::Retry {
                after: wait,
                cause: self.refusal(status, &body.unwrap_or_default()),
            }),
        }
    }

    /// Why the adapter refused: its status, and its own words where it wrote a problem document.
    fn refusal(&self, status: StatusCode, body: &[u8]) -> String {
        let mut cause = format!("the adapter answered {}", status.as_u16());
        let problem: Option<serde_json::Value> = serde_json::from_slice(body).ok();
        let detail = problem.as_ref().and_then(|problem| {
            let said = |key: &str| problem.get(key)?.as_str().map(str::to_owned);
            said("detail").or_else(|| said("title"))
        });
        if let Some(detail) = detail.filter(|detail| !detail.trim().is_empty()) {
            let _ = write!(cause, ": {}", self.cleaned(&detail));
        }
        cause
    }

    /// Words of the other side, for people: short, without secrets, on one line.
    fn cleaned(&self, words: &str) -> String {
        let plain: String = words
            .chars()
            .map(|c| if c.is_control() { ' ' } else { c })
            .take(CAUSE_CHARS)
            .collect();
        self.masker.text(&plain)
    }

    fn note(&self, result: &Result<Put, ChannelError>) {
        let news = match result {
            Ok(_) | Err(ChannelError::Busy { .. } | ChannelError::Permanent { .. }) => {
                let at = signoff_contract::time::format(self.clock.now());
                (Reachability::Reachable, format!("last contact {at}"))
            }
            Err(ChannelError::Retry { cause, .. }) => (Reachability::Unreachable, cause.clone()),
        };
        *self.health.lock().unwrap_or_else(PoisonError::into_inner) = news;
    }
}

#[async_trait]
impl Channel for HttpChannel {
    fn name(&self) -> &str {
        &self.adapter.name
    }

    #[tracing::instrument(name = "adapter.prompt.show", skip_all, fields(channel = %self.adapter.name, prompt = %card.prompt_id, revision = card.revision))]
    async fn show(
        &self,
        card: &PromptCard,
        at: &[PromptRef],
    ) -> Result<Vec<PromptRef>, ChannelError> {
        // Before it is put: a quick adapter's receipt may come before its answer is read.
        let name = &self.adapter.name;
        let mut expected = self.receipts.expect(name, card.prompt_id, card.revision);
        let put = self.put(card, at).await;
        self.note(&put);
        let mut stands = false;
        let prompt_ref = match put? {
            Put::Shown(answer) => {
                stands = answer.stands;
                answer.prompt_ref
            }
            Put::Taken(prompt_ref) => {
                let receipt = tokio::select! {
                    receipt = expected.comes() => receipt,
                    () = tokio::time::sleep(RECEIPT_WITHIN) => None,
                    () = self.stop.cancelled() => None,
                };
                match receipt {
                    Some(Receipt::Shown { prompt_ref: stands }) => stands.unwrap_or(prompt_ref),
                    Some(Receipt::Failed { retryable, detail }) => {
                        let said = detail.unwrap_or_else(|| "the adapter did not say why".into());
                        let cause = self.cleaned(&said);
                        return Err(if retryable {
                            later(cause)
                        } else {
                            ChannelError::Permanent { cause }
                        });
                    }
                    None => return Err(later("no receipt came".to_owned())),
                }
            }
        };
        // What had ended before anyone could see it stands nowhere.
        if at.is_empty() && card.request.status.is_terminal() && !stands {
            return Ok(Vec::new());
        }
        Ok(vec![PromptRef(prompt_ref)])
    }

    fn health(&self) -> ChannelHealth {
        let now = self.health.lock().unwrap_or_else(PoisonError::into_inner);
        ChannelHealth {
            name: self.adapter.name.clone(),
            state: now.0,
            detail: now.1.clone(),
        }
    }
}

/// The answer's body, unless it is too long or breaks off.
async fn read(mut answer: Response) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.ok()? {
        if body.len() + chunk.len() > ANSWER_BYTES {
            return None;
        }
        body.extend_from_slice(&chunk);
    }
    Some(body)
}

fn shown_answer(body: Option<Vec<u8>>) -> Result<ShownAnswer, ChannelError> {
    let answer: Option<ShownAnswer> = body.and_then(|body| serde_json::from_slice(&body).ok());
    let fits = |text: &String| (1..=MAX_PROMPT_REF_CHARS).contains(&text.chars().count());
    answer
        .filter(|answer| fits(&answer.prompt_ref))
        .ok_or_else(|| {
            later("the adapter's answer has no prompt_ref of 1 to 500 characters".into())
        })
}

fn later(cause: String) -> ChannelError {
    ChannelError::Retry { after: None, cause }
}

fn permanent(why: &dyn std::fmt::Display) -> ChannelError {
    ChannelError::Permanent {
        cause: why.to_string(),
    }
}
