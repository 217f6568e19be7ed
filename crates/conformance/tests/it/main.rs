//! The kit examines peers that do right, and peers that do one thing wrong.

#![expect(
    clippy::expect_used,
    reason = "a helper that cannot go on fails its test; clippy.toml frees test functions alone"
)]

mod adapter;
mod receiver;
mod receivers;
mod table;
