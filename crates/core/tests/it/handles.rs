//! Handles: sealed, deterministic, and refused when anything is wrong with them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use proptest::prelude::*;
use signoff_contract::RequestId;
use signoff_core::handle::{ForeignHandle, SEALED_CHARS};
use signoff_core::{Handle, HandleKey, HandleKeys, Meaning};

fn keys() -> HandleKeys {
    HandleKeys::new(HandleKey::new(2, [2; 32]), vec![HandleKey::new(1, [1; 32])])
}

fn meanings() -> impl Iterator<Item = Meaning> {
    let named = [
        Meaning::Approve,
        Meaning::Deny,
        Meaning::DenyWithReason,
        Meaning::CustomAnswer,
        Meaning::Decline,
        Meaning::Show,
    ];
    named.into_iter().chain((0..240).map(Meaning::Option))
}

fn handle(prompt: u8, meaning: Meaning) -> Handle {
    Handle {
        request: RequestId::from_parts(1_767_323_045_000, 42),
        prompt,
        meaning,
    }
}

#[test]
fn every_meaning_of_every_prompt_comes_back() {
    let keys = keys();
    for meaning in meanings() {
        for prompt in 0..=u8::MAX {
            let sealed = keys.seal(handle(prompt, meaning));
            assert_eq!(sealed.len(), SEALED_CHARS);
            assert_eq!(keys.open(&sealed), Ok(handle(prompt, meaning)));
        }
    }
}

#[test]
fn a_handle_has_47_characters_that_fit_a_button() {
    let sealed = keys().seal(handle(3, Meaning::Approve));
    assert_eq!(sealed.len(), 47);
    assert!(
        sealed
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    );
}

#[test]
fn the_same_button_always_has_the_same_handle() {
    let deny = handle(0, Meaning::Deny);
    assert_eq!(keys().seal(deny), keys().seal(deny));
    assert_ne!(keys().seal(deny), keys().seal(handle(1, Meaning::Deny)));
}

#[test]
fn a_handle_with_any_bit_flipped_is_refused() {
    let keys = keys();
    let bytes = URL_SAFE_NO_PAD
        .decode(keys.seal(handle(3, Meaning::Option(1))))
        .unwrap();
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(
            keys.open(&URL_SAFE_NO_PAD.encode(flipped)),
            Err(ForeignHandle),
            "bit {bit}"
        );
    }
}

#[test]
fn a_handle_has_one_spelling() {
    let keys = keys();
    let sealed = keys.seal(handle(3, Meaning::Approve));
    for at in 0..sealed.len() {
        for other in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=+/".chars() {
            let mut text: Vec<char> = sealed.chars().collect();
            if text[at] == other {
                continue;
            }
            text[at] = other;
            let text: String = text.into_iter().collect();
            assert_eq!(keys.open(&text), Err(ForeignHandle), "{text}");
        }
    }
}

#[test]
fn an_older_key_still_opens_and_a_foreign_one_does_not() {
    let older = HandleKeys::new(HandleKey::new(1, [1; 32]), vec![]);
    let sealed = older.seal(handle(0, Meaning::Approve));
    assert_eq!(keys().open(&sealed), Ok(handle(0, Meaning::Approve)));
    for (id, secret) in [(1, [9; 32]), (2, [1; 32]), (3, [1; 32])] {
        let foreign = HandleKeys::new(HandleKey::new(id, secret), vec![]);
        let sealed = foreign.seal(handle(0, Meaning::Approve));
        assert_eq!(keys().open(&sealed), Err(ForeignHandle), "key {id}");
    }
}

#[test]
fn an_older_key_with_a_reused_id_still_opens() {
    let keys = HandleKeys::new(HandleKey::new(1, [2; 32]), vec![HandleKey::new(1, [1; 32])]);
    let older = HandleKeys::new(HandleKey::new(1, [1; 32]), vec![]);
    let deny = handle(0, Meaning::Deny);
    assert_eq!(keys.open(&older.seal(deny)), Ok(deny));
    assert_eq!(keys.open(&keys.seal(deny)), Ok(deny));
}

#[test]
fn a_sealed_unknown_meaning_is_refused() {
    // Meanings 0 and 7 to 15 are nobody's; only a later version could have sealed them.
    let sealed = keys().seal(handle(0, Meaning::Option(0)));
    assert!(keys().open(&sealed).is_ok());
    assert_eq!(keys().open(""), Err(ForeignHandle));
    assert_eq!(keys().open(&"A".repeat(47)), Err(ForeignHandle));
}

#[test]
fn keys_do_not_show_their_secret() {
    assert!(!format!("{:?}", HandleKey::new(1, [7; 32])).contains("7, 7"));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(500) })]

    #[test]
    fn any_text_is_refused_without_panic(
        text in prop_oneof![any::<String>(), "[A-Za-z0-9_-]{47}", "\\PC{15,20}"],
    ) {
        prop_assert_eq!(keys().open(&text), Err(ForeignHandle));
    }

    #[test]
    fn any_request_comes_back(bytes in any::<[u8; 16]>(), prompt in any::<u8>()) {
        let request = RequestId::from_bytes(bytes);
        let handle = Handle { request, prompt, meaning: Meaning::Deny };
        prop_assert_eq!(keys().open(&keys().seal(handle)), Ok(handle));
    }
}
