//! Prompts that the service puts: shown through the channel, one at a time in each place, the
//! highest revision last.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;
use std::time::Duration;

use signoff_contract::adapter::{
    PromptMessage, ReceiptAnswer, ReceiptBody, ReceiptState, ShownAnswer,
};
use signoff_engine::{Channel, ChannelError, PromptRef, adapters};
use tokio::sync::Mutex;
use tokio_util::task::TaskTracker;

use crate::places::{Places, Taken};
use crate::service::Service;

/// Between how many locks the places are divided.
const TURNS: usize = 64;
/// How long the service is kept waiting; it gives up after ten seconds. What takes longer is taken
/// first and a receipt follows.
const PATIENCE: Duration = Duration::from_secs(6);
/// How often a receipt is sent. The service asks again where none comes.
const RECEIPTS: u32 = 3;
/// Between two.
const RECEIPT_PAUSE: Duration = Duration::from_secs(1);
/// The `prompt_ref` of what stands nowhere.
const NOWHERE: &str = "-";
/// The longest `detail` of a receipt, in characters.
const DETAIL_CHARS: usize = signoff_contract::adapter::MAX_DETAIL_CHARS;

/// Shows what the service puts. Cloning shares everything.
#[derive(Clone)]
pub struct Prompts(Arc<Inner>);

struct Inner {
    channel: Arc<dyn Channel>,
    places: Places,
    service: Arc<Service>,
    turns: [Mutex<()>; TURNS],
    /// Showing goes on when the service hangs up: a message that was sent must become known.
    showing: TaskTracker,
}

impl std::fmt::Debug for Prompts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Prompts")
            .field("channel", &self.0.channel.name())
            .finish_non_exhaustive()
    }
}

/// What became of a prompt by the time that the service has to be answered.
#[derive(Debug)]
pub(crate) enum Put {
    /// It is shown, or could not be.
    Done(Result<ShownAnswer, ChannelError>),
    /// It takes longer.
    Taken,
}

impl Prompts {
    /// Shows through this channel.
    pub fn new(channel: Arc<dyn Channel>, places: Places, service: Arc<Service>) -> Self {
        Self(Arc::new(Inner {
            channel,
            places,
            service,
            turns: std::array::from_fn(|_| Mutex::new(())),
            showing: TaskTracker::new(),
        }))
    }

    pub(crate) fn service(&self) -> &Service {
        &self.0.service
    }

    pub(crate) fn channel(&self) -> &dyn Channel {
        &*self.0.channel
    }

    pub(crate) fn places(&self) -> &Places {
        &self.0.places
    }

    /// Waits until nothing is being shown.
    pub async fn settle(&self) {
        self.0.showing.close();
        self.0.showing.wait().await;
    }

    /// Shows a prompt; answers in time.
    pub(crate) async fn put(&self, message: PromptMessage) -> Put {
        let (prompt_id, revision) = (message.prompt_id, message.revision);
        let this = self.clone();
        let showing = async move { this.show(message).await };
        let mut showing = self.0.showing.spawn(showing);
        if let Ok(shown) = tokio::time::timeout(PATIENCE, &mut showing).await {
            return Put::Done(shown.unwrap_or_else(|_| Err(broke())));
        }
        let this = self.clone();
        self.0.showing.spawn(async move {
            let shown = showing.await.unwrap_or_else(|_| Err(broke()));
            let mut receipt = ReceiptBody {
                event_id: format!("{prompt_id}-{revision}"),
                prompt_id,
                revision,
                state: ReceiptState::Shown,
                retryable: false,
                prompt_ref: None,
                detail: None,
            };
            match shown {
                Ok(shown) => receipt.prompt_ref = Some(shown.prompt_ref),
                Err(error) => {
                    receipt.state = ReceiptState::Failed;
                    receipt.retryable = !matches!(error, ChannelError::Permanent { .. });
                    receipt.detail = Some(plain(&error.to_string()));
                }
            }
            this.tell(&receipt).await;
        });
        Put::Taken
    }

    async fn tell(&self, receipt: &ReceiptBody) {
        for attempt in 1..=RECEIPTS {
            let body = in_json(receipt);
            let told: Result<ReceiptAnswer, _> = self
                .0
                .service
                .post("receipts", &receipt.event_id, &body)
                .await;
            match told {
                Ok(_) => return,
                Err(error) => {
                    tracing::warn!(prompt = %receipt.prompt_id, attempt, "a receipt was not taken: {error}");
                }
            }
            tokio::time::sleep(RECEIPT_PAUSE).await;
        }
    }

    /// Makes the channel show a prompt, unless it shows a higher revision; where it stands.
    pub(crate) async fn show(&self, message: PromptMessage) -> Result<ShownAnswer, ChannelError> {
        let (prompt, revision, deadline) =
            (message.prompt_id, message.revision, message.expires_at);
        let known = message.prompt_ref.clone().filter(|at| at != NOWHERE);
        let mut card = adapters::card(message).map_err(|why| ChannelError::Permanent {
            cause: why.to_string(),
        })?;
        let _turn = self.turn(&card.place).lock().await;
        let places = &self.0.places;
        let mut before = match places
            .take(prompt, revision, deadline)
            .await
            .map_err(|error| later(&error))?
        {
            Taken::Now(kept) => kept,
            Taken::Older(kept) => {
                let first = kept.refs.into_iter().next();
                return first.map(standing).ok_or_else(|| ChannelError::Retry {
                    after: None,
                    cause: "a higher revision is on its way".to_owned(),
                });
            }
        };
        // The store is younger than the prompt: this much the service knows.
        if before.refs.is_empty() {
            before.refs.extend(known);
        }
        card.remind &= before.reminded < revision;
        let at: Vec<PromptRef> = before.refs.iter().cloned().map(PromptRef).collect();
        let shown = self.0.channel.show(&card, &at).await?;
        let first = shown.first().map(|at| at.0.clone());
        places
            .stands(prompt, &before, shown, card.remind, deadline)
            .await
            .map_err(|error| later(&error))?;
        Ok(first.map_or_else(nowhere, standing))
    }

    fn turn(&self, place: &str) -> &Mutex<()> {
        let mut hasher = DefaultHasher::new();
        place.hash(&mut hasher);
        let [low, ..] = hasher.finish().to_le_bytes();
        &self.0.turns[usize::from(low) % TURNS]
    }
}

/// It stands there.
fn standing(prompt_ref: String) -> ShownAnswer {
    ShownAnswer {
        prompt_ref,
        stands: true,
    }
}

/// It stands nowhere, or it is not known where yet.
pub(crate) fn nowhere() -> ShownAnswer {
    ShownAnswer {
        prompt_ref: NOWHERE.to_owned(),
        stands: false,
    }
}

fn later(error: &signoff_engine::Error) -> ChannelError {
    ChannelError::Retry {
        after: None,
        cause: error.to_string(),
    }
}

fn broke() -> ChannelError {
    ChannelError::Retry {
        after: None,
        cause: "showing it broke".to_owned(),
    }
}

/// What a receipt takes: on one line, and not too long.
fn plain(words: &str) -> String {
    let plain = words.chars().map(|c| if c.is_control() { ' ' } else { c });
    plain.take(DETAIL_CHARS).collect()
}

/// The body: what belongs to its state, and no more.
fn in_json(receipt: &ReceiptBody) -> serde_json::Value {
    let mut body = serde_json::to_value(receipt).unwrap_or_default();
    if receipt.state == ReceiptState::Shown
        && let Some(fields) = body.as_object_mut()
    {
        fields.remove("retryable");
    }
    body
}
