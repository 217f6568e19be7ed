//! Backups, damaged databases and databases of a newer Signoff, as the operator meets them.

use std::os::unix::fs::FileExt as _;

use crate::world::{MINIMAL, Service, World};

/// Where a database file keeps its version: four bytes, the highest first.
const VERSION_AT: u64 = 60;

impl World {
    /// A service that has taken and decided a request, and was stopped.
    fn with_a_past(&mut self) {
        let (asks, decides) = self.keys();
        let service = Service::start(self);
        self.set("SIGNOFF_URL", &service.url);
        self.set("SIGNOFF_KEY", &asks);
        self.asks("one");
        self.asks("two");
        self.set("SIGNOFF_KEY", &decides);
        self.ok(&["approvals", "approve", "one", "--yes"]);
        self.set("SIGNOFF_KEY", &asks);
        service.signal("TERM");
        assert_eq!(service.ended().0, Some(0));
    }

    fn asks(&self, name: &str) {
        let tool = ["--tool", "deploy", "--correlation-id", name, "--no-wait"];
        let all: Vec<&str> = ["ask", "Deploy?"].iter().chain(&tool).copied().collect();
        self.ok(&all);
    }

    fn database(&self) -> std::path::PathBuf {
        self.path().join("signoff.db")
    }

    /// As a newer Signoff would leave it.
    fn is_of_version(&self, version: u32) {
        let file = std::fs::OpenOptions::new()
            .write(true)
            .open(self.database());
        file.unwrap()
            .write_all_at(&version.to_be_bytes(), VERSION_AT)
            .unwrap();
    }
}

#[test]
fn a_backup_is_restored_by_putting_it_in_place() {
    let mut world = World::with(MINIMAL);
    world.with_a_past();
    let said = world.ok(&["backup", "copy.db"]).stdout;
    assert!(said.contains("2 requests, 1 of them pending"), "{said}");
    let copy = std::fs::read(world.path().join("copy.db")).unwrap();
    let again = world.run(&["backup", "copy.db"]);
    assert_eq!(again.code, Some(1), "{again:?}");
    assert!(again.stderr.contains("never overwrites"), "{again:?}");
    assert_eq!(std::fs::read(world.path().join("copy.db")).unwrap(), copy);
    let json = world.ok(&["backup", "copy-2.db", "--json"]).stdout;
    assert!(
        json.contains("\"pending\": 1") && json.contains("\"hash\""),
        "{json}"
    );

    for name in ["signoff.db", "signoff.db-wal", "signoff.db-shm"] {
        let _ = std::fs::remove_file(world.path().join(name));
    }
    std::fs::copy(world.path().join("copy.db"), world.database()).unwrap();
    let service = Service::start(&world);
    world.set("SIGNOFF_URL", &service.url);
    let one = world.ok(&["approvals", "show", "one", "--json"]).stdout;
    assert!(one.contains("\"status\": \"approved\""), "{one}");
    // Asked again, it is what it was.
    let asked = world.ok(&[
        "ask",
        "Deploy?",
        "--tool",
        "deploy",
        "--correlation-id",
        "one",
    ]);
    assert!(asked.stderr.contains("approved"), "{asked:?}");
    world.ok(&["audit", "verify"]);
}

#[test]
fn a_seal_that_was_kept_shows_that_the_end_was_cut_off() {
    let mut world = World::with(MINIMAL);
    world.with_a_past();
    world.ok(&["backup", "earlier.db"]);
    let service = Service::start(&world);
    world.set("SIGNOFF_URL", &service.url);
    world.asks("three");
    while world
        .ok(&["audit", "verify"])
        .stderr
        .contains("not sealed yet")
    {}
    service.signal("TERM");
    assert_eq!(service.ended().0, Some(0));
    let verified = world.ok(&["audit", "verify"]).stdout;
    let (_, seal) = verified.trim().split_once("last seal: ").unwrap();
    let kept = seal.replace(' ', "=");
    world.ok(&["audit", "verify", "--seal", &kept]);
    let (seq, _) = kept.split_once('=').unwrap();
    let other = format!("{seq}=sha256:{}", "0".repeat(64));
    let run = world.run(&["audit", "verify", "--seal", &other]);
    assert_eq!(run.code, Some(1));
    assert!(run.stdout.contains("not the one that was kept"), "{run:?}");
    // Everything since is cut off: what is left is sound, and not all.
    std::fs::copy(world.path().join("earlier.db"), world.database()).unwrap();
    world.ok(&["audit", "verify"]);
    let run = world.run(&["audit", "verify", "--seal", &kept]);
    assert_eq!(run.code, Some(1));
    assert!(run.stdout.contains("is gone"), "{run:?}");
    assert_eq!(world.run(&["audit", "verify", "--seal", "x"]).code, Some(2));
}

#[test]
fn a_damaged_database_is_a_clear_error_that_names_the_file_and_the_remedy() {
    let mut world = World::with(MINIMAL);
    world.with_a_past();
    std::fs::write(world.database(), vec![0xa5; 50_000]).unwrap();
    for args in [
        &["serve"][..],
        &["serve", "--read-only"],
        &["backup", "copy.db"],
        &["audit", "verify"],
        &["key", "list"],
    ] {
        let run = world.run(args);
        assert_eq!(run.code, Some(1), "{run:?}");
        let clear = run.stderr.contains("signoff.db") && run.stderr.contains("restore a backup");
        assert!(clear, "{args:?}: {run:?}");
    }
    assert_eq!(std::fs::read(world.database()).unwrap(), vec![0xa5; 50_000]);
    assert!(!world.path().join("copy.db").exists());
}

#[test]
fn damage_met_while_running_is_answered_503_and_ends_the_service() {
    let mut world = World::with(MINIMAL);
    world.with_a_past();
    // Everything behind the first pages: the service starts, and meets it later.
    let file = std::fs::OpenOptions::new()
        .write(true)
        .open(world.database())
        .unwrap();
    let pages = file.metadata().unwrap().len() / 4_096;
    for page in damaged_pages(&world) {
        assert!(page < pages);
        file.write_all_at(&[0; 4_096], page * 4_096).unwrap();
    }
    let service = Service::start(&world);
    world.set("SIGNOFF_URL", &service.url);
    let run = world.run(&["approvals", "show", "one"]);
    assert_ne!(run.code, Some(0), "{run:?}");
    let (code, log) = service.ended();
    assert_eq!(code, Some(1), "{log}");
    assert!(
        log.contains("is damaged") && log.contains("restore a backup"),
        "{log}"
    );
}

/// The pages that hold requests, found by what is written in them.
fn damaged_pages(world: &World) -> Vec<u64> {
    let bytes = std::fs::read(world.database()).unwrap();
    let words = b"\"correlation_id\":\"one\"";
    let pages = bytes.chunks(4_096).enumerate();
    let holding = pages.filter(|(_, page)| page.windows(words.len()).any(|at| at == words));
    let found: Vec<u64> = holding.map(|(number, _)| number as u64).collect();
    assert!(!found.is_empty());
    found
}

#[test]
fn a_newer_database_is_refused_and_can_be_read_alone() {
    let mut world = World::with(MINIMAL);
    world.with_a_past();
    world.is_of_version(99);
    let before = std::fs::read(world.database()).unwrap();
    let refused = world.run(&["serve"]);
    assert_eq!(refused.code, Some(1));
    for words in [
        "version 99",
        "run the newer Signoff",
        "restore the backup",
        "--read-only",
    ] {
        assert!(
            refused.stderr.contains(words),
            "{words}: {}",
            refused.stderr
        );
    }
    for args in [
        &["key", "create", "k", "--scope", "admin"][..],
        &["callbacks", "resend", "one"],
    ] {
        let run = world.run(args);
        assert_eq!(run.code, Some(1), "{args:?}: {run:?}");
        assert!(run.stderr.contains("version 99"), "{run:?}");
    }
    for args in [
        &["audit", "verify"][..],
        &["audit", "export"],
        &["callbacks", "list"],
        &["key", "list"],
        &["backup", "copy.db"],
    ] {
        world.ok(args);
    }
    let service = Service::start_read_only(&world);
    world.set("SIGNOFF_URL", &service.url);
    let one = world.ok(&["approvals", "show", "one", "--json"]).stdout;
    assert!(one.contains("\"status\": \"approved\""), "{one}");
    let list = world.ok(&["approvals", "list"]).stdout;
    assert!(list.contains("two"), "{list}");
    let cancelled = world.run(&["approvals", "cancel", "two"]);
    assert_ne!(cancelled.code, Some(0));
    assert!(
        cancelled.stderr.contains("only answers reads"),
        "{cancelled:?}"
    );
    service.signal("TERM");
    assert_eq!(service.ended().0, Some(0));
    assert_eq!(
        std::fs::read(world.database()).unwrap(),
        before,
        "nothing was written"
    );
}
