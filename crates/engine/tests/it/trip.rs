//! Requests on their way through the engine: in, decided or withdrawn, out again.

use std::time::Duration;

use serde_json::json;
use signoff_contract::{CancelBody, PromptState, Status};
use signoff_core::request::Rejection;
use signoff_engine::{AnswerResult, ButtonAction, Error, Submitted};

use crate::world::{World, approval, approve, deny, id, question, requester, with};

#[tokio::test]
async fn an_approval_makes_the_whole_trip() {
    let world = World::new().await;
    let asked = world.asks(approval("a")).await;
    assert_eq!(asked.status, Status::Pending);
    let shown = world.now("a").await.prompts.expect("prompts");
    assert_eq!(shown[0].state, PromptState::Open);

    let answered = world.presses("ann", "1001", approve).await;
    assert_eq!(answered.result, AnswerResult::Applied);
    assert_eq!(answered.card.expect("a card").buttons, []);
    world.settle().await;

    let ended = world.now("a").await;
    assert_eq!(ended.status, Status::Approved);
    let outcome = ended.outcome.expect("an outcome");
    assert_eq!(outcome.decided_by[0].name, "ann");
    assert_eq!(
        ended.prompts.expect("prompts")[0].state,
        PromptState::Closed
    );
    let card = world.channel.card("1001");
    assert!(card.buttons.is_empty());
    assert_eq!(card.request.status, Status::Approved);
}

#[tokio::test]
async fn the_same_body_is_answered_again_and_another_one_is_a_conflict() {
    let world = World::new().await;
    let first = world.asks(approval("a")).await;
    match world.submit(&approval("a")).await.expect("a replay") {
        Submitted::Replayed(again) => assert_eq!(again.id, first.id),
        other @ Submitted::Created(_) => panic!("{other:?}"),
    }
    let other = with(approval("a"), json!({ "title": "Something else" }));
    assert!(matches!(
        world.submit(&other).await,
        Err(Error::CorrelationConflict)
    ));
    assert_eq!(world.channel.shown_in("1001").len(), 1);
}

#[tokio::test]
async fn a_route_or_callback_the_operator_does_not_know_is_refused_with_all_faults() {
    let world = World::new().await;
    let body = with(
        approval("a"),
        json!({ "route": "nobody", "callback": { "url": "https://evil.example/" } }),
    );
    let Err(Error::Invalid(errors)) = world.submit(&body).await else {
        panic!("it was taken")
    };
    let fields: Vec<_> = errors.iter().map(|error| error.field.as_str()).collect();
    assert_eq!(fields, ["/route", "/callback/url"]);
    assert!(errors[0].detail.contains("both"), "{}", errors[0].detail);
    assert!(
        errors[1].detail.contains("callbacks.allow"),
        "{}",
        errors[1].detail
    );
}

#[tokio::test]
async fn a_project_without_a_route_refuses_a_submit_that_names_none() {
    let world = World::new().await;
    let mut elsewhere = requester();
    elsewhere.project = "empty".to_owned();
    let refused = world
        .engine
        .submit(&elsewhere, approval("a").to_string().as_bytes())
        .await;
    let Err(Error::Invalid(errors)) = refused else {
        panic!("it was taken")
    };
    assert_eq!(errors[0].field, "/route");
}

#[tokio::test]
async fn a_run_away_agent_is_stopped_at_max_pending_and_may_go_on_after_a_decision() {
    let world = World::new().await;
    for n in 0..5 {
        world.asks(approval(&format!("a{n}"))).await;
    }
    assert!(matches!(
        world.submit(&approval("a5")).await,
        Err(Error::TooManyPending { max: 5 })
    ));
    // A replay is not one more.
    assert!(matches!(
        world.submit(&approval("a0")).await,
        Ok(Submitted::Replayed(_))
    ));
    world.presses("ann", "1001", deny).await;
    assert!(matches!(
        world.submit(&approval("a5")).await,
        Ok(Submitted::Created(_))
    ));
}

#[tokio::test]
async fn the_requester_withdraws_and_cannot_withdraw_twice() {
    let world = World::new().await;
    world.asks(approval("a")).await;
    let body = CancelBody {
        reason: Some("superseded".to_owned()),
    };
    let cancelled = world
        .engine
        .cancel(&world.requester, &id("a"), body.clone())
        .await;
    assert_eq!(cancelled.expect("it was pending").status, Status::Cancelled);
    let again = world.engine.cancel(&world.requester, &id("a"), body).await;
    let Err(Error::Rejected { rejection, outcome }) = again else {
        panic!("{again:?}")
    };
    assert_eq!(
        rejection,
        Rejection::AlreadyDecided {
            status: Status::Cancelled
        }
    );
    assert_eq!(
        outcome.expect("the outcome").reason.as_deref(),
        Some("superseded")
    );
    let late = world.presses("ann", "1001", approve).await;
    assert_eq!(late.result, AnswerResult::Stale);
}

#[tokio::test]
async fn a_long_poll_wakes_at_the_decision() {
    let world = World::new().await;
    world.asks(approval("a")).await;
    let stop = tokio_util::sync::CancellationToken::new();
    let background = tokio::spawn(signoff_engine::workers::run(
        world.engine.clone(),
        vec![world.channel.clone()],
        stop.clone(),
    ));
    let waiting = tokio::spawn({
        let engine = world.engine.clone();
        let caller = world.requester.clone();
        async move {
            engine
                .wait(&caller, &id("a"), Duration::from_secs(50))
                .await
        }
    });
    world.presses("ann", "1001", approve).await;
    let began = std::time::Instant::now();
    let ended = waiting.await.expect("no panic").expect("it exists");
    assert_eq!(ended.status, Status::Approved);
    assert!(
        began.elapsed() < Duration::from_secs(40),
        "it did not wait for its time to run out"
    );
    stop.cancel();
    background.await.expect("no panic").expect("a clean end");
}

#[tokio::test]
async fn the_audit_of_a_trip_verifies_and_streams_in_one_order() {
    let world = World::new().await;
    world.asks(approval("a")).await;
    world.asks(question("q")).await;
    world
        .presses("ann", "1001", |action| {
            matches!(action, ButtonAction::Choose { .. })
        })
        .await;
    world.settle().await;
    let verified = world
        .engine
        .store()
        .verify_audit(|_| {})
        .await
        .expect("it reads");
    assert!(
        matches!(
            verified,
            signoff_store::Verified::Intact { unsealed: 0, .. }
        ),
        "{verified:?}"
    );
    let all = world
        .engine
        .events_after(&world.requester, 0, 100)
        .await
        .expect("events");
    let seqs: Vec<_> = all.iter().map(|event| event.seq.expect("sealed")).collect();
    assert!(seqs.is_sorted_by(|a, b| a < b), "{seqs:?}");
    let types: Vec<_> = all.iter().map(|event| event.event_type.as_str()).collect();
    assert_eq!(
        types,
        [
            "approval.requested",
            "prompt.shown",
            "approval.requested",
            "prompt.shown",
            "approval.approved"
        ]
    );
    let rest = world
        .engine
        .events_after(&world.requester, seqs[2], 100)
        .await
        .expect("events");
    assert_eq!(rest.len(), 2);
}
