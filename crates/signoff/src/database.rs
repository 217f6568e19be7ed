//! Opens the database of the configuration for the commands that work on it directly, also
//! while the service runs.

use std::path::Path;

use anyhow::Context as _;
use rand::RngCore as _;
use signoff_engine::{Clock, Store};
use signoff_store::Error;

use crate::config::{Settings, Source, check, load};
use crate::output;

/// The settings, and the database, which is made when it is not there.
pub(crate) fn open_or_make(source: &Source) -> anyhow::Result<(Settings, Store)> {
    let settings = check(&load(source)?)?.settings;
    let is_new = !settings.database.exists();
    let store = open(&settings.database)?;
    if is_new {
        output::say(format_args!(
            "made the database {}",
            settings.database.display()
        ));
    }
    Ok((settings, store))
}

/// The settings, and the database, which must be there.
pub(crate) fn open_existing(source: &Source) -> anyhow::Result<(Settings, Store)> {
    let settings = check(&load(source)?)?.settings;
    if !settings.database.is_file() {
        anyhow::bail!(
            "there is no database {}: `signoff serve` makes it when it starts first; a path that \
             does not begin with / counts from the working directory",
            settings.database.display()
        );
    }
    let store = open(&settings.database)?;
    Ok((settings, store))
}

/// The same for a command that only reads: the database of a newer Signoff is read as it is, when
/// that one says that it can be.
pub(crate) fn open_to_read(source: &Source) -> anyhow::Result<(Settings, Store)> {
    match open_existing(source) {
        Err(error) if is_readable(&error) => {
            let settings = check(&load(source)?)?.settings;
            let store = Store::open_read_only(&settings.database, Clock::system())?;
            output::warning("the database is of a newer Signoff: it is only read");
            Ok((settings, store))
        }
        other => other,
    }
}

/// Whether the database could be opened to read alone.
fn is_readable(error: &anyhow::Error) -> bool {
    let newer = error.downcast_ref::<Error>();
    matches!(newer, Some(Error::NewerDatabase { readable: true, .. }))
}

/// The database at this path.
pub(crate) fn open(path: &Path) -> anyhow::Result<Store> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    if let Some(folder) = folder.filter(|folder| !folder.is_dir()) {
        anyhow::bail!(
            "there is no folder {} for the database: make it, or choose another [store] url",
            folder.display()
        );
    }
    Store::open(path, Clock::system(), |bytes| rand::rng().fill_bytes(bytes))
        .context("the database cannot be used")
}
