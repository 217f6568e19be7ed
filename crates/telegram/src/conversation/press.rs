//! A press: commit first, then answer with what really happened.

use std::time::Duration;

use signoff_contract::Via;
use signoff_core::Meaning;
use signoff_engine::{AnswerResult, Opened, Response};

use super::{Said, ask, legacy, orphan, show_copy};
use crate::bot::{Bot, HandleError, Origin, Who};
use crate::client::ApiError;
use crate::place::{CardRef, Place};
use crate::texts::{self, Language};
use crate::updates::inbound::{Press, Pressed};
use crate::voice::{self, Choice, Chosen};

/// How long a press may wait for its commit before it is answered with nothing: the person's
/// button spins meanwhile.
const PATIENCE: Duration = Duration::from_secs(2);

/// What a press led to.
enum Done {
    /// Tell the person this.
    Say(Said),
    /// What was sent into the chat says it all.
    Sent,
    /// Tell the person this, then show what became of the voice note that the button was under.
    Chosen(Said, Option<Chosen>, Place),
}

/// Handles a press, to the end or not at all.
pub(crate) async fn pressed(bot: &Bot, origin: &Origin, press: Press) -> Result<(), HandleError> {
    let who = match bot.who(&press.from).await {
        Ok(who) => who,
        Err(error) => return Err(unsaved(bot, origin, &press, None, error.into()).await),
    };
    let acting = act(bot, origin, &press, &who);
    tokio::pin!(acting);
    let (done, answered) = tokio::select! {
        done = &mut acting => (done, false),
        () = tokio::time::sleep(PATIENCE) => {
            quietly(bot.outbound.answer(&press.id, None, false).await);
            (acting.await, true)
        }
    };
    match done {
        Ok(Done::Say(said)) => tell(bot, origin, &press, &who, &said, answered).await,
        Ok(Done::Chosen(said, chosen, place)) => {
            tell(bot, origin, &press, &who, &said, answered).await?;
            match chosen {
                Some(chosen) => voice::show_chosen(bot, place, &who, chosen).await,
                None => Ok(()),
            }
        }
        Ok(Done::Sent) if answered => Ok(()),
        Ok(Done::Sent) => {
            let text = texts::asked(who.language);
            match bot.outbound.answer(&press.id, Some(&text), false).await {
                Err(error) if !takes_no_answer(&error) => Err(HandleError::Telegram(error)),
                _ => Ok(()),
            }
        }
        Err(error) => Err(unsaved(bot, origin, &press, Some(&who), error).await),
    }
}

async fn act(bot: &Bot, origin: &Origin, press: &Press, who: &Who) -> Result<Done, HandleError> {
    let language = who.language;
    if press.from.is_bot {
        return Ok(Done::Say(Said::alert(texts::source_bot(language))));
    }
    // What a client sends need not be on any button: only what we sealed is looked at.
    let foreign = || Ok(Done::Say(Said::alert(texts::refused_foreign(language))));
    let Some(handle) = &press.data else {
        return foreign();
    };
    if legacy::is_of_previous_bot(handle) {
        let said = texts::refused_previous_bot(language);
        return Ok(Done::Say(Said::alert(said)));
    }
    if let Some(choice) = Choice::read(handle) {
        let Some(message) = &press.message else {
            return foreign();
        };
        let chat = message.chat.id;
        let (said, chosen) = voice::chosen(bot, origin, who, chat, choice).await?;
        return Ok(Done::Chosen(said, chosen, message.place()));
    }
    let Some(opened) = bot.gateway.open(handle, &who.identity).await? else {
        return foreign();
    };
    let Some(message) = &press.message else {
        return foreign();
    };
    if !belongs(bot, &opened, message, who).await? {
        return Ok(Done::Say(Said::alert(texts::refused_other_chat(language))));
    }
    let standing = orphan::standing(&opened, message, handle);
    match opened.meaning {
        Meaning::Show => show(bot, origin, &opened, message.place(), handle, language).await,
        Meaning::DenyWithReason | Meaning::CustomAnswer => {
            orphan::adopt(bot, &standing, &opened, handle).await?;
            if let Some(refusal) = &opened.refusal {
                orphan::close(bot, &standing, &opened.card, handle).await?;
                return Ok(Done::Say(Said::of(language, refusal, Some(&opened.card))));
            }
            if ask::ask(bot, origin, &opened, handle, who, message).await? {
                return Ok(Done::Sent);
            }
            let short_id = opened.request_id.short();
            Ok(Done::Say(Said::alert(texts::not_asked(
                language, &short_id,
            ))))
        }
        Meaning::Approve | Meaning::Deny | Meaning::Decline | Meaning::Option(_) => {
            orphan::adopt(bot, &standing, &opened, handle).await?;
            let response = Response {
                event_id: origin.event_id.clone(),
                handle: handle.clone(),
                actor: who.identity.clone(),
                text: None,
                via: Via::Button,
                occurred_at: origin.received_at,
                note: None,
            };
            let answered = bot.gateway.respond(response).await?;
            if let Some(card) = &answered.card {
                orphan::close(bot, &standing, card, handle).await?;
            }
            Ok(Done::Say(Said::of(
                language,
                &answered.result,
                answered.card.as_ref(),
            )))
        }
    }
}

/// Whether the press comes from a chat that the prompt stands in: its own place, wherever that
/// moved, a copy's, or the presser's private chat, where copies are shown on demand.
async fn belongs(
    bot: &Bot,
    opened: &Opened,
    message: &Pressed,
    who: &Who,
) -> Result<bool, HandleError> {
    let chat = message.chat.id;
    let copies = opened.refs.iter().filter_map(CardRef::read);
    if chat.to_string() == who.id() || copies.into_iter().any(|at| at.place.chat == chat) {
        return Ok(true);
    }
    let Ok(own) = opened.card.place.parse::<Place>() else {
        return Ok(false);
    };
    Ok(own.chat == chat || bot.outbound.whereabouts(own).await?.chat == chat)
}

async fn show(
    bot: &Bot,
    origin: &Origin,
    opened: &Opened,
    place: Place,
    handle: &str,
    language: Language,
) -> Result<Done, HandleError> {
    match &opened.refusal {
        None | Some(AnswerResult::Duplicate { .. }) => {
            show_copy(bot, origin, &opened.card, place, handle).await?;
            Ok(Done::Say(Said {
                text: String::new(),
                alert: false,
                on_card: true,
            }))
        }
        Some(refusal) => Ok(Done::Say(Said::of(language, refusal, Some(&opened.card)))),
    }
}

/// Answers the press, or says it in the chat when the press was answered before.
async fn tell(
    bot: &Bot,
    origin: &Origin,
    press: &Press,
    who: &Who,
    said: &Said,
    answered: bool,
) -> Result<(), HandleError> {
    if !answered {
        let text = (!said.text.is_empty()).then_some(said.text.as_str());
        match bot.outbound.answer(&press.id, text, said.alert).await {
            Ok(()) => return Ok(()),
            Err(error) if !takes_no_answer(&error) => return Err(HandleError::Telegram(error)),
            Err(_) if said.on_card && !origin.retried => return Ok(()),
            Err(_) => {}
        }
    }
    let Some(message) = press.message.as_ref().filter(|_| !said.text.is_empty()) else {
        return Ok(());
    };
    bot.tell(message.place(), Some(message.message_id), who, &said.text)
        .await?;
    Ok(())
}

/// Nothing is known to have been saved: says so the first time, and has the press handled again.
async fn unsaved(
    bot: &Bot,
    origin: &Origin,
    press: &Press,
    who: Option<&Who>,
    error: HandleError,
) -> HandleError {
    if matches!(error, HandleError::Service(_)) && !origin.retried {
        let app = Language::first_of([press.from.language_code.as_deref()]);
        let language = who.map_or(app, |who| who.language);
        let text = texts::not_saved_yet(language);
        quietly(bot.outbound.answer(&press.id, Some(&text), true).await);
    }
    error
}

/// Whether the press can be answered no more: it is too old, or Telegram refuses its answer for a
/// reason that trying again in time does not change. What it did stands.
fn takes_no_answer(error: &ApiError) -> bool {
    matches!(
        error,
        ApiError::QueryTooOld | ApiError::Refused { .. } | ApiError::Unauthorized
    )
}

/// An answer that could not be given any more is no failure of what was done.
fn quietly(answer: Result<(), ApiError>) {
    if let Err(error) = answer {
        tracing::debug!("a press could not be answered: {error}");
    }
}
