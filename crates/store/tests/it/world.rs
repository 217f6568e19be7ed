//! The world of a test: a database in a folder of its own, and a clock that stands still.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{SignedDuration, Timestamp};
use signoff_contract::{CorrelationId, PromptId, RequestId, Via, submission};
use signoff_core::request::{
    Event, Pending, Presentation, Prompt, Reply, Request, Responder, Response, State,
};
use signoff_store::{
    Clock, Command, DuePrompt, Key, NewRequest, PromptResult, Record, Store, Submitted,
    Transitioned,
};
use tempfile::TempDir;

/// 2026-01-02T03:04:05Z.
const START: i64 = 1_767_323_045_000;

pub(crate) struct World {
    pub(crate) store: Store,
    folder: TempDir,
    now: Arc<AtomicI64>,
    ids: AtomicI64,
}

impl World {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let now = Arc::new(AtomicI64::new(START));
        let store = open(&folder.path().join("signoff.db"), &now).unwrap();
        Self {
            store,
            folder,
            now,
            ids: AtomicI64::new(1),
        }
    }

    /// A world whose clock does something whenever it is read.
    pub(crate) fn with_clock_that(acts: impl Fn() + Send + Sync + 'static) -> Self {
        let world = Self::new();
        let now = Arc::clone(&world.now);
        let clock = Clock::from_fn(move || {
            acts();
            Timestamp::from_millisecond(now.load(Ordering::SeqCst)).unwrap()
        });
        let path = world.folder.path().join("watched.db");
        let store = Store::open(&path, clock, |bytes| bytes.fill(7)).unwrap();
        Self { store, ..world }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("signoff.db")
    }

    /// Another handle, as another process would have it.
    pub(crate) fn open_again(&self) -> Result<Store, signoff_store::Error> {
        open(&self.path(), &self.now)
    }

    /// Another database, with this world's clock.
    pub(crate) fn opens(&self, path: &std::path::Path) -> Result<Store, signoff_store::Error> {
        open(path, &self.now)
    }

    /// Closes the store and opens it again.
    pub(crate) fn reopened(self) -> Self {
        self.reopened_after(0)
    }

    /// The same, when the clock says so many seconds more.
    pub(crate) fn reopened_after(self, seconds: i64) -> Self {
        let Self {
            store,
            folder,
            now,
            ids,
        } = self;
        drop(store);
        now.fetch_add(seconds * 1_000, Ordering::SeqCst);
        let store = open(&folder.path().join("signoff.db"), &now).unwrap();
        Self {
            store,
            folder,
            now,
            ids,
        }
    }

    /// The database itself, for what no command does.
    pub(crate) fn sql(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.path()).unwrap()
    }

    pub(crate) fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.now.load(Ordering::SeqCst)).unwrap()
    }

    pub(crate) fn in_seconds(&self, seconds: i64) -> Timestamp {
        self.now() + SignedDuration::from_secs(seconds)
    }

    pub(crate) fn seconds_pass(&self, seconds: i64) {
        self.now.fetch_add(seconds * 1_000, Ordering::SeqCst);
    }

    /// An approval that ann and bob may give, shown to both in one telegram chat.
    pub(crate) fn request(&self, name: &str) -> NewRequest {
        self.request_with(name, "", &["chat-1"])
    }

    /// The same with more members of the body, shown in these places.
    pub(crate) fn request_with(&self, name: &str, more: &str, places: &[&str]) -> NewRequest {
        let body = format!(
            r#"{{"correlation_id":"{name}","kind":"approval","title":"Deploy",{more}
                "action":{{"tool":"deploy","arguments":{{"to":"prod","share":0.1}}}},
                "callback":{{"url":"https://cp.example.org/hook"}}}}"#
        );
        let parsed = submission::parse(body.as_bytes()).unwrap();
        let id = self.ids.fetch_add(1, Ordering::SeqCst);
        let millis = u64::try_from(self.now().as_millisecond()).unwrap();
        let prompts = places.iter().enumerate().map(|(number, place)| Prompt {
            id: PromptId::from_parts(millis, u128::try_from(id * 100).unwrap() + number as u128),
            number: u8::try_from(number).unwrap(),
            channel: "telegram".to_owned(),
            place: (*place).to_owned(),
            approvers: vec!["ann".to_owned(), "bob".to_owned()],
            presentation: Presentation::Waiting,
        });
        let request = Request {
            id: RequestId::from_parts(millis, u128::try_from(id).unwrap()),
            project: "default".to_owned(),
            route: "owners".to_owned(),
            submission: parsed.submission,
            masked: vec![],
            intent_digest: Some(signoff_contract::Digest::of_bytes(b"intent")),
            view_digest: Some(signoff_contract::Digest::of_bytes(b"view")),
            min_approvals: 1,
            submitted_by: "agent-key".to_owned(),
            submitted_for: None,
            created_at: self.now(),
            expires_at: self.in_seconds(3_600),
            remind_at: Some(self.in_seconds(1_800)),
            state: State::Pending(Pending::default()),
            prompts: prompts.collect(),
            claimed_at: None,
            execution: None,
            dialect: None,
        };
        NewRequest {
            request,
            unreachable: vec![],
            body_mac: [1; 32],
            max_pending: 1_000,
        }
    }

    pub(crate) async fn submits(&self, new: NewRequest) -> Record {
        match self.store.submit(new).await.unwrap() {
            Submitted::Created(record) => record,
            other => panic!("not created: {other:?}"),
        }
    }

    /// A request called `name`, just submitted.
    pub(crate) async fn has(&self, name: &str) -> Record {
        self.submits(self.request(name)).await
    }

    pub(crate) async fn record(&self, name: &str) -> Record {
        self.store.request(&named(name)).await.unwrap().unwrap()
    }

    pub(crate) async fn happens(&self, name: &str, event: Event) -> Transitioned {
        let command = Command {
            key: named(name),
            event,
            event_id: None,
        };
        self.store.transition(command).await.unwrap().unwrap()
    }

    pub(crate) async fn approves(&self, who: &str, name: &str) -> Transitioned {
        self.happens(name, response(who, Reply::Approve)).await
    }

    pub(crate) async fn leases(&self, limit: u32) -> Vec<DuePrompt> {
        let until = self.in_seconds(60);
        self.store
            .lease_prompts("telegram", &[], limit, until)
            .await
            .unwrap()
    }

    /// Leases the one due prompt and says that it is shown at `place`.
    pub(crate) async fn shows(&self, place: &str) -> Option<Transitioned> {
        let due = self.leases(10).await;
        let [due] = &due[..] else {
            panic!("not one due prompt: {due:?}")
        };
        let result = PromptResult::Shown {
            refs: vec![place.to_owned()],
        };
        self.store
            .finish_prompt(due.prompt.id, due.revision, result)
            .await
            .unwrap()
    }
}

/// Stores opened so far: their bytes differ, as true randomness would.
static STORES: AtomicI64 = AtomicI64::new(1);

fn open(path: &std::path::Path, now: &Arc<AtomicI64>) -> Result<Store, signoff_store::Error> {
    let now = Arc::clone(now);
    let clock =
        Clock::from_fn(move || Timestamp::from_millisecond(now.load(Ordering::SeqCst)).unwrap());
    let mut next = STORES.fetch_add(1, Ordering::SeqCst) << 32;
    Store::open(path, clock, move |bytes| {
        for chunk in bytes.chunks_mut(8) {
            next += 1;
            chunk.copy_from_slice(&next.to_be_bytes()[..chunk.len()]);
        }
    })
}

pub(crate) fn id(name: &str) -> CorrelationId {
    name.parse().unwrap()
}

pub(crate) fn named(name: &str) -> Key {
    Key::Named {
        project: "default".to_owned(),
        correlation_id: id(name),
    }
}

pub(crate) fn response(who: &str, reply: Reply) -> Event {
    Event::Responded(Response {
        by: Responder::Approver(who.to_owned()),
        channel: "telegram".to_owned(),
        reply,
        via: Via::Text,
        // When it is applied: a time in the future counts as now.
        received_at: jiff::Timestamp::MAX,
        eligible: vec!["ann".to_owned(), "bob".to_owned()],
        note: None,
    })
}
