//! Voice from the command line: `signoff transcribe`, what `signoff doctor` says of speech, and a
//! program that was built without it.

use std::path::Path;

use crate::world::{MINIMAL, World};

/// A recording or the tiny model that understands it.
fn data(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../speech/tests/data")
        .join(name);
    path.to_str().unwrap().to_owned()
}

fn with_speech(more: &str) -> World {
    World::with(&format!("{MINIMAL}\n[speech]\n{more}\n"))
}

#[cfg(feature = "whisper")]
mod built_in {
    use super::*;

    const MODEL: &str = "ggml-signoff-test.en.bin";
    const NOTE: &str = "eval/seen_voice_001.ogg";
    const SAID: &str = "deny because the database is in use";

    fn with_model() -> World {
        with_speech(&format!("model = {:?}", data(MODEL)))
    }

    fn doctors_word(world: &World) -> (String, String, String) {
        let run = world.run(&["doctor", "--json"]);
        let checks: Vec<serde_json::Value> = serde_json::from_str(&run.stdout).unwrap();
        let check = checks
            .iter()
            .find(|check| check["name"] == "speech")
            .unwrap();
        let text = |key: &str| check[key].as_str().unwrap().to_owned();
        (text("state"), text("detail"), text("remedy"))
    }

    #[test]
    fn a_model_is_tried_without_any_configuration() {
        let world = World::with("");
        let run = world.ok(&["transcribe", &data(NOTE), "--model", &data(MODEL)]);
        assert_eq!(run.stdout, format!("{SAID}\n"));
        assert!(
            run.stderr.contains("% sure; en; 1.9 s of sound in"),
            "{}",
            run.stderr
        );
        assert!(run.stderr.contains(MODEL), "{}", run.stderr);
    }

    #[test]
    fn the_configured_model_hears_as_the_service_does() {
        let run = with_model().ok(&["transcribe", &data("formats/note.webm"), "--json"]);
        let said: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
        assert_eq!(said["text"], SAID);
        assert_eq!(said["language"], "en");
        assert_eq!(said["unclear"], false);
        assert_eq!(said["model"], MODEL);
        assert_eq!(said["model_digest"].as_str().map(str::len), Some(64));
        assert_eq!(said["segments"][0]["text"], SAID);
        assert!(
            said["mean_probability"]
                .as_f64()
                .is_some_and(|sure| sure > 0.9)
        );
        assert!(
            said["audio_seconds"]
                .as_f64()
                .is_some_and(|seconds| seconds > 1.9)
        );
    }

    #[test]
    fn what_cannot_be_heard_is_said_and_fails() {
        let world = with_model();
        for (file, why) in [
            (data("formats/hum.ogg"), "nobody speaks in the recording"),
            (data("formats/note.flac"), "not understood: FLAC"),
            (data("README.md"), "the file is no recording"),
            ("nowhere.ogg".to_owned(), "nowhere.ogg cannot be read"),
            (".".to_owned(), ". is a folder"),
        ] {
            let run = world.run(&["transcribe", &file]);
            assert_eq!(run.code, Some(1), "{run:?}");
            assert!(run.stdout.is_empty() && run.stderr.contains(why), "{run:?}");
        }
        let run = world.run(&["transcribe", &data(NOTE), "--language", "ru"]);
        assert!(run.stderr.contains("knows only English"), "{run:?}");
        let run = World::with(MINIMAL).run(&["transcribe", &data(NOTE)]);
        assert_eq!(run.code, Some(1));
        assert!(run.stderr.contains("no model is configured"), "{run:?}");
    }

    #[test]
    fn the_doctor_hears_a_sentence_or_says_why_not() {
        let (state, detail, _) = doctors_word(&with_model());
        assert_eq!(state, "good", "{detail}");
        assert!(
            detail.contains(SAID) && detail.contains("English only"),
            "{detail}"
        );

        let (state, detail, remedy) = doctors_word(&with_speech("model = \"models/none.bin\""));
        assert_eq!(state, "bad");
        assert!(detail.contains("none.bin cannot be read"), "{detail}");
        assert!(remedy.contains("docs/voice.md"), "{remedy}");

        let slow = format!(
            "model = {:?}\nmax_seconds = 3600\ntimeout_seconds = 10",
            data(MODEL)
        );
        let (state, detail, remedy) = doctors_word(&with_speech(&slow));
        assert_eq!(state, "doubtful", "{detail}");
        assert!(
            detail.contains("a recording of 3600 s would take")
                || detail.contains("longer than 1 s"),
            "{detail}"
        );
        assert!(!remedy.is_empty());

        let server = "engine = \"http\"\nurl = \"http://127.0.0.1:9/v1/audio/transcriptions\"";
        let (state, detail, _) = doctors_word(&with_speech(server));
        assert_eq!(state, "bad");
        assert!(
            detail.contains("http://127.0.0.1:9 cannot be reached"),
            "{detail}"
        );
    }
}

#[test]
fn a_model_that_is_not_there_is_a_warning_and_no_reason_not_to_start() {
    let run = with_speech("model = \"models/none.bin\"").ok(&["config", "check"]);
    assert!(
        run.stderr.contains("there is no file models/none.bin"),
        "{run:?}"
    );
}

#[cfg(not(feature = "whisper"))]
#[test]
fn a_program_that_was_built_without_voice_says_so() {
    let file = data("eval/seen_voice_001.ogg");
    let run = World::with("").run(&["transcribe", &file, "--model", &file]);
    assert_eq!(run.code, Some(1));
    assert!(run.stderr.contains("voice is not built in"), "{run:?}");
    let run = with_speech("model = \"x.bin\"").ok(&["config", "check"]);
    assert!(run.stderr.contains("voice is not built in"), "{run:?}");
}
