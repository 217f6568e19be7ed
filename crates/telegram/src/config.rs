//! What an operator sets. Reading it from a file is the binary's business.

use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::Error;

/// How this channel is set up.
#[derive(Debug, Clone)]
pub struct Config {
    /// The bot's token, as `@BotFather` gave it: `123456:ABC…`.
    pub token: SecretString,
    /// The Bot API server: `https://api.telegram.org`, or a local one.
    pub api_url: Url,
    /// How updates arrive.
    pub updates: Updates,
    /// Whether messages are sent so that they cannot be forwarded or saved.
    pub protect_content: bool,
    /// What this replica is called among those that share the store: only one polls at a time.
    /// Keep it over restarts (a host name), so that a restarted replica resumes at once instead
    /// of waiting for its own lease to lapse.
    pub instance: String,
}

/// How updates arrive.
#[derive(Debug, Clone)]
pub enum Updates {
    /// We ask for them.
    Polling,
    /// Telegram posts them to us.
    Webhook {
        /// Where to: `https://…/telegram/<bot id>`.
        url: Url,
        /// What Telegram then sends as `X-Telegram-Bot-Api-Secret-Token`: 1–256 characters of
        /// `A-Z a-z 0-9 _ -`.
        secret: SecretString,
    },
}

impl Config {
    /// The bot's numeric id, which is the first part of its token.
    pub fn bot_id(&self) -> Result<i64, Error> {
        let token = self.token.expose_secret();
        let (id, secret) = token.split_once(':').ok_or(Error::InvalidToken)?;
        let safe = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        if secret.is_empty() || !secret.chars().all(safe) {
            return Err(Error::InvalidToken);
        }
        id.parse()
            .ok()
            .filter(|id| *id > 0)
            .ok_or(Error::InvalidToken)
    }

    /// Checks what can be checked without Telegram.
    pub(crate) fn validate(&self) -> Result<i64, Error> {
        if !matches!(self.api_url.scheme(), "http" | "https") || self.api_url.cannot_be_a_base() {
            return Err(Error::InvalidApiUrl);
        }
        if let Updates::Webhook { secret, .. } = &self.updates {
            let secret = secret.expose_secret();
            let safe = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
            if !(1..=256).contains(&secret.len()) || !secret.chars().all(safe) {
                return Err(Error::InvalidWebhookSecret);
            }
        }
        self.bot_id()
    }
}
