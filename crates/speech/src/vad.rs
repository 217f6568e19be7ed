//! Whether anybody speaks, and where: asked before whisper, which makes sentences out of noise.
//!
//! Two questions, and both must be answered yes. A small network (earshot) says of each 16 ms how
//! much they are like a voice; it was measured to take a deep rumble for one. A rumble, a hum or a
//! hiss is as loud now as half a second later, and speech never is: it has syllables. What was
//! measured is in `docs/voice.md`.

use std::ops::Range;

use earshot::Detector;

use crate::decode::Sound;
use crate::resample::RATE;

/// How much of a sound is judged at once: 16 ms.
const FRAME: usize = 256;
/// From which score on the network hears a voice.
const VOICE: f32 = 0.5;
/// Frames whose loudness is taken together: 64 ms, longer than a period of any hum.
const TOGETHER: usize = 4;
/// How far around a frame loudness is compared, in groups: half a second on both sides.
const AROUND: usize = 8;
/// By how many decibels speech gets louder and quieter within that time.
const SYLLABLES_DB: f32 = 6.0;
/// What is not heard at all: 70 dB under full scale.
const FLOOR: f32 = 1e-7;
/// Less speech than this is none: 160 ms, shorter than any word.
const LEAST: usize = 10;
/// What is kept on both sides of speech, in samples: 400 ms.
const MARGIN: usize = RATE as usize * 2 / 5;
/// The longest pause that is kept as it is, in samples: 2 s.
const PAUSE: usize = RATE as usize * 2;

/// Where somebody speaks in a sound, with margins, in samples; nowhere when nobody does. Pauses of
/// up to 2 s do not part what is said.
pub(crate) fn speech(sound: &Sound) -> Vec<Range<usize>> {
    let voiced = voiced(&sound.0);
    if voiced.iter().filter(|voiced| **voiced).count() < LEAST {
        return Vec::new();
    }
    let mut parts: Vec<Range<usize>> = Vec::new();
    for (frame, _) in voiced.iter().enumerate().filter(|(_, voiced)| **voiced) {
        let begin = (frame * FRAME).saturating_sub(MARGIN);
        let end = ((frame + 1) * FRAME + MARGIN).min(sound.0.len());
        match parts.last_mut() {
            Some(last) if begin <= last.end + (PAUSE - 2 * MARGIN) => last.end = end,
            _ => parts.push(begin..end),
        }
    }
    parts
}

/// Of each frame, whether somebody speaks in it.
fn voiced(samples: &[f32]) -> Vec<bool> {
    let mut detector = Detector::default_boxed();
    let like_a_voice: Vec<bool> = samples
        .chunks_exact(FRAME)
        .map(|frame| detector.predict_f32(frame) >= VOICE)
        .collect();
    let loudness = loudness(samples);
    like_a_voice
        .iter()
        .enumerate()
        .map(|(frame, like)| *like && has_syllables(&loudness, frame / TOGETHER))
        .collect()
}

/// Whether loudness rises and falls around a group of frames.
fn has_syllables(loudness: &[f32], at: usize) -> bool {
    let around = at.saturating_sub(AROUND)..(at + AROUND + 1).min(loudness.len());
    let around = loudness.get(around).unwrap_or_default();
    let loudest = around.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let quietest = around.iter().copied().fold(f32::INFINITY, f32::min);
    loudest - quietest >= SYLLABLES_DB
}

/// How loud each group of frames is in decibels, without the deep sounds that no voice has. What is
/// left over at the end belongs to the last group.
fn loudness(samples: &[f32]) -> Vec<f32> {
    let (mut first, mut second) = (HighPass::default(), HighPass::default());
    let high: Vec<f32> = samples
        .iter()
        .map(|sample| second.next(first.next(*sample)))
        .collect();
    let groups = high.chunks_exact(FRAME * TOGETHER);
    let mut loudness: Vec<f32> = groups.map(decibels).collect();
    if loudness.is_empty() {
        loudness.push(decibels(&high));
    }
    // So that each frame has a group.
    loudness.extend(loudness.last().copied());
    loudness
}

#[expect(clippy::cast_precision_loss, reason = "a few thousand samples")]
fn decibels(samples: &[f32]) -> f32 {
    let energy: f32 = samples.iter().map(|sample| sample * sample).sum();
    10.0 * (energy / samples.len().max(1) as f32 + FLOOR).log10()
}

/// Lets through what is above 300 Hz, where voices have most of what is understood.
#[derive(Default)]
struct HighPass {
    taken: f32,
    given: f32,
}

impl HighPass {
    #[expect(clippy::cast_precision_loss, reason = "a small constant")]
    const SHARE: f32 = 1.0 / (1.0 + std::f32::consts::TAU * 300.0 / RATE as f32);

    fn next(&mut self, sample: f32) -> f32 {
        self.given = Self::SHARE * (self.given + sample - self.taken);
        self.taken = sample;
        self.given
    }
}
