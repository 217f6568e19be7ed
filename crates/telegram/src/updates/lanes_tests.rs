//! Lanes without a store.

use std::time::Duration;

use super::*;

fn message(id: i64, chat: i64, user: i64) -> Job {
    let raw = format!(
        r#"{{"message":{{"message_id":1,"chat":{{"id":{chat}}},"from":{{"id":{user}}}}}}}"#
    );
    job(id, &raw)
}

fn press(id: i64, chat: i64, user: i64) -> Job {
    let raw = format!(
        r#"{{"callback_query":{{"id":"q","from":{{"id":{user}}},"message":{{"message_id":1,"chat":{{"id":{chat}}}}}}}}}"#
    );
    job(id, &raw)
}

fn job(id: i64, raw: &str) -> Job {
    Job {
        id,
        key: id.to_string(),
        update: Update::read(raw),
        received_at: jiff::Timestamp::UNIX_EPOCH,
        failures: 0,
    }
}

#[test]
fn what_failed_keeps_the_head_of_its_lane_and_no_other() {
    let (mut lanes, now) = (Lanes::default(), Instant::now());
    for (id, user) in [(1, 7), (2, 7), (3, 8)] {
        lanes.add(message(id, user, user), true);
    }
    let first = lanes.next(now).unwrap();
    let later = now + Duration::from_secs(1);
    lanes.again(first.lane, first.job, later);
    let other = lanes.next(now).unwrap();
    assert_eq!((other.id, lanes.next(now).is_none()), (3, true));
    assert_eq!(lanes.next_due(now), Some(later));
    let again = lanes.next(later).unwrap();
    assert!(again.id == 1 && again.job.is_some());
    lanes.done(again.lane);
    assert_eq!(lanes.next(later).unwrap().id, 2);
}

#[test]
fn a_lane_that_is_full_keeps_ids_alone_and_everything_gets_its_turn() {
    let (mut lanes, now) = (Lanes::default(), Instant::now());
    for id in 1..=1_000 {
        lanes.add(message(id, 7, 7), false);
    }
    assert_eq!((lanes.in_memory, lanes.depth()), (PER_LANE, 1_000));
    lanes.add(press(1_001, 8, 8), true);
    for expected in (1..=1_001).filter(|id| *id != 1) {
        if expected == 2 {
            assert_eq!(lanes.next(now).unwrap().id, 1);
            assert_eq!(lanes.next(now).unwrap().id, 1_001, "not behind the flood");
            lanes.done((8, 8));
        } else if expected < 1_001 {
            lanes.done((7, 7));
            assert_eq!(lanes.next(now).unwrap().id, expected - 1);
        }
    }
    lanes.done((7, 7));
    assert_eq!(lanes.next(now).unwrap().id, 1_000);
    lanes.done((7, 7));
    assert_eq!((lanes.in_memory, lanes.depth()), (0, 0));
}

#[test]
fn a_chat_full_of_people_leaves_slots_to_others() {
    let (mut lanes, now) = (Lanes::default(), Instant::now());
    for user in 1..=100 {
        lanes.add(message(user, -5, user), user % 2 == 0);
    }
    let handled = std::iter::from_fn(|| lanes.next(now)).count();
    assert_eq!(handled, 3, "one stranger, and two who are known");
    lanes.add(message(200, 7, 7), true);
    lanes.add(press(201, -5, 300), true);
    assert_eq!(lanes.next(now).unwrap().id, 200);
    assert_eq!(lanes.next(now).unwrap().id, 201);
}
