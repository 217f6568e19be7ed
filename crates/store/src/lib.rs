//! Signoff's store: SQLite, commands in one transaction each, migrations.

mod changes;
mod error;
mod skeleton;
mod store;
mod types;

pub use changes::Changes;
pub use error::Error;
pub use store::Store;
pub use types::*;
