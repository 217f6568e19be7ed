//! The machine under one service: `shim.c`, built and put between the service and its disk and clock.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use anyhow::{Context as _, ensure};

use super::replay::{Disk, Loss, read_log, rubbish};

/// What a system call can fail with, by Linux's numbers.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Errno {
    None = 0,
    Io = 5,
    NotAllowed = 13,
    ReadOnly = 30,
}

/// A machine whose disk forgets and fails, and whose clock is moved, as the test says.
pub(crate) struct Machine {
    /// The database; the files beside it begin with its name.
    database: PathBuf,
    /// The log and the control file: outside the database's folder, on another disk so to speak.
    scratch: tempfile::TempDir,
    control: fs::File,
    /// What was on the disk when the log began.
    found: BTreeMap<PathBuf, Vec<u8>>,
}

impl Machine {
    /// The machine for a database; processes run on it that have [`Machine::environment`].
    pub(crate) fn under(database: &Path) -> anyhow::Result<Self> {
        let scratch = tempfile::tempdir()?;
        let control = fs::File::create(scratch.path().join("control"))?;
        control.set_len(64)?;
        let mut machine = Self {
            database: database.to_owned(),
            scratch,
            control,
            found: BTreeMap::new(),
        };
        machine.has_room(None)?;
        machine.begins()?;
        Ok(machine)
    }

    /// What a process needs in its environment to run on this machine.
    pub(crate) fn environment(&self) -> anyhow::Result<Vec<(OsString, OsString)>> {
        let of = |name: &str| self.scratch.path().join(name).into_os_string();
        Ok(vec![
            ("LD_PRELOAD".into(), shim()?.as_os_str().to_owned()),
            ("MACHINE_FILES".into(), self.database.clone().into()),
            ("MACHINE_LOG".into(), of("log")),
            ("MACHINE_CONTROL".into(), of("control")),
        ])
    }

    /// The wall clock is off by so much.
    pub(crate) fn clock_is_off_by(&self, seconds: i64) -> anyhow::Result<()> {
        Ok(self
            .control
            .write_all_at(&(seconds * 1000).to_ne_bytes(), 0)?)
    }

    /// The database's files may grow by so many bytes more; `None` is no limit.
    pub(crate) fn has_room(&self, bytes: Option<i64>) -> anyhow::Result<()> {
        Ok(self
            .control
            .write_all_at(&bytes.unwrap_or(-1).to_ne_bytes(), 8)?)
    }

    /// Every change of the database's files fails so.
    pub(crate) fn writing_fails(&self, errno: Errno) -> anyhow::Result<()> {
        Ok(self
            .control
            .write_all_at(&(errno as i32).to_ne_bytes(), 16)?)
    }

    /// Every sync of the database's files fails so.
    pub(crate) fn syncing_fails(&self, errno: Errno) -> anyhow::Result<()> {
        Ok(self
            .control
            .write_all_at(&(errno as i32).to_ne_bytes(), 20)?)
    }

    /// Opening the database's files for writing, or making them, fails so.
    pub(crate) fn opening_fails(&self, errno: Errno) -> anyhow::Result<()> {
        Ok(self
            .control
            .write_all_at(&(errno as i32).to_ne_bytes(), 28)?)
    }

    /// A sync takes up to so many microseconds, for a kill to fall into it.
    pub(crate) fn syncing_takes(&self, microseconds: i32) -> anyhow::Result<()> {
        Ok(self.control.write_all_at(&microseconds.to_ne_bytes(), 24)?)
    }

    /// How much has been written down so far. What the service says after this moment, it says
    /// about a disk on which all of that had been done.
    pub(crate) fn moment(&self) -> anyhow::Result<u64> {
        Ok(fs::metadata(self.log())?.len())
    }

    /// The disk after the power failed when only the first `moment` bytes had been written down.
    pub(crate) fn fails_at(
        &self,
        moment: u64,
        seed: u64,
    ) -> anyhow::Result<(BTreeMap<PathBuf, Vec<u8>>, Loss)> {
        let log = fs::read(self.log())?;
        let mut disk = Disk::found(self.found.clone());
        let upto = log.len().min(usize::try_from(moment)?);
        for step in read_log(&log[..upto])? {
            disk.does(step)?;
        }
        Ok(disk.fails(seed))
    }

    /// The power failed when the service was killed: the database's files become what the disk kept.
    pub(crate) fn power_fails(&mut self, seed: u64) -> anyhow::Result<Loss> {
        let (kept, loss) = self.fails_at(self.moment()?, seed)?;
        for path in self.files()?.into_keys() {
            fs::remove_file(path)?;
        }
        for (path, bytes) in kept {
            fs::write(path, bytes)?;
        }
        if let Some(garbage) = rubbish(seed) {
            fs::write(self.beside("-shm"), garbage)?;
        }
        self.begins()?;
        Ok(loss)
    }

    /// A new log, of the disk as it is now.
    fn begins(&mut self) -> anyhow::Result<()> {
        self.found = self.files()?;
        self.found.remove(&self.beside("-shm"));
        fs::write(self.log(), [])?;
        Ok(())
    }

    fn log(&self) -> PathBuf {
        self.scratch.path().join("log")
    }

    fn beside(&self, ending: &str) -> PathBuf {
        let mut name = self.database.clone().into_os_string();
        name.push(ending);
        name.into()
    }

    fn files(&self) -> anyhow::Result<BTreeMap<PathBuf, Vec<u8>>> {
        let folder = self.database.parent().context("a folder")?;
        let name = self
            .database
            .file_name()
            .context("a name")?
            .to_string_lossy();
        let mut files = BTreeMap::new();
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            if entry.file_name().to_string_lossy().starts_with(&*name) {
                files.insert(entry.path(), fs::read(entry.path())?);
            }
        }
        Ok(files)
    }
}

/// The library, compiled once a run by the compiler that `SQLite` needs anyway.
fn shim() -> anyhow::Result<&'static Path> {
    static BUILT: OnceLock<Result<(tempfile::TempDir, PathBuf), String>> = OnceLock::new();
    let built = BUILT.get_or_init(|| build().map_err(|error| format!("{error:#}")));
    let (_, library) = built.as_ref().map_err(|error| anyhow::anyhow!("{error}"))?;
    Ok(library)
}

fn build() -> anyhow::Result<(tempfile::TempDir, PathBuf)> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/house/machine/shim.c");
    let folder = tempfile::tempdir()?;
    let library = folder.path().join("shim.so");
    let built = std::process::Command::new("cc")
        .args([
            "-std=c11", "-Wall", "-Wextra", "-O1", "-shared", "-fPIC", "-o",
        ])
        .arg(&library)
        .arg(source)
        .output()
        .context("`cc` does not run: install a C compiler")?;
    let said = String::from_utf8_lossy(&built.stderr);
    ensure!(built.status.success(), "{said}");
    Ok((folder, library))
}
