//! Cards whose place was never recorded: Telegram took the message, and its answer was lost.
//! Their buttons work all the same, because a handle says what it belongs to; with the first
//! press the place is known again.

use signoff_engine::{Opened, PromptCard};

use crate::bot::{Bot, HandleError};
use crate::outbound::SendError;
use crate::place::CardRef;
use crate::updates::inbound::Pressed;

/// How the pressed message and the prompt belong together.
pub(super) enum Standing {
    /// The prompt is known to stand there.
    Known,
    /// It stands there as we learn now.
    Orphan(CardRef),
    /// The message does not have that button: it is no card of this prompt's, or it cannot be
    /// read any more.
    Elsewhere,
}

/// Looks at what Telegram says is on the message, never at what the client says.
pub(super) fn standing(opened: &Opened, message: &Pressed, handle: &str) -> Standing {
    let known = opened.refs.iter().filter_map(CardRef::read);
    if known
        .into_iter()
        .any(|at| at.is_at(message.chat.id, message.message_id))
    {
        return Standing::Known;
    }
    if opened.meaning == signoff_core::Meaning::Show || !message.carries(handle) {
        return Standing::Elsewhere;
    }
    // A card without its documents offers no yes.
    let attached = opened.card.buttons.iter().any(|button| {
        use signoff_engine::ButtonAction::{Approve, Choose};
        matches!(button.action, Approve | Choose { .. }) && message.carries(&button.handle)
    });
    Standing::Orphan(CardRef {
        place: message.place(),
        message: message.message_id,
        attached: attached || opened.card.request.outcome.is_some(),
    })
}

/// Remembers an orphan while its request is open, so that the engine closes it with the others.
pub(super) async fn adopt(
    bot: &Bot,
    standing: &Standing,
    opened: &Opened,
    handle: &str,
) -> Result<(), HandleError> {
    if let Standing::Orphan(at) = standing
        && opened.card.request.outcome.is_none()
    {
        tracing::info!(prompt = %opened.card.prompt_id, "a card is found again");
        bot.gateway.adopt(handle, at.write()).await?;
    }
    Ok(())
}

/// Closes an orphan whose request has ended. Where its chat does not take that now, the engine does
/// it later, and whoever pressed does not wait for it.
pub(super) async fn close(
    bot: &Bot,
    standing: &Standing,
    card: &PromptCard,
    handle: &str,
) -> Result<(), HandleError> {
    if let Standing::Orphan(at) = standing
        && card.request.outcome.is_some()
    {
        match bot.cards.update(card, at).await {
            Ok(_) => {}
            Err(SendError::Store(error)) => return Err(error.into()),
            Err(error) => {
                tracing::info!(prompt = %card.prompt_id, "a card is closed later: {error}");
                bot.gateway.adopt(handle, at.write()).await?;
            }
        }
    }
    Ok(())
}
