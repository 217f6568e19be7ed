//! Signoff hears: a recording becomes text.
//!
//! A file is known by its first bytes (`kind`), seen to be whole (`whole`), decoded piece by piece
//! within its limits (`decode`, `resample`), and searched for speech (`vad`, `prepare`), before an
//! engine hears it: whisper.cpp on this machine ([`Whisper`]) or a server that the operator runs
//! ([`Http`]). What the engine wrote is cleaned and judged (`text`, `heard`). Recordings wait their
//! turn in a queue and are worked on by threads of their own (`queue`, `pool`, `front`).
//!
//! No chat, no request and no store is known here, and nothing of a recording is written to disk.

mod decode;
mod front;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod heard;
mod http;
mod kind;
mod metrics;
mod pool;
mod prepare;
mod queue;
mod resample;
mod text;
mod until;
mod vad;
#[cfg(feature = "whisper")]
mod whisper;
mod whole;

pub use front::Settings;
pub use http::{Http, HttpSettings};
pub use metrics::Metrics;
#[cfg(feature = "whisper")]
pub use whisper::{LoadedModel, Whisper, WhisperSettings};

/// Why there is no engine.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The system gives no threads.
    #[error("the system gives no threads")]
    Threads(#[source] std::io::Error),
    /// There is no client for HTTP.
    #[error("there is no HTTP client")]
    Client(#[source] reqwest::Error),
}
