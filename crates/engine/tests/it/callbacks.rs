//! Outcomes on their way to the requester.

use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use serde_json::{Value, json};
use signoff_contract::{CallbackState, Status, Via};
use signoff_engine::Notice;
use signoff_store::{CallbackRow, ResendKey};

use crate::lines::{self, Line};
use crate::receiver::Receiver;
use crate::world::{World, approval, approve, id, with};

async fn decided(world: &World, url: &str) {
    world
        .asks(with(approval("a"), json!({ "callback": { "url": url } })))
        .await;
    assert_eq!(
        world.now("a").await.callback.expect("asked for").state,
        CallbackState::Waiting
    );
    world.presses("ann", "1001", approve).await;
    world.settle().await;
}

#[tokio::test]
async fn the_outcome_arrives_once_with_the_resource_as_decided() {
    let world = World::new().await;
    let receiver = Receiver::default();
    decided(&world, &receiver.start().await).await;
    world.settle().await;
    let got = receiver.got();
    assert_eq!(got.len(), 1);
    let body: Value = serde_json::from_slice(&got[0].1).expect("JSON");
    assert_eq!(body["type"], "request.approved");
    assert_eq!(body["data"]["correlation_id"], "a");
    assert_eq!(body["data"]["outcome"]["decided_by"][0]["name"], "ann");
    for absent in ["callback", "prompts", "execution"] {
        assert_eq!(body["data"].get(absent), None, "{absent}");
    }
    let view = world.now("a").await.callback.expect("asked for");
    assert_eq!((view.state, view.attempts), (CallbackState::Delivered, 1));
}

#[tokio::test]
async fn a_failed_attempt_is_repeated_on_schedule_with_the_same_id_and_body() {
    let world = World::new().await;
    let receiver = Receiver::default();
    receiver.answers(&[StatusCode::INTERNAL_SERVER_ERROR, StatusCode::BAD_GATEWAY]);
    decided(&world, &receiver.start().await).await;
    assert_eq!(receiver.got().len(), 1);
    world.settle().await;
    assert_eq!(receiver.got().len(), 1, "not before its time");
    world.passes(Duration::from_secs(6));
    world.settle().await;
    assert_eq!(receiver.got().len(), 2, "5 s ± 20 %");
    world.passes(Duration::from_secs(36));
    world.settle().await;
    let got = receiver.got();
    assert_eq!(got.len(), 3, "30 s ± 20 %");
    assert!(
        got.iter().all(|one| *one == got[0]),
        "every attempt is the same"
    );
    let view = world.now("a").await.callback.expect("asked for");
    assert_eq!((view.state, view.attempts), (CallbackState::Delivered, 3));
}

#[tokio::test]
async fn a_receiver_that_is_gone_ends_it_and_the_card_says_so_until_it_is_sent_again() {
    let world = World::new().await;
    let receiver = Receiver::default();
    receiver.answers(&[StatusCode::GONE]);
    decided(&world, &receiver.start().await).await;
    assert_eq!(
        world.now("a").await.callback.expect("asked for").state,
        CallbackState::Dead
    );
    assert_eq!(
        world.channel.card("1001").notices,
        [Notice::RequesterUnreachable]
    );
    assert_eq!(
        world.now("a").await.status,
        Status::Approved,
        "the decision stands"
    );

    let dead = world
        .engine
        .store()
        .callbacks(None, Some("dead"), 10)
        .await
        .expect("a list");
    assert_eq!(dead.len(), 1);
    let key = ResendKey::Correlation(id("a"));
    let again = world
        .engine
        .store()
        .resend_callback(None, &key, "operator")
        .await;
    assert_eq!(again.expect("it works"), Some(dead[0].id));
    world.settle().await;
    let got = receiver.got();
    assert_eq!(got.len(), 2);
    assert_eq!(got[0], got[1]);
    assert_eq!(
        world.now("a").await.callback.expect("asked for").state,
        CallbackState::Delivered
    );
    assert!(
        world.channel.card("1001").notices.is_empty(),
        "the card takes it back"
    );
}

#[tokio::test]
async fn a_dead_receiver_keeps_no_other_waiting() {
    let world = World::new().await;
    let good = Receiver::default();
    let url = good.start().await;
    // A port that nobody listens on.
    let dead = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port");
    let address = dead.local_addr().expect("an address");
    drop(dead);
    for n in 0..3 {
        let url = format!("http://{address}/hook");
        world
            .asks(with(
                approval(&format!("dead{n}")),
                json!({ "callback": { "url": url } }),
            ))
            .await;
        world.presses("ann", "1001", approve).await;
    }
    world
        .asks(with(
            approval("good"),
            json!({ "callback": { "url": url } }),
        ))
        .await;
    world.presses("ann", "1001", approve).await;
    world.settle().await;
    assert_eq!(good.got().len(), 1);
}

#[tokio::test]
async fn after_seventy_two_hours_it_is_given_up_and_stays_visible() {
    let world = World::new().await;
    let receiver = Receiver::default();
    receiver.answers(&[StatusCode::SERVICE_UNAVAILABLE; 40]);
    decided(&world, &receiver.start().await).await;
    for _ in 0..40 {
        world.passes(Duration::from_hours(8));
        world.settle().await;
    }
    let view = world.now("a").await.callback.expect("asked for");
    assert_eq!(view.state, CallbackState::Dead);
    let attempts = receiver.got().len();
    assert!((5..=20).contains(&attempts), "{attempts}");
    let rows = world
        .engine
        .store()
        .callbacks(None, Some("dead"), 10)
        .await
        .expect("a list");
    assert_eq!(
        (rows[0].attempts, rows[0].last_status),
        (view.attempts, Some(503))
    );
}

#[tokio::test]
async fn a_receiver_that_is_gone_is_not_tried_again() {
    let world = World::new().await;
    let receiver = Receiver::default();
    receiver.answers(&[StatusCode::GONE]);
    decided(&world, &receiver.start().await).await;
    for _ in 0..12 {
        world.passes(Duration::from_hours(7));
        world.settle().await;
    }
    assert_eq!(receiver.got().len(), 1);
    let row = row(&world).await;
    assert_eq!((row.state.as_str(), row.due_at), ("dead", None));
}

#[tokio::test]
async fn a_receiver_that_asks_for_patience_gets_up_to_twice_the_step() {
    let world = World::new().await;
    let receiver = Receiver::default();
    // The steps are 5 s, 30 s, 2 min and 10 min; at most a fifth is added without a wish.
    receiver.asks_for_patience("8");
    receiver.asks_for_patience("99999999999999999999");
    receiver.asks_for_patience("Fri, 31 Dec 9999 23:59:59 GMT");
    receiver.asks_for_patience("Sun, 01 Mar 2020 12:00:00 GMT");
    decided(&world, &receiver.start().await).await;
    for (n, seconds) in [8..=8, 60..=60, 240..=240, 480..=720]
        .into_iter()
        .enumerate()
    {
        assert_eq!(receiver.got().len(), n + 1);
        let row = row(&world).await;
        assert_eq!(row.last_status, Some(429));
        let wait = row
            .due_at
            .expect("it is due")
            .duration_since(world.engine.clock().now());
        assert!(seconds.contains(&wait.as_secs()), "{n}: {wait}");
        world.passes(seconds_of(seconds.start() - 1));
        world.settle().await;
        assert_eq!(receiver.got().len(), n + 1, "not before its time");
        world.passes(seconds_of(1 + seconds.end() - seconds.start()));
        world.settle().await;
    }
    assert_eq!(row(&world).await.state, "delivered");
}

#[tokio::test]
async fn whatever_goes_wrong_on_the_line_is_kept_and_tried_again_after_five_seconds() {
    let redirect =
        "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:9/\r\ncontent-length: 4\r\n\r\nmove";
    for (line, status, detail) in [
        (
            Line::BreaksAfter(""),
            None,
            "no valid answer: connection error: Connection reset by peer (os error 104)",
        ),
        (
            Line::HangsUpAfter("HTTP/1.1 20"),
            None,
            "no valid answer: connection closed before message completed",
        ),
        (Line::HangsUpAfter(redirect), Some(302), "move"),
        (
            Line::Repeats(
                "HTTP/1.1 200 OK\r\n",
                "x: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n",
                0,
            ),
            None,
            "no valid answer: message head is too large",
        ),
    ] {
        let world = World::new().await;
        let receiver = lines::Receiver::at("127.0.0.1:0", line).await;
        decided(&world, &receiver.url()).await;
        let row = row(&world).await;
        assert_eq!((row.state.as_str(), row.attempts), ("due", 1), "{line:?}");
        assert_eq!(
            (row.last_status, row.last_detail.as_deref()),
            (status, Some(detail))
        );
        let due = row.due_at.expect("it is due");
        let wait = due.duration_since(world.engine.clock().now());
        assert!((4_000..=6_000).contains(&wait.as_millis()), "{wait}");
        let events = world.engine.events(&world.requester, &id("a")).await;
        let events = events.expect("events");
        let kept = events.last().expect("one");
        assert_eq!(kept.event_type, "callback.attempt_failed");
        assert_eq!(kept.payload["http_status"], json!(status));
        let next = signoff_contract::time::format(due);
        assert_eq!(kept.payload["next_attempt_at"], next);
        world.passes(Duration::from_secs(6));
        world.settle().await;
        assert_eq!(self::row(&world).await.attempts, 2);
    }
}

#[tokio::test]
async fn receivers_that_hang_delay_no_other() {
    let world = Arc::new(World::new().await);
    let good = Receiver::default();
    let url = good.start().await;
    let (mut hanging, mut handles) = (Vec::new(), Vec::new());
    for n in 0..4 {
        let line = Line::Says("HTTP/1.1 200 OK\r\n");
        let receiver = lines::Receiver::at("127.0.0.1:0", line).await;
        handles.push(asked(&world, &format!("hanging{n}"), &receiver.url()).await);
        hanging.push(receiver);
    }
    // Due after all of them.
    handles.push(asked(&world, "good", &url).await);
    for handle in handles {
        world.responds("ann", &handle, None, Via::Button).await;
    }
    let working = Arc::clone(&world);
    let work = tokio::spawn(async move { working.settle().await });
    let arrived = async {
        while good.got().is_empty() {
            tokio::task::yield_now().await;
        }
    };
    // The others are given ten seconds each.
    let waited = tokio::time::timeout(Duration::from_secs(5), arrived).await;
    waited.expect("it is not kept waiting");
    assert!(!work.is_finished());
    for receiver in &hanging {
        assert_eq!(receiver.connections(), 1);
    }
    work.abort();
}

/// The handle that approves a new request with this callback.
async fn asked(world: &World, name: &str, url: &str) -> String {
    world
        .asks(with(approval(name), json!({ "callback": { "url": url } })))
        .await;
    let card = world.channel.card("1001");
    let button = card.buttons.iter().find(|button| approve(&button.action));
    button.expect("it is open").handle.clone()
}

fn seconds_of(count: i64) -> Duration {
    Duration::from_secs(count.unsigned_abs())
}

/// The only callback, as the operator sees it.
async fn row(world: &World) -> CallbackRow {
    let rows = world.engine.store().callbacks(None, None, 2).await;
    let mut rows = rows.expect("a list");
    assert_eq!(rows.len(), 1);
    rows.remove(0)
}
