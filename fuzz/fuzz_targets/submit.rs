//! The body of a submit: what is taken reads the same again and survives masking; what is refused
//! is refused with named places and rules, in an answer of bounded size.
#![no_main]

use libfuzzer_sys::fuzz_target;
use signoff_contract::json::{self, ReadError};
use signoff_contract::submission::{MAX_BODY_BYTES, parse};
use signoff_core::Masker;

fuzz_target!(|body: &[u8]| {
    match parse(body) {
        Ok(parsed) => {
            let canonical = &parsed.canonical_body;
            let again = parse(canonical).expect("the canonical form is taken");
            assert_eq!(again.submission, parsed.submission);
            assert_eq!(&again.canonical_body, canonical, "canonical twice is canonical once");
            let ours = json::read(body).expect("it is JSON");
            let theirs: serde_json::Value = serde_json::from_slice(canonical).expect("so is its form");
            assert_eq!(json::canonical(&ours), json::canonical(&theirs));
            let masker = Masker::default();
            let once = masker.submission(parsed.submission);
            let twice = masker.submission(once.submission.clone());
            assert_eq!(once.submission.title, twice.submission.title);
            assert!(once.intent_digest.is_some() == once.submission.action.is_some());
        }
        Err(ReadError::TooLarge { limit }) => assert!(body.len() > limit && limit == MAX_BODY_BYTES),
        Err(ReadError::Syntax { detail, line, pointer, .. }) => {
            assert!(!detail.is_empty() && line >= 1);
            assert!(pointer.is_empty() || pointer.starts_with('/'));
        }
        Err(ReadError::Refused(faults)) => {
            assert!((1..=100).contains(&faults.len()));
            for fault in &faults {
                assert!(fault.field.is_empty() || fault.field.starts_with('/'), "{fault:?}");
                assert!(fault.field.len() <= 1_000 && fault.detail.len() <= 1_000, "{fault:?}");
                assert!(!fault.detail.is_empty());
            }
        }
    }
});
