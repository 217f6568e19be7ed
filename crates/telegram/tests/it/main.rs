//! The Telegram channel against the simulator, with the real engine on a temporary store. Tests
//! speak of people and what they see.

mod commands;
mod conversations;
mod delivery;
mod outages;
mod presses;
mod receiving;
mod world;
