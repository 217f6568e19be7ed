//! What was heard, given as an answer or offered to its speaker.

use signoff_contract::Via;
use signoff_core::Meaning;
use signoff_engine::{AnswerResult, Confirm, Response};

use super::note::{Note, Notes, Stage};
use super::say::{self, Wanted};
use crate::bot::{Bot, HandleError, Origin, Who};
use crate::conversation::{Conversations, Said};
use crate::outbound::Outgoing;
use crate::place::Place;

/// What a note answers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked {
    pub(super) wanted: Wanted,
}

impl Asked {
    /// Whether its speaker is asked before the words count.
    pub(super) fn confirms(self, rule: Confirm, unsure: bool) -> bool {
        match (rule, self.wanted) {
            (Confirm::Always, _) | (Confirm::Answers, Wanted::Answer) => true,
            (Confirm::Never, Wanted::Answer) => unsure,
            // Denying is the safe side: it stands, whatever the words were.
            (Confirm::Answers | Confirm::Never, Wanted::Reason) => false,
        }
    }
}

/// What was asked; `None` when the handle is not (any more) ours.
pub(super) async fn asked(bot: &Bot, who: &Who, note: &Note) -> Result<Option<Asked>, HandleError> {
    let opened = bot.gateway.open(&note.handle, &who.identity).await?;
    Ok(opened.map(|opened| Asked {
        wanted: if opened.meaning == Meaning::CustomAnswer {
            Wanted::Answer
        } else {
            Wanted::Reason
        },
    }))
}

/// What giving the words did.
pub(crate) struct Given {
    pub(super) said: Said,
    /// Whether the conversation is over.
    over: bool,
}

/// Gives the words that were taken. Handled again, it gets what it got.
pub(super) async fn give(
    bot: &Bot,
    origin: &Origin,
    who: &Who,
    note: &Note,
) -> Result<Given, HandleError> {
    let Stage::Taken { text, by, .. } = &note.stage else {
        // Only what was taken is given.
        return Ok(Given {
            said: Said::alert(crate::texts::voice_over(who.language)),
            over: false,
        });
    };
    let response = Response {
        event_id: by.clone(),
        handle: note.handle.clone(),
        actor: who.identity.clone(),
        text: Some(text.clone()),
        via: Via::Voice,
        occurred_at: origin.received_at,
        note: Some(note.event_id.clone()),
    };
    let answered = bot.gateway.respond(response).await?;
    bot.gateway
        .note_settled(&note.handle, &note.event_id)
        .await?;
    Ok(Given {
        said: Said::of(who.language, &answered.result, answered.card.as_ref()),
        over: !matches!(answered.result, AnswerResult::Invalid { .. }),
    })
}

/// Shows what the words did, and ends the conversation.
pub(super) async fn conclude(
    bot: &Bot,
    place: Place,
    who: &Who,
    mut note: Note,
    given: Given,
) -> Result<(), HandleError> {
    if let Stage::Taken { text, .. } = &note.stage {
        let masked = bot.gateway.mask(text);
        let html = say::done(who.language, &masked, &given.said.text);
        say::show(bot, place, &mut note, Outgoing::new(html)).await?;
    }
    let conversations = Conversations(&bot.store);
    let at = note.at();
    // In its turn: whoever withdraws it sees all of this, or nothing.
    let _turn = bot.turns.of(at).await;
    if given.over {
        if let Some(open) = conversations.find(at.chat, at.user, at.request).await? {
            conversations.end(&open).await?;
        }
        return Ok(super::forget(&bot.store, (at.chat, at.user, at.request)).await?);
    }
    note.stage = Stage::Withdrawn;
    Ok(Notes(&bot.store).keep(&note).await?)
}

/// Shows the words back, with buttons. Only the message that was sent last has buttons that work.
pub(super) async fn offer(
    bot: &Bot,
    place: Place,
    who: &Who,
    note: Note,
) -> Result<(), HandleError> {
    let Some(asked) = asked(bot, who, &note).await? else {
        return Ok(());
    };
    let shown = |note: &Note| {
        let Stage::Heard(heard) = &note.stage else {
            return None;
        };
        let masked = bot.gateway.mask(&heard.text);
        let (html, keyboard) = say::offer(who.language, asked.wanted, &masked, heard);
        Some(Outgoing::new(html).with_keyboard(&keyboard))
    };
    if let (Some(status), Some(message)) = (note.status, shown(&note))
        && say::edited(bot, place, status, &message).await?
    {
        return Ok(());
    }
    // A message that is sent may arrive although we never learn of it. What is live is decided
    // before: the buttons of any earlier one are dead then.
    let notes = Notes(&bot.store);
    let turn = bot.turns.of(note.at()).await;
    let Some(mut now) = notes.brought(note.at(), &note.event_id).await? else {
        return Ok(());
    };
    let Stage::Heard(heard) = &mut now.stage else {
        return Ok(());
    };
    heard.token = super::choose::token();
    now.status = None;
    notes.keep(&now).await?;
    drop(turn);
    let Some(message) = shown(&now) else {
        return Ok(());
    };
    let message = message.reply_to(now.message);
    let sent = bot.outbound.send(place, &message).await?;
    let _turn = bot.turns.of(now.at()).await;
    if let Some(mut kept) = notes.brought(now.at(), &now.event_id).await? {
        kept.status = Some(sent.message);
        notes.keep(&kept).await?;
    }
    Ok(())
}
