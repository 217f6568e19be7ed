//! The HTTP surface as its callers meet it: the real router, over a real socket, on a real engine
//! and store. Every answer of every test is also held against the `OpenAPI` document.

#![expect(clippy::expect_used, reason = "a test that cannot go on says why")]

mod adapter;
mod answer;
mod auth;
mod compat;
mod connections;
mod documents;
mod errors;
mod hostile;
mod operations;
mod slow;
mod stream;
mod wait;
mod world;
