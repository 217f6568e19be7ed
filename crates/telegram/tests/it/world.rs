//! A small world: a simulated Telegram, the engine, the channel between them, and people.
//!
//! One clock for all: the simulator's.

mod ear;
mod gate;
mod hook;
mod orphan;
mod receiver;
mod restart;
mod rival;
mod samples;
mod time;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use signoff_contract::{PromptState, RequestResource};
use signoff_engine::{ChannelStore, Clock, Engine, Gateway, Store, Submitted, workers};
use signoff_telegram::{CHANNEL, Config, Limits, Metrics, Telegram, Updates};
use signoff_telegram_sim::{ClockMode, Group, Person, SeenMessage, Sim, SimOptions};
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub(crate) use self::ear::Ear;
pub(crate) use self::gate::Gate;
pub(crate) use self::hook::Hook;
pub(crate) use self::receiver::Receiver;
pub(crate) use self::samples::{ann, approval, id, question, requester, with};
use self::time::FastTime;
use crate::faults::methods;

/// No limits worth speaking of: tests of limits set their own.
pub(crate) const FREE: Limits = Limits {
    burst: 10_000,
    group_per_minute: 10_000,
    group_reserve: 1,
    overall_per_second: 10_000,
};

/// When fast worlds begin: a second in March 2026.
const START: i64 = 1_772_366_400;
/// How long a fast world waits for what must happen.
const EVENTUALLY: Duration = Duration::from_mins(15);

/// What a random test does, by a seed that replays it: `SIGNOFF_SEED`, else a new one.
#[expect(clippy::print_stdout, reason = "the seed replays a failure")]
pub(crate) fn seed() -> u64 {
    let seed = std::env::var("SIGNOFF_SEED").map_or_else(
        |_| rand::random(),
        |seed| seed.parse().expect("SIGNOFF_SEED is a number"),
    );
    println!("SIGNOFF_SEED={seed}");
    seed
}

/// Everything, with Ann, Ben and Cy as approvers; nobody knows Eve.
pub(crate) struct World {
    pub(crate) sim: Sim,
    pub(crate) ann: Person,
    pub(crate) ben: Person,
    pub(crate) eve: Person,
    /// Ann, Ben and Eve are in it; so is the bot.
    pub(crate) ops: Group,
    /// A forum with the same people.
    pub(crate) forum: Group,
    pub(crate) topic: i64,
    pub(crate) store: Store,
    pub(crate) engine: Arc<Engine>,
    pub(crate) gate: Arc<Gate>,
    options: Options,
    running: Mutex<Option<Running>>,
    /// Drives the time of a world that is fast.
    time: Option<FastTime>,
    set_back_ms: Arc<AtomicI64>,
    _folder: TempDir,
}

/// How a world differs from the usual one.
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent facts, named at every use"
)]
#[derive(Clone)]
pub(crate) struct Options {
    pub(crate) limits: Limits,
    pub(crate) languages: BTreeMap<&'static str, &'static str>,
    pub(crate) updates: Updates,
    pub(crate) rate_limits: bool,
    pub(crate) protect_content: bool,
    /// What hears voice notes.
    pub(crate) ear: Option<Arc<Ear>>,
    /// Whether the clock stands still until the test moves it.
    pub(crate) frozen: bool,
    /// Whether time passes as fast as it can; the test's runtime must be `start_paused`.
    pub(crate) fast: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            limits: FREE,
            languages: BTreeMap::new(),
            updates: Updates::Polling,
            rate_limits: false,
            protect_content: false,
            ear: None,
            frozen: false,
            fast: false,
        }
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            methods::are_known(&self.sim.calls());
        }
    }
}

struct Running {
    telegram: Telegram,
    shutdown: CancellationToken,
    tasks: Vec<JoinHandle<()>>,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(Options::default()).await
    }

    pub(crate) async fn with(options: Options) -> Self {
        let world = Self::asleep(options).await;
        world.wakes();
        world.has_greeted().await;
        world
    }

    /// Everybody who pressed Start has the answer: nothing else is on its way into their chats, behind
    /// which a card would wait for a clock that may stand.
    pub(crate) async fn has_greeted(&self) {
        for person in [&self.ann, &self.ben] {
            let hello = self.sim.next_message(person).await;
            assert!(
                hello.reply_to.is_some(),
                "the answer to /start: {}",
                hello.text
            );
        }
    }

    /// A world whose service is not running yet.
    pub(crate) async fn asleep(options: Options) -> Self {
        let usual = SimOptions::default();
        let clock = match (options.frozen, options.fast) {
            (true, _) => ClockMode::Frozen(1_900_000_000),
            (_, true) => ClockMode::Frozen(START),
            _ => usual.clock,
        };
        let sim = Sim::start(SimOptions {
            rate_limits: options.rate_limits,
            clock,
            wait_timeout: if options.fast {
                EVENTUALLY
            } else {
                usual.wait_timeout
            },
            ..usual
        })
        .await
        .expect("a simulator");
        let ann = sim.new_person("Ann").id(1001).create();
        let ben = sim.new_person("Ben").id(1002).create();
        let eve = sim.new_person("Eve").id(6666).create();
        let everybody = [&ann, &ben, &eve];
        let ops = sim.group("Ops", &everybody).create();
        let forum = sim
            .group("Forum", &everybody)
            .forum()
            .bot_is_admin()
            .create();
        let topic = forum.opens_topic(&ann, "Deploys");
        for person in [&ann, &ben] {
            person.starts();
        }
        let folder = folder(options.fast);
        let time = sim.clock().clone();
        let set_back_ms = Arc::new(AtomicI64::new(0));
        let off = Arc::clone(&set_back_ms);
        let clock = Clock::from_fn(move || {
            let ours = time.unix_ms() - off.load(Ordering::SeqCst);
            Timestamp::from_millisecond(ours).expect("a time")
        });
        let random = |bytes: &mut [u8]| rand::RngCore::fill_bytes(&mut rand::rng(), bytes);
        let store = Store::open(&folder.path().join("signoff.db"), clock, random).expect("a store");
        let time = options.fast.then(|| FastTime::start(&store, sim.clock()));
        let directory = samples::directory(&options, ops.id(), forum.id(), topic);
        let engine = restart::engine(&store, directory).await;
        let gate = Arc::new(Gate::new(Arc::clone(&engine)));
        Self {
            sim,
            ann,
            ben,
            eve,
            ops,
            forum,
            topic,
            store,
            engine,
            gate,
            options,
            running: Mutex::new(None),
            time,
            set_back_ms,
            _folder: folder,
        }
    }

    /// The channel, put together anew on the same store, as after a restart.
    pub(crate) fn connects(&self) -> Telegram {
        self.connects_as("test")
    }

    /// The same, as a replica of this name.
    pub(crate) fn connects_as(&self, instance: &str) -> Telegram {
        let store = ChannelStore::new(self.store.clone(), CHANNEL);
        let gateway: Arc<dyn Gateway> = self.gate.clone();
        let (config, limits) = (self.config(instance), self.options.limits);
        let telegram = Telegram::connect(config, gateway, store, limits, Metrics::default());
        let telegram = telegram.expect("a channel");
        match &self.options.ear {
            Some(ear) => telegram.with_transcriber(ear.clone()),
            None => telegram,
        }
    }

    fn config(&self, instance: &str) -> Config {
        Config {
            token: self.sim.bot_token().to_owned().into(),
            api_url: self.sim.api_url().parse().expect("an address"),
            updates: self.options.updates.clone(),
            protect_content: self.options.protect_content,
            instance: instance.to_owned(),
        }
    }

    /// Starts the service.
    pub(crate) fn wakes(&self) {
        let telegram = self.connects();
        let shutdown = CancellationToken::new();
        let (engine, channels) = (Arc::clone(&self.engine), vec![telegram.channel()]);
        let (receiving, stop) = (telegram.clone(), shutdown.clone());
        let working = shutdown.clone();
        let tasks = vec![
            tokio::spawn(async move {
                receiving.run(stop).await.expect("the channel runs");
            }),
            tokio::spawn(async move {
                workers::run(engine, channels, working)
                    .await
                    .expect("the workers run");
            }),
        ];
        *self.running.lock().unwrap() = Some(Running {
            telegram,
            shutdown,
            tasks,
        });
    }

    /// Stops the service without letting it finish anything.
    pub(crate) async fn is_killed(&self) {
        let Some(running) = self.running.lock().unwrap().take() else {
            return;
        };
        for task in &running.tasks {
            task.abort();
        }
        for task in running.tasks {
            let _ = task.await;
        }
    }

    /// Stops the service and lets it finish.
    pub(crate) async fn stops(&self) {
        let Some(running) = self.running.lock().unwrap().take() else {
            return;
        };
        running.shutdown.cancel();
        for task in running.tasks {
            task.await.expect("it stops cleanly");
        }
    }

    /// The running channel.
    pub(crate) fn telegram(&self) -> Telegram {
        let running = self.running.lock().unwrap();
        running.as_ref().expect("the service runs").telegram.clone()
    }

    /// Time passes, for Telegram and for us.
    pub(crate) fn passes(&self, time: Duration) {
        self.sim.clock().advance(time);
    }

    /// Our clock is set back, and Telegram's is not.
    pub(crate) fn our_clock_goes_back(&self, time: Duration) {
        let millis = i64::try_from(time.as_millis()).expect("a short time");
        self.set_back_ms.fetch_add(millis, Ordering::SeqCst);
    }

    /// In a fast world: from now on nothing depends on when exactly things happen.
    pub(crate) fn hurries(&self) {
        self.time.as_ref().expect("a fast world").strides();
    }

    /// A control plane asks.
    pub(crate) async fn asks(&self, body: Value) -> RequestResource {
        let submitted = self
            .engine
            .submit(&requester(), body.to_string().as_bytes())
            .await;
        match submitted.expect("it is valid") {
            Submitted::Created(resource) | Submitted::Replayed(resource) => resource,
        }
    }

    /// The request as it is now.
    pub(crate) async fn request(&self, correlation_id: &str) -> RequestResource {
        self.engine
            .get(&requester(), &id(correlation_id))
            .await
            .expect("it exists")
    }

    /// Waits until the request has ended.
    pub(crate) async fn ends(&self, correlation_id: &str) -> RequestResource {
        let wait = Duration::from_secs(10);
        let resource = self
            .engine
            .wait(&requester(), &id(correlation_id), wait)
            .await
            .expect("it exists");
        assert!(
            resource.status.is_terminal(),
            "{correlation_id} is still pending"
        );
        resource
    }

    /// Waits until the engine knows that the request stands in front of people: the simulator
    /// shows a card a moment earlier.
    pub(crate) async fn is_presented(&self, correlation_id: &str) {
        self.prompts_are(PromptState::Open, correlation_id).await;
    }

    /// Waits until the engine knows that people see how it ended.
    pub(crate) async fn is_known_to_be_closed(&self, correlation_id: &str) {
        self.prompts_are(PromptState::Closed, correlation_id).await;
    }

    async fn prompts_are(&self, state: PromptState, correlation_id: &str) {
        let are = async {
            loop {
                let prompts = self.request(correlation_id).await.prompts;
                let prompts = prompts.unwrap_or_default();
                if prompts.iter().all(|prompt| prompt.state == state) {
                    return;
                }
                tokio::task::yield_now().await;
            }
        };
        let waited = tokio::time::timeout(Duration::from_secs(10), are).await;
        waited.expect("the engine learns of it");
    }

    /// The operator invites somebody.
    pub(crate) async fn invites(&self, approver: &str, token: &str) {
        let sha256 = Sha256::digest(token.as_bytes()).into();
        let until = self.store.clock().now() + SignedDuration::from_hours(1);
        self.store
            .invite(
                approver,
                sha256,
                until,
                signoff_core::audit::Actor::operator("root"),
            )
            .await
            .expect("it is kept");
    }

    /// The next card in a chat.
    pub(crate) async fn card(&self, chat: impl Into<i64>) -> SeenMessage {
        self.sim
            .wait_for_message(chat, SeenMessage::has_buttons)
            .await
    }
}

/// Where the store is kept. Worlds that are fast are many, and need no disk that lasts.
fn folder(fast: bool) -> TempDir {
    let memory = std::path::Path::new("/dev/shm");
    let folder = if fast && memory.is_dir() {
        tempfile::tempdir_in(memory)
    } else {
        tempfile::tempdir()
    };
    folder.expect("a folder")
}
