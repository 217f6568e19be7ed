//! Retention: what is deleted, what stays, and what is left alone.

use jiff::Timestamp;
use signoff_contract::Status;
use signoff_core::request::{Event, Reply};
use signoff_store::{
    Attempt, CallbackResult, Command, Conversation, ListFilter, PromptResult, Pruned, Submitted,
    Verified,
};

use crate::world::{World, named, response};

/// What only the receiver of a callback said; long enough to leave its row's page.
fn words() -> String {
    "xyzzy-said-the-receiver ".repeat(400)
}

const DAY: i64 = 86_400;

impl World {
    /// Everything of which nothing was heard for `days` is pruned, in steps of `limit`.
    async fn prunes(&self, days: i64, limit: u32) -> u32 {
        let (mut after, mut pruned) = (0, 0);
        loop {
            let step = self.prune_step(after, days, limit).await;
            pruned += step.pruned;
            match step.next {
                Some(next) => after = next,
                None => return pruned,
            }
        }
    }

    async fn prune_step(&self, after: i64, days: i64, limit: u32) -> Pruned {
        let quiet_since = self.in_seconds(-days * DAY);
        self.store.prune(after, quiet_since, limit).await.unwrap()
    }

    async fn attempts(&self, result: CallbackResult) {
        let until = self.in_seconds(60);
        let due = self.store.lease_callbacks(|_| 10, 10, until).await.unwrap();
        for callback in due {
            let attempt = Attempt {
                at: self.now(),
                took_ms: 3,
                status: Some(200),
                detail: words(),
                reached: signoff_store::Reached::Maybe,
            };
            self.store
                .finish_callback(callback.id, attempt, result.clone())
                .await
                .unwrap();
        }
    }

    /// Shows whatever is due.
    async fn shows_all(&self) {
        for due in self.leases(100).await {
            let refs = vec!["msg".to_owned()];
            self.store
                .finish_prompt(due.prompt.id, due.revision, PromptResult::Shown { refs })
                .await
                .unwrap();
        }
    }

    /// A request whose whole life is over.
    async fn had(&self, name: &str) {
        self.has(name).await;
        self.shows_all().await;
        let command = Command {
            key: named(name),
            event: response("ann", Reply::Deny { reason: None }),
            event_id: Some(format!("telegram:{name}")),
        };
        self.store.transition(command).await.unwrap().unwrap();
        self.shows_all().await;
        self.attempts(CallbackResult::Delivered).await;
        self.store.seal(100).await.unwrap();
    }

    async fn is_intact(&self) {
        let verified = self.store.verify_audit(|_| ()).await.unwrap();
        assert!(matches!(verified, Verified::Intact { .. }), "{verified:?}");
    }

    fn count(&self, table: &str) -> u64 {
        let sql = format!("SELECT count(*) FROM {table}");
        self.sql().query_row(&sql, [], |row| row.get(0)).unwrap()
    }

    /// Whether the words stand anywhere in the file, also where nothing points to any more.
    fn file_holds_words(&self) -> bool {
        self.sql()
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
            .unwrap();
        let file = std::fs::read(self.path()).unwrap();
        let words = b"xyzzy-said-the-receiver";
        file.windows(words.len()).any(|window| window == words)
    }
}

pub(crate) async fn what_an_old_request_said_is_deleted_and_its_audit_stays(world: World) {
    world.had("a").await;
    let before = world.record("a").await.request;
    assert!(world.file_holds_words());
    world.seconds_pass(90 * DAY);
    assert_eq!(world.prunes(90, 10).await, 1);

    assert_eq!(world.store.request(&named("a")).await.unwrap(), None);
    let tombstone = world.store.tombstone(&named("a")).await.unwrap().unwrap();
    assert_eq!(
        (tombstone.id, tombstone.status, tombstone.pruned_at),
        (before.id, Status::Denied, world.now())
    );
    for table in [
        "prompts",
        "callbacks",
        "callback_bodies",
        "attempts",
        "answers",
    ] {
        assert_eq!(world.count(table), 0, "{table}");
    }
    assert!(!world.file_holds_words(), "deleted is overwritten");
    let events = world.store.events(before.id).await.unwrap();
    let types: Vec<&str> = events.iter().map(|e| e.event_type.as_str()).collect();
    assert_eq!(types.first(), Some(&"approval.requested"));
    assert_eq!(types.last(), Some(&"request.pruned"));
    assert_eq!(
        events.last().unwrap().correlation_id,
        Some(crate::world::id("a"))
    );
    world.store.seal(100).await.unwrap();
    let world = world.reopened();
    world.is_intact().await;
    assert_eq!(world.prunes(90, 10).await, 0, "once");
}

pub(crate) async fn the_name_of_a_pruned_request_stays_taken(world: World) {
    world.had("a").await;
    world.seconds_pass(2 * DAY);
    assert_eq!(world.prunes(1, 10).await, 1);
    let again = world.store.submit(world.request("a")).await.unwrap();
    assert!(
        matches!(again, Submitted::Pruned(t) if t.status == Status::Denied),
        "{again:?}"
    );
    let name = crate::world::id("a");
    let replay = world.store.replay("default", &name, &[1; 32]);
    assert!(matches!(replay.await.unwrap(), Some(Submitted::Pruned(_))));
    let other = signoff_store::NewRequest {
        body_mac: [2; 32],
        ..world.request("a")
    };
    assert_eq!(
        world.store.submit(other).await.unwrap(),
        Submitted::Conflict
    );
    // Nothing can happen to it, and the next request has a chain of its own.
    let command = Command {
        key: named("a"),
        event: response("ann", Reply::Approve),
        event_id: None,
    };
    assert_eq!(world.store.transition(command).await.unwrap(), None);
    let next = world.has("b").await.request.id;
    let events = world.store.events(next).await.unwrap();
    assert_eq!(events.len(), 1);
    world.is_intact().await;
}

pub(crate) async fn what_is_under_way_is_not_pruned(world: World) {
    let until_later = CallbackResult::RetryAt(Timestamp::MAX);
    // Its card cannot be closed yet.
    world.has("card-open").await;
    world.shows_all().await;
    world.approves("ann", "card-open").await;
    world.attempts(CallbackResult::Delivered).await;
    world.seconds_pass(1);
    // Its callback will be tried again.
    world
        .submits(world.request_with("callback-due", "", &["chat-2"]))
        .await;
    for due in world.leases(10).await {
        let result = PromptResult::Retry {
            at: world.in_seconds(1_000 * DAY),
            cause: "unreachable".to_owned(),
        };
        if due.record.request.submission.correlation_id.as_str() == "card-open" {
            world
                .store
                .finish_prompt(due.prompt.id, due.revision, result)
                .await
                .unwrap();
        } else {
            let refs = vec!["m".to_owned()];
            let shown = PromptResult::Shown { refs };
            world
                .store
                .finish_prompt(due.prompt.id, due.revision, shown)
                .await
                .unwrap();
        }
    }
    world.approves("ann", "callback-due").await;
    world.shows_all().await;
    world.attempts(until_later).await;
    // Its callback was given up: that is an end, too.
    world
        .submits(world.request_with("dead", "", &["chat-3"]))
        .await;
    world.shows_all().await;
    world.approves("ann", "dead").await;
    let cause = "410".to_owned();
    world.attempts(CallbackResult::Dead { cause }).await;
    world.shows_all().await;
    // Nobody has decided; its deadline has not been seen to pass.
    world
        .submits(world.request_with("pending", "", &["chat-4"]))
        .await;
    world.shows_all().await;
    world.seconds_pass(90 * DAY);
    // Something was recorded yesterday.
    world.had("young").await;
    world.seconds_pass(DAY);

    assert_eq!(world.prunes(30, 1).await, 1);
    assert!(
        world
            .store
            .tombstone(&named("dead"))
            .await
            .unwrap()
            .is_some()
    );
    for name in ["card-open", "callback-due", "pending", "young"] {
        assert!(
            world.store.request(&named(name)).await.unwrap().is_some(),
            "{name}"
        );
    }
    world.happens("pending", Event::DeadlinePassed).await;
    assert_eq!(world.prunes(30, 1).await, 0, "its end is young");
    world.is_intact().await;
}

pub(crate) async fn pruning_goes_on_where_it_stopped_and_lists_hold_no_tombstones(world: World) {
    for name in ["a", "b", "c", "d"] {
        world.had(name).await;
    }
    world.has("e").await;
    let page = |before| ListFilter {
        before,
        limit: 2,
        ..ListFilter::default()
    };
    let first = world.store.requests("default", page(None)).await.unwrap();
    let second = world
        .store
        .requests("default", page(Some(first[1].request.id)));
    let cursor = second.await.unwrap()[0].request.id;
    world.seconds_pass(10 * DAY);
    let step = world.prune_step(0, 1, 1).await;
    assert_eq!((step.pruned, step.first_kept), (1, None));
    let step = world.prune_step(step.next.unwrap(), 1, 10).await;
    assert_eq!((step.pruned, step.next), (3, None));
    assert_eq!(step.first_kept, Some(5), "the pending one");
    let left = world.store.requests("default", page(None)).await.unwrap();
    assert_eq!(left.len(), 1);
    let denied = ListFilter {
        status: Some(Status::Denied),
        ..page(None)
    };
    assert_eq!(world.store.requests("default", denied).await.unwrap(), []);
    assert_eq!(world.store.pending_count("default").await.unwrap(), 1);
    // Whoever was paging through the list goes on after a request that is gone.
    world.has("f").await;
    assert_eq!(
        world
            .store
            .requests("default", page(Some(cursor)))
            .await
            .unwrap(),
        []
    );
    let after_f = world.record("f").await.request.id;
    let rest = world
        .store
        .requests("default", page(Some(after_f)))
        .await
        .unwrap();
    assert_eq!(rest.len(), 1);
}

pub(crate) async fn a_cursor_that_was_pruned_goes_on(world: World) {
    world.has("still-pending").await;
    world.had("a").await;
    let cursor = world.record("a").await.request.id;
    world.seconds_pass(2 * DAY);
    assert_eq!(world.prunes(1, 10).await, 1);
    let filter = ListFilter {
        before: Some(cursor),
        limit: 10,
        ..ListFilter::default()
    };
    let rest = world.store.requests("default", filter).await.unwrap();
    assert_eq!(rest.len(), 1);
    assert_eq!(
        rest[0].request.submission.correlation_id.as_str(),
        "still-pending"
    );
}

pub(crate) async fn the_check_tells_pruning_from_tampering(world: World) {
    world.had("a").await;
    world.had("b").await;
    let find = async || match world.store.verify_audit(|_| ()).await.unwrap() {
        Verified::Broken { why, .. } => why,
        intact @ Verified::Intact { .. } => panic!("{intact:?}"),
    };
    let tamper = |sql: &str| world.sql().execute_batch(sql).unwrap();
    tamper("UPDATE requests SET pruned_at = 1 WHERE correlation_id = 'a'");
    assert!(find().await.contains("no event says that it was pruned"));
    tamper("UPDATE requests SET pruned_at = NULL WHERE correlation_id = 'a'");
    world.is_intact().await;
    world.seconds_pass(2 * DAY);
    assert_eq!(world.prunes(1, 10).await, 2);
    world.is_intact().await;
    tamper("UPDATE requests SET pruned_at = NULL WHERE correlation_id = 'b'");
    assert!(find().await.contains("its content is there again"));
    tamper("UPDATE requests SET pruned_at = 1, status = 'approved' WHERE correlation_id = 'b'");
    assert!(find().await.contains("its last event left it denied"));
}

pub(crate) async fn a_lapsed_conversation_is_forgotten(world: World) {
    let conversation = |key: &str, seconds| Conversation {
        channel: "telegram".to_owned(),
        key: key.to_owned(),
        payload: "half a reason".to_owned(),
        expires_at: world.in_seconds(seconds),
    };
    world
        .store
        .conversation_put(conversation("a", 60))
        .await
        .unwrap();
    world
        .store
        .conversation_put(conversation("b", 600))
        .await
        .unwrap();
    world.seconds_pass(61);
    assert_eq!(world.store.forget_lapsed_conversations().await.unwrap(), 1);
    assert_eq!(world.count("conversations"), 1);
}
