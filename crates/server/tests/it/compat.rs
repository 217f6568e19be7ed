//! The drop-in endpoints over real connections: answers to the byte, who is let in, and what is
//! not to be found there.

use std::sync::Arc;

use axum::Router;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use signoff_contract::compat::Defaults;
use signoff_engine::{Caller, Engine, Scope};
use signoff_server::{Callers, CompatOptions, ServerOptions, routers, serve};
use tokio::net::TcpListener;

use crate::world::{PATIENCE, World};

/// The listener of the drop-in endpoints, beside a service.
struct DropIn {
    world: World,
    url: String,
    http: reqwest::Client,
}

/// What came back, to the byte.
#[derive(Debug, PartialEq)]
struct Said {
    status: u16,
    content_type: String,
    body: String,
}

fn options(project: &str) -> CompatOptions {
    CompatOptions {
        caller: Caller {
            key: "compat".to_owned(),
            project: project.to_owned(),
            scopes: vec![Scope::RequestsWrite],
            approver: None,
            max_per_second: None,
        },
        route: "default".to_owned(),
        defaults: Defaults {
            language: "en".to_owned(),
            timeout_seconds: 3_600,
            metadata: false,
            timeout_message: None,
        },
        callers: Callers::Of(vec!["127.0.0.0/8".parse().expect("a network")]),
        token: None,
        extra: Router::new(),
    }
}

impl DropIn {
    async fn start() -> Self {
        Self::start_with(options("default")).await
    }

    /// Nothing works in the background: whatever is asked stays pending.
    async fn start_with(options: CompatOptions) -> Self {
        let (world, engine) = World::start_idle(|_| ()).await;
        Self::beside(world, engine, options).await
    }

    async fn beside(world: World, engine: Arc<Engine>, options: CompatOptions) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let routers = routers(engine, ServerOptions::default(), Some(options));
        let router = routers.compat.expect("it was asked for");
        tokio::spawn(serve(listener, router, world.shutdown.clone(), PATIENCE));
        let http = reqwest::Client::builder().no_proxy().build().expect("http");
        Self { world, url, http }
    }

    fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.http.request(method, format!("{}{path}", self.url))
    }

    async fn post(&self, path: &str, body: &Value) -> Said {
        answer_to(self.request(Method::POST, path).body(body.to_string())).await
    }
}

async fn answer_to(request: reqwest::RequestBuilder) -> Said {
    let response = request.send().await.expect("an answer");
    let content_type = response.headers().get("content-type");
    Said {
        status: response.status().as_u16(),
        content_type: content_type
            .map_or("", |value| value.to_str().expect("text"))
            .to_owned(),
        body: response.text().await.expect("a body"),
    }
}

fn json_of(status: u16, body: &str) -> Said {
    Said {
        status,
        content_type: "application/json".to_owned(),
        body: format!("{body}\n"),
    }
}

fn approval(id: &str) -> Value {
    json!({
        "correlation_id": id,
        "tool": "k8s.delete",
        "arguments": { "name": "pod-1" },
        "justification": "The pod hangs.",
        "approval_request": "May I delete pod-1?",
        "risk_assessment": "It restarts at once.",
        "callback": { "url": "http://127.0.0.1:9/callback" },
    })
}

fn question(id: &str) -> Value {
    json!({
        "correlation_id": id,
        "tool": { "name": "ask.owner" },
        "arguments": { "question": "Which way shall it go?", "options": ["left", "right"] },
        "callback": { "url": "http://127.0.0.1:9/callback" },
    })
}

#[tokio::test]
async fn what_is_asked_is_answered_202_in_these_bytes() {
    let service = DropIn::start().await;
    let queued = r#"{"decision":"pending","reason":"queued","correlation_id":"a\u003cb"}"#;
    let exists =
        r#"{"decision":"error","reason":"approval already exists","correlation_id":"a\u003cb"}"#;
    assert_eq!(
        service.post("/approve", &approval("a<b")).await,
        json_of(202, queued)
    );
    assert_eq!(
        service.post("/approve", &approval("a<b")).await,
        json_of(202, exists)
    );
    // The caller uses one id for both.
    let queued = r#"{"status":"pending","result":"queued","correlation_id":"a\u003cb"}"#;
    let exists =
        r#"{"status":"error","result":"execution already exists","correlation_id":"a\u003cb"}"#;
    assert_eq!(
        service.post("/execute", &question("a<b")).await,
        json_of(202, queued)
    );
    assert_eq!(
        service.post("/execute", &question("a<b")).await,
        json_of(202, exists)
    );
    // It is a request like any other for those who may read the project.
    let listed = service.world.as_("plane").get("/v1/requests").await;
    let items = listed.body["items"].as_array().expect("a list");
    assert_eq!(items.len(), 2);
    assert_eq!(items[1]["title"], "May I delete pod-1?");
    assert_eq!(items[1]["requester"]["run_id"], "a<b");
    let name = items[1]["correlation_id"].as_str().expect("a name");
    assert!(name.starts_with("compat:"), "{name}");
}

#[tokio::test]
async fn what_is_wrong_is_answered_400_in_these_bytes() {
    let service = DropIn::start().await;
    let mut blank = approval("a");
    blank["tool"] = json!(" ");
    let said = service.post("/approve", &blank).await;
    assert_eq!(
        said,
        json_of(400, r#"{"decision":"error","reason":"tool is required"}"#)
    );
    let mut long = question("a");
    long["arguments"]["context"] = json!("x".repeat(2_001));
    let said = service.post("/execute", &long).await;
    assert_eq!(
        said,
        json_of(
            400,
            r#"{"status":"error","result":"context must be \u003c= 2000 characters"}"#
        )
    );
    // No content type, a wrong one: neither is looked at.
    let request = service
        .request(Method::POST, "/approve")
        .header("content-type", "text/xml");
    let said = answer_to(request.body("<xml/>")).await;
    assert_eq!(
        said,
        json_of(
            400,
            r#"{"decision":"error","reason":"invalid json payload"}"#
        )
    );
    let request = service.request(Method::POST, "/execute");
    let said = answer_to(request).await;
    assert_eq!(
        said,
        json_of(400, r#"{"status":"error","result":"invalid json payload"}"#)
    );
    let mut outside = approval("a");
    outside["callback"]["url"] = json!("https://hooks.example.org/x");
    let said = service.post("/approve", &outside).await;
    let why = "callback.url: the host hooks.example.org (port 443) is not on the operator's callbacks.allow list";
    assert_eq!(
        said,
        json_of(400, &format!(r#"{{"decision":"error","reason":"{why}"}}"#))
    );
    let too_long = format!("{{\"tool\":\"{}\"}}", "x".repeat(1024 * 1024));
    let said = answer_to(service.request(Method::POST, "/approve").body(too_long)).await;
    let why = "the body has more than 1048576 bytes";
    assert_eq!(
        said,
        json_of(413, &format!(r#"{{"decision":"error","reason":"{why}"}}"#))
    );
}

#[tokio::test]
async fn other_methods_are_answered_405_without_a_body() {
    let service = DropIn::start().await;
    for path in ["/approve", "/execute"] {
        for name in ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"] {
            let method: Method = name.parse().expect("a method");
            let said = answer_to(service.request(method, path)).await;
            assert_eq!(
                (said.status, said.body.as_str()),
                (405, ""),
                "{name} {path}"
            );
        }
    }
}

#[tokio::test]
async fn health_is_one_word() {
    let (world, engine) = World::start_idle(|_| ()).await;
    let service = DropIn::beside(world, Arc::clone(&engine), options("default")).await;
    let get = |path| answer_to(service.request(Method::GET, path));
    let healthy = get("/healthz").await;
    assert_eq!((healthy.status, healthy.body.as_str()), (200, "ok"));
    let ready = get("/readyz").await;
    assert_eq!((ready.status, ready.body.as_str()), (503, "not ready"));
    let stop = service.world.shutdown.clone();
    let working = tokio::spawn(signoff_engine::workers::run(engine, Vec::new(), stop));
    let mut ready = get("/readyz").await;
    while ready.status != 200 {
        tokio::task::yield_now().await;
        ready = get("/readyz").await;
    }
    assert_eq!(ready.body, "ok");
    service.world.shutdown.cancel();
    working.await.expect("no panic").expect("it stopped");
}

#[tokio::test]
async fn callers_are_admitted_by_network_and_token_and_probes_need_neither() {
    let elsewhere = CompatOptions {
        callers: Callers::Of(vec!["10.0.0.0/8".parse().expect("a network")]),
        ..options("default")
    };
    let service = DropIn::start_with(elsewhere).await;
    let said = service.post("/approve", &approval("a")).await;
    let why = "callers from 127.0.0.1 are not admitted; the operator admits them by [compat] callers, or \
               SIGNOFF_COMPAT__CALLERS";
    assert_eq!(
        said,
        json_of(403, &format!(r#"{{"decision":"error","reason":"{why}"}}"#))
    );
    let healthy = answer_to(service.request(Method::GET, "/healthz")).await;
    assert_eq!(healthy.status, 200);

    let with_token = CompatOptions {
        token: Some("hunter2-hunter2-hunter2".into()),
        callers: Callers::Anyone,
        ..options("default")
    };
    let service = DropIn::start_with(with_token).await;
    let unauthorized = json_of(401, r#"{"status":"error","result":"unauthorized"}"#);
    assert_eq!(service.post("/execute", &question("a")).await, unauthorized);
    for wrong in [
        "Bearer hunter2",
        "Basic hunter2-hunter2-hunter2",
        "hunter2-hunter2-hunter2",
    ] {
        let request = service
            .request(Method::POST, "/execute")
            .header("authorization", wrong);
        assert_eq!(
            answer_to(request.body(question("a").to_string())).await,
            unauthorized
        );
    }
    let request = service
        .request(Method::POST, "/execute")
        .bearer_auth("hunter2-hunter2-hunter2");
    let said = answer_to(request.body(question("a").to_string())).await;
    assert_eq!(said.status, 202, "{said:?}");
    // Guessing is slowed down.
    let mut last = 401;
    for _ in 0..40 {
        last = service.post("/execute", &question("a")).await.status;
    }
    assert_eq!(last, 429);
    assert_eq!(
        answer_to(service.request(Method::GET, "/readyz"))
            .await
            .status,
        503
    );
}

#[tokio::test]
async fn a_full_project_is_said_to_be_full_and_an_id_stays_free_for_later() {
    let service = DropIn::start_with(options("tiny")).await;
    assert_eq!(service.post("/approve", &approval("a")).await.status, 202);
    let said = service.post("/approve", &approval("b")).await;
    let why = "1 requests are pending, as many as may be";
    assert_eq!(
        said,
        json_of(429, &format!(r#"{{"decision":"error","reason":"{why}"}}"#))
    );
    let said = service.post("/approve", &approval("a")).await;
    assert!(said.body.contains("approval already exists"), "{said:?}");
}

#[tokio::test]
async fn the_native_api_is_not_there_and_theirs_is_not_in_the_native_one() {
    let service = DropIn::start().await;
    for path in [
        "/v1/requests",
        "/metrics",
        "/openapi.json",
        "/docs",
        "/",
        "/webhook",
    ] {
        let said = answer_to(service.request(Method::GET, path)).await;
        assert_eq!((said.status, said.body.as_str()), (404, ""), "{path}");
    }
    for path in ["/approve", "/execute"] {
        let answer = service.world.nobody().post(path, &approval("a")).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
    }
}
