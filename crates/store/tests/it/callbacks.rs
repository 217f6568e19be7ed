//! The outbox of callbacks.

use signoff_contract::CallbackState;
use signoff_store::{Attempt, CallbackResult, DueCallback, ResendKey};

use crate::world::{World, id};

impl World {
    async fn leases_callbacks(&self, limit: u32) -> Vec<DueCallback> {
        let until = self.in_seconds(60);
        self.store
            .lease_callbacks(move |_| limit, limit, until)
            .await
            .unwrap()
    }

    async fn attempt(&self, due: &DueCallback, status: Option<u16>, result: CallbackResult) {
        let attempt = Attempt {
            at: self.now(),
            took_ms: 12,
            status,
            detail: "words".to_owned(),
            reached: signoff_store::Reached::Maybe,
        };
        self.store
            .finish_callback(due.id, attempt, result)
            .await
            .unwrap();
    }

    async fn event_types(&self, name: &str) -> Vec<String> {
        let record = self.record(name).await;
        let events = self.store.events(record.request.id).await.unwrap();
        events.into_iter().map(|event| event.event_type).collect()
    }
}

pub(crate) async fn a_decision_brings_one_callback_that_stays_the_same(world: World) {
    world.has("a").await;
    assert!(world.leases_callbacks(10).await.is_empty());
    world.approves("ann", "a").await;
    assert_eq!(
        world.store.next_deadlines().await.unwrap().callback_due_at,
        Some(world.now())
    );
    let due = world.leases_callbacks(10).await;
    assert_eq!(due.len(), 1);
    assert_eq!((due[0].attempts, due[0].first_attempt_at), (0, None));
    assert_eq!(due[0].url, "https://cp.example.org/hook");
    assert!(world.leases_callbacks(10).await.is_empty(), "it is leased");
    let first = world.now();
    world
        .attempt(
            &due[0],
            Some(500),
            CallbackResult::RetryAt(world.in_seconds(5)),
        )
        .await;
    world.seconds_pass(5);
    let again = world.leases_callbacks(10).await;
    assert_eq!((again[0].id, &again[0].body), (due[0].id, &due[0].body));
    assert_eq!(
        (again[0].attempts, again[0].first_attempt_at),
        (1, Some(first))
    );
    world
        .attempt(&again[0], Some(200), CallbackResult::Delivered)
        .await;
    let view = world.record("a").await.callback.unwrap();
    assert_eq!((view.state, view.attempts), (CallbackState::Delivered, 2));
    assert_eq!(view.delivered_at, Some(world.now()));
    assert_eq!(
        world.store.next_deadlines().await.unwrap().callback_due_at,
        None
    );
    // A second answer, from an attempt whose lease had run out, changes nothing but the count.
    world
        .attempt(
            &again[0],
            None,
            CallbackResult::Dead {
                cause: "late".to_owned(),
            },
        )
        .await;
    assert_eq!(
        world.record("a").await.callback.unwrap().state,
        CallbackState::Delivered
    );
    assert_eq!(
        world.event_types("a").await.last().unwrap(),
        "callback.delivered"
    );
}

pub(crate) async fn a_retry_is_counted_and_audited_and_a_death_shown(world: World) {
    world.has("a").await;
    world.shows("msg-1").await;
    world.approves("ann", "a").await;
    world.shows("msg-1").await;
    let due = world.leases_callbacks(1).await;
    world
        .attempt(&due[0], Some(503), CallbackResult::RetryAt(world.now()))
        .await;
    let due = world.leases_callbacks(1).await;
    world
        .attempt(
            &due[0],
            None,
            CallbackResult::Dead {
                cause: "410".to_owned(),
            },
        )
        .await;
    let types = world.event_types("a").await;
    let tail = [
        "callback.attempt_failed",
        "callback.attempt_failed",
        "callback.dead",
    ];
    assert_eq!(types[types.len() - 3..], tail);
    // The card gets a line that says so.
    assert_eq!(world.leases(10).await.len(), 1);
    let rows = world
        .store
        .callbacks(Some("default"), Some("dead"), 10)
        .await
        .unwrap();
    assert_eq!(
        (rows[0].attempts, rows[0].due_at, rows[0].last_status),
        (2, None, None)
    );
    assert_eq!(rows[0].last_detail.as_deref(), Some("words"));
    assert!(
        world
            .store
            .callbacks(Some("other"), None, 10)
            .await
            .unwrap()
            .is_empty()
    );
    assert!(
        world
            .store
            .callbacks(None, Some("due"), 10)
            .await
            .unwrap()
            .is_empty()
    );
}

pub(crate) async fn a_dead_callback_is_sent_again_from_the_start(world: World) {
    world.has("a").await;
    world.approves("ann", "a").await;
    let due = world.leases_callbacks(1).await;
    world
        .attempt(
            &due[0],
            Some(410),
            CallbackResult::Dead {
                cause: "410".to_owned(),
            },
        )
        .await;
    let resend = async |project: Option<&str>, key: ResendKey| {
        world
            .store
            .resend_callback(project, &key, "ops")
            .await
            .unwrap()
    };
    assert_eq!(
        resend(Some("other"), ResendKey::Delivery(due[0].id)).await,
        None
    );
    assert_eq!(resend(None, ResendKey::Correlation(id("none"))).await, None);
    assert_eq!(
        resend(None, ResendKey::Correlation(id("a"))).await,
        Some(due[0].id)
    );
    let again = world.leases_callbacks(1).await;
    assert_eq!((again[0].id, &again[0].body), (due[0].id, &due[0].body));
    assert_eq!((again[0].attempts, again[0].first_attempt_at), (0, None));
    assert_eq!(
        world.event_types("a").await.last().unwrap(),
        "callback.resent"
    );
    let project = Some("default");
    assert_eq!(
        resend(project, ResendKey::Delivery(due[0].id)).await,
        Some(due[0].id)
    );
    world
        .attempt(&again[0], Some(200), CallbackResult::Delivered)
        .await;
    assert_eq!(world.record("a").await.callback.unwrap().attempts, 2);
}

pub(crate) async fn dead_receivers_starve_nobody(world: World) {
    let origin = |name: &str, host: &str| {
        let mut new = world.request(name);
        let callback = new.request.submission.callback.as_mut().unwrap();
        callback.url.set_host(Some(host)).unwrap();
        new
    };
    for n in 0..40 {
        world
            .submits(origin(&format!("dead-{n}"), "dead.example.org"))
            .await;
    }
    world.seconds_pass(1);
    world.submits(origin("alive", "alive.example.org")).await;
    for n in 0..40 {
        world.approves("ann", &format!("dead-{n}")).await;
    }
    world.seconds_pass(1);
    world.approves("ann", "alive").await;
    let until = world.in_seconds(60);
    let due = world.store.lease_callbacks(|_| 4, 3, until).await.unwrap();
    let hosts: Vec<_> = due.iter().map(|due| &due.url[8..12]).collect();
    assert_eq!(hosts, ["dead", "aliv", "dead"]);
    let due = world
        .store
        .lease_callbacks(|_| 4, 100, until)
        .await
        .unwrap();
    assert_eq!(due.len(), 4);
    let dead = "https://dead.example.org";
    let none = move |origin: &str| if origin == dead { 0 } else { 4 };
    let due = world.store.lease_callbacks(none, 100, until).await;
    assert!(due.unwrap().is_empty());
    let one = move |origin: &str| if origin == dead { 1 } else { 4 };
    let due = world.store.lease_callbacks(one, 100, until).await;
    assert_eq!(due.unwrap().len(), 1);
}
