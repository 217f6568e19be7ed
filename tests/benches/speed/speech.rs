//! Speech: what the service adds to whisper.cpp, what decoding costs, and what taps feel of it while
//! somebody is transcribed and others wait.
//!
//! The model is the tiny one of the tests: it hears 165 words, and its passes take a tenth of a
//! second where those of a model for people take seconds, so what is ours weighs more here than it
//! ever will.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use prometheus_client::registry::Registry;
use signoff_engine::{Confirm, Recording, SpeechRules, TranscribeError, Transcriber};
use signoff_speech::{Metrics, Settings, Whisper, WhisperSettings};
use signoff_telegram_sim::{Sim, SimOptions};
use whisper_rs::{FullParams, SamplingStrategy, WhisperContext, WhisperContextParameters};

use crate::Scale;
use crate::latency::{ask, tap};
use crate::load::{Receiver, people};
use crate::report::{Row, Sample, mib, ms};
use crate::service::Service;
use crate::world;

const SAID: &str = "deny because the database is in use";
/// How many speak at once: one is transcribed and three wait.
pub(crate) const SPEAKERS: usize = 4;

pub(crate) async fn run(scale: Scale) -> anyhow::Result<Vec<Row>> {
    let mut rows = vec![decoding(scale).await?];
    rows.extend(transcribing(scale).await?);
    rows.push(tapping(scale).await?);
    Ok(rows)
}

fn data(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/speech/tests/data");
    folder.join(name)
}

fn recording(name: &str) -> anyhow::Result<Recording> {
    Ok(Recording {
        bytes: std::fs::read(data(name))?.into(),
        media_type: None,
        language: Some("en".to_owned()),
    })
}

/// The engine as the service has it by default, with the tiny model.
pub(crate) fn engine() -> anyhow::Result<Whisper> {
    let rules = SpeechRules {
        max_seconds: 300,
        max_bytes: SpeechRules::MAX_BYTES,
        timeout: Duration::from_mins(1),
        confirm: Confirm::Answers,
        min_probability: 0.8,
    };
    let settings = Settings {
        rules,
        language: None,
        parallel: 1,
    };
    let whisper = WhisperSettings {
        model: data("ggml-signoff-test.en.bin"),
        threads: 1,
    };
    Ok(Whisper::new(
        settings,
        whisper,
        Metrics::register(&mut Registry::default()),
    )?)
}

/// Three seconds of noise, which nobody speaks in: all that happens is what happens before whisper.
async fn decoding(scale: Scale) -> anyhow::Result<Row> {
    let engine = engine()?;
    let noise = recording("formats/brown.ogg")?;
    let mut took = Vec::new();
    for _ in 0..scale.pick(100, 2) {
        let turn = engine.turn().await;
        let began = Instant::now();
        let result = engine.transcribe(turn, noise.clone()).await;
        took.push(began.elapsed() / 3);
        ensure!(result == Err(TranscribeError::NoSpeech), "{result:?}");
    }
    let took = Sample::new(took);
    let goal = Duration::from_millis(5);
    Ok(Row::new(
        "decode, resample and look for speech, a second of Opus, median",
        format!("≤ {} without the last", ms(goal)),
        ms(took.p50()),
        took.p50() <= goal,
    ))
}

/// The same sound through the service's engine and through whisper.cpp alone, in turns.
async fn transcribing(scale: Scale) -> anyhow::Result<Vec<Row>> {
    let before = own_memory_kib()?;
    let engine = engine()?;
    engine.load().await?;
    let loaded = own_memory_kib()?;
    let note = recording("formats/note.wav")?;
    let samples = samples(&note)?;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    let mut heard = own_memory_kib()?;
    let mut direct = Direct::new()?;
    for round in 0..scale.pick(41, 2) {
        let turn = engine.turn().await;
        let began = Instant::now();
        let transcript = engine.transcribe(turn, note.clone()).await?;
        let took = began.elapsed();
        ensure!(transcript.text == SAID, "{transcript:?}");
        let pcm = Arc::clone(&samples);
        let (text, alone);
        (direct, text, alone) = tokio::task::spawn_blocking(move || direct.hear(&pcm)).await??;
        ensure!(text.trim() == SAID, "{text:?}");
        if round == 0 {
            // The first one makes room, which is kept for the next.
            heard = own_memory_kib()?;
        } else {
            ours.push(took);
            theirs.push(alone);
        }
    }
    let (ours, theirs) = (Sample::new(ours), Sample::new(theirs));
    let ratio = ours.p50().as_secs_f64() / theirs.p50().as_secs_f64();
    Ok(vec![
        Row::new(
            format!(
                "a transcription beside whisper.cpp alone, medians of {}",
                ours.len()
            ),
            "≤ 1.05 times as long",
            format!("{ratio:.3} ({} and {})", ms(ours.p50()), ms(theirs.p50())),
            ratio <= 1.05,
        ),
        Row::fact(
            "memory of the tiny model",
            mib(loaded.saturating_sub(before)),
        ),
        Row::fact(
            "memory of a transcription, and of whisper.cpp's beside it",
            mib(heard.saturating_sub(loaded)),
        ),
    ])
}

/// whisper.cpp, called as its library is meant to be called.
struct Direct(whisper_rs::WhisperState);

impl Direct {
    fn new() -> anyhow::Result<Self> {
        let path = data("ggml-signoff-test.en.bin");
        let context = WhisperContext::new_with_params(path, WhisperContextParameters::default())?;
        Ok(Self(context.create_state()?))
    }

    /// As unimportant to the system as the engine's thread, so that both wait for others alike.
    fn hear(mut self, samples: &[f32]) -> anyhow::Result<(Self, String, Duration)> {
        let _ = rustix::process::setpriority_process(Some(rustix::thread::gettid()), 10);
        let mut parameters = FullParams::new(SamplingStrategy::Greedy { best_of: 1 });
        parameters.set_n_threads(1);
        parameters.set_language(Some("en"));
        parameters.set_no_timestamps(true);
        parameters.set_single_segment(true);
        parameters.set_no_context(true);
        parameters.set_print_progress(false);
        parameters.set_print_special(false);
        parameters.set_print_realtime(false);
        parameters.set_print_timestamps(false);
        let began = Instant::now();
        self.0.full(parameters, samples)?;
        let segments = self.0.as_iter();
        let text = segments.map(|segment| Ok(segment.to_str_lossy()?.into_owned()));
        let text = text.collect::<anyhow::Result<String>>()?;
        Ok((self, text, began.elapsed()))
    }
}

/// The samples of a Wave file of 16 kHz and 16 bits, whose header was written by ffmpeg.
fn samples(note: &Recording) -> anyhow::Result<Arc<[f32]>> {
    let begin = note.bytes.windows(4).position(|four| four == b"data");
    let data = note
        .bytes
        .get(begin.context("no samples")? + 8..)
        .context("no samples")?;
    let sample = |two: &[u8; 2]| f32::from(i16::from_le_bytes(*two)) / 32_768.0;
    let (pairs, _) = data.as_chunks::<2>();
    Ok(pairs.iter().map(sample).collect())
}

/// Taps while nobody speaks, and while one is transcribed and three wait.
async fn tapping(scale: Scale) -> anyhow::Result<Row> {
    let idle = taps(scale, false).await?;
    let speaking = taps(scale, true).await?;
    let goal = idle.p99() + Duration::from_millis(10);
    Ok(Row::new(
        format!(
            "tap → callback while one is transcribed and three wait, p50 / p99 of {}",
            speaking.len()
        ),
        format!("p99 ≤ {} (10 ms more than without)", ms(goal)),
        format!(
            "{} / {} (without: {} / {})",
            ms(speaking.p50()),
            ms(speaking.p99()),
            ms(idle.p50()),
            ms(idle.p99())
        ),
        speaking.p99() <= goal,
    ))
}

async fn taps(scale: Scale, speaking: bool) -> anyhow::Result<Sample> {
    let chats = scale.pick(50, 2);
    let folder = world::folder()?;
    let sim = Sim::start(SimOptions::default()).await?;
    let people = people(&sim, chats).await?;
    let service = if speaking {
        Service::listening(folder.path(), &sim, chats).await?
    } else {
        Service::unlimited(folder.path(), &sim, chats).await?
    };
    let receiver = Receiver::start().await?;
    let waiting = ask(&sim, &service, &receiver, &people, scale.pick(400, 4)).await?;
    let mut took = Vec::new();
    for of in &waiting {
        let (began, coming) = tap(&receiver, of);
        took.push(coming.at().await?.duration_since(began));
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    service.end().await?;
    Ok(Sample::new(took))
}

/// Four who speak again and again, for as long as the process runs.
pub(crate) fn speak_on() -> anyhow::Result<()> {
    let engine = Arc::new(engine()?);
    let note = recording("eval/long_019.ogg")?;
    for _ in 0..SPEAKERS {
        let (engine, note) = (Arc::clone(&engine), note.clone());
        tokio::spawn(async move {
            loop {
                let turn = engine.turn().await;
                if let Err(error) = engine.transcribe(turn, note.clone()).await {
                    tracing::error!(%error, "nothing was heard");
                }
            }
        });
    }
    Ok(())
}

/// The memory of this process that is no file's.
pub(crate) fn own_memory_kib() -> anyhow::Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("RssAnon:"));
    let kib = line.and_then(|line| line.trim().strip_suffix("kB")?.trim().parse().ok());
    kib.context("no RssAnon in this process's status")
}
