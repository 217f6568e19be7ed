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

pub(crate) async fn a_damaged_file_is_refused_and_left_as_it_is(world: World) {
    for name in ["a", "b", "c"] {
        world.submits(world.request_with(name, "", &[name])).await;
    }
    let with_log = world.is_left();
    assert!(std::fs::metadata(with_log.log()).unwrap().len() > 0);
    world.is_folded();
    let random: Vec<u8> = (0..65_536_u32)
        .map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8)
        .collect();
    type Harm<'a> = &'a dyn Fn(&Left);
    let harms: [(&str, Harm<'_>, bool); 9] = [
        (
            "random bytes",
            &|left| std::fs::write(left.database(), &random).unwrap(),
            false,
        ),
        (
            "a text",
            &|left| std::fs::write(left.database(), "hello").unwrap(),
            false,
        ),
        (
            "cut in half",
            &|left| {
                let bytes = std::fs::read(left.database()).unwrap();
                std::fs::write(left.database(), &bytes[..bytes.len() / 8_192 * 4_096]).unwrap();
            },
            false,
        ),
        (
            "cut within a page",
            &|left| {
                let bytes = std::fs::read(left.database()).unwrap();
                std::fs::write(left.database(), &bytes[..bytes.len() - 5_000]).unwrap();
            },
            false,
        ),
        (
            "another header",
            &|left| {
                let mut bytes = std::fs::read(left.database()).unwrap();
                bytes[..100].copy_from_slice(&random[..100]);
                std::fs::write(left.database(), bytes).unwrap();
            },
            false,
        ),
        (
            "a header with nonsense behind its name",
            &|left| {
                let mut bytes = std::fs::read(left.database()).unwrap();
                bytes[16..100].fill(0xff);
                std::fs::write(left.database(), bytes).unwrap();
            },
            false,
        ),
        (
            "an empty file beside its log",
            &|left| std::fs::write(left.database(), "").unwrap(),
            true,
        ),
        (
            "no file beside its log",
            &|left| std::fs::remove_file(left.database()).unwrap(),
            true,
        ),
        (
            "a log of nonsense",
            &|left| std::fs::write(left.log(), &random).unwrap(),
            true,
        ),
    ];
    for (what, harm, log) in harms {
        let left = if log {
            world.is_left_with_log(&with_log)
        } else {
            world.is_left()
        };
        harm(&left);
        let before = left.files();
        let errors = [
            world.opens(&left.database()).unwrap_err(),
            Store::open_read_only(&left.database(), world.store.clock().clone()).unwrap_err(),
            backup(
                &left.database(),
                &left.folder.path().join("copy"),
                |_, _| (),
            )
            .unwrap_err(),
        ];
        for error in errors {
            let text = error.to_string();
            assert!(matches!(error, Error::Damaged { .. }), "{what}: {text}");
            assert!(
                text.contains("signoff.db") && text.contains("restore a backup"),
                "{what}: {text}"
            );
        }
        assert_eq!(left.files(), before, "{what}: nothing was touched");
    }
    // The empty file that a service had run on before.
    let left = world.is_left();
    std::fs::remove_file(left.log()).unwrap();
    std::fs::write(left.database(), "").unwrap();
    world.opens(&left.database()).unwrap();
    std::fs::write(left.folder.path().join("signoff.db.lock"), "").unwrap();
    for companion in [left.log(), left.database()] {
        let _ = std::fs::remove_file(companion);
    }
    std::fs::write(left.database(), "").unwrap();
    let error = world.opens(&left.database()).unwrap_err();
    assert!(
        error.to_string().contains("a service ran on it before"),
        "{error}"
    );
}

impl World {
    fn is_left_with_log(&self, like: &Left) -> Left {
        let left = self.is_left();
        std::fs::copy(like.database(), left.database()).unwrap();
        std::fs::copy(like.log(), left.log()).unwrap();
        left
    }
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
    let cause = fatal.borrow().clone().expect("it stops before it answers");
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
