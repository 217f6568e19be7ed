//! The person side as a Rust API: people and groups that a test moves, and what they see.

mod group;
pub(crate) mod links;
mod person;
mod report;
mod seen;
mod sim;
mod voice;
pub(crate) mod waits;

pub use group::{Group, GroupBuilder};
pub use person::Person;
pub use seen::{SeenForceReply, SeenMessage};
pub use sim::{PersonBuilder, Sim};
pub use voice::VoiceNote;
pub use waits::Tap;
