//! Opening the database file: what it is, before anything of it is changed, and connections to it.

use std::ffi::OsString;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, OptionalExtension as _};

use crate::{Error, migrate};

/// How long a connection waits for another process's write lock.
const BUSY: Duration = Duration::from_secs(5);
/// The most prepared statements a connection keeps.
const STATEMENTS: usize = 128;
/// What every write-ahead log begins with, in either byte order of its checksums. All zeros are
/// what a power loss leaves of a log whose first sync had not come.
const LOG_HEADERS: [[u8; 4]; 3] = [[0x37, 0x7f, 0x06, 0x82], [0x37, 0x7f, 0x06, 0x83], [0; 4]];

/// What lies at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Found {
    /// Nothing yet.
    Nothing,
    /// A database that was made and has no tables yet.
    Empty,
    /// One of a program that knew versions up to this.
    Version(u32),
}

/// Looks what is at the path, without changing anything that was committed, and refuses what is
/// damaged, is not ours, or is newer than this program.
pub(crate) fn look(path: &Path) -> Result<Found, Error> {
    let found = inspect(path)?;
    match found {
        Found::Version(found) if found > migrate::known() => {
            let readable = readable_from(path)? <= migrate::known();
            Err(Error::NewerDatabase {
                found,
                known: migrate::known(),
                readable,
            })
        }
        found => Ok(found),
    }
}

/// The same, also of a newer program. `SQLite` itself would take an empty file for a new database
/// and forget a log that it cannot read, with everything in it.
pub(crate) fn inspect(path: &Path) -> Result<Found, Error> {
    let length = match std::fs::metadata(path) {
        Ok(metadata) => metadata.len(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => 0,
        Err(error) => return Err(Error::open(path, "looking at it")(error)),
    };
    let log = beside(path, "-wal");
    let log_begin = beginning(&log)?;
    if length == 0 {
        let lost = match (log_begin, path.exists() && beside(path, ".lock").exists()) {
            (Some(_), _) => "it is missing or empty, and its -wal is there",
            (None, true) => "it is empty, and a service ran on it before",
            (None, false) => return Ok(Found::Nothing),
        };
        return Err(Error::damaged(path, lost));
    }
    if log_begin.is_some_and(|begin| !LOG_HEADERS.contains(&begin)) {
        return Err(Error::damaged(&log, "it does not begin as a -wal does"));
    }
    let failed = |doing| Error::open::<rusqlite::Error>(path, doing);
    // Before a database has its log, an interrupted change of it lies in a rollback journal, and
    // nobody can read anything until that change is undone. Nothing that was committed goes.
    let access = if beside(path, "-journal").exists() {
        OpenFlags::SQLITE_OPEN_READ_WRITE
    } else {
        OpenFlags::SQLITE_OPEN_READ_ONLY
    };
    let conn = connect(path, access)?;
    let version: u32 = conn
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .map_err(failed("reading its version"))?;
    let tables: u32 = conn
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
        .map_err(failed("reading its schema"))?;
    match (version, tables) {
        (0, 0) => Ok(Found::Empty),
        (0, _) => Err(Error::NotOurs {
            path: path.to_owned(),
        }),
        (version, _) => Ok(Found::Version(version)),
    }
}

/// The oldest version whose program can read this newer database; none can when it does not say.
fn readable_from(path: &Path) -> Result<u32, Error> {
    let conn = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let sql = "SELECT value FROM state WHERE scope = 'store' AND key = 'readable_from'";
    let value: Option<String> = conn
        .query_row(sql, [], |row| row.get(0))
        .optional()
        .map_err(Error::open(path, "reading who can read it"))?;
    Ok(value
        .and_then(|value| value.parse().ok())
        .unwrap_or(u32::MAX))
}

/// A companion of the database: the same name with something behind it.
pub(crate) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name: OsString = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

/// The first bytes of a file; `None` when there are none.
fn beginning(path: &Path) -> Result<Option<[u8; 4]>, Error> {
    let failed = Error::open::<std::io::Error>(path, "reading its beginning");
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error)),
    };
    let mut begin = Vec::with_capacity(4);
    file.take(4).read_to_end(&mut begin).map_err(failed)?;
    if begin.is_empty() {
        return Ok(None);
    }
    // A file that is shorter is nothing that begins well.
    begin.resize(4, 0xff);
    Ok(begin.try_into().ok())
}

/// The lock of the one service; `None` while another process holds it.
pub(crate) fn lock(path: &Path) -> Result<File, Error> {
    let lock = beside(path, ".lock");
    let file = private()
        .open(&lock)
        .map_err(Error::open(&lock, "opening the lock file"))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Error::Locked { lock }),
        Err(TryLockError::Error(error)) => Err(Error::open(&lock, "locking it")(error)),
    }
}

/// The database holds secrets and what people wrote: for its owner's eyes alone. `SQLite` gives
/// the files beside it the same permissions.
pub(crate) fn create_private(path: &Path) -> Result<(), Error> {
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

/// A connection that can only read.
pub(crate) fn read_only(path: &Path) -> Result<Connection, Error> {
    let conn = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    conn.pragma_update(None, "cache_size", -16_384)
        .map_err(Error::open(path, "setting it up"))?;
    Ok(conn)
}

/// Without the planner's stability guarantee (QPSG), `SQLite` would plan by the values that are
/// bound, and compile a statement with `LIMIT ?` again each time it runs.
pub(crate) fn connect(path: &Path, access: OpenFlags) -> Result<Connection, Error> {
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
pub(crate) fn prepare_writing(conn: &Connection) -> rusqlite::Result<()> {
    conn.execute_batch(
        "PRAGMA journal_mode = WAL;
         PRAGMA synchronous = FULL;
         PRAGMA fullfsync = ON;
         PRAGMA checkpoint_fullfsync = ON;
         PRAGMA cache_size = -24576;
         PRAGMA wal_autocheckpoint = 4000;
         PRAGMA journal_size_limit = 67108864;",
    )
}
