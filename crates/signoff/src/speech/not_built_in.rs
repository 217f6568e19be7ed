//! No voice: this program was built without it.

use std::sync::Arc;

use async_trait::async_trait;
use signoff_engine::{Recording, SpeechRules, TranscribeError, Transcriber, Transcript, Turn};
use signoff_server::ServerOptions;
use tokio::sync::Semaphore;

use crate::config::Speech;

/// What would hear.
#[derive(Clone)]
pub(crate) struct Ears {
    rules: SpeechRules,
}

impl Ears {
    /// What was configured, which is of no use.
    #[expect(
        clippy::unnecessary_wraps,
        clippy::needless_pass_by_value,
        reason = "as where it is built in"
    )]
    pub(crate) fn new(speech: Speech, _: &mut ServerOptions) -> anyhow::Result<Self> {
        tracing::warn!("voice is not built in, and there is a [speech] section");
        Ok(Self {
            rules: speech.rules,
        })
    }

    /// It, for whoever only wants to be heard.
    pub(crate) fn transcriber(&self) -> Arc<dyn Transcriber> {
        Arc::new(self.clone())
    }

    /// What it hears with: nothing.
    #[expect(clippy::unused_async, reason = "as where it is built in")]
    pub(crate) async fn ready(&self) -> Result<String, TranscribeError> {
        Err(TranscribeError::NotBuiltIn)
    }
}

#[async_trait]
impl Transcriber for Ears {
    fn rules(&self) -> &SpeechRules {
        &self.rules
    }

    fn busy(&self) -> bool {
        false
    }

    async fn turn(&self) -> Turn {
        // Nobody waits for what is refused at once.
        match Arc::new(Semaphore::new(1)).acquire_owned().await {
            Ok(place) => Turn::new(place),
            Err(_) => std::future::pending().await,
        }
    }

    async fn transcribe(&self, _: Turn, _: Recording) -> Result<Transcript, TranscribeError> {
        Err(TranscribeError::NotBuiltIn)
    }
}
