//! Signoff's store: SQLite, commands in one transaction each, migrations.
mod types;
pub use types::*;
