//! Leases by name (who polls a bot), taking every lease back when the service starts, and what
//! waits when the clock is set back.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::codec::{millis, optional_time};
use crate::{Error, Store};

impl Store {
    /// Takes or prolongs a lease until `until`; `false` while another holder has it.
    pub async fn hold_lease(
        &self,
        name: &str,
        holder: &str,
        until: Timestamp,
    ) -> Result<bool, Error> {
        let (name, holder) = (name.to_owned(), holder.to_owned());
        self.write(move |tx| {
            let taken = tx
                .conn
                .prepare_cached(
                    "INSERT INTO leases (name, holder, until) VALUES (?1, ?2, ?3)
                     ON CONFLICT (name)
                     DO UPDATE SET holder = excluded.holder, until = excluded.until
                     WHERE leases.holder = excluded.holder OR leases.until <= ?4",
                )?
                .execute(params![name, holder, millis(until), millis(tx.now)])?;
            Ok(taken == 1)
        })
        .await
    }
}

/// A clock that goes back by less than this is corrected, not set.
const STEP: SignedDuration = SignedDuration::from_secs(5);

/// By how much the clock was set back since it said `latest`, if it was.
pub(crate) fn set_back(latest: Timestamp, now: Timestamp) -> Option<SignedDuration> {
    let by = latest.duration_since(now);
    (by > STEP).then_some(by)
}

/// The clock was set back: what waits for its time waits as long as before, not for the hour that
/// was taken back as well. Deadlines stay as they were told; attempts were never told.
pub(crate) fn wait_no_longer(conn: &Connection, by: SignedDuration) -> rusqlite::Result<()> {
    tracing::warn!(
        seconds = by.as_secs(),
        "the clock was set back; what waits to be tried again is moved with it"
    );
    let by = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
    for sql in [
        "UPDATE prompts SET due_at = due_at - ?1, leased_from = leased_from - ?1
         WHERE due_at IS NOT NULL",
        "UPDATE callbacks SET due_at = due_at - ?1, leased_from = leased_from - ?1
         WHERE due_at IS NOT NULL",
        "UPDATE leases SET until = until - ?1",
    ] {
        conn.execute(sql, [by])?;
    }
    Ok(())
}

/// When the service starts, the last thing it wrote down says how late it was once. (Seen again at
/// the next start, this makes attempts come earlier, which harms nobody.)
pub(crate) fn catch_up_with_clock(conn: &Connection, now: Timestamp) -> Result<(), Error> {
    let last: Option<i64> = conn
        .prepare("SELECT at FROM events ORDER BY position DESC LIMIT 1")?
        .query_row([], |row| row.get(0))
        .optional()?;
    match optional_time(last)?.and_then(|last| set_back(last, now)) {
        Some(by) => Ok(wait_no_longer(conn, by)?),
        None => Ok(()),
    }
}

/// Takes every lease back: what was leased is due as it was before. A prompt that nobody is known
/// to have seen counts as tried: its card may stand there all the same, and its channel may know.
pub(crate) fn clear(conn: &Connection) -> rusqlite::Result<()> {
    conn.execute_batch(
        "BEGIN IMMEDIATE;
         UPDATE prompts SET due_at = leased_from, leased_from = NULL,
                remind = CASE remind WHEN 2 THEN 1 ELSE remind END,
                attempts = CASE shown WHEN 0 THEN max(attempts, 1) ELSE attempts END
         WHERE due_at IS NOT NULL AND leased_from IS NOT NULL;
         UPDATE callbacks SET due_at = leased_from, leased_from = NULL
         WHERE due_at IS NOT NULL AND leased_from IS NOT NULL;
         DELETE FROM leases;
         COMMIT;",
    )
}
