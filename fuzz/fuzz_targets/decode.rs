//! Recordings: any file is decoded within its limits or refused with a reason, whatever it says of
//! itself.
#![no_main]

use std::panic::{set_hook, take_hook};
use std::sync::Once;
use std::time::{Duration, Instant};

use libfuzzer_sys::fuzz_target;
use signoff_engine::{Confirm, SpeechRules, TranscribeError};
use signoff_speech::fuzzing::heard;

/// Short, so that an input that would go on for hours ends soon.
const MAX_SECONDS: u32 = 20;

/// The service takes a panic of the library that reads files for a broken file. The fuzzer would end at it, so it only
/// hears of those that are somewhere else.
static HOOK: Once = Once::new();

fuzz_target!(|file: &[u8]| {
    HOOK.call_once(|| {
        let ends = take_hook();
        set_hook(Box::new(move |panic| {
            let place = panic.location().map_or("", |place| place.file());
            if !place.contains("symphonia") {
                ends(panic);
            }
        }));
    });
    let rules = SpeechRules {
        max_seconds: MAX_SECONDS,
        max_bytes: 60_000,
        timeout: Duration::from_secs(60),
        confirm: Confirm::Answers,
        min_probability: 0.8,
    };
    let began = Instant::now();
    match heard(file, &rules) {
        Ok((samples, speech)) => {
            assert!(!samples.is_empty() && file.len() <= rules.max_bytes);
            // What rounds to the limit is within it.
            assert!(samples.len() <= 16_000 * (MAX_SECONDS as usize + 1));
            assert!(samples.iter().all(|sample| (-1.0..=1.0).contains(sample)));
            assert!(speech <= samples.len());
        }
        Err(TranscribeError::Empty) => assert!(began.elapsed() < Duration::from_secs(10)),
        Err(error) => {
            assert!(!matches!(error, TranscribeError::TimedOut { .. }), "it took {:?}", began.elapsed());
            assert!(error.to_string().len() < 300, "{error}");
        }
    }
});
