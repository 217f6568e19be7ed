//! The one Bot API call that the command line makes itself: who the bot is. The Telegram channel
//! of the service, and the doctor's questions to it, are in another crate.

use std::time::Duration;

use anyhow::Context as _;
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::Url;

/// A bot, to be asked.
pub(crate) struct Bot {
    http: reqwest::Client,
    api_url: Url,
    token: SecretString,
}

/// Who the bot is.
#[derive(Debug)]
pub(crate) struct Me {
    /// Its name, without `@`.
    pub(crate) username: String,
    /// What time it is there, to the second, when the server says so.
    pub(crate) server_time: Option<Timestamp>,
}

/// Why Telegram did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BotError {
    /// It said no.
    #[error("Telegram says: {code} {description}")]
    Refused {
        /// Its error code.
        code: i64,
        /// Its words.
        description: String,
    },
    /// It did not answer.
    #[error("the Bot API server {server} cannot be reached")]
    Unreachable {
        /// Which server.
        server: String,
        /// Why, without the URL, which holds the token.
        #[source]
        source: reqwest::Error,
    },
    /// What answered is not the Bot API.
    #[error("the server {server} answers, and not as the Bot API does")]
    Foreign {
        /// Which server.
        server: String,
    },
}

#[derive(Deserialize)]
struct Answer {
    ok: bool,
    #[serde(default)]
    result: Value,
    #[serde(default)]
    error_code: i64,
    #[serde(default)]
    description: String,
}

impl Bot {
    /// The bot of the configuration.
    pub(crate) fn new(settings: &signoff_telegram::Config) -> anyhow::Result<Self> {
        let http = reqwest::Client::builder()
            .no_proxy()
            .timeout(Duration::from_secs(10))
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .context("no HTTP client")?;
        let (api_url, token) = (settings.api_url.clone(), settings.token.clone());
        Ok(Self {
            http,
            api_url,
            token,
        })
    }

    /// Who the bot is.
    pub(crate) async fn me(&self) -> Result<Me, BotError> {
        #[derive(Deserialize)]
        struct User {
            username: String,
        }
        let (user, server_time) = self.ask::<User>("getMe").await?;
        Ok(Me {
            username: user.username,
            server_time,
        })
    }

    /// The result, and the server's time.
    async fn ask<T: DeserializeOwned>(
        &self,
        method: &str,
    ) -> Result<(T, Option<Timestamp>), BotError> {
        let base = self.api_url.as_str().trim_end_matches('/');
        let url = format!("{base}/bot{}/{method}", self.token.expose_secret());
        let unreachable = |error: reqwest::Error| BotError::Unreachable {
            server: base.to_owned(),
            source: error.without_url(),
        };
        let response = self.http.post(url).send().await.map_err(unreachable)?;
        let date = response
            .headers()
            .get("date")
            .and_then(|date| date.to_str().ok());
        let date = date.and_then(|date| DateTimeParser::new().parse_timestamp(date).ok());
        let body = response.bytes().await.map_err(unreachable)?;
        // What cannot be read is not quoted: it is not Telegram that speaks, and what it repeats may
        // be the address, in which the token is.
        let foreign = || BotError::Foreign {
            server: base.to_owned(),
        };
        let answer: Answer = serde_json::from_slice(&body).map_err(|_| foreign())?;
        if !answer.ok {
            let token = self.token.expose_secret();
            return Err(BotError::Refused {
                code: answer.error_code,
                description: answer.description.replace(token, "•••"),
            });
        }
        let result = serde_json::from_value(answer.result).map_err(|_| foreign())?;
        Ok((result, date))
    }
}
