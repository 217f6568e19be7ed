//! A small world around one engine: a clock that stands, a channel that remembers its cards, a
//! requester with a receiver. Tests speak of people and requests, not of rows.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use prometheus_client::registry::Registry;
use serde_json::{Value, json};
use signoff_contract::signature::SigningSecret;
use signoff_contract::{CorrelationId, RequestResource, Via};
use signoff_core::Masker;
use signoff_engine::callback::AllowList;
use signoff_engine::metrics::Metrics;
use signoff_engine::workers::{Callbacks, Deadlines, Prompts, Sealer, drain};
use signoff_engine::{
    Answered, Approver, ButtonAction, Caller, Channel, ChannelError, ChannelHealth, Clock,
    Directory, Engine, Error, Gateway, Place, Project, PromptCard, PromptRef, Reachability,
    Response, Route, Scope, Settings, Store, Submitted, UserIdentity,
};
use tempfile::TempDir;

/// The secret that signs in every test.
pub(crate) const SECRET: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX";

/// One engine and everything around it.
pub(crate) struct World {
    pub(crate) engine: Arc<Engine>,
    pub(crate) channel: Arc<FakeChannel>,
    pub(crate) requester: Caller,
    prompts: Prompts,
    callbacks: Callbacks,
    deadlines: Deadlines,
    sealer: Sealer,
    now: Arc<AtomicI64>,
    events: AtomicU64,
    _folder: TempDir,
}

/// A person of the test, as the channel knows them.
#[derive(Clone)]
pub(crate) struct Someone {
    pub(crate) identity: UserIdentity,
}

/// Ann, Ben and Cy are approvers; nobody knows Eve.
pub(crate) fn someone(name: &str) -> Someone {
    let user_id = match name {
        "ann" => "1001",
        "ben" => "1002",
        "cy" => "1003",
        _ => "6666",
    };
    Someone {
        identity: UserIdentity {
            channel: "fake".to_owned(),
            user_id: user_id.to_owned(),
            display_name: name.to_owned(),
        },
    }
}

/// A channel that shows cards in memory, and fails as it is told.
#[derive(Default)]
pub(crate) struct FakeChannel {
    cards: Mutex<HashMap<String, Vec<PromptCard>>>,
    failures: Mutex<VecDeque<(String, ChannelError)>>,
    next_ref: AtomicU64,
}

impl FakeChannel {
    /// The next show in this place fails like this.
    pub(crate) fn fails_in(&self, place: &str, error: ChannelError) {
        self.failures
            .lock()
            .unwrap()
            .push_back((place.to_owned(), error));
    }

    /// Everything that was shown in a place, in order.
    pub(crate) fn shown_in(&self, place: &str) -> Vec<PromptCard> {
        self.cards
            .lock()
            .unwrap()
            .get(place)
            .cloned()
            .unwrap_or_default()
    }

    /// What a person sees there now.
    pub(crate) fn card(&self, place: &str) -> PromptCard {
        let cards = self.cards.lock().unwrap();
        let last = cards.get(place).and_then(|cards| cards.last());
        last.cloned()
            .unwrap_or_else(|| panic!("nothing was shown in {place}"))
    }
}

#[async_trait]
impl Channel for FakeChannel {
    fn name(&self) -> &'static str {
        "fake"
    }

    async fn show(
        &self,
        card: &PromptCard,
        at: &[PromptRef],
    ) -> Result<Vec<PromptRef>, ChannelError> {
        let mut failures = self.failures.lock().unwrap();
        if let Some(index) = failures.iter().position(|(place, _)| *place == card.place) {
            return Err(failures.remove(index).expect("it is there").1);
        }
        self.cards
            .lock()
            .unwrap()
            .entry(card.place.clone())
            .or_default()
            .push(card.clone());
        if at.is_empty() {
            let id = self.next_ref.fetch_add(1, Ordering::Relaxed);
            return Ok(vec![PromptRef(format!("{}#{id}", card.place))]);
        }
        Ok(at.to_vec())
    }

    fn health(&self) -> ChannelHealth {
        let (name, detail) = ("fake".to_owned(), String::new());
        ChannelHealth {
            name,
            state: Reachability::Reachable,
            detail,
        }
    }
}

/// The key of a control plane.
pub(crate) fn requester() -> Caller {
    Caller {
        key: "control-plane".to_owned(),
        project: "default".to_owned(),
        scopes: vec![Scope::RequestsWrite, Scope::RequestsRead],
        approver: None,
        max_per_second: None,
    }
}

/// The key of an approver's terminal.
pub(crate) fn terminal(approver: &str) -> Caller {
    Caller {
        key: format!("{approver}-terminal"),
        project: "default".to_owned(),
        scopes: vec![Scope::DecisionsWrite, Scope::RequestsRead],
        approver: Some(approver.to_owned()),
        max_per_second: None,
    }
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::keeping(None).await
    }

    /// The same with `store.retention_days`.
    pub(crate) async fn keeping(retention_days: Option<u32>) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let start: Timestamp = "2026-03-01T12:00:00Z".parse().expect("a time");
        let now = Arc::new(AtomicI64::new(start.as_millisecond()));
        let read = Arc::clone(&now);
        let clock = Clock::from_fn(move || {
            Timestamp::from_millisecond(read.load(Ordering::SeqCst)).expect("a time")
        });
        let random = |bytes: &mut [u8]| rand::RngCore::fill_bytes(&mut rand::rng(), bytes);
        let store = Store::open(&folder.path().join("signoff.db"), clock, random).expect("a store");
        let settings = Settings {
            directory: directory(),
            masker: Masker::new(&[], &[]).expect("no patterns"),
            api_keys: Vec::new(),
            channels: vec!["fake".to_owned(), "chat".to_owned()],
            callbacks: AllowList::loopback(),
            retention_days,
        };
        let metrics = Metrics::register(&mut Registry::default());
        let engine = Engine::new(store, settings, metrics)
            .await
            .expect("an engine");
        let channel = Arc::new(FakeChannel::default());
        let port: Arc<dyn Channel> = channel.clone();
        Self {
            prompts: Prompts::new(Arc::clone(&engine), port),
            callbacks: Callbacks::new(Arc::clone(&engine)),
            deadlines: Deadlines::new(Arc::clone(&engine)),
            sealer: Sealer::new(Arc::clone(&engine)),
            engine,
            channel,
            requester: requester(),
            now,
            events: AtomicU64::new(1),
            _folder: folder,
        }
    }

    /// Lets time pass; nothing runs until [`World::settle`].
    pub(crate) fn passes(&self, time: Duration) {
        let millis = i64::try_from(time.as_millis()).expect("a short time");
        self.now.fetch_add(millis, Ordering::SeqCst);
    }

    /// The clock is set back.
    pub(crate) fn clock_goes_back(&self, time: Duration) {
        let millis = i64::try_from(time.as_millis()).expect("a short time");
        self.now.fetch_sub(millis, Ordering::SeqCst);
    }

    /// Runs all background work that is due now, until there is none.
    pub(crate) async fn settle(&self) {
        loop {
            self.deadlines.tick().await.expect("deadlines");
            let worked = drain(&self.prompts).await.expect("prompts")
                + drain(&self.callbacks).await.expect("callbacks");
            self.sealer.tick().await.expect("seals");
            if worked == 0 {
                return;
            }
        }
    }

    /// Ends what has reached its deadline, and nothing else.
    pub(crate) async fn deadlines_tick(&self) {
        self.deadlines.tick().await.expect("deadlines");
    }

    /// Submits, and shows it.
    pub(crate) async fn asks(&self, body: Value) -> RequestResource {
        let submitted = self.submit(&body).await.expect("it is valid");
        self.settle().await;
        match submitted {
            Submitted::Created(resource) | Submitted::Replayed(resource) => resource,
        }
    }

    pub(crate) async fn submit(&self, body: &Value) -> Result<Submitted, Error> {
        self.engine
            .submit(&self.requester, body.to_string().as_bytes())
            .await
    }

    /// The request as it is now.
    pub(crate) async fn now(&self, correlation_id: &str) -> RequestResource {
        self.engine
            .get(&self.requester, &id(correlation_id))
            .await
            .expect("it exists")
    }

    /// A person presses the button with this action on the last card of this place that has one.
    pub(crate) async fn presses(
        &self,
        who: &str,
        place: &str,
        action: impl Fn(&ButtonAction) -> bool,
    ) -> Answered {
        let shown = self.channel.shown_in(place);
        let mut buttons = shown.iter().rev().flat_map(|card| &card.buttons);
        let button = buttons.find(|button| action(&button.action));
        let handle = button.expect("no card has such a button").handle.clone();
        self.responds(who, &handle, None, Via::Button).await
    }

    pub(crate) async fn responds(
        &self,
        who: &str,
        handle: &str,
        text: Option<&str>,
        via: Via,
    ) -> Answered {
        let event = self.events.fetch_add(1, Ordering::Relaxed);
        self.responds_as(&format!("fake:{event}"), who, handle, text, via)
            .await
    }

    /// A press that reached the channel at this time and is handled now.
    pub(crate) async fn responds_at(&self, at: Timestamp, who: &str, handle: &str) -> Answered {
        let event = self.events.fetch_add(1, Ordering::Relaxed);
        let response = Response {
            occurred_at: at,
            ..self.response(&format!("fake:{event}"), who, handle, None, Via::Button)
        };
        self.engine
            .respond(response)
            .await
            .expect("the store works")
    }

    fn response(
        &self,
        event_id: &str,
        who: &str,
        handle: &str,
        text: Option<&str>,
        via: Via,
    ) -> Response {
        Response {
            event_id: event_id.to_owned(),
            handle: handle.to_owned(),
            actor: someone(who).identity,
            text: text.map(str::to_owned),
            via,
            occurred_at: self.engine.clock().now(),
            note: None,
        }
    }

    pub(crate) async fn responds_as(
        &self,
        event_id: &str,
        who: &str,
        handle: &str,
        text: Option<&str>,
        via: Via,
    ) -> Answered {
        let response = self.response(event_id, who, handle, text, via);
        self.engine
            .respond(response)
            .await
            .expect("the store works")
    }
}

pub(crate) fn id(text: &str) -> CorrelationId {
    text.parse().expect("a correlation id")
}

pub(crate) fn approve(action: &ButtonAction) -> bool {
    *action == ButtonAction::Approve
}

pub(crate) fn deny(action: &ButtonAction) -> bool {
    *action == ButtonAction::Deny
}

/// An approval of low risk.
pub(crate) fn approval(correlation_id: &str) -> Value {
    json!({
        "correlation_id": correlation_id,
        "kind": "approval",
        "title": "Deploy billing-api 1.2.3",
        "risk": "low",
        "action": { "tool": "k8s.deploy", "arguments": { "namespace": "prod" } },
    })
}

/// A question with three options.
pub(crate) fn question(correlation_id: &str) -> Value {
    json!({
        "correlation_id": correlation_id,
        "kind": "question",
        "title": "Which rollout strategy?",
        "options": [
            { "id": "canary", "label": "Canary" },
            { "id": "blue_green", "label": "Blue/green" },
            { "id": "wait", "label": "Delay" },
        ],
    })
}

/// `body` with some fields replaced.
pub(crate) fn with(mut body: Value, fields: Value) -> Value {
    let Value::Object(fields) = fields else {
        panic!("an object")
    };
    for (name, value) in fields {
        body[name] = value;
    }
    body
}

fn directory() -> Directory {
    let secret = SigningSecret::parse(SECRET).expect("a secret");
    let project = |name: &str, max_pending| Project {
        name: name.to_owned(),
        max_pending,
        signing_secrets: vec![secret.clone()],
    };
    let approver = |name: &str| Approver {
        name: name.to_owned(),
        roles: vec!["owner".to_owned()],
        language: None,
        identities: [
            ("fake".to_owned(), someone(name).identity.user_id),
            ("chat".to_owned(), format!("{name}@chat")),
        ]
        .into(),
    };
    let unpaired = Approver {
        identities: [].into(),
        ..approver("dee")
    };
    let route = |name: &str, approvers: &[&str], min_approvals, place: Option<&str>| Route {
        name: name.to_owned(),
        project: "default".to_owned(),
        approvers: approvers.iter().map(|&name| name.to_owned()).collect(),
        min_approvals,
        channels: None,
        places: place
            .map(|place| Place {
                channel: "fake".to_owned(),
                place: place.to_owned(),
            })
            .into_iter()
            .collect(),
        ttl_seconds: 3_600,
        remind_after_seconds: Some(1_800),
    };
    Directory::new(
        vec![
            project("default", 5),
            project("empty", 5),
            project("roomy", 100),
        ],
        vec![
            route("default", &["ann"], 1, None),
            route("both", &["ann", "ben"], 2, None),
            route("three", &["ann", "ben", "cy"], 2, None),
            route("group", &["ann", "ben"], 1, Some("-100")),
            route("unpaired", &["dee"], 1, None),
            Route {
                channels: Some(vec!["fake".to_owned(), "chat".to_owned()]),
                ..route("everywhere", &["ann", "ben"], 1, None)
            },
            Route {
                places: vec![Place {
                    channel: "chat".to_owned(),
                    place: "operations".to_owned(),
                }],
                ..route("chat", &["ann", "ben"], 1, None)
            },
            Route {
                project: "roomy".to_owned(),
                ..route("default", &["ann"], 1, None)
            },
        ],
        vec![approver("ann"), approver("ben"), approver("cy"), unpaired],
    )
    .expect("a directory that fits together")
}
