//! The words about a note, and the message that carries them.

use signoff_engine::{SpeechRules, TranscribeError};

use super::choose::Choice;
use super::note::{Heard, Note, Notes};
use crate::bot::{Bot, HandleError, Who};
use crate::client::ApiError;
use crate::outbound::{Outgoing, SendError, Sent};
use crate::place::Place;
use crate::render::{Html, Keyboard, prose, row_of};
use crate::texts::{self, Language};

/// What stands before a reason that was not heard clearly. The requester reads it too, so it is in
/// no reader's language.
pub(super) const UNCLEAR: &str = "(unclear voice note)";

const MILLION: usize = 1_000_000;

/// What a note is to become.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    Answer,
    Reason,
}

/// Why there are no words, as its speaker reads it.
pub(super) fn unheard(language: Language, rules: &SpeechRules, error: &TranscribeError) -> String {
    let why = match error {
        TranscribeError::NoSpeech => texts::voice_no_speech(language),
        TranscribeError::TooLong { max_seconds } => {
            texts::voice_too_long(language, u64::from(*max_seconds))
        }
        TranscribeError::TooLarge { .. } => too_large(language, rules),
        TranscribeError::Empty => texts::voice_empty(language),
        TranscribeError::NotAudio => texts::voice_not_audio(language),
        TranscribeError::Truncated => texts::voice_truncated(language),
        TranscribeError::Damaged { .. } => texts::voice_damaged(language),
        TranscribeError::Unsupported { .. } => texts::voice_unsupported(language),
        TranscribeError::TimedOut { .. } => texts::voice_timed_out(language),
        TranscribeError::Unavailable { .. } => texts::voice_unavailable(language),
        TranscribeError::Failed { .. } => texts::voice_failed(language),
        TranscribeError::NotBuiltIn => texts::voice_not_built_in(language),
    };
    and_now(language, &why)
}

/// It has more bytes than are taken.
pub(super) fn too_large(language: Language, rules: &SpeechRules) -> String {
    let most = u64::try_from(rules.max_bytes / MILLION).unwrap_or(u64::MAX);
    texts::voice_too_large(language, most)
}

/// Why, and that nothing is lost: the question still stands.
pub(super) fn and_now(language: Language, why: &str) -> String {
    format!("{why}\n{}", texts::voice_again(language))
}

/// What was heard, with the question whether it is meant.
pub(super) fn offer(
    language: Language,
    wanted: Wanted,
    masked: &str,
    heard: &Heard,
) -> (Html, Keyboard) {
    let mut html = Html::default();
    html.text(&texts::voice_heard(language))
        .line_end()
        .quote(&prose(masked))
        .line_end();
    if heard.unsure {
        html.text(&texts::voice_unsure(language)).line_end();
    }
    html.text(&match wanted {
        Wanted::Answer => texts::voice_ask_answer(language),
        Wanted::Reason => texts::voice_ask_reason(language),
    });
    let button = |choice: Choice, text| (text, choice.write(&heard.token));
    let keyboard = Keyboard(vec![
        row_of([button(Choice::Use, texts::button_use_this(language))]),
        row_of([
            button(Choice::Again, texts::button_say_again(language)),
            button(Choice::Cancel, texts::button_cancel(language)),
        ]),
    ]);
    (html, keyboard)
}

/// What was heard, and what it did.
pub(super) fn done(language: Language, masked: &str, result: &str) -> Html {
    let mut html = Html::default();
    html.text(&texts::voice_heard(language))
        .line_end()
        .quote(&prose(masked))
        .line_end()
        .text(result);
    html
}

/// Makes our message about the note say this, or sends a new one where there is none (any more).
/// The note then knows where it stands.
pub(super) async fn show(
    bot: &Bot,
    place: Place,
    note: &mut Note,
    message: Outgoing,
) -> Result<(), HandleError> {
    if let Some(status) = note.status
        && edited(bot, place, status, &message).await?
    {
        return Ok(());
    }
    let message = message.reply_to(note.message);
    note.status = Some(bot.outbound.send(place, &message).await?.message);
    Ok(())
}

/// Makes this message of ours say something else; `false` when it is not there to be changed.
pub(super) async fn edited(
    bot: &Bot,
    place: Place,
    status: i32,
    message: &Outgoing,
) -> Result<bool, HandleError> {
    let at = Sent {
        place,
        message: status,
    };
    match bot.outbound.edit(at, message).await {
        Ok(()) => Ok(true),
        Err(SendError::Api(
            ApiError::NothingToEdit { .. }
            | ApiError::Refused { .. }
            | ApiError::Unreachable { .. }
            | ApiError::MigratedTo(_),
        )) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Says so in our message about a note, if that works at once. It changes nothing.
pub(super) async fn mention(bot: &Bot, place: Place, status: Option<i32>, text: &str) {
    let Some(message) = status else { return };
    let at = Sent { place, message };
    let priority = crate::limiter::Priority::Conversation;
    let edit = bot
        .outbound
        .try_edit(at, &Outgoing::plain(text), priority)
        .await;
    if let Err(error) = edit {
        tracing::debug!("what is going on with a voice note goes unsaid: {error}");
    }
}

/// Takes the buttons from what was heard in the conversation with this handle, because it goes on
/// without. They are dead in any case.
pub(crate) async fn tidy(bot: &Bot, place: Place, who: &Who, handle: &str) {
    let Ok(notes) = Notes(&bot.store).in_chat(place.chat).await else {
        return;
    };
    let offered = notes.iter().filter(|note| note.handle == handle);
    for note in offered.filter(|note| note.at().user.to_string() == who.id()) {
        let text = texts::voice_not_used(who.language);
        mention(bot, place, note.status, &text).await;
    }
}
