//! Bringing a database up to date. By hand, because no published `rusqlite_migration` resolves
//! with rusqlite 0.41; `PRAGMA user_version` and one transaction a step are all it needs.

use std::path::Path;

use rusqlite::{Connection, TransactionBehavior};

use crate::Error;

/// The steps, in order; the position (from 1) is the version. Landed steps never change.
const STEPS: &[&str] = &[
    include_str!("../migrations/0001_initial.sql"),
    include_str!("../migrations/0002_retention.sql"),
    include_str!("../migrations/0003_readable_from.sql"),
    include_str!("../migrations/0004_compat.sql"),
    include_str!("../migrations/0005_held.sql"),
];

/// The newest version that this program knows.
pub(crate) fn known() -> u32 {
    u32::try_from(STEPS.len()).unwrap_or(u32::MAX)
}

/// Runs the steps that the database has not seen; refuses one from a newer program. Two
/// processes may do this at once: each step looks again under the write lock.
pub(crate) fn migrate(path: &Path, connection: &mut Connection) -> Result<(), Error> {
    let failed = |doing| Error::open::<rusqlite::Error>(path, doing);
    loop {
        let step = connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(failed("taking the write lock"))?;
        let found: u32 = step
            .pragma_query_value(None, "user_version", |row| row.get(0))
            .map_err(failed("reading its version"))?;
        if found > known() {
            return Err(Error::NewerDatabase {
                found,
                known: known(),
                readable: false,
            });
        }
        let Some(sql) = usize::try_from(found).ok().and_then(|done| STEPS.get(done)) else {
            return Ok(());
        };
        step.execute_batch(sql).map_err(failed("migrating it"))?;
        step.pragma_update(None, "user_version", found + 1)
            .map_err(failed("writing its version"))?;
        step.commit().map_err(failed("migrating it"))?;
    }
}
