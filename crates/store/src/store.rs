//! The handle: opening, the queue to the writer, the queue to the readers.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use rusqlite::{Connection, OpenFlags};
use tokio::sync::{oneshot, watch};

use crate::open::{self, Found};
use crate::readers::Readers;
use crate::writer::{Job, Poison, Repeatable, Task, Tx, Writer};
use crate::{Changes, Clock, Error, StoreSecrets, migrate, secrets};

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
        // Nobody changes the form of a database under a service that runs.
        let alone = match open::look(path)? {
            Found::Version(found) if found < migrate::known() => Some(open::lock(path)?),
            _ => None,
        };
        open::create_private(path)?;
        let mut conn = open::connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        open::prepare_writing(&conn).map_err(Error::open(path, "setting it up"))?;
        migrate::migrate(path, &mut conn)?;
        drop(alone);
        let secrets = secrets::read_or_make(&mut conn, clock.now(), &mut random)?;
        let last_seal = crate::seals::last(&conn)?;
        let changes = Arc::new(Changes::new(last_seal));
        let poison = Arc::new(Poison::new());
        let readers = start_readers(path)?;
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

    /// Opens the database at `path` to read alone: of this program's version, or of a newer
    /// program that says that this one can still read it. Nothing is made, changed or brought up
    /// to date; every command that would write answers [`Error::ReadOnly`].
    ///
    /// # Errors
    /// [`Error::Open`], [`Error::Damaged`], [`Error::NewerDatabase`], [`Error::OlderDatabase`].
    pub fn open_read_only(path: &Path, clock: Clock) -> Result<Self, Error> {
        let known = migrate::known();
        match open::look(path) {
            Ok(Found::Version(found)) if found < known => {
                return Err(Error::OlderDatabase { found, known });
            }
            Ok(Found::Version(_)) | Err(Error::NewerDatabase { readable: true, .. }) => {}
            Ok(Found::Nothing | Found::Empty) => {
                return Err(Error::open(path, "to read alone")(std::io::Error::from(
                    std::io::ErrorKind::NotFound,
                )));
            }
            Err(error) => return Err(error),
        }
        let conn = open::read_only(path)?;
        let shared = Shared {
            path: path.to_owned(),
            clock,
            secrets: secrets::read_all(&conn)?,
            changes: Arc::new(Changes::new(crate::seals::last(&conn)?)),
            poison: Arc::new(Poison::new()),
            readers: Some(start_readers(path)?),
            writes: None,
            writer: None,
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
        let mut held = self
            .shared
            .service
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if held.is_some() {
            return Ok(());
        }
        *held = Some(open::lock(&self.shared.path)?);
        // Before the service runs: nobody else writes much, and the caller waits anyway.
        let path = &self.shared.path;
        let conn = open::connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        crate::wal::write_again(&conn, path)?;
        crate::leases::clear(&conn).map_err(Error::open(path, "taking leases back"))?;
        crate::leases::catch_up_with_clock(&conn, self.shared.clock.now())
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
        let writes = self.shared.writes.as_ref().ok_or(Error::ReadOnly)?;
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
        let result = answer.await.unwrap_or_else(|_| {
            Err(Error::Unavailable {
                doing: "a read broke off",
                source: None,
            })
        });
        if let Err(error @ Error::Damaged { .. }) = &result {
            // Whatever else it says cannot be trusted either.
            self.shared.poison.stop(error.to_string());
        }
        result
    }

    /// A connection of one's own for a long read.
    pub(crate) fn own_connection(&self) -> Result<Connection, Error> {
        open::read_only(&self.shared.path)
    }
}

fn start_readers(path: &Path) -> Result<Readers, Error> {
    let readers = std::thread::available_parallelism().map_or(2, |cores| cores.get().clamp(2, 8));
    let connections = (0..readers)
        .map(|_| open::read_only(path))
        .collect::<Result<Vec<_>, _>>()?;
    Readers::start(connections).map_err(Error::open(path, "starting its threads"))
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
