//! The configuration after it was checked: parsed values, secrets read, everything in force.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use signoff_core::Masker;
use signoff_engine::callback::AllowList;
use signoff_engine::{ConfiguredKey, Directory};
use url::Url;

use super::secret::Secret;
use super::types::Log;

/// What the operator decided.
#[derive(Debug)]
pub(crate) struct Settings {
    /// Where to listen.
    pub(crate) listen: SocketAddr,
    /// How long a stop may take.
    pub(crate) shutdown_timeout: Duration,
    /// The database file.
    pub(crate) database: PathBuf,
    /// Where callbacks may go.
    pub(crate) allow: AllowList,
    /// The bot, when there is one.
    pub(crate) telegram: Option<TelegramSettings>,
    /// Finds secrets in requests.
    pub(crate) masker: Masker,
    /// The log.
    pub(crate) log: Log,
    /// Projects, routes and approvers.
    pub(crate) directory: Directory,
    /// Keys from the file.
    pub(crate) api_keys: Vec<ConfiguredKey>,
}

/// The bot.
#[derive(Debug, Clone)]
pub(crate) struct TelegramSettings {
    /// Its token.
    pub(crate) token: Secret,
    /// The number before the token's colon, which is no secret.
    pub(crate) bot_id: u64,
    /// The Bot API server.
    pub(crate) api_url: Url,
    /// How updates come in.
    pub(crate) updates: Updates,
    /// Whether cards may be forwarded and saved.
    pub(crate) protect_content: bool,
}

/// How updates come in.
#[derive(Debug, Clone)]
pub(crate) enum Updates {
    /// We ask.
    Polling,
    /// Telegram sends.
    Webhook {
        /// Where to.
        url: Url,
        /// What it proves itself with.
        secret: Secret,
    },
}
