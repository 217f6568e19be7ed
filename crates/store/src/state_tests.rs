//! A read under a prefix costs what lies there, however much lies before and behind it.

use std::path::Path;

use rusqlite::StatementStatus;

use super::*;
use crate::migrate::migrate;

/// The steps of `SQLite`'s machine for one read of `2:`, where ten keys lie, with so many keys on
/// either side.
fn steps(beside: u32) -> i32 {
    let mut conn = Connection::open_in_memory().unwrap();
    migrate(Path::new("memory"), &mut conn).unwrap();
    for (prefix, keys) in [(1, beside), (2, 10), (3, beside)] {
        conn.execute(
            "WITH RECURSIVE many(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM many WHERE i < ?2)
             INSERT INTO conversations (channel, key, payload, expires_at)
             SELECT 'telegram', ?1 || ':' || i, '{}', 60000 FROM many",
            params![prefix, keys],
        )
        .unwrap();
    }
    let found = by_prefix(&conn, "telegram", "2:", Timestamp::UNIX_EPOCH).unwrap();
    assert_eq!(found.len(), 10);
    let statement = conn.prepare_cached(BY_PREFIX).unwrap();
    statement.get_status(StatementStatus::VmStep)
}

#[test]
fn what_lies_beside_a_prefix_costs_nothing() {
    let alone = steps(1);
    assert!(alone > 10, "each of the ten takes a step at least: {alone}");
    assert_eq!(steps(10_000), alone);
}
