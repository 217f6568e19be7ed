//! Telegram's sending limits, as its FAQ states them: one message per second and chat with short bursts, 20 per
//! minute and group with edits counted, 30 per second in all.

use std::collections::{BTreeMap, VecDeque};

/// Sends per chat that may come faster than one per second.
const BURST: usize = 3;
/// Milliseconds over which [`BURST`] is allowed.
const BURST_WINDOW_MS: i64 = 3_000;
const GROUP_PER_MINUTE: usize = 20;
const MINUTE_MS: i64 = 60_000;
const OVERALL_PER_SECOND: usize = 30;
const SECOND_MS: i64 = 1_000;

/// What counts against the limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weight {
    /// A new message.
    Send,
    /// An edit: counts for groups and overall.
    Edit,
}

/// Times of recent sends and edits.
#[derive(Debug, Default)]
pub(crate) struct Limiter {
    sends: BTreeMap<i64, VecDeque<i64>>,
    group: BTreeMap<i64, VecDeque<i64>>,
    overall: VecDeque<i64>,
}

impl Limiter {
    /// Books one call, or returns the seconds to wait. A refused call is not booked.
    pub(crate) fn book(&mut self, chat: i64, weight: Weight, now_ms: i64) -> Result<(), u64> {
        let is_group = chat < 0;
        let mut wait = over(&mut self.overall, OVERALL_PER_SECOND, SECOND_MS, now_ms);
        if is_group {
            let group = self.group.entry(chat).or_default();
            wait = wait.max(over(group, GROUP_PER_MINUTE, MINUTE_MS, now_ms));
        }
        if weight == Weight::Send {
            let sends = self.sends.entry(chat).or_default();
            wait = wait.max(over(sends, BURST, BURST_WINDOW_MS, now_ms));
        }
        if let Some(wait) = wait {
            return Err(wait);
        }
        self.overall.push_back(now_ms);
        if is_group {
            self.group.entry(chat).or_default().push_back(now_ms);
        }
        if weight == Weight::Send {
            self.sends.entry(chat).or_default().push_back(now_ms);
        }
        Ok(())
    }
}

/// Seconds until a window has room again; `None` when it has room now.
fn over(times: &mut VecDeque<i64>, limit: usize, window_ms: i64, now_ms: i64) -> Option<u64> {
    while times.front().is_some_and(|at| *at + window_ms <= now_ms) {
        times.pop_front();
    }
    if times.len() < limit {
        return None;
    }
    let oldest = times.front().copied().unwrap_or(now_ms);
    let left_ms = (oldest + window_ms - now_ms).unsigned_abs();
    Some(left_ms.div_ceil(1000).max(1))
}
