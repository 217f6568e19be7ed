//! The dialect of `telegram-approver` and `telegram-executor`: `POST /approve`, `POST /execute`,
//! their answers and their callbacks, byte for byte.
//!
//! Two bots that others wrote are called this way today, and their callers need not change.
//! Nothing of it is part of the native contract, whose rules stand in [`crate::submission`]: a
//! request that came this way carries its [`Dialect`] as data, and [`callback`] is the one place
//! that renders it. Bodies are read as leniently as theirs were (`golang.rs`), checked in their
//! order, and refused in their words (`approve.rs`, `execute.rs`).

use std::fmt;

use serde::{Deserialize, Serialize};
use url::Url;

use crate::{CallbackTarget, CorrelationId, Kind, Requester, Risk, Submission};

mod answer;
mod approve;
mod callback;
mod execute;
mod golang;

pub use answer::{already_exists, queued, refused};
pub use callback::{Ending, InputMode, Proof, callback};

use approve::Approval;
use execute::Question;

/// The longest time a request may wait, in seconds: 30 days.
const LONGEST_SECONDS: u64 = 2_592_000;

/// Which of the two endpoints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Endpoint {
    /// `POST /approve`: may I?
    Approve,
    /// `POST /execute`: which of these?
    Execute,
}

impl Endpoint {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Approve, Self::Execute];

    /// Its path.
    pub fn path(self) -> &'static str {
        match self {
            Self::Approve => "/approve",
            Self::Execute => "/execute",
        }
    }
}

/// What a request that came through one of the endpoints needs for its callback.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dialect {
    /// The endpoint.
    pub endpoint: Endpoint,
    /// The caller's name for it: any text, unique per endpoint only while it is pending.
    pub correlation_id: String,
    /// The tool's name as it was sent.
    pub tool: String,
    /// The question's texts as they were sent, for an answer repeats them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub question: Option<Echo>,
    /// Whether the callback also says who decided, and over what.
    #[serde(default)]
    pub metadata: bool,
    /// What people also read when nobody decided in time: the operator's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_message: Option<String>,
}

/// What the answer to a question repeats of it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Echo {
    /// The question.
    pub text: String,
    /// Its options, in order.
    pub options: Vec<String>,
}

impl Dialect {
    /// What no second pending request of the project may have: endpoint and name.
    pub fn key(&self) -> String {
        format!("{} {}", self.endpoint.path(), self.correlation_id)
    }
}

impl fmt::Debug for Dialect {
    /// Without the texts, which are not masked.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dialect")
            .field("endpoint", &self.endpoint)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Echo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Echo(…)")
    }
}

/// What the operator decided about an endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Defaults {
    /// The language of requests that name none (`en`, `ru`, …).
    pub language: String,
    /// Seconds that a request waits which does not say how long.
    pub timeout_seconds: u64,
    /// Whether callbacks of approvals also say who decided, and over what.
    pub metadata: bool,
    /// What people also read when nobody decided in time.
    pub timeout_message: Option<String>,
}

/// A body that was read and found good.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked {
    correlation_id: String,
    tool: String,
    language: String,
    timeout_seconds: u64,
    callback: Url,
    metadata: bool,
    timeout_message: Option<String>,
    what: What,
}

/// What is asked.
#[derive(Debug, Clone, PartialEq)]
enum What {
    Approval(Approval),
    Question(Question),
}

/// Why a body was refused: the sentence that the caller gets.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Refusal(String);

impl Refusal {
    fn new(sentence: impl Into<String>) -> Self {
        Self(sentence.into())
    }

    /// A body that is no JSON of the right shape.
    fn payload() -> Self {
        Self::new("invalid json payload")
    }

    /// A callback that may not be sent where it should go.
    pub fn callback(why: impl fmt::Display) -> Self {
        Self(format!("callback.url: {why}"))
    }
}

/// Reads the body of one of the endpoints.
///
/// # Errors
/// The first thing that is wrong with it, in the order and the words that callers know.
pub fn read(endpoint: Endpoint, body: &[u8], defaults: &Defaults) -> Result<Asked, Refusal> {
    match endpoint {
        Endpoint::Approve => approve::read(body, defaults),
        Endpoint::Execute => execute::read(body, defaults),
    }
}

impl Asked {
    /// The caller's name for it.
    pub fn correlation_id(&self) -> &str {
        &self.correlation_id
    }

    /// The submission under its native name, and the dialect that goes with it.
    ///
    /// The limits of the native contract do not hold for it: a title may be longer, options may be
    /// more, the time may be shorter.
    pub fn into_submission(self, native: CorrelationId) -> (Submission, Dialect) {
        let Self {
            correlation_id,
            tool,
            language,
            timeout_seconds,
            callback,
            metadata,
            timeout_message,
            what,
        } = self;
        let requester = Requester {
            agent: None,
            run_id: Some(correlation_id.clone()),
            run_label: None,
            runtime_mode: None,
        };
        let mut submission = Submission {
            correlation_id: native,
            kind: Kind::Approval,
            title: String::new(),
            context: None,
            justification: None,
            risk_assessment: None,
            risk: Risk::default(),
            action: None,
            options: Vec::new(),
            allow_custom: false,
            requester: Some(requester),
            links: Vec::new(),
            route: None,
            language: Some(language),
            ttl_seconds: Some(timeout_seconds),
            callback: Some(CallbackTarget { url: callback }),
        };
        let (endpoint, question) = match what {
            What::Approval(approval) => {
                approval.put_into(&mut submission, &tool);
                (Endpoint::Approve, None)
            }
            What::Question(question) => {
                let echo = question.put_into(&mut submission, &tool);
                (Endpoint::Execute, Some(echo))
            }
        };
        let dialect = Dialect {
            endpoint,
            correlation_id,
            tool,
            question,
            metadata: metadata && endpoint == Endpoint::Approve,
            timeout_message,
        };
        (submission, dialect)
    }
}

/// In which language and how long a request waits.
struct Waiting {
    language: String,
    timeout_seconds: u64,
}

impl Waiting {
    fn of(lang: &str, timeout_sec: i64, defaults: &Defaults) -> Self {
        // What theirs knew; everything else is the service's own language.
        let language = match lang.trim().to_lowercase().as_str() {
            known @ ("en" | "ru" | "zh" | "zh-hans") => known.to_owned(),
            _ => defaults.language.clone(),
        };
        let timeout_seconds = u64::try_from(timeout_sec)
            .ok()
            .filter(|seconds| *seconds > 0)
            .unwrap_or(defaults.timeout_seconds)
            .clamp(1, LONGEST_SECONDS);
        Self {
            language,
            timeout_seconds,
        }
    }
}

/// Whether `markup` is one that callers may name. It is checked and has no other effect: texts are
/// shown as they were sent, and no character in them means anything.
fn check_markup(markup: &str) -> Result<(), Refusal> {
    match markup.trim().to_lowercase().as_str() {
        "" | "markdown" | "html" => Ok(()),
        _ => Err(Refusal::new("markup must be markdown or html")),
    }
}

/// The callback's address. `missing` is what callers hear when there is none.
fn check_callback(url: Option<&str>, missing: &str) -> Result<Url, Refusal> {
    let text = url.unwrap_or_default().trim();
    if text.is_empty() {
        return Err(Refusal::new(missing));
    }
    let url = Url::parse(text).map_err(|_| Refusal::callback("this is no URL"))?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err(Refusal::callback("only http and https are spoken"));
    }
    Ok(url)
}

fn is_blank(text: &str) -> bool {
    text.trim().is_empty()
}

/// A text of which a card shows one line in bold: that line, and the whole where it has more.
fn headline(text: &str) -> (String, Option<String>) {
    let text = text.trim();
    match text.split_once(['\n', '\r']) {
        None => (text.to_owned(), None),
        Some((first, _)) => (first.trim().to_owned(), Some(text.to_owned())),
    }
}
