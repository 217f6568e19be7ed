//! Files that hold secrets: read to a limit, and named in errors without saying a secret that was put
//! in the place of a file's name.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

/// The longest that such a file may be, in bytes: hundreds of secrets.
const MOST: u64 = 64 * 1024;

/// Why the file of a secret is of no use.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unusable {
    /// The system does not let us, or it is no text.
    #[error("cannot be read: {0}")]
    Unreadable(io::Error),
    /// It has no end, or is something else.
    #[error("is longer than 64 KiB, which no file of secrets is")]
    TooLong,
}

/// The text of such a file. A device or a pipe without an end is given up.
pub(crate) fn read(path: &Path) -> Result<String, Unusable> {
    let mut text = Vec::new();
    let file = File::open(path).map_err(Unusable::Unreadable)?;
    file.take(MOST + 1)
        .read_to_end(&mut text)
        .map_err(Unusable::Unreadable)?;
    if text.len() as u64 > MOST {
        return Err(Unusable::TooLong);
    }
    String::from_utf8(text).map_err(|_| {
        let error = io::Error::new(io::ErrorKind::InvalidData, "it is no text in UTF-8");
        Unusable::Unreadable(error)
    })
}

/// What errors call the file. A lone word that names no file may be the secret itself, put under the
/// wrong key.
pub(crate) fn called(path: &Path) -> String {
    let lone = path.components().count() <= 1;
    if lone && !path.exists() {
        "the file that is named there".to_owned()
    } else {
        format!("the file {}", path.display())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endless_file_is_given_up_and_a_long_one_is_none_of_ours() {
        let endless = read(Path::new("/dev/zero")).unwrap_err();
        assert!(matches!(endless, Unusable::TooLong), "{endless}");
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secrets");
        let most = "x".repeat(64 * 1024);
        std::fs::write(&path, &most).unwrap();
        assert_eq!(read(&path).unwrap(), most);
        std::fs::write(&path, most + "x").unwrap();
        assert!(matches!(read(&path), Err(Unusable::TooLong)));
        std::fs::write(&path, b"\xff").unwrap();
        let error = read(&path).unwrap_err().to_string();
        assert!(error.ends_with("it is no text in UTF-8"), "{error}");
    }

    #[test]
    fn a_secret_in_the_place_of_a_files_name_is_not_said() {
        assert!(!called(Path::new("hunter2-hunter2")).contains("hunter2"));
        assert!(called(Path::new("/run/secrets/token")).contains("/run/secrets/token"));
        assert!(called(Path::new("secrets/token")).contains("secrets/token"));
        assert!(called(Path::new("Cargo.toml")).contains("Cargo.toml"));
    }
}
