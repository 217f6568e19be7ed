//! `/deny a1b2c3 reason`: saying no without looking for the card.

use jiff::Timestamp;
use signoff_contract::Via;
use signoff_engine::{ButtonAction, PromptCard, Response};

use super::list;
use crate::bot::{Bot, HandleError, Origin, Who};
use crate::conversation::{MAX_TEXT_CHARS, Said};
use crate::texts;
use crate::updates::inbound::Message;

/// Denies the request with this short id, if it waits for this person; answers what became of it.
pub(super) async fn deny(
    bot: &Bot,
    origin: &Origin,
    message: &Message,
    who: &Who,
    id: &str,
    reason: Option<String>,
) -> Result<String, HandleError> {
    let language = who.language;
    let chars = reason.as_deref().map_or(0, |reason| reason.chars().count());
    if chars > MAX_TEXT_CHARS {
        let [count, max] = [chars, MAX_TEXT_CHARS].map(|n| u64::try_from(n).unwrap_or(u64::MAX));
        return Ok(texts::text_too_long(language, count, max));
    }
    // A repetition finds nothing that waits any more, so what it did is remembered by its key.
    let key = format!("denied:{}", origin.event_id);
    let kept = bot.store.conversations(&key).await?;
    // Another update's id may begin with this one's.
    let remembered = kept.into_iter().find(|kept| kept.key == key);
    let handle = match remembered {
        Some(kept) => kept.payload,
        None => match list::named(bot, message, who, id).await? {
            Ok(prompt) => match refusing(&prompt.card, reason.is_some()) {
                Some(handle) => handle,
                None => return Ok(texts::show_unknown(language, id)),
            },
            Err(refusal) => return Ok(refusal),
        },
    };
    bot.store.converse(&key, handle.clone(), until(bot)).await?;
    let response = Response {
        event_id: origin.event_id.clone(),
        handle,
        actor: who.identity.clone(),
        text: reason,
        via: Via::Text,
        occurred_at: origin.received_at,
        note: None,
    };
    let answered = bot.gateway.respond(response).await?;
    Ok(Said::of(language, &answered.result, answered.card.as_ref()).text)
}

/// The handle that says no: with a reason where there is one, and declining a question.
fn refusing(card: &PromptCard, with_reason: bool) -> Option<String> {
    let wanted = if with_reason {
        ButtonAction::DenyWithReason
    } else {
        ButtonAction::Deny
    };
    let first = card.buttons.iter().find(|button| button.action == wanted);
    let other = || {
        let no = [ButtonAction::Deny, ButtonAction::Decline];
        card.buttons
            .iter()
            .find(|button| no.contains(&button.action))
    };
    first.or_else(other).map(|button| button.handle.clone())
}

/// As long as the update itself is kept.
fn until(bot: &Bot) -> Timestamp {
    bot.store
        .now()
        .checked_add(jiff::SignedDuration::from_hours(48))
        .unwrap_or(Timestamp::MAX)
}
