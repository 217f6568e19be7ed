//! Every kind of file that people send, and what is no speech. The files were made by
//! `tests/data/formats/make.sh`.

use signoff_engine::{TranscribeError, Transcriber};

use crate::recordings::{data, heard};
use crate::server::Double;

/// What is said in all of them.
#[cfg(feature = "whisper")]
const SAID: &str = "deny because the database is in use";

/// Files in which somebody speaks.
const UNDERSTOOD: [&str; 9] = [
    "note.m4a",
    "stereo.m4a",
    "note.mp3",
    "note.wav",
    "low.wav",
    "note.webm",
    "recorder.webm",
    "video_note.mp4",
    "quiet.ogg",
];

/// Files in which nobody does.
const NO_SPEECH: [&str; 5] = [
    "silence.ogg",
    "white.ogg",
    "brown.ogg",
    "hum.ogg",
    "tone.ogg",
];

async fn refused(engine: &dyn Transcriber, name: &str) -> TranscribeError {
    heard(engine, data(&format!("formats/{name}")))
        .await
        .unwrap_err()
}

#[cfg(feature = "whisper")]
#[tokio::test]
async fn the_same_words_are_heard_in_every_kind_of_file() {
    let engine = crate::engine::engine();
    for name in UNDERSTOOD {
        let transcript = heard(&engine, data(&format!("formats/{name}")))
            .await
            .unwrap();
        assert_eq!(transcript.text, SAID, "{name}: {transcript:?}");
        let seconds = transcript.audio.as_secs_f64();
        assert!((1.9..2.1).contains(&seconds), "{name}: {seconds}");
    }
}

#[cfg(feature = "whisper")]
#[tokio::test]
async fn what_is_far_too_loud_is_not_taken_for_clear() {
    let engine = crate::engine::engine();
    let transcript = heard(&engine, data("formats/clipped.ogg")).await.unwrap();
    assert!(
        transcript.text == SAID || engine.rules().unclear(&transcript),
        "{transcript:?}"
    );
}

#[tokio::test]
async fn every_kind_of_file_reaches_the_engine_decoded() {
    let server = Double::start().await;
    let engine = server.engine();
    for name in UNDERSTOOD {
        let transcript = heard(&engine, data(&format!("formats/{name}")))
            .await
            .unwrap();
        assert_eq!(transcript.text, Double::SAYS, "{name}");
    }
    assert_eq!(server.heard().len(), UNDERSTOOD.len());
}

#[tokio::test]
async fn in_silence_noise_hum_and_tones_nobody_speaks_and_no_engine_is_asked() {
    let server = Double::start().await;
    let engine = server.engine();
    for name in NO_SPEECH {
        assert_eq!(
            refused(&engine, name).await,
            TranscribeError::NoSpeech,
            "{name}"
        );
    }
    for name in ["eval/blank_017.ogg", "eval/blank_018.ogg"] {
        assert_eq!(
            heard(&engine, data(name)).await,
            Err(TranscribeError::NoSpeech),
            "{name}"
        );
    }
    assert!(server.heard().is_empty());
}

#[tokio::test]
async fn a_pause_is_left_out_and_its_time_is_kept() {
    let server = Double::start().await;
    let engine = server.engine();
    // Ten seconds of silence between two notes.
    let note = data("formats/note.wav");
    let samples = &note[note.len() - 62_000..];
    let pause = vec![0; 10 * 32_000];
    let transcript = heard(&engine, wave(&[samples, &pause, samples].concat()))
        .await
        .unwrap();
    assert!(
        (13.0..14.0).contains(&transcript.audio.as_secs_f64()),
        "{transcript:?}"
    );
    let sent = server.heard().pop().unwrap();
    let seconds = (sent.len() - 44) / 32_000;
    assert!((3..=6).contains(&seconds), "{seconds} s were sent");
    // The double says that its one segment lasts from the first to the third second.
    assert_eq!(transcript.segments[0].start.as_secs(), 0);
    assert!(transcript.segments[0].end.as_secs() > 10, "{transcript:?}");
}

#[tokio::test]
async fn recordings_of_other_kinds_are_named() {
    let server = Double::start().await;
    let engine = server.engine();
    for (name, what) in [
        ("note.flac", "FLAC"),
        ("vorbis.ogg", "Vorbis"),
        (
            "adpcm.wav",
            "an unknown codec, or an unusual form of a known one",
        ),
    ] {
        let what = what.to_owned();
        assert_eq!(
            refused(&engine, name).await,
            TranscribeError::Unsupported { what },
            "{name}"
        );
    }
    assert_eq!(
        refused(&engine, "silent_film.mp4").await,
        TranscribeError::NotAudio
    );
    assert_eq!(refused(&engine, "make.sh").await, TranscribeError::NotAudio);
    assert!(server.heard().is_empty());
}

/// A Wave file of 16 kHz with these samples.
pub(crate) fn wave(samples: &[u8]) -> Vec<u8> {
    let length = |more: usize| u32::try_from(samples.len() + more).unwrap().to_le_bytes();
    let mut file = b"RIFF".to_vec();
    file.extend(length(36));
    file.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0\x80\x3e\0\0\0\x7d\0\0\x02\0\x10\0data");
    file.extend(length(0));
    file.extend(samples);
    file
}
