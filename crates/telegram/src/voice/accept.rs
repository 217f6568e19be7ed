//! Accepting a note: in its lane, once and for all.

use super::note::{Aside, At, Note, Notes, Stage};
use crate::bot::{Bot, HandleError, Origin};
use crate::conversation::{Awaited, Conversations, Taken};
use crate::updates::inbound::Message;

/// Accepts a note that answers this conversation. What came before it in the same conversation is
/// replaced, unless its words were given already.
pub(crate) async fn accept(
    bot: &Bot,
    origin: &Origin,
    message: Message,
    awaited: &Awaited,
) -> Result<Option<Aside>, HandleError> {
    let taken = Taken::of_note(awaited);
    Conversations(&bot.store)
        .take(&origin.event_id, &taken)
        .await?;
    keep(bot, origin, message, awaited).await
}

/// The same for a note that was accepted before, and not heard to the end: it belongs where it
/// belonged then.
pub(crate) async fn accepted(
    bot: &Bot,
    origin: &Origin,
    message: Message,
    taken: &Taken,
) -> Result<Option<Aside>, HandleError> {
    let from = message.from.as_ref().map_or(0, |from| from.id);
    let Some((request, opened_by)) = taken.note() else {
        return Ok(None);
    };
    let (chat, user) = (message.chat.id, from);
    let at = At {
        chat,
        user,
        request,
    };
    let known = Notes(&bot.store).find(at).await?;
    if known.is_some_and(|note| note.event_id == origin.event_id) {
        return Ok(Some(Aside { at, message }));
    }
    // Nothing was kept of it, or something else was since.
    let open = Conversations(&bot.store).find(chat, user, request).await?;
    if let Some(open) = open.filter(|open| open.opened_by == opened_by) {
        return keep(bot, origin, message, &open).await;
    }
    settle(bot, origin, &taken.handle).await?;
    Ok(None)
}

async fn keep(
    bot: &Bot,
    origin: &Origin,
    message: Message,
    awaited: &Awaited,
) -> Result<Option<Aside>, HandleError> {
    let at = At {
        chat: awaited.chat,
        user: awaited.user,
        request: awaited.request,
    };
    let (handle, name) = (&awaited.handle, &awaited.name);
    let mut note = Note::new(at, &origin.event_id, message.message_id, handle, name);
    let turn = bot.turns.of(at).await;
    let earlier = Notes(&bot.store).find(at).await?;
    let stands = earlier.as_ref().is_some_and(|earlier| {
        let newer = earlier.message > message.message_id;
        newer || matches!(earlier.stage, Stage::Taken { .. })
    });
    if stands {
        drop(turn);
        settle(bot, origin, handle).await?;
        return Ok(None);
    }
    // What was said about one that is over stands; about one that is not, it does not any more.
    if let Some(earlier) = earlier.as_ref().filter(|e| e.stage != Stage::Withdrawn) {
        note.replaced.clone_from(&earlier.replaced);
        note.replaced.extend(earlier.status);
    }
    Notes(&bot.store).keep(&note).await?;
    drop(turn);
    if let Some(earlier) = earlier {
        bot.gateway
            .note_settled(&earlier.handle, &earlier.event_id)
            .await?;
    }
    Ok(Some(Aside { at, message }))
}

async fn settle(bot: &Bot, origin: &Origin, handle: &str) -> Result<(), HandleError> {
    let note = &origin.event_id;
    Ok(bot.gateway.note_settled(handle, note).await?)
}
