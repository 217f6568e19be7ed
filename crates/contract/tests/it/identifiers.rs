//! Identifiers and digests.

use proptest::prelude::*;
use signoff_contract::{CorrelationId, DeliveryId, Digest, PromptId, RequestId};

proptest! {
    #[test]
    fn identifiers_survive_being_written_and_read(bytes: [u8; 16]) {
        let request = RequestId::from_bytes(bytes);
        prop_assert_eq!(request.to_string().parse(), Ok(request));
        prop_assert_eq!(request.to_bytes(), bytes);
        prop_assert_eq!(request.short().len(), 6);
        let prompt = PromptId::from_bytes(bytes);
        prop_assert_eq!(prompt.to_string().parse(), Ok(prompt));
        let delivery = DeliveryId::from_bytes(bytes);
        prop_assert_eq!(delivery.to_string().parse(), Ok(delivery));
        prop_assert!(request.to_string().parse::<PromptId>().is_err(), "prefixes tell them apart");
    }

    #[test]
    fn digests_survive_being_written_and_read(bytes: [u8; 32]) {
        let digest = Digest::from_bytes(bytes);
        prop_assert_eq!(digest.to_string().parse(), Ok(digest));
        prop_assert_eq!(digest.to_string().len(), Digest::TEXT_CHARS);
        let json = serde_json::to_string(&digest).unwrap();
        prop_assert_eq!(serde_json::from_str::<Digest>(&json).unwrap(), digest);
    }

    #[test]
    fn reading_identifiers_never_panics(text in ".*") {
        let _ = text.parse::<RequestId>();
        let _ = format!("req_{text}").parse::<RequestId>();
        let _ = text.parse::<Digest>();
        let _ = format!("sha256:{text}").parse::<Digest>();
        if let Ok(id) = text.parse::<CorrelationId>() {
            prop_assert_eq!(id.as_str(), text);
        }
    }
}

#[test]
fn an_identifier_has_one_spelling_only() {
    let id = RequestId::from_parts(1_700_000_000_000, 42);
    let text = id.to_string();
    assert!(text.parse::<RequestId>().is_ok());
    assert!(
        text.to_lowercase().parse::<RequestId>().is_err(),
        "two spellings would be two names"
    );
    let overflowing = format!("req_8{}", "Z".repeat(25));
    assert!(
        overflowing.parse::<RequestId>().is_err(),
        "more than 128 bits"
    );
}

#[test]
fn a_digest_is_written_in_lower_case_only() {
    let text = Digest::of_bytes(b"").to_string();
    assert_eq!(
        text,
        "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    );
    assert!(text.to_uppercase().parse::<Digest>().is_err());
    assert!(text["sha256:".len()..].parse::<Digest>().is_err());
}

#[test]
fn correlation_ids_that_a_url_would_swallow_are_refused() {
    for bad in ["", ".", "..", "a/b", "a b", "é", "a%2Fb", "a\n"] {
        assert!(bad.parse::<CorrelationId>().is_err(), "{bad:?}");
    }
    for good in ["...", "run-42:deploy@x+y=z_1.2", "-", &"x".repeat(200)] {
        assert!(good.parse::<CorrelationId>().is_ok(), "{good:?}");
    }
    assert!("x".repeat(201).parse::<CorrelationId>().is_err());
}
