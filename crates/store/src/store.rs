//! The handle: opening, the queue to the writer, the queue to the readers.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use tokio::sync::{oneshot, watch};

use crate::readers::Readers;
use crate::writer::{Job, Poison, Repeatable, Task, Tx, Writer};
use crate::{Changes, Clock, Error, StoreSecrets, migrate, secrets};

/// How long a connection waits for another process's write lock.
const BUSY: Duration = Duration::from_secs(5);
/// The most prepared statements a connection keeps.
const STATEMENTS: usize = 128;

/// The store: a cheap handle whose methods are commands, each one transaction.
///
/// Every command answers after its commit returned; an error means that nothing of it is
/// durable, with the one exception that [`Error::Unavailable`] documents. The threads behind
/// the handle end when its last clone is dropped.
#[derive(Clone)]
pub struct Store {
    shared: Arc<Shared>,
}

struct Shared {
    path: PathBuf,
    clock: Clock,
    secrets: StoreSecrets,
    changes: Arc<Changes>,
    poison: Arc<Poison>,
    /// `None` only while it is being dropped.
    readers: Option<Readers>,
    writes: Option<Sender<Box<dyn Job>>>,
    writer: Option<JoinHandle<()>>,
    /// Held for the store's life by the one service; released last.
    service: Mutex<Option<File>>,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Store").field(&self.shared.path).finish()
    }
}

impl Store {
    /// Opens the database at `path`, making it when there is none, and brings it up to date.
    /// `random` must fill its argument with bytes that nobody can guess: the store's secrets
    /// come from it when the database is made, later the identifiers of callbacks.
    ///
    /// # Errors
    /// [`Error::Open`], and [`Error::NewerDatabase`] for the database of a newer Signoff.
    pub fn open(
        path: &Path,
        clock: Clock,
        random: impl FnMut(&mut [u8]) + Send + 'static,
    ) -> Result<Self, Error> {
        let mut random: crate::writer::Random = Box::new(random);
        create_private(path)?;
        let mut conn = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        prepare_writing(&conn).map_err(Error::open(path, "setting it up"))?;
        migrate::migrate(path, &mut conn)?;
        let secrets = secrets::read_or_make(&mut conn, clock.now(), &mut random)?;
        let last_seal = crate::seals::last(&conn)?;
        let changes = Arc::new(Changes::new(last_seal));
        let poison = Arc::new(Poison::new());
        let readers =
            std::thread::available_parallelism().map_or(2, |cores| cores.get().clamp(2, 8));
        let connections = (0..readers)
            .map(|_| Self::read_only(path))
            .collect::<Result<Vec<_>, _>>()?;
        let readers =
            Readers::start(connections).map_err(Error::open(path, "starting its threads"))?;
        let (sender, queue) = channel();
        let state = Writer::new(
            conn,
            clock.clone(),
            random,
            Arc::clone(&changes),
            Arc::clone(&poison),
        );
        let writer = std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || state.serve(&queue))
            .map_err(Error::open(path, "starting its threads"))?;
        let shared = Shared {
            path: path.to_owned(),
            clock,
            secrets,
            changes,
            poison,
            readers: Some(readers),
            writes: Some(sender),
            writer: Some(writer),
            service: Mutex::new(None),
        };
        Ok(Self {
            shared: Arc::new(shared),
        })
    }

    /// Makes this store the one service on its database, until it is dropped, and takes back
    /// every lease: whoever held one is gone, so a `kill -9` costs no waiting. The command
    /// line opens the database without this.
    ///
    /// # Errors
    /// [`Error::Locked`] while another service holds the lock.
    pub fn lock_for_service(&self) -> Result<(), Error> {
        let mut name = self.shared.path.clone().into_os_string();
        name.push(".lock");
        let lock = PathBuf::from(name);
        let mut held = self
            .shared
            .service
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if held.is_some() {
            return Ok(());
        }
        let file = private()
            .open(&lock)
            .map_err(Error::open(&lock, "opening the lock file"))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(Error::Locked { lock }),
            Err(TryLockError::Error(error)) => {
                return Err(Error::open(&lock, "locking it")(error));
            }
        }
        *held = Some(file);
        // Before the service runs: nobody else writes much, and the caller waits anyway.
        let path = &self.shared.path;
        let conn = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        crate::wal::write_again(&conn, path)?;
        crate::leases::clear(&conn).map_err(Error::open(path, "taking leases back"))
    }

    /// The secrets that the store made for itself.
    pub fn secrets(&self) -> &StoreSecrets {
        &self.shared.secrets
    }

    /// The clock that decides.
    pub fn clock(&self) -> &Clock {
        &self.shared.clock
    }

    /// Signals, given after the commit of what they tell of.
    pub fn changes(&self) -> &Changes {
        &self.shared.changes
    }

    /// Becomes `Some(cause)` when a commit failed or the writer died. All later commands fail;
    /// the process must exit with a failure code, because what is durable is unknown until the
    /// database is opened again.
    pub fn fatal(&self) -> watch::Receiver<Option<String>> {
        self.shared.poison.subscribe()
    }

    /// Runs `command` in the writer's next transaction; what it did is undone if it fails.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        command: impl FnOnce(&mut Tx<'_>) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let (reply, answer) = oneshot::channel();
        self.enqueue(Box::new(Task::new(command, reply)))?;
        answer.await.unwrap_or_else(|_| Err(Error::stopped()))
    }

    /// The same for a command that only reads what it works `on`, which is cheaper in a crowd.
    pub(crate) async fn write_repeatable<S: Send + 'static, T: Send + 'static>(
        &self,
        on: S,
        command: fn(&S, &mut Tx<'_>) -> Result<T, Error>,
    ) -> Result<(S, T), Error> {
        let (reply, answer) = oneshot::channel();
        self.enqueue(Box::new(Repeatable::new(on, command, reply)))?;
        answer.await.unwrap_or_else(|_| Err(Error::stopped()))
    }

    fn enqueue(&self, job: Box<dyn Job>) -> Result<(), Error> {
        let writes = self.shared.writes.as_ref().ok_or_else(Error::stopped)?;
        writes.send(job).map_err(|_| Error::stopped())
    }

    /// Runs `query` on a reader, in one snapshot.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        query: impl FnOnce(&Connection) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let (reply, answer) = oneshot::channel();
        let readers = self.shared.readers.as_ref().ok_or_else(Error::stopped)?;
        readers.send(Box::new(move |conn| {
            let result = conn
                .unchecked_transaction()
                .map_err(Error::from)
                .and_then(|snapshot| query(&snapshot));
            let _ = reply.send(result);
        }));
        answer.await.unwrap_or_else(|_| {
            Err(Error::Unavailable {
                doing: "a read broke off",
                source: None,
            })
        })
    }

    /// A connection of one's own for a long read.
    pub(crate) fn own_connection(&self) -> Result<Connection, Error> {
        Self::read_only(&self.shared.path)
    }

    fn read_only(path: &Path) -> Result<Connection, Error> {
        let conn = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        conn.pragma_update(None, "cache_size", -16_384)
            .map_err(Error::open(path, "setting it up"))?;
        Ok(conn)
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.readers = None;
        self.writes = None;
        if let Some(writer) = self.writer.take() {
            // It never panics: it catches and reports.
            let _ = writer.join();
        }
    }
}

/// The database holds secrets and what people wrote: for its owner's eyes alone. `SQLite` gives
/// the files beside it the same permissions.
fn create_private(path: &Path) -> Result<(), Error> {
    private()
        .open(path)
        .map(drop)
        .map_err(Error::open(path, "making the file"))
}

fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.create(true).write(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Without the planner's stability guarantee (QPSG), `SQLite` would plan by the values that are
/// bound, and compile a statement with `LIMIT ?` again each time it runs.
fn connect(path: &Path, access: OpenFlags) -> Result<Connection, Error> {
    let flags = access | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags).map_err(Error::open(path, "opening it"))?;
    conn.set_prepared_statement_cache_capacity(STATEMENTS);
    conn.busy_timeout(BUSY)
        .and_then(|()| conn.execute_batch("PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY;"))
        .and_then(|()| {
            conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)
                .map(drop)
        })
        .map_err(Error::open(path, "setting it up"))?;
    Ok(conn)
}

/// `temp_store` (set for all) keeps the savepoints' undo journals in memory. The WAL is folded
/// back every 16 MiB rather than every 4, because that is when a commit waits for two syncs.
fn prepare_writing(conn: &Connection) -> rusqlite::Result<()> {
    conn.execute_batch(
        "PRAGMA journal_mode = WAL;
         PRAGMA synchronous = FULL;
         PRAGMA fullfsync = ON;
         PRAGMA checkpoint_fullfsync = ON;
         PRAGMA cache_size = -65536;
         PRAGMA wal_autocheckpoint = 4000;
         PRAGMA journal_size_limit = 67108864;",
    )
}
