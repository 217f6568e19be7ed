//! The audit: chains, seals, and what the check finds after someone was at the database.

use signoff_core::audit::Actor;
use signoff_store::Verified;

use crate::world::World;

impl World {
    /// Two requests with some history, an event of the installation, all of it sealed.
    async fn with_history(self) -> Self {
        self.has("a").await;
        self.shows("msg-1").await;
        self.has("b").await;
        self.approves("ann", "a").await;
        self.approves("bob", "a").await;
        self.approves("bob", "b").await;
        let until = self.in_seconds(600);
        let root = Actor::operator("root");
        self.store
            .invite("ann", [9; 32], until, root)
            .await
            .unwrap();
        self.store.seal(100).await.unwrap();
        self
    }

    async fn verified(&self) -> Verified {
        self.store.verify_audit(|_| ()).await.unwrap()
    }

    /// Tampers, and says what the check finds.
    async fn finds(&self, sql: &str) -> (String, String) {
        self.sql()
            .execute_batch(&format!("PRAGMA foreign_keys = OFF; {sql}"))
            .unwrap();
        match self.verified().await {
            Verified::Broken { row, why } => (row, why),
            intact @ Verified::Intact { .. } => panic!("not found: {intact:?}"),
        }
    }
}

pub(crate) async fn an_untouched_audit_is_intact(world: World) {
    let empty = world.verified().await;
    assert_eq!(
        empty,
        Verified::Intact {
            events: 0,
            last_seal: None,
            unsealed: 0
        }
    );
    let world = world.with_history().await;
    world.has("c").await;
    let Verified::Intact {
        events,
        last_seal,
        unsealed,
    } = world.verified().await
    else {
        panic!("broken")
    };
    assert_eq!((events, last_seal.unwrap().0, unsealed), (8, 7, 1));
    let record = world.record("a").await;
    let events = world.store.events(record.request.id).await.unwrap();
    assert_eq!(
        events.iter().map(|event| event.number).collect::<Vec<_>>(),
        [1, 2, 3, 4]
    );
    assert!(events.iter().all(|event| event.seq.is_some()));
    assert!(matches!(
        world.reopened().verified().await,
        Verified::Intact { .. }
    ));
}

pub(crate) async fn sealing_goes_on_where_it_stopped(world: World) {
    for name in ["a", "b", "c", "d", "e"] {
        world.has(name).await;
    }
    let mut seals = world.store.changes().seals.subscribe();
    let seal = async |limit| {
        let sealed = world.store.seal(limit).await.unwrap();
        (sealed.last, sealed.sealed)
    };
    assert_eq!(world.store.last_seal().await.unwrap(), 0);
    assert_eq!(seal(2).await, (2, 2));
    assert_eq!(seal(2).await, (4, 2));
    assert_eq!(seal(2).await, (5, 1));
    assert_eq!(seal(2).await, (5, 0));
    assert_eq!(world.store.last_seal().await.unwrap(), 5);
    assert_eq!(*seals.borrow_and_update(), 5);
}

pub(crate) async fn changed_content_is_found(world: World) {
    let world = world.with_history().await;
    let (row, why) = world
        .finds("UPDATE events SET actor_id = 'bob' WHERE event_type = 'approval.approved' AND chain = 1")
        .await;
    let id = world.record("a").await.request.id;
    assert!(
        row.contains(&id.to_string()) && row.contains("event 3") && row.contains("seal 4"),
        "{row}"
    );
    assert!(why.contains("changed after it was written"), "{why}");
}

pub(crate) async fn a_deleted_event_is_found(world: World) {
    let world = world.with_history().await;
    let (row, why) = world
        .finds("DELETE FROM events WHERE chain = 1 AND number = 2")
        .await;
    assert!(row.starts_with("event 3 of req_"), "{row}");
    assert!(why.contains("does not follow"), "{why}");
}

pub(crate) async fn an_inserted_event_is_found(world: World) {
    let world = world.with_history().await;
    let (row, why) = world
        .finds(
            "INSERT INTO events (chain, number, event_type, actor_type, actor_id, approval_state,
                                 at, payload, previous_hash, hash)
             SELECT chain, number + 10, event_type, actor_type, actor_id, approval_state, at,
                    payload, previous_hash, hash
             FROM events WHERE chain = 2 AND number = 2",
        )
        .await;
    assert!(
        row.starts_with("event 12 of req_") && row.contains("not sealed"),
        "{row} {why}"
    );
}

pub(crate) async fn swapped_events_are_found(world: World) {
    let world = world.with_history().await;
    let (row, _) = world
        .finds(
            "UPDATE events SET number = -number WHERE chain = 1 AND number IN (3, 4);
             UPDATE events SET number = 7 + number WHERE chain = 1 AND number < 0;",
        )
        .await;
    assert!(row.starts_with("event 3 of req_"), "{row}");
}

pub(crate) async fn a_changed_seal_is_found(world: World) {
    let world = world.with_history().await;
    let (row, why) = world
        .finds("UPDATE seals SET hash = zeroblob(32) WHERE seq = 3")
        .await;
    assert!(row.starts_with("seal 3, event 1 of req_"), "{row}");
    assert!(why.contains("does not follow"), "{why}");
}

pub(crate) async fn a_missing_seal_is_found(world: World) {
    let world = world.with_history().await;
    let (row, why) = world.finds("DELETE FROM seals WHERE seq = 3").await;
    assert_eq!(row, "seal 4", "{why}");
    // Even when the numbers are closed up behind it.
    let (row, why) = world
        .finds("UPDATE seals SET seq = seq - 1 WHERE seq > 3")
        .await;
    assert!(
        row.contains("event 1 of chain 2") && why.contains("seal is missing"),
        "{row}: {why}"
    );
}

pub(crate) async fn a_missing_request_is_found(world: World) {
    let world = world.with_history().await;
    let (row, why) = world.finds("DELETE FROM requests WHERE n = 2").await;
    assert!(
        row.starts_with("event 1 of") && why.contains("missing"),
        "{row}: {why}"
    );
    let (row, why) = world
        .finds("DELETE FROM seals; DELETE FROM events WHERE chain IN (1, 2);")
        .await;
    assert!(
        row.starts_with("request req_") && why.contains("events are missing"),
        "{row}: {why}"
    );
}

pub(crate) async fn a_changed_status_is_found(world: World) {
    let world = world.with_history().await;
    let (row, why) = world
        .finds("UPDATE requests SET status = 'denied' WHERE n = 1")
        .await;
    assert!(
        row.starts_with("request req_") && why.contains("approved"),
        "{row}: {why}"
    );
    // And nobody is given such a request.
    let key = crate::world::named("a");
    let error = world.store.request(&key).await.unwrap_err();
    assert!(
        matches!(error, signoff_store::Error::Corrupt { .. }),
        "{error}"
    );
}

pub(crate) async fn streams_and_exports_follow_the_seals(world: World) {
    let world = world.with_history().await;
    world.has("late").await;
    let seqs = async |project: Option<&str>, after, limit| {
        let events = world
            .store
            .export_audit(after, limit, project)
            .await
            .unwrap();
        events
            .iter()
            .map(|event| event.seq.unwrap())
            .collect::<Vec<_>>()
    };
    assert_eq!(seqs(None, 0, 100).await, [1, 2, 3, 4, 5, 6, 7]);
    assert_eq!(seqs(Some("default"), 0, 100).await, [1, 2, 3, 4, 5, 6]);
    assert_eq!(seqs(Some("default"), 2, 2).await, [3, 4]);
    let stream = world.store.sealed_events("default", 5, 10).await.unwrap();
    assert_eq!(stream.len(), 1);
    let all = world.store.export_audit(0, 100, None).await.unwrap();
    assert!(
        all.iter()
            .all(|event| signoff_core::audit::hash(event) == event.hash)
    );
    assert!(
        world
            .store
            .sealed_events("other", 0, 10)
            .await
            .unwrap()
            .is_empty()
    );
}
