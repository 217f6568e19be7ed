//! The event stream.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use signoff_server::Ended;

use crate::world::{PATIENCE, Someone, World};

/// A stream being read.
struct Stream {
    response: reqwest::Response,
    text: String,
}

/// One event, or a comment.
#[derive(Debug, PartialEq)]
struct Frame {
    id: u64,
    event: String,
    data: Value,
}

impl Stream {
    async fn open(who: &Someone<'_>, last: Option<u64>) -> Self {
        let mut request = who.request(Method::GET, "/v1/events");
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        let response = request.send().await.expect("a stream");
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self {
            response,
            text: String::new(),
        }
    }

    /// The next block of lines; `None` at the end.
    async fn block(&mut self) -> Option<String> {
        loop {
            if let Some((block, rest)) = self.text.split_once("\n\n") {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                self.text = rest;
                return Some(block);
            }
            let chunk = tokio::time::timeout(PATIENCE, self.response.chunk()).await;
            let chunk = chunk.expect("something in time").expect("a whole stream")?;
            self.text
                .push_str(std::str::from_utf8(&chunk).expect("UTF-8"));
        }
    }

    /// The next event; `None` at the end.
    async fn next(&mut self) -> Option<Frame> {
        let block = self.block().await?;
        let field = |name: &str| {
            let line = block.lines().find_map(|line| line.strip_prefix(name));
            line.unwrap_or_else(|| panic!("no {name} in {block:?}"))
                .trim_start()
        };
        Some(Frame {
            id: field("id:").parse().expect("a number"),
            event: field("event:").to_owned(),
            data: serde_json::from_str(field("data:")).expect("JSON"),
        })
    }
}

#[tokio::test]
async fn a_stream_tells_what_was_and_then_what_comes() {
    let world = World::start().await;
    let (plane, ann) = (world.as_("plane"), world.as_("ann"));
    plane.asks("one").await;
    let mut stream = Stream::open(&world.as_("reader"), None).await;
    let first = stream.next().await.expect("an event");
    assert_eq!(first.event, "approval.requested");
    assert_eq!(first.data["correlation_id"], "one");
    assert_eq!(first.data["seq"], first.id);
    ann.decides("one", &json!({"decision": "approve"})).await;
    let second = stream.next().await.expect("an event");
    assert_eq!(second.event, "approval.approved");
    assert!(second.id > first.id);
}

#[tokio::test]
async fn a_stream_resumes_after_the_last_event_and_loses_and_repeats_nothing() {
    let world = World::start().await;
    let plane = world.as_("plane");
    let reader = world.as_("reader");
    let mut last = None;
    let mut seen = Vec::new();
    // Each stream is dropped after a few events, while new ones are being made.
    for round in 0..6 {
        let asks = async {
            for one in 0..5 {
                plane.asks(&format!("r{round}-{one}")).await;
            }
        };
        let reads = async {
            let mut stream = Stream::open(&reader, last).await;
            for _ in 0..5 {
                let frame = stream.next().await.expect("an event");
                last = Some(frame.id);
                seen.push(
                    frame.data["correlation_id"]
                        .as_str()
                        .expect("a name")
                        .to_owned(),
                );
            }
        };
        tokio::join!(asks, reads);
    }
    let expected: Vec<String> = (0..6)
        .flat_map(|round| (0..5).map(move |one| format!("r{round}-{one}")))
        .collect();
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn a_stream_tells_of_its_own_project_only() {
    let world = World::start().await;
    world.as_("plane").asks("theirs").await;
    world.as_("other-plane").asks("ours").await;
    let mut stream = Stream::open(&world.as_("other-plane"), None).await;
    assert_eq!(
        stream.next().await.expect("an event").data["correlation_id"],
        "ours"
    );
}

#[tokio::test]
async fn a_quiet_stream_says_that_it_lives() {
    let world = World::start_with(|options| {
        options.stream_keep_alive = Duration::from_millis(20);
    })
    .await;
    let mut stream = Stream::open(&world.as_("reader"), None).await;
    assert_eq!(stream.block().await.as_deref(), Some(":"));
    assert_eq!(stream.block().await.as_deref(), Some(":"));
}

#[tokio::test]
async fn a_stream_ends_when_the_service_stops() {
    let world = World::start().await;
    world.as_("plane").asks("one").await;
    let mut stream = Stream::open(&world.as_("reader"), None).await;
    stream.next().await.expect("an event");
    let (ended, end) = tokio::join!(world.stop(), stream.next());
    assert_eq!(end, None);
    assert_eq!(ended, Ended::Drained);
}

#[tokio::test]
async fn a_last_event_id_that_is_none_of_ours_is_refused() {
    let world = World::start().await;
    let reader = world.as_("reader");
    for wrong in ["x", "-1", "+1", "1.5", "", "9223372036854775808", "1, 2"] {
        let request = reader
            .request(Method::GET, "/v1/events")
            .header("last-event-id", wrong);
        let answer = reader.send(request, "/v1/events").await;
        assert_eq!(
            answer.field_errors(),
            [("Last-Event-ID", "invalid_format")],
            "{wrong:?}"
        );
    }
}
