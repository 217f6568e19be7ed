//! From the rate of a recording to the one that everything behind it wants.

use rubato::audioadapter_buffers::direct::SequentialSlice;
use rubato::{Fft, FixedSync, Resampler as _};
use signoff_engine::TranscribeError;

/// Samples a second of what is transcribed.
pub(crate) const RATE: u32 = 16_000;
/// The rates of recordings.
const RATES: std::ops::RangeInclusive<u32> = 4_000..=192_000;
/// How many samples go in at once.
const CHUNK: usize = 1024;

/// Takes samples of one rate and gives samples of [`RATE`], as they come.
pub(crate) struct Resampler {
    /// Nothing to do when the rates are the same.
    engine: Option<Engine>,
    /// What came out.
    samples: Vec<f32>,
}

struct Engine {
    fft: Fft<f32>,
    from: u64,
    /// What has come in and is less than a chunk.
    pending: Vec<f32>,
    out: Vec<f32>,
    /// How many samples have come in.
    taken: u64,
    /// How many that come out first are not of the recording.
    skip: usize,
}

impl Resampler {
    pub(crate) fn new(from: u32) -> Result<Self, TranscribeError> {
        if !RATES.contains(&from) {
            return Err(TranscribeError::Unsupported {
                what: format!("{from} samples a second"),
            });
        }
        let engine = if from == RATE {
            None
        } else {
            Some(Engine::new(from)?)
        };
        Ok(Self {
            engine,
            samples: Vec::new(),
        })
    }

    /// How many samples have come out.
    pub(crate) fn len(&self) -> usize {
        self.samples.len()
    }

    /// Takes more of the recording.
    pub(crate) fn push(&mut self, samples: &[f32]) -> Result<(), TranscribeError> {
        match &mut self.engine {
            None => self.samples.extend_from_slice(samples),
            Some(engine) => engine.push(samples, &mut self.samples)?,
        }
        Ok(())
    }

    /// All of it, as long as the recording was.
    pub(crate) fn finish(mut self) -> Result<Vec<f32>, TranscribeError> {
        if let Some(engine) = &mut self.engine {
            engine.finish(&mut self.samples)?;
        }
        Ok(self.samples)
    }
}

impl Engine {
    fn new(from: u32) -> Result<Self, TranscribeError> {
        let rate = |rate: u32| usize::try_from(rate).unwrap_or(usize::MAX);
        let fft = Fft::new(rate(from), rate(RATE), CHUNK, 1, FixedSync::Input).map_err(failed)?;
        Ok(Self {
            from: from.into(),
            pending: Vec::with_capacity(fft.input_frames_max()),
            out: vec![0.0; fft.output_frames_max()],
            taken: 0,
            skip: fft.output_delay(),
            fft,
        })
    }

    fn push(&mut self, samples: &[f32], to: &mut Vec<f32>) -> Result<(), TranscribeError> {
        self.taken += samples.len() as u64;
        let mut samples = samples;
        while !samples.is_empty() {
            let wanted = self
                .fft
                .input_frames_next()
                .saturating_sub(self.pending.len());
            let (now, later) = samples.split_at(wanted.min(samples.len()));
            self.pending.extend_from_slice(now);
            samples = later;
            if self.pending.len() == self.fft.input_frames_next() {
                self.turn(to)?;
            }
        }
        Ok(())
    }

    /// Resamples what is pending, which is a whole chunk.
    fn turn(&mut self, to: &mut Vec<f32>) -> Result<(), TranscribeError> {
        let frames = self.pending.len();
        let input = SequentialSlice::new(&self.pending, 1, frames).map_err(failed)?;
        let room = self.out.len();
        let mut output = SequentialSlice::new_mut(&mut self.out, 1, room).map_err(failed)?;
        let (_, made) = self
            .fft
            .process_into_buffer(&input, &mut output, None)
            .map_err(failed)?;
        self.pending.clear();
        let skipped = self.skip.min(made);
        self.skip -= skipped;
        let made = self.out.get(skipped..made).unwrap_or_default();
        // A filter overshoots where the recording is at full scale.
        to.extend(made.iter().map(|sample| sample.clamp(-1.0, 1.0)));
        Ok(())
    }

    /// Pushes silence until the last sample of the recording has come out.
    fn finish(&mut self, to: &mut Vec<f32>) -> Result<(), TranscribeError> {
        let all = (self.taken * u64::from(RATE)).div_ceil(self.from);
        let all = usize::try_from(all).unwrap_or(usize::MAX);
        while to.len() < all {
            self.pending.resize(self.fft.input_frames_next(), 0.0);
            self.turn(to)?;
        }
        to.truncate(all);
        Ok(())
    }
}

fn failed(error: impl std::fmt::Display) -> TranscribeError {
    TranscribeError::Failed {
        cause: format!("resampling: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A tone of so many hertz, at full scale.
    fn tone(hertz: f32, rate: u32, seconds: f32) -> Vec<f32> {
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "small numbers"
        )]
        let samples = (0..(rate as f32 * seconds) as u32)
            .map(|n| (n as f32 * hertz / rate as f32 * std::f32::consts::TAU).sin())
            .collect();
        samples
    }

    fn resampled(samples: &[f32], rate: u32, at_once: usize) -> Vec<f32> {
        let mut resampler = Resampler::new(rate).unwrap();
        for chunk in samples.chunks(at_once) {
            resampler.push(chunk).unwrap();
        }
        resampler.finish().unwrap()
    }

    #[test]
    fn a_tone_stays_the_same_tone_at_the_same_time_and_length() {
        for rate in [8_000, 11_025, 16_000, 22_050, 44_100, 48_000, 96_000] {
            let out = resampled(&tone(200.0, rate, 1.0), rate, 333);
            let expected = tone(200.0, RATE, 1.0);
            assert_eq!(out.len(), expected.len(), "{rate}");
            // The ends ring, as the tone begins and ends there.
            let inside = 1_000..expected.len() - 1_000;
            let worst = out[inside.clone()]
                .iter()
                .zip(&expected[inside])
                .map(|(out, expected)| (out - expected).abs())
                .fold(0.0, f32::max);
            // Of a tone of 200 Hz one sample is 0.08; some rates are off by a part of one.
            assert!(worst < 0.08, "{rate}: off by {worst}");
        }
    }

    #[test]
    fn what_is_above_the_new_rate_does_not_come_back_as_something_else() {
        let out = resampled(&tone(11_000.0, 48_000, 1.0), 48_000, 960);
        let loudest = out[400..out.len() - 400]
            .iter()
            .copied()
            .map(f32::abs)
            .fold(0.0, f32::max);
        assert!(loudest < 0.01, "{loudest}");
    }

    #[test]
    fn it_makes_no_difference_in_which_pieces_samples_come() {
        let samples = tone(300.0, 44_100, 0.5);
        assert_eq!(
            resampled(&samples, 44_100, 1),
            resampled(&samples, 44_100, 100_000)
        );
    }

    #[test]
    fn no_recording_has_such_rates() {
        for rate in [0, 1, 3_999, 192_001, u32::MAX] {
            assert!(matches!(
                Resampler::new(rate).map(|_| ()),
                Err(TranscribeError::Unsupported { .. })
            ));
        }
    }
}
