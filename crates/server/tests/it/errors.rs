//! Every code, as it really looks.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::json;
use signoff_contract::Code;

use crate::answer::Answer;
use crate::world::{Someone, World, approval};

/// Sends a request with a name of its own, so that its problem is the same in every run.
async fn named(who: &Someone<'_>, method: Method, path: &str, body: Option<&str>) -> Answer {
    let mut request = who
        .request(method, path)
        .header("x-request-id", "snapshot-1");
    if let Some(body) = body {
        request = request
            .header("content-type", "application/json")
            .body(body.to_owned());
    }
    who.send(request, path).await
}

#[tokio::test]
async fn every_problem_code_has_a_document_like_this() {
    let world = World::start().await;
    let (plane, ann, nobody) = (world.as_("plane"), world.as_("ann"), world.nobody());
    let tiny = world.as_("tiny-plane");
    let (get, post) = (Method::GET, Method::POST);
    let digest = plane.asks("denied").await.body["intent_digest"].clone();
    plane.asks("pending").await;
    plane.asks("used").await;
    tiny.asks("first").await;
    ann.decides("denied", &json!({"decision": "deny", "reason": "no"}))
        .await;
    ann.decides("used", &json!({"decision": "approve"})).await;
    let mismatch = json!({"intent_digest": format!("sha256:{}", "0".repeat(64))}).to_string();
    let claim = json!({"intent_digest": digest}).to_string();
    let requests = "/v1/requests";
    let conflict = json!({"correlation_id": "used", "kind": "approval", "title": "Other",
        "action": {"tool": "other", "arguments": {}}});
    let invalid = json!({"correlation_id": "a b", "kind": "question", "titel": "Which?",
        "options": [{"id": "one", "label": ""}]});
    let huge = format!("\"{}\"", "x".repeat(300 * 1024));

    let mut answers = vec![
        named(
            &plane,
            post.clone(),
            requests,
            Some("{\"title\": \"\\ud800\"}"),
        )
        .await,
        named(&plane, post.clone(), requests, Some(&invalid.to_string())).await,
        named(&nobody, get.clone(), requests, None).await,
        named(&ann, post.clone(), requests, Some("{}")).await,
        named(&plane, get.clone(), "/v1/requests/nothing", None).await,
        named(&plane, Method::DELETE, requests, None).await,
        named(&plane, post.clone(), "/v1/requests/denied/cancel", None).await,
        named(&plane, post.clone(), requests, Some(&conflict.to_string())).await,
        named(
            &plane,
            post.clone(),
            "/v1/requests/used/claim",
            Some(&mismatch),
        )
        .await,
        named(
            &plane,
            post.clone(),
            "/v1/requests/pending/claim",
            Some(&claim),
        )
        .await,
        named(&plane, post.clone(), requests, Some(&huge)).await,
        named(
            &tiny,
            post.clone(),
            requests,
            Some(&approval("second").to_string()),
        )
        .await,
        named(&nobody, get.clone(), "/extra/panics", None).await,
    ];
    plane
        .post("/v1/requests/used/claim", &json!({"intent_digest": digest}))
        .await;
    answers.push(
        named(
            &plane,
            post.clone(),
            "/v1/requests/used/claim",
            Some(&claim),
        )
        .await,
    );
    plane
        .post("/v1/requests/used/execution", &json!({"result": "applied"}))
        .await;
    let report = Some("{\"result\": \"failed\"}");
    answers.push(named(&plane, post, "/v1/requests/used/execution", report).await);

    let limited = world.as_("limited");
    limited.get(requests).await;
    answers.push(named(&limited, get.clone(), requests, None).await);
    prune_row(&world, "denied");
    answers.push(named(&plane, get.clone(), "/v1/requests/denied", None).await);
    break_row(&world, "pending");
    answers.push(named(&plane, get, "/v1/requests/pending", None).await);

    let seen: BTreeSet<&str> = answers.iter().map(Answer::code).collect();
    let all: BTreeSet<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(seen, all);
    for answer in &answers {
        let said = ["www-authenticate", "allow", "retry-after", "cache-control"]
            .map(|name| (name, answer.header(name)))
            .into_iter()
            .filter(|(_, text)| !text.is_empty());
        let shown = json!({
            "headers": said.collect::<std::collections::BTreeMap<_, _>>(),
            "document": answer.body,
        });
        insta::assert_json_snapshot!(answer.code(), shown);
    }
}

/// As retention leaves it, at a time that is the same in every run.
fn prune_row(world: &World, name: &str) {
    let connection = rusqlite::Connection::open(&world.database).expect("the database");
    let sql = "UPDATE requests SET pruned_at = 1767323045000, submission = '', state = ''
               WHERE correlation_id = ?1";
    assert_eq!(connection.execute(sql, [name]).expect("a row"), 1);
}

/// Makes a request unreadable, as an editor or a broken disk would.
fn break_row(world: &World, name: &str) {
    let database = rusqlite::Connection::open(&world.database).expect("the database");
    let broken = database
        .execute(
            "UPDATE requests SET state = '{' WHERE correlation_id = ?1",
            [name],
        )
        .expect("an update");
    assert_eq!(broken, 1);
}

#[tokio::test]
async fn a_method_that_is_not_there_is_answered_405_with_those_that_are() {
    let world = World::start().await;
    let plane = world.as_("plane");
    for (method, path, allow) in [
        (Method::PUT, "/v1/requests", "GET,HEAD,POST"),
        (Method::POST, "/v1/requests/x", "GET,HEAD"),
        (Method::GET, "/v1/requests/x/cancel", "POST"),
        (Method::OPTIONS, "/v1/events", "GET,HEAD"),
        (Method::TRACE, "/healthz", "GET,HEAD"),
    ] {
        let answer = plane.send(plane.request(method, path), path).await;
        assert_eq!(answer.code(), "method_not_allowed");
        let mut allowed: Vec<&str> = answer.header("allow").split(',').collect();
        allowed.sort_unstable();
        assert_eq!(allowed.join(","), allow, "{path}");
    }
}

#[tokio::test]
async fn a_decision_that_does_not_fit_is_refused_with_who_may_or_why() {
    let world = World::start().await;
    let plane = world.as_("plane");
    plane.asks("a").await;
    let approve = json!({"decision": "approve"});
    let stranger = world.as_("cy").decides("a", &approve).await;
    assert_eq!(stranger.code(), "forbidden");
    assert_eq!(
        stranger.body["detail"],
        "Only ann, ben may decide this request."
    );
    let answer = json!({"decision": "answer", "text": "perhaps"});
    let answer = world.as_("ann").decides("a", &answer).await;
    assert_eq!(answer.code(), "validation_failed");

    world.as_("agent-of-ann").asks("own").await;
    let own = world.as_("ann").decides("own", &approve).await;
    assert_eq!(own.code(), "forbidden");
    assert_eq!(
        own.body["detail"],
        "ann submitted this request and cannot decide it."
    );
}

#[tokio::test]
async fn a_mounted_route_keeps_its_own_documents_and_gets_one_where_it_has_none() {
    let world = World::start().await;
    let own = world.nobody().get("/extra/own").await;
    assert_eq!(own.body, json!({"own": "document"}));
    let plain = world.nobody().get("/extra/plain").await;
    assert_eq!(plain.code(), "not_found");
}
