//! Handling what was committed: in order for one person in one chat, side by side otherwise,
//! again after a crash, and never one update in the way of others (`lanes.rs`).

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt as _;
use jiff::{SignedDuration, Timestamp};
use signoff_engine::InboxRow;
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::inbound::Update;
use super::lanes::{Job, Lane, Lanes, Turn};
use super::listening::Listening;
use crate::bot::{Bot, HandleError, Origin};
use crate::conversation::Source;
use crate::voice::Aside;
use crate::{commands, conversation};

/// How many are read at once.
const READ: u32 = 100;
/// How often handling one may fail, the service's own failures not counted.
const ATTEMPTS: u32 = 6;
/// Between attempts, at first and at most: what waits behind a failed one must not wait long.
const BACKOFF: (Duration, Duration) = (Duration::from_secs(1), Duration::from_mins(1));
/// How long handled updates are kept: longer than Telegram repeats any.
const KEPT: SignedDuration = SignedDuration::from_hours(48);
/// How often old ones are forgotten.
const PRUNE_EVERY: Duration = Duration::from_hours(1);
/// How long those that began may take to finish at shutdown.
const FINISH: Duration = Duration::from_secs(10);
/// How soon a store that did not answer is asked again.
const STORE_RETRY: Duration = Duration::from_secs(1);

/// What became of handling one.
#[derive(Debug)]
pub(super) enum Done {
    Handled,
    /// It goes on outside of its lane; its row stays undone until then.
    Aside(Box<Aside>),
    /// The service did not answer; that is not the update's fault.
    Later,
    Again(Duration),
    GivenUp,
}

/// What became of a turn.
enum Outcome {
    Job(Job, Done),
    /// Somebody else handled it.
    Gone,
    /// The store did not answer.
    Unread,
}

/// The updates on their way.
struct Inbox {
    bot: Bot,
    lanes: Lanes,
    /// The last row that was read: rows up to here are handled or in their lanes.
    last: i64,
    running: JoinSet<(Lane, Outcome)>,
    listening: Listening,
    of_task: HashMap<Id, Lane>,
}

/// Handles updates until shutdown, then lets those that began finish.
pub(crate) async fn run(bot: Bot, shutdown: CancellationToken) {
    let mut changes = bot.store.inbox_changes();
    let mut inbox = Inbox {
        bot,
        lanes: Lanes::default(),
        last: 0,
        running: JoinSet::new(),
        listening: Listening::default(),
        of_task: HashMap::new(),
    };
    let mut prune = tokio::time::interval(PRUNE_EVERY);
    while !shutdown.is_cancelled() {
        changes.mark_unchanged();
        let read_again = match inbox.read().await {
            Ok(false) => None,
            // There is more; what is here begins meanwhile.
            Ok(true) => Some(Instant::now()),
            Err(error) => {
                tracing::error!("the inbox could not be read: {error}");
                Some(Instant::now() + STORE_RETRY)
            }
        };
        inbox.start();
        let depth = inbox.lanes.depth() + inbox.listening.len();
        inbox.bot.metrics.inbox_depth(depth);
        let resting = inbox.lanes.next_due(Instant::now());
        let due = resting.into_iter().chain(read_again).min();
        tokio::select! {
            () = shutdown.cancelled() => {}
            alive = changes.changed() => if alive.is_err() { break },
            Some(ended) = inbox.running.join_next_with_id() => inbox.ended(ended).await,
            () = inbox.listening.one_ends() => {}
            () = sleep_until(due) => {}
            _ = prune.tick() => forget(&inbox.bot).await,
        }
    }
    // Whoever still waits for a chat's limit is stopped; the update is handled after the start.
    let finishing = async { while inbox.running.join_next().await.is_some() {} };
    let _ = tokio::time::timeout(FINISH, finishing).await;
}

async fn sleep_until(due: Option<Instant>) {
    match due {
        Some(due) => tokio::time::sleep_until(due).await,
        None => std::future::pending().await,
    }
}

impl Inbox {
    /// Reads some of what is new; whether there is more.
    async fn read(&mut self) -> Result<bool, signoff_engine::Error> {
        let rows = self.bot.store.unhandled(READ, self.last).await?;
        let more = rows.len() >= READ as usize;
        for row in rows {
            self.last = row.id;
            let job = job(row);
            self.bot.metrics.update(job.update.kind());
            let known = !self.lanes.has(job.update.lane()) && self.knows(&job.update).await;
            self.lanes.add(job, known);
        }
        Ok(more)
    }

    /// Whether the configuration knows whose update this is: strangers have slots of their own.
    async fn knows(&self, update: &Update) -> bool {
        let Some(user) = update.user() else {
            return false;
        };
        let who = self.bot.who(user).await;
        who.is_ok_and(|who| who.person.is_some())
    }

    /// Begins what has its turn.
    fn start(&mut self) {
        while let Some(Turn { lane, id, job }) = self.lanes.next(Instant::now()) {
            let bot = self.bot.clone();
            let task = self.running.spawn(async move {
                let job = match job {
                    Some(job) => job,
                    None => match reload(&bot, id).await {
                        Ok(Some(job)) => job,
                        Ok(None) => return (lane, Outcome::Gone),
                        Err(error) => {
                            tracing::error!("an update could not be read: {error}");
                            return (lane, Outcome::Unread);
                        }
                    },
                };
                let done = handle(&bot, &job).await;
                (lane, Outcome::Job(job, done))
            });
            self.of_task.insert(task.id(), lane);
        }
    }

    /// One handling ended, well or not.
    async fn ended(&mut self, ended: Result<(Id, (Lane, Outcome)), JoinError>) {
        let (task, (lane, outcome)) = match ended {
            Ok(ended) => ended,
            Err(error) => {
                // `handle` catches panics, so this is a cancelled task.
                let panicked = error.is_panic();
                tracing::error!(panicked, "handling an update ended early");
                if let Some(lane) = self.of_task.remove(&error.id()) {
                    self.lanes.again(lane, None, Instant::now() + STORE_RETRY);
                }
                return;
            }
        };
        self.of_task.remove(&task);
        let (mut job, wait) = match outcome {
            Outcome::Gone => return self.lanes.done(lane),
            Outcome::Unread => {
                return self.lanes.again(lane, None, Instant::now() + STORE_RETRY);
            }
            Outcome::Job(job, Done::Handled | Done::GivenUp) => {
                let Err(error) = self.bot.store.handled(job.id).await else {
                    return self.lanes.done(lane);
                };
                // It is handled again; everything it does is idempotent.
                tracing::error!("an update could not be marked as handled: {error}");
                (job, STORE_RETRY)
            }
            Outcome::Job(job, Done::Aside(aside)) => {
                self.listening.begin(self.bot.clone(), job, *aside);
                return self.lanes.done(lane);
            }
            Outcome::Job(job, Done::Later) => {
                let wait = backoff(job.failures);
                (job, wait)
            }
            Outcome::Job(job, Done::Again(wait)) => (job, wait),
        };
        job.failures = job.failures.saturating_add(1);
        self.lanes.again(lane, Some(job), Instant::now() + wait);
    }
}

fn job(row: InboxRow) -> Job {
    Job {
        id: row.id,
        key: row.key,
        update: Update::read(&row.payload),
        received_at: row.received_at,
        failures: row.attempts,
    }
}

/// Reads one of those that were too many for memory.
async fn reload(bot: &Bot, id: i64) -> Result<Option<Job>, signoff_engine::Error> {
    let rows = bot.store.unhandled(1, id.saturating_sub(1)).await?;
    Ok(rows.into_iter().find(|row| row.id == id).map(job))
}

pub(super) fn backoff(failures: u32) -> Duration {
    (BACKOFF.0 * 2_u32.saturating_pow(failures.min(10))).min(BACKOFF.1)
}

/// Handles one update, panics included.
#[tracing::instrument(name = "telegram.update.handle", skip_all, fields(key = job.key, kind = job.update.kind()))]
async fn handle(bot: &Bot, job: &Job) -> Done {
    let origin = origin(job);
    let acting = Box::pin(act(bot, &origin, job.update.clone()));
    let done = judged(bot, job, acting).await;
    if matches!(done, Done::GivenUp) {
        give_up(bot, job).await;
    }
    done
}

/// Where an update comes from.
pub(super) fn origin(job: &Job) -> Origin {
    Origin {
        event_id: format!("{}:{}", crate::CHANNEL, job.key),
        received_at: job.received_at,
        retried: job.failures > 0,
    }
}

/// Acts, panics included, and says what follows from how that ended.
pub(super) async fn judged(
    bot: &Bot,
    job: &Job,
    acting: impl Future<Output = Result<Option<Aside>, HandleError>>,
) -> Done {
    // A mistake in handling one update must not take the others along.
    let acted = AssertUnwindSafe(acting).catch_unwind().await;
    let (cause, wait) = match acted {
        Ok(Ok(None)) => return Done::Handled,
        Ok(Ok(Some(aside))) => return Done::Aside(Box::new(aside)),
        Ok(Err(HandleError::Service(error))) => {
            tracing::error!("the service did not answer; the update is handled again: {error}");
            return Done::Later;
        }
        // The limit of the chat that holds up this lane is not waited for without end, either.
        Ok(Err(HandleError::Busy(wait))) => {
            let error = HandleError::Busy(wait);
            (error.to_string(), wait.min(BACKOFF.1))
        }
        Ok(Err(error)) => (error.to_string(), backoff(job.failures)),
        Err(_) => {
            let cause = "a mistake of ours: handling it panicked".to_owned();
            (cause, backoff(job.failures))
        }
    };
    match bot.store.failed(job.id, &cause).await {
        Ok(failures) if failures >= ATTEMPTS => {
            tracing::error!(failures, "{cause}");
            Done::GivenUp
        }
        _ => {
            tracing::warn!(
                failures = job.failures + 1,
                "an update is handled again: {cause}"
            );
            Done::Again(wait)
        }
    }
}

/// Whoever did it learns that nothing more follows.
pub(super) async fn give_up(bot: &Bot, job: &Job) {
    bot.metrics.given_up();
    tracing::error!(failures = job.failures, "an update is given up");
    conversation::given_up(bot, &job.update).await;
}

async fn act(bot: &Bot, origin: &Origin, update: Update) -> Result<Option<Aside>, HandleError> {
    match update {
        Update::Press(press) => conversation::pressed(bot, origin, *press).await?,
        Update::Message(message) => {
            if let Some(to) = message.migrate_to_chat_id {
                bot.outbound.moved(message.chat.id, to).await?;
                return Ok(None);
            }
            let Some(command) = commands::parse(&message, bot.health.username().as_deref()) else {
                return conversation::written(bot, origin, *message, Source::New).await;
            };
            commands::given(bot, origin, *message, command).await?;
        }
        Update::Edited(message) => {
            if commands::parse(&message, bot.health.username().as_deref()).is_none() {
                return conversation::written(bot, origin, *message, Source::Edited).await;
            }
            commands::edited(bot, &message).await?;
        }
        Update::Other => {}
        Update::Unreadable { why } => {
            tracing::error!("an update cannot be read and is left: {why}");
        }
    }
    Ok(None)
}

async fn forget(bot: &Bot) {
    let before = bot.store.now().checked_sub(KEPT).unwrap_or(Timestamp::MIN);
    match bot.store.prune(before).await {
        Ok(0) => {}
        Ok(rows) => tracing::debug!(rows, "handled updates were forgotten"),
        Err(error) => tracing::warn!("handled updates could not be forgotten: {error}"),
    }
}
