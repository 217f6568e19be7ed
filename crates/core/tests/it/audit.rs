//! The hash chains: what they find, and what the hash is over.

use jiff::SignedDuration;
use serde_json::json;
use signoff_contract::{Digest, EventResource, Status, json};
use signoff_core::audit::{self, Actor, Broken, Entry, Head, Subject};

use crate::support::{at, request};

fn entry(event_type: &str) -> Entry {
    Entry {
        event_type: event_type.to_owned(),
        actor: Actor::approver("ann"),
        approval_state: Some(Status::Pending),
        payload: json!({ "b": 1.5, "a": "é" }),
    }
}

fn chain() -> Vec<EventResource> {
    let request = request(signoff_contract::Kind::Approval);
    let subject = Subject {
        request_id: request.id,
        project: &request.project,
        correlation_id: &request.submission.correlation_id,
    };
    let mut head = None;
    (1..=4)
        .map(|n| {
            let event = audit::chain(Some(subject), head, entry(&format!("event.{n}")), at(n));
            head = Some(audit::head_after(&event));
            event
        })
        .collect()
}

fn verify(chain: &[EventResource]) -> Result<Option<Head>, Broken> {
    chain
        .iter()
        .try_fold(None, |head, event| audit::verify(head, event).map(Some))
}

#[test]
fn a_chain_as_written_verifies() {
    assert_eq!(verify(&chain()).unwrap().unwrap().number, 4);
}

type Edit = fn(&mut EventResource);

#[test]
fn a_change_to_any_field_of_any_row_is_found() {
    let request = request(signoff_contract::Kind::Approval);
    let other = signoff_contract::RequestId::from_parts(1, 1);
    let edits: [(&str, Edit); 17] = [
        ("request_id none", |e| e.request_id = None),
        ("number", |e| e.number += 1),
        ("project", |e| e.project = Some("other".to_owned())),
        ("project none", |e| e.project = None),
        ("correlation_id", |e| {
            e.correlation_id = Some("other".parse().unwrap());
        }),
        ("correlation_id none", |e| e.correlation_id = None),
        ("event_type", |e| e.event_type.push('x')),
        ("actor_type", |e| e.actor_type = "operator".to_owned()),
        ("actor_id", |e| e.actor_id = "bob".to_owned()),
        ("approval_state", |e| {
            e.approval_state = Some(Status::Approved);
        }),
        ("approval_state none", |e| e.approval_state = None),
        ("at later", |e| e.at += SignedDuration::from_millis(1)),
        ("at earlier", |e| e.at -= SignedDuration::from_millis(1)),
        ("payload", |e| e.payload["b"] = json!(1)),
        ("payload more", |e| e.payload["c"] = json!(null)),
        ("previous_hash", |e| {
            e.previous_hash = Some(Digest::of_bytes(b"x"));
        }),
        ("hash", |e| e.hash = Digest::of_bytes(b"x")),
    ];
    for row in 0..4 {
        for (what, edit) in edits {
            let mut changed = chain();
            edit(&mut changed[row]);
            assert!(verify(&changed).is_err(), "{what} of row {row}");
        }
        let mut changed = chain();
        changed[row].request_id = Some(other);
        assert_eq!(verify(&changed), Err(Broken::Content), "{}", request.id);
    }
}

#[test]
fn a_changed_row_with_a_new_hash_breaks_the_link_of_the_next() {
    let mut changed = chain();
    changed[1].actor_id = "bob".to_owned();
    changed[1].hash = audit::hash(&changed[1]);
    assert_eq!(verify(&changed), Err(Broken::Link));
}

#[test]
fn a_row_that_was_removed_is_found() {
    for row in 0..3 {
        let mut removed = chain();
        removed.remove(row);
        assert_eq!(verify(&removed), Err(Broken::Link), "row {row}");
    }
}

#[test]
fn a_consistent_row_that_is_older_than_the_one_before_is_found() {
    let mut changed = chain();
    changed[1].at = at(0);
    changed[1].hash = audit::hash(&changed[1]);
    assert_eq!(verify(&changed), Err(Broken::Time));
}

#[test]
fn time_in_a_chain_never_goes_back() {
    let first = audit::chain(None, None, entry("first"), at(10));
    let second = audit::chain(
        None,
        Some(audit::head_after(&first)),
        entry("second"),
        at(5),
    );
    assert_eq!(second.at, at(10));
    assert_eq!(verify(&[first, second]).unwrap().unwrap().number, 2);
}

#[test]
fn a_time_finer_than_the_wire_does_not_break_the_hash() {
    let event = audit::chain(
        None,
        None,
        entry("x"),
        at(1) + SignedDuration::from_nanos(1),
    );
    let text = serde_json::to_string(&event).unwrap();
    let read: EventResource = serde_json::from_str(&text).unwrap();
    assert_eq!(read, event);
    assert_eq!(verify(&[read]).unwrap().unwrap().hash, event.hash);
}

#[test]
fn the_hash_is_over_the_canonical_form_of_the_event_without_seq_and_hash() {
    let event = chain().remove(2);
    let mut members = serde_json::to_value(&event).unwrap();
    members.as_object_mut().unwrap().remove("seq");
    members.as_object_mut().unwrap().remove("hash");
    assert_eq!(event.hash, Digest::of_bytes(&json::canonical(&members)));
}

#[test]
fn the_sealed_number_is_in_the_seal_and_not_in_the_event() {
    let mut event = chain().remove(0);
    event.seq = Some(7);
    assert_eq!(audit::hash(&event), event.hash);
    let seal = audit::seal(None, 7, event.hash);
    assert_ne!(seal, audit::seal(None, 8, event.hash));
    assert_ne!(seal, audit::seal(Some(seal), 7, event.hash));
    assert_ne!(
        seal,
        audit::seal(None, 7, Digest::of_bytes(b"another event"))
    );
}
