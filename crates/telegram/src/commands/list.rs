//! `/pending` and `/show`: what waits for somebody, and one of those requests again.

use signoff_engine::PendingPrompt;

use crate::bot::{Bot, HandleError, Origin, Who};
use crate::conversation::{answer, show_copy};
use crate::outbound::Outgoing;
use crate::place::Place;
use crate::render::{Html, LISTED, cut, line, show_buttons};
use crate::texts;
use crate::updates::inbound::Message;

/// How much of what somebody typed is repeated, in characters.
const ECHOED: usize = 40;

/// Lists what waits for this person, as buttons that show it.
pub(super) async fn pending(bot: &Bot, message: &Message, who: &Who) -> Result<(), HandleError> {
    let language = who.language;
    let waiting = waiting(bot, message, who).await?;
    let shown = waiting.get(..LISTED).unwrap_or(&waiting);
    let mut html = Html::default();
    if who.person.is_none() {
        html.text(&texts::stranger(language, who.id()));
    } else if waiting.is_empty() {
        html.text(&texts::pending_none(language));
    } else {
        html.text(&texts::pending_some(language, as_u64(waiting.len())));
        if shown.len() < waiting.len() {
            html.line_end()
                .text(&texts::pending_more(language, as_u64(shown.len())));
        }
    }
    let reply = Outgoing::new(html).with_keyboard(&show_buttons(shown));
    answer(bot, who, message, reply).await
}

/// Shows one request again; or says why not.
pub(super) async fn show(
    bot: &Bot,
    origin: &Origin,
    message: &Message,
    who: &Who,
    id: &str,
) -> Result<Option<String>, HandleError> {
    match named(bot, message, who, id).await? {
        Ok(prompt) => {
            show_copy(bot, origin, &prompt.card, message.place(), &prompt.show).await?;
            Ok(None)
        }
        Err(refusal) => Ok(Some(refusal)),
    }
}

/// The one request with this short id that waits for this person; or what to tell them.
pub(super) async fn named(
    bot: &Bot,
    message: &Message,
    who: &Who,
    id: &str,
) -> Result<Result<PendingPrompt, String>, HandleError> {
    let mut found = waiting(bot, message, who).await?;
    found.retain(|prompt| prompt.short_id.eq_ignore_ascii_case(id));
    Ok(match found.len() {
        0 => Err(texts::show_unknown(who.language, &echoed(bot, id))),
        1 => Ok(found.remove(0)),
        _ => Err(texts::id_ambiguous(who.language, &echoed(bot, id))),
    })
}

/// What somebody typed, as a chat may repeat it.
fn echoed(bot: &Bot, typed: &str) -> String {
    cut(&line(&bot.gateway.mask(typed)), ECHOED)
}

/// What waits for this person. In a group only what was shown there: the others in it may not
/// know of the rest.
async fn waiting(
    bot: &Bot,
    message: &Message,
    who: &Who,
) -> Result<Vec<PendingPrompt>, HandleError> {
    let mut waiting = bot.gateway.pending(&who.identity).await?;
    if message.place().is_group() {
        let mut here = Vec::new();
        for prompt in waiting {
            if let Ok(place) = prompt.card.place.parse::<Place>()
                && bot.outbound.whereabouts(place).await?.chat == message.chat.id
            {
                here.push(prompt);
            }
        }
        waiting = here;
    }
    Ok(waiting)
}

fn as_u64(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
