//! The client against the real service, over real HTTP.

#![expect(clippy::expect_used, reason = "a test that cannot go on says why")]

mod callbacks;
mod calls;
mod following;
mod service;
