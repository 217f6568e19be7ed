//! Asking, waiting, taking back, using.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use futures_util::StreamExt as _;
use serde_json::{Value, json};
use signoff_client::{
    Ask, Client, Code, Digest, Error, ExecutionBody, ExecutionResult, InvalidSetup, Risk, Status,
};
use tokio::net::TcpListener;

use crate::service::Service;

fn deploy(id: &str) -> Ask {
    Ask::approval(id, "Deploy", "k8s.deploy", json!({ "namespace": "prod" }))
}

#[tokio::test]
async fn what_is_asked_is_what_people_decide() -> anyhow::Result<()> {
    let service = Service::start().await?;
    let client = service.client();
    let ask = Ask::question("q", "Which?")
        .option("a", "The first")
        .option_described("b", "The second", "With a view")
        .options_only()
        .context("There are two")
        .risk_assessment("None")
        .risk(Risk::High)
        .requester("agent", "run-1")
        .link("PR", "https://git.example.org/1")
        .language("en")
        .ttl_seconds(600);
    let asked = client.submit(&ask).await?;
    assert_eq!((asked.status, asked.risk), (Status::Pending, Risk::High));
    assert_eq!(asked.options.len(), 2);
    service.ann_will("b");
    let ended = client.outcome("q").await?;
    let answer = ended.outcome.and_then(|outcome| outcome.answer);
    assert_eq!(
        answer.and_then(|answer| answer.option_id).as_deref(),
        Some("b")
    );
    Ok(())
}

#[tokio::test]
async fn the_same_ask_again_is_the_same_request_and_another_is_refused() -> anyhow::Result<()> {
    let service = Service::start().await?;
    let client = service.client();
    let first = client.submit(&deploy("a")).await?;
    assert_eq!(client.submit(&deploy("a")).await?.id, first.id);
    let other = client.submit(&deploy("a").justification("because")).await;
    let code = other.unwrap_err().problem().map(|problem| problem.code);
    assert_eq!(code, Some(Code::CorrelationConflict));
    Ok(())
}

#[tokio::test]
async fn everything_that_is_wrong_is_said_at_once() -> anyhow::Result<()> {
    let service = Service::start().await?;
    let ask = Ask::question("q", "").option("a", "Alone").ttl_seconds(1);
    let refused = service.client().submit(&ask).await.unwrap_err();
    assert!(!refused.is_passing());
    let fields: Vec<&str> = refused
        .problem()
        .map(|problem| {
            problem
                .errors
                .iter()
                .map(|error| error.field.as_str())
                .collect()
        })
        .unwrap_or_default();
    assert_eq!(fields, ["/title", "/options", "/ttl_seconds"]);
    Ok(())
}

#[tokio::test]
async fn a_request_is_withdrawn_once() -> anyhow::Result<()> {
    let service = Service::start().await?;
    let client = service.client();
    client.submit(&deploy("a")).await?;
    let cancelled = client.cancel("a", Some("not needed")).await?;
    assert_eq!(cancelled.status, Status::Cancelled);
    let again = client.cancel("a", None).await.unwrap_err();
    let problem = again.problem().expect("in the service's own form");
    assert_eq!(problem.code, Code::AlreadyDecided);
    let outcome = problem.outcome.as_ref().expect("with what stands");
    assert_eq!(outcome.reason.as_deref(), Some("not needed"));
    Ok(())
}

#[tokio::test]
async fn what_was_approved_is_taken_once_and_what_came_of_it_is_kept() -> anyhow::Result<()> {
    let service = Service::start().await?;
    let client = service.client();
    client.submit(&deploy("a")).await?;
    service.ann_decides("a", "approve").await;
    let Value::Object(arguments) = json!({ "namespace": "prod" }) else {
        unreachable!()
    };
    let other = Digest::of_action("k8s.deploy", &serde_json::Map::new());
    let mismatch = client.claim("a", other).await.unwrap_err();
    assert_eq!(
        mismatch.problem().map(|p| p.code),
        Some(Code::DigestMismatch)
    );
    let intent = Digest::of_action("k8s.deploy", &arguments);
    client.claim("a", intent).await?;
    let twice = client.claim("a", intent).await.unwrap_err();
    assert_eq!(twice.problem().map(|p| p.code), Some(Code::AlreadyClaimed));
    let applied = ExecutionBody {
        result: ExecutionResult::Applied,
        detail: Some("done".to_owned()),
    };
    let reported = client.report("a", &applied).await?;
    assert_eq!(
        reported.execution.map(|execution| execution.result),
        Some(ExecutionResult::Applied)
    );
    let history = client.history("a").await?;
    let types: Vec<&str> = history
        .iter()
        .map(|event| event.event_type.as_str())
        .collect();
    assert_eq!(types.first(), Some(&"approval.requested"));
    assert_eq!(types.last(), Some(&"approval.applied"));
    Ok(())
}

#[tokio::test]
async fn lists_come_in_pages() -> anyhow::Result<()> {
    let service = Service::start().await?;
    let client = service.client();
    for id in ["a", "b", "c"] {
        client.submit(&deploy(id)).await?;
    }
    client.cancel("b", None).await?;
    let mut seen = Vec::new();
    let mut cursor = None;
    loop {
        let page = client
            .list(Some(Status::Pending), cursor.as_deref(), 1)
            .await?;
        seen.extend(
            page.items
                .into_iter()
                .map(|request| request.correlation_id.to_string()),
        );
        cursor = page.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(seen, ["c", "a"]);
    Ok(())
}

#[tokio::test]
async fn an_outcome_is_waited_for_while_the_service_is_away() -> anyhow::Result<()> {
    let service = Service::start().await?;
    let client = service.client();
    client.submit(&deploy("a")).await?;
    let (told, mut gone) = tokio::sync::mpsc::unbounded_channel();
    let waiting = tokio::spawn(async move {
        let told = |error: &Error| told.send(error.to_string()).expect("someone listens");
        client.outcome_telling("a", told).await
    });
    let service = service
        .restarts(async || {
            assert!(gone.recv().await.is_some(), "the caller is told");
        })
        .await?;
    service.ann_decides("a", "deny").await;
    assert_eq!(waiting.await??.status, Status::Denied);
    Ok(())
}

#[tokio::test]
async fn who_answers_at_once_and_breaks_off_is_asked_at_a_pace() -> anyhow::Result<()> {
    let service = Service::start().await?;
    let pending = service.client().submit(&deploy("a")).await?;
    let pending = serde_json::to_value(pending)?;
    let polls = Arc::new(AtomicUsize::new(0));
    let count = |polls: &Arc<AtomicUsize>| {
        let polls = Arc::clone(polls);
        move || polls.fetch_add(1, Ordering::SeqCst)
    };
    let streams = Arc::new(AtomicUsize::new(0));
    let (polled, streamed) = (count(&polls), count(&streams));
    let hasty = Router::new()
        .route(
            "/v1/requests/a",
            get(async move || {
                polled();
                Json(pending)
            }),
        )
        .route(
            "/v1/events",
            get(async move || {
                streamed();
                [("content-type", "text/event-stream")]
            }),
        );
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let client = Client::new(&format!("http://{}", listener.local_addr()?), &service.key)?;
    tokio::spawn(async move { axum::serve(listener, hasty).await });
    let enough = Duration::from_millis(2_500);
    let mut events = std::pin::pin!(client.events(None));
    tokio::select! {
        ended = client.outcome("a") => panic!("it never ends: {ended:?}"),
        event = events.next() => panic!("there is none: {event:?}"),
        () = tokio::time::sleep(enough) => {}
    }
    // One a second. Without a pause it would be hundreds.
    for asked in [polls, streams] {
        assert!((1..=3).contains(&asked.load(Ordering::SeqCst)), "{asked:?}");
    }
    Ok(())
}

#[tokio::test]
async fn an_id_is_one_segment_whatever_is_in_it() -> anyhow::Result<()> {
    let service = Service::start().await?;
    let client = service.client();
    client.submit(&deploy("run:1@x+y=z")).await?;
    assert_eq!(client.get("run:1@x+y=z").await?.status, Status::Pending);
    for hostile in [
        "../requests",
        "a/../run:1@x+y=z",
        "run:1@x+y=z?limit=1",
        "%2e%2e",
    ] {
        let refused = client.get(hostile).await.unwrap_err();
        assert_eq!(
            refused.problem().map(|p| p.code),
            Some(Code::NotFound),
            "{hostile}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn what_is_not_signoff_is_told_apart() -> anyhow::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    let proxy = Router::new().fallback(async || (StatusCode::BAD_GATEWAY, "<h1>Bad gateway</h1>"));
    tokio::spawn(async move { axum::serve(listener, proxy).await });
    let key = format!("sgn_{:_<43}", "secret");
    let error = Client::new(&url, &key)?.get("a").await.unwrap_err();
    assert!(
        matches!(error, Error::NotOurs { status: 502, .. }),
        "{error:?}"
    );
    assert!(error.is_passing());
    let nobody = Client::new("http://127.0.0.1:1", &key)?;
    let error = nobody.get("a").await.unwrap_err();
    assert!(matches!(error, Error::Unreachable { .. }) && error.is_passing());
    assert!(!format!("{error:?} {nobody:?}").contains("secret"));
    Ok(())
}

#[test]
fn a_client_needs_a_url_and_a_key() {
    let key = format!("sgn_{:_<43}", "plane");
    let new = |url: &str, key: &str| Client::new(url, key).map(drop);
    assert!(new("http://127.0.0.1:7080/behind/a/proxy", &key).is_ok());
    for url in ["", "127.0.0.1:7080", "ftp://host", "unix:/run/signoff"] {
        assert!(matches!(new(url, &key), Err(InvalidSetup::Url)), "{url}");
    }
    for url in [
        "http://ann@host",
        "http://ann:pass@host",
        "http://host?key=1",
    ] {
        assert!(
            matches!(new(url, &key), Err(InvalidSetup::Credentials)),
            "{url}"
        );
    }
    for key in [
        "",
        "sgn_short",
        &key[1..],
        &format!("{key}x"),
        &key.replace('e', "é"),
    ] {
        assert!(matches!(new("http://host", key), Err(InvalidSetup::Key)));
    }
}
