//! Makes one channel show what it should: new cards, updates, outcomes, reminders.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use rand::Rng as _;
use signoff_core::retry;
use signoff_store::{DuePrompt, PromptResult, Transitioned};
use tokio::sync::watch;

use super::outbox::Outbox;
use crate::ports::{Channel, ChannelError, PromptRef};
use crate::{Engine, Error};

/// How long a leased prompt stays with its worker: longer than any send.
const LEASE: SignedDuration = SignedDuration::from_secs(120);

/// The worker of one channel.
pub struct Prompts {
    engine: Arc<Engine>,
    channel: Arc<dyn Channel>,
    places: Mutex<Places>,
}

/// Places that take nothing now. Only this process shows prompts, so memory is enough: after a
/// restart the channel says so again.
#[derive(Debug, Default)]
struct Places {
    /// Where something is being shown: one at a time, so that revisions keep their order.
    showing: HashSet<String>,
    /// Which places take nothing from when until when: the clock can be set back before it began.
    resting: HashMap<String, (Timestamp, Timestamp)>,
}

impl std::fmt::Debug for Prompts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Prompts")
            .field("channel", &self.channel.name())
            .finish_non_exhaustive()
    }
}

impl Prompts {
    /// The worker that shows prompts in this channel.
    pub fn new(engine: Arc<Engine>, channel: Arc<dyn Channel>) -> Self {
        Self {
            engine,
            channel,
            places: Mutex::default(),
        }
    }

    fn places(&self) -> std::sync::MutexGuard<'_, Places> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What became of showing, in the store's words; a place that needs rest gets it.
    fn judge(
        &self,
        due: &DuePrompt,
        shown: Result<Vec<PromptRef>, ChannelError>,
    ) -> (&'static str, PromptResult) {
        let now = self.engine.clock().now();
        let later = |wait: SignedDuration| now.checked_add(wait).unwrap_or(Timestamp::MAX);
        match shown {
            Ok(refs) => {
                let refs = refs.into_iter().map(|at| at.0).collect();
                ("shown", PromptResult::Shown { refs })
            }
            Err(ChannelError::Busy { after }) => {
                let after = SignedDuration::try_from(after).unwrap_or(SignedDuration::MAX);
                self.places()
                    .resting
                    .insert(due.prompt.place.clone(), (now, later(after)));
                ("busy", PromptResult::Released)
            }
            Err(ChannelError::Retry { after, cause }) => {
                let backoff = retry::channel(due.attempts + 1, rand::rng().random());
                let wish = after.and_then(|after| SignedDuration::try_from(after).ok());
                let at = later(wish.map_or(backoff, |wish| wish.max(backoff)));
                ("retry", PromptResult::Retry { at, cause })
            }
            Err(ChannelError::Permanent { cause }) => ("failed", PromptResult::Failed { cause }),
        }
    }
}

#[async_trait]
impl Outbox for Prompts {
    type Item = DuePrompt;

    const NAME: &'static str = "prompts";
    const AT_ONCE: usize = 64;

    fn engine(&self) -> &Engine {
        &self.engine
    }

    fn changes(&self) -> watch::Receiver<u64> {
        self.engine.store.changes().prompts.subscribe()
    }

    async fn lease(&self, free: usize) -> Result<Vec<DuePrompt>, Error> {
        let now = self.engine.clock().now();
        let busy: Vec<String> = {
            let mut places = self.places();
            places
                .resting
                .retain(|_, (from, until)| *from <= now && *until > now);
            places
                .showing
                .iter()
                .chain(places.resting.keys())
                .cloned()
                .collect()
        };
        let limit = u32::try_from(free).unwrap_or(u32::MAX);
        let until = now.checked_add(LEASE).unwrap_or(Timestamp::MAX);
        let leased = self
            .engine
            .store
            .lease_prompts(self.channel.name(), &busy, limit, until)
            .await?;
        let mut places = self.places();
        for due in &leased {
            places.showing.insert(due.prompt.place.clone());
        }
        Ok(leased)
    }

    async fn work(&self, due: DuePrompt) -> Result<(), Error> {
        let card = self.engine.due_card(&due);
        let at: Vec<PromptRef> = due.refs.iter().cloned().map(PromptRef).collect();
        let shown = self.channel.show(&card, &at).await;
        let (word, result) = self.judge(&due, shown);
        self.engine.metrics.shown(self.channel.name(), word);
        if let PromptResult::Retry { cause, .. } | PromptResult::Failed { cause } = &result {
            tracing::warn!(
                channel = self.channel.name(),
                prompt = %due.prompt.id,
                request = %due.record.request.id,
                attempts = due.attempts + 1,
                result = word,
                "the channel did not show a prompt: {cause}"
            );
        }
        let finished = self
            .engine
            .store
            .finish_prompt(due.prompt.id, due.revision, result)
            .await;
        self.places().showing.remove(&due.prompt.place);
        if let Some(Transitioned::Applied { record, .. }) = finished? {
            tracing::debug!(request = %record.request.id, status = record.request.status().as_str(),
                "the prompt's state changed");
        }
        Ok(())
    }

    async fn next_due(&self) -> Result<Option<Duration>, Error> {
        let due = self
            .engine
            .store
            .next_prompt_due(self.channel.name())
            .await?;
        let now = self.engine.clock().now();
        let rested = self.places().resting.values().map(|rest| rest.1).min();
        // What is due already and was not leased waits for its place, not for the clock.
        let due = due.filter(|due| *due > now);
        let next = due.into_iter().chain(rested).min();
        Ok(next.map(|next| next.duration_since(now).try_into().unwrap_or_default()))
    }
}
