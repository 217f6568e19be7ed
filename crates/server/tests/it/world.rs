//! A service on loopback, the people and programs with keys to it, and what they get answered.

use std::time::Duration;

use std::sync::Arc;

use axum::routing::get;
use axum::{Json, Router};
use prometheus_client::registry::Registry;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use signoff_contract::signature::SigningSecret;
use signoff_core::Masker;
use signoff_engine::callback::AllowList;
use signoff_engine::keys::ConfiguredKey;
use signoff_engine::metrics::Metrics;
use signoff_engine::{
    ApiKey, Approver, Caller, Clock, Directory, Engine, Project, Route, Scope, Settings, Store,
    workers,
};
use signoff_server::{ConnectionLimits, Ended, ServerOptions, router, serve_within};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::answer::Answer;

/// Nothing that a test waits for may take longer.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// A service, with its background work.
pub(crate) struct World {
    pub(crate) address: std::net::SocketAddr,
    pub(crate) database: std::path::PathBuf,
    pub(crate) shutdown: CancellationToken,
    http: reqwest::Client,
    serving: JoinHandle<Ended>,
    /// Ends the background work, which outlives the HTTP surface.
    work: CancellationToken,
    working: Option<JoinHandle<()>>,
    _folder: TempDir,
}

/// Someone with a key: name, project, scopes, person.
type KeyOf = (
    &'static str,
    &'static str,
    &'static [Scope],
    Option<&'static str>,
);

const WRITE: Scope = Scope::RequestsWrite;
const READ: Scope = Scope::RequestsRead;
const DECIDE: Scope = Scope::DecisionsWrite;

const KEYS: &[KeyOf] = &[
    ("plane", "default", &[WRITE, READ], None),
    ("reader", "default", &[READ], None),
    ("writer", "default", &[WRITE], None),
    ("ann", "default", &[DECIDE, READ], Some("ann")),
    ("ben", "default", &[DECIDE, READ], Some("ben")),
    ("cy", "default", &[DECIDE, READ], Some("cy")),
    ("agent-of-ann", "default", &[WRITE, READ], Some("ann")),
    ("limited", "default", &[READ], None),
    ("other-plane", "other", &[WRITE, READ], None),
    ("other-ann", "other", &[DECIDE, READ], Some("ann")),
    ("tiny-plane", "tiny", &[WRITE, READ], None),
];

/// The key in plain text of someone.
pub(crate) fn key_of(name: &str) -> String {
    format!("sgn_{name:_<43}")
}

fn configured((name, project, scopes, approver): &KeyOf) -> ConfiguredKey {
    let key: ApiKey = key_of(name).parse().expect("a key");
    ConfiguredKey {
        key_sha256: key.hash().to_hex(),
        caller: Caller {
            key: (*name).to_owned(),
            project: (*project).to_owned(),
            scopes: scopes.to_vec(),
            approver: approver.map(str::to_owned),
            max_per_second: (*name == "limited").then_some(1),
        },
    }
}

fn directory() -> Directory {
    let secret = SigningSecret::parse("whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX").expect("a secret");
    let projects =
        [("default", 1_000), ("other", 1_000), ("tiny", 1)].map(|(name, max_pending)| Project {
            name: name.to_owned(),
            max_pending,
            signing_secrets: vec![secret.clone()],
        });
    let routes = [
        ("default", "default", &["ann", "ben"][..], 1),
        ("both", "default", &["ann", "ben"], 2),
        ("default", "other", &["ann"], 1),
        ("default", "tiny", &["ann"], 1),
        ("chat", "default", &["dee"], 1),
    ]
    .map(|(name, project, approvers, min_approvals)| Route {
        name: name.to_owned(),
        project: project.to_owned(),
        approvers: approvers.iter().map(|name| (*name).to_owned()).collect(),
        min_approvals,
        channels: None,
        places: Vec::new(),
        ttl_seconds: 3_600,
        remind_after_seconds: None,
    });
    // Dee is reached through adapters, the others with keys.
    let approvers = ["ann", "ben", "cy", "dee"].map(|name| Approver {
        name: name.to_owned(),
        roles: vec!["owner".to_owned()],
        language: None,
        identities: ["chat", "other"]
            .iter()
            .filter(|_| name == "dee")
            .map(|channel| ((*channel).to_owned(), format!("dee@{channel}")))
            .collect(),
    });
    Directory::new(projects.into(), routes.into(), approvers.into()).expect("a directory")
}

/// Routes that some other part of the program mounts.
fn extra() -> Router {
    let panics = get(|| async {
        assert!(std::env::args().count() == 0, "a defect");
    });
    let plain = get(|| async { (StatusCode::NOT_FOUND, [("content-length", "4")], "none") });
    let own = get(|| async { (StatusCode::CONFLICT, Json(json!({"own": "document"}))) });
    Router::new()
        .route("/extra/panics", panics)
        .route("/extra/plain", plain)
        .route("/extra/own", own)
}

impl World {
    /// A service with the usual options.
    pub(crate) async fn start() -> Self {
        Self::start_with(|_| ()).await
    }

    /// A service with other options.
    pub(crate) async fn start_with(change: impl FnOnce(&mut ServerOptions)) -> Self {
        let (mut world, engine) = Self::start_idle(change).await;
        let running = workers::run(engine, Vec::new(), world.work.clone());
        world.working = Some(tokio::spawn(async {
            running.await.expect("the workers run");
        }));
        while world.nobody().get("/readyz").await.status != StatusCode::OK {
            tokio::task::yield_now().await;
        }
        world
    }

    /// A service without background work, which is not ready.
    pub(crate) async fn start_idle(change: impl FnOnce(&mut ServerOptions)) -> (Self, Arc<Engine>) {
        Self::start_within(ConnectionLimits::default(), change).await
    }

    /// The same with other limits for its connections.
    pub(crate) async fn start_within(
        limits: ConnectionLimits,
        change: impl FnOnce(&mut ServerOptions),
    ) -> (Self, Arc<Engine>) {
        let folder = tempfile::tempdir().expect("a folder");
        let database = folder.path().join("signoff.db");
        let now = "2026-01-02T03:04:05.678Z".parse().expect("a time");
        let mut byte = 0_u8;
        let random = move |bytes: &mut [u8]| {
            for one in bytes {
                byte = byte.wrapping_add(41);
                *one = byte;
            }
        };
        let store = Store::open(&database, Clock::from_fn(move || now), random).expect("a store");
        let settings = Settings {
            directory: directory(),
            masker: Masker::new(&[], &[]).expect("a masker"),
            api_keys: KEYS.iter().map(configured).collect(),
            channels: vec!["chat".to_owned(), "other".to_owned()],
            callbacks: AllowList::loopback(),
            retention_days: None,
        };
        let mut registry = Registry::default();
        let metrics = Metrics::register(&mut registry);
        let engine = Engine::new(store, settings, metrics)
            .await
            .expect("an engine");
        let shutdown = CancellationToken::new();
        let mut options = ServerOptions {
            shutdown: shutdown.clone(),
            registry,
            extra: extra(),
            ..ServerOptions::default()
        };
        change(&mut options);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let serving = tokio::spawn(serve_within(
            listener,
            router(engine.clone(), options),
            shutdown.clone(),
            PATIENCE,
            limits,
        ));
        let http = reqwest::Client::builder()
            .no_proxy()
            .timeout(PATIENCE)
            .build()
            .expect("http");
        let world = Self {
            address,
            database,
            shutdown,
            http,
            serving,
            work: CancellationToken::new(),
            working: None,
            _folder: folder,
        };
        (world, engine)
    }

    /// Stops the service as a signal would.
    pub(crate) async fn stop(self) -> Ended {
        self.shutdown.cancel();
        let ended = tokio::time::timeout(PATIENCE, self.serving).await;
        self.work.cancel();
        if let Some(working) = self.working {
            working.await.expect("the workers stopped");
        }
        ended
            .expect("the service stopped in time")
            .expect("the service did not panic")
    }

    /// Returns once so many HTTP requests have reached the service and wait for their answers.
    pub(crate) async fn sees_waiting(&self, callers: u32) {
        // The one that asks for the metrics is among those that are counted.
        let line = format!("signoff_http_requests_in_flight {}", callers + 1);
        let shown = async {
            loop {
                let metrics = self.nobody().get("/metrics").await;
                if metrics
                    .body
                    .as_str()
                    .expect("a text")
                    .lines()
                    .any(|found| found == line)
                {
                    return;
                }
            }
        };
        tokio::time::timeout(PATIENCE, shown)
            .await
            .expect("they arrive in time");
    }

    /// Someone with a key.
    pub(crate) fn as_(&self, name: &str) -> Someone<'_> {
        assert!(
            KEYS.iter().any(|(known, ..)| *known == name),
            "{name} has no key"
        );
        Someone {
            world: self,
            key: Some(key_of(name)),
        }
    }

    /// Someone without.
    pub(crate) fn nobody(&self) -> Someone<'_> {
        Someone {
            world: self,
            key: None,
        }
    }

    /// The address of a path.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Writes bytes to a socket and reads what comes back until the end.
    pub(crate) async fn raw(&self, bytes: &[u8]) -> String {
        let mut socket = TcpStream::connect(self.address)
            .await
            .expect("a connection");
        // The service may answer and close before it has read everything.
        let _ = socket.write_all(bytes).await;
        let mut answer = Vec::new();
        let read = tokio::time::timeout(PATIENCE, socket.read_to_end(&mut answer)).await;
        read.expect("an answer in time").expect("an answer");
        String::from_utf8(answer).expect("an answer in UTF-8")
    }
}

/// A caller.
#[derive(Clone)]
pub(crate) struct Someone<'w> {
    pub(crate) world: &'w World,
    pub(crate) key: Option<String>,
}

impl Someone<'_> {
    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path), path).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(self.request(Method::POST, path).json(body), path)
            .await
    }

    pub(crate) async fn submit(&self, body: &Value) -> Answer {
        self.post("/v1/requests", body).await
    }

    /// Submits an approval under this name and expects it to be created.
    pub(crate) async fn asks(&self, name: &str) -> Answer {
        self.submit(&approval(name))
            .await
            .expect(StatusCode::ACCEPTED)
    }

    pub(crate) async fn decides(&self, name: &str, body: &Value) -> Answer {
        self.post(&format!("/v1/requests/{name}/decision"), body)
            .await
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let request = self.world.http.request(method, self.world.url(path));
        match &self.key {
            Some(key) => request.bearer_auth(key),
            None => request,
        }
    }

    /// Sends it, and holds the answer against the `OpenAPI` document.
    pub(crate) async fn send(&self, request: reqwest::RequestBuilder, path: &str) -> Answer {
        let request = request.build().expect("a request");
        let method = request.method().clone();
        let response = self.world.http.execute(request).await.expect("an answer");
        let (status, headers) = (response.status(), response.headers().clone());
        let text = response.text().await.expect("a body");
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        let answer = Answer {
            status,
            headers,
            body,
        };
        answer.is_as_documented(&method, path);
        answer
    }
}

/// An approval to submit.
pub(crate) fn approval(name: &str) -> Value {
    json!({
        "correlation_id": name,
        "kind": "approval",
        "title": "Deploy billing-api 1.2.3 to production",
        "action": { "tool": "k8s.deploy", "arguments": { "namespace": "prod" } },
    })
}

/// A question to submit.
pub(crate) fn question(name: &str) -> Value {
    json!({
        "correlation_id": name,
        "kind": "question",
        "title": "Which rollout strategy?",
        "options": [{ "id": "canary", "label": "Canary" }, { "id": "wait", "label": "Delay" }],
    })
}
