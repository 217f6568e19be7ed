//! Voice notes on their way to being heard: each in a task of its own, in nobody's lane and in
//! nobody's slot. Its row of the inbox is marked as handled only when it was heard to the end.
//! At shutdown they are left as they are: after the start they are heard again.

use std::time::Duration;

use tokio::task::JoinSet;

use super::inbox::{Done, backoff, give_up, judged, origin};
use super::lanes::Job;
use crate::bot::Bot;
use crate::voice::{self, Aside};

/// How soon a store that did not answer is asked again.
const STORE_RETRY: Duration = Duration::from_secs(1);

/// The notes that are being heard, or wait for it.
#[derive(Debug, Default)]
pub(super) struct Listening(JoinSet<()>);

impl Listening {
    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Begins to hear a note that was accepted.
    pub(super) fn begin(&mut self, bot: Bot, job: Job, aside: Aside) {
        self.0.spawn(listen(bot, job, aside));
    }

    /// Waits until one of them was heard to the end; for ever while there is none.
    pub(super) async fn one_ends(&mut self) {
        match self.0.join_next().await {
            Some(Ok(())) => {}
            // Panics within are caught: nothing ends it early but the end of all.
            Some(Err(_)) => tracing::error!("hearing a voice note ended early"),
            None => std::future::pending().await,
        }
    }
}

/// Hears one note, again as long as that may help.
#[tracing::instrument(name = "telegram.note.hear", skip_all, fields(key = job.key))]
async fn listen(bot: Bot, mut job: Job, aside: Aside) {
    loop {
        let origin = origin(&job);
        let hearing = async {
            voice::hear(&bot, &origin, &aside).await?;
            Ok(None)
        };
        let wait = match judged(&bot, &job, hearing).await {
            Done::Handled | Done::Aside(_) => break,
            Done::Later => backoff(job.failures),
            Done::Again(wait) => wait,
            Done::GivenUp => {
                if let Err(error) = voice::abandon(&bot, &origin, &aside).await {
                    tracing::error!("a voice note could not be given up properly: {error}");
                }
                give_up(&bot, &job).await;
                break;
            }
        };
        job.failures = job.failures.saturating_add(1);
        tokio::time::sleep(wait).await;
    }
    while let Err(error) = bot.store.handled(job.id).await {
        tracing::error!("a voice note could not be marked as handled: {error}");
        tokio::time::sleep(STORE_RETRY).await;
    }
}
