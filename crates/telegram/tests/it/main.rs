//! The Telegram channel against the simulator, with the real engine on a temporary store. Tests
//! speak of people and what they see.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a helper that cannot go on fails its test; clippy.toml frees test functions alone"
)]

mod commands;
mod conversations;
mod delivery;
mod documents;
mod faults;
mod giving_up;
mod irregular;
mod malicious;
mod moves;
mod ordering;
mod outages;
mod presses;
mod races;
mod receiving;
mod refusals;
mod rendering;
mod repeated;
mod rivals;
mod startup;
mod strictness;
mod uneditable;
mod unsure;
mod voice;
mod world;
