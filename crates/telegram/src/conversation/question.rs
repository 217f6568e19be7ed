//! The words of a question, written and recognised: `ask.rs` sends them, and a reply to them may
//! be all that tells which question it answers.

use crate::render::{Html, cut, line};
use crate::texts::{self, Language};

/// How much of a request's title a question repeats, in characters.
const TITLE_CHARS: usize = 160;
/// How long a request's short id is, in characters.
const SHORT_ID_CHARS: usize = 6;
/// Stands for the title: `line` lets no such character through.
const TITLE: &str = "\n";
/// Stands for a short id: it has no such character.
const SHORT_ID: &str = "\t";

/// What a question asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    Reason,
    Answer,
}

/// A question to this person on this request.
pub(super) fn question(
    wanted: Wanted,
    language: Language,
    (user, name): (&str, &str),
    title: &str,
    short_id: &str,
) -> Html {
    let title = cut(&line(title), TITLE_CHARS);
    let mut html = Html::default();
    html.mention(user, &line(name))
        .line_end()
        .text(&words(wanted, language, &title, short_id));
    html
}

/// Whether this text, which we wrote, is a question on the request with this short id. Only our
/// own words count: the title is the requester's, and may contain another's id.
pub(super) fn asks_for(text: &str, short_id: &str) -> bool {
    forms(short_id).any(|form| fits(text, &form))
}

/// Whether this text, which we wrote, is a question on any request.
pub(super) fn asks(text: &str) -> bool {
    forms(SHORT_ID).any(|form| {
        let Some((before, after)) = form.split_once(SHORT_ID) else {
            return false;
        };
        // The id is the last thing before our own words: what stands there is tried as one.
        let id = text.strip_suffix(after).and_then(|rest| {
            let (start, _) = rest.char_indices().nth_back(SHORT_ID_CHARS - 1)?;
            rest.get(start..)
        });
        id.is_some_and(|id| fits(text, &format!("{before}{id}{after}")))
    })
}

/// How questions are worded, in each language.
fn forms(short_id: &str) -> impl Iterator<Item = String> {
    Language::ALL.into_iter().flat_map(move |language| {
        let wanted = [Wanted::Reason, Wanted::Answer].into_iter();
        wanted.map(move |wanted| words(wanted, language, TITLE, short_id))
    })
}

/// Whether a text is a mention, and this form with any title.
fn fits(text: &str, form: &str) -> bool {
    let Some((_, asked)) = text.split_once('\n') else {
        return false;
    };
    let Some((before, after)) = form.split_once(TITLE) else {
        return false;
    };
    let title = asked.strip_prefix(before);
    let title = title.and_then(|rest| rest.strip_suffix(after));
    title.is_some_and(|title| !title.contains('\n'))
}

fn words(wanted: Wanted, language: Language, title: &str, short_id: &str) -> String {
    match wanted {
        Wanted::Reason => texts::ask_reason(language, title, short_id),
        Wanted::Answer => texts::ask_answer(language, title, short_id),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_known_by_our_own_words_alone() {
        for language in Language::ALL {
            for wanted in [Wanted::Reason, Wanted::Answer] {
                let asked = |title: &str| {
                    format!("Ann (bbbbbb)\n{}", words(wanted, language, title, "aaaaaa"))
                };
                for title in ["Deploy", "Deploy (bbbbbb)", "（bbbbbb）", ""] {
                    let text = asked(title);
                    assert!(asks_for(&text, "aaaaaa"), "{text}");
                    assert!(!asks_for(&text, "bbbbbb"), "{text}");
                    assert!(asks(&text), "{text}");
                }
            }
        }
        assert!(!asks_for("A card\nthat says (aaaaaa)", "aaaaaa"));
        assert!(!asks_for("(aaaaaa)", "aaaaaa"));
        for text in ["A card\nthat says (aaaaaa)", "(aaaaaa)", "", "no", "Ann\n"] {
            assert!(!asks(text), "{text}");
        }
    }
}
