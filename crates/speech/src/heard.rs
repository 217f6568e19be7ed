//! What an engine heard, and what becomes of it: marks are taken out, what is left is judged.

use std::time::Duration;

use signoff_engine::{Segment, TranscribeError, Transcript};

use crate::prepare::Prepared;
use crate::text::words;

/// Under this mean probability an engine guesses: what it says was not said.
const GUESSED: f32 = 0.4;

/// A part of what an engine heard.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Heard {
    /// As the engine wrote it.
    pub(crate) text: String,
    /// The sum of the probabilities of its tokens.
    pub(crate) probability: f32,
    /// How many tokens it has; none when the engine says nothing of them.
    pub(crate) tokens: u32,
    /// When, in what the engine got.
    pub(crate) start: Duration,
    /// Until when.
    pub(crate) end: Duration,
}

/// What an engine is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct By {
    /// The name of the model.
    pub(crate) model: String,
    /// SHA-256 of its file in hexadecimal.
    pub(crate) digest: Option<String>,
}

/// The transcript.
pub(crate) fn transcript(
    heard: Vec<Heard>,
    language: Option<String>,
    prepared: &Prepared,
    took: Duration,
    by: By,
) -> Result<Transcript, TranscribeError> {
    let mut segments = Vec::with_capacity(heard.len());
    let (mut probability, mut tokens) = (0.0, 0);
    for part in heard {
        let text = words(&part.text);
        if text.is_empty() {
            continue;
        }
        probability += part.probability;
        tokens += part.tokens;
        segments.push(Segment {
            text,
            mean_probability: mean(part.probability, part.tokens),
            start: prepared.in_recording(part.start),
            end: prepared.in_recording(part.end),
        });
    }
    let mean_probability = mean(probability, tokens);
    // An engine that says nothing of probabilities does not say that it guesses.
    if segments.is_empty() || (tokens > 0 && mean_probability < GUESSED) {
        return Err(TranscribeError::NoSpeech);
    }
    let texts: Vec<&str> = segments
        .iter()
        .map(|segment| segment.text.as_str())
        .collect();
    Ok(Transcript {
        text: texts.join(" "),
        language,
        mean_probability,
        segments,
        audio: prepared.audio,
        took,
        model: by.model,
        model_digest: by.digest,
    })
}

/// The mean; 0 of nothing.
#[expect(clippy::cast_precision_loss, reason = "a few hundred tokens")]
fn mean(sum: f32, count: u32) -> f32 {
    let mean = sum / count.max(1) as f32;
    if mean.is_finite() {
        mean.clamp(0.0, 1.0)
    } else {
        0.0
    }
}
