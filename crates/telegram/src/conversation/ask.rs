//! Asking for a reason or an answer: a `ForceReply` that reaches one person only.

use signoff_core::Meaning;
use signoff_engine::Opened;

use super::open::{Awaited, Conversations, Question};
use crate::bot::{Bot, HandleError, Origin, Who};
use crate::client::{ApiError, Processed};
use crate::outbound::{Outgoing, SendError, force_reply};
use crate::render::{Html, cut, line};
use crate::texts;
use crate::updates::inbound::Pressed;

/// How much of a request's title a question repeats, in characters.
const TITLE_CHARS: usize = 160;

/// Opens a conversation with the person who pressed, and asks. Pressing again asks again;
/// handling the same press again does not.
pub(super) async fn ask(
    bot: &Bot,
    origin: &Origin,
    opened: &Opened,
    handle: &str,
    who: &Who,
    message: &Pressed,
) -> Result<(), HandleError> {
    let conversations = Conversations(&bot.store);
    let place = message.place();
    let user = who.id().parse().unwrap_or_default();
    let open = conversations
        .find(place.chat, user, opened.request_id)
        .await?;
    let mut awaited = match open.filter(|open| open.opened_by == origin.event_id) {
        Some(open) if open.question != Question::Unsent => return Ok(()),
        Some(open) => open,
        None => Awaited::begin(
            place.chat,
            user,
            opened.request_id,
            handle,
            &who.identity.display_name,
            &origin.event_id,
            bot.store.now(),
            opened.card.request.expires_at,
        ),
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
        Err(error) => return Err(error.into()),
    };
    conversations.keep(&awaited).await?;
    Ok(())
}

fn question(opened: &Opened, who: &Who) -> Outgoing {
    let language = who.language;
    let title = cut(&line(&opened.card.request.title), TITLE_CHARS);
    let short_id = opened.request_id.short();
    let (text, placeholder) = if opened.meaning == Meaning::CustomAnswer {
        (
            texts::ask_answer(language, &title, &short_id),
            texts::placeholder_answer(language),
        )
    } else {
        (
            texts::ask_reason(language, &title, &short_id),
            texts::placeholder_reason(language),
        )
    };
    let mut html = Html::default();
    html.mention(who.id(), &line(&who.identity.display_name))
        .line_end()
        .text(&text);
    Outgoing {
        markup: Some(force_reply(&placeholder)),
        ..Outgoing::new(html)
    }
}
