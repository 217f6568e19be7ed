//! Voice notes and the deadline, each rule as a sentence.

use jiff::Timestamp;
use serde_json::json;
use signoff_contract::{Kind, Status, Via};
use signoff_core::request::{self, Event, HOLDS, Rejection, Request, State};

use crate::machine_rules::rejection;
use crate::support::{
    apply, at, in_note, note_comes, note_done, note_heard, request, taps_deny, writes,
};

/// When the requests of these tests expire.
const DEADLINE: i64 = 3_600;

/// A question whose deadline a note holds back, from a second before it.
fn held() -> Request {
    apply(
        &request(Kind::Question),
        note_comes("note"),
        at(DEADLINE - 1),
    )
}

/// What passing the deadline does at this time.
fn passes(request: &Request, now: Timestamp) -> Result<Status, Rejection> {
    let passed = request::apply(request, Event::DeadlinePassed, now);
    passed.map(|transition| transition.request.status())
}

#[test]
fn a_note_that_came_in_time_counts_for_a_minute_after_the_deadline_and_no_longer() {
    let says = || in_note("note", writes("ann", "after lunch"));
    for seconds in [0, 59] {
        let answered = apply(&held(), says(), at(DEADLINE + seconds));
        let State::Approved(decided) = &answered.state else {
            panic!("{:?}", answered.state)
        };
        let answer = decided.answer.as_ref().unwrap();
        assert_eq!(
            (answer.words.verbatim.as_str(), answer.via),
            ("after lunch", Via::Voice)
        );
    }
    let expires_at = at(DEADLINE);
    assert_eq!(
        rejection(&held(), says(), at(DEADLINE + 60)),
        Rejection::Expired { expires_at }
    );
}

#[test]
fn whatever_is_not_said_in_that_note_is_late_though_the_request_is_held() {
    let expires_at = at(DEADLINE);
    for late in [
        writes("ann", "typed"),
        in_note("another", writes("ann", "spoken")),
        taps_deny("bob"),
    ] {
        assert_eq!(
            rejection(&held(), late, at(DEADLINE)),
            Rejection::Expired { expires_at }
        );
    }
    let cancelled = Event::Cancelled {
        by: "key".to_owned(),
        reason: None,
    };
    assert_eq!(
        rejection(&held(), cancelled, at(DEADLINE)),
        Rejection::Expired { expires_at }
    );
}

#[test]
fn the_deadline_waits_for_the_note_and_comes_when_it_is_settled() {
    assert_eq!(held().held_until(), Some(at(DEADLINE + 60)));
    assert_eq!(
        passes(&held(), at(DEADLINE + 59)),
        Err(Rejection::Superseded)
    );
    assert_eq!(passes(&held(), at(DEADLINE + 60)), Ok(Status::Failed));
    let settled = apply(&held(), note_done("note"), at(DEADLINE + 2));
    assert_eq!(settled.held_until(), None);
    assert_eq!(passes(&settled, at(DEADLINE + 2)), Ok(Status::Failed));
    assert_eq!(
        rejection(&settled, note_done("note"), at(DEADLINE + 2)),
        Rejection::Superseded
    );
}

#[test]
fn a_note_that_comes_late_holds_nothing() {
    let expires_at = at(DEADLINE);
    let open = request(Kind::Question);
    assert_eq!(
        rejection(&open, note_comes("note"), at(DEADLINE)),
        Rejection::Expired { expires_at }
    );
}

#[test]
fn words_that_wait_to_be_confirmed_hold_it_for_their_time_from_when_they_were_shown() {
    let early = apply(&request(Kind::Question), note_comes("note"), at(10));
    let shown = apply(&early, note_heard("note", Some(60)), at(20));
    assert_eq!(shown.held_until(), None, "long over before the deadline");
    let shown = apply(&early, note_heard("note", Some(60)), at(DEADLINE - 20));
    assert_eq!(shown.held_until(), Some(at(DEADLINE + 40)));
    let shown = apply(&held(), note_heard("note", Some(60)), at(DEADLINE + 30));
    assert_eq!(
        shown.held_until(),
        Some(at(DEADLINE + 60)),
        "no longer than before"
    );
}

#[test]
fn how_a_note_was_heard_is_in_the_audit_without_its_words() {
    let heard = request::apply(&held(), note_heard("note", None), at(DEADLINE)).unwrap();
    let [entry] = heard.audit.as_slice() else {
        panic!("{:?}", heard.audit)
    };
    assert_eq!(entry.event_type, "speech.transcribed");
    assert_eq!(
        (entry.actor.kind, entry.actor.id.as_str()),
        ("approver", "ann")
    );
    assert_eq!(
        entry.payload,
        json!({
            "audio_ms": 2_500, "language": "en", "mean_probability": 0.93,
            "model": "ggml-small.bin", "model_digest": "sha256:00", "took_ms": 700,
            "received_at": "2026-01-02T03:05:44.000Z",
        })
    );
    assert!(heard.work.is_empty());
    // Also of one that ended meanwhile: it was listened to.
    let denied = apply(&held(), taps_deny("bob"), at(5));
    let heard = request::apply(&denied, note_heard("note", None), at(6)).unwrap();
    assert_eq!(heard.audit.len(), 1);
    assert_eq!(heard.request, denied);
}

#[test]
fn a_request_is_held_by_so_many_notes_and_no_more() {
    let mut request = request(Kind::Question);
    for number in 0..HOLDS {
        request = apply(&request, note_comes(&number.to_string()), at(1));
    }
    assert_eq!(
        rejection(&request, note_comes("one more"), at(1)),
        Rejection::Superseded
    );
    assert_eq!(
        rejection(&request, note_comes("0"), at(1)),
        Rejection::Superseded,
        "received again"
    );
}

#[test]
fn a_vote_leaves_the_notes_of_others_where_they_are() {
    let mut two = request(Kind::Approval);
    two.min_approvals = 2;
    let held = apply(&two, note_comes("note"), at(1));
    let voted = apply(&held, crate::support::taps_approve("ann"), at(2));
    assert_eq!(voted.held_until(), Some(at(DEADLINE + 60)));
}
