//! Speech, as its users see it: recordings go in, texts and reasons come out. What needs a model uses
//! the tiny one in `tests/data`, which understands 165 English words.

#![expect(
    clippy::unwrap_used,
    reason = "a helper that cannot go on fails its test; clippy.toml frees test functions alone"
)]

#[cfg(feature = "whisper")]
mod accuracy;
mod broken;
#[cfg(feature = "whisper")]
mod engine;
mod formats;
mod recordings;
mod server;
