//! Who may do what, and what strangers learn: nothing.

use reqwest::header::AUTHORIZATION;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use signoff_engine::ApiKey;

use crate::answer::Answer;
use crate::world::{PATIENCE, World, approval, key_of};

/// Every operation that needs a key, with a key that lacks its scope.
const GUARDED: [(&str, &str, &str); 9] = [
    ("POST", "/v1/requests", "reader"),
    ("GET", "/v1/requests", "writer"),
    ("GET", "/v1/requests/known", "writer"),
    ("POST", "/v1/requests/known/cancel", "reader"),
    ("POST", "/v1/requests/known/decision", "plane"),
    ("POST", "/v1/requests/known/claim", "ann"),
    ("POST", "/v1/requests/known/execution", "reader"),
    ("GET", "/v1/requests/known/events", "writer"),
    ("GET", "/v1/events", "writer"),
];

fn method(name: &str) -> Method {
    name.parse().expect("a method")
}

#[tokio::test]
async fn every_operation_asks_for_a_key_and_for_its_scope() {
    let world = World::start().await;
    world.as_("plane").asks("known").await;
    for (name, path, lacking) in GUARDED {
        let nobody = world.nobody();
        let without = nobody.send(nobody.request(method(name), path), path).await;
        assert_eq!(without.code(), "unauthenticated", "{name} {path}");
        assert_eq!(
            without.header("www-authenticate"),
            "Bearer realm=\"signoff\""
        );
        let who = world.as_(lacking);
        let lacking = who.send(who.request(method(name), path), path).await;
        assert_eq!(lacking.code(), "forbidden", "{name} {path}");
    }
}

#[tokio::test]
async fn a_request_of_another_project_looks_like_one_that_is_not_there() {
    let world = World::start().await;
    world.as_("plane").asks("theirs").await;
    let digest = json!({"intent_digest": format!("sha256:{}", "0".repeat(64))});
    for (who, name, path, body) in [
        ("other-plane", "GET", "", Value::Null),
        ("other-plane", "GET", "?wait_seconds=60", Value::Null),
        ("other-plane", "GET", "/events", Value::Null),
        ("other-plane", "POST", "/cancel", json!({})),
        (
            "other-ann",
            "POST",
            "/decision",
            json!({"decision": "approve"}),
        ),
        ("other-plane", "POST", "/claim", digest),
        (
            "other-plane",
            "POST",
            "/execution",
            json!({"result": "applied"}),
        ),
    ] {
        let (who, method) = (world.as_(who), method(name));
        let mut answers: Vec<Answer> = Vec::new();
        for name in ["theirs", "nobodys"] {
            let path = format!("/v1/requests/{name}{path}");
            let mut request = who
                .request(method.clone(), &path)
                .header("x-request-id", "same");
            if !body.is_null() {
                request = request.json(&body);
            }
            answers.push(who.send(request, &path).await);
        }
        assert_eq!(answers[0].code(), "not_found");
        assert_eq!(answers[0].status, StatusCode::NOT_FOUND);
        assert_eq!(answers[0].body, answers[1].body, "{name} {path}");
        let [theirs, nobodys] = [0, 1].map(|at: usize| {
            let mut headers = answers[at].headers.clone();
            headers.remove("date");
            headers
        });
        assert_eq!(theirs, nobodys, "{name} {path}");
    }
    assert_eq!(
        world.as_("other-plane").get("/v1/requests").await.body["items"],
        json!([])
    );
}

#[tokio::test]
async fn what_is_no_good_key_is_answered_alike_however_wrong_it_is() {
    let world = World::start().await;
    let good = key_of("plane");
    let unknown = key_of("unknown");
    let mut documents = Vec::new();
    for header in [
        String::new(),
        "Bearer".to_owned(),
        "Bearer ".to_owned(),
        format!("Basic {good}"),
        good.clone(),
        format!("Bearer {unknown}"),
        format!("Bearer {}", &good[..46]),
        format!("Bearer {good}x"),
        format!("Bearer {}", good.to_uppercase()),
        format!("Bearer {good}, Bearer {good}"),
        format!("Bearer {}", "x".repeat(10_000)),
    ] {
        let nobody = world.nobody();
        let request = nobody
            .request(Method::GET, "/v1/requests")
            .header(AUTHORIZATION, &header)
            .header("x-request-id", "same");
        let answer = nobody
            .send(request, "/v1/requests")
            .await
            .expect(StatusCode::UNAUTHORIZED);
        documents.push(answer.body);
    }
    documents.dedup();
    assert_eq!(documents.len(), 1, "{documents:#?}");

    let twice = world
        .as_("plane")
        .request(Method::GET, "/v1/requests")
        .bearer_auth(&unknown);
    let twice = world.nobody().send(twice, "/v1/requests").await;
    assert_eq!(twice.code(), "unauthenticated", "two headers are no header");
    let lower = world.nobody();
    let request = lower.request(Method::GET, "/v1/requests");
    let request = request.header(AUTHORIZATION, format!("bearer {good}"));
    lower
        .send(request, "/v1/requests")
        .await
        .expect(StatusCode::OK);
}

#[tokio::test]
async fn an_address_that_fails_too_often_must_wait_but_a_good_key_never_does() {
    let world = World::start_with(|options| {
        options.auth_failures_per_minute = 3.try_into().expect("not zero");
    })
    .await;
    let nobody = world.nobody();
    for _ in 0..3 {
        assert_eq!(nobody.get("/v1/requests").await.code(), "unauthenticated");
    }
    // Where a caller says that it comes from is not looked at.
    for header in [
        "x-forwarded-for",
        "forwarded",
        "x-real-ip",
        "cf-connecting-ip",
    ] {
        let request = nobody
            .request(Method::GET, "/v1/requests")
            .header(header, "for=192.0.2.7");
        let answer = nobody.send(request, "/v1/requests").await;
        assert_eq!(answer.code(), "rate_limited", "{header}");
    }
    let limited = nobody.get("/v1/requests").await;
    assert_eq!(limited.code(), "rate_limited");
    let after: u64 = limited.header("retry-after").parse().expect("seconds");
    assert!(
        (1..=20).contains(&after),
        "one failure in 20 s is let through, not {after}"
    );
    world
        .as_("plane")
        .get("/v1/requests")
        .await
        .expect(StatusCode::OK);
    let elsewhere = reqwest::Client::builder()
        .no_proxy()
        .local_address(std::net::IpAddr::from([127, 0, 0, 2]))
        .build()
        .expect("a client");
    let from_elsewhere = elsewhere.get(world.url("/v1/requests")).send().await;
    let status = from_elsewhere.expect("an answer").status();
    assert_eq!(status, StatusCode::UNAUTHORIZED, "each address for itself");
}

#[tokio::test]
async fn a_key_with_a_rate_is_held_to_it_and_others_are_not() {
    let world = World::start().await;
    let limited = world.as_("limited");
    limited.get("/v1/requests").await.expect(StatusCode::OK);
    let refused = limited.get("/v1/requests").await;
    assert_eq!(refused.code(), "rate_limited");
    assert_eq!(refused.header("retry-after"), "1");
    for _ in 0..20 {
        world
            .as_("reader")
            .get("/v1/requests")
            .await
            .expect(StatusCode::OK);
    }
}

#[tokio::test]
async fn a_name_taken_in_another_project_is_free_and_tells_nothing() {
    let world = World::start().await;
    world.as_("plane").asks("theirs").await;
    let (mut taken, mut free) = (approval("theirs"), approval("nobodys"));
    taken["title"] = json!("Another one");
    free["title"] = json!("Another one");
    let other = world.as_("other-plane");
    let mut seen = Vec::new();
    for body in [&taken, &free] {
        let request = other.request(Method::POST, "/v1/requests").json(body);
        let answer = other
            .send(request.header("x-request-id", "same"), "/v1/requests")
            .await;
        let names: Vec<String> = answer.headers.keys().map(ToString::to_string).collect();
        seen.push((answer.status, names));
    }
    assert_eq!(seen[0].0, StatusCode::ACCEPTED);
    assert_eq!(seen[0], seen[1]);
    // Both are its own, and the first project's is untouched.
    let theirs = world.as_("plane").get("/v1/requests/theirs").await;
    assert_eq!(
        theirs.body["title"],
        "Deploy billing-api 1.2.3 to production"
    );
}

#[tokio::test]
async fn lists_and_streams_hold_nothing_of_another_project() {
    let world = World::start().await;
    let theirs = world.as_("plane").asks("theirs").await;
    let other = world.as_("other-plane");
    let id = theirs.body["id"].as_str().expect("an id").to_owned();
    // Their newest request as a cursor, and one that never was: the same page.
    let unknown = format!("{}{}", &id[..id.len() - 3], "ZZZ");
    let mut pages = Vec::new();
    for cursor in [&id, &unknown] {
        let page = other.get(&format!("/v1/requests?cursor={cursor}")).await;
        pages.push((page.status, page.body));
    }
    assert_eq!(pages[0], pages[1]);
    assert_eq!(pages[0].1["items"], json!([]));

    let request = other
        .request(Method::GET, "/v1/events")
        .header("last-event-id", 0);
    let mut stream = request.send().await.expect("a stream");
    other.asks("ours").await;
    let mut text = String::new();
    while !text.contains("approval.requested") {
        let chunk = tokio::time::timeout(PATIENCE, stream.chunk()).await;
        let chunk = chunk
            .expect("in time")
            .expect("whole")
            .expect("not the end");
        text.push_str(&String::from_utf8_lossy(&chunk));
    }
    assert!(
        text.contains("\"ours\"") && !text.contains("theirs"),
        "{text}"
    );
}

#[tokio::test]
async fn what_is_kept_of_a_key_opens_nothing() {
    let world = World::start().await;
    let key = key_of("plane");
    let hash = key.parse::<ApiKey>().expect("a key").hash().to_hex();
    for shown in [
        hash.clone(),
        format!("sgn_{}", &hash[..43]),
        format!("sgn_{hash}"),
    ] {
        let request = world
            .nobody()
            .request(Method::GET, "/v1/requests")
            .bearer_auth(shown);
        let answer = world.nobody().send(request, "/v1/requests").await;
        assert_eq!(answer.code(), "unauthenticated");
    }
}
