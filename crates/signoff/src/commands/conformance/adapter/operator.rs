//! Whoever runs the command, as the person in the chat: asked to look, to press and to write.

use std::fmt::Write as _;
use std::io::BufRead as _;

use async_trait::async_trait;
use signoff_conformance::adapter::{Deed, Person, Place, Times, Wanted, Words};
use signoff_conformance::{Miss, Outcome};

use crate::output;

/// How much of a long text is written out to compare, in characters.
const SHOWN_CHARS: usize = 200;

/// A human being at the terminal.
pub(super) struct Operator;

#[async_trait]
impl Person for Operator {
    async fn look(&self, at: &Place, wanted: &Wanted) -> Outcome {
        confirmed(looks(at, wanted)).await
    }

    async fn act(&self, at: &Place, deed: &Deed, told: Option<&str>) -> Outcome {
        let mut asked = place(at);
        match deed {
            Deed::Press { label } => {
                let _ = write!(asked, "\n  Press “{}”.", output::clean(label));
            }
            Deed::Write { text, .. } => {
                let _ = write!(asked, "\n  Write this there:\n{}", output::clean(text));
            }
        }
        if let Some(told) = told {
            let _ = write!(asked, "\n  Were you told “{}”?", output::clean(told));
        } else {
            asked.push_str("\n  Could you?");
        }
        confirmed(asked).await
    }
}

fn place(at: &Place) -> String {
    format!(
        "\nIn the chat, as {}, the message with {} in its title.",
        output::clean(&at.user_id),
        at.mark
    )
}

/// What should be seen, as a question.
fn looks(at: &Place, wanted: &Wanted) -> String {
    let mut asked = place(at);
    asked.push_str(match wanted.times {
        Times::Once => "\n  It is there exactly once.",
        Times::AtMostOnce => "\n  It is there once, or not at all.",
    });
    let mut list = |words: &Words, verb: &str| {
        let text = output::clean(&clip(&words.text));
        let _ = write!(asked, "\n  It {verb} {}: {text}", words.what);
    };
    // Nobody reads six hundred lines aloud: the first and the last tell whether something was cut.
    let ends = wanted.shows.len().saturating_sub(10);
    for (number, words) in wanted.shows.iter().enumerate() {
        if number < 10 || number >= ends {
            list(words, "shows");
        }
    }
    wanted
        .hides
        .iter()
        .for_each(|words| list(words, "does not show"));
    match wanted.buttons.as_deref() {
        Some([]) => asked.push_str("\n  It has no buttons."),
        Some(labels) => {
            let _ = write!(
                asked,
                "\n  Its buttons, in this order: {}",
                output::clean(&labels.join(" | "))
            );
        }
        None => {}
    }
    match wanted.input {
        Some(true) => asked.push_str("\n  One can write a reason or an answer."),
        Some(false) => asked.push_str("\n  One can write nothing."),
        None => {}
    }
    asked.push_str("\n  Is all of it so?");
    asked
}

fn clip(text: &str) -> String {
    let count = text.chars().count();
    if count <= SHOWN_CHARS {
        return text.to_owned();
    }
    let half = SHOWN_CHARS / 2;
    let start: String = text.chars().take(half).collect();
    let end: String = text.chars().skip(count - half).collect();
    format!("{start} […] {end}")
}

/// Asks until the answer is yes or something else is said.
async fn confirmed(asked: String) -> Outcome {
    output::say(format_args!("{asked} [y, or what is wrong]"));
    let read = tokio::task::spawn_blocking(|| {
        let mut line = String::new();
        std::io::stdin().lock().read_line(&mut line).map(|_| line)
    });
    let line = read
        .await
        .map_err(anyhow::Error::from)?
        .map_err(anyhow::Error::from)?;
    match line.trim() {
        "y" | "yes" => Ok(()),
        "" => Err(Miss::not_tried("nobody answered")),
        wrong => Err(Miss::failed(wrong)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_looks_is_told_everything_that_should_be_there_and_nothing_that_steers_the_terminal()
    {
        let words = |what: &str, text: &str| Words {
            what: what.to_owned(),
            text: text.to_owned(),
            any_case: false,
        };
        let at = Place {
            user_id: "u-1".to_owned(),
            address: "operations".to_owned(),
            prompt_id: "prm_01JD0000000000000000000000".parse().unwrap(),
            prompt_ref: None,
            mark: "kit-1".to_owned(),
        };
        let mut wanted = Wanted {
            times: Times::Once,
            shows: vec![
                words("the title", "Deploy\u{1b}[2J"),
                words("an argument", &"x".repeat(500)),
            ],
            hides: vec![words("an older title", "draft-01")],
            buttons: Some(vec!["Approve".to_owned(), "Deny".to_owned()]),
            input: Some(true),
        };
        let asked = looks(&at, &wanted);
        for part in [
            "as u-1, the message with kit-1",
            "exactly once",
            r"shows the title: Deploy\u{1b}[2J",
            "x […] x",
            "does not show an older title: draft-01",
            "in this order: Approve | Deny",
            "can write a reason",
        ] {
            assert!(asked.contains(part), "{part:?} in {asked}");
        }
        (wanted.buttons, wanted.input) = (Some(Vec::new()), Some(false));
        let asked = looks(&at, &wanted);
        assert!(
            asked.contains("no buttons") && asked.contains("write nothing"),
            "{asked}"
        );
    }
}
