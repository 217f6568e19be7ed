//! What people are told after an outage: presses live about 150 seconds on Telegram's side, so
//! after a longer silence some taps never arrived.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use signoff_engine::{ChannelStore, Error};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::bot::Bot;
use crate::cards::{language_in, places};
use crate::outbound::Outgoing;
use crate::place::Place;
use crate::render::{Html, LISTED, absolute, show_buttons};
use crate::texts;
use crate::{CHANNEL, limiter::Priority, outbound::SendError, updates::poller::pause};

/// How long a press waits for us (telegram-bot-api `Client.cpp`: 150 s for callback queries).
const PRESS_LIVES: SignedDuration = SignedDuration::from_secs(150);
/// How often the last sign of life is written down.
const WRITTEN_EVERY: SignedDuration = SignedDuration::from_secs(10);
/// Where the last sign of life is kept.
const LAST: &str = "pulse:last";
/// Where an outage is kept until everybody was told.
const OUTAGE: &str = "pulse:outage";
/// Between tries to read what to tell, and to whom.
const RETRY: std::time::Duration = std::time::Duration::from_secs(5);

/// The channel's signs of life: that updates are reaching us. Cloning shares it.
#[derive(Debug, Clone)]
pub(crate) struct Pulse {
    store: ChannelStore,
    last: Arc<Mutex<Option<Timestamp>>>,
    outage: Arc<Notify>,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Outage {
    from: Timestamp,
    to: Timestamp,
}

impl Pulse {
    pub(crate) fn new(store: ChannelStore) -> Self {
        Self {
            store,
            last: Arc::default(),
            outage: Arc::default(),
        }
    }

    /// Updates reach us now. A silence that was too long is written down before the new sign of
    /// life is, so that a crash in between forgets nothing.
    pub(crate) async fn beat(&self) {
        if let Err(error) = self.try_beat().await {
            tracing::error!("the last contact with Telegram could not be noted: {error}");
        }
    }

    async fn try_beat(&self) -> Result<(), Error> {
        let now = self.store.now();
        let known = *self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let last = match known {
            Some(last) => Some(last),
            None => self.store.get(LAST).await?.and_then(|at| at.parse().ok()),
        };
        let silence = last.map(|last: Timestamp| now.duration_since(last));
        if let (Some(from), Some(silence)) = (last, silence)
            && silence > PRESS_LIVES
        {
            tracing::warn!(
                seconds = silence.as_secs(),
                "presses may have been lost in an outage"
            );
            self.note_outage(Outage { from, to: now }).await?;
        }
        // A clock that was set back would otherwise hide every outage until it has caught up.
        let is_news = |silence: SignedDuration| silence >= WRITTEN_EVERY || silence.is_negative();
        if known.is_none() || silence.is_none_or(is_news) {
            self.store.put(LAST, &now.to_string()).await?;
            *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(now);
        }
        Ok(())
    }

    /// Outages of which nobody was told yet become one.
    async fn note_outage(&self, outage: Outage) -> Result<(), Error> {
        let from = self
            .untold()
            .await?
            .map_or(outage.from, |earlier| earlier.from);
        let kept = serde_json::to_string(&Outage { from, ..outage }).unwrap_or_default();
        self.store.put(OUTAGE, &kept).await?;
        self.outage.notify_one();
        Ok(())
    }

    async fn untold(&self) -> Result<Option<Outage>, Error> {
        let kept = self.store.get(OUTAGE).await?;
        Ok(kept.and_then(|kept| serde_json::from_str(&kept).ok()))
    }

    async fn told(&self) -> Result<(), Error> {
        self.store.put(OUTAGE, "").await
    }
}

/// Tells every chat with pending cards of each outage, until shutdown.
pub(crate) async fn run(bot: Bot, pulse: Pulse, shutdown: CancellationToken) {
    loop {
        let told = tokio::select! {
            () = shutdown.cancelled() => return,
            told = tell_all(&bot, &pulse) => told,
        };
        if let Err(error) = &told {
            tracing::error!("people could not be told of an outage yet: {error}");
            pause(&shutdown, RETRY).await;
        }
        if shutdown.is_cancelled() {
            return;
        }
        if told.is_ok() {
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = pulse.outage.notified() => {}
            }
        }
    }
}

async fn tell_all(bot: &Bot, pulse: &Pulse) -> Result<(), Error> {
    let Some(outage) = pulse.untold().await? else {
        return Ok(());
    };
    for place in places(&bot.store).await? {
        if let Err(error) = tell(bot, place, outage).await {
            match error {
                SendError::Store(error) => return Err(error),
                error => {
                    tracing::warn!(place = %place, "a chat was not told of an outage: {error}");
                }
            }
        }
    }
    pulse.told().await
}

/// One message: when, that taps were lost, and what still waits, as buttons. The cards
/// themselves stand where they stood.
async fn tell(bot: &Bot, place: Place, outage: Outage) -> Result<(), SendError> {
    let waiting = bot.gateway.pending_in(CHANNEL, &place.to_string()).await?;
    let Some(first) = waiting.first() else {
        return Ok(());
    };
    let language = language_in(&first.card, place.chat);
    let from = absolute(outage.from, outage.to);
    let to = absolute(outage.to, outage.to);
    let mut html = Html::default();
    html.text("⚠️ ")
        .text(&texts::outage(language, &from, &to))
        .line_end();
    let count = u64::try_from(waiting.len()).unwrap_or(u64::MAX);
    html.text(&texts::outage_pending(language, count));
    let shown = waiting.get(..LISTED).unwrap_or(&waiting);
    if shown.len() < waiting.len() {
        let shown = u64::try_from(shown.len()).unwrap_or(u64::MAX);
        html.line_end().text(&texts::pending_more(language, shown));
    }
    let message = Outgoing::new(html).with_keyboard(&show_buttons(shown));
    loop {
        match bot
            .outbound
            .try_send(place, &message, Priority::Notice)
            .await
        {
            Err(SendError::Busy(wait)) => tokio::time::sleep(wait).await,
            result => return result.map(|_| ()),
        }
    }
}
