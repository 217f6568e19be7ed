//! Signoff's store: `SQLite`, commands in one transaction each, migrations.
//!
//! [`Store`] is a handle whose methods are commands. One thread writes (`writer.rs`): it takes
//! many commands into one transaction and answers after COMMIT. Others read (`readers.rs`).
//! Each group of commands has a file of its own; what a request is and how it changes is
//! `signoff-core`'s, and nothing here talks to the network.

mod backup;
mod callbacks;
mod changes;
mod clock;
mod codec;
mod error;
mod events;
mod inbox;
mod leases;
mod migrate;
mod open;
mod outbox;
mod people;
mod prompts;
mod queries;
mod readers;
mod retention;
mod rows;
mod seals;
mod secrets;
mod state;
mod store;
mod submit;
mod transition;
mod types;
mod verify;
mod wal;
mod writer;

pub use backup::{BackedUp, Contents, backup};
pub use changes::Changes;
pub use clock::Clock;
pub use error::Error;
pub use store::Store;
pub use types::*;
