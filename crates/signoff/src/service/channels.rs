//! The channels of this installation: Telegram, when there is a bot, and those through adapters.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use signoff_engine::adapters::{Adapter, HttpChannel};
use signoff_engine::{Channel, ChannelStore, Engine, Gateway, Transcriber};
use signoff_server::{CompatOptions, ServerOptions};
use signoff_telegram::{CHANNEL, Config, Limits, Metrics, Telegram, Updates};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::{Part, Stopped, part};

/// What Telegram proves itself with (Bot API, `setWebhook`, `secret_token`).
const SECRET_HEADER: &str = "x-telegram-bot-api-secret-token";

/// Where Telegram posts to on the listener of the drop-in endpoints, as it did to the bots.
const DROP_IN_WEBHOOK: &str = "/webhook";

/// Every channel that runs.
pub(super) struct Channels {
    telegram: Option<Telegram>,
    adapters: Vec<Arc<dyn Channel>>,
}

impl Channels {
    /// The names of the channels that will run.
    pub(super) fn names(telegram: Option<&Config>, adapters: &[Adapter]) -> Vec<String> {
        let telegram = telegram.map(|_| CHANNEL.to_owned());
        let adapters = adapters.iter().map(|adapter| adapter.name.clone());
        telegram.into_iter().chain(adapters).collect()
    }

    /// Makes the channels; what they receive over HTTP is added to the server's routes.
    pub(super) fn new(
        telegram: Option<Config>,
        ears: Option<Arc<dyn Transcriber>>,
        adapters: Vec<Adapter>,
        engine: &Arc<Engine>,
        options: &mut ServerOptions,
        drop_in: Option<&mut CompatOptions>,
    ) -> anyhow::Result<Self> {
        let mut channels: Vec<Arc<dyn Channel>> = Vec::new();
        for adapter in adapters {
            let secrets = adapter.secrets.clone();
            options.adapters.insert(adapter.name.clone(), secrets);
            let channel = HttpChannel::new(adapter, engine, options.shutdown.clone())?;
            channels.push(Arc::new(channel));
        }
        let adapters = channels;
        let Some(config) = telegram else {
            return Ok(Self {
                telegram: None,
                adapters,
            });
        };
        let by_webhook = matches!(config.updates, Updates::Webhook { .. });
        let gateway: Arc<dyn Gateway> = engine.clone();
        let store = ChannelStore::new(engine.store().clone(), CHANNEL);
        let metrics = Metrics::register(&mut options.registry);
        let mut telegram = Telegram::connect(config, gateway, store, Limits::default(), metrics)?;
        if let Some(ears) = ears {
            telegram = telegram.with_transcriber(ears);
        }
        if by_webhook {
            let extra = std::mem::take(&mut options.extra);
            options.extra = extra.merge(webhooks(&telegram, &telegram.webhook_path()));
            if let Some(drop_in) = drop_in {
                drop_in.extra = webhooks(&telegram, DROP_IN_WEBHOOK);
            }
        }
        Ok(Self {
            telegram: Some(telegram),
            adapters,
        })
    }

    /// The channels, for the engine to call.
    pub(super) fn list(&self) -> Vec<Arc<dyn Channel>> {
        let telegram = self.telegram.iter().map(Telegram::channel);
        telegram.chain(self.adapters.iter().cloned()).collect()
    }

    /// Runs what the channels do by themselves.
    pub(super) fn spawn(self, parts: &mut JoinSet<Part>, shutdown: &CancellationToken) {
        if let Some(telegram) = self.telegram {
            let ending = shutdown.clone();
            parts.spawn(part("the Telegram channel", async move {
                telegram.run(ending).await?;
                Ok(Stopped::Finished)
            }));
        }
    }
}

/// Where Telegram posts updates to.
pub(super) fn webhooks(telegram: &Telegram, path: &str) -> Router {
    let route = Router::new().route(path, post(receive));
    route.with_state(telegram.clone())
}

/// `POST /telegram/<bot id>`, `POST /webhook`: one update. It is answered when it is durable.
async fn receive(State(telegram): State<Telegram>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let secret = headers
        .get(SECRET_HEADER)
        .and_then(|secret| secret.to_str().ok());
    let answer = telegram.receive_webhook(secret, &body).await;
    StatusCode::from_u16(answer.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}
