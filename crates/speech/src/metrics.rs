//! What transcription counts. Registered once, exposed at `/metrics`.

use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};
use signoff_engine::{TranscribeError, Transcript};

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OutcomeLabel {
    outcome: &'static str,
}

/// The counters of one engine.
#[derive(Debug, Clone)]
pub struct Metrics {
    pub(crate) waiting: Gauge,
    outcomes: Family<OutcomeLabel, Counter>,
    audio_seconds: Histogram,
    took_seconds: Histogram,
}

impl Metrics {
    /// Makes them and registers them under `signoff_speech_`.
    pub fn register(registry: &mut Registry) -> Self {
        let metrics = Self {
            waiting: Gauge::default(),
            outcomes: Family::default(),
            // 1 s to 17 min.
            audio_seconds: Histogram::new(exponential_buckets(1.0, 2.0, 11)),
            // 50 ms to 14 min.
            took_seconds: Histogram::new(exponential_buckets(0.05, 2.0, 15)),
        };
        let speech = registry
            .sub_registry_with_prefix("signoff")
            .sub_registry_with_prefix("speech");
        speech.register(
            "queue_length",
            "Recordings that wait for their turn",
            metrics.waiting.clone(),
        );
        speech.register(
            "transcriptions",
            "Recordings that were transcribed or refused, by outcome",
            metrics.outcomes.clone(),
        );
        speech.register_with_unit(
            "audio",
            "How long the transcribed recordings are",
            Unit::Seconds,
            metrics.audio_seconds.clone(),
        );
        speech.register_with_unit(
            "transcription",
            "How long transcriptions took, without the wait for their turn",
            Unit::Seconds,
            metrics.took_seconds.clone(),
        );
        metrics
    }

    pub(crate) fn ended(&self, result: &Result<Transcript, TranscribeError>, took: Duration) {
        let outcome = match result {
            Ok(transcript) => {
                self.audio_seconds.observe(transcript.audio.as_secs_f64());
                "transcribed"
            }
            Err(error) => outcome(error),
        };
        self.outcomes.get_or_create(&OutcomeLabel { outcome }).inc();
        self.took_seconds.observe(took.as_secs_f64());
    }
}

fn outcome(error: &TranscribeError) -> &'static str {
    match error {
        TranscribeError::NoSpeech => "no_speech",
        TranscribeError::TooLong { .. } => "too_long",
        TranscribeError::TooLarge { .. } => "too_large",
        TranscribeError::Empty => "empty",
        TranscribeError::NotAudio => "not_audio",
        TranscribeError::Truncated => "truncated",
        TranscribeError::Damaged { .. } => "damaged",
        TranscribeError::Unsupported { .. } => "unsupported",
        TranscribeError::TimedOut { .. } => "timed_out",
        TranscribeError::Unavailable { .. } => "unavailable",
        TranscribeError::Failed { .. } => "failed",
        TranscribeError::NotBuiltIn => "not_built_in",
    }
}
