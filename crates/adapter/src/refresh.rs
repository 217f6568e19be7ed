//! Places that were found after their prompt was shown (a copy on demand, a card whose id a crash
//! had lost): they are made to show what the prompt says now.

use std::time::Duration;

use signoff_contract::adapter::HandleAnswer;
use signoff_engine::{ChannelError, Error};
use tokio_util::sync::CancellationToken;

use crate::places::Stale;
use crate::prompts::Prompts;

/// Between tries, at first and at most.
const PAUSE: (Duration, Duration) = (Duration::from_secs(1), Duration::from_mins(1));

impl Prompts {
    /// Keeps found places up to date, until shutdown.
    pub async fn refresh(&self, shutdown: CancellationToken) {
        let mut pause = PAUSE.0;
        while !shutdown.is_cancelled() {
            let found = self.places().one_is_found();
            match self.refresh_all().await {
                Ok(true) => {
                    pause = PAUSE.0;
                    tokio::select! {
                        () = shutdown.cancelled() => {}
                        () = found => {}
                    }
                    continue;
                }
                Ok(false) => {}
                Err(error) => tracing::warn!("places could not be brought up to date: {error}"),
            }
            tokio::select! {
                () = shutdown.cancelled() => {}
                () = tokio::time::sleep(pause) => {}
            }
            pause = (pause * 2).min(PAUSE.1);
        }
    }

    /// Whether all that were found are up to date.
    async fn refresh_all(&self) -> Result<bool, Error> {
        let mut all = true;
        for stale in self.places().stale().await? {
            match self.refresh_one(&stale).await {
                // What can never be shown is nothing to come back to.
                Ok(()) | Err(ChannelError::Permanent { .. }) => {
                    self.places().refreshed(&stale).await?;
                }
                Err(error) => {
                    tracing::info!("a place is brought up to date later: {error}");
                    all = false;
                }
            }
        }
        Ok(all)
    }

    async fn refresh_one(&self, stale: &Stale) -> Result<(), ChannelError> {
        let service = self.service();
        // Who could respond does not matter here.
        let target = service.target(&format!("handles/{}", stale.handle), &[("user_id", "0")]);
        let answer: Result<HandleAnswer, _> = service.get(target).await;
        let answer = answer.map_err(|error| ChannelError::Retry {
            after: None,
            cause: error.to_string(),
        })?;
        match answer.opened {
            Some(opened) => self.show(opened.prompt).await.map(|_| ()),
            None => Ok(()),
        }
    }
}
