//! Handling what was committed: in order for one person in one chat, side by side otherwise,
//! again after a crash, and never one update in the way of others.

use std::collections::{HashMap, HashSet, VecDeque};
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt as _;
use jiff::{SignedDuration, Timestamp};
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::inbound::Update;
use crate::bot::{Bot, HandleError, Origin};
use crate::{commands, conversation};

/// How many updates are handled at once.
const AT_ONCE: usize = 32;
/// How many are kept in memory, waiting for their turn.
const IN_MEMORY: usize = 512;
/// How many are read at once.
const READ: u32 = 100;
/// How often handling one may fail, the store's own failures not counted.
const ATTEMPTS: u32 = 6;
/// Between attempts, at first and at most.
const BACKOFF: (Duration, Duration) = (Duration::from_secs(1), Duration::from_mins(1));
/// How long handled updates are kept: longer than Telegram repeats any.
const KEPT: SignedDuration = SignedDuration::from_hours(48);
/// How often old ones are forgotten.
const PRUNE_EVERY: Duration = Duration::from_hours(1);
/// How long those that began may take to finish at shutdown.
const FINISH: Duration = Duration::from_secs(10);
/// How soon a store that did not answer is asked again.
const STORE_RETRY: Duration = Duration::from_secs(1);

/// One update on its way through.
#[derive(Debug)]
struct Job {
    id: i64,
    key: String,
    update: Update,
    received_at: Timestamp,
    /// How often handling it failed.
    failures: u32,
}

/// What became of handling one.
#[derive(Debug)]
enum Done {
    Handled,
    /// The service did not answer; that is not the update's fault.
    Later,
    Again(Duration),
    GivenUp,
}

/// A lane's person and chat.
type Lane = (i64, i64);

#[derive(Debug, Default)]
struct Lanes {
    waiting: HashMap<Lane, VecDeque<Job>>,
    busy: HashSet<Lane>,
    /// Failed before; not in anybody's way while they wait.
    resting: Vec<(Instant, Job)>,
    in_memory: usize,
    /// The last row that was read: rows up to here are handled or in memory.
    last: i64,
}

/// Handles updates until shutdown, then lets those that began finish.
pub(crate) async fn run(bot: Bot, shutdown: CancellationToken) {
    let mut changes = bot.store.inbox_changes();
    let mut lanes = Lanes::default();
    let mut running: JoinSet<(Lane, Job, Done)> = JoinSet::new();
    let mut of_task: HashMap<tokio::task::Id, Lane> = HashMap::new();
    let mut prune = tokio::time::interval(PRUNE_EVERY);
    let mut retry_read = None;
    while !shutdown.is_cancelled() {
        changes.mark_unchanged();
        retry_read = match read(&bot, &mut lanes).await {
            Ok(()) => None,
            Err(error) => {
                tracing::error!("the inbox could not be read: {error}");
                Some(Instant::now() + STORE_RETRY)
            }
        }
        .or(retry_read.filter(|at| *at > Instant::now()));
        lanes.wake(Instant::now());
        while running.len() < AT_ONCE {
            let Some((lane, job)) = lanes.next() else {
                break;
            };
            let bot = bot.clone();
            let task = running.spawn(async move {
                let done = handle(&bot, &job).await;
                (lane, job, done)
            });
            of_task.insert(task.id(), lane);
        }
        bot.metrics.inbox_depth(lanes.in_memory);
        let due = lanes.next_due().into_iter().chain(retry_read).min();
        tokio::select! {
            () = shutdown.cancelled() => {}
            alive = changes.changed() => if alive.is_err() { break },
            Some(ended) = running.join_next_with_id() => lanes.ended(&bot, &mut of_task, ended).await,
            () = sleep_until(due) => {}
            _ = prune.tick() => forget(&bot).await,
        }
    }
    // Whoever still waits for a chat's limit is stopped; the update is handled after the start.
    let finishing = async { while running.join_next().await.is_some() {} };
    let _ = tokio::time::timeout(FINISH, finishing).await;
}

async fn sleep_until(due: Option<Instant>) {
    match due {
        Some(due) => tokio::time::sleep_until(due).await,
        None => std::future::pending().await,
    }
}

/// Reads what is new, as much as there is room for.
async fn read(bot: &Bot, lanes: &mut Lanes) -> Result<(), signoff_engine::Error> {
    while lanes.in_memory < IN_MEMORY {
        let rows = bot.store.unhandled(READ, lanes.last).await?;
        let read = rows.len();
        for row in rows {
            lanes.last = row.id;
            let update = Update::read(&row.payload);
            bot.metrics.update(update.kind());
            lanes.add(Job {
                id: row.id,
                key: row.key,
                update,
                received_at: row.received_at,
                failures: row.attempts,
            });
        }
        if read < READ as usize {
            break;
        }
    }
    Ok(())
}

impl Lanes {
    fn add(&mut self, job: Job) {
        self.in_memory += 1;
        self.waiting
            .entry(job.update.lane())
            .or_default()
            .push_back(job);
    }

    /// The next update whose lane is free.
    fn next(&mut self) -> Option<(Lane, Job)> {
        let lane = *self
            .waiting
            .iter()
            .filter(|(lane, _)| !self.busy.contains(lane))
            .min_by_key(|(_, jobs)| jobs.front().map(|job| job.id))?
            .0;
        let jobs = self.waiting.get_mut(&lane)?;
        let job = jobs.pop_front()?;
        if jobs.is_empty() {
            self.waiting.remove(&lane);
        }
        self.busy.insert(lane);
        Some((lane, job))
    }

    /// Puts those that rested long enough back at the head of their lanes.
    fn wake(&mut self, now: Instant) {
        let (due, resting) = std::mem::take(&mut self.resting)
            .into_iter()
            .partition(|(at, _)| *at <= now);
        self.resting = resting;
        for (_, job) in Vec::<(Instant, Job)>::into_iter(due) {
            self.waiting
                .entry(job.update.lane())
                .or_default()
                .push_front(job);
        }
    }

    fn next_due(&self) -> Option<Instant> {
        self.resting.iter().map(|(at, _)| *at).min()
    }

    /// One handling ended, well or not.
    async fn ended(
        &mut self,
        bot: &Bot,
        of_task: &mut HashMap<tokio::task::Id, Lane>,
        ended: Result<(tokio::task::Id, (Lane, Job, Done)), tokio::task::JoinError>,
    ) {
        let (task, (lane, mut job, done)) = match ended {
            Ok(ended) => ended,
            Err(error) => {
                // `handle` catches panics, so this is a cancelled task.
                tracing::error!("handling an update ended early: {error}");
                if let Some(lane) = of_task.remove(&error.id()) {
                    self.busy.remove(&lane);
                }
                return;
            }
        };
        of_task.remove(&task);
        self.busy.remove(&lane);
        let wait = match done {
            Done::Handled | Done::GivenUp => {
                if let Err(error) = bot.store.handled(job.id).await {
                    // It is handled again; everything it does is idempotent.
                    tracing::error!("an update could not be marked as handled: {error}");
                    STORE_RETRY
                } else {
                    self.in_memory -= 1;
                    return;
                }
            }
            Done::Later => backoff(job.failures),
            Done::Again(wait) => wait,
        };
        job.failures = job.failures.saturating_add(1);
        self.resting.push((Instant::now() + wait, job));
    }
}

fn backoff(failures: u32) -> Duration {
    (BACKOFF.0 * 2_u32.saturating_pow(failures.min(10))).min(BACKOFF.1)
}

/// Handles one update, panics included.
#[tracing::instrument(name = "telegram.update.handle", skip_all, fields(key = job.key, kind = job.update.kind()))]
async fn handle(bot: &Bot, job: &Job) -> Done {
    let origin = Origin {
        event_id: format!("{}:{}", crate::CHANNEL, job.key),
        received_at: job.received_at,
        retried: job.failures > 0,
    };
    // A mistake in handling one update must not take the others along.
    let acting = AssertUnwindSafe(act(bot, &origin, job.update.clone()));
    let acted = acting.catch_unwind().await;
    let cause = match acted {
        Ok(Ok(())) => return Done::Handled,
        Ok(Err(HandleError::Service(error))) => {
            tracing::error!("the service did not answer; the update is handled again: {error}");
            return Done::Later;
        }
        Ok(Err(HandleError::Busy(wait))) => return Done::Again(wait),
        Ok(Err(error)) => error.to_string(),
        Err(_) => "a mistake of ours: handling it panicked".to_owned(),
    };
    match bot.store.failed(job.id, &cause).await {
        Ok(failures) if failures >= ATTEMPTS => {
            tracing::error!(failures, "{cause}");
            give_up(bot, job)
        }
        _ => {
            tracing::warn!(
                failures = job.failures + 1,
                "an update is handled again: {cause}"
            );
            Done::Again(backoff(job.failures))
        }
    }
}

fn give_up(bot: &Bot, job: &Job) -> Done {
    bot.metrics.given_up();
    tracing::error!(failures = job.failures, "an update is given up");
    Done::GivenUp
}

async fn act(bot: &Bot, origin: &Origin, update: Update) -> Result<(), HandleError> {
    match update {
        Update::Press(press) => conversation::pressed(bot, origin, *press).await,
        Update::Message(message) => {
            if let Some(to) = message.migrate_to_chat_id {
                bot.outbound.moved(message.chat.id, to).await?;
                return Ok(());
            }
            match commands::parse(&message, bot.health.username().as_deref()) {
                Some(command) => commands::given(bot, origin, *message, command).await,
                None => {
                    conversation::written(bot, origin, *message, conversation::Source::New).await
                }
            }
        }
        Update::Edited(message) => {
            if commands::parse(&message, bot.health.username().as_deref()).is_some() {
                return commands::edited(bot, &message).await;
            }
            conversation::written(bot, origin, *message, conversation::Source::Edited).await
        }
        Update::Other => Ok(()),
        Update::Unreadable { why } => {
            tracing::error!("an update cannot be read and is left: {why}");
            Ok(())
        }
    }
}

async fn forget(bot: &Bot) {
    let before = bot.store.now().checked_sub(KEPT).unwrap_or(Timestamp::MIN);
    match bot.store.prune(before).await {
        Ok(0) => {}
        Ok(rows) => tracing::debug!(rows, "handled updates were forgotten"),
        Err(error) => tracing::warn!("handled updates could not be forgotten: {error}"),
    }
}
