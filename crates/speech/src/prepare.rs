//! From a recording to what an engine hears: decoded, and without what nobody says anything in.

use std::time::Duration;

use signoff_engine::{Recording, SpeechRules, TranscribeError};

use crate::decode::{Sound, decode, duration};
use crate::resample::RATE;
use crate::until::Until;
use crate::vad::speech;

/// What an engine hears.
#[derive(Debug)]
pub(crate) struct Prepared {
    /// The parts in which somebody speaks, one after the other.
    pub(crate) sound: Sound,
    /// How long the whole recording is.
    pub(crate) audio: Duration,
    /// Where the parts begin: here, and in the recording; in samples.
    begins: Vec<(usize, usize)>,
}

/// Decodes a recording and looks for speech.
pub(crate) fn prepare(
    recording: &Recording,
    rules: &SpeechRules,
    until: &Until,
) -> Result<Prepared, TranscribeError> {
    let whole = decode(&recording.bytes, rules, until)?;
    let audio = whole.duration();
    let parts = speech(&whole);
    if parts.is_empty() {
        return Err(TranscribeError::NoSpeech);
    }
    until.check()?;
    let mut samples = Vec::with_capacity(parts.iter().map(ExactSizeIterator::len).sum());
    let mut begins = Vec::with_capacity(parts.len());
    for part in parts {
        begins.push((samples.len(), part.start));
        samples.extend_from_slice(whole.0.get(part).unwrap_or_default());
    }
    Ok(Prepared {
        sound: Sound(samples),
        audio,
        begins,
    })
}

impl Prepared {
    /// When in the recording it was, what an engine heard then.
    pub(crate) fn in_recording(&self, heard: Duration) -> Duration {
        let heard = heard.as_nanos() * u128::from(RATE) / 1_000_000_000;
        let heard = usize::try_from(heard).unwrap_or(usize::MAX);
        let after = self.begins.partition_point(|(here, _)| *here <= heard);
        let (here, there) = match after.checked_sub(1).and_then(|at| self.begins.get(at)) {
            Some(begin) => *begin,
            None => (0, 0),
        };
        duration(heard.saturating_sub(here).saturating_add(there)).min(self.audio)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_the_recording() {
        let rate = RATE as usize;
        let prepared = Prepared {
            sound: Sound(vec![0.0; 5 * rate]),
            audio: Duration::from_secs(20),
            begins: vec![(0, rate), (2 * rate, 10 * rate)],
        };
        for (heard, recorded) in [(0, 1_000), (1_999, 2_999), (2_000, 10_000), (4_500, 12_500)] {
            assert_eq!(
                prepared.in_recording(Duration::from_millis(heard)),
                Duration::from_millis(recorded)
            );
        }
        assert_eq!(
            prepared.in_recording(Duration::MAX),
            Duration::from_secs(20)
        );
    }
}
