//! What the machine writes for others to read, and what never gets there.

use signoff_contract::{Digest, Kind, Status, Via};
use signoff_core::request::{self, Event, Reply, refusal};

use crate::machine_rules::{prompt_failed, rejection};
use crate::support::{at, request, says, taps_approve, taps_deny, words, writes};

#[test]
fn what_people_wrote_is_in_no_audit_payload_but_masked() {
    let verbatim = "because hunter2 leaked";
    let reason = Some(words(verbatim));
    let deny = says(
        "ann",
        Reply::Deny {
            reason: reason.clone(),
        },
        Via::Voice,
    );
    let cancel = Event::Cancelled {
        by: "control-plane".to_owned(),
        reason,
    };
    for (kind, event) in [
        (Kind::Approval, deny.clone()),
        (Kind::Question, deny),
        (Kind::Question, writes("ann", verbatim)),
        (Kind::Approval, cancel),
    ] {
        let transition = request::apply(&request(kind), event.clone(), at(1)).unwrap();
        let payload = transition.audit[0].payload.to_string();
        assert!(
            payload.contains("‹masked words›") && !payload.contains("hunter2"),
            "{payload}"
        );
        let late = rejection(&transition.request, event.clone(), at(2));
        let refused = refusal(&transition.request, &event, &late);
        assert!(!format!("{refused:?}").contains("hunter2"));
    }
}

#[test]
fn no_audit_payload_has_the_callbacks_url() {
    let opened = request::open(request(Kind::Approval), &[], at(0));
    let denied = request::apply(&opened.request, taps_deny("ann"), at(1)).unwrap();
    let url = denied
        .request
        .submission
        .callback
        .as_ref()
        .unwrap()
        .url
        .clone();
    for cause in [
        format!("error sending request for url ({url})"),
        format!("POST {} refused: key {}", url.path(), url.query().unwrap()),
    ] {
        let died = request::apply(&denied.request, Event::CallbackDied { cause }, at(2)).unwrap();
        let payloads = [&opened, &denied, &died].map(|t| format!("{:?}", t.audit));
        for payload in payloads {
            assert!(
                !payload.contains("T0PS3CRET") && !payload.contains("hunter2"),
                "{payload}"
            );
        }
    }
}

#[test]
fn a_token_in_a_channels_error_reaches_nobody() {
    let token = format!("123456789:{}", "Ab3_".repeat(9));
    let cause = format!("error for url (https://api.telegram.org/bot{token}/sendMessage)");
    let one = request::apply(&request(Kind::Approval), prompt_failed(0, &cause), at(1)).unwrap();
    let two = request::apply(&one.request, prompt_failed(1, &cause), at(2)).unwrap();
    assert_eq!(two.request.status(), Status::Failed);
    assert!(!format!("{one:?}{two:?}").contains(&token));
}

#[test]
fn the_audit_shows_the_view_digest_and_never_the_intent_digest() {
    let mut request = request(Kind::Approval);
    request.view_digest = Some(Digest::of_bytes(b"the masked form"));
    let intent = request.intent_digest.unwrap();
    let opened = request::open(request, &[], at(0));
    let approved = request::apply(&opened.request, taps_approve("ann"), at(1)).unwrap();
    let claim = Event::Claimed {
        by: "executor".to_owned(),
        intent_digest: intent,
    };
    let claimed = request::apply(&approved.request, claim.clone(), at(2)).unwrap();
    let late = rejection(&claimed.request, claim.clone(), at(3));
    let refused = refusal(&claimed.request, &claim, &late);
    let audit = format!(
        "{:?}{:?}{:?}{refused:?}",
        opened.audit, approved.audit, claimed.audit
    );
    assert!(!audit.contains(&intent.to_string()));
    assert!(audit.contains(&Digest::of_bytes(b"the masked form").to_string()));
}
