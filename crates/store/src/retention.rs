//! Retention: deleting what old requests said.
//!
//! A request is pruned when it has ended, nothing of it is under way any more (no card to be
//! updated, no callback to be sent), and its audit has recorded nothing for the whole period. What
//! goes: its texts and arguments, digests, outcome, answers, prompts, callback and attempts. What
//! stays: a tombstone, which keeps the name taken and tells a repeated submit for ever, and the
//! audit, which says when it was pruned.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, params};
use serde_json::json;
use signoff_contract::{CorrelationId, RequestId, Status};
use signoff_core::audit::{Actor, Entry};

use crate::codec::{correlation_id, millis, status, time};
use crate::writer::Tx;
use crate::{Error, Key, Pruned, Store, Tombstone, events, rows};

/// What the audit calls it.
pub(crate) const EVENT: &str = "request.pruned";
/// How many rows one step looks at.
const LOOK_AT: usize = 5_000;

/// What a reader found.
struct Found {
    prunable: Vec<i64>,
    first_kept: Option<i64>,
    next: Option<i64>,
}

impl Store {
    /// Prunes up to `limit` requests behind row `after` (0: from the start) of which the audit
    /// recorded nothing later than `quiet_since`. One transaction: a kill leaves all of it or none.
    pub async fn prune(
        &self,
        after: i64,
        quiet_since: Timestamp,
        limit: u32,
    ) -> Result<Pruned, Error> {
        // Readers search, so that the writer has only to delete.
        let found = self
            .read(move |conn| find(conn, after, quiet_since, limit))
            .await?;
        let Found {
            prunable,
            mut first_kept,
            next,
        } = found;
        let (Some(&first), wanted) = (prunable.first(), prunable.len()) else {
            return Ok(Pruned {
                pruned: 0,
                first_kept,
                next,
            });
        };
        let pruned = self
            .write(move |tx| prune(tx, &prunable, quiet_since))
            .await?;
        if usize::try_from(pruned).is_ok_and(|pruned| pruned < wanted) {
            // Some stayed after all; which does not matter.
            first_kept = Some(first_kept.map_or(first, |row| row.min(first)));
        }
        Ok(Pruned {
            pruned,
            first_kept,
            next,
        })
    }

    /// Forgets the conversations that have lapsed; how many.
    pub async fn forget_lapsed_conversations(&self) -> Result<u64, Error> {
        self.write(|tx| {
            let gone = tx
                .conn
                .prepare_cached("DELETE FROM conversations WHERE expires_at <= ?1")?
                .execute([millis(tx.now)])?;
            Ok(u64::try_from(gone).unwrap_or(u64::MAX))
        })
        .await
    }

    /// What is left of a request that was pruned; `None` when none of that name was.
    pub async fn tombstone(&self, key: &Key) -> Result<Option<Tombstone>, Error> {
        let key = key.clone();
        self.read(move |conn| match rows::find_any(conn, &key)? {
            None => Ok(None),
            Some(n) => tombstone(conn, n),
        })
        .await
    }
}

/// The tombstone in this row; `None` when the request was not pruned.
pub(crate) fn tombstone(conn: &Connection, n: i64) -> Result<Option<Tombstone>, Error> {
    let row: Option<([u8; 16], String, i64)> = conn
        .prepare_cached(
            "SELECT id, status, pruned_at FROM requests WHERE n = ?1 AND pruned_at IS NOT NULL",
        )?
        .query_row([n], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    row.map(|(id, word, at)| {
        Ok(Tombstone {
            id: RequestId::from_bytes(id),
            status: status(&word)?,
            pruned_at: time(at)?,
        })
    })
    .transpose()
}

/// Goes up the rows, which are in the order of submission, until they are too young.
fn find(conn: &Connection, after: i64, quiet_since: Timestamp, limit: u32) -> Result<Found, Error> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let mut statement = conn.prepare_cached(
        "SELECT n, created_at FROM requests NOT INDEXED
         WHERE n > ?1 AND pruned_at IS NULL ORDER BY n",
    )?;
    let mut rows = statement.query([after])?;
    let mut found = Found {
        prunable: Vec::new(),
        first_kept: None,
        next: None,
    };
    let mut looked_at = 0;
    while let Some(row) = rows.next()? {
        let (n, created_at): (i64, i64) = (row.get(0)?, row.get(1)?);
        if created_at > millis(quiet_since) {
            found.first_kept.get_or_insert(n);
            break;
        }
        if is_prunable(conn, n, quiet_since)? {
            found.prunable.push(n);
        } else {
            found.first_kept.get_or_insert(n);
        }
        looked_at += 1;
        if found.prunable.len() >= limit || looked_at >= LOOK_AT {
            found.next = Some(n);
            break;
        }
    }
    Ok(found)
}

/// Without events there is nothing that says how old it is: such a row was tampered with, and the
/// check of the audit is to find it.
fn is_prunable(conn: &Connection, n: i64, quiet_since: Timestamp) -> Result<bool, Error> {
    let prunable: Option<Option<bool>> = conn
        .prepare_cached(
            "SELECT r.status <> 'pending'
                 AND NOT EXISTS (SELECT 1 FROM prompts p
                                 WHERE p.request = r.n AND p.due_at IS NOT NULL)
                 AND NOT EXISTS (SELECT 1 FROM callbacks c
                                 WHERE c.request = r.n
                                       AND (c.state = 'due' OR c.due_at IS NOT NULL))
                 AND (SELECT e.at FROM events e WHERE e.chain = r.n
                      ORDER BY e.number DESC LIMIT 1) <= ?2
             FROM requests r WHERE r.n = ?1 AND r.pruned_at IS NULL",
        )?
        .query_row(params![n, millis(quiet_since)], |row| row.get(0))
        .optional()?;
    Ok(prunable.flatten().unwrap_or(false))
}

fn prune(tx: &mut Tx<'_>, found: &[i64], quiet_since: Timestamp) -> Result<u32, Error> {
    // What is deleted is overwritten, too; elsewhere that would only cost.
    overwrite_deleted(tx.conn, "ON")?;
    let mut pruned = 0;
    for &n in found {
        // Something may have happened to it since the reader looked.
        if !is_prunable(tx.conn, n, quiet_since)? {
            continue;
        }
        match tx.step(|tx| prune_one(tx, n))? {
            Ok(()) => pruned += 1,
            Err(error) => {
                let error: &dyn std::error::Error = &error;
                tracing::error!(
                    row = n,
                    error,
                    "a request that cannot be pruned was passed over"
                );
            }
        }
    }
    overwrite_deleted(tx.conn, "OFF")?;
    Ok(pruned)
}

fn overwrite_deleted(conn: &Connection, how: &str) -> Result<(), Error> {
    Ok(conn.pragma_update_and_check(None, "secure_delete", how, |_| Ok(()))?)
}

fn prune_one(tx: &mut Tx<'_>, n: i64) -> Result<(), Error> {
    let (id, project, name, status) = subject(tx.conn, n)?;
    for sql in [
        "DELETE FROM attempts WHERE callback IN (SELECT n FROM callbacks WHERE request = ?1)",
        "DELETE FROM callback_bodies WHERE callback IN (SELECT n FROM callbacks WHERE request = ?1)",
        "DELETE FROM callbacks WHERE request = ?1",
        "DELETE FROM prompts WHERE request = ?1",
        "DELETE FROM answers WHERE request = ?1",
    ] {
        tx.conn.prepare_cached(sql)?.execute([n])?;
    }
    let changed = tx
        .conn
        .prepare_cached(
            "UPDATE requests SET pruned_at = ?2, route = '', submitted_by = '',
                    submitted_for = NULL, remind_at = NULL, claimed_at = NULL,
                    intent_digest = NULL, view_digest = NULL, masked = '', state = '',
                    execution = NULL, submission = '', dialect = NULL, pending_name = NULL
             WHERE n = ?1",
        )?
        .execute(params![n, millis(tx.now)])?;
    rows::expect_one(changed, "a request")?;
    let entry = Entry {
        event_type: EVENT.to_owned(),
        actor: Actor::system("retention"),
        approval_state: Some(status),
        payload: json!({}),
    };
    events::append(tx, n, (id, &project, &name), vec![entry])
}

fn subject(conn: &Connection, n: i64) -> Result<(RequestId, String, CorrelationId, Status), Error> {
    let (id, project, name, word): ([u8; 16], String, String, String) = conn
        .prepare_cached("SELECT id, project, correlation_id, status FROM requests WHERE n = ?1")?
        .query_row([n], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
        })?;
    let (name, status) = (correlation_id(&name)?, status(&word)?);
    Ok((RequestId::from_bytes(id), project, name, status))
}
