//! Backups: of one moment, whole or not there.

use std::path::PathBuf;

use signoff_store::{Error, Verified, backup};

use crate::world::{World, named};

impl World {
    fn target(&self) -> PathBuf {
        self.path().with_file_name("copy.db")
    }

    /// What lies in the folder beside the database and its companions.
    fn others(&self) -> Vec<String> {
        let folder = std::fs::read_dir(self.path().parent().unwrap()).unwrap();
        let names = folder.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names
            .filter(|name| !name.starts_with("signoff.db"))
            .collect()
    }

    /// Makes the database larger than one step of a backup.
    fn is_large(&self) {
        let sql = "INSERT INTO state VALUES ('test', 'filler', hex(zeroblob(8000000)))";
        self.sql().execute(sql, []).unwrap();
    }
}

pub(crate) async fn a_backup_is_of_one_moment_and_starts_as_it_is(world: World) {
    world.has("a").await;
    world.shows("msg-1").await;
    world.approves("ann", "a").await;
    world.has("pending").await;
    world.store.seal(100).await.unwrap();
    world.is_large();
    let (mut steps, mut before) = (0, 0);
    let done = backup(&world.path(), &world.target(), |done, all| {
        assert!(done > before && done <= all, "it does not begin again");
        before = done;
        steps += 1;
        // Others write between its steps.
        let sql = "INSERT INTO state VALUES ('test', ?1, 'later')";
        world.sql().execute(sql, [format!("step-{steps}")]).unwrap();
    })
    .unwrap();
    assert!(steps > 2, "{steps}");
    world.has("later").await;

    let contents = done.contents.unwrap();
    assert_eq!(
        (contents.requests, contents.pending, contents.events),
        (2, 1, 4)
    );
    let seals = contents.last_seal.unwrap();
    assert_eq!(Some(seals.1), world.store.seal_hash(seals.0).await.unwrap());
    assert_eq!(done.bytes, std::fs::metadata(world.target()).unwrap().len());
    assert_eq!(world.others(), ["copy.db"], "one file");
    let header = std::fs::read(world.target()).unwrap();
    assert_eq!(
        header[18..20],
        [1, 1],
        "it can be read where nothing can be written"
    );
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(world.target())
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let copy = world.opens(&world.target()).unwrap();
    for name in ["a", "pending"] {
        let (then, now) = (copy.request(&named(name)).await, world.record(name).await);
        assert_eq!(then.unwrap(), Some(now), "{name}");
    }
    assert_eq!(copy.request(&named("later")).await.unwrap(), None);
    assert_eq!(copy.state_get("test", "step-1").await.unwrap(), None);
    let verified = copy.verify_audit(|_| ()).await.unwrap();
    assert!(
        matches!(verified, Verified::Intact { events: 4, .. }),
        "{verified:?}"
    );
}

pub(crate) async fn a_backup_never_overwrites_and_leaves_nothing_half(world: World) {
    world.has("a").await;
    std::fs::write(world.target(), "precious").unwrap();
    let error = backup(&world.path(), &world.target(), |_, _| ()).unwrap_err();
    assert!(matches!(error, Error::Backup { .. }), "{error}");
    assert_eq!(std::fs::read(world.target()).unwrap(), b"precious");
    // Also when the name is taken while it runs.
    std::fs::remove_file(world.target()).unwrap();
    let target = world.target();
    let error = backup(&world.path(), &target, |_, _| {
        std::fs::write(&target, "precious").unwrap();
    });
    assert!(matches!(error, Err(Error::Backup { .. })), "{error:?}");
    assert_eq!(std::fs::read(world.target()).unwrap(), b"precious");
    assert_eq!(world.others(), ["copy.db"]);
    let nowhere = world.path().with_file_name("nowhere").join("copy.db");
    let error = backup(&world.path(), &nowhere, |_, _| ()).unwrap_err();
    assert!(matches!(error, Error::Backup { .. }), "{error}");
    let nothing = world.path().with_file_name("nothing.db");
    let other = world.path().with_file_name("other.db");
    let error = backup(&nothing, &other, |_, _| ()).unwrap_err();
    assert!(matches!(error, Error::Open { .. }), "{error}");
    assert_eq!(world.others(), ["copy.db"]);
}

pub(crate) async fn a_newer_database_is_copied_as_it_is_and_an_older_one_not_migrated(
    world: World,
) {
    world.has("a").await;
    for version in [99, 1] {
        world
            .sql()
            .pragma_update(None, "user_version", version)
            .unwrap();
        let done = backup(&world.path(), &world.target(), |_, _| ()).unwrap();
        assert_eq!(
            (done.version, done.contents.is_some()),
            (version, version == 1)
        );
        for path in [world.path(), world.target()] {
            let conn = rusqlite::Connection::open(path).unwrap();
            let found: u32 = conn
                .pragma_query_value(None, "user_version", |row| row.get(0))
                .unwrap();
            assert_eq!(found, version);
        }
        std::fs::remove_file(world.target()).unwrap();
    }
}
