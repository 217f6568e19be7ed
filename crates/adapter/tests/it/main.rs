//! An adapter around a channel that only remembers, and a service that answers as a test says.

#![expect(clippy::expect_used, reason = "a test that cannot go on says why")]

mod asking;
mod showing;
mod world;
