//! Making sure that what the WAL seems to hold is on the disk, before anything stands on it.
//!
//! When a sync fails, Linux takes the pages that it could not write for written: readers go on
//! seeing them, later syncs succeed, and only a power failure shows that they are not on the disk.
//! The service stops at a failed commit, but the next one finds that commit in the WAL, appends to
//! it, and everything it acknowledges would be lost with it: recovery reads up to the first hole.
//! Writing the same bytes again makes those pages dirty, so that the sync that follows is true.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind};
use std::path::Path;

use rusqlite::Connection;

use crate::Error;

/// How much is written at once.
const CHUNK: usize = 1 << 18;

/// Writes the WAL over itself and syncs it. After a clean stop there is none; after a crash it is
/// small (see `prepare_writing`).
pub(crate) fn write_again(conn: &Connection, database: &Path) -> Result<(), Error> {
    let mut name = database.as_os_str().to_owned();
    name.push("-wal");
    let doing = "writing its log again";
    // Nobody else appends to it, or begins it anew, while this transaction is open.
    conn.execute_batch("BEGIN IMMEDIATE")
        .map_err(Error::open(database, doing))?;
    let written = match OpenOptions::new().read(true).write(true).open(&name) {
        Ok(wal) => over_itself(&wal),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    };
    let ended = conn.execute_batch("ROLLBACK");
    written.map_err(Error::open(Path::new(&name), doing))?;
    ended.map_err(Error::open(database, doing))
}

#[cfg(unix)]
fn over_itself(wal: &File) -> io::Result<()> {
    use std::os::unix::fs::FileExt as _;
    let mut chunk = vec![0; CHUNK];
    let mut at = 0;
    loop {
        let read = wal.read_at(&mut chunk, at)?;
        if read == 0 {
            break;
        }
        wal.write_all_at(&chunk[..read], at)?;
        at += read as u64;
    }
    if at > 0 { wal.sync_all() } else { Ok(()) }
}

/// Elsewhere a failed sync is not forgotten like this.
#[cfg(not(unix))]
fn over_itself(_: &File) -> io::Result<()> {
    Ok(())
}
