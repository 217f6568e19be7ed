//! What can go wrong in the store.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

/// A source that several callers share: one failed commit answers a whole batch.
type Source = Arc<dyn std::error::Error + Send + Sync>;

/// Why a command was not carried out. Nothing of it is durable then, except that after
/// [`Error::Unavailable`] from a failed commit it is unknown until the store is opened again.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// The database did not answer: disk full, an I/O error, a lock held too long, or a commit
    /// that failed earlier. The caller should say 503 and try again.
    #[error("the store cannot carry this out now ({doing})")]
    Unavailable {
        /// What was being done.
        doing: &'static str,
        /// The database's own error, when there is one.
        #[source]
        source: Option<Source>,
    },
    /// A row does not say what every row must say: edited by hand, or a broken disk.
    #[error("the database holds something unreadable: {what}")]
    Corrupt {
        /// Which row, and what is wrong with it.
        what: String,
        /// Why it cannot be read, when there is more to say.
        #[source]
        source: Option<Source>,
    },
    /// The database file itself is damaged: nothing that it says can be trusted any more.
    #[error(
        "the database is damaged ({what}): stop Signoff, keep the files for examination, and \
         restore a backup"
    )]
    Damaged {
        /// Which file, or what is wrong with it.
        what: String,
        /// The database's own error, when there is one.
        #[source]
        source: Option<Source>,
    },
    /// The store was opened to read alone.
    #[error("the store is read-only: nothing can be changed")]
    ReadOnly,
    /// The file is a database of another program.
    #[error(
        "{} is the database of another program: [store] url must name one of its own", .path.display()
    )]
    NotOurs {
        /// The file.
        path: PathBuf,
    },
    /// The database has yet to be brought up to date, which reading alone does not do.
    #[error(
        "the database has version {found}, this Signoff reads version {known}: start the service \
         once without --read-only, which brings it up to date"
    )]
    OlderDatabase {
        /// The version of the database.
        found: u32,
        /// The version of this program.
        known: u32,
    },
    /// A backup could not be made.
    #[error("the backup {} cannot be made ({doing})", .path.display())]
    Backup {
        /// The file that was to be the backup.
        path: PathBuf,
        /// What was being done.
        doing: &'static str,
        /// Why not.
        #[source]
        source: Option<Source>,
    },
    /// The database was written by a newer Signoff.
    #[error(
        "the database has version {found}, this Signoff knows versions up to {known}: \
         run the newer Signoff, or restore the backup from before the upgrade{}",
        if *.readable { "; meanwhile `signoff serve --read-only` can answer reads" } else { "" }
    )]
    NewerDatabase {
        /// The version of the database.
        found: u32,
        /// The newest version that this program knows.
        known: u32,
        /// Whether that newer program says that this one can still read it.
        readable: bool,
    },
    /// Another service runs on this database.
    #[error(
        "another Signoff service runs on this database (it holds {}): stop it first, \
         or give this one a database of its own", .lock.display()
    )]
    Locked {
        /// The lock file.
        lock: PathBuf,
    },
    /// The database could not be opened or brought up to date.
    #[error("the database {} cannot be opened ({doing})", .path.display())]
    Open {
        /// The database.
        path: PathBuf,
        /// What was being done.
        doing: &'static str,
        /// Why not.
        #[source]
        source: Option<Source>,
    },
}

impl Error {
    /// What an operator can do about it, where the cause tells.
    pub fn remedy(&self) -> Option<&'static str> {
        let (Self::Unavailable { source, .. } | Self::Open { source, .. }) = self else {
            return None;
        };
        let source = source.as_ref()?;
        if let Some(error) = source.downcast_ref::<rusqlite::Error>() {
            return remedy(error);
        }
        let error = source.downcast_ref::<io::Error>()?;
        match error.kind() {
            io::ErrorKind::StorageFull => Some(FULL),
            io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied => Some(CLOSED),
            _ => (error.raw_os_error() == Some(EIO)).then_some(BROKEN),
        }
    }

    /// A database error while `doing` something.
    pub(crate) fn database(doing: &'static str) -> impl FnOnce(rusqlite::Error) -> Self {
        move |source| {
            if is_damage(&source) {
                return source.into();
            }
            Self::Unavailable {
                doing,
                source: Some(Arc::new(source)),
            }
        }
    }

    /// Whether it was refused because the store was opened to read alone.
    pub fn is_read_only(&self) -> bool {
        matches!(self, Self::ReadOnly)
    }

    /// The file is not what it must be.
    pub(crate) fn damaged(path: &std::path::Path, why: &str) -> Self {
        Self::Damaged {
            what: format!("{}: {why}", path.display()),
            source: None,
        }
    }

    /// Making a backup failed while `doing` something.
    pub(crate) fn backup<E>(path: &std::path::Path, doing: &'static str) -> impl FnOnce(E) -> Self
    where
        E: std::error::Error + Send + Sync + 'static,
    {
        let path = path.to_owned();
        move |source| Self::Backup {
            path,
            doing,
            source: Some(Arc::new(source)),
        }
    }

    /// Passes over a row that cannot be read, loudly, so that it does not keep others from
    /// being worked on; any other error stays one.
    pub(crate) fn pass_over<T>(
        result: Result<Option<T>, Self>,
        row: i64,
    ) -> Result<Option<T>, Self> {
        match result {
            Err(error @ Self::Corrupt { .. }) => {
                tracing::error!(
                    row,
                    error = &error as &dyn std::error::Error,
                    "a row was passed over"
                );
                Ok(None)
            }
            result => result,
        }
    }

    /// The store takes no more commands.
    pub(crate) fn stopped() -> Self {
        Self::Unavailable {
            doing: "the writer has stopped",
            source: None,
        }
    }

    /// Something stored cannot be read.
    pub(crate) fn corrupt(
        what: impl Into<String>,
        source: impl std::error::Error + Send + Sync + 'static,
    ) -> Self {
        Self::Corrupt {
            what: what.into(),
            source: Some(Arc::new(source)),
        }
    }

    /// A stored value that is none of the allowed ones.
    pub(crate) fn unknown(what: &str, value: &str) -> Self {
        Self::Corrupt {
            what: format!("{what} is {value:?}"),
            source: None,
        }
    }

    /// Opening failed while `doing` something.
    pub(crate) fn open<E>(path: &std::path::Path, doing: &'static str) -> impl FnOnce(E) -> Self
    where
        E: std::error::Error + Send + Sync + 'static,
    {
        let path = path.to_owned();
        move |source| {
            let database = (&source as &dyn std::any::Any).downcast_ref::<rusqlite::Error>();
            if database.is_some_and(is_damage) {
                return Self::Damaged {
                    what: path.display().to_string(),
                    source: Some(Arc::new(source)),
                };
            }
            Self::Open {
                path,
                doing,
                source: Some(Arc::new(source)),
            }
        }
    }
}

/// What an operator can do about an error of the database.
pub(crate) fn remedy(error: &rusqlite::Error) -> Option<&'static str> {
    use rusqlite::ErrorCode as Code;
    match error.sqlite_error_code()? {
        Code::DiskFull => Some(FULL),
        Code::SystemIoFailure => Some(BROKEN),
        Code::ReadOnly | Code::CannotOpen | Code::PermissionDenied => Some(CLOSED),
        _ => None,
    }
}

/// "Input/output error", the same number on every Unix; the library has no name for it.
const EIO: i32 = 5;
const FULL: &str = "the disk is full: free space on it, then start Signoff again";
const BROKEN: &str =
    "the disk failed: look at the system's log, and at the disk, before Signoff is started again";
const CLOSED: &str =
    "let the user that runs signoff write to the folder and to the files in it, on a local disk";

/// Whether the database found its own file to be broken.
pub(crate) fn is_damage(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase};
    matches!(
        error.sqlite_error_code(),
        Some(DatabaseCorrupt | NotADatabase)
    )
}

impl From<rusqlite::Error> for Error {
    fn from(source: rusqlite::Error) -> Self {
        use rusqlite::Error as Database;
        match source {
            Database::FromSqlConversionFailure(..)
            | Database::IntegralValueOutOfRange(..)
            | Database::InvalidColumnType(..)
            | Database::Utf8Error(..) => Self::corrupt("a column", source),
            source if is_damage(&source) => Self::Damaged {
                what: "met while it was in use".to_owned(),
                source: Some(Arc::new(source)),
            },
            source => Self::Unavailable {
                doing: "reading or writing rows",
                source: Some(Arc::new(source)),
            },
        }
    }
}
