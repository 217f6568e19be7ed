//! The channels of this installation: Telegram, when there is a bot.

use std::sync::Arc;

use signoff_engine::{Channel, Engine};
use signoff_server::ServerOptions;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::Part;
use crate::config::TelegramSettings;

/// Every channel that runs.
pub(super) struct Channels {}

impl Channels {
    /// The names of the channels that will run.
    pub(super) fn names(telegram: Option<&TelegramSettings>) -> Vec<String> {
        telegram.map(|_| "telegram".to_owned()).into_iter().collect()
    }

    /// Makes the channels; what they receive over HTTP is added to the server's routes.
    pub(super) fn new(
        telegram: Option<TelegramSettings>,
        _engine: &Arc<Engine>,
        _options: &mut ServerOptions,
    ) -> anyhow::Result<Self> {
        anyhow::ensure!(telegram.is_none(), "the Telegram channel is not wired yet");
        Ok(Self {})
    }

    /// The channels, for the engine to call.
    pub(super) fn list(&self) -> Vec<Arc<dyn Channel>> {
        Vec::new()
    }

    /// Runs what the channels do by themselves.
    pub(super) fn spawn(self, _parts: &mut JoinSet<Part>, _shutdown: &CancellationToken) {}
}
