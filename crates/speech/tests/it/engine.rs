//! whisper.cpp as an engine: its model, its queue, its deadline.

use std::fs;
use std::time::{Duration, Instant};

use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;
use signoff_engine::{Recording, TranscribeError, Transcriber as _};
use signoff_speech::{Metrics, Settings, Whisper, WhisperSettings};

use crate::formats::wave;
use crate::recordings::{data, heard, metrics, path, recording, rules, settings};

const MODEL: &str = "ggml-signoff-test.en.bin";
const NOTE: &str = "eval/seen_voice_001.ogg";
const SAID: &str = "deny because the database is in use";

/// The engine with the tiny model.
pub(crate) fn engine() -> Whisper {
    engine_with(settings(), metrics())
}

fn engine_with(settings: Settings, metrics: Metrics) -> Whisper {
    let whisper = WhisperSettings {
        model: path(MODEL),
        threads: 1,
    };
    Whisper::new(settings, whisper, metrics).unwrap()
}

fn engine_of(model: std::path::PathBuf) -> Whisper {
    Whisper::new(settings(), WhisperSettings { model, threads: 1 }, metrics()).unwrap()
}

#[tokio::test]
async fn a_transcript_says_what_was_heard_by_what_and_how_surely() {
    let transcript = heard(&engine(), data(NOTE)).await.unwrap();
    assert_eq!(transcript.text, SAID);
    assert_eq!(transcript.language.as_deref(), Some("en"));
    assert!(transcript.mean_probability > 0.9 && transcript.mean_probability <= 1.0);
    assert_eq!(transcript.segments.len(), 1);
    assert_eq!(transcript.segments[0].text, SAID);
    assert!(transcript.segments[0].end <= transcript.audio);
    assert_eq!(transcript.audio.as_millis(), 1_949);
    assert!(transcript.took > Duration::ZERO);
    assert_eq!(transcript.model, MODEL);
    let digest = transcript.model_digest.unwrap();
    // sha256sum of the file.
    assert_eq!(
        digest,
        "f7e604208f6c808e28e6c8babbd5b384290e9a145f53d49dfa48a0edf02aaf80"
    );
}

#[tokio::test]
async fn the_same_engine_hears_the_same_again_whatever_came_between() {
    let engine = engine();
    let first = heard(&engine, data(NOTE)).await.unwrap();
    let other = heard(&engine, data("eval/unseen_voice_014.ogg"))
        .await
        .unwrap();
    assert_eq!(other.text, "wait for bob");
    assert_eq!(
        heard(&engine, data("formats/silence.ogg")).await,
        Err(TranscribeError::NoSpeech)
    );
    let again = heard(&engine, data(NOTE)).await.unwrap();
    assert_eq!(
        (first.text, first.mean_probability),
        (again.text, again.mean_probability)
    );
}

#[tokio::test]
async fn several_are_transcribed_at_once_and_no_more_than_several() {
    let engine = engine_with(
        Settings {
            parallel: 2,
            ..settings()
        },
        metrics(),
    );
    let first = engine.turn().await;
    assert!(!engine.busy());
    let second = engine.turn().await;
    assert!(engine.busy());
    let (first, second) = tokio::join!(
        engine.transcribe(first, recording(data(NOTE))),
        engine.transcribe(second, recording(data("eval/unseen_voice_014.ogg"))),
    );
    assert_eq!(first.unwrap().text, SAID);
    assert_eq!(second.unwrap().text, "wait for bob");
    assert!(!engine.busy());
}

#[tokio::test]
async fn a_transcription_ends_at_its_deadline_and_the_next_one_works() {
    let mut short = settings();
    short.rules.timeout = Duration::from_millis(40);
    let registry = &mut Registry::default();
    let engine = engine_with(short, Metrics::register(registry));
    engine.load().await.unwrap();
    // Thirteen seconds of speech take the tiny model longer than that, also in release.
    let began = Instant::now();
    let result = heard(&engine, data("eval/long_019.ogg")).await;
    let after = Duration::from_millis(40);
    assert_eq!(result, Err(TranscribeError::TimedOut { after }));
    assert!(
        began.elapsed() < Duration::from_secs(2),
        "{:?}",
        began.elapsed()
    );
    // Its turn ends when the work does.
    let turn = engine.turn().await;
    drop(turn);
    let mut text = String::new();
    encode(&mut text, registry).unwrap();
    assert!(
        text.contains("transcriptions_total{outcome=\"timed_out\"} 1"),
        "{text}"
    );
}

#[tokio::test]
async fn work_that_nobody_waits_for_stops() {
    let mut patient = settings();
    patient.rules.timeout = Duration::from_mins(10);
    let engine = engine_with(patient, metrics());
    engine.load().await.unwrap();
    // More than a minute of speech: whisper hears it in three passes.
    let note = data("formats/note.wav");
    let long = wave(&note[note.len() - 62_000..].repeat(40));
    let whole = heard(&engine, long.clone()).await.unwrap().took;

    let turn = engine.turn().await;
    {
        let mut work = Box::pin(engine.transcribe(turn, recording(long)));
        let waited = tokio::time::timeout(whole / 10, &mut work).await;
        assert!(waited.is_err(), "it was done in a tenth of the time");
        assert!(engine.busy());
    }
    // The turn ends when the work does.
    let began = Instant::now();
    drop(engine.turn().await);
    let after = began.elapsed();
    assert!(after < whole / 2, "{after:?} of {whole:?}");
}

#[tokio::test]
async fn without_a_whole_model_nothing_is_heard_until_there_is_one() {
    let folder = tempfile::tempdir().unwrap();
    let model = folder.path().join("ggml-later.bin");
    let engine = engine_of(model.clone());
    let unavailable = |result| match result {
        Err(TranscribeError::Unavailable { cause }) => cause,
        other => format!("not unavailable: {other:?}"),
    };
    let missing = unavailable(heard(&engine, data(NOTE)).await);
    assert!(
        missing.contains("ggml-later.bin cannot be read"),
        "{missing}"
    );

    let whole = data(MODEL);
    for (broken, why) in [
        (&b"<html>"[..], "is no model"),
        (&whole[..100_000], "is cut off"),
        (&whole[..whole.len() - 1], "is cut off"),
    ] {
        fs::write(&model, broken).unwrap();
        let cause = unavailable(heard(&engine, data(NOTE)).await);
        assert!(cause.contains(why), "{cause}");
    }

    fs::write(&model, &whole).unwrap();
    assert_eq!(heard(&engine, data(NOTE)).await.unwrap().text, SAID);
    assert_eq!(engine.load().await.unwrap().name, "ggml-later.bin");
}

#[tokio::test]
async fn a_model_is_not_asked_for_a_language_that_it_does_not_know() {
    let loaded = engine().load().await.unwrap();
    assert!(!loaded.multilingual);
    for (language, why) in [
        ("ru", "knows only English"),
        ("xx", "no language"),
        ("e\0n", "no language"),
    ] {
        let turn = engine().turn().await;
        let note = Recording {
            language: Some(language.to_owned()),
            ..recording(data(NOTE))
        };
        let error = engine().transcribe(turn, note).await.unwrap_err();
        assert!(
            matches!(error, TranscribeError::Unavailable { .. }),
            "{error:?}"
        );
        assert!(error.to_string().contains(why), "{error}");
    }
    let english = Settings {
        language: Some("en".to_owned()),
        ..settings()
    };
    let transcript = heard(&engine_with(english, metrics()), data(NOTE))
        .await
        .unwrap();
    assert_eq!(transcript.text, SAID);
}

#[tokio::test]
async fn what_is_transcribed_and_what_is_not_is_counted() {
    let registry = &mut Registry::default();
    let engine = engine_with(settings(), Metrics::register(registry));
    heard(&engine, data(NOTE)).await.unwrap();
    heard(&engine, data("formats/hum.ogg")).await.unwrap_err();
    heard(&engine, "no recording").await.unwrap_err();
    let holds = engine.turn().await;
    let waiting = engine.turn();
    let mut waiting = Box::pin(waiting);
    assert!(
        tokio::time::timeout(Duration::ZERO, &mut waiting)
            .await
            .is_err()
    );
    let mut text = String::new();
    encode(&mut text, registry).unwrap();
    for line in [
        "signoff_speech_queue_length 1",
        "signoff_speech_transcriptions_total{outcome=\"transcribed\"} 1",
        "signoff_speech_transcriptions_total{outcome=\"no_speech\"} 1",
        "signoff_speech_transcriptions_total{outcome=\"not_audio\"} 1",
        "signoff_speech_audio_seconds_count 1",
        "signoff_speech_transcription_seconds_count 3",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
    drop((holds, waiting));
    assert_eq!(engine.rules(), &rules());
}
