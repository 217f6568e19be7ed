//! Signatures, against the Standard Webhooks crate and against forgers.

use jiff::{SignedDuration, Timestamp};
use signoff_contract::signature::{
    Headers, InvalidSecret, NotSignable, SigningSecret, TOLERANCE, Unverified, sign, verify,
};

const SENT: i64 = 1_750_000_000;
const BODY: &[u8] = br#"{"type":"request.approved"}"#;

fn secret(byte: u8) -> SigningSecret {
    SigningSecret::from_bytes(vec![byte; 32]).unwrap()
}

fn now() -> Timestamp {
    Timestamp::from_second(SENT).unwrap()
}

fn check(
    secrets: &[SigningSecret],
    id: &str,
    timestamp: &str,
    signature: &str,
    body: &[u8],
    now: Timestamp,
) -> Result<(), Unverified> {
    verify(
        secrets,
        Headers {
            id,
            timestamp,
            signature,
        },
        body,
        now,
        TOLERANCE,
    )
}

#[test]
fn what_was_signed_verifies_and_nothing_else() {
    let header = sign(&[secret(1)], "msg_1", SENT, BODY).unwrap();
    let sent = SENT.to_string();
    let later = (SENT + 1).to_string();
    assert_eq!(
        check(&[secret(1)], "msg_1", &sent, &header, BODY, now()),
        Ok(())
    );
    let forged = Err(Unverified::Signature);
    assert_eq!(
        check(&[secret(2)], "msg_1", &sent, &header, BODY, now()),
        forged,
        "other secret"
    );
    assert_eq!(
        check(&[secret(1)], "msg_2", &sent, &header, BODY, now()),
        forged,
        "other id"
    );
    assert_eq!(
        check(&[secret(1)], "msg_1", &later, &header, BODY, now()),
        forged,
        "other time"
    );
    assert_eq!(
        check(&[secret(1)], "msg_1", &sent, &header, b"{}", now()),
        forged,
        "other body"
    );
    assert_eq!(
        check(&[], "msg_1", &sent, &header, BODY, now()),
        forged,
        "no secret"
    );
    for broken in [
        "",
        "v1,",
        "v1",
        &header[..header.len() - 1],
        &header[3..],
        &header.replace("v1,", "v2,"),
    ] {
        assert_eq!(
            check(&[secret(1)], "msg_1", &sent, broken, BODY, now()),
            forged,
            "{broken:?}"
        );
    }
}

#[test]
fn while_a_secret_is_rotated_either_one_verifies() {
    let header = sign(&[secret(1), secret(2)], "msg_1", SENT, BODY).unwrap();
    assert_eq!(header.split(' ').count(), 2);
    let sent = SENT.to_string();
    for receiver in [vec![secret(1)], vec![secret(2)], vec![secret(3), secret(2)]] {
        assert_eq!(
            check(&receiver, "msg_1", &sent, &header, BODY, now()),
            Ok(())
        );
    }
    assert!(check(&[secret(3)], "msg_1", &sent, &header, BODY, now()).is_err());
}

#[test]
fn a_message_is_believed_for_five_minutes_either_way() {
    let header = sign(&[secret(1)], "msg_1", SENT, BODY).unwrap();
    let at = |offset: i64| {
        let now = now() + SignedDuration::from_secs(offset);
        check(&[secret(1)], "msg_1", &SENT.to_string(), &header, BODY, now)
    };
    assert_eq!((at(300), at(-300)), (Ok(()), Ok(())));
    assert_eq!(
        (at(301), at(-301)),
        (Err(Unverified::TooOld), Err(Unverified::InTheFuture))
    );
}

#[test]
fn a_timestamp_is_digits_only() {
    let header = sign(&[secret(1)], "msg_1", SENT, BODY).unwrap();
    for bad in [
        "",
        "soon",
        "+1750000000",
        " 1750000000",
        "1750000000.0",
        "-1",
        "99999999999999999999",
    ] {
        assert_eq!(
            check(&[secret(1)], "msg_1", bad, &header, BODY, now()),
            Err(Unverified::Timestamp),
            "{bad:?}"
        );
    }
    assert_eq!(
        check(
            &[secret(1)],
            "msg_1",
            &i64::MAX.to_string(),
            &header,
            BODY,
            now()
        ),
        Err(Unverified::InTheFuture)
    );
}

#[test]
fn the_specification_s_own_library_agrees() {
    let webhook = standardwebhooks::Webhook::from_bytes(vec![7; 24]).unwrap();
    let ours = SigningSecret::from_bytes(vec![7; 24]).unwrap();
    assert_eq!(
        sign(&[ours], "msg_1", SENT, BODY).unwrap(),
        webhook.sign("msg_1", SENT, BODY).unwrap()
    );
}

#[test]
fn a_published_example_of_the_specification_verifies() {
    // The example that the specification's libraries share in their tests.
    let secret = SigningSecret::parse("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD").unwrap();
    let body = br#"{"email":"test@example.com","username":"test_user"}"#;
    let header = sign(
        &[secret],
        "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk",
        1_649_367_553,
        body,
    )
    .unwrap();
    assert_eq!(header, "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=");
}

#[test]
fn secrets_are_read_strictly_and_never_shown() {
    let text = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX";
    let secret = SigningSecret::parse(text).unwrap();
    assert_eq!(format!("{secret:?}"), "SigningSecret(…)");
    let wrong = |text: &str| SigningSecret::parse(text).unwrap_err();
    assert_eq!(
        wrong("AAECAwQFBgcICQoLDA0ODxAREhMUFRYX"),
        InvalidSecret::Prefix
    );
    assert_eq!(wrong("whsec_AAEC!"), InvalidSecret::Base64);
    assert_eq!(
        wrong("whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRY"),
        InvalidSecret::Base64
    );
    assert_eq!(wrong("whsec_AAEC"), InvalidSecret::Length { bytes: 3 });
    assert_eq!(
        SigningSecret::from_bytes(vec![0; 65]).unwrap_err(),
        InvalidSecret::Length { bytes: 65 }
    );
}

#[test]
fn what_could_be_read_in_two_ways_is_not_signed() {
    assert_eq!(sign(&[], "msg_1", SENT, BODY), Err(NotSignable));
    assert_eq!(sign(&[secret(1)], "msg.1", SENT, BODY), Err(NotSignable));
    assert_eq!(sign(&[secret(1)], "msg_1", SENT, b"\xff"), Err(NotSignable));
}

#[test]
fn a_signing_secret_prints_as_nothing_and_a_bad_one_is_not_repeated() {
    let secret = SigningSecret::parse("whsec_aHVudGVyMi1odW50ZXIyLWh1bnRlcjIy").unwrap();
    let printed = format!("{secret:?} {:#?}", (&secret, 1));
    for shape in ["hunter2", "aHVudGVy", "104, 117", "68756e74"] {
        assert!(!printed.contains(shape), "{printed}");
    }
    for bad in ["hunter2", "whsec_hunter2", "whsec_aHVudGVyMg=="] {
        let error = SigningSecret::parse(bad).unwrap_err();
        let said = format!("{error} {error:?}");
        assert!(
            !said.contains("hunter2") && !said.contains("aHVudGVy"),
            "{said}"
        );
    }
}
