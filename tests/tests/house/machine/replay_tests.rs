//! The model loses what was not synced, and only that. Without this a hunt would prove nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::replay::{Disk, Step, read_log};

const SEEDS: std::ops::Range<u64> = 0..300;

fn name(name: &str) -> PathBuf {
    PathBuf::from("/disk").join(name)
}

fn disk(steps: &[Step]) -> Disk {
    let found = BTreeMap::from([(name("old"), vec![b'o'; 1024])]);
    let mut disk = Disk::found(found);
    for step in steps {
        disk.does(step.clone()).expect("a step that can be");
    }
    disk
}

fn opens(inode: u64, file: &str, new: bool) -> Step {
    let path = name(file);
    Step::Open { inode, new, path }
}

fn writes(inode: u64, at: usize, byte: u8, length: usize) -> Step {
    let bytes = vec![byte; length];
    Step::Write { inode, at, bytes }
}

/// Everything that a file can be after a power loss; `None` is that it does not exist.
fn outcomes(steps: &[Step], file: &str) -> BTreeSet<Option<Vec<u8>>> {
    let disk = disk(steps);
    SEEDS
        .map(|seed| disk.fails(seed).0.remove(&name(file)))
        .collect()
}

/// What each sector begins with.
fn sectors(bytes: &[u8]) -> String {
    bytes
        .chunks(512)
        .map(|sector| char::from(sector[0]))
        .collect()
}

#[test]
fn what_was_synced_is_always_there() {
    let steps = [
        opens(1, "old", false),
        writes(1, 512, b'n', 512),
        Step::Sync { inode: 1 },
    ];
    let all = outcomes(&steps, "old");
    assert_eq!(all.len(), 1, "{all:?}");
    let kept = all.first().unwrap().as_ref().unwrap();
    assert_eq!(sectors(kept), "on");
}

#[test]
fn what_was_not_synced_is_lost_or_kept_sector_by_sector() {
    let steps = [opens(1, "old", false), writes(1, 0, b'n', 1024)];
    let all: BTreeSet<_> = outcomes(&steps, "old")
        .into_iter()
        .map(|bytes| sectors(&bytes.unwrap()))
        .collect();
    let expected = ["oo", "on", "no", "nn"].map(str::to_owned);
    assert_eq!(all, BTreeSet::from(expected));
}

#[test]
fn a_sector_never_has_a_later_write_without_an_earlier_one() {
    let steps = [
        opens(1, "old", false),
        writes(1, 0, b'1', 100),
        writes(1, 100, b'2', 100),
    ];
    let all: BTreeSet<_> = outcomes(&steps, "old")
        .into_iter()
        .map(|bytes| bytes.map(|bytes| (bytes[0], bytes[100])).unwrap())
        .collect();
    assert_eq!(
        all,
        BTreeSet::from([(b'o', b'o'), (b'1', b'o'), (b'1', b'2')])
    );
}

#[test]
fn a_file_that_grew_has_any_length_and_its_holes_are_zeros() {
    let steps = [opens(1, "old", false), writes(1, 1024, b'n', 1024)];
    let all: BTreeSet<_> = outcomes(&steps, "old")
        .into_iter()
        .map(|bytes| sectors(&bytes.unwrap()))
        .collect();
    let expected = ["oo", "oon", "oo\0n", "oonn", "oo\0\0", "oon\0"].map(str::to_owned);
    assert_eq!(all, BTreeSet::from(expected));
}

#[test]
fn a_new_file_needs_the_sync_of_its_folder() {
    let mut steps = vec![
        opens(2, "new", true),
        writes(2, 0, b'n', 512),
        Step::Sync { inode: 2 },
    ];
    let all = outcomes(&steps, "new");
    assert_eq!(all, BTreeSet::from([None, Some(vec![b'n'; 512])]));
    steps.push(Step::Sync { inode: 0 });
    let all = outcomes(&steps, "new");
    assert_eq!(all, BTreeSet::from([Some(vec![b'n'; 512])]));
}

#[test]
fn a_file_that_went_may_be_back_until_its_folder_is_synced() {
    let mut steps = vec![Step::Unlink { path: name("old") }];
    assert_eq!(
        outcomes(&steps, "old"),
        BTreeSet::from([None, Some(vec![b'o'; 1024])])
    );
    steps.push(Step::Sync { inode: 0 });
    assert_eq!(outcomes(&steps, "old"), BTreeSet::from([None]));
}

#[test]
fn what_was_written_behind_a_lost_cut_is_lost_with_it() {
    let steps = [
        opens(1, "old", false),
        Step::Cut {
            inode: 1,
            length: 512,
        },
        writes(1, 512, b'n', 512),
    ];
    let all: BTreeSet<_> = outcomes(&steps, "old")
        .into_iter()
        .map(|bytes| sectors(&bytes.unwrap()))
        .collect();
    let expected = ["oo", "o", "on", "o\0"].map(str::to_owned);
    assert_eq!(all, BTreeSet::from(expected));
}

#[test]
fn after_a_failed_sync_a_later_one_does_not_help_but_writing_again_does() {
    let mut steps = vec![
        opens(1, "old", false),
        writes(1, 0, b'n', 512),
        Step::SyncFailed { inode: 1 },
        Step::Sync { inode: 1 },
    ];
    let all = outcomes(&steps, "old");
    assert!(
        all.iter().flatten().any(|bytes| sectors(bytes) == "oo"),
        "{all:?}"
    );
    steps.extend([writes(1, 512, b'm', 512), Step::Sync { inode: 1 }]);
    let all = outcomes(&steps, "old");
    assert_eq!(all.len(), 1, "{all:?}");
    assert_eq!(sectors(all.first().unwrap().as_ref().unwrap()), "nm");
}

#[test]
fn a_record_that_the_kill_cut_short_did_not_happen_and_an_unknown_one_is_refused() {
    let record = |kind: u64, inode: u64, at: u64, bytes: &[u8]| {
        let mut record = Vec::new();
        for field in [kind, inode, at, bytes.len() as u64] {
            record.extend(field.to_le_bytes());
        }
        record.extend(bytes);
        record
    };
    let mut log = record(2, 7, 512, b"written");
    log.extend(&record(2, 7, 1024, b"half")[..34]);
    let bytes = b"written".to_vec();
    assert_eq!(
        read_log(&log).unwrap(),
        [Step::Write {
            inode: 7,
            at: 512,
            bytes
        }]
    );
    let refused = read_log(&record(7, 0, 0, b"rename")).unwrap_err();
    assert!(refused.to_string().contains("rename"), "{refused}");
}
