//! `signoff bridge codex-k8s` between a real service and a control plane of the tests' own.

use std::collections::BTreeMap;
use std::process::Child;
use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use signoff_client::Client;
use tokio::sync::watch;

use crate::world::{MINIMAL, PATIENCE, Run, Service, World, ended, signal};

const TOKEN: &str = "hunter2-hunter2-hunter2";

/// A control plane: what waits in it, and what it was told.
#[derive(Clone)]
struct Plane {
    url: String,
    state: Arc<watch::Sender<Known>>,
}

#[derive(Default)]
struct Known {
    waiting: BTreeMap<i64, Value>,
    told: Vec<Callback>,
    /// Answers that are failures, before one is not.
    failures: u32,
    looked: u32,
}

/// The callback's body, and nothing beside it: extra keys are refused.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Callback {
    approval_request_id: i64,
    decision: String,
    reason: String,
    actor_id: String,
}

impl Plane {
    async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let plane = Self {
            url: format!("http://{}", listener.local_addr().unwrap()),
            state: Arc::new(watch::Sender::new(Known::default())),
        };
        let router = Router::new()
            .route("/api/v1/staff/approvals", get(list))
            .route("/api/v1/mcp/approver/callback", post(callback))
            .with_state(plane.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        plane
    }

    fn asks(&self, id: i64, action: &str) {
        let row = json!({
            "id": id, "correlation_id": format!("corr-{id}"), "run_id": null,
            "project_slug": "billing", "issue_number": 7, "pr_number": null,
            "trigger_label": "run:dev", "tool_name": "k8s.delete", "action": action,
            "approval_mode": "owner", "requested_by": "codex-bot", "created_at": "2026-11-21T10:00:00Z",
        });
        self.state
            .send_modify(|known| drop(known.waiting.insert(id, row)));
    }

    async fn told(&self, count: usize) -> Vec<Callback> {
        self.until(|known| known.told.len() >= count).await;
        self.state.borrow().told.clone()
    }

    /// Until it was looked at so many times more: whatever was to happen has happened.
    async fn is_looked_at(&self, times: u32) {
        let from = self.state.borrow().looked;
        self.until(|known| known.looked >= from + times).await;
    }

    async fn until(&self, so: impl FnMut(&Known) -> bool) {
        let mut known = self.state.subscribe();
        let waited = tokio::time::timeout(PATIENCE, known.wait_for(so)).await;
        drop(waited.unwrap().unwrap());
    }
}

async fn list(State(plane): State<Plane>, headers: HeaderMap) -> Result<Json<Value>, StatusCode> {
    if headers["authorization"] != format!("Bearer {TOKEN}") {
        return Err(StatusCode::UNAUTHORIZED);
    }
    plane.state.send_modify(|known| known.looked += 1);
    let rows: Vec<Value> = plane.state.borrow().waiting.values().cloned().collect();
    Ok(Json(Value::from(rows)))
}

async fn callback(
    State(plane): State<Plane>,
    headers: HeaderMap,
    Json(told): Json<Callback>,
) -> Result<Json<Value>, StatusCode> {
    if headers["x-codex-mcp-token"] != TOKEN {
        return Err(StatusCode::UNAUTHORIZED);
    }
    let mut answer = Err(StatusCode::BAD_GATEWAY);
    plane.state.send_modify(|known| {
        if known.failures > 0 {
            known.failures -= 1;
            return;
        }
        let state = told.decision.clone();
        known.waiting.remove(&told.approval_request_id);
        answer = Ok(Json(
            json!({ "id": told.approval_request_id, "approval_state": state }),
        ));
        known.told.push(told);
    });
    answer
}

/// Between a service and a control plane.
struct Between {
    world: World,
    /// None while it restarts.
    service: Option<Service>,
    plane: Plane,
    /// The key of who asks.
    key: String,
    /// The key of somebody who decides.
    decides: String,
}

impl Between {
    async fn with(config: &str) -> Self {
        let mut world = World::with(config);
        let (key, decides) = world.keys();
        let service = Service::start(&world);
        let plane = Plane::start().await;
        world.set("SIGNOFF_URL", &service.url);
        world.set("SIGNOFF_KEY", &key);
        world.set("SIGNOFF_CODEX_K8S_URL", &plane.url);
        world.set("SIGNOFF_CODEX_K8S_TOKEN", TOKEN);
        Self {
            world,
            service: Some(service),
            plane,
            key,
            decides,
        }
    }

    fn bridge(&self, more: &[&str]) -> Child {
        let bridge = ["bridge", "codex-k8s", "--every-seconds", "1"];
        self.world.start(&[&bridge, more].concat())
    }

    fn service_restarts(&mut self) {
        let service = self.service.take().unwrap();
        service.signal("TERM");
        service.ended();
        let service = Service::start(&self.world);
        self.world.set("SIGNOFF_URL", &service.url);
        self.service = Some(service);
    }

    /// Bridges until everything that waits there was looked at and asked for.
    async fn asks(&self) {
        let bridge = self.bridge(&[]);
        self.plane.is_looked_at(2).await;
        stops(bridge);
    }

    fn somebody(&self, decides: &[&str]) {
        let key = ["--key", &self.decides];
        self.world.ok(&[&["approvals"], decides, &key].concat());
    }

    /// A request as its callers read it.
    fn shown(&self, name: &str) -> String {
        self.world.ok(&["approvals", "show", name, "--json"]).stdout
    }
}

fn stops(bridge: Child) -> Run {
    signal(&bridge, "TERM");
    let run = ended(bridge);
    assert_eq!(run.code, Some(0), "{run:?}");
    run
}

#[tokio::test(flavor = "multi_thread")]
async fn each_is_asked_once_and_its_outcome_is_told_whoever_restarts() {
    let mut between = Between::with(MINIMAL).await;
    between.plane.asks(41, "delete pod-1");
    between.plane.asks(42, "delete pod-2");
    let bridge = between.bridge(&[]);
    between.plane.is_looked_at(2).await;
    let listed = between.world.ok(&["approvals", "list", "--json"]).stdout;
    assert_eq!(listed.matches("\"codex-k8s:4").count(), 2, "{listed}");
    assert!(listed.contains("k8s.delete: delete pod-1"), "{listed}");
    // Killed, and started again when one of them is decided.
    signal(&bridge, "KILL");
    ended(bridge);
    between.somebody(&["approve", "codex-k8s:41", "--yes"]);
    between.plane.state.send_modify(|known| known.failures = 1);
    let bridge = between.bridge(&[]);
    let told = between.plane.told(1).await;
    let approved = Callback {
        approval_request_id: 41,
        decision: "approved".to_owned(),
        reason: "approved".to_owned(),
        actor_id: "api:ann".to_owned(),
    };
    assert_eq!(told, [approved]);
    // Signoff restarts, and the other one is denied.
    between.service_restarts();
    stops(bridge);
    let bridge = between.bridge(&[]);
    between.somebody(&["deny", "codex-k8s:42", "--reason", "still in use"]);
    let told = between.plane.told(2).await;
    assert_eq!(
        (
            told[1].approval_request_id,
            &*told[1].decision,
            &*told[1].reason
        ),
        (42, "denied", "still in use")
    );
    between.plane.is_looked_at(2).await;
    let times = between.plane.state.borrow().told.len();
    assert_eq!(times, 2, "nothing is told twice");
    let all = ["approvals", "list", "--status", "all", "--json"];
    let listed = between.world.ok(&all).stdout;
    let ours = listed.matches("\"correlation_id\": \"codex-k8s:4");
    assert_eq!(ours.count(), 2, "{listed}");
    stops(bridge);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_human_can_be_asked_fails_and_what_is_resolved_there_is_withdrawn() {
    // Ben has neither a chat nor a key.
    let more =
        "[[approvers]]\nname = \"ben\"\n[[routes]]\nname = \"nobody\"\napprovers = [\"ben\"]\n";
    let between = Between::with(&format!("{MINIMAL}{more}")).await;
    between.plane.asks(7, "delete pod-7");
    let bridge = between.bridge(&["--route", "nobody"]);
    let told = between.plane.told(1).await;
    assert_eq!(
        (told[0].approval_request_id, &*told[0].decision),
        (7, "failed"),
        "{told:?}"
    );
    assert!(told[0].reason.starts_with("undeliverable"), "{told:?}");
    stops(bridge);

    between.plane.asks(8, "delete pod-8");
    let bridge = between.bridge(&[]);
    between.plane.is_looked_at(2).await;
    let resolved = |known: &mut Known| drop(known.waiting.remove(&8));
    between.plane.state.send_modify(resolved);
    between.plane.is_looked_at(3).await;
    let shown = between.shown("codex-k8s:8");
    assert!(shown.contains("\"cancelled\""), "{shown}");
    assert!(shown.contains("resolved in the control plane"), "{shown}");
    assert_eq!(between.plane.state.borrow().told.len(), 1);
    let run = stops(bridge);
    assert!(!run.stderr.contains("hunter2"), "{run:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_yes_to_a_row_is_no_yes_to_what_it_became() {
    let between = Between::with(MINIMAL).await;
    between.plane.asks(1, "delete pod-1");
    between.plane.asks(2, "delete pod-2");
    between.asks().await;
    // One is approved and then changed, the other is changed while people look at it.
    between.somebody(&["approve", "codex-k8s:1", "--yes"]);
    between.plane.asks(1, "delete namespace prod");
    between.plane.asks(2, "delete namespace prod");
    let bridge = between.bridge(&[]);
    let told = between.plane.told(2).await;
    for callback in &told {
        assert_eq!(callback.decision, "failed", "{told:?}");
        assert!(callback.reason.contains("changed after"), "{told:?}");
    }
    let shown = between.shown("codex-k8s:2");
    assert!(shown.contains("\"cancelled\""), "{shown}");
    stops(bridge);
}

#[tokio::test(flavor = "multi_thread")]
async fn asked_on_another_route_today_what_was_asked_still_counts() {
    let more = "[[routes]]\nname = \"other\"\napprovers = [\"ann\"]\n";
    let between = Between::with(&format!("{MINIMAL}{more}")).await;
    between.plane.asks(1, "delete pod-1");
    between.asks().await;
    between.somebody(&["approve", "codex-k8s:1", "--yes"]);
    let bridge = between.bridge(&["--route", "other"]);
    assert_eq!(between.plane.told(1).await[0].decision, "approved");
    stops(bridge);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_withdrawn_for_a_row_that_cannot_be_read() {
    let between = Between::with(MINIMAL).await;
    between.plane.asks(1, "delete pod-1");
    let bridge = between.bridge(&[]);
    between.plane.is_looked_at(2).await;
    // It still waits there, and says its number in another way.
    let renamed = |known: &mut Known| drop(known.waiting.insert(1, json!({ "id": "1" })));
    between.plane.state.send_modify(renamed);
    between.plane.is_looked_at(3).await;
    let shown = between.shown("codex-k8s:1");
    assert!(shown.contains("\"pending\""), "{shown}");
    stops(bridge);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_resolved_there_is_withdrawn_behind_however_many_others() {
    let between = Between::with(MINIMAL).await;
    between.plane.asks(1, "delete pod-1");
    between.asks().await;
    let caller = Client::new(&between.service.as_ref().unwrap().url, &between.key).unwrap();
    for number in 0..100 {
        let other = json!({
            "correlation_id": format!("other-{number}"), "kind": "approval", "title": "Something else",
            "action": { "tool": "t", "arguments": {} },
        });
        caller.submit(&other).await.unwrap();
    }
    let resolved = |known: &mut Known| known.waiting.clear();
    between.plane.state.send_modify(resolved);
    between.asks().await;
    let shown = between.shown("codex-k8s:1");
    assert!(shown.contains("\"cancelled\""), "{shown}");
    assert!(between.shown("other-0").contains("\"pending\""));
}
