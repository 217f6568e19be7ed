//! A strict, stateful Telegram Bot API simulator with a chat page.
mod api;
mod calls;
mod clock;
mod error;
mod faults;
mod http;
mod limits;
mod options;
mod people;
mod server;
mod shared;
mod text;
mod updates;
pub mod wire;
mod world;

pub use calls::Call;
pub use clock::{ClockMode, SimClock};
pub use error::Error;
pub use faults::{Fault, FaultKind};
pub use options::SimOptions;
pub use people::{
    Group, GroupBuilder, Person, PersonBuilder, SeenForceReply, SeenMessage, Sim, Tap, VoiceNote,
};
pub use world::Answer;
