//! What a disk holds after the power failed: everything that was synced, and of the rest what chance
//! kept.
//!
//! The model is as harsh as ext4 and XFS can be on a drive that honours flushes, seen through what
//! POSIX promises:
//!
//! - What a file was when it was last synced is there. A sync counts once it has returned.
//! - Bytes written since reach the disk or not by **sectors of 512 bytes**, each by itself: the
//!   kernel writes pages back in any order, and a drive is only trusted with one sector. A sector
//!   holds what it held at some moment since the sync, so it can have an earlier write without a
//!   later one, and never the other way round.
//! - A file that grew is any length that its surviving sectors allow; **holes and tails read as
//!   zeros**. Foreign data never shows up, because both file systems see to that.
//! - Files that appeared or went, and files cut short, are metadata, and metadata is journaled: of
//!   what was not synced **a prefix** survives. That a name exists (or is gone) is certain only
//!   after its *folder* was synced. The file systems named above promise more; `SQLite` relies on less.
//! - Where a cut was lost, so is what was written behind it afterwards: those blocks belong to the
//!   lost metadata.
//! - After a sync that **failed**, Linux takes the pages for clean: later syncs succeed and do not
//!   write them, while readers still see them. Only writing to a page again makes it dirty.
//! - The WAL's index (`-shm`) is shared memory: it is gone, or is garbage.
//!
//! Everything random comes from one seed.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use rand::rngs::StdRng;
use rand::{Rng as _, RngCore as _, SeedableRng as _};

const SECTOR: usize = 512;
const PAGE: usize = 4096;

/// One thing done to the watched files, as the shim wrote it down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    Open {
        inode: u64,
        new: bool,
        path: PathBuf,
    },
    Write {
        inode: u64,
        at: usize,
        bytes: Vec<u8>,
    },
    Cut {
        inode: u64,
        length: usize,
    },
    /// Of a file, or with inode 0 of the folder.
    Sync {
        inode: u64,
    },
    SyncFailed {
        inode: u64,
    },
    Unlink {
        path: PathBuf,
    },
}

/// Reads the shim's log. A last record that the kill cut short was never acted upon.
pub(crate) fn read_log(log: &[u8]) -> anyhow::Result<Vec<Step>> {
    let mut steps = Vec::new();
    let mut rest = log;
    while rest.len() >= 32 {
        let field = |n: usize| {
            let bytes: [u8; 8] = rest[n * 8..][..8].try_into().expect("eight bytes");
            u64::from_le_bytes(bytes)
        };
        let (kind, inode) = (field(0), field(1));
        let (at, length) = (usize::try_from(field(2))?, usize::try_from(field(3))?);
        let Some(bytes) = rest[32..].get(..length) else {
            break;
        };
        let path = || anyhow::Ok(PathBuf::from(std::str::from_utf8(bytes)?));
        steps.push(match kind {
            1 => Step::Open {
                inode,
                new: at == 1,
                path: path()?,
            },
            2 => Step::Write {
                inode,
                at,
                bytes: bytes.to_vec(),
            },
            3 => Step::Cut { inode, length: at },
            4 => Step::Sync { inode },
            5 => Step::SyncFailed { inode },
            6 => Step::Unlink { path: path()? },
            7 => bail!(
                "the model does not know what `{}` does to a file",
                path()?.display()
            ),
            _ => bail!("a log of another shim: kind {kind}"),
        });
        rest = &rest[32 + length..];
    }
    Ok(steps)
}

/// What a power loss did, for those who want to know whether it did anything.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Loss {
    /// Sectors that were written, not synced, and are not as they were last written.
    pub(crate) sectors: usize,
    /// Files that appeared, went or were cut short, and did not.
    pub(crate) metadata: usize,
    /// Writes to the database file itself: there was a checkpoint.
    pub(crate) checkpointed: usize,
}

/// How much chance keeps, drawn once for each power loss.
#[derive(Debug, Clone, Copy)]
enum Mood {
    Nothing,
    Everything,
    /// Each sector for itself, with this probability of being up to date.
    Scattered(f64),
    /// Everything up to one moment, which itself is torn.
    UpTo(usize),
}

/// The disk under one folder.
#[derive(Debug, Clone)]
pub(crate) struct Disk {
    files: HashMap<u64, File>,
    names: Names,
    steps: usize,
    checkpointed: usize,
}

#[derive(Debug, Clone, Default)]
struct Names {
    synced: BTreeMap<PathBuf, u64>,
    now: BTreeMap<PathBuf, u64>,
    pending: Vec<(usize, PathBuf, Option<u64>)>,
}

#[derive(Debug, Clone, Default)]
struct File {
    /// What is certainly on the disk.
    synced: Vec<u8>,
    /// What readers see.
    seen: Vec<u8>,
    /// Since the last sync, with the number of the step.
    pending: Vec<(usize, Change)>,
    /// Pages that readers see and that no sync will write.
    forgotten: BTreeSet<usize>,
}

#[derive(Debug, Clone)]
enum Change {
    Write { at: usize, bytes: Vec<u8> },
    Cut { length: usize },
}

impl Disk {
    /// The disk as it is found: all of it durable.
    pub(crate) fn found(files: BTreeMap<PathBuf, Vec<u8>>) -> Self {
        let mut disk = Self {
            files: HashMap::new(),
            names: Names::default(),
            steps: 0,
            checkpointed: 0,
        };
        // Inodes are not known before a file is opened; until then these stand for them.
        for (n, (path, bytes)) in (0..).zip(files) {
            let inode = u64::MAX - n;
            disk.names.synced.insert(path.clone(), inode);
            disk.names.now.insert(path, inode);
            let file = File {
                synced: bytes.clone(),
                seen: bytes,
                ..File::default()
            };
            disk.files.insert(inode, file);
        }
        disk
    }

    /// Does one step.
    pub(crate) fn does(&mut self, step: Step) -> anyhow::Result<()> {
        self.steps += 1;
        let now = self.steps;
        match step {
            Step::Open {
                inode,
                new: true,
                path,
            } => {
                self.files.insert(inode, File::default());
                self.names.now.insert(path.clone(), inode);
                self.names.pending.push((now, path, Some(inode)));
            }
            Step::Open { inode, path, .. } => self.is_known_as(inode, &path)?,
            Step::Write { inode, at, bytes } => {
                let file = self.files.get_mut(&inode).context("a file")?;
                if self.names.now.iter().any(|(path, of)| {
                    *of == inode && path.extension().is_some_and(|ending| ending == "db")
                }) {
                    self.checkpointed += 1;
                }
                file.write(now, at, bytes);
            }
            Step::Cut { inode, length } => {
                let file = self.files.get_mut(&inode).context("a file")?;
                file.seen.resize(length, 0);
                file.pending.push((now, Change::Cut { length }));
            }
            Step::Sync { inode: 0 } => {
                self.names.synced = self.names.now.clone();
                self.names.pending.clear();
            }
            Step::Sync { inode } => self.files.get_mut(&inode).context("a file")?.sync(),
            Step::SyncFailed { inode: 0 } => {}
            Step::SyncFailed { inode } => {
                self.files.get_mut(&inode).context("a file")?.sync_failed();
            }
            Step::Unlink { path } => {
                self.names.now.remove(&path);
                self.names.pending.push((now, path, None));
            }
        }
        Ok(())
    }

    /// A file that was there before anything was written down shows its real inode.
    fn is_known_as(&mut self, inode: u64, path: &Path) -> anyhow::Result<()> {
        let known = *self
            .names
            .now
            .get(path)
            .with_context(|| format!("{} was opened, and nobody made it", path.display()))?;
        if known == inode {
            return Ok(());
        }
        ensure!(known > u64::MAX / 2, "{} changed its inode", path.display());
        let file = self.files.remove(&known).context("a file")?;
        self.files.insert(inode, file);
        for names in [&mut self.names.now, &mut self.names.synced] {
            if names.get(path) == Some(&known) {
                names.insert(path.to_owned(), inode);
            }
        }
        Ok(())
    }

    /// The power fails now; what is there when it comes back.
    pub(crate) fn fails(&self, seed: u64) -> (BTreeMap<PathBuf, Vec<u8>>, Loss) {
        let mut chance = StdRng::seed_from_u64(seed);
        let first = self.first_pending();
        let moment = |chance: &mut StdRng| chance.random_range(first..=self.steps.max(first));
        let mood = match chance.random_range(0..6) {
            0 => Mood::Nothing,
            1 => Mood::Everything,
            2 | 3 => Mood::Scattered([0.1, 0.5, 0.9][chance.random_range(0..3)]),
            _ => Mood::UpTo(moment(&mut chance)),
        };
        let journaled = match mood {
            Mood::Nothing => 0,
            Mood::Everything => self.steps,
            _ => moment(&mut chance),
        };
        let mut loss = Loss {
            checkpointed: self.checkpointed,
            ..Loss::default()
        };
        let mut names = self.names.synced.clone();
        for (step, path, inode) in &self.names.pending {
            if *step > journaled {
                loss.metadata += 1;
            } else if let Some(inode) = inode {
                names.insert(path.clone(), *inode);
            } else {
                names.remove(path);
            }
        }
        let kept = names.into_iter().filter_map(|(path, inode)| {
            let file = self.files.get(&inode)?;
            Some((path, file.fails(mood, journaled, &mut chance, &mut loss)))
        });
        (kept.collect(), loss)
    }

    fn first_pending(&self) -> usize {
        let of_files = self
            .files
            .values()
            .filter_map(|file| Some(file.pending.first()?.0));
        let of_names = self.names.pending.first().map(|(step, ..)| *step);
        of_files.chain(of_names).min().unwrap_or(self.steps)
    }
}

impl File {
    fn write(&mut self, now: usize, at: usize, bytes: Vec<u8>) {
        put(&mut self.seen, at, &bytes);
        // A forgotten page that is written to is dirty again, and all of it will be written.
        for page in at / PAGE..=(at + bytes.len()).saturating_sub(1) / PAGE {
            if self.forgotten.remove(&page) {
                let from = page * PAGE;
                let whole = self.seen[from..self.seen.len().min(from + PAGE)].to_vec();
                self.pending.push((
                    now,
                    Change::Write {
                        at: from,
                        bytes: whole,
                    },
                ));
            }
        }
        self.pending.push((now, Change::Write { at, bytes }));
    }

    fn sync(&mut self) {
        for (_, change) in std::mem::take(&mut self.pending) {
            match change {
                Change::Write { at, bytes } => put(&mut self.synced, at, &bytes),
                Change::Cut { length } => self.synced.resize(length, 0),
            }
        }
    }

    fn sync_failed(&mut self) {
        for (_, change) in std::mem::take(&mut self.pending) {
            match change {
                Change::Write { at, bytes } => {
                    let pages = at / PAGE..=(at + bytes.len()).saturating_sub(1) / PAGE;
                    self.forgotten.extend(pages);
                }
                // The journal is another matter than the pages, and goes on.
                Change::Cut { length } => self.synced.resize(length, 0),
            }
        }
    }

    fn fails(&self, mood: Mood, journaled: usize, chance: &mut StdRng, loss: &mut Loss) -> Vec<u8> {
        let mut bytes = self.synced.clone();
        for page in &self.forgotten {
            let from = page * PAGE;
            let upto = self.seen.len().min(from + PAGE);
            if from < upto && matches!(mood, Mood::Everything) {
                put(&mut bytes, from, &self.seen[from..upto]);
            } else if from < upto {
                loss.sectors += (upto - from).div_ceil(SECTOR);
            }
        }
        let last = self.pending.last().map_or(0, |(step, _)| *step);
        let mut fates: HashMap<usize, usize> = HashMap::new();
        let mut limit = usize::MAX;
        for (step, change) in &self.pending {
            match change {
                Change::Cut { length } if *step <= journaled => bytes.resize(*length, 0),
                Change::Cut { length } => {
                    loss.metadata += 1;
                    limit = limit.min(*length);
                }
                Change::Write { at, bytes: written } => {
                    for (at, part) in by_sectors(*at, written) {
                        let fate = fates
                            .entry(at / SECTOR)
                            .or_insert_with(|| mood.fate(last, chance));
                        if *step <= *fate && at + part.len() <= limit {
                            put(&mut bytes, at, part);
                        } else {
                            loss.sectors += 1;
                        }
                    }
                }
            }
        }
        if limit == usize::MAX && bytes.len() < self.seen.len() && chance.random_bool(0.25) {
            bytes.resize(self.seen.len(), 0);
        }
        bytes
    }
}

impl Mood {
    /// The moment whose content a sector has.
    fn fate(self, last: usize, chance: &mut StdRng) -> usize {
        match self {
            Self::Nothing => 0,
            Self::Everything => last,
            Self::Scattered(probability) if chance.random_bool(probability) => last,
            Self::Scattered(_) => chance.random_range(0..=last),
            Self::UpTo(moment) => moment - usize::from(chance.random_bool(0.5) && moment > 0),
        }
    }
}

/// The index of the WAL after a power loss: gone, or garbage.
pub(crate) fn rubbish(seed: u64) -> Option<Vec<u8>> {
    let mut chance = StdRng::seed_from_u64(!seed);
    let mut bytes = vec![0; 32 * 1024];
    chance.fill_bytes(&mut bytes);
    chance.random_bool(0.5).then_some(bytes)
}

fn put(file: &mut Vec<u8>, at: usize, bytes: &[u8]) {
    if file.len() < at + bytes.len() {
        file.resize(at + bytes.len(), 0);
    }
    file[at..at + bytes.len()].copy_from_slice(bytes);
}

/// A write, cut where sectors meet.
fn by_sectors(at: usize, bytes: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let mut at = at;
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let length = rest.len().min(SECTOR - at % SECTOR);
        let (part, more) = rest.split_at(length);
        let from = at;
        (at, rest) = (at + length, more);
        (length > 0).then_some((from, part))
    })
}
