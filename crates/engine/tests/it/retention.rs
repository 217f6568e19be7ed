//! Retention as callers meet it: what they get after a request was pruned, and when that happens.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use signoff_contract::{
    CancelBody, ClaimBody, Decision, DecisionBody, Digest, ExecutionBody, ExecutionResult, Status,
};
use signoff_engine::workers::Retention;
use signoff_engine::{Error, ListQuery};

use crate::world::{World, approval, approve, id, terminal, with};

const DAY: Duration = Duration::from_hours(24);

async fn tick_through(retention: &Retention) -> u32 {
    let mut pruned = 0;
    loop {
        let report = retention.tick().await.expect("the store works");
        pruned += report.pruned;
        if !report.more {
            return pruned;
        }
    }
}

fn is_pruned<T: std::fmt::Debug>(answer: Result<T, Error>) -> bool {
    match answer {
        Err(Error::Pruned(tombstone)) => tombstone.status == Status::Approved,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn nothing_is_pruned_unless_the_operator_says_so() {
    let world = World::new().await;
    assert!(Retention::new(Arc::clone(&world.engine)).is_none());
}

#[tokio::test]
async fn a_pruned_request_is_told_apart_from_one_that_never_was() {
    let world = World::keeping(Some(30)).await;
    let retention = Retention::new(Arc::clone(&world.engine)).expect("it is on");
    let body = approval("a");
    world.asks(body.clone()).await;
    world.presses("ann", "1001", approve).await;
    world.settle().await;
    world.passes(Duration::from_secs(30 * 86_400 - 1));
    assert_eq!(tick_through(&retention).await, 0, "a second too early");
    world.passes(Duration::from_secs(1));
    assert_eq!(tick_through(&retention).await, 1);

    let (engine, name) = (&world.engine, id("a"));
    assert!(is_pruned(engine.get(&world.requester, &name).await));
    let wait = engine.wait(&world.requester, &name, Duration::ZERO);
    assert!(is_pruned(wait.await));
    assert!(is_pruned(world.submit(&body).await), "no new request");
    let changed = with(body.clone(), json!({ "title": "Another" }));
    let conflict = world.submit(&changed).await;
    assert!(matches!(conflict, Err(Error::CorrelationConflict)));
    let cancel = CancelBody { reason: None };
    assert!(is_pruned(
        engine.cancel(&world.requester, &name, cancel).await
    ));
    let claim = ClaimBody {
        intent_digest: Digest::of_bytes(b"whatever"),
    };
    assert!(is_pruned(
        engine.claim(&world.requester, &name, claim).await
    ));
    let report = ExecutionBody {
        result: ExecutionResult::Applied,
        detail: None,
    };
    assert!(is_pruned(
        engine
            .report_execution(&world.requester, &name, report)
            .await
    ));
    let decision = DecisionBody {
        decision: Decision::Approve,
        option_id: None,
        text: None,
        reason: None,
    };
    assert!(is_pruned(
        engine.decide(&terminal("ann"), &name, decision).await
    ));
    let events = engine.events(&world.requester, &name).await.expect("kept");
    assert_eq!(events.last().expect("one").event_type, "request.pruned");
    let query = ListQuery {
        limit: 10,
        ..ListQuery::default()
    };
    let page = engine.list(&world.requester, query).await.expect("a page");
    assert_eq!(page.items, []);
    let never = engine.get(&world.requester, &id("never")).await;
    assert!(matches!(never, Err(Error::NotFound(_))));
    let stranger = signoff_engine::Caller {
        project: "roomy".to_owned(),
        ..world.requester.clone()
    };
    let elsewhere = engine.get(&stranger, &name).await;
    assert!(
        matches!(elsewhere, Err(Error::NotFound(_))),
        "no oracle across projects"
    );
}

#[tokio::test]
async fn many_are_pruned_in_small_steps_over_several_passes() {
    let world = World::keeping(Some(1)).await;
    let retention = Retention::new(Arc::clone(&world.engine)).expect("it is on");
    let roomy = signoff_engine::Caller {
        project: "roomy".to_owned(),
        ..world.requester.clone()
    };
    let submit = async |name: String| {
        let body = approval(&name).to_string();
        let submitted = world.engine.submit(&roomy, body.as_bytes()).await;
        submitted.expect("it is valid");
    };
    for number in 0..60 {
        submit(format!("old-{number}")).await;
        let cancel = CancelBody { reason: None };
        let name = id(&format!("old-{number}"));
        world
            .engine
            .cancel(&roomy, &name, cancel)
            .await
            .expect("cancelled");
    }
    submit("pending".to_owned()).await;
    world.settle().await;
    world.passes(DAY);
    let first = retention.tick().await.expect("the store works");
    assert_eq!((first.pruned, first.more), (50, true));
    assert_eq!(tick_through(&retention).await, 10);
    // What was kept by one pass is found by the next, in its old place.
    world.settle().await;
    assert_eq!(tick_through(&retention).await, 0);
    world.passes(DAY);
    assert_eq!(tick_through(&retention).await, 1);
    assert_eq!(tick_through(&retention).await, 0);
}
