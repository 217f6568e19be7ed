//! The one thread that writes: many commands in one transaction, each undone alone if it fails.
//!
//! A command has a savepoint of its own, and a savepoint copies every page that is then touched.
//! So neighbours that can be repeated (submits, which come in crowds) share one: if any of them
//! fails, all are undone and each runs again by itself.
//!
//! Callers are answered only after COMMIT returned. When COMMIT itself fails, what is durable
//! is unknown until the database is opened again, so everything stops.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, ErrorCode, OptionalExtension as _};
use signoff_core::panics;
use tokio::sync::watch;

use crate::changes::Signals;
use crate::error::{is_damage, remedy};
use crate::leases::{set_back, wait_no_longer};
use crate::{Changes, Clock, Error};

mod job;

pub(crate) use job::{Job, Repeatable, Task};

/// The most commands in one transaction.
const MAX_BATCH: usize = 512;
/// How often an idle writer looks whether another process (the CLI) changed something.
const LOOK_ROUND: Duration = Duration::from_secs(1);

/// A source of random bytes.
pub(crate) type Random = Box<dyn FnMut(&mut [u8]) + Send>;

/// What a command works with: the open transaction, the time it is applied at, and what it
/// wants signalled once it is durable.
pub(crate) struct Tx<'a> {
    pub(crate) conn: &'a Connection,
    pub(crate) now: Timestamp,
    pub(crate) signals: Signals,
    random: &'a mut Random,
    pending: &'a HashMap<String, u64>,
    moved: Vec<(String, i64)>,
}

impl Tx<'_> {
    /// How many requests of the project are pending.
    pub(crate) fn pending(&self, project: &str) -> u64 {
        let moved = self.moved.iter().find(|(of, _)| of == project);
        let moved = moved.map_or(0, |(_, by)| *by);
        self.pending
            .get(project)
            .copied()
            .unwrap_or(0)
            .saturating_add_signed(moved)
    }

    /// Counts a request in (`1`) or out (`-1`).
    pub(crate) fn move_pending(&mut self, project: &str, by: i64) {
        match self.moved.iter_mut().find(|(of, _)| of == project) {
            Some((_, moved)) => *moved += by,
            None => self.moved.push((project.to_owned(), by)),
        }
    }

    /// 128 random bits.
    pub(crate) fn random_bits(&mut self) -> u128 {
        let mut bytes = [0; 16];
        (self.random)(&mut bytes);
        u128::from_be_bytes(bytes)
    }

    /// Runs one of several steps of a command; when it fails, only its own changes are undone.
    pub(crate) fn step<T>(
        &mut self,
        step: impl FnOnce(&mut Self) -> Result<T, Error>,
    ) -> Result<Result<T, Error>, Error> {
        let signals = std::mem::take(&mut self.signals);
        let moved = self.moved.clone();
        execute(self.conn, "SAVEPOINT step")?;
        let result = step(self);
        let of_step = std::mem::replace(&mut self.signals, signals);
        if result.is_ok() {
            self.signals.merge(of_step);
        } else {
            self.moved = moved;
            execute(self.conn, "ROLLBACK TO step")?;
        }
        execute(self.conn, "RELEASE step")?;
        if let Err(error @ Error::Damaged { .. }) = result {
            return Err(error);
        }
        Ok(result)
    }
}

/// Why the store stopped for good, set once.
pub(crate) struct Poison {
    cause: OnceLock<String>,
    fatal: watch::Sender<Option<String>>,
}

impl Poison {
    pub(crate) fn new() -> Self {
        Self {
            cause: OnceLock::new(),
            fatal: watch::Sender::new(None),
        }
    }

    pub(crate) fn subscribe(&self) -> watch::Receiver<Option<String>> {
        self.fatal.subscribe()
    }

    pub(crate) fn stop(&self, cause: String) {
        tracing::error!(
            cause,
            "the store stops: what is durable is unknown until it is reopened"
        );
        let cause = self.cause.get_or_init(|| cause).clone();
        self.fatal.send_replace(Some(cause));
    }
}

/// The writer's own: its connection, and what it remembers between batches.
pub(crate) struct Writer {
    pub(crate) conn: Connection,
    pub(crate) clock: Clock,
    pub(crate) random: Random,
    pub(crate) changes: Arc<Changes>,
    pub(crate) poison: Arc<Poison>,
    pending: HashMap<String, u64>,
    /// `SQLite`'s mark of other connections' commits, as of the pending counts.
    counted: Option<i64>,
    /// The same mark, as of the last time anyone was woken for it.
    noticed: Option<i64>,
    /// The time at the last look, unless nobody has reacted to an earlier, later one.
    latest: Option<Timestamp>,
}

impl Writer {
    pub(crate) fn new(
        conn: Connection,
        clock: Clock,
        random: Random,
        changes: Arc<Changes>,
        poison: Arc<Poison>,
    ) -> Self {
        Self {
            conn,
            clock,
            random,
            changes,
            poison,
            pending: HashMap::new(),
            counted: None,
            noticed: None,
            latest: None,
        }
    }

    /// Serves the queue until its senders are gone or the store must stop.
    pub(crate) fn serve(mut self, queue: &Receiver<Box<dyn Job>>) {
        let poison = Arc::clone(&self.poison);
        let served = catch_unwind(AssertUnwindSafe(|| self.run(queue)));
        if let Err(panic) = served {
            poison.stop(format!(
                "the writer panicked: {}",
                panics::words(panic.as_ref())
            ));
        }
    }

    fn run(&mut self, queue: &Receiver<Box<dyn Job>>) {
        if self.look_round().is_err() {
            return;
        }
        loop {
            let first = match queue.recv_timeout(LOOK_ROUND) {
                Ok(job) => job,
                Err(RecvTimeoutError::Timeout) => match self.look_round() {
                    Ok(()) => continue,
                    Err(Stop) => return,
                },
                Err(RecvTimeoutError::Disconnected) => return,
            };
            let mut batch = vec![first];
            while batch.len() < MAX_BATCH {
                let Ok(job) = queue.try_recv() else { break };
                batch.push(job);
            }
            if self.carry_out(batch).is_err() {
                return;
            }
        }
    }

    /// Wakes everyone when another process changed the database, and follows a clock that was set
    /// back. An error means that the store must stop.
    fn look_round(&mut self) -> Result<(), Stop> {
        let now = self.clock.now();
        match self.latest {
            Some(latest) if set_back(latest, now).is_some() => return self.carry_out(Vec::new()),
            _ => self.latest = Some(now),
        }
        if let Ok(found) = data_version(&self.conn)
            && self.is_news(found)
        {
            self.changes.give(&Signals::everything());
        }
        Ok(())
    }

    /// Whether this mark says that another connection committed since the last look.
    fn is_news(&mut self, found: i64) -> bool {
        self.noticed
            .replace(found)
            .is_some_and(|noticed| noticed != found)
    }

    /// One transaction. An error means that the store must stop.
    fn carry_out(&mut self, mut batch: Vec<Box<dyn Job>>) -> Result<(), Stop> {
        let now = self.clock.now();
        let mut signals = match self.begin(now) {
            Ok(signals) => signals,
            Err(error) => return self.give_up(batch, "beginning a transaction", error),
        };
        for neighbours in batch.chunk_by_mut(|a, b| a.repeatable() && b.repeatable()) {
            match self.run_neighbours(neighbours) {
                Ok(of_jobs) => signals.merge(of_jobs),
                Err(error) => {
                    // SQLite gave the whole transaction up (a full disk, say).
                    self.counted = None;
                    let _ = self.conn.execute_batch("ROLLBACK");
                    return self.give_up(batch, "writing", error);
                }
            }
        }
        if batch.iter().any(|job| job.met_damage()) {
            let _ = self.conn.execute_batch("ROLLBACK");
            return self.give_up(batch, "writing", malformed());
        }
        if let Err(error) = execute(&self.conn, "COMMIT") {
            let remedy = remedy(&error).map_or_else(String::new, |remedy| format!("; {remedy}"));
            self.poison
                .stop(format!("a commit failed: {error}{remedy}"));
            fail_all(batch, &Error::database("committing")(error));
            return Err(Stop);
        }
        self.latest = Some(now);
        self.changes.give(&signals);
        for job in batch {
            job.answer();
        }
        Ok(())
    }

    /// Nothing of the batch is durable, and that much is certain. Only a damaged database ends
    /// more than this batch.
    fn give_up(
        &self,
        batch: Vec<Box<dyn Job>>,
        doing: &'static str,
        error: rusqlite::Error,
    ) -> Result<(), Stop> {
        let damage = is_damage(&error);
        let error = Error::database(doing)(error);
        if damage {
            self.poison.stop(error.to_string());
        }
        fail_all(batch, &error);
        if damage { Err(Stop) } else { Ok(()) }
    }

    /// Begins, and takes note of what other processes and the clock did.
    fn begin(&mut self, now: Timestamp) -> rusqlite::Result<Signals> {
        execute(&self.conn, "BEGIN IMMEDIATE")?;
        match self.catch_up(now) {
            Ok(true) => Ok(Signals::everything()),
            Ok(false) => Ok(Signals::default()),
            Err(error) => {
                execute(&self.conn, "ROLLBACK")?;
                Err(error)
            }
        }
    }

    fn catch_up(&mut self, now: Timestamp) -> rusqlite::Result<bool> {
        let set_back = self.latest.and_then(|latest| set_back(latest, now));
        if let Some(by) = set_back {
            wait_no_longer(&self.conn, by)?;
        }
        let found = data_version(&self.conn)?;
        if self.counted != Some(found) {
            self.pending = count_pending(&self.conn)?;
            self.counted = Some(found);
        }
        Ok(self.is_news(found) || set_back.is_some())
    }

    /// Together if that works, otherwise one by one.
    fn run_neighbours(&mut self, jobs: &mut [Box<dyn Job>]) -> rusqlite::Result<Signals> {
        if let Some(signals) = self.in_savepoint(jobs)? {
            return Ok(signals);
        }
        let mut signals = Signals::default();
        if jobs.len() > 1 {
            for job in jobs {
                let of_job = self.in_savepoint(std::slice::from_mut(job))?;
                signals.merge(of_job.unwrap_or_default());
            }
        }
        Ok(signals)
    }

    /// What the jobs want signalled; `None` when one of them failed and nothing of them stays.
    fn in_savepoint(&mut self, jobs: &mut [Box<dyn Job>]) -> rusqlite::Result<Option<Signals>> {
        execute(&self.conn, "SAVEPOINT command")?;
        let mut tx = Tx {
            conn: &self.conn,
            now: self.clock.now(),
            signals: Signals::default(),
            random: &mut self.random,
            pending: &self.pending,
            moved: Vec::new(),
        };
        let stay = jobs.iter_mut().all(|job| job.run(&mut tx));
        let Tx { signals, moved, .. } = tx;
        if self.conn.is_autocommit() {
            return Err(lost());
        }
        if !stay {
            execute(&self.conn, "ROLLBACK TO command")?;
            execute(&self.conn, "RELEASE command")?;
            return Ok(None);
        }
        execute(&self.conn, "RELEASE command")?;
        for (project, by) in moved {
            let count = self.pending.entry(project).or_insert(0);
            *count = count.saturating_add_signed(by);
        }
        Ok(Some(signals))
    }
}

/// The store must stop.
struct Stop;

fn fail_all(batch: Vec<Box<dyn Job>>, error: &Error) {
    tracing::error!(
        error = error as &dyn std::error::Error,
        "a batch of commands failed"
    );
    for job in batch {
        job.fail(error.clone());
    }
}

fn execute(conn: &Connection, sql: &str) -> rusqlite::Result<()> {
    conn.prepare_cached(sql)?.execute([]).map(|_| ())
}

fn data_version(conn: &Connection) -> rusqlite::Result<i64> {
    conn.prepare_cached("PRAGMA data_version")?
        .query_row([], |row| row.get(0))
}

/// From the index of lists alone: a project's pending requests are one range of it. The rows
/// themselves would be read from everywhere in the file, at every start.
fn count_pending(conn: &Connection) -> rusqlite::Result<HashMap<String, u64>> {
    let mut next = conn.prepare_cached(
        "SELECT project FROM requests WHERE project > ?1 AND pruned_at IS NULL
         ORDER BY project LIMIT 1",
    )?;
    let mut count = conn.prepare_cached(
        "SELECT count(*) FROM requests
         WHERE project = ?1 AND status = 'pending' AND pruned_at IS NULL",
    )?;
    let mut pending = HashMap::new();
    // No project is the empty text.
    let mut here = String::new();
    while let Some(project) = next.query_row([&here], |row| row.get(0)).optional()? {
        here = project;
        pending.insert(here.clone(), count.query_row([&here], |row| row.get(0))?);
    }
    Ok(pending)
}

fn lost() -> rusqlite::Error {
    let code = rusqlite::ffi::Error {
        code: ErrorCode::OperationAborted,
        extended_code: 4,
    };
    let text = "the transaction was rolled back by the database".to_owned();
    rusqlite::Error::SqliteFailure(code, Some(text))
}

fn malformed() -> rusqlite::Error {
    rusqlite::Error::SqliteFailure(
        rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CORRUPT),
        None,
    )
}
