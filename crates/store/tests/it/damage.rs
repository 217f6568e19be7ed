//! Damaged files, foreign files, files of other versions: a clear answer, and nothing is changed.

use std::path::{Path, PathBuf};

use signoff_store::{Error, NewRequest, Store, backup};

use crate::world::{World, named};

/// A folder with a database like the world's, as a kill would leave it.
struct Left {
    folder: tempfile::TempDir,
}

impl Left {
    fn database(&self) -> PathBuf {
        self.folder.path().join("signoff.db")
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("signoff.db-wal")
    }

    /// Every file with its content.
    fn files(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let entries = std::fs::read_dir(self.folder.path()).unwrap();
        let paths = entries.map(|entry| entry.unwrap().path());
        // The shared memory holds nothing that lasts.
        let paths = paths.filter(|path| !path.to_string_lossy().ends_with("-shm"));
        let mut files: Vec<_> = paths
            .map(|path| (path.clone(), std::fs::read(path).unwrap()))
            .collect();
        files.sort();
        files
    }
}

impl World {
    fn is_left(&self) -> Left {
        let left = Left {
            folder: tempfile::tempdir().unwrap(),
        };
        std::fs::copy(self.path(), left.database()).unwrap();
        let log = self.path().with_file_name("signoff.db-wal");
        std::fs::copy(log, left.log()).unwrap();
        left
    }

    fn is_folded(&self) {
        self.sql()
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
            .unwrap();
    }

    /// Zeros the page on which a table or index begins; its pages are 4 KiB.
    fn zero(&self, path: &Path, table: &str) {
        let sql = "SELECT rootpage FROM sqlite_schema WHERE name = ?1";
        let page: usize = self
            .sql()
            .query_row(sql, [table], |row| row.get(0))
            .unwrap();
        let mut bytes = std::fs::read(path).unwrap();
        bytes[(page - 1) * 4_096..page * 4_096].fill(0);
        std::fs::write(path, bytes).unwrap();
    }
}

/// Bytes that mean nothing, the same in every run.
fn nonsense() -> Vec<u8> {
    (0..65_536_u32)
        .map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()[2])
        .collect()
}

/// Does something to the bytes of a file.
fn edit(path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = std::fs::read(path).unwrap();
    change(&mut bytes);
    std::fs::write(path, bytes).unwrap();
}

/// What happens to a database, and what to call it.
type Harm = (&'static str, fn(&Left));

/// To one that was stopped well.
const HARMS: [Harm; 6] = [
    ("random bytes", |left| {
        std::fs::write(left.database(), nonsense()).unwrap();
    }),
    ("a text", |left| {
        std::fs::write(left.database(), "hello").unwrap();
    }),
    ("cut in half", |left| {
        edit(&left.database(), |bytes| {
            bytes.truncate(bytes.len() / 8_192 * 4_096);
        });
    }),
    ("cut within a page", |left| {
        edit(&left.database(), |bytes| {
            bytes.truncate(bytes.len() - 5_000);
        });
    }),
    ("another header", |left| {
        edit(&left.database(), |bytes| {
            bytes[..100].copy_from_slice(&nonsense()[..100]);
        });
    }),
    ("a header with nonsense behind its name", |left| {
        edit(&left.database(), |bytes| bytes[16..100].fill(0xff));
    }),
];

/// To one that was killed, and has a log.
const HARMS_WITH_A_LOG: [Harm; 3] = [
    ("an empty file beside its log", |left| {
        std::fs::write(left.database(), "").unwrap();
    }),
    ("no file beside its log", |left| {
        std::fs::remove_file(left.database()).unwrap();
    }),
    ("a log of nonsense", |left| {
        std::fs::write(left.log(), nonsense()).unwrap();
    }),
];

impl World {
    /// Everyone who opens it hears what is wrong, and nothing of it is changed.
    fn finds_damage(&self, left: &Left, (what, harm): Harm) {
        harm(left);
        let before = left.files();
        let copy = left.folder.path().join("copy");
        let errors = [
            self.opens(&left.database()).unwrap_err(),
            Store::open_read_only(&left.database(), self.store.clock().clone()).unwrap_err(),
            backup(&left.database(), &copy, |_, _| ()).unwrap_err(),
        ];
        for error in errors {
            let text = error.to_string();
            assert!(matches!(error, Error::Damaged { .. }), "{what}: {text}");
            let clear = text.contains("signoff.db") && text.contains("restore a backup");
            assert!(clear, "{what}: {text}");
        }
        assert_eq!(left.files(), before, "{what}: nothing was touched");
    }
}

pub(crate) async fn a_damaged_file_is_refused_and_left_as_it_is(world: World) {
    for name in ["a", "b", "c"] {
        world.submits(world.request_with(name, "", &[name])).await;
    }
    for harm in HARMS_WITH_A_LOG {
        let left = world.is_left();
        assert!(std::fs::metadata(left.log()).unwrap().len() > 0);
        world.finds_damage(&left, harm);
    }
    world.is_folded();
    for harm in HARMS {
        world.finds_damage(&world.is_left(), harm);
    }
}

pub(crate) async fn an_emptied_file_is_not_taken_for_a_new_one(world: World) {
    let path = world.path().with_file_name("another.db");
    // Made, and killed before anything was in it.
    std::fs::write(&path, "").unwrap();
    let store = world.opens(&path).unwrap();
    store.lock_for_service().unwrap();
    drop(store);
    std::fs::write(&path, "").unwrap();
    let error = world.opens(&path).unwrap_err();
    let why = "it is empty, and a service ran on it before";
    assert!(error.to_string().contains(why), "{error}");
}

pub(crate) async fn damage_met_while_reading_stops_the_store(world: World) {
    world.has("a").await;
    world.is_folded();
    let left = world.is_left();
    world.zero(&left.database(), "requests");
    let store = world.opens(&left.database()).unwrap();
    let fatal = store.fatal();
    let error = store.request(&named("a")).await.unwrap_err();
    assert!(matches!(error, Error::Damaged { .. }), "{error}");
    assert!(fatal.borrow().is_some(), "it stops before it answers");
    let cause = fatal.borrow().clone().unwrap();
    assert!(
        cause.contains("is damaged") && cause.contains("restore a backup"),
        "{cause}"
    );
}

pub(crate) async fn damage_met_while_writing_undoes_the_batch_and_stops_the_store(world: World) {
    world.has("a").await;
    world.is_folded();
    let left = world.is_left();
    world.zero(&left.database(), "events_chain");
    let store = world.opens(&left.database()).unwrap();
    let fatal = store.fatal();
    let new: NewRequest = world.request("b");
    let (submitted, noted) = tokio::join!(store.submit(new), store.state_put("s", "k", "v"));
    let error = submitted.unwrap_err();
    assert!(matches!(error, Error::Damaged { .. }), "{error}");
    let cause = fatal.borrow().clone().unwrap_or_default();
    assert!(cause.contains("is damaged"), "{cause}");
    store.state_put("s", "late", "v").await.unwrap_err();
    // What was told is so: the neighbour stands when its caller heard of it, and not otherwise.
    let noted_after = store.state_get("s", "k").await.unwrap();
    assert_eq!(noted.is_ok(), noted_after.is_some());
    assert_eq!(store.request(&named("b")).await.unwrap(), None);
    // The copy of such a database is no backup.
    let target = left.folder.path().join("copy.db");
    let error = backup(&left.database(), &target, |_, _| ()).unwrap_err();
    assert!(matches!(error, Error::Damaged { .. }), "{error}");
    assert!(!target.exists());
}

pub(crate) async fn the_database_of_another_program_is_left_alone(world: World) {
    let path = world.path().with_file_name("other.db");
    let other = rusqlite::Connection::open(&path).unwrap();
    other
        .execute_batch("CREATE TABLE recipes (name TEXT)")
        .unwrap();
    let before = std::fs::read(&path).unwrap();
    let error = world.opens(&path).unwrap_err();
    assert!(matches!(error, Error::NotOurs { .. }), "{error}");
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

pub(crate) async fn a_newer_database_can_be_read_when_it_says_so(world: World) {
    let record = world.has("a").await;
    world.sql().pragma_update(None, "user_version", 99).unwrap();
    let left = world.is_left();
    let before = left.files();
    let read_only = || Store::open_read_only(&left.database(), world.store.clock().clone());
    let error = world.opens(&left.database()).unwrap_err();
    assert!(error.to_string().contains("serve --read-only"), "{error}");
    let store = read_only().unwrap();
    assert_eq!(store.request(&named("a")).await.unwrap(), Some(record));
    let secrets = store.secrets().handles.seal(signoff_core::Handle {
        request: world.record("a").await.request.id,
        prompt: 0,
        meaning: signoff_core::Meaning::Approve,
    });
    assert!(world.store.secrets().handles.open(&secrets).is_ok());
    for error in [
        store.submit(world.request("b")).await.unwrap_err(),
        store.check_writable().await.unwrap_err(),
        store.expire_due(1).await.unwrap_err(),
    ] {
        assert!(matches!(error, Error::ReadOnly), "{error}");
    }
    drop(store);
    assert_eq!(left.files(), before, "nothing was touched");

    // A later version may say that this program would misread it; or not say anything.
    for sql in [
        "UPDATE state SET value = '98' WHERE key = 'readable_from'",
        "DELETE FROM state WHERE key = 'readable_from'",
    ] {
        rusqlite::Connection::open(left.database())
            .unwrap()
            .execute(sql, [])
            .unwrap();
        let error = read_only().unwrap_err();
        assert!(
            matches!(
                error,
                Error::NewerDatabase {
                    readable: false,
                    ..
                }
            ),
            "{error}"
        );
        assert!(!error.to_string().contains("--read-only"), "{error}");
    }
}

pub(crate) async fn reading_alone_makes_nothing_and_migrates_nothing(world: World) {
    let nowhere = world.path().with_file_name("nothing.db");
    let clock = world.store.clock().clone();
    let error = Store::open_read_only(&nowhere, clock.clone()).unwrap_err();
    assert!(
        matches!(error, Error::Open { .. }) && !nowhere.exists(),
        "{error}"
    );
    world.sql().pragma_update(None, "user_version", 1).unwrap();
    let error = Store::open_read_only(&world.path(), clock).unwrap_err();
    assert!(
        matches!(error, Error::OlderDatabase { found: 1, .. }),
        "{error}"
    );
}

pub(crate) async fn a_database_whose_making_was_interrupted_is_made_anew(world: World) {
    let folder = tempfile::tempdir().unwrap();
    let making = folder.path().join("making.db");
    let left = folder.path().join("left.db");
    let conn = rusqlite::Connection::open(&making).unwrap();
    // The first change of a new database, written to the file before it was committed.
    conn.execute_batch(
        "PRAGMA cache_size = 1; PRAGMA cache_spill = 1; BEGIN;
         CREATE TABLE requests (n INTEGER, text BLOB);
         WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 50)
         INSERT INTO requests SELECT n, zeroblob(3000) FROM n;",
    )
    .unwrap();
    for ending in ["", "-journal"] {
        let from = format!("{}{ending}", making.display());
        std::fs::copy(from, format!("{}{ending}", left.display())).unwrap();
    }
    let length = std::fs::metadata(&left).unwrap().len();
    assert!(length > 0, "the change reached the file");
    let store = world.opens(&left).unwrap();
    assert_eq!(store.request(&named("a")).await.unwrap(), None);
    store.submit(world.request("a")).await.unwrap();
}

pub(crate) async fn a_database_is_not_migrated_under_a_running_service(world: World) {
    world.store.lock_for_service().unwrap();
    world.sql().pragma_update(None, "user_version", 1).unwrap();
    let error = world.open_again().unwrap_err();
    assert!(matches!(error, Error::Locked { .. }), "{error}");
    let version: u32 = world
        .sql()
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .unwrap();
    assert_eq!(version, 1);
}
