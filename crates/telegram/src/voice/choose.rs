//! The buttons under what was heard: `Use this`, `Say it again`, `Cancel`.
//!
//! What they carry is random and kept with the note: nobody can make it up, it fits one note of one
//! person only, and only while that note stands.

use super::conclude::{Given, conclude, give};
use super::note::{Heard, Note, Notes, Stage, withdraw};
use super::say;
use crate::bot::{Bot, HandleError, Origin, Who};
use crate::conversation::{Conversations, Said};
use crate::outbound::Outgoing;
use crate::place::Place;
use crate::render::line;
use crate::texts;

/// How the data of these buttons begins; a handle never does.
const MARK: &str = "note:";

/// A choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Choice {
    /// Those words are meant.
    Use,
    /// They are not; others follow.
    Again,
    /// Nothing is to be sent.
    Cancel,
}

impl Choice {
    const ALL: [Self; 3] = [Self::Use, Self::Again, Self::Cancel];

    fn letter(self) -> char {
        match self {
            Self::Use => 'u',
            Self::Again => 'a',
            Self::Cancel => 'c',
        }
    }

    /// What the button carries.
    pub(super) fn write(self, token: &str) -> String {
        format!("{MARK}{}:{token}", self.letter())
    }

    /// Reads what a press carries; `None` when it is none of these buttons.
    pub(crate) fn read(data: &str) -> Option<(Self, &str)> {
        let (letter, token) = data.strip_prefix(MARK)?.split_once(':')?;
        let mut choices = Self::ALL.into_iter();
        let choice = choices.find(|choice| letter.chars().eq([choice.letter()]))?;
        Some((choice, token))
    }
}

/// A new token.
pub(super) fn token() -> String {
    format!("{:032x}", rand::random::<u128>())
}

/// What a choice did, to be shown after the press was answered.
pub(crate) enum Chosen {
    /// The words were given.
    Used(Box<Note>, Box<Given>),
    /// Other words follow.
    Again(Option<i32>),
    /// The conversation is over.
    Cancelled(Option<i32>),
}

/// Does what a press on one of these buttons says: what to answer, and what to show then.
pub(crate) async fn chosen(
    bot: &Bot,
    origin: &Origin,
    who: &Who,
    chat: i64,
    (choice, token): (Choice, &str),
) -> Result<(Said, Option<Chosen>), HandleError> {
    let language = who.language;
    // What has gone, the message shows: should the answer come too late, nothing else is said.
    let over = || Said {
        on_card: true,
        ..Said::alert(texts::voice_over(language))
    };
    let notes = Notes(&bot.store).in_chat(chat).await?;
    let Some(note) = notes.into_iter().find(|note| note.token() == Some(token)) else {
        return Ok((over(), None));
    };
    if note.at().user.to_string() != who.id() {
        let text = texts::conversation_of_another(language, &line(&note.name));
        return Ok((Said::alert(text), None));
    }
    let at = note.at();
    match choice {
        Choice::Use => {
            let Some(note) = use_this(bot, origin, &note).await? else {
                return Ok((over(), None));
            };
            let given = give(bot, origin, who, &note).await?;
            let said = given.said.clone();
            Ok((said, Some(Chosen::Used(Box::new(note), Box::new(given)))))
        }
        Choice::Again | Choice::Cancel => {
            if !withdraw(bot, (at.chat, at.user, at.request)).await? {
                return Ok((over(), None));
            }
            if choice == Choice::Again {
                let said = passing(texts::voice_again(language));
                return Ok((said, Some(Chosen::Again(note.status))));
            }
            let conversations = Conversations(&bot.store);
            if let Some(open) = conversations.find(at.chat, at.user, at.request).await? {
                conversations.end(&open).await?;
            }
            let said = passing(texts::conversation_cancelled(language));
            Ok((said, Some(Chosen::Cancelled(note.status))))
        }
    }
}

/// A passing line, which the message shows too.
fn passing(text: String) -> Said {
    Said {
        text,
        alert: false,
        on_card: true,
    }
}

/// Takes the words that were offered, unless something else was done with them meanwhile.
async fn use_this(bot: &Bot, origin: &Origin, offered: &Note) -> Result<Option<Note>, HandleError> {
    let _turn = bot.turns.of(offered.at()).await;
    let notes = Notes(&bot.store);
    let now = notes.brought(offered.at(), &offered.event_id).await?;
    let Some(mut note) = now else {
        return Ok(None);
    };
    match &note.stage {
        Stage::Heard(Heard { text, token, .. }) => {
            note.stage = Stage::Taken {
                text: text.clone(),
                by: origin.event_id.clone(),
                token: Some(token.clone()),
            };
            notes.keep(&note).await?;
            Ok(Some(note))
        }
        // The same press, handled again.
        Stage::Taken { by, .. } if *by == origin.event_id => Ok(Some(note)),
        Stage::Taken { .. } | Stage::Waiting | Stage::Withdrawn => Ok(None),
    }
}

/// Shows what a choice did.
pub(crate) async fn show_chosen(
    bot: &Bot,
    place: Place,
    who: &Who,
    chosen: Chosen,
) -> Result<(), HandleError> {
    let (status, text) = match chosen {
        Chosen::Used(note, given) => return conclude(bot, place, who, *note, *given).await,
        Chosen::Again(status) => (status, texts::voice_again(who.language)),
        Chosen::Cancelled(status) => (status, texts::conversation_cancelled(who.language)),
    };
    if let Some(status) = status {
        say::edited(bot, place, status, &Outgoing::plain(&text)).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_is_read_as_it_is_written_and_nothing_else_is() {
        for choice in Choice::ALL {
            let token = token();
            let data = choice.write(&token);
            assert!(data.len() <= 64, "{data}");
            assert_eq!(Choice::read(&data), Some((choice, token.as_str())));
        }
        for data in ["", "note:", "note:x:y", "note:uu:y", "u:y", "note:u"] {
            assert_eq!(Choice::read(data), None, "{data:?}");
        }
    }

    #[test]
    fn no_handle_begins_like_a_choice() {
        // A handle is base64url without padding, and that has no colon.
        assert!(MARK.contains(':'));
    }
}
