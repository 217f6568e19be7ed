//! What each operation does when all is well.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::world::{World, approval, question};

#[tokio::test]
async fn a_submission_is_answered_202_with_the_place_of_its_request() {
    let world = World::start().await;
    let plane = world.as_("plane");
    let created = plane.asks("run-42:deploy").await;
    assert_eq!(created.header("location"), "/v1/requests/run-42:deploy");
    assert_eq!(created.header("content-type"), "application/json");
    assert_eq!(created.header("cache-control"), "no-store");
    let read = plane
        .get(created.header("location"))
        .await
        .expect(StatusCode::OK);
    assert_eq!(read.body, created.body);
    insta::assert_json_snapshot!(created.body, {".id" => "req_…"});
}

#[tokio::test]
async fn the_same_submission_again_is_answered_200_and_another_one_409() {
    let world = World::start().await;
    let plane = world.as_("plane");
    let first = plane.asks("once").await;
    let again = plane.submit(&approval("once")).await.expect(StatusCode::OK);
    assert_eq!(again.body, first.body);
    assert_eq!(again.header("location"), "");
    world
        .as_("ann")
        .decides("once", &json!({"decision": "approve"}))
        .await;
    let later = plane.submit(&approval("once")).await.expect(StatusCode::OK);
    assert_eq!(later.body["status"], "approved");
    let mut other = approval("once");
    other["title"] = "Something else".into();
    let conflict = plane.submit(&other).await.expect(StatusCode::CONFLICT);
    assert_eq!(conflict.code(), "correlation_conflict");
}

#[tokio::test]
async fn a_name_may_be_percent_encoded_in_the_path() {
    let world = World::start().await;
    let plane = world.as_("plane");
    let created = plane.asks("a:b@c+d=e").await;
    let read = plane
        .get("/v1/requests/a%3Ab%40c%2Bd%3De")
        .await
        .expect(StatusCode::OK);
    assert_eq!(read.body["id"], created.body["id"]);
}

#[tokio::test]
async fn requests_are_listed_newest_first_in_pages_and_by_status_and_kind() {
    let world = World::start().await;
    let plane = world.as_("plane");
    for name in ["one", "two", "three"] {
        plane.asks(name).await;
    }
    plane
        .submit(&question("four"))
        .await
        .expect(StatusCode::ACCEPTED);
    world
        .as_("ann")
        .decides("two", &json!({"decision": "deny"}))
        .await
        .expect(StatusCode::OK);

    let mut seen = Vec::new();
    let mut path = "/v1/requests?limit=3".to_owned();
    let mut pages = 0;
    loop {
        let page = plane.get(&path).await.expect(StatusCode::OK);
        seen.extend(names(&page.body));
        pages += 1;
        let Some(cursor) = page.body["next_cursor"].as_str() else {
            break;
        };
        path = format!("/v1/requests?limit=3&cursor={cursor}");
    }
    assert_eq!(pages, 2);
    seen.sort_unstable();
    assert_eq!(seen, ["four", "one", "three", "two"]);

    let denied = plane
        .get("/v1/requests?status=denied")
        .await
        .expect(StatusCode::OK);
    assert_eq!(names(&denied.body), ["two"]);
    let questions = plane
        .get("/v1/requests?kind=question")
        .await
        .expect(StatusCode::OK);
    assert_eq!(names(&questions.body), ["four"]);
    assert_eq!(questions.body["next_cursor"], Value::Null);
}

fn names(page: &Value) -> Vec<String> {
    let items = page["items"].as_array().expect("items");
    items
        .iter()
        .map(|item| item["correlation_id"].as_str().expect("a name").to_owned())
        .collect()
}

#[tokio::test]
async fn a_request_is_withdrawn_with_a_reason_or_without_a_body() {
    let world = World::start().await;
    let plane = world.as_("plane");
    plane.asks("with").await;
    let reason = json!({"reason": "not needed any more"});
    let gone = plane
        .post("/v1/requests/with/cancel", &reason)
        .await
        .expect(StatusCode::OK);
    assert_eq!(gone.body["status"], "cancelled");
    assert_eq!(gone.body["outcome"]["reason"], "not needed any more");
    plane.asks("without").await;
    let path = "/v1/requests/without/cancel";
    let gone = plane
        .send(plane.request(Method::POST, path), path)
        .await
        .expect(StatusCode::OK);
    assert_eq!(gone.body["outcome"]["reason"], Value::Null);
}

#[tokio::test]
async fn an_approver_approves_denies_and_answers_through_the_api() {
    let world = World::start().await;
    let (plane, ann) = (world.as_("plane"), world.as_("ann"));
    plane.asks("yes").await;
    let yes = ann
        .decides("yes", &json!({"decision": "approve"}))
        .await
        .expect(StatusCode::OK);
    assert_eq!(yes.body["status"], "approved");
    assert_eq!(yes.body["outcome"]["decided_by"][0]["name"], "ann");
    plane.asks("no").await;
    let no = json!({"decision": "deny", "reason": "not on a Friday"});
    let no = ann.decides("no", &no).await.expect(StatusCode::OK);
    assert_eq!(no.body["outcome"]["reason"], "not on a Friday");
    plane.submit(&question("which")).await;
    let answer = json!({"decision": "answer", "option_id": "canary"});
    let which = ann.decides("which", &answer).await.expect(StatusCode::OK);
    let expected = json!({"option_id": "canary", "text": "Canary", "via": "api"});
    assert_eq!(which.body["outcome"]["answer"], expected);
}

#[tokio::test]
async fn where_two_must_approve_the_first_leaves_the_request_pending() {
    let world = World::start().await;
    let mut both = approval("both");
    both["route"] = "both".into();
    world
        .as_("plane")
        .submit(&both)
        .await
        .expect(StatusCode::ACCEPTED);
    let approve = json!({"decision": "approve"});
    let first = world
        .as_("ann")
        .decides("both", &approve)
        .await
        .expect(StatusCode::OK);
    assert_eq!(first.body["status"], "pending");
    let second = world
        .as_("ben")
        .decides("both", &approve)
        .await
        .expect(StatusCode::OK);
    assert_eq!(second.body["status"], "approved");
}

#[tokio::test]
async fn an_approval_is_claimed_once_and_its_execution_reported() {
    let world = World::start().await;
    let plane = world.as_("plane");
    let created = plane.asks("use").await;
    world
        .as_("ann")
        .decides("use", &json!({"decision": "approve"}))
        .await;
    let claim = json!({"intent_digest": created.body["intent_digest"]});
    let claimed = plane
        .post("/v1/requests/use/claim", &claim)
        .await
        .expect(StatusCode::OK);
    assert_eq!(claimed.body["claimed_at"], "2026-01-02T03:04:05.678Z");
    let report = json!({"result": "applied", "detail": "rolled out"});
    let path = "/v1/requests/use/execution";
    let reported = plane.post(path, &report).await.expect(StatusCode::OK);
    assert_eq!(reported.body["execution"]["detail"], "rolled out");
    let again = plane.post(path, &report).await.expect(StatusCode::OK);
    assert_eq!(again.body["execution"], reported.body["execution"]);
}

#[tokio::test]
async fn the_events_of_a_request_are_listed_in_order() {
    let world = World::start().await;
    world.as_("plane").asks("told").await;
    world
        .as_("ann")
        .decides("told", &json!({"decision": "approve"}))
        .await;
    let events = world
        .as_("reader")
        .get("/v1/requests/told/events")
        .await
        .expect(StatusCode::OK);
    let items = events.body["items"].as_array().expect("items");
    let types: Vec<&str> = items
        .iter()
        .filter_map(|item| item["event_type"].as_str())
        .collect();
    assert_eq!(types, ["approval.requested", "approval.approved"]);
    assert_eq!(items[0]["number"], 1);
    assert_eq!(items[0]["correlation_id"], "told");
}

#[tokio::test]
async fn the_service_tells_how_it_is_and_what_it_counted() {
    let world = World::start().await;
    let nobody = world.nobody();
    let healthy = nobody.get("/healthz").await.expect(StatusCode::OK);
    assert_eq!(healthy.body, "ok\n");
    let ready = nobody.get("/readyz").await.expect(StatusCode::OK);
    let expected = json!({"ready": true, "store": "ok", "workers": "ok", "channels": []});
    assert_eq!(ready.body, expected);
    world.as_("plane").asks("counted").await;
    world
        .nobody()
        .get("/v1/requests/counted")
        .await
        .expect(StatusCode::UNAUTHORIZED);
    world
        .nobody()
        .get("/somewhere/else")
        .await
        .expect(StatusCode::NOT_FOUND);
    let metrics = nobody.get("/metrics").await.expect(StatusCode::OK);
    let metrics = metrics.body.as_str().expect("a text");
    for line in [
        r#"signoff_http_requests_total{method="POST",route="/v1/requests",status="202"} 1"#,
        r#"signoff_http_requests_total{method="GET",route="/v1/requests/{correlation_id}",status="401"} 1"#,
        r#"signoff_http_requests_total{method="GET",route="none",status="404"} 1"#,
        r#"signoff_http_request_duration_seconds_count{method="POST",route="/v1/requests"} 1"#,
        "# EOF",
    ] {
        assert!(
            metrics.lines().any(|found| found == line),
            "no {line} in\n{metrics}"
        );
    }
    assert!(
        !metrics.contains("counted"),
        "no names of requests in metrics"
    );
}

#[tokio::test]
async fn a_service_without_its_background_work_is_alive_and_not_ready() {
    let (world, _) = World::start_idle(|_| ()).await;
    let nobody = world.nobody();
    nobody.get("/healthz").await.expect(StatusCode::OK);
    let ready = nobody.get("/readyz").await;
    let ready = ready.expect(StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(ready.body["ready"], false);
    assert_eq!(ready.body["workers"], "not running");
    assert_eq!(ready.header("content-type"), "application/json");
}

#[tokio::test]
async fn a_request_can_be_named_by_its_caller() {
    let world = World::start().await;
    let nobody = world.nobody();
    let named = nobody
        .request(Method::GET, "/healthz")
        .header("x-request-id", "trace-7:a.b_c");
    assert_eq!(
        nobody.send(named, "/healthz").await.header("x-request-id"),
        "trace-7:a.b_c"
    );
    let long = "x".repeat(101);
    for insane in ["", "white space", "<script>", "näh", &long] {
        let named = nobody
            .request(Method::GET, "/healthz")
            .header("x-request-id", insane);
        let given = nobody
            .send(named, "/healthz")
            .await
            .header("x-request-id")
            .to_owned();
        assert_ne!(given, insane);
        assert_eq!(given.len(), "5f0c1d9a7b3e-00002a".len(), "{given}");
    }
}
