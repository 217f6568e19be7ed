//! What was posted for a card, kept until a day after the request's deadline.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use signoff_engine::{ChannelStore, Error, PromptCard, PromptRef};

use crate::outbound::Sent;
use crate::place::{CardRef, Place};
use crate::render::Document;

/// How long after a deadline closing a card may still need to know.
const KEPT: SignedDuration = SignedDuration::from_hours(24);
/// What the keys of places with cards begin with.
const PLACES: &str = "place:";

/// A document that stands in a chat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct File {
    /// Which one it is ([`Document::identity`]).
    identity: String,
    place: Place,
    message: i32,
}

impl File {
    pub(super) fn new(document: &Document, sent: Sent) -> Self {
        Self {
            identity: document.identity(),
            place: sent.place,
            message: sent.message,
        }
    }

    fn is(&self, document: &Document, here: Place) -> bool {
        self.place == here && self.identity == document.identity()
    }
}

/// Whether all these documents are among the files of that place, above that message.
pub(super) fn all_there(documents: &[Document], files: &[File], here: Place, message: i32) -> bool {
    let above = |file: &&File| file.message < message;
    documents.iter().all(|document| {
        files
            .iter()
            .filter(above)
            .any(|file| file.is(document, here))
    })
}

/// What was posted on one occasion.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Posted {
    /// Its documents, in order.
    pub(super) files: Vec<File>,
    /// Whether Telegram refused one of them for good.
    pub(super) refused: bool,
    /// Whether a card may stand there that we know nothing of: it was sent, and the answer was
    /// lost.
    pub(super) unsure: bool,
    /// The card.
    pub(super) card: Option<CardRef>,
}

impl Posted {
    /// Whether the document need not be posted again. When the topic is gone, it went to the
    /// chat itself, and so will the card.
    pub(super) fn has(&self, document: &Document, here: Place) -> bool {
        let chat = Place::chat(here.chat);
        let there = |file: &File| file.is(document, here) || file.is(document, chat);
        self.files.iter().any(there)
    }

    fn read(payload: &str) -> Option<Self> {
        let written: Written = serde_json::from_str(payload).ok()?;
        (written.v == 1).then(|| Self {
            files: written.files.into_iter().filter_map(read_file).collect(),
            refused: written.refused,
            unsure: written.unsure,
            card: written
                .card
                .and_then(|card| CardRef::read(&PromptRef(card))),
        })
    }

    fn write(&self) -> String {
        let file = |file: &File| WrittenFile {
            identity: file.identity.clone(),
            place: file.place.to_string(),
            message: file.message,
        };
        let written = Written {
            v: 1,
            files: self.files.iter().map(file).collect(),
            refused: self.refused,
            unsure: self.unsure,
            card: self.card.as_ref().map(|card| card.write().0),
        };
        serde_json::to_string(&written).unwrap_or_default()
    }
}

#[derive(Serialize, Deserialize)]
struct Written {
    v: u8,
    /// What was written before there was this field counts as not posted.
    #[serde(default)]
    files: Vec<WrittenFile>,
    refused: bool,
    #[serde(default)]
    unsure: bool,
    card: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct WrittenFile {
    identity: String,
    place: String,
    message: i32,
}

fn read_file(written: WrittenFile) -> Option<File> {
    Some(File {
        identity: written.identity,
        place: written.place.parse().ok()?,
        message: written.message,
    })
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
            key: format!("{}{place}:{occasion};", of_prompt(card)),
            until: late.checked_add(KEPT).unwrap_or(Timestamp::MAX),
        }
    }

    /// What was posted so far.
    pub(super) async fn recall(&self) -> Result<Posted, Error> {
        let kept = self.store.conversations(&self.key).await?;
        let kept = kept.into_iter().find(|kept| kept.key == self.key);
        Ok(kept
            .and_then(|kept| Posted::read(&kept.payload))
            .unwrap_or_default())
    }

    /// Keeps what was posted so far.
    pub(super) async fn keep(&self, posted: &Posted) -> Result<(), Error> {
        self.store
            .converse(&self.key, posted.write(), self.until)
            .await
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

/// The documents that were posted for this card, on whichever occasion.
pub(super) async fn files(store: &ChannelStore, card: &PromptCard) -> Result<Vec<File>, Error> {
    let kept = store.conversations(&of_prompt(card)).await?;
    let posted = kept.iter().filter_map(|kept| Posted::read(&kept.payload));
    Ok(posted.flat_map(|posted| posted.files).collect())
}

/// What the keys of everything posted for a prompt begin with.
fn of_prompt(card: &PromptCard) -> String {
    format!("posted:{}:", card.prompt_id)
}

/// The places where cards of requests stand that may be pending.
pub(crate) async fn places(store: &ChannelStore) -> Result<Vec<Place>, Error> {
    let kept = store.conversations(PLACES).await?;
    Ok(kept
        .iter()
        .filter_map(|kept| kept.payload.parse().ok())
        .collect())
}
