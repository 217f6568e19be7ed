//! What people write: whose it is, what it answers, and whether it counts.

use jiff::Timestamp;
use signoff_contract::Via;
use signoff_engine::{AnswerResult, Response};

use super::open::{Awaited, Conversations, Question, Taken};
use super::question::{asks, asks_for};
use super::{MAX_TEXT_CHARS, Said, answer};
use crate::bot::{Bot, HandleError, Origin, Who};
use crate::outbound::Outgoing;
use crate::render::line;
use crate::texts::{self, Language};
use crate::updates::inbound::{Message, Replied};
use crate::voice::{self, Aside};

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
) -> Result<Option<Aside>, HandleError> {
    let Some(from) = &message.from else {
        return Ok(None);
    };
    if from.id == bot.id {
        return Ok(None);
    }
    if let Some(taken) = Conversations(&bot.store).taken(&origin.event_id).await? {
        // Handled before and not to the end: it belongs where it belonged then.
        if taken.note().is_some() {
            return voice::accepted(bot, origin, message, &taken).await;
        }
        let who = bot.who(from).await?;
        respond(bot, origin, &message, &who, &taken).await?;
        return Ok(None);
    }
    let private = !message.place().is_group();
    // Whoever speaks in time is in time, however long it waited to be handled.
    let spoken = bot.ears.is_some() && message.sound().is_some();
    let at = if spoken {
        origin.received_at
    } else {
        bot.store.now()
    };
    let found = matching(bot, &message, from.id, source, at).await?;
    if matches!(found, Match::None) && (!private || source == Source::Edited) {
        // Talk among people is none of our business.
        return Ok(None);
    }
    let who = bot.who(from).await?;
    let language = who.language;
    let say = async |text: String| {
        let told = answer(bot, &who, &message, Outgoing::plain(&text)).await;
        told.map(|()| None)
    };
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
        return say(texts::conversation_of_another(
            language,
            &line(&awaited.name),
        ))
        .await;
    }
    if awaited.until <= at {
        // It is forgotten in its time: until then every reply means the same, as does this one when
        // it is handled again.
        if spoken {
            let note = &origin.event_id;
            bot.gateway.note_settled(&awaited.handle, note).await?;
        }
        return say(texts::conversation_lapsed(language)).await;
    }
    if spoken {
        return voice::accept(bot, origin, message, &awaited).await;
    }
    if message.sound().is_some() {
        return say(texts::voice_not_set_up(language)).await;
    }
    let text = words(&message);
    let chars = text.chars().count();
    if text.is_empty() {
        say(texts::text_wanted(language)).await
    } else if chars > MAX_TEXT_CHARS {
        let (count, max) = (as_u64(chars), as_u64(MAX_TEXT_CHARS));
        say(texts::text_too_long(language, count, max)).await
    } else {
        let taken = Taken::of(&awaited);
        Conversations(&bot.store)
            .take(&origin.event_id, &taken)
            .await?;
        respond(bot, origin, &message, &who, &taken).await?;
        Ok(None)
    }
}

/// What a message answers, by the handle of its conversation, as far as that is known before it is
/// handled.
pub(crate) async fn answered_by(
    bot: &Bot,
    message: &Message,
) -> Result<Option<String>, signoff_engine::Error> {
    let Some(from) = message.from.as_ref().filter(|from| from.id != bot.id) else {
        return Ok(None);
    };
    let (source, now) = (Source::New, bot.store.now());
    if disqualified(message, source, Language::default()).is_some() {
        return Ok(None);
    }
    Ok(match matching(bot, message, from.id, source, now).await? {
        Match::One(open) if open.user == from.id && open.until > now => Some(open.handle),
        Match::One(_) | Match::Several | Match::None => None,
    })
}

/// Hands the text over; the conversation ends unless another text could still be the answer.
async fn respond(
    bot: &Bot,
    origin: &Origin,
    message: &Message,
    who: &Who,
    taken: &Taken,
) -> Result<(), HandleError> {
    let response = Response {
        event_id: origin.event_id.clone(),
        handle: taken.handle.clone(),
        actor: who.identity.clone(),
        text: Some(words(message).to_owned()),
        via: Via::Text,
        occurred_at: origin.received_at,
        note: None,
    };
    let answered = bot.gateway.respond(response).await?;
    let said = Said::of(who.language, &answered.result, answered.card.as_ref());
    let reply = Outgoing::plain(&said.text);
    let reply = if said.on_card {
        reply.silently()
    } else {
        reply
    };
    answer(bot, who, message, reply).await?;
    voice::tidy(bot, message.place(), who, &taken.handle).await;
    if !matches!(answered.result, AnswerResult::Invalid { .. }) {
        Conversations(&bot.store).end_taken(taken).await?;
    }
    Ok(())
}

fn words(message: &Message) -> &str {
    message.text.as_deref().unwrap_or_default().trim()
}

/// Finds the conversation that a message belongs to: by the message it replies to; in a private
/// chat also without, when there is only one and its question came before the message. Whether
/// an older text meant a question that was not there yet nobody can know.
async fn matching(
    bot: &Bot,
    message: &Message,
    user: i64,
    source: Source,
    now: Timestamp,
) -> Result<Match, signoff_engine::Error> {
    let mut open = Conversations(&bot.store).in_chat(message.chat.id).await?;
    if let Some(replied) = message.replied() {
        let mut asked = asked_in(&open, replied, bot.id);
        asked.sort_by_key(|awaited| awaited.user != user);
        if let Some(awaited) = asked.first() {
            return Ok(Match::One(Box::new((*awaited).clone())));
        }
        // What we say about a voice note is part of its conversation.
        let about = voice::answers(&bot.store, message.chat.id, replied.message_id).await?;
        let spoken = about.and_then(|of| open.iter().find(|a| (a.user, a.request) == of));
        if let Some(awaited) = spoken {
            return Ok(Match::One(Box::new(awaited.clone())));
        }
    }
    if message.place().is_group() {
        return Ok(Match::None);
    }
    open.retain(|a| a.user == user && a.until > now);
    if source == Source::New {
        open.retain(|a| !a.asked_after(message.message_id));
    }
    let plain = message.replied().is_none();
    Ok(match (open.pop(), open.pop()) {
        (None, _) => Match::None,
        (Some(only), None) if plain && matches!(only.question, Question::Message(_)) => {
            Match::One(Box::new(only))
        }
        _ => Match::Several,
    })
}

/// Those conversations whose question is the replied message: by its id, and only where that
/// finds none, by its words.
pub(crate) fn asked_in<'a>(
    open: &'a [Awaited],
    replied: &Replied,
    bot_id: i64,
) -> Vec<&'a Awaited> {
    let exact = open.iter().filter(|a| a.asked_in(replied.message_id));
    let exact: Vec<&Awaited> = exact.collect();
    let ours = replied.from.as_ref().is_some_and(|from| from.id == bot_id);
    if !exact.is_empty() || !ours {
        return exact;
    }
    let text = replied.text.as_deref().unwrap_or_default();
    let worded = open.iter().filter(|a| a.may_ask_elsewhere());
    worded.filter(|a| asks_for(text, &a.short_id())).collect()
}

/// Whether the replied message is a question of ours, answered or not.
pub(crate) fn is_question(replied: &Replied, bot_id: i64) -> bool {
    let ours = replied.from.as_ref().is_some_and(|from| from.id == bot_id);
    ours && asks(replied.text.as_deref().unwrap_or_default())
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

fn as_u64(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
