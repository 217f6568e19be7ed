//! The channel as a whole: its parts put together, started and stopped.

use std::sync::Arc;
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Map, Value};
use signoff_engine::{Channel, ChannelStore, Clock, Gateway, Transcriber};
use teloxide_core::payloads::{DeleteWebhook, GetMe, GetWebhookInfo};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::bot::Bot;
use crate::cards::Cards;
use crate::channel::TelegramChannel;
use crate::client::{ApiError, Client, Processed};
use crate::conversation::Strangers;
use crate::limiter::Limiter;
use crate::outage::{self, Pulse};
use crate::outbound::Outbound;
use crate::updates::poller::{Poller, pause};
use crate::updates::webhook::Intake;
use crate::updates::{ALLOWED, inbox};
use crate::voice::Turns;
use crate::{
    Config, Error, Health, HealthReport, Limits, Metrics, Updates, WebhookAnswer, commands,
};

/// Between tries to introduce ourselves to Telegram.
const RETRY: Duration = Duration::from_secs(10);
/// How often a webhook's service notes that it is alive.
const BEAT: Duration = Duration::from_secs(10);

/// Signoff's side of one Telegram bot.
#[derive(Clone)]
pub struct Telegram {
    config: Arc<Config>,
    bot: Bot,
    intake: Intake,
    pulse: Pulse,
    channel: Arc<TelegramChannel>,
}

impl std::fmt::Debug for Telegram {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Telegram")
            .field("bot_id", &self.bot.id)
            .finish_non_exhaustive()
    }
}

impl Telegram {
    /// Puts the channel together. Nothing is sent yet, and Telegram need not be reachable.
    ///
    /// `gateway` is whom presses and texts are handed to; `store` is this channel's corner of
    /// the store, of the name [`CHANNEL`](crate::CHANNEL).
    pub fn connect(
        config: Config,
        gateway: Arc<dyn Gateway>,
        store: ChannelStore,
        limits: Limits,
        metrics: Metrics,
    ) -> Result<Self, Error> {
        let id = config.validate()?;
        let time = store.clone();
        let health = Health::new(id, Clock::from_fn(move || time.now()));
        let client = Client::new(
            config.api_url.clone(),
            config.token.clone(),
            metrics.clone(),
            health.clone(),
        )?;
        let limiter = Limiter::new(limits);
        let outbound = Outbound::new(
            client,
            limiter,
            store.clone(),
            metrics.clone(),
            config.protect_content,
        );
        let cards = Cards::new(outbound.clone(), store.clone());
        let secret = match &config.updates {
            Updates::Polling => None,
            Updates::Webhook { secret, .. } => Some(secret.clone()),
        };
        let channel = Arc::new(TelegramChannel::new(cards.clone(), health.clone()));
        let pulse = Pulse::new(store.clone());
        let bot = Bot {
            id,
            gateway,
            store,
            outbound,
            cards,
            strangers: Strangers::default(),
            ears: None,
            turns: Turns::default(),
            health,
            metrics,
        };
        let intake = Intake {
            bot: bot.clone(),
            secret,
        };
        Ok(Self {
            config: Arc::new(config),
            bot,
            intake,
            pulse,
            channel,
        })
    }

    /// The same channel, which hears voice notes with this. Without it people are asked to type.
    #[must_use]
    pub fn with_transcriber(mut self, ears: Arc<dyn Transcriber>) -> Self {
        self.bot.ears = Some(ears);
        self.intake.bot = self.bot.clone();
        self
    }

    /// What the engine shows cards through.
    pub fn channel(&self) -> Arc<dyn Channel> {
        Arc::clone(&self.channel) as Arc<dyn Channel>
    }

    /// How the channel is.
    pub fn health(&self) -> HealthReport {
        self.bot.health.report()
    }

    /// The path that Telegram posts updates to: `/telegram/<bot id>`.
    pub fn webhook_path(&self) -> String {
        format!("/telegram/{}", self.bot.id)
    }

    /// Takes an update that Telegram posted: `secret_header` is
    /// `X-Telegram-Bot-Api-Secret-Token`, `body` the raw body.
    pub async fn receive_webhook(&self, secret_header: Option<&str>, body: &[u8]) -> WebhookAnswer {
        self.intake.take(secret_header, body).await
    }

    /// Receives and handles updates until shutdown. Trouble with Telegram is waited out and
    /// reported by [`Self::health`]; an error means that a part of this crate broke.
    pub async fn run(&self, shutdown: CancellationToken) -> Result<(), Error> {
        let stop = shutdown.child_token();
        let mut parts: JoinSet<&'static str> = JoinSet::new();
        parts.spawn(named("inbox", inbox::run(self.bot.clone(), stop.clone())));
        parts.spawn(named(
            "outage",
            outage::run(self.bot.clone(), self.pulse.clone(), stop.clone()),
        ));
        parts.spawn(named("introduction", self.clone().introduce(stop.clone())));
        parts.spawn(named("updates", self.clone().receive(stop.clone())));
        let mut broken = None;
        while let Some(ended) = parts.join_next().await {
            match ended {
                Ok(part) if shutdown.is_cancelled() || part == "introduction" => {}
                Ok(part) => broken = broken.or(Some(part)),
                Err(error) => {
                    // What a panic said is not repeated: it may quote data.
                    let panicked = error.is_panic();
                    tracing::error!(panicked, "a part of the Telegram channel broke");
                    broken = broken.or(Some("a worker"));
                }
            }
            if broken.is_some() {
                stop.cancel();
            }
        }
        match broken {
            Some(part) => Err(Error::Stopped { part }),
            None => Ok(()),
        }
    }

    /// Learns our own name and registers the commands, however often it takes.
    async fn introduce(self, shutdown: CancellationToken) {
        while !shutdown.is_cancelled() {
            match self.try_introduce().await {
                Ok(()) => return,
                Err(error) => tracing::warn!("Telegram does not know us yet: {error}"),
            }
            pause(&shutdown, RETRY).await;
        }
    }

    async fn try_introduce(&self) -> Result<(), ApiError> {
        let client = self.bot.outbound.client();
        let me = client.call(&GetMe::new()).await?;
        let username = word(&me, "username")?;
        self.bot.health.identified(username.to_owned());
        tracing::info!(bot = username, "speaking as a Telegram bot");
        commands::register(client).await
    }

    async fn receive(self, shutdown: CancellationToken) {
        match &self.config.updates {
            Updates::Polling => self.poll(shutdown).await,
            Updates::Webhook { url, secret } => {
                let (url, secret) = (url.clone(), secret.clone());
                self.be_posted_to(&url, &secret, shutdown).await;
            }
        }
    }

    /// Polls. Whether a webhook is in the way is looked at first, but trouble with that keeps
    /// nobody from polling: where one is set, the polls themselves are refused and say so.
    async fn poll(self, shutdown: CancellationToken) {
        let poller = Poller {
            bot: self.bot.clone(),
            instance: self.config.instance.clone(),
            pulse: self.pulse.clone(),
        };
        if self.left_webhook(&shutdown).await {
            poller.run(shutdown).await;
        } else {
            tokio::join!(poller.run(shutdown.clone()), self.leaves_webhook(shutdown));
        }
    }

    /// Tries again and again to leave the webhook.
    async fn leaves_webhook(&self, shutdown: CancellationToken) {
        while !shutdown.is_cancelled() {
            pause(&shutdown, RETRY).await;
            if self.left_webhook(&shutdown).await {
                return;
            }
        }
    }

    /// Whether there is nothing more to do about a webhook.
    async fn left_webhook(&self, shutdown: &CancellationToken) -> bool {
        match shutdown.run_until_cancelled(self.leave_webhook()).await {
            None | Some(Ok(())) => true,
            Some(Err(error)) => {
                tracing::warn!("a webhook may be in the way of polling: {error}");
                false
            }
        }
    }

    /// Polling excludes a webhook. What waits for it is not dropped.
    async fn leave_webhook(&self) -> Result<(), ApiError> {
        let client = self.bot.outbound.client();
        let set = match client.call(&GetWebhookInfo::new()).await {
            // Where none is set, removing it changes nothing.
            Err(error @ ApiError::Refused { .. }) => {
                tracing::warn!("whether a webhook is set cannot be known: {error}");
                true
            }
            info => {
                let set = !word(&info?, "url")?.is_empty();
                if set {
                    tracing::warn!(
                        "a webhook was set for this bot; it is removed, because we poll"
                    );
                }
                set
            }
        };
        if set {
            client.call(&DeleteWebhook::new()).await?;
        }
        Ok(())
    }

    /// Sets the webhook, and leaves it in place afterwards: Telegram keeps what we miss.
    async fn be_posted_to(self, url: &Url, secret: &SecretString, shutdown: CancellationToken) {
        while !shutdown.is_cancelled() {
            match self.set_webhook(url, secret).await {
                Ok(()) => {
                    self.bot.health.receiving();
                    break;
                }
                Err(error) => {
                    self.bot.health.receives_nothing(&error);
                    tracing::warn!("the webhook could not be set yet: {error}");
                }
            }
            pause(&shutdown, RETRY).await;
        }
        while !shutdown.is_cancelled() {
            self.pulse.beat().await;
            pause(&shutdown, BEAT).await;
        }
    }

    async fn set_webhook(&self, url: &Url, secret: &SecretString) -> Result<(), ApiError> {
        let mut body = Map::new();
        body.insert("url".to_owned(), Value::from(url.as_str()));
        body.insert(
            "secret_token".to_owned(),
            Value::from(secret.expose_secret()),
        );
        let allowed = serde_json::to_value(ALLOWED).unwrap_or_default();
        body.insert("allowed_updates".to_owned(), allowed);
        // teloxide's payload holds a file and does not serialise.
        self.bot
            .outbound
            .client()
            .call_raw("setWebhook", body)
            .await
            .map(|_| ())
    }
}

async fn named(name: &'static str, part: impl Future<Output = ()>) -> &'static str {
    part.await;
    name
}

/// A text that every such answer has.
fn word<'a>(answer: &'a Value, name: &str) -> Result<&'a str, ApiError> {
    let word = answer.get(name).and_then(Value::as_str);
    word.ok_or_else(|| ApiError::Network {
        processed: Processed::Maybe,
        cause: format!("Telegram answered without {name}"),
    })
}
