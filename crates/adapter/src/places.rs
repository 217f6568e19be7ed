//! What is kept of each prompt: the highest revision that was taken, and everywhere it stands.
//!
//! The contract's `prompt_ref` names one place. A channel may have several (copies that were shown
//! on demand, a card that replaced another), and it must know them before it answers: a crash
//! between showing and answering forgets nothing then.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use signoff_contract::PromptId;
use signoff_engine::{ChannelStore, Error, PromptRef};
use tokio::sync::{Mutex, Notify};

/// How long after its deadline a prompt is remembered: that its callback failed is said within days.
const KEPT: SignedDuration = SignedDuration::from_hours(24 * 7);
/// What the keys of places begin with that are not up to date.
const REFRESH: &str = "refresh:";

/// The memory. Cloning shares it.
#[derive(Debug, Clone)]
pub struct Places {
    store: ChannelStore,
    /// Whoever changes a row reads it first. Nothing that waits for a chat is done meanwhile.
    turn: Arc<Mutex<()>>,
    found: Arc<Notify>,
}

/// What is kept of a prompt.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Kept {
    /// The highest revision that was taken.
    pub(crate) revision: u64,
    /// At which one it was reminded of last.
    #[serde(default)]
    pub(crate) reminded: u64,
    /// Everywhere it stands.
    pub(crate) refs: Vec<String>,
}

/// Whether a revision is to be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Taken {
    /// It is, in these places.
    Now(Kept),
    /// A higher one was taken before.
    Older(Kept),
}

/// One more place that a prompt was found in, which may show something old.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stale {
    key: String,
    /// Any handle of it.
    pub(crate) handle: String,
}

impl Places {
    /// The memory in this corner of the adapter's store.
    pub fn new(store: ChannelStore) -> Self {
        Self {
            store,
            turn: Arc::default(),
            found: Arc::default(),
        }
    }

    /// Everywhere a prompt stands, as far as is known here.
    pub(crate) async fn refs(&self, prompt: PromptId) -> Result<Vec<PromptRef>, Error> {
        let kept = self.read(prompt).await?;
        Ok(kept.refs.into_iter().map(PromptRef).collect())
    }

    /// Takes a revision, unless a higher one was taken. Durable before anything is shown.
    pub(crate) async fn take(
        &self,
        prompt: PromptId,
        revision: u64,
        deadline: Timestamp,
    ) -> Result<Taken, Error> {
        let _turn = self.turn.lock().await;
        let mut kept = self.read(prompt).await?;
        if revision < kept.revision {
            return Ok(Taken::Older(kept));
        }
        if revision > kept.revision {
            kept.revision = revision;
            self.write(prompt, &kept, deadline).await?;
        }
        Ok(Taken::Now(kept))
    }

    /// It stands here now; `before` is where it was known to stand when it was shown. What was
    /// found since stays.
    pub(crate) async fn stands(
        &self,
        prompt: PromptId,
        before: &Kept,
        now: Vec<PromptRef>,
        reminded: bool,
        deadline: Timestamp,
    ) -> Result<(), Error> {
        let _turn = self.turn.lock().await;
        let mut kept = self.read(prompt).await?;
        let mut refs: Vec<String> = now.into_iter().map(|at| at.0).collect();
        for found in kept.refs {
            if !before.refs.contains(&found) && !refs.contains(&found) {
                refs.push(found);
            }
        }
        kept.refs = refs;
        if reminded {
            kept.reminded = kept.reminded.max(before.revision);
        }
        self.write(prompt, &kept, deadline).await
    }

    /// One more place; it is brought up to date afterwards, also after a crash.
    pub(crate) async fn adopt(
        &self,
        prompt: PromptId,
        handle: &str,
        at: PromptRef,
        deadline: Timestamp,
    ) -> Result<(), Error> {
        let _turn = self.turn.lock().await;
        let mut kept = self.read(prompt).await?;
        if kept.refs.contains(&at.0) {
            return Ok(());
        }
        // Noted first: what is refreshed without need is only looked at twice.
        let stale = format!("{REFRESH}{prompt}:{}", at.0);
        self.store
            .converse(&stale, handle.to_owned(), self.until(deadline))
            .await?;
        kept.refs.push(at.0);
        self.write(prompt, &kept, deadline).await?;
        self.found.notify_one();
        Ok(())
    }

    /// Those that may show something old.
    pub(crate) async fn stale(&self) -> Result<Vec<Stale>, Error> {
        let kept = self.store.conversations(REFRESH).await?;
        Ok(kept
            .into_iter()
            .map(|kept| Stale {
                key: kept.key,
                handle: kept.payload,
            })
            .collect())
    }

    /// One of them shows what it should.
    pub(crate) async fn refreshed(&self, stale: &Stale) -> Result<(), Error> {
        self.store.end_conversation(&stale.key).await.map(|_| ())
    }

    /// Waits until another place is found.
    pub(crate) async fn one_is_found(&self) {
        self.found.notified().await;
    }

    async fn read(&self, prompt: PromptId) -> Result<Kept, Error> {
        let key = key(prompt);
        let kept = self.store.conversations(&key).await?;
        let kept = kept.into_iter().find(|kept| kept.key == key);
        Ok(kept
            .and_then(|kept| serde_json::from_str(&kept.payload).ok())
            .unwrap_or_default())
    }

    async fn write(&self, prompt: PromptId, kept: &Kept, deadline: Timestamp) -> Result<(), Error> {
        let payload = serde_json::to_string(kept).unwrap_or_default();
        self.store
            .converse(&key(prompt), payload, self.until(deadline))
            .await
    }

    fn until(&self, deadline: Timestamp) -> Timestamp {
        let late = deadline.max(self.store.now());
        late.checked_add(KEPT).unwrap_or(Timestamp::MAX)
    }
}

fn key(prompt: PromptId) -> String {
    format!("prompt:{prompt}")
}
