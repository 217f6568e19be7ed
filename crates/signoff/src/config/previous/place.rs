//! Where the database can be kept.

use std::fs;
use std::path::Path;

/// Whether a file can be made in this folder; the question leaves nothing behind.
pub(super) fn is_writable(folder: &Path) -> bool {
    let probe = folder.join(format!(".signoff-{}", std::process::id()));
    let made = fs::File::options()
        .write(true)
        .create_new(true)
        .open(&probe);
    made.is_ok() && fs::remove_file(&probe).is_ok()
}

/// Whether this folder is on another file system than the root.
#[cfg(unix)]
pub(super) fn is_mounted(folder: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let device = |path: &Path| fs::metadata(path).map(|found| found.dev()).ok();
    device(folder) != device(Path::new("/"))
}

/// Elsewhere that cannot be told, and nothing is said.
#[cfg(not(unix))]
pub(super) fn is_mounted(_: &Path) -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_is_not_there_cannot_be_written_to_and_asking_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        assert!(is_writable(folder.path()));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        assert!(!is_writable(&folder.path().join("nowhere")));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn what_is_on_another_file_system_is_told_from_what_is_not() {
        assert!(is_mounted(Path::new("/proc")));
        assert!(!is_mounted(Path::new("/")));
    }
}
