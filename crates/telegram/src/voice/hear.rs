//! Hearing a note: its turn, its bytes, its words. Outside of all lanes; whatever it waits for,
//! nothing waits for it.

use std::time::Duration;

use signoff_core::request::Speech;
use signoff_engine::{HeardNote, Recording, TranscribeError, Transcriber, Transcript, Turn};
use teloxide_core::payloads::{SendChatAction, SendChatActionSetters as _};
use teloxide_core::types::{ChatAction, ChatId, MessageId, ThreadId};

use super::conclude::{Asked, asked, conclude, give, offer};
use super::note::{Aside, Heard, Note, Notes, Stage, withdraw};
use super::say::{UNCLEAR, Wanted, and_now, mention, show, too_large, unheard};
use crate::bot::{Bot, HandleError, Origin, Who};
use crate::client::FileError;
use crate::limiter::Priority;
use crate::outbound::Outgoing;
use crate::texts;

/// How often listening to one note begins. A note that ends the process each time must not do so
/// for ever.
const TRIES: u32 = 3;
/// How often "typing" is said anew: apps show it for about five seconds
/// (<https://core.telegram.org/bots/api#sendchataction>).
const TYPING: Duration = Duration::from_secs(4);
/// The longest transcript, in characters: with our own words it fits into one message, so that
/// nobody confirms what they could not see.
const MAX_SPOKEN_CHARS: usize = 3_500;

/// What listening came to.
enum Listened {
    Words(Box<Transcript>),
    /// None; this is why, as its speaker reads it.
    Nothing(String),
}

/// Hears a note that was accepted, to the end or not at all.
pub(crate) async fn hear(bot: &Bot, origin: &Origin, aside: &Aside) -> Result<(), HandleError> {
    let Some(from) = &aside.message.from else {
        return Ok(());
    };
    let who = bot.who(from).await?;
    let Some(note) = brought(bot, origin, aside).await? else {
        return Ok(());
    };
    let place = aside.message.place();
    match note.stage {
        Stage::Waiting => listen(bot, origin, aside, &who, note).await,
        // We came this far before, and perhaps further than we know.
        Stage::Heard(_) => offer(bot, place, &who, note).await,
        Stage::Taken { .. } => {
            let given = give(bot, origin, &who, &note).await?;
            conclude(bot, place, &who, note, given).await
        }
        Stage::Withdrawn => Ok(bot
            .gateway
            .note_settled(&note.handle, &note.event_id)
            .await?),
    }
}

/// The note as it is kept, while this update's is the one that stands.
async fn brought(bot: &Bot, origin: &Origin, aside: &Aside) -> Result<Option<Note>, HandleError> {
    let notes = Notes(&bot.store);
    Ok(notes.brought(aside.at, &origin.event_id).await?)
}

/// The same, while it waits to be heard.
async fn waiting(bot: &Bot, origin: &Origin, aside: &Aside) -> Result<Option<Note>, HandleError> {
    let note = brought(bot, origin, aside).await?;
    Ok(note.filter(|note| note.stage == Stage::Waiting))
}

async fn listen(
    bot: &Bot,
    origin: &Origin,
    aside: &Aside,
    who: &Who,
    note: Note,
) -> Result<(), HandleError> {
    let (language, place) = (who.language, aside.message.place());
    let Some(ears) = &bot.ears else {
        // It was accepted by a service that could hear.
        return refuse(bot, aside, who, note, texts::voice_not_set_up(language)).await;
    };
    let Some(asked) = asked(bot, who, &note).await? else {
        return drop_it(bot, aside, who, &note).await;
    };
    for replaced in &note.replaced {
        let text = texts::voice_not_used(language);
        mention(bot, place, Some(*replaced), &text).await;
    }
    let busy = ears.busy();
    let note = announce(bot, origin, aside, who, note, busy).await?;
    let turn = ears.turn().await;
    let Some(mut note) = waiting(bot, origin, aside).await? else {
        return drop_it(bot, aside, who, &note).await;
    };
    if busy {
        let text = texts::voice_transcribing(language);
        mention(bot, place, note.status, &text).await;
    }
    let listened = tokio::select! {
        listened = words(bot, origin, aside, (ears.as_ref(), turn), who) => listened?,
        () = typing(bot, origin, aside) => return drop_it(bot, aside, who, &note).await,
    };
    let transcript = match listened {
        Listened::Words(transcript) => transcript,
        Listened::Nothing(why) => {
            if let Some(now) = waiting(bot, origin, aside).await? {
                note = now;
            }
            return refuse(bot, aside, who, note, why).await;
        }
    };
    take(bot, origin, aside, who, (asked, *transcript)).await
}

/// Says that it is being heard, or has to wait. One try: that nobody hears of it changes nothing.
async fn announce(
    bot: &Bot,
    origin: &Origin,
    aside: &Aside,
    who: &Who,
    mut note: Note,
    busy: bool,
) -> Result<Note, HandleError> {
    let text = if busy {
        texts::voice_busy(who.language)
    } else {
        texts::voice_transcribing(who.language)
    };
    let place = aside.message.place();
    if note.status.is_some() {
        mention(bot, place, note.status, &text).await;
        return Ok(note);
    }
    let message = Outgoing::plain(&text).reply_to(note.message).silently();
    let sent = bot
        .outbound
        .try_send(place, &message, Priority::Conversation);
    let sent = match sent.await {
        Ok(sent) => sent,
        Err(error) => {
            tracing::debug!("that a voice note is heard goes unsaid: {error}");
            return Ok(note);
        }
    };
    let turn = bot.turns.of(aside.at).await;
    let Some(mut now) = waiting(bot, origin, aside).await? else {
        drop(turn);
        note.status = Some(sent.message);
        return Ok(note);
    };
    now.status = Some(sent.message);
    Notes(&bot.store).keep(&now).await?;
    Ok(now)
}

/// Shows "typing" while the note waits to be heard; ends when it does no more.
async fn typing(bot: &Bot, origin: &Origin, aside: &Aside) {
    let place = aside.message.place();
    let mut action = SendChatAction::new(ChatId(place.chat), ChatAction::Typing);
    if let Some(topic) = place.topic {
        action = action.message_thread_id(ThreadId(MessageId(topic)));
    }
    loop {
        if let Err(error) = bot.outbound.client().call(&action).await {
            tracing::debug!("nobody sees that a voice note is heard: {error}");
        }
        tokio::time::sleep(TYPING).await;
        if let Ok(None) = waiting(bot, origin, aside).await {
            return;
        }
    }
}

/// Fetches the note and listens to it.
async fn words(
    bot: &Bot,
    origin: &Origin,
    aside: &Aside,
    (ears, turn): (&dyn Transcriber, Turn),
    who: &Who,
) -> Result<Listened, HandleError> {
    let (rules, language) = (ears.rules(), who.language);
    let Some(sound) = aside.message.sound() else {
        return Ok(Listened::Nothing(texts::text_wanted(language)));
    };
    let client = bot.outbound.client();
    let bytes = match client.file(&sound.file_id, rules.max_bytes).await {
        Ok(bytes) => bytes,
        Err(FileError::TooLarge) => {
            let why = too_large(language, rules);
            return Ok(Listened::Nothing(and_now(language, &why)));
        }
        Err(error @ FileError::Gone { .. }) => {
            tracing::warn!("a voice note could not be fetched: {error}");
            let why = texts::voice_gone(language);
            return Ok(Listened::Nothing(and_now(language, &why)));
        }
        Err(FileError::Api(error)) => return Err(crate::outbound::SendError::Api(error).into()),
    };
    if !begin(bot, origin, aside).await? {
        tracing::error!(tries = TRIES, "a voice note was begun too often");
        let why = texts::voice_failed(language);
        return Ok(Listened::Nothing(and_now(language, &why)));
    }
    let recording = Recording {
        bytes: bytes.into(),
        media_type: sound.mime_type.clone(),
        language: None,
    };
    let transcript = match ears.transcribe(turn, recording).await {
        Ok(transcript) => transcript,
        Err(error) => {
            match &error {
                TranscribeError::Unavailable { .. } | TranscribeError::Failed { .. } => {
                    tracing::error!("a voice note was not heard: {error}");
                }
                _ => tracing::info!("a voice note was not heard: {error}"),
            }
            return Ok(Listened::Nothing(unheard(language, rules, &error)));
        }
    };
    let chars = transcript.text.trim().chars().count();
    Ok(match chars {
        0 => Listened::Nothing(unheard(language, rules, &TranscribeError::NoSpeech)),
        1..=MAX_SPOKEN_CHARS => Listened::Words(Box::new(transcript)),
        _ => {
            let [count, max] = [chars, MAX_SPOKEN_CHARS].map(|n| u64::try_from(n).unwrap_or(0));
            let why = texts::voice_too_much(language, count, max);
            Listened::Nothing(and_now(language, &why))
        }
    })
}

/// Counts that listening begins; `false` when it began too often.
async fn begin(bot: &Bot, origin: &Origin, aside: &Aside) -> Result<bool, HandleError> {
    let _turn = bot.turns.of(aside.at).await;
    let Some(mut note) = waiting(bot, origin, aside).await? else {
        // Whoever withdrew it is about to stop us.
        return Ok(true);
    };
    note.tries += 1;
    Notes(&bot.store).keep(&note).await?;
    Ok(note.tries <= TRIES)
}

/// Takes the words, while the note still stands: they are given at once, or offered.
async fn take(
    bot: &Bot,
    origin: &Origin,
    aside: &Aside,
    who: &Who,
    (asked, transcript): (Asked, Transcript),
) -> Result<(), HandleError> {
    let Some(ears) = &bot.ears else {
        return Ok(());
    };
    let rules = ears.rules();
    let unsure = rules.unclear(&transcript);
    let confirm = asked.confirms(rules.confirm, unsure);
    let place = aside.message.place();
    let turn = bot.turns.of(aside.at).await;
    let Some(mut note) = waiting(bot, origin, aside).await? else {
        drop(turn);
        let status = brought(bot, origin, aside).await?;
        let status = status.and_then(|note| note.status);
        mention(bot, place, status, &texts::voice_not_used(who.language)).await;
        return Ok(());
    };
    let heard = HeardNote {
        note: note.event_id.clone(),
        handle: note.handle.clone(),
        actor: who.identity.clone(),
        speech: speech(origin, &transcript),
        confirm_within: confirm.then_some(rules.timeout),
    };
    bot.gateway.note_transcribed(heard).await?;
    let text = transcript.text.trim();
    note.stage = if confirm {
        Stage::Heard(Heard {
            text: text.to_owned(),
            unsure,
            token: super::choose::token(),
        })
    } else {
        let marked = unsure && asked.wanted == Wanted::Reason;
        Stage::Taken {
            text: if marked {
                format!("{UNCLEAR} {text}")
            } else {
                text.to_owned()
            },
            by: origin.event_id.clone(),
            token: None,
        }
    };
    Notes(&bot.store).keep(&note).await?;
    drop(turn);
    if confirm {
        return offer(bot, place, who, note).await;
    }
    let given = give(bot, origin, who, &note).await?;
    conclude(bot, place, who, note, given).await
}

fn speech(origin: &Origin, transcript: &Transcript) -> Speech {
    let ms = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    // Three digits: more are noise, and a number that is none has no JSON.
    let probability = f64::from(transcript.mean_probability);
    let probability = if probability.is_finite() {
        (probability * 1_000.0).round() / 1_000.0
    } else {
        0.0
    };
    Speech {
        audio_ms: ms(transcript.audio),
        language: transcript.language.clone(),
        mean_probability: probability,
        model: transcript.model.clone(),
        model_digest: transcript.model_digest.clone(),
        took_ms: ms(transcript.took),
        received_at: origin.received_at,
    }
}

/// There are no words: says why, and leaves the conversation as it was before.
async fn refuse(
    bot: &Bot,
    aside: &Aside,
    who: &Who,
    mut note: Note,
    why: String,
) -> Result<(), HandleError> {
    if !withdraw_this(bot, aside, &note).await? {
        return drop_it(bot, aside, who, &note).await;
    }
    let place = aside.message.place();
    show(bot, place, &mut note, Outgoing::plain(&why)).await?;
    remember(bot, &note).await
}

/// Withdraws the note, unless another one stands in its place.
async fn withdraw_this(bot: &Bot, aside: &Aside, note: &Note) -> Result<bool, HandleError> {
    let now = Notes(&bot.store).find(aside.at).await?;
    if now.is_none_or(|now| now.event_id != note.event_id) {
        return Ok(false);
    }
    let at = aside.at;
    withdraw(bot, (at.chat, at.user, at.request)).await
}

/// Keeps where our message about the note stands, while the note is the one that is kept.
async fn remember(bot: &Bot, note: &Note) -> Result<(), HandleError> {
    let _turn = bot.turns.of(note.at()).await;
    let notes = Notes(&bot.store);
    if let Some(mut now) = notes.brought(note.at(), &note.event_id).await?
        && now.status != note.status
    {
        now.status = note.status;
        notes.keep(&now).await?;
    }
    Ok(())
}

/// It is not needed any more.
async fn drop_it(bot: &Bot, aside: &Aside, who: &Who, note: &Note) -> Result<(), HandleError> {
    bot.gateway
        .note_settled(&note.handle, &note.event_id)
        .await?;
    let text = texts::voice_not_used(who.language);
    mention(bot, aside.message.place(), note.status, &text).await;
    Ok(())
}

/// Gives a note up that could not be heard however often it was tried.
pub(crate) async fn abandon(bot: &Bot, origin: &Origin, aside: &Aside) -> Result<(), HandleError> {
    let Some(note) = brought(bot, origin, aside).await? else {
        return Ok(());
    };
    withdraw_this(bot, aside, &note).await?;
    Ok(())
}
