//! The decoder, for the target in `fuzz/`.

use std::time::Duration;

use bytes::Bytes;
use signoff_engine::{Recording, SpeechRules, TranscribeError};

use crate::decode::decode;
use crate::prepare::prepare;
use crate::until::Until;

/// What becomes of a file: its samples, and how many of them an engine would hear.
pub fn heard(file: &[u8], rules: &SpeechRules) -> Result<(Vec<f32>, usize), TranscribeError> {
    let (until, _listener) = Until::within(Duration::from_mins(1));
    let bytes = Bytes::copy_from_slice(file);
    let samples = decode(&bytes, rules, &until)?.0;
    let recording = Recording {
        bytes,
        media_type: None,
        language: None,
    };
    match prepare(&recording, rules, &until) {
        Ok(prepared) => Ok((samples, prepared.sound.0.len())),
        Err(TranscribeError::NoSpeech) => Ok((samples, 0)),
        Err(error) => Err(error),
    }
}
