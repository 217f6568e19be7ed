//! The retry schedules.

use std::fmt::Write as _;

use jiff::SignedDuration;
use proptest::prelude::*;
use signoff_core::retry::{self, Next};

const HOUR: i64 = 3_600;

fn wait(attempts: u32, retry_after: Option<i64>, jitter: f64) -> SignedDuration {
    let wish = retry_after.map(SignedDuration::from_secs);
    match retry::callback(attempts, SignedDuration::ZERO, wish, jitter) {
        Next::RetryAfter(wait) => wait,
        Next::GiveUp => panic!("there is time left"),
    }
}

#[test]
fn the_schedule_without_jitter() {
    let mut table = String::new();
    let mut elapsed = SignedDuration::ZERO;
    for attempts in 1.. {
        let Next::RetryAfter(wait) = retry::callback(attempts, elapsed, None, 0.0) else {
            writeln!(
                table,
                "{attempts:>2} failed, {elapsed:#} after the first: give up"
            )
            .unwrap();
            break;
        };
        writeln!(
            table,
            "{attempts:>2} failed, {elapsed:#} after the first: wait {wait:#}"
        )
        .unwrap();
        elapsed += wait;
    }
    insta::assert_snapshot!(table);
}

#[test]
fn a_jitter_that_is_no_number_is_none() {
    assert_eq!(wait(1, None, f64::NAN), SignedDuration::from_secs(5));
    assert_eq!(wait(1, None, f64::INFINITY), SignedDuration::from_secs(6));
    assert_eq!(retry::channel(1, f64::NAN), SignedDuration::from_secs(1));
}

#[test]
fn a_channel_waits_twice_as_long_each_time_up_to_a_minute() {
    let waits: Vec<i64> = (0..10).map(|n| retry::channel(n, 0.0).as_secs()).collect();
    assert_eq!(waits, [1, 1, 2, 4, 8, 16, 32, 60, 60, 60]);
    assert_eq!(retry::channel(u32::MAX, 1.0), SignedDuration::from_secs(45));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(500) })]

    #[test]
    fn steps_never_shrink(attempts in 0..60_u32) {
        prop_assert!(wait(attempts, None, 0.0) <= wait(attempts + 1, None, 0.0));
    }

    #[test]
    fn jitter_moves_a_step_by_at_most_a_fifth(attempts in 0..60_u32, jitter in -2.0..2.0_f64) {
        let (step, moved) = (wait(attempts, None, 0.0), wait(attempts, None, jitter));
        prop_assert!(moved >= step.mul_f64(0.8) && moved <= step.mul_f64(1.2));
    }

    #[test]
    fn retry_after_is_kept_up_to_twice_the_step(attempts in 0..60_u32, wish in 0..200_000_i64) {
        let step = wait(attempts, None, 0.0);
        let expected = SignedDuration::from_secs(wish).clamp(step, step * 2);
        prop_assert_eq!(wait(attempts, Some(wish), 0.0), expected);
    }

    #[test]
    fn no_attempt_is_planned_beyond_72_hours(
        attempts in any::<u32>(),
        elapsed in 0..100 * HOUR,
        wish in prop::option::of(0..1_000_000_i64),
        jitter in -1.0..1.0_f64,
    ) {
        let (elapsed, wish) = (SignedDuration::from_secs(elapsed), wish.map(SignedDuration::from_secs));
        let limit = SignedDuration::from_hours(72);
        match retry::callback(attempts, elapsed, wish, jitter) {
            Next::RetryAfter(wait) => prop_assert!(elapsed + wait <= limit),
            Next::GiveUp => prop_assert!(elapsed > limit - SignedDuration::from_hours(13)),
        }
    }
}
