//! People's identities in channels, and API keys.

use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, params};
use serde_json::{Value, json};
use signoff_core::audit::{Actor, Entry};

use crate::codec::{from_json, millis, time, to_json};
use crate::events::append_installation;
use crate::writer::Tx;
use crate::{ApiKeyRow, Error, Identity, Paired, Store};

/// An event of the installation.
fn entry(event_type: &str, by: Actor, payload: Value) -> Entry {
    Entry {
        event_type: event_type.to_owned(),
        actor: by,
        approval_state: None,
        payload,
    }
}

impl Store {
    /// Keeps an invitation: who brings the token before `expires_at` is that approver. Writes the
    /// event `approver.invited`.
    pub async fn invite(
        &self,
        approver: &str,
        token_sha256: [u8; 32],
        expires_at: Timestamp,
        by: Actor,
    ) -> Result<(), Error> {
        let approver = approver.to_owned();
        self.write(move |tx| {
            tx.conn
                .prepare_cached(
                    "INSERT INTO invites (token_sha256, approver, created_at, expires_at)
                     VALUES (?1, ?2, ?3, ?4)",
                )?
                .execute(params![
                    token_sha256,
                    approver,
                    millis(tx.now),
                    millis(expires_at)
                ])?;
            let expires_at = signoff_contract::time::format(expires_at);
            let payload = json!({ "approver": approver, "expires_at": expires_at });
            append_installation(tx, entry("approver.invited", by, payload))
        })
        .await
    }

    /// Makes a person of a channel the approver of an invitation, once, and writes the event
    /// `approver.paired`. An approver has one identity a channel: an earlier one is replaced.
    pub async fn pair(
        &self,
        token_sha256: [u8; 32],
        channel: &str,
        user_id: &str,
    ) -> Result<Paired, Error> {
        let (channel, user_id) = (channel.to_owned(), user_id.to_owned());
        self.write(move |tx| pair(tx, token_sha256, &channel, &user_id))
            .await
    }

    /// Everyone who was paired.
    pub async fn identities(&self) -> Result<Vec<Identity>, Error> {
        self.read(|conn| {
            let mut statement = conn.prepare_cached(
                "SELECT approver, channel, user_id, paired_at FROM identities
                 ORDER BY approver, channel",
            )?;
            let mut rows = statement.query([])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                found.push(Identity {
                    approver: row.get(0)?,
                    channel: row.get(1)?,
                    user_id: row.get(2)?,
                    paired_at: time(row.get(3)?)?,
                });
            }
            Ok(found)
        })
        .await
    }

    /// Keeps a key and writes the event `key.created`; `false` when its name is taken.
    pub async fn key_put(&self, key: ApiKeyRow, by: Actor) -> Result<bool, Error> {
        self.write(move |tx| {
            let new = tx
                .conn
                .prepare_cached(
                    "INSERT INTO api_keys (name, project, key_sha256, scopes, approver, created_at)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                     ON CONFLICT (name) DO NOTHING",
                )?
                .execute(params![
                    key.name,
                    key.project,
                    key.key_sha256,
                    to_json(&key.scopes)?,
                    key.approver,
                    millis(key.created_at),
                ])?;
            if new == 0 {
                return Ok(false);
            }
            let ApiKeyRow {
                name,
                project,
                scopes,
                approver,
                ..
            } = key;
            let payload = json!({
                "key": name, "project": project, "scopes": scopes, "approver": approver,
            });
            append_installation(tx, entry("key.created", by, payload))?;
            Ok(true)
        })
        .await
    }

    /// Forgets a key and writes the event `key.revoked`; `false` when there is none with this name.
    pub async fn key_revoke(&self, name: &str, by: Actor) -> Result<bool, Error> {
        let name = name.to_owned();
        self.write(move |tx| {
            let gone = tx
                .conn
                .prepare_cached("DELETE FROM api_keys WHERE name = ?1")?
                .execute([&name])?;
            if gone == 0 {
                return Ok(false);
            }
            append_installation(tx, entry("key.revoked", by, json!({ "key": name })))?;
            Ok(true)
        })
        .await
    }

    /// All keys, by name.
    pub async fn keys(&self) -> Result<Vec<ApiKeyRow>, Error> {
        self.read(|conn| {
            let mut statement = conn.prepare_cached(
                "SELECT name, project, key_sha256, scopes, approver, created_at FROM api_keys
                 ORDER BY name",
            )?;
            let mut rows = statement.query([])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                found.push(ApiKeyRow {
                    name: row.get(0)?,
                    project: row.get(1)?,
                    key_sha256: row.get(2)?,
                    scopes: from_json("a key's scopes", &row.get::<_, String>(3)?)?,
                    approver: row.get(4)?,
                    created_at: time(row.get(5)?)?,
                });
            }
            Ok(found)
        })
        .await
    }
}

fn pair(tx: &mut Tx<'_>, token: [u8; 32], channel: &str, user_id: &str) -> Result<Paired, Error> {
    let approver: Option<String> = tx
        .conn
        .prepare_cached(
            "SELECT approver FROM invites
             WHERE token_sha256 = ?1 AND used_at IS NULL AND expires_at > ?2",
        )?
        .query_row(params![token, millis(tx.now)], |row| row.get(0))
        .optional()?;
    let Some(approver) = approver else {
        return Ok(Paired::InvalidToken);
    };
    let holder: Option<String> = tx
        .conn
        .prepare_cached("SELECT approver FROM identities WHERE channel = ?1 AND user_id = ?2")?
        .query_row([channel, user_id], |row| row.get(0))
        .optional()?;
    if let Some(holder) = holder.filter(|holder| *holder != approver) {
        return Ok(Paired::TakenBy { approver: holder });
    }
    tx.conn
        .prepare_cached("UPDATE invites SET used_at = ?2 WHERE token_sha256 = ?1")?
        .execute(params![token, millis(tx.now)])?;
    let replaced: Option<String> = tx
        .conn
        .prepare_cached(
            "DELETE FROM identities WHERE channel = ?1 AND approver = ?2 RETURNING user_id",
        )?
        .query_row([channel, &approver], |row| row.get(0))
        .optional()?;
    tx.conn
        .prepare_cached(
            "INSERT INTO identities (channel, user_id, approver, paired_at)
             VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute(params![channel, user_id, approver, millis(tx.now)])?;
    let entry = Entry {
        event_type: "approver.paired".to_owned(),
        actor: Actor::approver(&approver),
        approval_state: None,
        payload: json!({ "channel": channel, "user_id": user_id, "replaced": replaced }),
    };
    append_installation(tx, entry)?;
    Ok(Paired::Paired { approver })
}
