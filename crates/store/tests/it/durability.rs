//! What survives, what is refused, and what stops the store.

use signoff_core::request::Reply;
use signoff_store::{Clock, Command, Error, PromptResult, Store, Submitted, Verified};

use crate::world::{World, named, response};

pub(crate) async fn everything_is_there_after_reopening(world: World) {
    let handle = signoff_core::Handle {
        request: world.has("a").await.request.id,
        prompt: 0,
        meaning: signoff_core::Meaning::Approve,
    };
    let sealed = world.store.secrets().handles.seal(handle);
    world.shows("msg-1").await;
    world.approves("ann", "a").await;
    world.store.seal(10).await.unwrap();
    let record = world.record("a").await;
    let events = world.store.events(record.request.id).await.unwrap();
    let world = world.reopened();
    assert_eq!(world.record("a").await, record);
    assert_eq!(world.store.events(record.request.id).await.unwrap(), events);
    assert_eq!(world.store.secrets().handles.open(&sealed), Ok(handle));
    assert_eq!(*world.store.changes().seals.borrow(), 3);
    assert_eq!(world.leases(1).await[0].refs, ["msg-1"]);
    assert_eq!(
        world
            .store
            .callbacks(None, Some("due"), 1)
            .await
            .unwrap()
            .len(),
        1
    );
    assert!(matches!(
        world.store.verify_audit(|_| ()).await.unwrap(),
        Verified::Intact { .. }
    ));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(world.path())
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

pub(crate) async fn a_newer_database_is_refused(world: World) {
    world.sql().pragma_update(None, "user_version", 99).unwrap();
    let error = world.open_again().unwrap_err();
    assert!(
        matches!(
            error,
            Error::NewerDatabase {
                found: 99,
                known: 5,
                ..
            }
        ),
        "{error}"
    );
}

pub(crate) async fn a_database_of_the_first_version_is_brought_up_to_date(world: World) {
    // The world's own database is put back to where the first version left it, with its rows.
    let record = world.has("a").await;
    world
        .sql()
        .execute_batch(
            "DROP INDEX requests_list; DROP INDEX requests_status; DROP INDEX answers_request;
             DROP INDEX requests_held; ALTER TABLE requests DROP COLUMN held_until;
             ALTER TABLE requests DROP COLUMN pruned_at;
             DROP INDEX requests_pending_name;
             ALTER TABLE requests DROP COLUMN dialect;
             ALTER TABLE requests DROP COLUMN pending_name;
             ALTER TABLE callbacks DROP COLUMN in_doubt;
             CREATE INDEX requests_list ON requests (project);
             CREATE INDEX requests_status ON requests (project, status);
             PRAGMA user_version = 1;",
        )
        .unwrap();
    let world = world.reopened();
    assert_eq!(world.record("a").await, record);
    let schema = |conn: rusqlite::Connection| -> Vec<(String, String)> {
        conn.prepare("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name")
            .unwrap()
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap()
    };
    assert_eq!(schema(world.sql()), schema(World::new().sql()));
    world.approves("ann", "a").await;
}

pub(crate) async fn two_services_are_refused_and_leases_come_back(world: World) {
    world.store.lock_for_service().unwrap();
    world.store.lock_for_service().unwrap();
    world.has("a").await;
    world.has("b").await;
    world.approves("ann", "b").await;
    assert_eq!(world.leases(1).await.len(), 1);
    let until = world.in_seconds(60);
    assert_eq!(
        world
            .store
            .lease_callbacks(|_| 1, 1, until)
            .await
            .unwrap()
            .len(),
        1
    );
    assert!(
        world
            .store
            .hold_lease("poller", "one", until)
            .await
            .unwrap()
    );
    let other = world.open_again().unwrap();
    let error = other.lock_for_service().unwrap_err();
    assert!(matches!(error, Error::Locked { .. }), "{error}");
    drop(other);
    let world = world.reopened();
    assert!(
        world.leases(1).await.is_empty(),
        "the command line takes no lease back"
    );
    world.store.lock_for_service().unwrap();
    assert_eq!(world.leases(1).await.len(), 1);
    assert_eq!(
        world
            .store
            .lease_callbacks(|_| 1, 1, until)
            .await
            .unwrap()
            .len(),
        1
    );
    assert!(
        world
            .store
            .hold_lease("poller", "two", until)
            .await
            .unwrap()
    );
}

pub(crate) async fn whether_a_prompt_was_shown_is_asked_when_its_worker_is_gone(world: World) {
    world.has("a").await;
    assert_eq!(world.leases(1).await.len(), 1);
    let world = world.reopened();
    world.store.lock_for_service().unwrap();
    // It ends before anybody worked on it again.
    world.approves("ann", "a").await;
    let due = world.leases(1).await;
    assert_eq!(due.len(), 1, "its card may stand there");
    let shown = PromptResult::Shown { refs: Vec::new() };
    let (id, revision) = (due[0].prompt.id, due[0].revision);
    world
        .store
        .finish_prompt(id, revision, shown)
        .await
        .unwrap();
    assert!(world.leases(1).await.is_empty(), "that is answered");
}

pub(crate) async fn a_failed_commit_stops_the_store(world: World) {
    world.has("a").await;
    // A foreign key that is checked only at COMMIT, behind a trigger that breaks it.
    world
        .sql()
        .execute_batch(
            "CREATE TABLE trap (of INTEGER REFERENCES requests (n) DEFERRABLE INITIALLY DEFERRED);
             CREATE TRIGGER spring AFTER INSERT ON state WHEN NEW.scope = 'trap'
             BEGIN INSERT INTO trap VALUES (-1); END;",
        )
        .unwrap();
    let mut fatal = world.store.fatal();
    assert_eq!(*fatal.borrow_and_update(), None);
    let error = world.store.state_put("trap", "k", "v").await.unwrap_err();
    assert!(
        matches!(
            error,
            Error::Unavailable {
                doing: "committing",
                ..
            }
        ),
        "{error}"
    );
    fatal.changed().await.unwrap();
    assert!(fatal.borrow().as_ref().unwrap().contains("commit failed"));
    // Nothing is taken any more, not even what would succeed; nothing was half written.
    let error = world.store.submit(world.request("b")).await.unwrap_err();
    assert!(matches!(error, Error::Unavailable { .. }), "{error}");
    world
        .sql()
        .execute_batch("DROP TRIGGER spring; DROP TABLE trap;")
        .unwrap();
    let world = world.reopened();
    assert_eq!(world.store.state_get("trap", "k").await.unwrap(), None);
    world.has("b").await;
    assert_eq!(world.record("a").await.request.submission.title, "Deploy");
}

pub(crate) async fn a_panic_in_the_writer_stops_the_store(world: World) {
    let broken = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let (seen, now) = (std::sync::Arc::clone(&broken), world.now());
    let clock = Clock::from_fn(move || {
        assert!(
            !seen.load(std::sync::atomic::Ordering::SeqCst),
            "the clock is broken"
        );
        now
    });
    let store = Store::open(&world.path(), clock, |bytes| bytes.fill(1)).unwrap();
    store.state_put("scope", "key", "1").await.unwrap();
    let mut fatal = store.fatal();
    broken.store(true, std::sync::atomic::Ordering::SeqCst);
    let error = store.state_put("scope", "key", "2").await.unwrap_err();
    assert!(matches!(error, Error::Unavailable { .. }), "{error}");
    fatal.wait_for(Option::is_some).await.unwrap();
    store.state_put("scope", "key", "3").await.unwrap_err();
    assert_eq!(
        store.state_get("scope", "key").await.unwrap().as_deref(),
        Some("1")
    );
}

pub(crate) async fn a_full_disk_fails_commands_and_passes(world: World) {
    world.has("a").await;
    // What a full disk does to an INSERT: SQLITE_FULL inside the savepoint.
    world
        .sql()
        .execute_batch(
            "CREATE TRIGGER full BEFORE INSERT ON events
             BEGIN SELECT raise(ROLLBACK, 'database or disk is full'); END",
        )
        .unwrap();
    let error = world.store.submit(world.request("b")).await.unwrap_err();
    assert!(matches!(error, Error::Unavailable { .. }), "{error}");
    assert!(world.store.request(&named("b")).await.unwrap().is_none());
    let event = response("ann", Reply::Approve);
    let command = Command {
        key: named("a"),
        event,
        event_id: None,
    };
    world.store.transition(command).await.unwrap_err();
    world.sql().execute_batch("DROP TRIGGER full").unwrap();
    assert_eq!(world.store.pending_count("default").await.unwrap(), 1);
    world.has("b").await;
    assert_eq!(*world.store.fatal().borrow(), None);
}

pub(crate) async fn another_process_is_noticed(world: World) {
    world.has("a").await;
    let other = world.open_again().unwrap();
    let event = response("ann", Reply::Approve);
    let command = Command {
        key: named("a"),
        event,
        event_id: None,
    };
    other.transition(command).await.unwrap().unwrap();
    // The count of pending requests that this writer remembers is no longer true.
    let only_one = signoff_store::NewRequest {
        max_pending: 1,
        ..world.request("b")
    };
    assert!(matches!(
        world.store.submit(only_one).await.unwrap(),
        Submitted::Created(_)
    ));
    // An idle writer wakes whoever waits for work.
    let mut callbacks = world.store.changes().callbacks.subscribe();
    other
        .transition(Command {
            key: named("b"),
            event: response("ann", Reply::Approve),
            event_id: None,
        })
        .await
        .unwrap();
    callbacks.changed().await.unwrap();
}

pub(crate) async fn signals_come_after_the_commit(world: World) {
    let changes = world.store.changes();
    let mut prompts = changes.prompts.subscribe();
    let mut callbacks = changes.callbacks.subscribe();
    let mut events = changes.events.subscribe();
    let mut deadlines = changes.deadlines.subscribe();
    let mut ended = changes.requests.subscribe();
    let id = world.has("a").await.request.id;
    prompts.changed().await.unwrap();
    events.changed().await.unwrap();
    deadlines.changed().await.unwrap();
    assert!(!callbacks.has_changed().unwrap());
    assert!(ended.try_recv().is_err());
    world.approves("ann", "a").await;
    callbacks.changed().await.unwrap();
    assert_eq!(ended.recv().await.unwrap(), id);
}

pub(crate) async fn a_clock_set_back_over_a_restart_does_not_make_callbacks_wait(world: World) {
    world.has("a").await;
    world.seconds_pass(3_600);
    world.approves("ann", "a").await;
    let leased = world.in_seconds(60);
    let store = &world.store;
    let due = store.lease_callbacks(|_| 1, 1, leased).await.unwrap();
    let attempt = signoff_store::Attempt {
        at: world.now(),
        took_ms: 1,
        status: Some(500),
        detail: String::new(),
        reached: signoff_store::Reached::No,
    };
    let again = signoff_store::CallbackResult::RetryAt(world.in_seconds(30));
    store
        .finish_callback(due[0].id, attempt, again)
        .await
        .unwrap();
    let world = world.reopened_after(-3_600);
    world.store.lock_for_service().unwrap();
    let how_many = async || {
        let leased = world.in_seconds(60);
        let due = world.store.lease_callbacks(|_| 1, 1, leased).await;
        due.unwrap().len()
    };
    assert_eq!(how_many().await, 0, "nor do they come before their time");
    world.seconds_pass(30);
    assert_eq!(how_many().await, 1);
}
