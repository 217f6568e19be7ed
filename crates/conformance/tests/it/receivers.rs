//! A control plane's receiver that does everything right, and ways to get one thing wrong.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use signoff_client::{Callback, Refused, SigningSecret};

pub(crate) const SECRET: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX";
pub(crate) const PREVIOUS: &str = "whsec_GBkaGxwdHh8gISIjJCUmJygpKissLS4v";

/// What a receiver gets wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flaw {
    None,
    /// It believes everything.
    NeverVerifies,
    /// It does not look at the time.
    TakesAnyTime,
    /// It looks at the first signature alone.
    ReadsOneSignature,
    /// It takes the part of a signature for the whole.
    ComparesTheBeginning,
    /// It does not look at the version.
    TakesAnyVersion,
    /// It knows one of its two secrets.
    ForgotASecret,
    /// Its framework trimmed the body before it was verified.
    TrimsTheBody,
    /// What it knows already it does not verify.
    RemembersBeforeItVerifies,
    /// It answers forgeries as if it had failed.
    StumblesOverForgeries,
    /// It refuses what it knows already.
    RefusesRepetitions,
    /// It acts again on what it knows already.
    ForgetsWhatItTook,
    /// It looks whether it knows it, and remembers it later.
    Races,
    /// It refuses fields that it does not know.
    RefusesNewFields,
    /// It reads so much of a body.
    ReadsAHundredKibibytes,
    /// It knows approvals and denials alone.
    KnowsTwoEndings,
    /// It looks at the time of the decision.
    WantsFreshDecisions,
    /// It takes only what ended after all that it took.
    WantsOrder,
    /// It sends on to another address.
    Redirects,
    /// It says to have it, and loses it.
    ActsOnNothing,
    /// It takes an expiry for a no.
    TakesSilenceForANo,
    /// It acts on what it refuses.
    ActsBeforeItVerifies,
    /// It takes everything and says nothing.
    NeverAnswers,
}

#[derive(Default)]
struct Memory {
    taken: BTreeSet<String>,
    latest: String,
    acted: Vec<Value>,
}

#[derive(Clone)]
pub(crate) struct Receiver {
    pub(crate) url: String,
    flaw: Flaw,
    memory: Arc<Mutex<Memory>>,
}

impl Receiver {
    pub(crate) async fn start(flaw: Flaw) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a port");
        let receiver = Self {
            url: format!("http://{}", listener.local_addr().expect("an address")),
            flaw,
            memory: Arc::default(),
        };
        let limit = match flaw {
            Flaw::ReadsAHundredKibibytes => 100 << 10,
            _ => 1 << 20,
        };
        let router = Router::new()
            .route("/hooks", post(receive))
            .route("/seen", get(seen))
            .layer(DefaultBodyLimit::max(limit))
            .with_state(receiver.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        receiver
    }

    /// What is wrong with a message, if anything.
    fn verify(&self, headers: &HeaderMap, body: &[u8]) -> Result<(), Refused> {
        let secrets = match self.flaw {
            Flaw::ForgotASecret => vec![SECRET],
            _ => vec![SECRET, PREVIOUS],
        };
        let secrets: Vec<SigningSecret> = secrets
            .into_iter()
            .map(|text| SigningSecret::parse(text).expect("a secret"))
            .collect();
        let mut headers = headers.clone();
        let given = headers
            .get("webhook-signature")
            .and_then(|value| value.to_str().ok());
        let given = given.unwrap_or_default().to_owned();
        let changed = match self.flaw {
            Flaw::ReadsOneSignature => given.split(' ').next().map(str::to_owned),
            Flaw::TakesAnyVersion => Some(given.replace("v2,", "v1,").replace("v1a,", "v1,")),
            Flaw::ComparesTheBeginning => Some(completed(&given, &secrets, &headers, body)),
            _ => None,
        };
        if let Some(changed) = changed.filter(|changed| *changed != given) {
            headers.insert("webhook-signature", changed.parse().expect("a header"));
        }
        let header = |name: &str| headers.get_all(name).iter().map(HeaderValue::as_bytes);
        let now = headers
            .get("webhook-timestamp")
            .and_then(|value| value.to_str().ok());
        let now = now.and_then(|text| text.parse().ok());
        let sent = now.and_then(|seconds| jiff::Timestamp::from_second(seconds).ok());
        let body = match self.flaw {
            Flaw::TrimsTheBody => body.trim_ascii(),
            _ => body,
        };
        match (self.flaw, sent) {
            (Flaw::TakesAnyTime, Some(sent)) => {
                Callback::verify_at(&secrets, header, body, sent).map(drop)
            }
            _ => Callback::verify(&secrets, header, body).map(drop),
        }
    }
}

/// The right signature in the place of one that is its beginning.
fn completed(given: &str, secrets: &[SigningSecret], headers: &HeaderMap, body: &[u8]) -> String {
    let text = |name: &str| {
        let value = headers.get(name).and_then(|value| value.to_str().ok());
        value.unwrap_or_default().to_owned()
    };
    let Ok(at) = text("webhook-timestamp").parse() else {
        return given.to_owned();
    };
    let right = signoff_contract::signature::sign(secrets, &text("webhook-id"), at, body);
    let right = right.unwrap_or_default();
    let begins = |one: &&str| given.len() > 10 && one.starts_with(given);
    right.split(' ').find(begins).unwrap_or(given).to_owned()
}

async fn seen(State(receiver): State<Receiver>) -> Json<Value> {
    Json(
        receiver
            .memory
            .lock()
            .expect("no panic")
            .acted
            .clone()
            .into(),
    )
}

async fn receive(State(receiver): State<Receiver>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let flaw = receiver.flaw;
    let id = headers
        .get("webhook-id")
        .and_then(|value| value.to_str().ok());
    let id = id.unwrap_or_default().to_owned();
    let message: Value = serde_json::from_slice(&body).unwrap_or_default();
    let data = &message["data"];
    let act = || {
        let effect =
            json!({ "correlation_id": data["correlation_id"], "status": status(flaw, data) });
        receiver.memory.lock().expect("no panic").acted.push(effect);
    };
    let known = receiver
        .memory
        .lock()
        .expect("no panic")
        .taken
        .contains(&id);
    if known && flaw == Flaw::RemembersBeforeItVerifies {
        return StatusCode::NO_CONTENT;
    }
    let verified = receiver.verify(&headers, &body);
    if verified.is_err() && flaw == Flaw::ActsBeforeItVerifies {
        act();
    }
    if verified.is_err() && flaw != Flaw::NeverVerifies {
        return match flaw {
            Flaw::StumblesOverForgeries => StatusCode::INTERNAL_SERVER_ERROR,
            _ => StatusCode::UNAUTHORIZED,
        };
    }
    let decided_at = data["outcome"]["decided_at"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    if let Some(status) = objection(&receiver, known, &message, &decided_at) {
        return status;
    }
    if flaw == Flaw::NeverAnswers {
        std::future::pending::<()>().await;
    }
    if flaw == Flaw::Races {
        // Somebody else may come between looking and remembering.
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let new = {
        let mut memory = receiver.memory.lock().expect("no panic");
        let newest = memory.latest.clone().max(decided_at);
        memory.latest = newest;
        memory.taken.insert(id)
    };
    let again = match flaw {
        Flaw::ForgetsWhatItTook => true,
        Flaw::Races => !known,
        _ => new,
    };
    if again && flaw != Flaw::ActsOnNothing {
        act();
    }
    StatusCode::NO_CONTENT
}

/// What a receiver with a flaw says to a genuine message.
fn objection(
    receiver: &Receiver,
    known: bool,
    message: &Value,
    decided_at: &str,
) -> Option<StatusCode> {
    let data = &message["data"];
    let status = data["status"].as_str().unwrap_or_default();
    let objects = match receiver.flaw {
        Flaw::RefusesRepetitions => known,
        Flaw::RefusesNewFields => data.get("new_field").is_some(),
        Flaw::KnowsTwoEndings => !matches!(status, "approved" | "denied"),
        Flaw::WantsFreshDecisions => {
            let decided: jiff::Timestamp = decided_at.parse().expect("a time");
            let hour = jiff::SignedDuration::from_hours(1);
            decided.checked_add(hour).expect("a time") < now()
        }
        Flaw::WantsOrder => decided_at < receiver.memory.lock().expect("no panic").latest.as_str(),
        Flaw::Redirects => return Some(StatusCode::TEMPORARY_REDIRECT),
        _ => false,
    };
    objects.then_some(StatusCode::CONFLICT)
}

fn status(flaw: Flaw, data: &Value) -> &str {
    match data["status"].as_str() {
        Some("expired") if flaw == Flaw::TakesSilenceForANo => "denied",
        status => status.unwrap_or_default(),
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a receiver is another party, with a clock of its own"
)]
fn now() -> jiff::Timestamp {
    jiff::Timestamp::now()
}
