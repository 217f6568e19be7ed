//! Leases by name (who polls a bot), and taking every lease back when the service starts.

use jiff::Timestamp;
use rusqlite::{Connection, params};

use crate::codec::millis;
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
