//! The inbox: updates of channels, committed before they are confirmed to the sender.

use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, params};

use crate::codec::{millis, time};
use crate::{Error, InboxRow, Store};

impl Store {
    /// Commits updates, `(key, payload)`; a key that the channel had before is passed over.
    /// How many were new.
    pub async fn inbox_put(
        &self,
        channel: &str,
        updates: Vec<(String, String)>,
    ) -> Result<u32, Error> {
        let channel = channel.to_owned();
        self.write(move |tx| {
            let mut insert = tx.conn.prepare_cached(
                "INSERT INTO inbox (channel, key, payload, received_at) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (channel, key) DO NOTHING",
            )?;
            let mut new = 0;
            for (key, payload) in &updates {
                let inserted = insert.execute(params![channel, key, payload, millis(tx.now)])?;
                new += u32::from(inserted == 1);
            }
            tx.signals.inbox |= new > 0;
            Ok(new)
        })
        .await
    }

    /// The channel's rows that are not done, with an id above `after`, in order.
    pub async fn inbox_take(
        &self,
        channel: &str,
        limit: u32,
        after: i64,
    ) -> Result<Vec<InboxRow>, Error> {
        let channel = channel.to_owned();
        self.read(move |conn| {
            let mut statement = conn.prepare_cached(
                "SELECT id, key, payload, received_at, attempts FROM inbox
                 WHERE channel = ?1 AND id > ?2 AND done_at IS NULL ORDER BY id LIMIT ?3",
            )?;
            let mut rows = statement.query(params![channel, after, limit])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                found.push(InboxRow {
                    id: row.get(0)?,
                    key: row.get(1)?,
                    payload: row.get(2)?,
                    received_at: time(row.get(3)?)?,
                    attempts: row.get(4)?,
                });
            }
            Ok(found)
        })
        .await
    }

    /// The row was handled. Saying so twice is no error.
    pub async fn inbox_done(&self, id: i64) -> Result<(), Error> {
        self.write(move |tx| {
            tx.conn
                .prepare_cached("UPDATE inbox SET done_at = ?2 WHERE id = ?1 AND done_at IS NULL")?
                .execute(params![id, millis(tx.now)])?;
            Ok(())
        })
        .await
    }

    /// Handling the row failed; how often that happened to it. It stays undone.
    pub async fn inbox_failed(&self, id: i64, cause: &str) -> Result<u32, Error> {
        let cause = cause.to_owned();
        self.write(move |tx| {
            let attempts = tx
                .conn
                .prepare_cached(
                    "UPDATE inbox SET attempts = attempts + 1, last_cause = ?2 WHERE id = ?1
                     RETURNING attempts",
                )?
                .query_row(params![id, cause], |row| row.get(0))
                .optional()?;
            Ok(attempts.unwrap_or(0))
        })
        .await
    }

    /// Forgets done rows that came before `older_than`; how many.
    pub async fn inbox_prune(&self, channel: &str, older_than: Timestamp) -> Result<u64, Error> {
        let channel = channel.to_owned();
        self.write(move |tx| {
            let gone = tx
                .conn
                .prepare_cached(
                    "DELETE FROM inbox
                     WHERE channel = ?1 AND received_at < ?2 AND done_at IS NOT NULL",
                )?
                .execute(params![channel, millis(older_than)])?;
            Ok(u64::try_from(gone).unwrap_or(u64::MAX))
        })
        .await
    }
}
