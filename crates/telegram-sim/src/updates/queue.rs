//! The queue of updates that wait for the bot: ids, expiry, confirmation.

use std::collections::{BTreeSet, VecDeque};

use serde_json::{Value, json};

use super::webhook::Webhook;

/// Milliseconds for which a button press waits (`Client.cpp`: callback queries live 150 s).
const PRESS_LIFE_MS: i64 = 150_000;
/// Milliseconds for which everything else waits (24 h).
const UPDATE_LIFE_MS: i64 = 86_400_000;
/// Kinds that are delivered only when asked for by name.
const NOT_BY_DEFAULT: [&str; 3] = ["chat_member", "message_reaction", "message_reaction_count"];
/// An offset this far behind the end is read as "from the start" (`TQueue` in the server).
const FORGOTTEN_OFFSET_GAP: i64 = 10;

/// One waiting update.
#[derive(Debug, Clone)]
pub(crate) struct Pending {
    pub(crate) id: i64,
    /// The whole update object, `update_id` included.
    pub(crate) body: Value,
    /// Updates of one lane reach a webhook in order: the chat for messages, the person for presses.
    pub(crate) lane: (bool, i64),
    pub(crate) expires_ms: i64,
    pub(crate) attempts: u32,
    pub(crate) not_before_ms: i64,
    pub(crate) in_flight: bool,
}

/// Everything about the delivery of updates.
#[derive(Debug)]
pub(crate) struct UpdateQueue {
    next_id: i64,
    pending: VecDeque<Pending>,
    /// `None` is the default selection. Sticky: it stays until another call names a list.
    pub(crate) allowed: Option<BTreeSet<String>>,
    pub(crate) webhook: Option<Webhook>,
    /// Every update ever created, for checks by tests.
    pub(crate) created: Vec<Value>,
}

impl UpdateQueue {
    /// An empty queue. Telegram starts at a random id; so do we, because bots must not assume one.
    pub(crate) fn new() -> Self {
        Self {
            next_id: rand::random_range(100_000_000..900_000_000),
            pending: VecDeque::new(),
            allowed: None,
            webhook: None,
            created: Vec::new(),
        }
    }

    /// Jumps to another random id, as Telegram does after a week without updates.
    pub(crate) fn randomise_ids(&mut self) {
        self.next_id = rand::random_range(100_000_000..900_000_000);
    }

    fn wants(&self, kind: &str) -> bool {
        match &self.allowed {
            Some(allowed) => allowed.contains(kind),
            None => !NOT_BY_DEFAULT.contains(&kind),
        }
    }

    /// Queues an update, unless the bot did not ask for its kind.
    pub(crate) fn push(&mut self, kind: &str, payload: &Value, lane_id: i64, now_ms: i64) {
        if !self.wants(kind) {
            return;
        }
        let is_press = kind == "callback_query";
        let life = if is_press {
            PRESS_LIFE_MS
        } else {
            UPDATE_LIFE_MS
        };
        let body = json!({ "update_id": self.next_id, kind: payload });
        self.created.push(body.clone());
        self.pending.push_back(Pending {
            id: self.next_id,
            body,
            lane: (is_press, lane_id),
            expires_ms: now_ms + life,
            attempts: 0,
            not_before_ms: now_ms,
            in_flight: false,
        });
        self.next_id += 1;
    }

    /// Forgets what nobody fetched in time.
    pub(crate) fn expire(&mut self, now_ms: i64) {
        self.pending.retain(|update| update.expires_ms > now_ms);
    }

    /// Number of updates that still wait.
    pub(crate) fn len(&self, now_ms: i64) -> usize {
        self.pending
            .iter()
            .filter(|update| update.expires_ms > now_ms)
            .count()
    }

    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        self.pending.clear();
    }

    /// Applies an offset: confirms what lies before it. A negative one keeps that many from the end.
    pub(crate) fn confirm(&mut self, offset: i64) {
        if offset < 0 {
            let keep = usize::try_from(offset.unsigned_abs()).unwrap_or(usize::MAX);
            let drop = self.pending.len().saturating_sub(keep);
            self.pending.drain(..drop);
        } else if offset > 0 && offset <= self.next_id + FORGOTTEN_OFFSET_GAP {
            self.pending.retain(|update| update.id >= offset);
        }
    }

    /// The first `limit` waiting updates.
    pub(crate) fn head(&self, limit: usize) -> Vec<Value> {
        self.pending
            .iter()
            .take(limit)
            .map(|update| update.body.clone())
            .collect()
    }

    /// The webhook's view of the queue.
    pub(crate) fn pending_mut(&mut self) -> &mut VecDeque<Pending> {
        &mut self.pending
    }
}
