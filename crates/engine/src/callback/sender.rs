//! One attempt of one callback: sign, send, read a little, say what happened.

use std::collections::HashMap;
use std::error::Error as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use reqwest::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use reqwest::{Certificate, Client, StatusCode, redirect};
use signoff_contract::signature::{self, SigningSecret};
use signoff_store::{Attempt, DueCallback, Manners, Reached};
use tokio::time::timeout_at;
use url::Url;

use super::guard::AllowList;
use super::manners;
use super::resolver::{GuardedResolver, Lookup, OfTheMachine};

/// The receiver answers within this time, or the attempt has failed (the contract's ten seconds).
const TIMEOUT: Duration = Duration::from_secs(10);
/// How much of the receiver's answer is read and kept for the operator.
const ANSWER_BYTES: usize = 4 * 1024;
/// How many receivers' clients (and their idle connections) are kept.
const CLIENTS: usize = 256;

/// What a sender takes from the world around it.
#[derive(Debug)]
pub struct Network {
    /// How the addresses of names are found.
    pub lookup: Arc<dyn Lookup>,
    /// Whom TLS trusts, beside the public authorities.
    pub roots: Vec<Certificate>,
}

impl Default for Network {
    /// The machine's own resolver, and the public authorities alone.
    fn default() -> Self {
        Self {
            lookup: Arc::new(OfTheMachine),
            roots: Vec::new(),
        }
    }
}

/// Sends callbacks.
#[derive(Debug)]
pub struct Sender {
    allow: Arc<AllowList>,
    network: Network,
    /// One client for each receiver: its resolver knows the port, and receivers share nothing.
    clients: Mutex<HashMap<(String, u16), Client>>,
}

/// What an attempt did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// The attempt, for the operator.
    pub attempt: Attempt,
    /// What it means.
    pub verdict: Verdict,
}

/// What an attempt means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The receiver took it.
    Taken,
    /// The receiver is gone for good (410).
    Gone,
    /// The caller of a drop-in endpoint no longer waits for this (404).
    Forgotten,
    /// The caller of a drop-in endpoint refuses it, and would again.
    Refused {
        /// With this status.
        status: u16,
    },
    /// Try again, not sooner than the receiver wishes.
    Failed {
        /// The receiver's wish.
        retry_after: Option<SignedDuration>,
    },
}

/// An answer, as far as it was read.
struct Answer {
    status: StatusCode,
    retry_after: Option<SignedDuration>,
    start: String,
}

/// Why there is no answer.
struct NoAnswer {
    why: String,
    reached: Reached,
}

impl NoAnswer {
    /// Before anything was sent.
    fn not_sent(why: &dyn std::fmt::Display) -> Self {
        Self {
            why: why.to_string(),
            reached: Reached::No,
        }
    }

    fn of(error: reqwest::Error) -> Self {
        let reached = if error.is_connect() || error.is_builder() {
            Reached::No
        } else {
            Reached::Maybe
        };
        Self {
            why: describe(error),
            reached,
        }
    }
}

impl Sender {
    /// A sender that connects only where `allow` admits.
    pub fn new(allow: Arc<AllowList>) -> Self {
        Self::on(Network::default(), allow)
    }

    /// A sender on this network.
    pub fn on(network: Network, allow: Arc<AllowList>) -> Self {
        Self {
            allow,
            network,
            clients: Mutex::default(),
        }
    }

    /// Makes one attempt. Never fails as a function: whatever happens is the attempt's result.
    pub async fn send(
        &self,
        callback: &DueCallback,
        secrets: &[SigningSecret],
        now: Timestamp,
    ) -> Sent {
        let began = Instant::now();
        let result = self.post(callback, secrets, now).await;
        let took_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        let (status, detail, reached, verdict) = match result {
            Ok(Answer {
                status,
                retry_after,
                start,
            }) => {
                let verdict = match callback.manners {
                    Manners::Native => manners::native(status, retry_after),
                    Manners::DropIn => manners::drop_in(status, retry_after, callback.in_doubt),
                };
                let reached = manners::reached(status);
                (Some(status.as_u16()), start, reached, verdict)
            }
            Err(NoAnswer { why, reached }) => {
                let verdict = Verdict::Failed { retry_after: None };
                (None, why, reached, verdict)
            }
        };
        Sent {
            attempt: Attempt {
                at: now,
                took_ms,
                status,
                detail,
                reached,
            },
            verdict,
        }
    }

    async fn post(
        &self,
        callback: &DueCallback,
        secrets: &[SigningSecret],
        now: Timestamp,
    ) -> Result<Answer, NoAnswer> {
        let url = Url::parse(&callback.url).map_err(|why| NoAnswer::not_sent(&why))?;
        self.allow
            .check_url(&url)
            .map_err(|why| NoAnswer::not_sent(&why))?;
        let id = callback.id.to_string();
        let timestamp = now.as_second();
        let signature = signature::sign(secrets, &id, timestamp, &callback.body)
            .map_err(|why| NoAnswer::not_sent(&why))?;
        let client = self.client(&url).map_err(NoAnswer::of)?;
        let request = client
            .post(url)
            .header(CONTENT_TYPE, "application/json")
            .header(signature::HEADER_ID, id)
            .header(signature::HEADER_TIMESTAMP, timestamp)
            .header(signature::HEADER_SIGNATURE, signature)
            .body(callback.body.clone());
        let deadline = tokio::time::Instant::now() + TIMEOUT;
        let answered = timeout_at(deadline, request.send()).await;
        let mut response = answered
            .map_err(|_| NoAnswer {
                why: format!("no answer within {} s", TIMEOUT.as_secs()),
                reached: Reached::Maybe,
            })?
            .map_err(NoAnswer::of)?;
        let status = response.status();
        let retry_after = retry_after(response.headers(), now);
        // The status decides; the body is for the operator, and may be slow, endless or broken.
        let mut start = Vec::new();
        while start.len() < ANSWER_BYTES {
            match timeout_at(deadline, response.chunk()).await {
                Ok(Ok(Some(chunk))) => {
                    let room = ANSWER_BYTES - start.len();
                    start.extend_from_slice(&chunk[..chunk.len().min(room)]);
                }
                Ok(Ok(None) | Err(_)) | Err(_) => break,
            }
        }
        Ok(Answer {
            status,
            retry_after,
            start: String::from_utf8_lossy(&start).into_owned(),
        })
    }

    fn client(&self, url: &Url) -> reqwest::Result<Client> {
        let host = url.host_str().unwrap_or_default().to_owned();
        let port = url.port_or_known_default().unwrap_or(0);
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = clients.get(&(host.clone(), port)) {
            return Ok(client.clone());
        }
        if clients.len() >= CLIENTS {
            clients.clear();
        }
        let resolver = GuardedResolver {
            allow: Arc::clone(&self.allow),
            port,
            lookup: Arc::clone(&self.network.lookup),
        };
        let mut builder = Client::builder()
            .user_agent(concat!("signoff/", env!("CARGO_PKG_VERSION")))
            .redirect(redirect::Policy::none())
            .no_proxy()
            .dns_resolver(Arc::new(resolver))
            .connect_timeout(TIMEOUT)
            .pool_max_idle_per_host(4);
        for root in &self.network.roots {
            builder = builder.add_root_certificate(root.clone());
        }
        let client = builder.build()?;
        clients.insert((host, port), client.clone());
        Ok(client)
    }
}

/// The receiver's wish: seconds, or a date (RFC 9110, section 10.2.3).
pub(crate) fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<SignedDuration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        // A number beyond counting is a wish for very long.
        let seconds = text.parse().unwrap_or(u32::MAX);
        return Some(SignedDuration::from_secs(i64::from(seconds)));
    }
    let date = http_date(text)?;
    Some(date.duration_since(now)).filter(SignedDuration::is_positive)
}

/// A date in any of the three forms of HTTP (RFC 9110, section 5.6.7).
fn http_date(text: &str) -> Option<Timestamp> {
    if let Ok(date) = jiff::fmt::rfc2822::parse(text) {
        return Some(date.timestamp());
    }
    let forms = [
        "%a, %d %b %Y %H:%M:%S GMT",
        "%A, %d-%b-%y %H:%M:%S GMT",
        "%a %b %e %H:%M:%S %Y",
    ];
    let date = forms
        .iter()
        .find_map(|form| DateTime::strptime(form, text).ok())?;
    // What lies beyond the last instant that can be told is as far away as can be told.
    let instant = date.to_zoned(TimeZone::UTC).map(|date| date.timestamp());
    Some(instant.unwrap_or(Timestamp::MAX))
}

/// Why there is no answer, with all causes, without the URL, which may carry a token.
pub(crate) fn describe(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut text = if error.is_connect() {
        "no connection".to_owned()
    } else {
        "no valid answer".to_owned()
    };
    // The outer layers of the client only say that a request failed.
    let mut source = error.source();
    while let Some(cause) = source {
        let said = cause.to_string();
        if !said.starts_with("client error (") {
            text.push_str(": ");
            text.push_str(&said);
        }
        source = cause.source();
    }
    text
}
