//! Changing requests.

use signoff_contract::{Digest, Status};
use signoff_core::request::{Effect, Event, Rejection, Reply};
use signoff_store::{Command, FirstAnswer, NewRequest, Submitted, Transitioned, Verified};

use crate::world::{World, named, response};

pub(crate) async fn of_sixty_four_responses_one_decides(world: World) {
    world.has("a").await;
    let tasks: Vec<_> = (0..64)
        .map(|n| {
            let store = world.store.clone();
            let reply = if n % 2 == 0 {
                Reply::Approve
            } else {
                Reply::Deny { reason: None }
            };
            let event = response("ann", reply);
            let command = Command {
                key: named("a"),
                event,
                event_id: None,
            };
            tokio::spawn(async move { store.transition(command).await.unwrap().unwrap() })
        })
        .collect();
    let mut winners = 0;
    for task in tasks {
        match task.await.unwrap() {
            Transitioned::Applied { effect, .. } => {
                assert_eq!(effect, Effect::Decided);
                winners += 1;
            }
            Transitioned::Rejected { rejection, .. } => {
                assert!(matches!(rejection, Rejection::AlreadyDecided { .. }));
            }
            Transitioned::Duplicate { .. } => panic!("there was no event id"),
        }
    }
    assert_eq!(winners, 1);
    let callbacks = world.store.callbacks(None, None, 10).await.unwrap();
    assert_eq!(callbacks.len(), 1);
}

pub(crate) async fn a_repeated_event_gets_its_first_answer(world: World) {
    world.has("a").await;
    let press = |who: &str, event_id: &str| Command {
        key: named("a"),
        event: response(who, Reply::Approve),
        event_id: Some(event_id.to_owned()),
    };
    let first = world
        .store
        .transition(press("ann", "telegram:1:1"))
        .await
        .unwrap()
        .unwrap();
    assert!(matches!(first, Transitioned::Applied { .. }));
    let late = world
        .store
        .transition(press("bob", "telegram:1:2"))
        .await
        .unwrap()
        .unwrap();
    let Transitioned::Rejected { rejection, .. } = late else {
        panic!("{late:?}")
    };
    let events = world
        .store
        .events(world.record("a").await.request.id)
        .await
        .unwrap()
        .len();
    let world = world.reopened();
    let again = world
        .store
        .transition(press("ann", "telegram:1:1"))
        .await
        .unwrap()
        .unwrap();
    let Transitioned::Duplicate { first, .. } = again else {
        panic!("{again:?}")
    };
    assert_eq!(first, FirstAnswer::Applied(Effect::Decided));
    let again = world
        .store
        .transition(press("bob", "telegram:1:2"))
        .await
        .unwrap()
        .unwrap();
    let Transitioned::Duplicate { first, .. } = again else {
        panic!("{again:?}")
    };
    assert_eq!(first, FirstAnswer::Rejected(rejection));
    let record = world.record("a").await;
    assert_eq!(
        world.store.events(record.request.id).await.unwrap().len(),
        events
    );
}

pub(crate) async fn a_refusal_is_audited_though_nothing_changed(world: World) {
    let before = world.has("a").await;
    let answer = world.approves("mallory", "a").await;
    let Transitioned::Rejected { record, .. } = answer else {
        panic!("{answer:?}")
    };
    assert_eq!(record, before);
    let events = world.store.events(before.request.id).await.unwrap();
    assert_eq!(events.last().unwrap().event_type, "response.refused");
    assert_eq!(events.last().unwrap().actor_id, "mallory");
}

pub(crate) async fn refusals_are_recorded_ten_times_an_actor_and_the_tenth_says_so(world: World) {
    world.has("a").await;
    let press = async |who: &str, count: usize| {
        for _ in 0..count {
            let answer = world.approves(who, "a").await;
            assert!(
                matches!(answer, Transitioned::Rejected { .. }),
                "{answer:?}"
            );
        }
    };
    press("mallory", 25).await;
    press("eve", 2).await;
    // Enough of one person hides no other, and nobody's decision.
    world.approves("ann", "a").await;
    press("mallory", 5).await;
    press("ann", 9).await;
    // Another kind of refusal counts by itself.
    let claim = || Command {
        key: named("a"),
        event: Event::Claimed {
            by: "mallory".to_owned(),
            intent_digest: Digest::of_bytes(b"another action"),
        },
        event_id: None,
    };
    for _ in 0..12 {
        let answer = world.store.transition(claim()).await.unwrap().unwrap();
        assert!(matches!(answer, Transitioned::Rejected { .. }));
    }
    let other = world.has("b").await;
    let answer = world.approves("mallory", "b").await;
    assert!(matches!(answer, Transitioned::Rejected { .. }));

    let events = world
        .store
        .events(world.record("a").await.request.id)
        .await
        .unwrap();
    let of = |event_type: &str, actor: &str| {
        let these = events
            .iter()
            .filter(|event| event.event_type == event_type && event.actor_id == actor);
        these.cloned().collect::<Vec<_>>()
    };
    assert_eq!(of("response.refused", "eve").len(), 2);
    assert_eq!(of("response.refused", "ann").len(), 9);
    assert_eq!(of("approval.approved", "ann").len(), 1);
    for kind in ["response.refused", "claim.refused"] {
        let refused = of(kind, "mallory");
        assert_eq!(refused.len(), 10, "{kind}");
        let (last, before) = refused.split_last().unwrap();
        assert_eq!(last.payload["further"], "not recorded");
        assert!(
            before
                .iter()
                .all(|event| event.payload.get("further").is_none())
        );
    }
    let of_other = world.store.events(other.request.id).await.unwrap();
    assert_eq!(of_other.last().unwrap().actor_id, "mallory");
    let checked = world.store.verify_audit(|_| ()).await.unwrap();
    assert!(matches!(checked, Verified::Intact { .. }), "{checked:?}");
}

pub(crate) async fn deadlines_pass_the_most_overdue_first(world: World) {
    for (name, ttl) in [("a", 300), ("b", 100), ("c", 200), ("d", 900)] {
        let mut new = world.request(name);
        new.request.expires_at = world.in_seconds(ttl);
        world.submits(new).await;
    }
    let deadlines = world.store.next_deadlines().await.unwrap();
    assert_eq!(deadlines.expires_at, Some(world.in_seconds(100)));
    assert!(world.store.expire_due(10).await.unwrap().changed.is_empty());
    world.seconds_pass(300);
    let id = async |name: &str| world.record(name).await.request.id;
    let ticked = world.store.expire_due(2).await.unwrap();
    assert_eq!(ticked.changed, [id("b").await, id("c").await]);
    assert!(ticked.more);
    let ticked = world.store.expire_due(2).await.unwrap();
    assert_eq!(ticked.changed, [id("a").await]);
    assert!(!ticked.more);
    // Nobody saw them: they failed rather than expired.
    assert_eq!(world.record("a").await.request.status(), Status::Failed);
    assert_eq!(world.record("d").await.request.status(), Status::Pending);
    assert_eq!(world.store.pending_count("default").await.unwrap(), 1);
}

pub(crate) async fn a_deadline_beats_a_response_that_is_committed_later(world: World) {
    world.has("a").await;
    world.shows("msg-1").await;
    world.seconds_pass(3_600);
    let late = world.approves("ann", "a").await;
    let Transitioned::Rejected { record, rejection } = &late else {
        panic!("{late:?}")
    };
    let status = Status::Expired;
    assert_eq!(*rejection, Rejection::AlreadyDecided { status });
    // The same commit wrote the end down: nothing is left for the tick.
    assert_eq!(record.request.status(), Status::Expired);
    assert_eq!(world.record("a").await, *record);
    let ticked = world.store.expire_due(10).await.unwrap();
    assert!(ticked.changed.is_empty());
    assert_eq!(world.store.pending_count("default").await.unwrap(), 0);
    let callbacks = world.store.callbacks(None, None, 10).await.unwrap();
    assert_eq!(callbacks.len(), 1);
}

pub(crate) async fn a_reminder_comes_once(world: World) {
    world.has("a").await;
    world.shows("msg-1").await;
    assert_eq!(
        world.store.next_deadlines().await.unwrap().remind_at,
        Some(world.in_seconds(1_800))
    );
    world.seconds_pass(1_800);
    assert_eq!(world.store.remind_due(10).await.unwrap().changed.len(), 1);
    assert!(world.store.remind_due(10).await.unwrap().changed.is_empty());
    assert_eq!(world.store.next_deadlines().await.unwrap().remind_at, None);
    let due = world.leases(10).await;
    assert!(due[0].remind);
    let result = signoff_store::PromptResult::Shown {
        refs: vec!["msg-1".to_owned()],
    };
    world
        .store
        .finish_prompt(due[0].prompt.id, due[0].revision, result)
        .await
        .unwrap();
    world.seconds_pass(120);
    assert!(world.leases(10).await.is_empty());
}

pub(crate) async fn nobody_is_no_request(world: World) {
    let event = Event::DeadlinePassed;
    let command = Command {
        key: named("none"),
        event,
        event_id: None,
    };
    assert!(world.store.transition(command).await.unwrap().is_none());
}

pub(crate) async fn a_failing_command_harms_no_other(world: World) {
    world
        .sql()
        .execute_batch(
            "CREATE TRIGGER trap BEFORE INSERT ON prompts WHEN NEW.place = 'trap'
             BEGIN SELECT raise(ABORT, 'trapped'); END",
        )
        .unwrap();
    // All in the queue before the writer can have finished the first.
    let new = |n: usize| -> NewRequest {
        let place = if n.is_multiple_of(4) {
            "trap"
        } else {
            "chat-1"
        };
        world.request_with(&format!("r-{n}"), "", &[place])
    };
    let tasks: Vec<_> = (0..64)
        .map(|n| {
            let (store, new) = (world.store.clone(), new(n));
            tokio::spawn(async move { (n, store.submit(new).await) })
        })
        .collect();
    for task in tasks {
        let (n, submitted) = task.await.unwrap();
        let there = world
            .store
            .request(&named(&format!("r-{n}")))
            .await
            .unwrap()
            .is_some();
        assert_eq!(there, n % 4 != 0);
        assert_eq!(matches!(submitted, Ok(Submitted::Created(_))), there);
    }
    assert_eq!(world.store.pending_count("default").await.unwrap(), 48);
    // The writer's own count of them agrees.
    let full = NewRequest {
        max_pending: 48,
        ..world.request("full")
    };
    assert_eq!(
        world.store.submit(full).await.unwrap(),
        Submitted::TooManyPending
    );
    let fits = NewRequest {
        max_pending: 49,
        ..world.request("fits")
    };
    world.submits(fits).await;
}
