//! The world around a service: people in the simulator, a requester, its callback endpoint.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::post;
use serde_json::{Value, json};
use signoff_telegram_sim::{Person, SeenMessage, Sim};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::service::PATIENCE;
use crate::world::{FIRST_ID, keys};

/// Lets so many people meet the bot, without the updates that tell the bot of it: the service
/// would greet each of them.
pub(crate) async fn people(sim: &Sim, count: usize) -> anyhow::Result<Vec<Person>> {
    let people: Vec<Person> = (0..count)
        .zip(FIRST_ID..)
        .map(|(n, id)| {
            let person = sim.new_person(&format!("P{n}")).id(id).create();
            person.starts();
            person
        })
        .collect();
    let url = format!("{}/bot{}/deleteWebhook", sim.api_url(), sim.bot_token());
    let http = reqwest::Client::builder().no_proxy().build()?;
    let body = json!({ "drop_pending_updates": true });
    http.post(url)
        .json(&body)
        .send()
        .await?
        .error_for_status()?;
    ensure!(sim.updates_pending() == 0, "updates are left");
    Ok(people)
}

/// An approval of low risk with this number, for this route.
pub(crate) fn approval(number: usize, route: &str, callback: Option<&str>) -> Value {
    let mut body = json!({
        "correlation_id": format!("run-{number}"),
        "kind": "approval",
        "title": format!("Deploy run-{number} to production"),
        "justification": "Fixes the double charge reported this morning.",
        "risk": "low",
        "route": route,
        "action": { "tool": "k8s.deploy", "arguments": { "namespace": "prod", "image": "billing:1.2.3" } },
    });
    if let Some(url) = callback {
        body["callback"] = json!({ "url": format!("{url}/{number}") });
    }
    body
}

/// The number of the request that a card is about.
pub(crate) fn number_of(text: &str) -> Option<usize> {
    text.split_whitespace()
        .find_map(|word| word.strip_prefix("run-")?.parse().ok())
}

/// Whoever asks.
#[derive(Clone)]
pub(crate) struct Requester {
    http: reqwest::Client,
    url: String,
    key: String,
}

impl Requester {
    pub(crate) fn new(address: &str) -> anyhow::Result<Self> {
        let [key, _] = keys()?;
        Ok(Self {
            http: reqwest::Client::builder()
                .no_proxy()
                .timeout(PATIENCE)
                .build()?,
            url: format!("{address}/v1/requests"),
            key: key.reveal().to_owned(),
        })
    }

    /// Submits something that must be taken.
    pub(crate) async fn asks(&self, body: &Value) -> anyhow::Result<()> {
        let sent = self.http.post(&self.url).bearer_auth(&self.key).json(body);
        let answer = sent.send().await?;
        ensure!(answer.status() == StatusCode::ACCEPTED, "{answer:?}");
        // To the end, so that the connection is used again.
        answer.bytes().await?;
        Ok(())
    }

    /// Asks for the same as [`approval`] at drop-in endpoints, whose route is theirs.
    pub(crate) async fn drops_in(
        &self,
        at: &str,
        number: usize,
        callback: &str,
    ) -> anyhow::Result<()> {
        let body = json!({
            "correlation_id": format!("run-{number}"),
            "tool": "k8s.deploy",
            "arguments": { "namespace": "prod", "image": "billing:1.2.3" },
            "justification": "Fixes the double charge reported this morning.",
            "approval_request": format!("Deploy run-{number} to production"),
            "risk_assessment": "It restarts at once.",
            "callback": { "url": format!("{callback}/{number}") },
        });
        let sent = self.http.post(format!("{at}/approve")).json(&body);
        let answer = sent.send().await?;
        ensure!(answer.status() == StatusCode::ACCEPTED, "{answer:?}");
        answer.bytes().await?;
        Ok(())
    }

    /// Lists the first page; the answer must be a success.
    pub(crate) async fn lists(&self) -> anyhow::Result<()> {
        let sent = self.http.get(&self.url).bearer_auth(&self.key);
        let answer = sent.send().await?.error_for_status()?;
        answer.bytes().await?;
        Ok(())
    }
}

/// Notes when which callback arrives.
#[derive(Clone)]
pub(crate) struct Receiver {
    /// Callbacks go to this and a slash and the request's number.
    pub(crate) url: String,
    expected: Arc<Mutex<HashMap<usize, oneshot::Sender<Instant>>>>,
}

/// A callback that will come.
pub(crate) struct Coming(usize, oneshot::Receiver<Instant>);

impl Coming {
    /// When it came; waits for it.
    pub(crate) async fn at(self) -> anyhow::Result<Instant> {
        let came = tokio::time::timeout(PATIENCE, self.1).await;
        Ok(came.with_context(|| format!("callback {} did not come", self.0))??)
    }
}

impl Receiver {
    pub(crate) async fn start() -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let receiver = Self {
            url: format!("http://{}/hook", listener.local_addr()?),
            expected: Arc::default(),
        };
        let router = Router::new()
            .route("/hook/{number}", post(take))
            .with_state(receiver.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(receiver)
    }

    /// To be called before what makes the callback come.
    pub(crate) fn expects(&self, number: usize) -> Coming {
        let (came, coming) = oneshot::channel();
        self.lock().insert(number, came);
        Coming(number, coming)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<usize, oneshot::Sender<Instant>>> {
        self.expected.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn take(State(receiver): State<Receiver>, Path(number): Path<usize>) -> StatusCode {
    let now = Instant::now();
    if let Some(expected) = receiver.lock().remove(&number) {
        // Whoever expected it may have given up.
        let _ = expected.send(now);
    }
    StatusCode::NO_CONTENT
}

/// The cards of one chat, in their order.
pub(crate) struct Cards {
    chat: i64,
    /// The last message that was looked at.
    last: i64,
}

impl Cards {
    /// Every card that this person got and gets.
    pub(crate) fn from_the_start(person: &Person) -> Self {
        Self {
            chat: person.id(),
            last: 0,
        }
    }

    /// The next card and its request's number; waits for it.
    pub(crate) async fn next(&mut self, sim: &Sim) -> anyhow::Result<(usize, SeenMessage)> {
        let waiting = async {
            loop {
                let Some(message) = sim.message(self.chat, self.last + 1) else {
                    tokio::time::sleep(Duration::from_millis(2)).await;
                    continue;
                };
                self.last = message.message_id;
                if let Some(number) = number_of(&message.text).filter(|_| message.from_bot) {
                    return (number, message);
                }
            }
        };
        tokio::time::timeout(PATIENCE, waiting)
            .await
            .context("a card did not come")
    }
}
