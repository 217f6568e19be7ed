//! Taking updates that Telegram posts, whatever HTTP server they came through: check the secret,
//! commit, and only then say that we have it.

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use subtle::ConstantTimeEq as _;

use super::{key, receive};
use crate::bot::Bot;

/// What to answer Telegram.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WebhookAnswer {
    /// It is durable.
    Taken,
    /// It is no update. Telegram repeats whatever is not answered with 2xx for as long as a
    /// day and holds back what follows, so this is logged and answered with 200.
    Unreadable,
    /// The secret is missing or wrong, or this bot takes no webhook.
    Refused,
    /// It could not be committed: Telegram must send it again.
    Unavailable,
}

impl WebhookAnswer {
    /// The HTTP status that says so.
    pub fn status(self) -> u16 {
        match self {
            Self::Taken | Self::Unreadable => 200,
            Self::Refused => 401,
            Self::Unavailable => 503,
        }
    }
}

#[derive(Deserialize)]
struct Numbered {
    update_id: i64,
}

/// Where posted updates go.
#[derive(Debug, Clone)]
pub(crate) struct Intake {
    pub(crate) bot: Bot,
    pub(crate) secret: Option<SecretString>,
}

impl Intake {
    /// Takes one update.
    pub(crate) async fn take(&self, secret_header: Option<&str>, body: &[u8]) -> WebhookAnswer {
        let Some(secret) = &self.secret else {
            return WebhookAnswer::Refused;
        };
        let given = secret_header.unwrap_or_default().as_bytes();
        if !bool::from(secret.expose_secret().as_bytes().ct_eq(given)) {
            tracing::warn!("a post to the Telegram webhook had no or a wrong secret");
            return WebhookAnswer::Refused;
        }
        let text = std::str::from_utf8(body).ok();
        let read = text.and_then(|text| Some((text, serde_json::from_str::<Numbered>(text).ok()?)));
        let Some((text, Numbered { update_id })) = read else {
            self.bot.metrics.update("unreadable");
            tracing::error!(
                bytes = body.len(),
                "Telegram posted something that is no update"
            );
            return WebhookAnswer::Unreadable;
        };
        let update = vec![(key(self.bot.id, update_id), text.to_owned())];
        match receive(&self.bot, update).await {
            Ok(()) => WebhookAnswer::Taken,
            Err(error) => {
                tracing::error!(update_id, "an update could not be committed: {error}");
                WebhookAnswer::Unavailable
            }
        }
    }
}
