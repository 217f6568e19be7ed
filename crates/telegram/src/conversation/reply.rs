//! What people write: whose it is, what it answers, and whether it counts.

use jiff::Timestamp;
use signoff_contract::Via;
use signoff_engine::{AnswerResult, Response};

use super::open::{Awaited, Conversations, Question, marked};
use super::{MAX_TEXT_CHARS, Said};
use crate::bot::{Bot, HandleError, Origin, Who};
use crate::outbound::Outgoing;
use crate::texts::{self, Language};
use crate::updates::inbound::{Message, Replied};

/// Whether a message is new or was changed later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// As it was sent.
    New,
    /// Changed after it was sent.
    Edited,
}

/// What a message answers.
enum Match {
    /// This conversation.
    One(Box<Awaited>),
    /// It could be any of several.
    Several,
    /// None.
    None,
}

/// Handles a text, or anything else that was sent instead of one.
pub(crate) async fn written(
    bot: &Bot,
    origin: &Origin,
    message: Message,
    source: Source,
) -> Result<(), HandleError> {
    let Some(from) = &message.from else {
        return Ok(());
    };
    if from.id == bot.id {
        return Ok(());
    }
    let private = !message.place().is_group();
    let found = matching(bot, &message, from.id).await?;
    if matches!(found, Match::None) && (!private || source == Source::Edited) {
        // Talk among people is none of our business.
        return Ok(());
    }
    let who = bot.who(from).await?;
    let language = who.language;
    let say = |text: String| answer(bot, &message, text);
    if let Some(why) = disqualified(&message, source, language) {
        return say(why).await;
    }
    let slash = message
        .text
        .as_deref()
        .is_some_and(|text| text.starts_with('/'));
    let awaited = match found {
        // A mistyped command is no answer, unless it plainly answers.
        _ if slash && private && message.replied().is_none() => {
            return say(texts::unknown_command(language)).await;
        }
        Match::One(awaited) => *awaited,
        Match::Several => return say(texts::text_ambiguous(language)).await,
        Match::None => return say(texts::text_not_awaited(language)).await,
    };
    if awaited.user != from.id {
        return say(texts::conversation_of_another(language, &awaited.name)).await;
    }
    if awaited.until <= bot.store.now() {
        Conversations(&bot.store).end(&awaited).await?;
        return say(texts::conversation_lapsed(language)).await;
    }
    if message.voice.is_some() {
        return say(texts::voice_not_set_up(language)).await;
    }
    let text = message.text.as_deref().unwrap_or_default().trim();
    let chars = text.chars().count();
    if text.is_empty() {
        say(texts::text_wanted(language)).await
    } else if chars > MAX_TEXT_CHARS {
        let (count, max) = (as_u64(chars), as_u64(MAX_TEXT_CHARS));
        say(texts::text_too_long(language, count, max)).await
    } else {
        respond(bot, origin, &message, &who, &awaited, text).await
    }
}

/// Hands the text over; the conversation ends unless another text could still be the answer.
async fn respond(
    bot: &Bot,
    origin: &Origin,
    message: &Message,
    who: &Who,
    awaited: &Awaited,
    text: &str,
) -> Result<(), HandleError> {
    let response = Response {
        event_id: origin.event_id.clone(),
        handle: awaited.handle.clone(),
        actor: who.identity.clone(),
        text: Some(text.to_owned()),
        via: Via::Text,
        occurred_at: Timestamp::from_second(message.date).unwrap_or(origin.received_at),
    };
    let answered = bot.gateway.respond(response).await?;
    let said = Said::of(who.language, &answered.result, answered.card.as_ref());
    // Said before the conversation ends: handled again after a crash, it is found again.
    let reply = Outgoing::plain(&said.text).reply_to(message.message_id);
    let reply = if said.on_card {
        reply.silently()
    } else {
        reply
    };
    bot.outbound.send(message.place(), &reply).await?;
    if !matches!(answered.result, AnswerResult::Invalid { .. }) {
        Conversations(&bot.store).end(awaited).await?;
    }
    Ok(())
}

/// Finds the conversation that a message belongs to: by the message it replies to; in a private
/// chat also without, when there is only one.
async fn matching(bot: &Bot, message: &Message, user: i64) -> Result<Match, HandleError> {
    let open = Conversations(&bot.store).in_chat(message.chat.id).await?;
    if let Some(replied) = message.replied() {
        let own = open
            .iter()
            .find(|a| a.user == user && asked_in(a, replied, bot.id));
        let any = own.or_else(|| open.iter().find(|a| asked_in(a, replied, bot.id)));
        if let Some(awaited) = any {
            return Ok(Match::One(Box::new(awaited.clone())));
        }
    }
    if message.place().is_group() {
        return Ok(Match::None);
    }
    let now = bot.store.now();
    let mut waiting = open.into_iter().filter(|a| a.user == user && a.until > now);
    Ok(match (waiting.next(), waiting.next(), message.replied()) {
        (None, ..) => Match::None,
        (Some(only), None, None) => Match::One(Box::new(only)),
        _ => Match::Several,
    })
}

/// Whether the replied message is the one that asked.
pub(crate) fn asked_in(awaited: &Awaited, replied: &Replied, bot_id: i64) -> bool {
    match awaited.question {
        Question::Message(id) => id == replied.message_id,
        Question::Unsent | Question::Unknown => {
            let ours = replied.from.as_ref().is_some_and(|from| from.id == bot_id);
            let text = replied.text.as_deref().unwrap_or_default();
            ours && marked(&awaited.short_id())
                .iter()
                .any(|mark| text.contains(mark.as_str()))
        }
    }
}

/// Why this message cannot decide anything, whoever seems to have written it.
pub(crate) fn disqualified(
    message: &Message,
    source: Source,
    language: Language,
) -> Option<String> {
    if source == Source::Edited {
        Some(texts::source_edited(language))
    } else if message.sender_chat.is_some() {
        Some(texts::source_anonymous(language))
    } else if message.forward_origin.is_some() {
        Some(texts::source_forwarded(language))
    } else if message.via_bot.is_some() || message.guest_query_id.is_some() {
        Some(texts::source_via_bot(language))
    } else if message.from.as_ref().is_none_or(|from| from.is_bot) {
        Some(texts::source_bot(language))
    } else {
        None
    }
}

async fn answer(bot: &Bot, message: &Message, text: String) -> Result<(), HandleError> {
    bot.say(message.place(), Some(message.message_id), &text)
        .await?;
    Ok(())
}

fn as_u64(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
