//! Backups: a copy of the whole database at one moment, made while the service goes on.
//!
//! `SQLite`'s backup interface copies pages out of one read transaction, so that the copy is of one
//! moment, whatever is written meanwhile; writers do not wait for it, only the write-ahead log
//! grows until it is done. The copy is checked before it gets its name, and gets it at once or not
//! at all. The database is opened to read alone, and its form does not matter: an old one is not
//! brought up to date, and a newer one can be copied too.

use std::fs::File;
use std::io;
use std::path::Path;

use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};
use signoff_contract::Digest;

use crate::open::{self, Found};
use crate::{Error, migrate};

/// How many pages are copied between two calls of `progress`.
const PAGES: std::ffi::c_int = 1_024;

/// What a backup holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackedUp {
    /// Its size.
    pub bytes: u64,
    /// The version of the database.
    pub version: u32,
    /// What was counted in it; `None` in one that this program does not know.
    pub contents: Option<Contents>,
}

/// What was counted in a backup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contents {
    /// Requests, those that were pruned included.
    pub requests: u64,
    /// How many of them are pending.
    pub pending: u64,
    /// Events of the audit.
    pub events: u64,
    /// The last seal: sequence number and hash.
    pub last_seal: Option<(u64, Digest)>,
}

/// Copies the database to `target`, which must not be there. `progress` hears how many pages are
/// done, of how many.
///
/// # Errors
/// [`Error::Backup`], [`Error::Damaged`], and what opening the database can answer. There is no
/// `target` then.
pub fn backup(
    database: &Path,
    target: &Path,
    progress: impl FnMut(u64, u64),
) -> Result<BackedUp, Error> {
    let Found::Version(version) = open::inspect(database)? else {
        let nothing = io::Error::from(io::ErrorKind::NotFound);
        return Err(Error::open(database, "to copy it")(nothing));
    };
    if target.exists() {
        let exists = io::Error::from(io::ErrorKind::AlreadyExists);
        return Err(Error::backup(target, "it never overwrites")(exists));
    }
    let folder = match target.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    // For its owner's eyes alone; removed again unless it gets its name.
    let copy = tempfile::Builder::new()
        .prefix(".signoff-backup-")
        .tempfile_in(folder)
        .map_err(Error::backup(target, "making a file in its folder"))?;
    pages(database, target, copy.path(), progress)?;
    let contents = check(database, target, copy.path(), version)?;
    let failed = |doing| Error::backup::<io::Error>(target, doing);
    copy.as_file()
        .sync_all()
        .map_err(failed("syncing it to the disk"))?;
    let file = copy
        .persist_noclobber(target)
        .map_err(|error| failed("giving it its name")(error.error))?;
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(failed("syncing its folder to the disk"))?;
    let bytes = file
        .metadata()
        .map_err(failed("looking at its size"))?
        .len();
    Ok(BackedUp {
        bytes,
        version,
        contents,
    })
}

/// Copies page by page, out of one snapshot.
fn pages(
    database: &Path,
    target: &Path,
    copy: &Path,
    mut progress: impl FnMut(u64, u64),
) -> Result<(), Error> {
    let failed = |doing| Error::backup::<rusqlite::Error>(target, doing);
    let conn = open::read_only(database)?;
    let snapshot = conn.unchecked_transaction()?;
    // The snapshot begins with the first read.
    snapshot.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
    let mut to = Connection::open(copy).map_err(failed("opening the copy"))?;
    // It is synced once, when it is whole.
    to.pragma_update(None, "synchronous", "OFF")
        .map_err(failed("setting the copy up"))?;
    let backup = Backup::new(&snapshot, &mut to).map_err(failed("beginning to copy"))?;
    loop {
        let step = backup.step(PAGES).map_err(failed("copying"))?;
        let at = backup.progress();
        let (left, all) = (unsigned(at.remaining), unsigned(at.pagecount));
        progress(all.saturating_sub(left), all);
        match step {
            StepResult::Done => return Ok(()),
            StepResult::More => {}
            _ => {
                let busy = io::Error::from(io::ErrorKind::ResourceBusy);
                return Err(Error::backup(target, "copying")(busy));
            }
        }
    }
}

fn unsigned(pages: std::ffi::c_int) -> u64 {
    u64::try_from(pages).unwrap_or(0)
}

/// Makes the copy one file that needs no companions, checks it, and counts what is in it.
fn check(
    database: &Path,
    target: &Path,
    copy: &Path,
    version: u32,
) -> Result<Option<Contents>, Error> {
    let failed = |doing| Error::backup::<rusqlite::Error>(target, doing);
    let conn = Connection::open(copy).map_err(failed("opening the copy"))?;
    conn.pragma_update_and_check(None, "journal_mode", "DELETE", |_| Ok(()))
        .map_err(failed("making it one file"))?;
    let found: String = conn
        .pragma_query_value(None, "integrity_check", |row| row.get(0))
        .map_err(failed("checking it"))?;
    if found != "ok" {
        return Err(Error::damaged(database, &found));
    }
    if version > migrate::known() {
        return Ok(None);
    }
    let count = |sql| -> Result<u64, Error> {
        conn.query_row(sql, [], |row| row.get(0))
            .map_err(failed("counting what is in it"))
    };
    let seq = crate::seals::last(&conn)?;
    let last_seal = crate::seals::hash(&conn, seq)?.map(|hash| (seq, hash));
    Ok(Some(Contents {
        requests: count("SELECT count(*) FROM requests")?,
        pending: count("SELECT count(*) FROM requests WHERE status = 'pending'")?,
        events: count("SELECT count(*) FROM events")?,
        last_seal,
    }))
}
