//! Asking for a reason or an answer: a `ForceReply` that reaches one person only.

use signoff_core::Meaning;
use signoff_engine::Opened;

use super::open::{Awaited, Conversations, Question};
use super::question::{self, Wanted};
use crate::bot::{Bot, HandleError, Origin, Who};
use crate::client::{ApiError, Processed};
use crate::outbound::{Outgoing, SendError, force_reply};
use crate::texts;
use crate::updates::inbound::Pressed;

/// Opens a conversation with the person who pressed, and asks. Pressing again asks again;
/// handling the same press again does not. `false` when the chat takes no question.
pub(super) async fn ask(
    bot: &Bot,
    origin: &Origin,
    opened: &Opened,
    handle: &str,
    who: &Who,
    message: &Pressed,
) -> Result<bool, HandleError> {
    let conversations = Conversations(&bot.store);
    let place = message.place();
    let user = who.id().parse().unwrap_or_default();
    let open = conversations
        .find(place.chat, user, opened.request_id)
        .await?;
    let mut awaited = match open {
        Some(open) if open.opened_by == origin.event_id => {
            if open.question != Question::Unsent {
                return Ok(true);
            }
            // We came this far before, and perhaps further than we know.
            let mut open = open;
            open.asks_again();
            open
        }
        earlier => Awaited::begin(
            place.chat,
            user,
            opened.request_id,
            handle,
            &who.identity.display_name,
            &origin.event_id,
            bot.store.now(),
            opened.card.request.expires_at,
        )
        .instead_of(earlier),
    };
    // Kept before it is sent: the answer may be faster than we are.
    conversations.keep(&awaited).await?;
    let question = question(opened, who).reply_to(message.message_id);
    awaited.question = match bot.outbound.send(place, &question).await {
        Ok(sent) => Question::Message(sent.message),
        Err(SendError::Api(ApiError::Network {
            processed: Processed::Maybe,
            ..
        })) => Question::Unknown,
        Err(SendError::Api(error)) if is_final(&error) => {
            tracing::warn!("a question could not be posted: {error}");
            conversations.end(&awaited).await?;
            return Ok(false);
        }
        Err(error) => return Err(error.into()),
    };
    conversations.keep(&awaited).await?;
    Ok(true)
}

/// Whether asking again would be refused again.
fn is_final(error: &ApiError) -> bool {
    matches!(
        error,
        ApiError::Unreachable { .. }
            | ApiError::ThreadNotFound { .. }
            | ApiError::ParseEntities { .. }
            | ApiError::TooLong { .. }
            | ApiError::Refused { .. }
    )
}

fn question(opened: &Opened, who: &Who) -> Outgoing {
    let language = who.language;
    let (wanted, placeholder) = if opened.meaning == Meaning::CustomAnswer {
        (Wanted::Answer, texts::placeholder_answer(language))
    } else {
        (Wanted::Reason, texts::placeholder_reason(language))
    };
    let html = question::question(
        wanted,
        language,
        (who.id(), &who.identity.display_name),
        &opened.card.request.title,
        &opened.request_id.short(),
    );
    Outgoing {
        markup: Some(force_reply(&placeholder)),
        ..Outgoing::new(html)
    }
}
