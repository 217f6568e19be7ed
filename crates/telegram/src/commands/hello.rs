//! `/start` and `/whoami`: who somebody is, and how strangers become known.

use signoff_engine::Pairing;

use crate::bot::{Bot, HandleError, Who};
use crate::place::Place;
use crate::texts;
use crate::updates::inbound::Message;

/// Greets, or redeems the pairing token that a deep link brought.
pub(super) async fn start(
    bot: &Bot,
    message: &Message,
    who: &Who,
    token: Option<String>,
) -> Result<String, HandleError> {
    let language = who.language;
    let Some(token) = token else {
        return Ok(match &who.person {
            Some(person) => texts::hello(language, &person.name),
            None => texts::stranger(language, who.id()),
        });
    };
    if message.place().is_group() {
        return Ok(texts::pairing_private(language));
    }
    Ok(match bot.gateway.pair(&token, &who.identity).await? {
        Pairing::Paired(person) => {
            let own = crate::Language::first_of([person.language.as_deref(), Some(language.tag())]);
            texts::paired(own, &person.name)
        }
        Pairing::TakenBy(person) => texts::pairing_taken(language, &person.name),
        Pairing::InvalidToken => texts::pairing_invalid(language),
    })
}

/// Says who somebody is, with the id that an operator needs to know them; in a group also the
/// configuration's own lines for that place, which nothing else in Telegram shows.
pub(super) fn who_am_i(who: &Who, here: Place) -> String {
    let you = match &who.person {
        Some(person) => texts::who_am_i(
            who.language,
            &person.name,
            &person.roles.join(", "),
            who.id(),
        ),
        None => texts::stranger(who.language, who.id()),
    };
    if !here.is_group() {
        return you;
    }
    let chat = format!("telegram_chat_id = {}", here.chat);
    let topic = here
        .topic
        .map(|topic| format!("\ntelegram_topic_id = {topic}"));
    format!("{you}\n\n{chat}{}", topic.unwrap_or_default())
}
