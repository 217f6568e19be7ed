//! The seal chain: every event in the one order in which they were committed.

use rusqlite::{Connection, OptionalExtension as _, params};
use signoff_contract::{Digest, EventResource};
use signoff_core::audit;

use crate::events::{COLUMNS, collect};
use crate::writer::Tx;
use crate::{Error, Sealed, Store};

impl Store {
    /// Seals events that are not sealed yet, in the order of their commits, at most `limit`.
    pub async fn seal(&self, limit: u32) -> Result<Sealed, Error> {
        self.write(move |tx| seal(tx, limit)).await
    }

    /// The sequence number of the last seal, 0 when there is none.
    pub async fn last_seal(&self) -> Result<u64, Error> {
        self.read(|conn| Ok(last(conn)?)).await
    }

    /// The hash of the seal with this sequence number; `None` when there is no such seal.
    pub async fn seal_hash(&self, seq: u64) -> Result<Option<Digest>, Error> {
        self.read(move |conn| Ok(hash(conn, seq)?)).await
    }

    /// The sealed events of a project with a sequence number above `after`, in order, at most
    /// `limit`.
    pub async fn sealed_events(
        &self,
        project: &str,
        after: u64,
        limit: u32,
    ) -> Result<Vec<EventResource>, Error> {
        self.export_audit(after, limit, Some(project)).await
    }

    /// The sealed events above `after`, in order, at most `limit`: of one project, or of all
    /// and of the installation.
    pub async fn export_audit(
        &self,
        after: u64,
        limit: u32,
        project: Option<&str>,
    ) -> Result<Vec<EventResource>, Error> {
        let project = project.map(str::to_owned);
        self.read(move |conn| {
            let condition = if project.is_some() {
                "s.project = ?3 AND"
            } else {
                "?3 IS NULL AND"
            };
            let sql = format!(
                "SELECT {COLUMNS} FROM seals s JOIN events e ON e.position = s.event
                 LEFT JOIN requests r ON r.n = e.chain
                 WHERE {condition} s.seq > ?1 ORDER BY s.seq LIMIT ?2"
            );
            let mut statement = conn.prepare_cached(&sql)?;
            collect(&mut statement, params![after, limit, project])
        })
        .await
    }
}

/// The sequence number of the last seal.
pub(crate) fn last(conn: &Connection) -> rusqlite::Result<u64> {
    conn.prepare_cached("SELECT coalesce(max(seq), 0) FROM seals")?
        .query_row([], |row| row.get(0))
}

/// The hash of a seal.
pub(crate) fn hash(conn: &Connection, seq: u64) -> rusqlite::Result<Option<Digest>> {
    let hash: Option<[u8; 32]> = conn
        .prepare_cached("SELECT hash FROM seals WHERE seq = ?1")?
        .query_row([seq], |row| row.get(0))
        .optional()?;
    Ok(hash.map(Digest::from_bytes))
}

fn seal(tx: &mut Tx<'_>, limit: u32) -> Result<Sealed, Error> {
    let head: Option<(u64, i64, [u8; 32])> = tx
        .conn
        .prepare_cached("SELECT seq, event, hash FROM seals ORDER BY seq DESC LIMIT 1")?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    let (mut seq, position) = head.map_or((0, 0), |(seq, event, _)| (seq, event));
    let mut previous = head.map(|(_, _, hash)| Digest::from_bytes(hash));
    let mut sealed = 0;
    let mut unsealed = tx.conn.prepare_cached(
        "SELECT e.position, e.hash, r.project FROM events e LEFT JOIN requests r ON r.n = e.chain
         WHERE e.position > ?1 ORDER BY e.position LIMIT ?2",
    )?;
    let mut insert = tx
        .conn
        .prepare_cached("INSERT INTO seals (seq, event, project, hash) VALUES (?1, ?2, ?3, ?4)")?;
    let mut rows = unsealed.query(params![position, limit])?;
    while let Some(row) = rows.next()? {
        let (event, hash): (i64, [u8; 32]) = (row.get(0)?, row.get(1)?);
        let project: Option<String> = row.get(2)?;
        seq += 1;
        let digest = audit::seal(previous, seq, Digest::from_bytes(hash));
        insert.execute(params![seq, event, project, digest.as_bytes()])?;
        previous = Some(digest);
        sealed += 1;
    }
    tx.signals.sealed = seq;
    // Another step may find more.
    tx.signals.events |= sealed == limit && limit > 0;
    Ok(Sealed { last: seq, sealed })
}
