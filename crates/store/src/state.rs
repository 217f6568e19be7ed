//! What channels and workers keep for themselves: conversations, named values.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::codec::{millis, time};
use crate::{Conversation, Error, Store};

impl Store {
    /// Keeps a conversation, replacing the one with the same key. Lapsed ones are forgotten.
    pub async fn conversation_put(&self, conversation: Conversation) -> Result<(), Error> {
        self.write(move |tx| {
            let Conversation {
                channel,
                key,
                payload,
                expires_at,
            } = conversation;
            tx.conn
                .prepare_cached("DELETE FROM conversations WHERE expires_at <= ?1")?
                .execute([millis(tx.now)])?;
            tx.conn
                .prepare_cached(
                    "INSERT INTO conversations (channel, key, payload, expires_at)
                     VALUES (?1, ?2, ?3, ?4)
                     ON CONFLICT (channel, key)
                     DO UPDATE SET payload = excluded.payload, expires_at = excluded.expires_at",
                )?
                .execute(params![channel, key, payload, millis(expires_at)])?;
            Ok(())
        })
        .await
    }

    /// The conversations whose key begins with `key_prefix` and that have not lapsed, by key.
    pub async fn conversations(
        &self,
        channel: &str,
        key_prefix: &str,
    ) -> Result<Vec<Conversation>, Error> {
        let (channel, prefix, now) = (
            channel.to_owned(),
            key_prefix.to_owned(),
            self.clock().now(),
        );
        self.read(move |conn| by_prefix(conn, &channel, &prefix, now))
            .await
    }

    /// Ends a conversation; whether there was one.
    pub async fn conversation_delete(&self, channel: &str, key: &str) -> Result<bool, Error> {
        let (channel, key) = (channel.to_owned(), key.to_owned());
        self.write(move |tx| {
            let gone = tx
                .conn
                .prepare_cached("DELETE FROM conversations WHERE channel = ?1 AND key = ?2")?
                .execute([channel, key])?;
            Ok(gone == 1)
        })
        .await
    }

    /// Keeps a value under a key of a scope (a channel's name, a worker's), replacing it.
    pub async fn state_put(&self, scope: &str, key: &str, value: &str) -> Result<(), Error> {
        let row = [scope.to_owned(), key.to_owned(), value.to_owned()];
        self.write(move |tx| {
            tx.conn
                .prepare_cached(
                    "INSERT INTO state (scope, key, value) VALUES (?1, ?2, ?3)
                     ON CONFLICT (scope, key) DO UPDATE SET value = excluded.value",
                )?
                .execute(row)?;
            Ok(())
        })
        .await
    }

    /// A kept value.
    pub async fn state_get(&self, scope: &str, key: &str) -> Result<Option<String>, Error> {
        let row = [scope.to_owned(), key.to_owned()];
        self.read(move |conn| {
            Ok(conn
                .prepare_cached("SELECT value FROM state WHERE scope = ?1 AND key = ?2")?
                .query_row(row, |row| row.get(0))
                .optional()?)
        })
        .await
    }

    /// All kept values of a scope, `(key, value)`, by key.
    pub async fn state_list(&self, scope: &str) -> Result<Vec<(String, String)>, Error> {
        let scope = scope.to_owned();
        self.read(move |conn| {
            Ok(conn
                .prepare_cached("SELECT key, value FROM state WHERE scope = ?1 ORDER BY key")?
                .query_map([scope], |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect::<Result<_, _>>()?)
        })
        .await
    }

    /// Writes and commits something of no meaning: whether the store can be written to.
    pub async fn check_writable(&self) -> Result<(), Error> {
        let now = self.clock().now().to_string();
        self.state_put("store", "checked_at", &now).await
    }
}

/// What lies under a prefix. The upper bound keeps the read off every later key; `substr` decides.
const BY_PREFIX: &str = "SELECT channel, key, payload, expires_at FROM conversations
     WHERE channel = ?1 AND key >= ?2 AND key < ?2 || char(1114111)
           AND substr(key, 1, length(?2)) = ?2
           AND expires_at > ?3
     ORDER BY key";

fn by_prefix(
    conn: &Connection,
    channel: &str,
    prefix: &str,
    now: Timestamp,
) -> Result<Vec<Conversation>, Error> {
    let mut statement = conn.prepare_cached(BY_PREFIX)?;
    let mut rows = statement.query(params![channel, prefix, millis(now)])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(Conversation {
            channel: row.get(0)?,
            key: row.get(1)?,
            payload: row.get(2)?,
            expires_at: time(row.get(3)?)?,
        });
    }
    Ok(found)
}

#[cfg(test)]
#[path = "state_tests.rs"]
mod tests;
