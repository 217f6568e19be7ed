//! `getUpdates`: long polling, confirmation, and the rules against two pollers and against spinning.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use super::UpdateQueue;
use crate::api::{ApiError, Args};
use crate::shared::Shared;

/// Long polls end after 50 s at the latest (`LONG_POLL_MAX_TIMEOUT` in the server).
const MAX_TIMEOUT: u64 = 50;
/// The same offset within this time shrinks the limit to 1.
const SPIN: Duration = Duration::from_millis(500);
/// The same offset within this time lengthens a short timeout to as much; repeated conflicts wait as long.
const SLOW: Duration = Duration::from_secs(3);

/// What the server remembers between polls.
#[derive(Debug, Default)]
pub(crate) struct PollState {
    /// Grows with every poll and when a webhook is set; a waiting poll with an older number has lost.
    pub(crate) generation: u64,
    /// Why the last generation began.
    pub(crate) ended_by_webhook: bool,
    /// The poll that waits for something to happen, by its generation.
    pub(crate) waiting: Option<u64>,
    last: Option<(i64, Instant)>,
    next_conflict: Option<Instant>,
}

/// Serves one `getUpdates` call.
pub(crate) async fn get_updates(shared: &Shared, args: &Args) -> Result<Value, ApiError> {
    let offset = args.int("offset").unwrap_or(0);
    let mut timeout = u64::try_from(args.int("timeout").unwrap_or(0))
        .unwrap_or(0)
        .min(MAX_TIMEOUT);
    let mut limit = args
        .int("limit")
        .and_then(|limit| usize::try_from(limit).ok())
        .unwrap_or(100);
    if !(1..=100).contains(&limit) {
        limit = 100;
    }
    let selection = Selection::read(args)?;
    let generation = shared.quietly(|world| {
        if world.updates.webhook.is_some() {
            return Err(ApiError::conflict(
                "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
            ));
        }
        selection.apply(&mut world.updates);
        let now = Instant::now();
        if let Some((last_offset, at)) = world.poll.last {
            if last_offset == offset && now - at < SPIN {
                limit = 1;
            }
            if last_offset == offset && timeout < SLOW.as_secs() && now - at < SLOW {
                timeout = SLOW.as_secs();
            }
        }
        world.poll.last = Some((offset, now));
        world.poll.generation += 1;
        world.poll.ended_by_webhook = false;
        world.updates.expire(world.clock.unix_ms());
        world.updates.confirm(offset);
        Ok(world.poll.generation)
    })?;
    // The older poll must notice that it has lost.
    shared.touch();
    let deadline = Instant::now() + Duration::from_secs(timeout);
    let mut news = shared.changes();
    let mut stop = shared.stopping();
    let _waiting = Waiting { shared, generation };
    loop {
        news.borrow_and_update();
        let (found, fresh) = shared.quietly(|world| {
            if world.poll.generation != generation {
                return (Err(world.poll.ended_by_webhook), false);
            }
            world.updates.expire(world.clock.unix_ms());
            let updates = world.updates.head(limit);
            let waiting = updates.is_empty().then_some(generation);
            let fresh = std::mem::replace(&mut world.poll.waiting, waiting) != waiting;
            (Ok(updates), fresh)
        });
        if fresh {
            shared.touch();
        }
        match found {
            Err(by_webhook) => return Err(conflict(shared, by_webhook).await),
            Ok(updates) if !updates.is_empty() => return Ok(Value::Array(updates)),
            Ok(_) => {}
        }
        tokio::select! {
            () = tokio::time::sleep_until(deadline) => return Ok(json!([])),
            result = news.changed() => if result.is_err() { return Ok(json!([])) },
            _ = stop.changed() => return Ok(json!([])),
        }
    }
}

/// The refusal of a poll that was pushed aside. The server slows repeated conflicts down.
async fn conflict(shared: &Shared, by_webhook: bool) -> ApiError {
    let delayed = shared.quietly(|world| {
        let now = Instant::now();
        let delayed = world.poll.next_conflict.is_some_and(|next| now < next);
        if !delayed {
            world.poll.next_conflict = Some(now + SLOW);
        }
        delayed
    });
    if delayed {
        let mut stop = shared.stopping();
        tokio::select! {
            () = tokio::time::sleep(SLOW) => {}
            _ = stop.changed() => {}
        }
    }
    ApiError::conflict(if by_webhook {
        "terminated by setWebhook request"
    } else {
        "terminated by other getUpdates request; make sure that only one bot instance is running"
    })
}

/// Takes the mark of a waiting poll away, also when its client went away.
struct Waiting<'a> {
    shared: &'a Shared,
    generation: u64,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.shared.quietly(|world| {
            if world.poll.waiting == Some(self.generation) {
                world.poll.waiting = None;
            }
        });
    }
}

/// What a call says about the kinds of updates that it wants.
pub(crate) enum Selection {
    /// Nothing: the selection of an earlier call stays.
    Keep,
    /// An empty list: everything but the kinds that must be asked for.
    Default,
    /// These kinds.
    Only(BTreeSet<String>),
}

impl Selection {
    /// Reads `allowed_updates`.
    pub(crate) fn read(args: &Args) -> Result<Self, ApiError> {
        let Some(value) = args.json("allowed_updates") else {
            return Ok(Self::Keep);
        };
        let Ok(Value::Array(kinds)) = value else {
            return Err(ApiError::bad_request(
                "can't parse allowed_updates JSON object",
            ));
        };
        let kinds: BTreeSet<String> = kinds
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_ascii_lowercase)
            .collect();
        Ok(if kinds.is_empty() {
            Self::Default
        } else {
            Self::Only(kinds)
        })
    }

    /// Makes the selection the current one.
    pub(crate) fn apply(self, queue: &mut UpdateQueue) {
        match self {
            Self::Keep => {}
            Self::Default => queue.allowed = None,
            Self::Only(kinds) => queue.allowed = Some(kinds),
        }
    }
}
