//! The engine's tests: one binary, one module a subject.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a helper that cannot go on fails its test; clippy.toml frees test functions alone"
)]

mod adapters;
mod callbacks;
mod clock;
mod deciding;
mod faults;
mod guard;
mod keys;
mod lines;
mod notes;
mod races;
mod reaching;
mod rebinding;
mod receiver;
mod retention;
mod sender;
mod trip;
mod world;
