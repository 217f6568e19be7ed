//! 10,000 callbacks due to 100 receivers, ten of which take a connection and never answer: how
//! long until the other ninety have all of theirs, beside a run in which the ten get nothing.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use axum::Router;
use axum::http::StatusCode;
use axum::routing::post;
use prometheus_client::registry::Registry;
use signoff_contract::{CorrelationId, Decision, DecisionBody};
use signoff_engine::{Clock, Engine, workers};
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::Scale;
use crate::load::approval;
use crate::report::{Row, seconds};
use crate::service::PATIENCE;
use crate::world;

/// Of a hundred.
const DEAD: usize = 10;
/// How often each run is made; the medians are compared.
const ROUNDS: usize = 3;
/// How much longer with the dead is still "as fast".
const SLACK: f64 = 1.1;

pub(crate) async fn run(scale: Scale) -> anyhow::Result<Vec<Row>> {
    let (receivers, each) = scale.pick((100, 100), (20, 2));
    let world = Receivers::start(receivers).await?;
    let folder = world::folder()?;
    let (all, living) = (
        folder.path().join("all.db"),
        folder.path().join("living.db"),
    );
    fill(&all, &world.urls, each).await?;
    fill(&living, &world.urls[DEAD..], each).await?;
    let expected = (receivers - DEAD) * each;
    let (mut with, mut without) = (Vec::new(), Vec::new());
    for round in 0..scale.pick(ROUNDS, 1) {
        for (name, database, took) in [("living", &living, &mut without), ("all", &all, &mut with)]
        {
            // Each its own: a store that is being closed still has its log.
            let copy = folder.path().join(format!("{name}-{round}.db"));
            std::fs::copy(database, &copy)?;
            took.push(world.deliver(&copy, expected).await?);
        }
    }
    let median = |took: &mut Vec<Duration>| {
        took.sort();
        took[took.len() / 2]
    };
    let (with, without) = (median(&mut with), median(&mut without));
    let ratio = with.as_secs_f64() / without.as_secs_f64();
    Ok(vec![Row::new(
        format!(
            "{} callbacks to {receivers} receivers, {DEAD} dead: until the others have theirs",
            receivers * each
        ),
        format!("{} without the dead", seconds(without)),
        format!("{} ({ratio:.2} of that)", seconds(with)),
        ratio <= SLACK,
    )])
}

/// The endpoints; the first ten are dead.
struct Receivers {
    urls: Vec<String>,
    taken: Arc<AtomicUsize>,
    news: Arc<Notify>,
    /// Connections to these are opened by the kernel and never read.
    _dead: Vec<TcpListener>,
}

impl Receivers {
    async fn start(count: usize) -> anyhow::Result<Self> {
        let (taken, news) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
        let (mut urls, mut dead) = (Vec::new(), Vec::new());
        for n in 0..count {
            let listener = TcpListener::bind("127.0.0.1:0").await?;
            urls.push(format!("http://{}/hook", listener.local_addr()?));
            if n < DEAD {
                dead.push(listener);
                continue;
            }
            let (taken, news) = (Arc::clone(&taken), Arc::clone(&news));
            let take = move || {
                taken.fetch_add(1, Ordering::Relaxed);
                news.notify_one();
                std::future::ready(StatusCode::NO_CONTENT)
            };
            let router = Router::new().route("/hook/{number}", post(take));
            tokio::spawn(async move { axum::serve(listener, router).await });
        }
        Ok(Self {
            urls,
            taken,
            news,
            _dead: dead,
        })
    }

    /// Starts the workers on this database; how long until so many callbacks have arrived.
    async fn deliver(&self, database: &Path, expected: usize) -> anyhow::Result<Duration> {
        let store = world::store(database, Clock::system())?;
        let engine = world::engine(store, 1, None, &mut Registry::default()).await?;
        self.taken.store(0, Ordering::Relaxed);
        let stop = CancellationToken::new();
        let began = Instant::now();
        let working = tokio::spawn(workers::run(engine, Vec::new(), stop.clone()));
        let arrived = async {
            while self.taken.load(Ordering::Relaxed) < expected {
                self.news.notified().await;
            }
        };
        tokio::time::timeout(PATIENCE, arrived)
            .await
            .with_context(|| {
                let taken = self.taken.load(Ordering::Relaxed);
                format!("{taken} callbacks of {expected} came")
            })?;
        let took = began.elapsed();
        // What is on its way to the dead is not waited for.
        working.abort();
        let _ = working.await;
        Ok(took)
    }
}

/// Makes requests that have been decided, each with a callback that is due.
async fn fill(database: &Path, urls: &[String], each: usize) -> anyhow::Result<()> {
    let store = world::store(database, Clock::system())?;
    let engine = world::engine(store, 1, None, &mut Registry::default()).await?;
    let mut deciding = JoinSet::new();
    for first in 0..64 {
        let (engine, urls): (Arc<Engine>, _) = (Arc::clone(&engine), urls.to_vec());
        deciding.spawn(async move {
            for number in (first..urls.len() * each).step_by(64) {
                let body = approval(number, "p0", Some(&urls[number % urls.len()]));
                let requester = world::requester("default");
                engine
                    .submit(&requester, body.to_string().as_bytes())
                    .await?;
                let id: CorrelationId = format!("run-{number}").parse()?;
                engine.decide(&world::decider(), &id, approve()).await?;
            }
            anyhow::Ok(())
        });
    }
    while let Some(decided) = deciding.join_next().await {
        decided??;
    }
    Ok(())
}

/// Yes.
pub(crate) fn approve() -> DecisionBody {
    DecisionBody {
        decision: Decision::Approve,
        option_id: None,
        text: None,
        reason: None,
    }
}
