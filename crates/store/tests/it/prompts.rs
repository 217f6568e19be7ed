//! The outbox of channels.

use std::time::{Duration, Instant};

use signoff_contract::{PromptState, Status};
use signoff_core::request::{Closed, Presentation};
use signoff_store::{DuePrompt, PromptResult, Record, Transitioned};

use crate::world::World;

fn shown(place: &str) -> PromptResult {
    PromptResult::Shown {
        refs: vec![place.to_owned()],
    }
}

fn names(due: &[DuePrompt]) -> Vec<&str> {
    due.iter()
        .map(|due| due.record.request.submission.correlation_id.as_str())
        .collect()
}

fn closed(record: &Record) -> Option<Closed> {
    match record.request.prompts[0].presentation {
        Presentation::Shown { closed, .. } => Some(closed),
        _ => None,
    }
}

impl World {
    async fn finishes(&self, due: &DuePrompt, result: PromptResult) -> Option<Transitioned> {
        self.store
            .finish_prompt(due.prompt.id, due.revision, result)
            .await
            .unwrap()
    }
}

pub(crate) async fn a_new_prompt_is_leased_shown_and_closed(world: World) {
    let record = world.has("a").await;
    assert_eq!(
        world.store.next_prompt_due("telegram").await.unwrap(),
        Some(world.now())
    );
    assert_eq!(world.store.next_prompt_due("mail").await.unwrap(), None);
    let due = world.leases(10).await;
    assert_eq!(
        (due[0].revision, due[0].attempts, due[0].remind),
        (1, 0, false)
    );
    assert!(due[0].refs.is_empty());
    assert_eq!(due[0].record, record);
    assert!(world.leases(10).await.is_empty(), "it is leased");
    let effect = world.finishes(&due[0], shown("msg-1")).await.unwrap();
    let Transitioned::Applied { record, .. } = effect else {
        panic!("{effect:?}")
    };
    assert_eq!(closed(&record), Some(Closed::No));
    assert_eq!(world.record("a").await, record);
    assert_eq!(world.store.next_prompt_due("telegram").await.unwrap(), None);

    world.approves("ann", "a").await;
    assert_eq!(closed(&world.record("a").await), Some(Closed::No));
    let due = world.leases(10).await;
    assert_eq!(
        (due[0].revision, &due[0].refs[..]),
        (2, &["msg-1".to_owned()][..])
    );
    assert_eq!(world.finishes(&due[0], shown("msg-1")).await, None);
    let record = world.record("a").await;
    assert_eq!(closed(&record), Some(Closed::Yes));
    let view = signoff_core::render::resource(&record.request, None)
        .prompts
        .unwrap();
    assert_eq!(view[0].state, PromptState::Closed);
    let found = world
        .store
        .prompt(record.request.id, 0)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (found.1, found.2, found.3),
        (due[0].prompt.id, vec!["msg-1".to_owned()], 2)
    );
    assert!(
        world
            .store
            .prompt(record.request.id, 9)
            .await
            .unwrap()
            .is_none()
    );
}

pub(crate) async fn one_prompt_a_place_and_none_in_a_busy_one(world: World) {
    for (name, place) in [("a", "x"), ("b", "x"), ("c", "y"), ("d", "z"), ("e", "")] {
        world.submits(world.request_with(name, "", &[place])).await;
        world.seconds_pass(1);
    }
    let until = world.in_seconds(60);
    let busy = vec!["y".to_owned()];
    let due = world
        .store
        .lease_prompts("telegram", &busy, 2, until)
        .await
        .unwrap();
    assert_eq!(names(&due), ["a", "d"]);
    let due = world
        .store
        .lease_prompts("telegram", &busy, 9, until)
        .await
        .unwrap();
    assert_eq!(names(&due), ["b", "e"]);
    assert_eq!(names(&world.leases(9).await), ["c"]);
    assert!(
        world
            .store
            .lease_prompts("mail", &[], 9, until)
            .await
            .unwrap()
            .is_empty()
    );
}

pub(crate) async fn a_new_card_goes_before_a_closing_before_a_notice(world: World) {
    for name in ["notice", "closing"] {
        let mut new = world.request(name);
        new.request.min_approvals = 2;
        world.submits(new).await;
        world.shows(name).await;
    }
    world.approves("ann", "notice").await;
    world.seconds_pass(1);
    world.approves("ann", "closing").await;
    world.approves("bob", "closing").await;
    world.seconds_pass(1);
    world.has("card").await;
    for expected in ["card", "closing", "notice"] {
        let due = world.leases(10).await;
        assert_eq!(names(&due), [expected]);
        world.finishes(&due[0], shown(expected)).await;
    }
}

pub(crate) async fn an_ended_request_that_nobody_saw_is_not_shown(world: World) {
    world.has("a").await;
    let due = world.leases(1).await;
    world.has("b").await;
    for name in ["a", "b"] {
        world.approves("ann", name).await;
    }
    assert!(world.leases(10).await.is_empty());
    // The one in flight may have been sent after all: then it is closed.
    world.finishes(&due[0], shown("msg-1")).await;
    assert_eq!(closed(&world.record("a").await), Some(Closed::No));
    let due = world.leases(10).await;
    assert_eq!(names(&due), ["a"]);
    world.finishes(&due[0], shown("msg-1")).await;
    assert_eq!(closed(&world.record("a").await), Some(Closed::Yes));
}

pub(crate) async fn a_failure_before_any_show_fails_the_request_and_one_after_it_does_not(
    world: World,
) {
    let failed = || PromptResult::Failed {
        cause: "chat not found".to_owned(),
    };
    world.has("a").await;
    let due = world.leases(1).await;
    let effect = world.finishes(&due[0], failed()).await.unwrap();
    let Transitioned::Applied { record, .. } = effect else {
        panic!("{effect:?}")
    };
    assert_eq!(record.request.status(), Status::Failed);
    assert_eq!(world.record("a").await, record);

    world.has("b").await;
    world.shows("msg-1").await;
    world.approves("ann", "b").await;
    let due = world.leases(1).await;
    assert_eq!(world.finishes(&due[0], failed()).await, None);
    assert_eq!(world.record("b").await.request.status(), Status::Approved);
    world.seconds_pass(600);
    assert!(world.leases(10).await.is_empty());
}

pub(crate) async fn a_released_prompt_keeps_its_age_and_a_retry_waits(world: World) {
    world.has("a").await;
    world.seconds_pass(5);
    world.has("b").await;
    let due = world.leases(1).await;
    assert_eq!(names(&due), ["a"]);
    world.finishes(&due[0], PromptResult::Released).await;
    let due = world.leases(1).await;
    assert_eq!(names(&due), ["a"]);
    let at = world.in_seconds(30);
    world
        .finishes(
            &due[0],
            PromptResult::Retry {
                at,
                cause: "429".to_owned(),
            },
        )
        .await;
    let due = world.leases(1).await;
    assert_eq!(names(&due), ["b"]);
    world.finishes(&due[0], shown("msg-b")).await;
    assert!(world.leases(10).await.is_empty());
    assert_eq!(
        world.store.next_prompt_due("telegram").await.unwrap(),
        Some(at)
    );
    world.seconds_pass(30);
    let due = world.leases(1).await;
    assert_eq!((names(&due), due[0].attempts), (vec!["a"], 1));
}

pub(crate) async fn an_adopted_place_is_shown_too(world: World) {
    let id = world.has("a").await.request.id;
    world.shows("msg-1").await;
    let adopt = async |place: &str| {
        world
            .store
            .adopt_prompt_ref(id, 0, place.to_owned())
            .await
            .unwrap()
    };
    assert!(adopt("msg-2").await);
    assert!(!adopt("msg-2").await);
    assert!(!adopt("msg-1").await);
    let due = world.leases(1).await;
    assert_eq!(due[0].refs, ["msg-1", "msg-2"]);
    assert!(adopt("msg-3").await, "while it is leased");
    world.finishes(&due[0], shown("msg-2")).await;
    let due = world.leases(1).await;
    assert_eq!(due[0].refs, ["msg-2", "msg-3"]);
    let none = signoff_contract::RequestId::from_parts(1, 1);
    assert!(
        !world
            .store
            .adopt_prompt_ref(none, 0, "x".to_owned())
            .await
            .unwrap()
    );
}

pub(crate) async fn a_lost_lease_comes_back(world: World) {
    world.has("a").await;
    assert_eq!(world.leases(1).await.len(), 1);
    world.seconds_pass(59);
    assert!(world.leases(1).await.is_empty());
    world.seconds_pass(1);
    assert_eq!(world.leases(1).await.len(), 1);
}

pub(crate) async fn a_hundred_thousand_prompts_in_one_place_cost_nothing(world: World) {
    world.has("a").await;
    world
        .sql()
        .execute_batch(
            "PRAGMA foreign_keys = OFF;
             WITH RECURSIVE many(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM many WHERE i < 100000)
             INSERT INTO prompts (id, request, number, channel, place, approvers, state, wanted,
                                  shown, due_at)
             SELECT CAST(printf('%016d', i) AS BLOB), 1000 + i, 0, channel, 'loud', approvers,
                    state, wanted, shown, due_at - 1
             FROM prompts, many WHERE number = 0",
        )
        .unwrap();
    let steps = |sql: &str| -> Vec<String> {
        let sql_conn = world.sql();
        let mut plan = sql_conn
            .prepare(&format!("EXPLAIN QUERY PLAN {sql}"))
            .unwrap();
        let rows = plan.query_map([], |row| row.get::<_, String>(3)).unwrap();
        rows.map(Result::unwrap).collect()
    };
    let next = steps(
        "SELECT place FROM prompts WHERE channel = 'telegram' AND place > 'loud'
         AND due_at IS NOT NULL ORDER BY place LIMIT 1",
    );
    assert!(
        next[0].starts_with("SEARCH") && next[0].contains("prompts_due"),
        "{next:?}"
    );
    assert_eq!(next.len(), 1, "no sorting: {next:?}");
    let began = Instant::now();
    for _ in 0..20 {
        let busy = ["loud".to_owned()];
        let until = world.in_seconds(60);
        world
            .store
            .lease_prompts("telegram", &busy, 10, until)
            .await
            .unwrap();
        world.store.next_prompt_due("telegram").await.unwrap();
    }
    // A scan of all would take seconds in a debug build; this is some milliseconds.
    assert!(
        began.elapsed() < Duration::from_secs(2),
        "{:?}",
        began.elapsed()
    );
}
