//! The secrets that the store makes for itself when the database is made.

use jiff::Timestamp;
use rusqlite::{Connection, TransactionBehavior, params};
use secrecy::SecretBox;
use signoff_core::{HandleKey, HandleKeys};

use crate::writer::Random;
use crate::{Error, StoreSecrets};

/// Reads the secrets; makes the missing ones. Under the write lock, so that two processes that
/// open a new database at once agree on them.
pub(crate) fn read_or_make(
    conn: &mut Connection,
    now: Timestamp,
    random: &mut Random,
) -> Result<StoreSecrets, Error> {
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for purpose in ["handles", "replay"] {
        if read(&tx, purpose)?.is_empty() {
            let mut secret = [0; 32];
            random(&mut secret);
            tx.execute(
                "INSERT INTO secrets (purpose, number, secret, created_at) VALUES (?1, 1, ?2, ?3)",
                params![purpose, secret, now.as_millisecond()],
            )?;
        }
    }
    let secrets = read_all(&tx)?;
    tx.commit()?;
    Ok(secrets)
}

/// Reads the secrets, which must be there.
pub(crate) fn read_all(conn: &Connection) -> Result<StoreSecrets, Error> {
    let mut handles = read(conn, "handles")?
        .into_iter()
        .map(|(id, secret)| HandleKey::new(id, secret));
    let replay = read(conn, "replay")?.into_iter().next();
    let (Some(current), Some((_, replay))) = (handles.next(), replay) else {
        return Err(Error::unknown("the table of secrets", "empty"));
    };
    Ok(StoreSecrets {
        handles: HandleKeys::new(current, handles.collect()),
        replay: SecretBox::new(Box::new(replay)),
    })
}

/// All of one purpose, the current one first.
fn read(conn: &Connection, purpose: &str) -> rusqlite::Result<Vec<(u8, [u8; 32])>> {
    conn.prepare("SELECT number, secret FROM secrets WHERE purpose = ?1 ORDER BY number DESC")?
        .query_map([purpose], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect()
}
