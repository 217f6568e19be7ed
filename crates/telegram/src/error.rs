//! What can go wrong in this crate, for whoever runs the channel.

/// Why the channel could not be set up, or stopped.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The token does not have the form that `@BotFather` gives: `123456:ABC…`.
    #[error("the Telegram token does not look like 123456:ABC…; copy it again from @BotFather")]
    InvalidToken,
    /// The address of the Bot API server cannot be used.
    #[error("the Telegram api_url is not an http(s) address")]
    InvalidApiUrl,
    /// The webhook's secret cannot be used.
    #[error("the Telegram webhook_secret is not 1 to 256 characters of A-Z a-z 0-9 _ -")]
    InvalidWebhookSecret,
    /// The HTTP client could not be built.
    #[error("no HTTP client could be built for Telegram")]
    Http(#[source] reqwest::Error),
    /// A part of the channel ended while it should run: it panicked.
    #[error("a part of the Telegram channel stopped: {part}")]
    Stopped {
        /// Which part.
        part: &'static str,
    },
}
