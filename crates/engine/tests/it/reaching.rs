//! Reaching people: deadlines, unreachable approvers, busy chats, reminders, lists, pairing.

use std::time::Duration;

use serde_json::json;
use signoff_contract::{CancelBody, Decision, DecisionBody, Status};
use signoff_engine::{AnswerResult, ChannelError, Error, Gateway as _, Pairing, PromptRef};

use crate::receiver::Receiver;
use crate::world::{World, approval, approve, id, someone, terminal, with};

const MINUTE: Duration = Duration::from_mins(1);

fn approves() -> DecisionBody {
    DecisionBody {
        decision: Decision::Approve,
        option_id: None,
        text: None,
        reason: None,
    }
}

#[tokio::test]
async fn a_request_expires_at_its_second_and_never_when_nobody_saw_it() {
    let world = World::new().await;
    world
        .asks(with(approval("seen"), json!({ "ttl_seconds": 60 })))
        .await;
    world.passes(Duration::from_millis(59_999));
    world.settle().await;
    assert_eq!(world.now("seen").await.status, Status::Pending);
    world.passes(Duration::from_millis(1));
    let late = world.presses("ann", "1001", approve).await;
    assert_eq!(late.result, AnswerResult::Stale);
    let read = late.card.expect("ours").request.outcome;
    assert_eq!(
        read.map(|outcome| outcome.status),
        Some(Status::Expired),
        "the deadline counts before the tick does"
    );
    world.settle().await;
    assert_eq!(world.now("seen").await.status, Status::Expired);
    assert!(world.channel.card("1001").buttons.is_empty());

    let unseen = with(approval("unseen"), json!({ "ttl_seconds": 60 }));
    world.submit(&unseen).await.expect("valid");
    world.passes(MINUTE);
    world.settle().await;
    let outcome = world.now("unseen").await.outcome.expect("ended");
    assert_eq!(outcome.status, Status::Failed);
    assert!(
        outcome
            .reason
            .expect("a reason")
            .starts_with("never_presented: ")
    );
}

#[tokio::test]
async fn a_cancel_after_the_deadline_is_told_that_the_request_expired() {
    let world = World::new().await;
    world
        .asks(with(approval("a"), json!({ "ttl_seconds": 60 })))
        .await;
    world.passes(MINUTE);
    let body = CancelBody { reason: None };
    let late = world.engine.cancel(&world.requester, &id("a"), body).await;
    let Err(Error::Rejected { outcome, .. }) = late else {
        panic!("{late:?}")
    };
    assert_eq!(outcome.expect("it has ended").status, Status::Expired);
    let decided = world
        .engine
        .decide(&terminal("ann"), &id("a"), approves())
        .await;
    let Err(Error::Rejected { outcome, .. }) = decided else {
        panic!("{decided:?}")
    };
    assert_eq!(outcome.expect("it has ended").status, Status::Expired);
}

#[tokio::test]
async fn too_few_reachable_approvers_fail_the_request_at_once() {
    let world = World::new().await;
    let asked = world
        .asks(with(approval("a"), json!({ "route": "unpaired" })))
        .await;
    assert_eq!(asked.status, Status::Failed);
    let reason = asked.outcome.expect("ended").reason.expect("a reason");
    assert_eq!(reason, "undeliverable: fake: dee is not paired");
}

fn blocked() -> ChannelError {
    ChannelError::Permanent {
        cause: "bot was blocked by the user".to_owned(),
    }
}

#[tokio::test]
async fn with_three_approvers_and_two_needed_one_blocked_chat_leaves_it_open() {
    let world = World::new().await;
    world.channel.fails_in("1001", blocked());
    world
        .asks(with(approval("a"), json!({ "route": "three" })))
        .await;
    assert_eq!(world.now("a").await.status, Status::Pending);
    world.presses("ben", "1002", approve).await;
    let last = world.presses("cy", "1003", approve).await;
    assert_eq!(last.result, AnswerResult::Applied);
}

#[tokio::test]
async fn with_three_approvers_and_two_needed_two_blocked_chats_fail_it_at_once() {
    let world = World::new().await;
    let receiver = Receiver::default();
    let url = receiver.start().await;
    world.channel.fails_in("1001", blocked());
    // Ben's chat is busy first, so that Cy has the card when Ben's turns out to be blocked too.
    let after = Duration::from_secs(5);
    world.channel.fails_in("1002", ChannelError::Busy { after });
    world.channel.fails_in("1002", blocked());
    let body = json!({ "route": "three", "callback": { "url": url } });
    world.asks(with(approval("a"), body)).await;
    assert_eq!(world.now("a").await.status, Status::Pending, "two are left");
    assert!(!world.channel.card("1003").buttons.is_empty());
    assert!(receiver.got().is_empty());

    world.passes(after);
    world.settle().await;
    let reason = "undeliverable: fake: bot was blocked by the user \
                  (1 of 2 needed approvers can be reached)";
    let outcome = world.now("a").await.outcome.expect("ended");
    assert_eq!(outcome.status, Status::Failed);
    assert_eq!(outcome.reason.as_deref(), Some(reason));
    let got = receiver.got();
    assert_eq!(got.len(), 1, "the requester is told");
    let told: serde_json::Value = serde_json::from_slice(&got[0].1).expect("JSON");
    assert_eq!(told["type"], "request.failed");
    assert_eq!(told["data"]["outcome"]["reason"], reason);
    let closed = world.channel.card("1003");
    assert!(closed.buttons.is_empty(), "the card that was shown closes");
    assert_eq!(closed.request.status, Status::Failed);
    let events = world.engine.events(&world.requester, &id("a")).await;
    let events = events.expect("events");
    let types = events.iter().map(|event| event.event_type.as_str());
    let failures: Vec<_> = types.filter(|name| name.ends_with(".failed")).collect();
    assert_eq!(
        failures,
        ["prompt.failed", "prompt.failed", "approval.failed"]
    );
}

#[tokio::test]
async fn who_has_approved_need_not_be_reached_again() {
    let world = World::new().await;
    let after = Duration::from_secs(5);
    for place in ["1001", "1002"] {
        world.channel.fails_in(place, ChannelError::Busy { after });
        world.channel.fails_in(place, blocked());
    }
    world
        .asks(with(approval("a"), json!({ "route": "three" })))
        .await;
    let decided = world
        .engine
        .decide(&terminal("ann"), &id("a"), approves())
        .await;
    decided.expect("she may");
    world.passes(after);
    world.settle().await;
    assert_eq!(
        world.now("a").await.status,
        Status::Pending,
        "Ann has approved and Cy is left"
    );
    let last = world.presses("cy", "1003", approve).await;
    assert_eq!(last.result, AnswerResult::Applied);
}

#[tokio::test]
async fn a_busy_chat_delays_only_itself_and_a_failure_is_tried_again() {
    let world = World::new().await;
    let after = Duration::from_secs(30);
    world.channel.fails_in("1001", ChannelError::Busy { after });
    let cause = "502 Bad Gateway".to_owned();
    world
        .channel
        .fails_in("1002", ChannelError::Retry { after: None, cause });
    world
        .asks(with(approval("a"), json!({ "route": "three" })))
        .await;
    assert_eq!(world.channel.shown_in("1003").len(), 1);
    assert!(world.channel.shown_in("1001").is_empty());
    world.passes(Duration::from_secs(2));
    world.settle().await;
    assert_eq!(world.channel.shown_in("1002").len(), 1);
    assert!(
        world.channel.shown_in("1001").is_empty(),
        "it asked for thirty seconds"
    );
    world.passes(after);
    world.settle().await;
    assert_eq!(world.channel.shown_in("1001").len(), 1);
}

#[tokio::test]
async fn one_reminder_comes_and_only_one() {
    let world = World::new().await;
    world.asks(approval("a")).await;
    world.passes(29 * MINUTE);
    world.settle().await;
    assert!(!world.channel.card("1001").remind);
    world.passes(MINUTE);
    world.settle().await;
    assert!(world.channel.card("1001").remind);
    let shown = world.channel.shown_in("1001").len();
    world.passes(20 * MINUTE);
    world.settle().await;
    assert_eq!(world.channel.shown_in("1001").len(), shown);
}

#[tokio::test]
async fn what_waits_for_a_person_can_be_listed_shown_and_adopted() {
    let world = World::new().await;
    world
        .asks(with(approval("a"), json!({ "route": "both" })))
        .await;
    let ann = someone("ann").identity;
    let waiting = world.engine.pending(&ann).await.expect("a list");
    assert_eq!(waiting.len(), 1);
    assert_eq!(waiting[0].refs.len(), 1);
    let opened = world
        .engine
        .open(&waiting[0].show, &ann)
        .await
        .expect("it works");
    let opened = opened.expect("it is ours");
    assert_eq!(opened.refusal, None);
    let eve = world
        .engine
        .open(&waiting[0].show, &someone("eve").identity)
        .await
        .expect("works");
    assert!(matches!(
        eve.expect("ours").refusal,
        Some(AnswerResult::NotAuthorised { .. })
    ));
    world
        .engine
        .adopt(&waiting[0].show, PromptRef("copy".to_owned()))
        .await
        .expect("adopted");
    let opened = world
        .engine
        .open(&waiting[0].show, &ann)
        .await
        .expect("works")
        .expect("ours");
    assert_eq!(opened.refs.len(), 2);
    world.presses("ann", "1001", approve).await;
    assert!(
        world.engine.pending(&ann).await.expect("a list").is_empty(),
        "she has voted"
    );
    assert_eq!(
        world
            .engine
            .pending_in("fake", "1002")
            .await
            .expect("a list")
            .len(),
        1
    );
}

#[tokio::test]
async fn a_pairing_token_makes_a_person_known_once() {
    use sha2::Digest as _;
    let world = World::new().await;
    let hash = sha2::Sha256::digest(b"token").into();
    let soon = signoff_contract::time::plus_seconds(world.engine.clock().now(), 600);
    world
        .engine
        .store()
        .invite(
            "dee",
            hash,
            soon,
            signoff_core::audit::Actor::operator("root"),
        )
        .await
        .expect("invited");
    let eve = someone("eve").identity;
    let wrong = world.engine.pair("guess", &eve).await.expect("works");
    assert_eq!(wrong, Pairing::InvalidToken);
    let right = world.engine.pair("token", &eve).await.expect("works");
    assert!(matches!(right, Pairing::Paired(person) if person.name == "dee"));
    let ann = someone("ann").identity;
    let taken = world.engine.pair("token", &ann).await.expect("works");
    assert!(matches!(taken, Pairing::TakenBy(person) if person.name == "ann"));
    let asked = world
        .asks(with(approval("a"), json!({ "route": "unpaired" })))
        .await;
    assert_eq!(asked.status, Status::Pending, "dee can be reached now");
    assert_eq!(
        world.presses("eve", "6666", approve).await.result,
        AnswerResult::Applied
    );
}

#[tokio::test]
async fn a_person_finds_every_request_that_waits_however_many_there_are() {
    let mut world = World::new().await;
    world.requester.project = "roomy".to_owned();
    for n in 0..25 {
        let asked = world.submit(&approval(&format!("a{n}"))).await;
        asked.expect("there is room");
    }
    let waiting = world.engine.pending(&someone("ann").identity).await;
    assert_eq!(waiting.expect("a list").len(), 25);
    let there = world.engine.pending_in("fake", "1001").await;
    assert_eq!(there.expect("a list").len(), 25);
}
