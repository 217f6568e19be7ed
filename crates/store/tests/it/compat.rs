//! Requests of the drop-in endpoints: their names, their callbacks, what is known of an attempt.

use signoff_contract::CallbackState;
use signoff_contract::compat::{Dialect, Endpoint};
use signoff_core::request::Reply;
use signoff_store::{
    Attempt, CallbackResult, DueCallback, Manners, NewRequest, Reached, Record, Submitted,
};

use crate::world::{World, named};

fn dialect(endpoint: Endpoint, correlation_id: &str) -> Dialect {
    Dialect {
        endpoint,
        correlation_id: correlation_id.to_owned(),
        tool: "deploy".to_owned(),
        question: None,
        metadata: false,
        timeout_message: None,
    }
}

impl World {
    /// A request with this native name that its caller calls `theirs`.
    fn dropped_in(&self, native: &str, endpoint: Endpoint, theirs: &str) -> NewRequest {
        let mut new = self.request(native);
        new.request.dialect = Some(dialect(endpoint, theirs));
        new
    }

    async fn is_already_pending(&self, new: NewRequest) -> bool {
        match self.store.submit(new).await.unwrap() {
            Submitted::AlreadyPending => true,
            Submitted::Created(_) => false,
            other => panic!("neither: {other:?}"),
        }
    }

    async fn one_due_callback(&self) -> DueCallback {
        let until = self.in_seconds(60);
        let due = self.store.lease_callbacks(|_| 10, 10, until).await.unwrap();
        let [due] = &due[..] else {
            panic!("not one due callback: {due:?}")
        };
        due.clone()
    }

    async fn came_to(&self, due: &DueCallback, status: Option<u16>, reached: Reached) {
        let attempt = Attempt {
            at: self.now(),
            took_ms: 1,
            status,
            detail: String::new(),
            reached,
        };
        let again = match status {
            Some(404) => CallbackResult::Dead {
                cause: "nobody waits".to_owned(),
            },
            _ => CallbackResult::RetryAt(self.now()),
        };
        self.store
            .finish_callback(due.id, attempt, again)
            .await
            .unwrap();
    }
}

pub(crate) async fn a_name_is_taken_only_while_it_is_pending_at_its_endpoint(world: World) {
    let (approve, execute) = (Endpoint::Approve, Endpoint::Execute);
    let new = |native: &str, endpoint, theirs: &str| world.dropped_in(native, endpoint, theirs);
    assert!(!world.is_already_pending(new("n1", approve, "corr")).await);
    assert!(world.is_already_pending(new("n2", approve, "corr")).await);
    assert!(!world.is_already_pending(new("n3", execute, "corr")).await);
    assert!(!world.is_already_pending(new("n4", approve, "Corr")).await);
    assert!(
        !world
            .is_already_pending(new("n5", approve, &"ж ".repeat(500)))
            .await
    );
    // A native request of that name is another matter.
    world.has("corr").await;
    // After a denial the same id may be asked again, and again.
    for native in ["n6", "n7"] {
        let before = if native == "n6" { "n1" } else { "n6" };
        let deny = Reply::Deny { reason: None };
        world
            .happens(before, crate::world::response("ann", deny))
            .await;
        assert!(!world.is_already_pending(new(native, approve, "corr")).await);
        assert!(world.is_already_pending(new("n8", approve, "corr")).await);
    }
    // Another project has names of its own.
    let mut other = new("n9", approve, "corr");
    "other".clone_into(&mut other.request.project);
    assert!(!world.is_already_pending(other).await);
    // A full project still tells a repetition from one too many.
    let mut full = new("n10", approve, "corr");
    full.max_pending = 1;
    assert!(world.is_already_pending(full).await);
    let mut full = new("n11", approve, "new");
    full.max_pending = 1;
    let answer = world.store.submit(full).await.unwrap();
    assert_eq!(answer, Submitted::TooManyPending);
}

pub(crate) async fn of_sixty_four_of_one_name_one_is_taken_in(world: World) {
    let submits = (0..64).map(|n| {
        let new = world.dropped_in(&format!("n{n}"), Endpoint::Approve, "corr");
        let store = world.store.clone();
        tokio::spawn(async move { store.submit(new).await.unwrap() })
    });
    let mut created = 0;
    for submit in submits.collect::<Vec<_>>() {
        match submit.await.unwrap() {
            Submitted::Created(_) => created += 1,
            Submitted::AlreadyPending => {}
            other => panic!("neither: {other:?}"),
        }
    }
    assert_eq!(created, 1);
}

pub(crate) async fn the_dialect_is_kept_and_rendered(world: World) {
    let theirs = "any text <of> theirs";
    world
        .submits(world.dropped_in("n1", Endpoint::Approve, theirs))
        .await;
    world.has("native").await;
    let world = world.reopened();
    let record: Record = world.record("n1").await;
    let expected = dialect(Endpoint::Approve, theirs);
    assert_eq!(record.request.dialect, Some(expected));
    assert_eq!(world.record("native").await.request.dialect, None);
    world.approves("ann", "n1").await;
    let due = world.one_due_callback().await;
    assert_eq!(due.manners, Manners::DropIn);
    let body = br#"{"correlation_id":"any text \u003cof\u003e theirs","decision":"approve","reason":"approved","tool":"deploy"}"#;
    assert_eq!(due.body, body);
    world.approves("ann", "native").await;
    assert_eq!(world.one_due_callback().await.manners, Manners::Native);
}

pub(crate) async fn an_attempt_whose_end_nobody_knows_is_remembered(world: World) {
    world
        .submits(world.dropped_in("n1", Endpoint::Approve, "corr"))
        .await;
    world.approves("ann", "n1").await;
    let due = world.one_due_callback().await;
    assert_eq!(due.in_doubt, 0);
    world.came_to(&due, None, Reached::No).await;
    let due = world.one_due_callback().await;
    assert_eq!(due.in_doubt, 0, "there was no connection");
    world.came_to(&due, Some(503), Reached::No).await;
    let due = world.one_due_callback().await;
    assert_eq!(due.in_doubt, 0, "it was refused");
    world.came_to(&due, None, Reached::Maybe).await;
    let due = world.one_due_callback().await;
    assert_eq!(due.in_doubt, 1, "it was sent, and not answered");
    // The process is killed while the next attempt is on its way.
    let world = world.reopened();
    world.store.lock_for_service().unwrap();
    let due = world.one_due_callback().await;
    assert_eq!(due.in_doubt, 2, "that one may have arrived too");
    world.came_to(&due, Some(500), Reached::No).await;
    assert_eq!(world.one_due_callback().await.in_doubt, 2);
}

pub(crate) async fn a_requester_that_no_longer_waits_is_told_from_one_that_is_away(world: World) {
    for (native, status) in [("n1", Some(404)), ("n2", None)] {
        world
            .submits(world.dropped_in(native, Endpoint::Approve, native))
            .await;
        world.approves("ann", native).await;
        let due = world.one_due_callback().await;
        let attempt = Attempt {
            at: world.now(),
            took_ms: 1,
            status,
            detail: String::new(),
            reached: Reached::No,
        };
        let dead = CallbackResult::Dead {
            cause: "given up".to_owned(),
        };
        world
            .store
            .finish_callback(due.id, attempt, dead)
            .await
            .unwrap();
        let record = world.record(native).await;
        let callback = record.callback.unwrap();
        assert_eq!(callback.state, CallbackState::Dead);
        assert_eq!(record.requester_gone, status == Some(404), "{native}");
    }
}

pub(crate) async fn a_pruned_one_leaves_nothing_of_its_texts(world: World) {
    let theirs = "xyzzy-theirs";
    world
        .submits(world.dropped_in("n1", Endpoint::Approve, theirs))
        .await;
    let due = world.leases(10).await;
    let shown = signoff_store::PromptResult::Failed {
        cause: "no such chat".to_owned(),
    };
    world
        .store
        .finish_prompt(due[0].prompt.id, due[0].revision, shown)
        .await
        .unwrap();
    let due = world.one_due_callback().await;
    world.came_to(&due, Some(404), Reached::No).await;
    world.seconds_pass(10 * 86_400);
    let pruned = world
        .store
        .prune(0, world.in_seconds(-86_400), 10)
        .await
        .unwrap();
    assert_eq!(pruned.pruned, 1);
    let left: i64 = world
        .sql()
        .query_row(
            "SELECT count(*) FROM requests WHERE dialect IS NOT NULL OR pending_name IS NOT NULL",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(left, 0);
    let tombstone = world.store.tombstone(&named("n1")).await.unwrap();
    assert!(tombstone.is_some());
}
