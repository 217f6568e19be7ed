//! What hears, as it was configured: built in, or not.

#[cfg_attr(feature = "whisper", path = "speech/built_in.rs")]
#[cfg_attr(not(feature = "whisper"), path = "speech/not_built_in.rs")]
mod ears;

use std::time::Duration;

use signoff_engine::{Recording, TranscribeError, Transcriber, Transcript};

pub(crate) use ears::Ears;

/// A spoken sentence, to see whether something hears. A synthetic voice says it.
pub(crate) const SAMPLE: &[u8] = include_bytes!("speech/sample.ogg");
/// What is said in it.
pub(crate) const SAID: &str = "deny because the database is in use";

/// How long whisper hears at once, whatever the length of what was said.
pub(crate) const WINDOW: Duration = Duration::from_secs(30);

/// What something that hears makes of a file.
pub(crate) async fn heard(
    ears: &dyn Transcriber,
    bytes: impl Into<bytes::Bytes>,
    language: Option<String>,
) -> Result<Transcript, TranscribeError> {
    let turn = ears.turn().await;
    let recording = Recording {
        bytes: bytes.into(),
        media_type: None,
        language,
    };
    ears.transcribe(turn, recording).await
}
