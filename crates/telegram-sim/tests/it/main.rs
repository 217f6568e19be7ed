//! What the simulator promises, tested through its HTTP interface as a bot would use it.

mod bot;
mod messages;

use bot::{Bot, start};
