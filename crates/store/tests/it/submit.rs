//! Taking requests in.

use signoff_contract::{CallbackState, Kind, Status};
use signoff_store::{Key, ListFilter, Submitted};

use crate::world::{World, named};

pub(crate) async fn a_submission_is_durable_and_reads_back_the_same(world: World) {
    let new = world.request("a");
    let sent = new.request.clone();
    let created = world.submits(new).await;
    assert_eq!(created.request, sent);
    assert_eq!(
        created.callback.as_ref().unwrap().state,
        CallbackState::Waiting
    );
    assert_eq!(world.record("a").await, created);
    let by_id = world
        .store
        .request(&Key::Id(sent.id))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(by_id, created);
    let world = world.reopened();
    assert_eq!(world.record("a").await, created);
}

pub(crate) async fn the_same_body_is_a_replay_and_another_a_conflict(world: World) {
    let record = world.has("a").await;
    let again = world.store.submit(world.request("a")).await.unwrap();
    assert_eq!(again, Submitted::Replayed(record.clone()));
    let other = signoff_store::NewRequest {
        body_mac: [2; 32],
        ..world.request("a")
    };
    assert_eq!(
        world.store.submit(other).await.unwrap(),
        Submitted::Conflict
    );
    let name = record.request.submission.correlation_id.clone();
    let replay = world
        .store
        .replay("default", &name, &[1; 32])
        .await
        .unwrap();
    assert_eq!(replay, Some(Submitted::Replayed(record)));
    let conflict = world
        .store
        .replay("default", &name, &[3; 32])
        .await
        .unwrap();
    assert_eq!(conflict, Some(Submitted::Conflict));
    assert_eq!(
        world.store.replay("other", &name, &[1; 32]).await.unwrap(),
        None
    );
    assert_eq!(world.store.pending_count("default").await.unwrap(), 1);
}

pub(crate) async fn a_project_has_at_most_max_pending_requests(world: World) {
    let limited = |name: &str| signoff_store::NewRequest {
        max_pending: 2,
        ..world.request(name)
    };
    world.submits(limited("a")).await;
    world.submits(limited("b")).await;
    assert_eq!(
        world.store.submit(limited("c")).await.unwrap(),
        Submitted::TooManyPending
    );
    // A replay is always safe, and another project has its own count.
    let replayed = world.store.submit(limited("a")).await.unwrap();
    assert!(matches!(replayed, Submitted::Replayed(_)));
    let mut other = limited("c");
    "other".clone_into(&mut other.request.project);
    world.submits(other).await;
    world.approves("ann", "a").await;
    world.submits(limited("c")).await;
    let world = world.reopened();
    let limited = signoff_store::NewRequest {
        max_pending: 2,
        ..world.request("d")
    };
    assert_eq!(
        world.store.submit(limited).await.unwrap(),
        Submitted::TooManyPending
    );
}

pub(crate) async fn a_request_that_reaches_nobody_fails_at_once_with_its_callback(world: World) {
    let mut ended = world.store.changes().requests.subscribe();
    let mut new = world.request_with("a", "", &[]);
    new.unreachable = vec!["ann has no address".to_owned()];
    let record = world.submits(new).await;
    assert_eq!(record.request.status(), Status::Failed);
    assert_eq!(record.callback.as_ref().unwrap().state, CallbackState::Due);
    assert_eq!(world.record("a").await, record);
    assert_eq!(ended.recv().await.unwrap(), record.request.id);
    assert_eq!(world.store.pending_count("default").await.unwrap(), 0);
    let due = world
        .store
        .lease_callbacks(|_| 1, 10, world.in_seconds(9))
        .await
        .unwrap();
    assert_eq!(due.len(), 1);
    assert!(String::from_utf8_lossy(&due[0].body).contains("request.failed"));
    let events = world.store.events(record.request.id).await.unwrap();
    let types: Vec<_> = events
        .iter()
        .map(|event| event.event_type.as_str())
        .collect();
    assert_eq!(types, ["approval.requested", "approval.failed"]);
}

pub(crate) async fn sixty_four_submissions_of_one_name_make_one_request(world: World) {
    let tasks: Vec<_> = (0..64)
        .map(|_| {
            let (store, new) = (world.store.clone(), world.request("a"));
            tokio::spawn(async move { store.submit(new).await.unwrap() })
        })
        .collect();
    let (mut created, mut replayed) = (0, 0);
    for task in tasks {
        match task.await.unwrap() {
            Submitted::Created(_) => created += 1,
            Submitted::Replayed(_) => replayed += 1,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((created, replayed), (1, 63));
    assert_eq!(world.store.pending_count("default").await.unwrap(), 1);
}

pub(crate) async fn lists_are_newest_first_filtered_and_paged(world: World) {
    for name in ["a", "b", "c", "d"] {
        world.has(name).await;
    }
    world.approves("ann", "b").await;
    let list = async |filter: ListFilter| {
        let records = world.store.requests("default", filter).await.unwrap();
        let names = records
            .iter()
            .map(|r| r.request.submission.correlation_id.to_string());
        names.collect::<Vec<_>>()
    };
    let all = ListFilter {
        limit: 10,
        ..ListFilter::default()
    };
    assert_eq!(list(all.clone()).await, ["d", "c", "b", "a"]);
    let pending = ListFilter {
        status: Some(Status::Pending),
        ..all.clone()
    };
    assert_eq!(list(pending.clone()).await, ["d", "c", "a"]);
    let before = Some(world.record("c").await.request.id);
    assert_eq!(
        list(ListFilter {
            before,
            limit: 1,
            ..pending
        })
        .await,
        ["a"]
    );
    assert_eq!(
        list(ListFilter {
            before,
            limit: 1,
            ..all.clone()
        })
        .await,
        ["b"]
    );
    assert!(
        list(ListFilter {
            kind: Some(Kind::Question),
            ..all
        })
        .await
        .is_empty()
    );
    let waiting = world.store.pending_for("ann", 10).await.unwrap();
    assert_eq!(waiting.len(), 3);
    assert!(world.store.pending_for("zoe", 10).await.unwrap().is_empty());
    let here = world
        .store
        .pending_in_place("telegram", "chat-1", 10)
        .await
        .unwrap();
    assert_eq!(here.len(), 3);
    assert!(world.store.request(&named("zzz")).await.unwrap().is_none());
}
