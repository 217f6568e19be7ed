//! The channel port: what the engine asks for, card by card.

use async_trait::async_trait;
use signoff_engine::{Channel, ChannelError, ChannelHealth, PromptCard, PromptRef, Reachability};

use crate::cards::Cards;
use crate::limiter::Priority;
use crate::outbound::SendError;
use crate::place::{CardRef, Place};
use crate::{CHANNEL, Health};

/// The occasion on which the engine's own cards are posted.
const FIRST: &str = "first";

/// Shows cards in Telegram.
///
/// A place is `"<chat id>"` or `"<chat id>/<topic id>"` ([`Place`]).
#[derive(Debug, Clone)]
pub struct TelegramChannel {
    cards: Cards,
    health: Health,
}

impl TelegramChannel {
    pub(crate) fn new(cards: Cards, health: Health) -> Self {
        Self { cards, health }
    }

    async fn first(&self, card: &PromptCard) -> Result<Vec<PromptRef>, ChannelError> {
        let place: Result<Place, _> = card.place.parse();
        let ended = card.request.status.is_terminal();
        if ended && !self.may_stand(card, place.as_ref().ok()).await? {
            // It ended before anybody saw it: there is nothing to say.
            return Ok(Vec::new());
        }
        let place = place.map_err(|error: crate::InvalidPlace| ChannelError::Permanent {
            cause: error.to_string(),
        })?;
        let priority = if ended {
            Priority::Close
        } else {
            Priority::NewCard
        };
        let copies = self.cards.present(card, place, FIRST, priority).await?;
        Ok(copies.all().map(|at| at.write()).collect())
    }

    /// Whether somebody may see the card although it was never noted where.
    async fn may_stand(
        &self,
        card: &PromptCard,
        place: Option<&Place>,
    ) -> Result<bool, ChannelError> {
        match place {
            Some(place) => Ok(self.cards.may_stand(card, *place, FIRST).await?),
            None => Ok(false),
        }
    }

    /// The first card, where we alone know of it: the process was killed after we had noted it and
    /// before the engine had, and then an orphan was found.
    async fn forgotten(
        &self,
        card: &PromptCard,
        known: &[CardRef],
    ) -> Result<Option<CardRef>, ChannelError> {
        let Ok(place) = card.place.parse::<Place>() else {
            return Ok(None);
        };
        let posted = self.cards.posted(card, place, FIRST).await?;
        let is_known = |at: &CardRef| known.iter().any(|k| k.is_at(at.place.chat, at.message));
        Ok(posted.filter(|at| !is_known(at)))
    }

    /// Brings every copy up to date. A copy that can never be reached again is forgotten while
    /// another one stands.
    async fn again(&self, card: &PromptCard, at: &[CardRef]) -> Result<Vec<CardRef>, ChannelError> {
        let mut standing = Vec::with_capacity(at.len());
        let (mut later, mut lost) = (None, None);
        for copy in at {
            match self
                .cards
                .update(card, copy)
                .await
                .map_err(ChannelError::from)
            {
                Ok(copies) => standing.extend(copies.all()),
                Err(error @ ChannelError::Permanent { .. }) => {
                    tracing::warn!(place = %copy.place, prompt = %card.prompt_id,
                        "a copy of a card cannot be reached any more: {error}");
                    lost = Some(error);
                }
                Err(error) => later = later.or(Some(error)),
            }
        }
        match (later, lost) {
            (Some(later), _) => Err(later),
            (None, Some(lost)) if standing.is_empty() => Err(lost),
            _ => Ok(standing),
        }
    }

    async fn remind(&self, card: &PromptCard, at: &[CardRef]) -> Result<(), ChannelError> {
        let Some(first) = at.first() else {
            return Ok(());
        };
        match self.cards.remind(card, first).await {
            // Whether it arrived is not known; a second one would only be noise.
            Err(SendError::Api(error)) => {
                tracing::warn!(prompt = %card.prompt_id, "a reminder may not have arrived: {error}");
                Ok(())
            }
            other => Ok(other?),
        }
    }
}

#[async_trait]
impl Channel for TelegramChannel {
    fn name(&self) -> &str {
        CHANNEL
    }

    #[tracing::instrument(name = "telegram.card.show", skip_all, fields(prompt = %card.prompt_id, revision = card.revision))]
    async fn show(
        &self,
        card: &PromptCard,
        at: &[PromptRef],
    ) -> Result<Vec<PromptRef>, ChannelError> {
        let mut copies = CardRef::read_all(at);
        if copies.is_empty() {
            return self.first(card).await;
        }
        copies.extend(self.forgotten(card, &copies).await?);
        let standing = self.again(card, &copies).await?;
        if card.remind && !card.request.status.is_terminal() {
            self.remind(card, &standing).await?;
        }
        Ok(standing.iter().map(CardRef::write).collect())
    }

    fn health(&self) -> ChannelHealth {
        let report = self.health.report();
        let (state, detail) = match (&report.problem, &report.last_contact) {
            (Some(problem), _) => (
                Reachability::Unreachable,
                format!("{}: {}", problem.what, problem.remedy),
            ),
            (None, Some(at)) => (Reachability::Reachable, format!("last contact {at:.0}")),
            (None, None) => (Reachability::Unknown, "no contact yet".to_owned()),
        };
        ChannelHealth {
            name: CHANNEL.to_owned(),
            state,
            detail,
        }
    }
}
