//! How much a chat takes: per-chat sliding windows, priorities, and pauses that Telegram asked
//! for. It only says "now" or "wait this long"; who waits is the caller's business.
//!
//! Telegram documents about one message a second in a chat (short bursts are allowed), 20 a
//! minute in a group, and about 30 a second in all
//! (<https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this>); edits
//! count like messages (tdlib/td#3034), `answerCallbackQuery` does not count
//! (tdlib/telegram-bot-api#648). The exact numbers are Telegram's secret: a 429 is obeyed
//! whatever is counted here, and pauses the one chat it came from.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::place::is_group;

/// What a message is for; the first goes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Priority {
    /// An answer to somebody who is typing or pressing now.
    Conversation,
    /// A card that nobody has seen yet.
    NewCard,
    /// A card that must show its outcome.
    Close,
    /// Everything else: reminders, votes, reports.
    Notice,
}

impl Priority {
    /// The label that metrics count it under.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Conversation => "conversation",
            Self::NewCard => "new_card",
            Self::Close => "close",
            Self::Notice => "notice",
        }
    }
}

/// How much may be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Messages that a chat takes at once. They are earned back one a second.
    pub burst: usize,
    /// Messages and edits that a group takes in a minute.
    pub group_per_minute: usize,
    /// How many of those are kept for conversations and new cards.
    pub group_reserve: usize,
    /// Messages and edits in all chats in a second.
    pub overall_per_second: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            burst: 3,
            group_per_minute: 20,
            group_reserve: 5,
            overall_per_second: 30,
        }
    }
}

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_mins(1);
/// Kept between what we count and what Telegram counts: we count a message when it leaves,
/// Telegram when it arrives.
const MARGIN: Duration = Duration::from_millis(500);
/// The same for all chats together, where each millisecond costs throughput: 30 in 1.04 s. Calls
/// that leave together arrive so far apart, the first of them on new connections.
const OVERALL_MARGIN: Duration = Duration::from_millis(40);
/// What a lesser message waits while a conversation waits for the same chat.
const YIELD: Duration = Duration::from_millis(500);
/// Chats are forgotten when there are this many and they have been quiet.
const FORGET_ABOVE: usize = 1_000;

/// Counts what was sent where. Cloning shares the counts.
#[derive(Debug, Clone)]
pub(crate) struct Limiter {
    limits: Limits,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    overall: VecDeque<Instant>,
    chats: HashMap<i64, Chat>,
}

#[derive(Debug, Default)]
struct Chat {
    /// When something was sent within the last minute, oldest first.
    sent: VecDeque<Instant>,
    paused_until: Option<Instant>,
    /// How many conversations wait for this chat.
    waiting: usize,
}

impl Limiter {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            limits,
            state: Arc::default(),
        }
    }

    /// Counts one message or edit to a chat, or says how long to wait before asking again.
    pub(crate) fn ask(&self, chat: i64, priority: Priority, now: Instant) -> Result<(), Duration> {
        self.with(|state| {
            forget(&mut state.overall, now, SECOND + OVERALL_MARGIN);
            let known = state.chats.entry(chat).or_default();
            forget(&mut known.sent, now, MINUTE + MARGIN);
            let waits = [
                known.pause(now),
                known.yields(priority),
                window(&known.sent, now, self.burst_window(), self.burst(priority)),
                self.group_wait(chat, &known.sent, priority, now),
                window(
                    &state.overall,
                    now,
                    SECOND + OVERALL_MARGIN,
                    self.limits.overall_per_second,
                ),
            ];
            if let Some(wait) = waits.into_iter().flatten().max() {
                return Err(wait);
            }
            known.sent.push_back(now);
            state.overall.push_back(now);
            if state.chats.len() > FORGET_ABOVE {
                state.chats.retain(|_, chat| !chat.is_quiet(now));
            }
            Ok(())
        })
    }

    /// Telegram asked for this pause (`retry_after`); it holds for the one chat.
    pub(crate) fn pause(&self, chat: i64, wait: Duration, now: Instant) {
        self.with(|state| {
            let known = state.chats.entry(chat).or_default();
            let until = now + wait;
            known.paused_until = Some(known.paused_until.map_or(until, |old| old.max(until)));
        });
    }

    /// Announces that a conversation waits for this chat: lesser messages let it pass until the
    /// ticket is dropped.
    pub(crate) fn announce(&self, chat: i64) -> Ticket {
        self.with(|state| state.chats.entry(chat).or_default().waiting += 1);
        Ticket {
            limiter: self.clone(),
            chat,
        }
    }

    fn burst(&self, priority: Priority) -> usize {
        match priority {
            Priority::Conversation | Priority::NewCard => self.limits.burst,
            Priority::Close | Priority::Notice => self.limits.burst.saturating_sub(1).max(1),
        }
    }

    /// `burst` messages in so many seconds are one a second.
    fn burst_window(&self) -> Duration {
        SECOND * u32::try_from(self.limits.burst).unwrap_or(u32::MAX).max(1) + MARGIN
    }

    fn group_wait(
        &self,
        chat: i64,
        sent: &VecDeque<Instant>,
        priority: Priority,
        now: Instant,
    ) -> Option<Duration> {
        if !is_group(chat) {
            return None;
        }
        let Limits {
            group_per_minute,
            group_reserve,
            ..
        } = self.limits;
        let most = match priority {
            Priority::Conversation | Priority::NewCard => group_per_minute,
            Priority::Close | Priority::Notice => group_per_minute.saturating_sub(group_reserve),
        };
        window(sent, now, MINUTE + MARGIN, most)
    }

    fn with<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        act(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Chat {
    fn pause(&self, now: Instant) -> Option<Duration> {
        let left = self.paused_until?.saturating_duration_since(now);
        (!left.is_zero()).then_some(left)
    }

    fn yields(&self, priority: Priority) -> Option<Duration> {
        (self.waiting > 0 && priority != Priority::Conversation).then_some(YIELD)
    }

    fn is_quiet(&self, now: Instant) -> bool {
        let last = self.sent.back();
        let silent = last.is_none_or(|last| now.saturating_duration_since(*last) >= MINUTE);
        silent && self.waiting == 0 && self.pause(now).is_none()
    }
}

/// A conversation that waits for a chat.
#[derive(Debug)]
pub(crate) struct Ticket {
    limiter: Limiter,
    chat: i64,
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.limiter.with(|state| {
            if let Some(chat) = state.chats.get_mut(&self.chat) {
                chat.waiting = chat.waiting.saturating_sub(1);
            }
        });
    }
}

fn forget(sent: &mut VecDeque<Instant>, now: Instant, after: Duration) {
    while sent
        .front()
        .is_some_and(|at| now.saturating_duration_since(*at) >= after)
    {
        sent.pop_front();
    }
}

/// How long until fewer than `most` lie within the window; `None` when that is so now.
fn window(
    sent: &VecDeque<Instant>,
    now: Instant,
    length: Duration,
    most: usize,
) -> Option<Duration> {
    let index = sent.len().checked_sub(most.max(1))?;
    let free_at = *sent.get(index)? + length;
    let wait = free_at.saturating_duration_since(now);
    (!wait.is_zero()).then_some(wait)
}

#[cfg(test)]
#[path = "limiter_tests.rs"]
mod tests;
