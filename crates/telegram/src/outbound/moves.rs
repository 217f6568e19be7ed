//! Groups that became supergroups: the id that routes and cards know, and the one that works.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use signoff_engine::{ChannelStore, Error};

use crate::place::{Place, is_group};

/// A chain of moves longer than this is a circle.
const LONGEST_CHAIN: usize = 5;

/// Where groups went. Kept in the store; memory spares asking it for every message.
#[derive(Debug, Clone)]
pub(super) struct Moves {
    store: ChannelStore,
    /// Group → where it is now; itself when it never moved.
    known: Arc<Mutex<HashMap<i64, i64>>>,
}

impl Moves {
    pub(super) fn new(store: ChannelStore) -> Self {
        Self {
            store,
            known: Arc::default(),
        }
    }

    /// The place as it is to be addressed now. Topics do not move along: their ids are new.
    pub(super) async fn follow(&self, place: Place) -> Result<Place, Error> {
        let mut chat = place.chat;
        for _ in 0..LONGEST_CHAIN {
            let next = self.next(chat).await?;
            if next == chat {
                break;
            }
            chat = next;
        }
        let topic = place.topic.filter(|_| chat == place.chat);
        Ok(Place { chat, topic })
    }

    /// Remembers a move for ever.
    pub(super) async fn remember(&self, from: i64, to: i64) -> Result<(), Error> {
        self.store.put(&key(from), &to.to_string()).await?;
        tracing::info!(
            from,
            to,
            "a group became a supergroup; its messages go there"
        );
        self.note(from, to);
        Ok(())
    }

    async fn next(&self, chat: i64) -> Result<i64, Error> {
        if !is_group(chat) {
            return Ok(chat);
        }
        if let Some(next) = self.known().get(&chat) {
            return Ok(*next);
        }
        let kept = self.store.get(&key(chat)).await?;
        let next = kept.and_then(|to| to.parse().ok()).unwrap_or(chat);
        self.note(chat, next);
        Ok(next)
    }

    fn note(&self, from: i64, to: i64) {
        self.known().insert(from, to);
    }

    fn known(&self) -> std::sync::MutexGuard<'_, HashMap<i64, i64>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn key(chat: i64) -> String {
    format!("moved:{chat}")
}
