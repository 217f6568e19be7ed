//! The simulator itself: starting, stopping, people, groups, faults, records.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::waits::{mark_read, unread_report};
use super::{Group, GroupBuilder, Person, SeenMessage};
use crate::calls::Call;
use crate::clock::SimClock;
use crate::error::Error;
use crate::faults::Fault;
use crate::http;
use crate::options::SimOptions;
use crate::server::{Connections, Cut, CuttableListener};
use crate::shared::Shared;
use crate::updates::deliver_forever;
use crate::world::{GroupDraft, Membership, PersonDraft, World};

/// A running simulator. It stops when dropped.
#[derive(Debug)]
pub struct Sim {
    shared: Arc<Shared>,
    port: u16,
    options: SimOptions,
    connections: Connections,
    tasks: Vec<JoinHandle<()>>,
}

impl Sim {
    /// Starts a simulator on 127.0.0.1.
    pub async fn start(options: SimOptions) -> Result<Self, Error> {
        let port = options.port;
        let listen = |source| Error::Listen { port, source };
        let listener = TcpListener::bind(("127.0.0.1", port))
            .await
            .map_err(listen)?;
        let port = listener.local_addr().map_err(listen)?.port();
        let client = reqwest::Client::builder()
            .no_proxy()
            .connect_timeout(Duration::from_secs(10))
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(Error::WebhookClient)?;
        let clock = SimClock::new(options.clock);
        let shared = Arc::new(Shared::new(World::new(options.clone(), clock)));
        let mut stopping = shared.stopping();
        let service =
            http::router(Arc::clone(&shared)).into_make_service_with_connect_info::<Cut>();
        let connections = Connections::default();
        let listener = CuttableListener {
            listener,
            connections: connections.clone(),
        };
        let server = tokio::spawn(async move {
            let server = axum::serve(listener, service).with_graceful_shutdown(async move {
                let _ = stopping.wait_for(|stopped| *stopped).await;
            });
            if let Err(error) = server.await {
                tracing::error!(%error, "the simulator's server ended");
            }
        });
        let webhooks = tokio::spawn(deliver_forever(Arc::clone(&shared), client));
        Ok(Self {
            shared,
            port,
            options,
            connections,
            tasks: vec![server, webhooks],
        })
    }

    /// Stops the simulator and waits until its port is free.
    pub async fn stop(mut self) {
        self.shared.stop();
        for task in std::mem::take(&mut self.tasks) {
            // A connection that nobody closes must not keep a test from ending.
            let _ = tokio::time::timeout(Duration::from_secs(5), task).await;
        }
    }

    /// Waits until nobody is connected any more: everything that a bot which is gone had sent was
    /// served, and nothing of it comes later. Waits for as long as that takes.
    pub async fn wait_until_hung_up(&self) -> std::io::Result<()> {
        self.connections.wait_until_hung_up(self.port).await
    }

    pub(crate) fn shared(&self) -> &Shared {
        &self.shared
    }

    pub(crate) fn wait_timeout(&self) -> Duration {
        self.options.wait_timeout
    }

    /// The root of the Bot API, for the bot's `api_url` setting.
    pub fn api_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The chat page.
    pub fn page_url(&self) -> String {
        format!("http://127.0.0.1:{}/", self.port)
    }

    /// The bot's token.
    pub fn bot_token(&self) -> &str {
        &self.options.bot_token
    }

    /// The bot's username, without `@`.
    pub fn bot_username(&self) -> &str {
        &self.options.bot_username
    }

    /// The clock that dates, expiries and limits follow.
    pub fn clock(&self) -> &SimClock {
        &self.shared.clock
    }

    /// The person with this first name; created on first use.
    pub fn person(&self, first_name: &str) -> Person {
        let known = self.shared.quietly(|world| {
            world
                .persons
                .values()
                .find(|person| person.first_name == first_name)
                .map(|person| person.id)
        });
        match known {
            Some(id) => Person {
                shared: Arc::clone(&self.shared),
                timeout: self.options.wait_timeout,
                id,
            },
            None => self.new_person(first_name).create(),
        }
    }

    /// A new person with more than a first name.
    pub fn new_person(&self, first_name: &str) -> PersonBuilder {
        let draft = PersonDraft {
            first_name: first_name.to_owned(),
            language_code: Some("en".to_owned()),
            ..PersonDraft::default()
        };
        PersonBuilder {
            shared: Arc::clone(&self.shared),
            timeout: self.options.wait_timeout,
            draft,
        }
    }

    /// A new group, founded by the first of the people. The bot is a plain member unless the builder says otherwise.
    pub fn group(&self, title: &str, people: &[&Person]) -> GroupBuilder {
        GroupBuilder {
            shared: Arc::clone(&self.shared),
            draft: GroupDraft {
                title: title.to_owned(),
                supergroup: false,
                forum: false,
                bot: Membership::Member,
                founder: people.first().map_or(0, |person| person.id),
                members: people.iter().map(|person| person.id).collect(),
            },
        }
    }

    /// A handle on a group by its id.
    pub fn group_by_id(&self, id: i64) -> Group {
        Group {
            shared: Arc::clone(&self.shared),
            id,
        }
    }

    /// Everything in a chat, oldest first. Does not mark anything as read.
    pub fn transcript(&self, chat: impl Into<i64>) -> Vec<SeenMessage> {
        let chat = chat.into();
        self.shared.quietly(|world| world.transcript(chat))
    }

    /// The message as it is now; `None` when it was deleted.
    pub fn message(&self, chat: impl Into<i64>, message_id: i64) -> Option<SeenMessage> {
        let chat = chat.into();
        self.shared.quietly(|world| world.seen(chat, message_id))
    }

    /// What the bot shows that it is doing in a chat (`typing`), if anything.
    pub fn chat_action(&self, chat: impl Into<i64>) -> Option<String> {
        let chat = chat.into();
        self.shared.quietly(|world| {
            let now = world.clock.unix_ms();
            let action = world.chats.get(&chat)?.action.clone()?;
            (action.1 > now).then_some(action.0)
        })
    }

    /// Marks everything in a chat as read, for tests to which it does not matter.
    pub fn read_all(&self, chat: impl Into<i64>) {
        let chat = chat.into();
        self.shared.change(|world| mark_read(world, chat, None));
    }

    /// Fails when a message of the bot was never read.
    ///
    /// # Panics
    /// When there is one; the panic shows the transcripts.
    #[track_caller]
    pub fn assert_all_read(&self) {
        if let Some(report) = self.shared.quietly(unread_report) {
            panic!("{report}");
        }
    }

    /// Everything that the bot called so far.
    pub fn calls(&self) -> Vec<Call> {
        self.shared
            .quietly(|world| world.calls.iter().cloned().collect())
    }

    /// The calls after that one ([`Call::sequence`]), for those who follow along.
    pub fn calls_after(&self, sequence: u64) -> Vec<Call> {
        self.shared.quietly(|world| {
            let new = world.calls.iter().rev();
            let mut new: Vec<Call> = new
                .take_while(|call| call.sequence > sequence)
                .cloned()
                .collect();
            new.reverse();
            new
        })
    }

    /// The calls of one method (any case), oldest first.
    pub fn calls_of(&self, method: &str) -> Vec<Call> {
        self.calls()
            .into_iter()
            .filter(|call| call.method.eq_ignore_ascii_case(method))
            .collect()
    }

    /// Every update that was ever queued for the bot.
    pub fn updates_created(&self) -> Vec<Value> {
        self.shared.quietly(|world| world.updates.created.clone())
    }

    /// Number of updates that wait for the bot.
    pub fn updates_pending(&self) -> usize {
        self.shared
            .quietly(|world| world.updates.len(world.clock.unix_ms()))
    }

    /// Plants a fault.
    pub fn fault(&self, fault: Fault) {
        self.shared.change(|world| world.faults.plant(fault));
    }

    /// Removes all faults.
    pub fn clear_faults(&self) {
        self.shared.change(|world| world.faults.clear());
    }

    /// Queues an update of any kind, known or not. It bypasses nothing but the sender: `allowed_updates`, ids and
    /// expiry apply.
    pub fn inject_update(&self, kind: &str, payload: &Value) {
        self.shared.change(|world| world.queue(kind, payload, 0));
    }

    /// Lets update ids jump to another random number, as Telegram does after a quiet week.
    pub fn restart_update_ids(&self) {
        self.shared.change(|world| world.updates.randomise_ids());
    }

    /// Makes a message too old for the bot to see: presses on it carry an `InaccessibleMessage`.
    ///
    /// # Panics
    /// When there is no such message.
    #[track_caller]
    pub fn make_inaccessible(&self, message: &SeenMessage) {
        let caller = std::panic::Location::caller();
        let result = self
            .shared
            .change(|world| world.make_inaccessible(message.chat_id, message.message_id));
        result.unwrap_or_else(|error| super::waits::fail(caller, &error));
    }

    /// The commands that the bot set for the default scope and a language (empty: for everybody else).
    pub fn commands(&self, language: &str) -> Vec<(String, String)> {
        let key = (
            serde_json::json!({ "type": "default" }).to_string(),
            language.to_owned(),
        );
        let list = self
            .shared
            .quietly(|world| world.commands.get(&key).cloned())
            .unwrap_or_default();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let pair = |command: &Value| (text(&command["command"]), text(&command["description"]));
        list.as_array()
            .map(|list| list.iter().map(pair).collect())
            .unwrap_or_default()
    }
}

impl Drop for Sim {
    fn drop(&mut self) {
        self.shared.stop();
        if self.options.fail_on_unread && !std::thread::panicking() {
            self.assert_all_read();
        }
    }
}

/// A person before it exists.
#[derive(Debug)]
#[must_use = "a person exists after `create`"]
pub struct PersonBuilder {
    shared: Arc<Shared>,
    timeout: Duration,
    draft: PersonDraft,
}

impl PersonBuilder {
    /// Fixes the numeric id.
    pub fn id(mut self, id: i64) -> Self {
        self.draft.id = Some(id);
        self
    }

    /// Sets the last name.
    pub fn last_name(mut self, name: &str) -> Self {
        self.draft.last_name = Some(name.to_owned());
        self
    }

    /// Sets the username, without `@`.
    pub fn username(mut self, name: &str) -> Self {
        self.draft.username = Some(name.to_owned());
        self
    }

    /// Sets the language of the person's client.
    pub fn language(mut self, code: &str) -> Self {
        self.draft.language_code = Some(code.to_owned());
        self
    }

    /// Makes it another bot.
    pub fn is_bot(mut self) -> Self {
        self.draft.is_bot = true;
        self
    }

    /// Adds the person. An id that is taken returns the person who has it.
    pub fn create(self) -> Person {
        let id = self.shared.change(|world| world.add_person(self.draft));
        Person {
            shared: self.shared,
            timeout: self.timeout,
            id,
        }
    }
}
