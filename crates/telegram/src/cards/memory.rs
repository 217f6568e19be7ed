//! What was posted for a card, kept until a day after the request's deadline.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use signoff_engine::{ChannelStore, Error, PromptCard, PromptRef};

use crate::place::{CardRef, Place};

/// How long after a deadline closing a card may still need to know.
const KEPT: SignedDuration = SignedDuration::from_hours(24);
/// What the keys of places with cards begin with.
const PLACES: &str = "place:";

/// What was posted on one occasion.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Posted {
    /// The messages of its documents, in order.
    pub(super) documents: Vec<i32>,
    /// Whether Telegram refused one of them for good.
    pub(super) refused: bool,
    /// The card.
    pub(super) card: Option<CardRef>,
}

#[derive(Serialize, Deserialize)]
struct Written {
    v: u8,
    documents: Vec<i32>,
    refused: bool,
    card: Option<String>,
}

/// The memory of one occasion.
#[derive(Debug)]
pub(super) struct Memory<'a> {
    store: &'a ChannelStore,
    place: Place,
    key: String,
    until: Timestamp,
}

impl<'a> Memory<'a> {
    pub(super) fn new(
        store: &'a ChannelStore,
        card: &PromptCard,
        place: Place,
        occasion: &str,
    ) -> Self {
        let late = card.request.expires_at.max(store.now());
        Self {
            store,
            place,
            key: format!("posted:{}:{place}:{occasion};", card.prompt_id),
            until: late.checked_add(KEPT).unwrap_or(Timestamp::MAX),
        }
    }

    /// What was posted so far.
    pub(super) async fn recall(&self) -> Result<Posted, Error> {
        let kept = self.store.conversations(&self.key).await?;
        let kept = kept.into_iter().find(|kept| kept.key == self.key);
        let written = kept.and_then(|kept| serde_json::from_str::<Written>(&kept.payload).ok());
        Ok(written
            .filter(|written| written.v == 1)
            .map_or_else(Posted::default, |written| Posted {
                documents: written.documents,
                refused: written.refused,
                card: written
                    .card
                    .and_then(|card| CardRef::read(&PromptRef(card))),
            }))
    }

    /// Keeps what was posted so far.
    pub(super) async fn keep(&self, posted: &Posted) -> Result<(), Error> {
        let written = Written {
            v: 1,
            documents: posted.documents.clone(),
            refused: posted.refused,
            card: posted.card.as_ref().map(|card| card.write().0),
        };
        let payload = serde_json::to_string(&written).unwrap_or_default();
        self.store.converse(&self.key, payload, self.until).await
    }

    /// Remembers that cards stand in this place, for a notice after an outage.
    pub(super) async fn remember_place(&self) -> Result<(), Error> {
        let key = format!("{PLACES}{};", self.place);
        let known = self.store.conversations(&key).await?;
        if known
            .iter()
            .any(|known| known.key == key && known.expires_at >= self.until)
        {
            return Ok(());
        }
        self.store
            .converse(&key, self.place.to_string(), self.until)
            .await
    }
}

/// The places where cards of requests stand that may be pending.
pub(crate) async fn places(store: &ChannelStore) -> Result<Vec<Place>, Error> {
    let kept = store.conversations(PLACES).await?;
    Ok(kept
        .iter()
        .filter_map(|kept| kept.payload.parse().ok())
        .collect())
}
