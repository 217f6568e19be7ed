//! Recordings, and engines that hear them.

use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;
use prometheus_client::registry::Registry;
use signoff_engine::{Confirm, Recording, SpeechRules, TranscribeError, Transcriber, Transcript};
use signoff_speech::{Metrics, Settings};

/// A file of the fixtures.
pub(crate) fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data")
        .join(name)
}

/// What is in it.
pub(crate) fn data(name: &str) -> Bytes {
    std::fs::read(path(name)).unwrap().into()
}

/// A recording of these bytes.
pub(crate) fn recording(bytes: impl Into<Bytes>) -> Recording {
    Recording {
        bytes: bytes.into(),
        media_type: None,
        language: None,
    }
}

/// The rules that hold by default.
pub(crate) fn rules() -> SpeechRules {
    SpeechRules {
        max_seconds: 300,
        max_bytes: SpeechRules::MAX_BYTES,
        timeout: Duration::from_mins(1),
        confirm: Confirm::Answers,
        min_probability: 0.8,
    }
}

/// The settings that hold by default.
pub(crate) fn settings() -> Settings {
    Settings {
        rules: rules(),
        language: None,
        parallel: 1,
    }
}

/// Counters that nobody reads.
pub(crate) fn metrics() -> Metrics {
    Metrics::register(&mut Registry::default())
}

/// What an engine makes of bytes.
pub(crate) async fn heard(
    engine: &dyn Transcriber,
    bytes: impl Into<Bytes>,
) -> Result<Transcript, TranscribeError> {
    let turn = engine.turn().await;
    engine.transcribe(turn, recording(bytes)).await
}
