//! The port of what hears: a recording becomes text ([`Transcriber`]). Which engine does it, and
//! where, is decided in `crates/speech`; what becomes of the text is the channel's business.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use tokio::sync::OwnedSemaphorePermit;

/// What hears: turns a recording into text. No transcriber at all means that nobody set one up.
#[async_trait]
pub trait Transcriber: Send + Sync {
    /// What a recording may be, and how its text is treated.
    fn rules(&self) -> &SpeechRules;

    /// Whether a recording that came now would have to wait for others.
    fn busy(&self) -> bool;

    /// Waits until a recording may be transcribed, first come first served. Whoever waits here
    /// fetches the bytes only afterwards, so that waiting costs no memory.
    async fn turn(&self) -> Turn;

    /// Transcribes a recording within [`SpeechRules::timeout`]. Dropping the future stops the work.
    async fn transcribe(
        &self,
        turn: Turn,
        recording: Recording,
    ) -> Result<Transcript, TranscribeError>;
}

/// What a recording may be, and how its text is treated.
#[derive(Debug, Clone, PartialEq)]
pub struct SpeechRules {
    /// The longest recording, in seconds.
    pub max_seconds: u32,
    /// The largest recording, in bytes.
    pub max_bytes: usize,
    /// How long a transcription may take.
    pub timeout: Duration,
    /// What the speaker is asked to confirm.
    pub confirm: Confirm,
    /// The mean probability under which a transcript counts as unclear, 0 to 1.
    pub min_probability: f32,
}

impl SpeechRules {
    /// What a bot may download from Telegram (Bot API, `getFile`: 20 MB), and the most that any
    /// recording has.
    pub const MAX_BYTES: usize = 20_000_000;

    /// Whether a transcript must not be taken at its word.
    pub fn unclear(&self, transcript: &Transcript) -> bool {
        let sure = transcript.mean_probability;
        sure.is_nan() || sure < self.min_probability
    }
}

/// What the speaker is asked to confirm before it counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Confirm {
    /// Answers and reasons.
    Always,
    /// Answers; a reason of a denial counts at once.
    Answers,
    /// Nothing that was heard clearly.
    Never,
}

/// The right to transcribe one recording. The next one's turn comes when this is dropped.
#[derive(Debug)]
pub struct Turn {
    _permit: OwnedSemaphorePermit,
}

impl Turn {
    /// A turn that lasts as long as the permit.
    pub fn new(permit: OwnedSemaphorePermit) -> Self {
        Self { _permit: permit }
    }
}

/// A recording, as it was received.
#[derive(Clone)]
pub struct Recording {
    /// The file.
    pub bytes: Bytes,
    /// What the sender says that it is: `audio/ogg`. What the file really is decides.
    pub media_type: Option<String>,
    /// The language that is spoken (ISO 639-1), where somebody knows; `None` is as configured.
    pub language: Option<String>,
}

impl std::fmt::Debug for Recording {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // A voice is personal data: it is in no log.
        f.debug_struct("Recording")
            .field("bytes", &self.bytes.len())
            .field("media_type", &self.media_type)
            .field("language", &self.language)
            .finish()
    }
}

/// What was heard.
#[derive(Debug, Clone, PartialEq)]
pub struct Transcript {
    /// The words, without the marks that an engine writes for noises. Never empty.
    pub text: String,
    /// The language (ISO 639-1), where the engine tells.
    pub language: Option<String>,
    /// How sure the engine is of its tokens, on average: 0 to 1. 0 when it does not say.
    pub mean_probability: f32,
    /// The parts, in order.
    pub segments: Vec<Segment>,
    /// How long the recording is.
    pub audio: Duration,
    /// How long the transcription took, without waiting for its turn.
    pub took: Duration,
    /// The name of the model.
    pub model: String,
    /// SHA-256 of the model's file in hexadecimal, where it is on this machine.
    pub model_digest: Option<String>,
}

/// A part of what was heard.
#[derive(Debug, Clone, PartialEq)]
pub struct Segment {
    /// Its words.
    pub text: String,
    /// How sure the engine is of its tokens, on average: 0 to 1.
    pub mean_probability: f32,
    /// Where it begins in the recording, as far as the engine knows.
    pub start: Duration,
    /// Where it ends.
    pub end: Duration,
}

/// Why there is no transcript. Each is a sentence for operators; people in a chat get the
/// channel's own words.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum TranscribeError {
    /// Nobody speaks in it.
    #[error("nobody speaks in the recording")]
    NoSpeech,
    /// It lasts too long.
    #[error("the recording is longer than {max_seconds} s")]
    TooLong {
        /// The longest that is taken.
        max_seconds: u32,
    },
    /// It has too many bytes.
    #[error("the recording has {bytes} bytes, and {max_bytes} is the most")]
    TooLarge {
        /// How many it has.
        bytes: usize,
        /// The most that is taken.
        max_bytes: usize,
    },
    /// It has no bytes, or no sound.
    #[error("the recording is empty")]
    Empty,
    /// It is something else.
    #[error("the file is no recording")]
    NotAudio,
    /// It ends before its end.
    #[error("the recording is cut off")]
    Truncated,
    /// It is broken inside.
    #[error("the recording is damaged: {cause}")]
    Damaged {
        /// How.
        cause: String,
    },
    /// It is a recording of a kind that is not understood.
    #[error("recordings of this kind are not understood: {what}")]
    Unsupported {
        /// The kind.
        what: String,
    },
    /// The time was up.
    #[error("the transcription took longer than {} s", after.as_secs())]
    TimedOut {
        /// How long it may take.
        after: Duration,
    },
    /// What transcribes cannot be used now: a model that is missing, a server that is down.
    #[error("the transcription is not available: {cause}")]
    Unavailable {
        /// Why.
        cause: String,
    },
    /// It did not work.
    #[error("the transcription failed: {cause}")]
    Failed {
        /// Why.
        cause: String,
    },
    /// This program was built without it.
    #[error("voice is not built in")]
    NotBuiltIn,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(mean_probability: f32) -> Transcript {
        Transcript {
            text: "deny".to_owned(),
            language: None,
            mean_probability,
            segments: Vec::new(),
            audio: Duration::from_secs(1),
            took: Duration::from_secs(1),
            model: "ggml-tiny.bin".to_owned(),
            model_digest: None,
        }
    }

    #[test]
    fn only_a_transcript_that_is_sure_enough_is_clear() {
        let rules = SpeechRules {
            max_seconds: 300,
            max_bytes: SpeechRules::MAX_BYTES,
            timeout: Duration::from_mins(1),
            confirm: Confirm::Answers,
            min_probability: 0.6,
        };
        assert!(!rules.unclear(&heard(0.6)));
        assert!(rules.unclear(&heard(0.59)));
        assert!(rules.unclear(&heard(f32::NAN)));
    }

    #[test]
    fn a_recording_is_printed_without_what_was_said() {
        let recording = Recording {
            bytes: Bytes::from_static(b"hunter2"),
            media_type: Some("audio/ogg".to_owned()),
            language: None,
        };
        let printed = format!("{recording:?}");
        assert!(printed.contains("bytes: 7"), "{printed}");
        assert!(
            !printed.contains("hunter2") && !printed.contains("104"),
            "{printed}"
        );
    }
}
