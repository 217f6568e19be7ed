//! When to try again: the callback schedule, and the backoff of a channel. Pure; jitter comes in.

use jiff::SignedDuration;

/// What follows a failed attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Try again after this time.
    RetryAfter(SignedDuration),
    /// The schedule has run out.
    GiveUp,
}

/// Steps between callback attempts, in seconds; after the last one, every six hours.
const STEPS: [i64; 7] = [5, 30, 120, 600, 1_800, 3_600, 10_800];
/// The step that repeats once the list is through.
const LAST_STEP: i64 = 6 * 3_600;
/// No attempt is planned later than this after the first.
const GIVE_UP_AFTER: SignedDuration = SignedDuration::from_hours(72);

/// The next callback attempt after `attempts` failed ones.
///
/// `elapsed` is the time since the first attempt. `retry_after` is the receiver's wish, kept up
/// to twice the step. `jitter` in `-1.0..=1.0` moves the step by up to a fifth.
pub fn callback(
    attempts: u32,
    elapsed: SignedDuration,
    retry_after: Option<SignedDuration>,
    jitter: f64,
) -> Next {
    let index = usize::try_from(attempts.saturating_sub(1)).unwrap_or(usize::MAX);
    let step = SignedDuration::from_secs(STEPS.get(index).copied().unwrap_or(LAST_STEP));
    let moved = step.mul_f64(1.0 + 0.2 * within(jitter, -1.0));
    let wish = retry_after.map_or(SignedDuration::ZERO, |wish| wish.min(step * 2));
    let wait = moved.max(wish);
    if elapsed.saturating_add(wait) > GIVE_UP_AFTER {
        return Next::GiveUp;
    }
    Next::RetryAfter(wait)
}

/// How long a channel waits after its `attempts`-th failure that may pass: one second, doubled
/// each time, at most one minute, with `jitter` in `0.0..=1.0` taking off up to a quarter.
pub fn channel(attempts: u32, jitter: f64) -> SignedDuration {
    let seconds = 1_i64 << attempts.saturating_sub(1).min(6);
    SignedDuration::from_secs(seconds.min(60)).mul_f64(1.0 - 0.25 * within(jitter, 0.0))
}

/// The jitter between `least` and 1; none for what is no number.
fn within(jitter: f64, least: f64) -> f64 {
    if jitter.is_nan() {
        0.0
    } else {
        jitter.clamp(least, 1.0)
    }
}
