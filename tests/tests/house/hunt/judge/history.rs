//! Telling what happened: one request's history, or the whole hunt in a few lines.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::case::Case;
use super::people::name;
use crate::hunt::diary::{Diary, Span};

/// How much of a text a history repeats, in characters.
const TEXT_CHARS: usize = 160;

impl Case {
    /// Whether what somebody was told of the outcome is what it is.
    pub(crate) fn cards_say(&self, outcome: &str) -> bool {
        let people = matches!(self.status(), "approved" | "denied");
        let names = |who: &&str| !people || outcome.contains(who);
        outcome.contains(self.ending()) && self.deciders().iter().all(names)
    }

    /// Everything that is known of it, in its order; times in milliseconds since the first.
    pub(crate) fn history(&self, lives: &[Span]) -> String {
        let mut story: Vec<(i64, String)> = Vec::new();
        for event in &self.events {
            let at = event["at"].as_str().and_then(|at| at.parse().ok());
            let at = at.map_or(0, jiff::Timestamp::as_millisecond);
            let (kind, who, what) = (&event["event_type"], &event["actor_id"], &event["payload"]);
            story.push((at, cut(&format!("audit    {kind} by {who} {what}"))));
        }
        for press in &self.presses {
            let answer = press.answer.as_ref().map(|answer| &answer.text);
            let (who, what, at) = (name(press.person), press.button, press.at);
            let line = format!("press    {who} {what:?} on {at:?}, answered {answer:?}");
            story.push((press.at_ms, line));
            for fetched in &press.fetched {
                story.push((*fetched, format!("polled   {who}'s press on {what:?}")));
            }
        }
        for text in &self.texts {
            let (who, at) = (name(text.person), (text.chat, text.message));
            story.push((
                text.at_ms,
                format!("text     {who} {:?} {:?} as {at:?}", text.what, text.text),
            ));
        }
        for call in &self.calls {
            let params = &call.params;
            let text = params["text"].as_str().unwrap_or_default();
            let text = text.lines().last().unwrap_or_default();
            let message = &call.response["result"]["message_id"];
            let buttons = params["reply_markup"]["inline_keyboard"].is_array();
            let line = format!(
                "telegram {} chat {} message {}{message} status {} fault {:?} buttons {buttons} {text:?} {}",
                call.method,
                params["chat_id"],
                params["message_id"]
                    .as_i64()
                    .map_or(String::new(), |id| format!("{id} → ")),
                call.status,
                call.fault,
                call.response["description"],
            );
            story.push((call.at_ms, cut(&line)));
        }
        let (from, to) = (
            story.iter().map(|(at, _)| *at).min().unwrap_or_default(),
            story.iter().map(|(at, _)| *at).max().unwrap_or_default(),
        );
        for life in lives {
            let moments = [
                (Some(life.born), "born"),
                (life.ready, "ready"),
                (life.died, "killed"),
            ];
            for (at, what) in moments {
                let at = at.filter(|at| (from - 1_000..to + 1_000).contains(at));
                story.extend(at.map(|at| (at, format!("process  {what}"))));
            }
        }
        story.sort_by_key(|(at, _)| *at);
        let mut text = String::new();
        let _ = writeln!(text, "    {}", self.told.asked.body);
        let _ = writeln!(
            text,
            "    {} submits without an answer, then {:?}; cancel {:?}, by API {:?}",
            self.told.unanswered, self.told.answers, self.told.cancel, self.told.by_api
        );
        for (at, line) in story {
            let _ = writeln!(text, "    {:>7} {line}", at - from);
        }
        let _ = writeln!(text, "    noted at {:?}", self.recorded);
        for got in &self.callbacks {
            let body = String::from_utf8_lossy(&got.body);
            let _ = writeln!(text, "    callback {} {}", got.id, cut(&body));
        }
        let _ = writeln!(text, "    now {}", self.resource);
        text
    }
}

/// The hunt in numbers: what it met.
pub(crate) fn summary(diary: &Diary, cases: &BTreeMap<String, Case>, orphans: usize) -> String {
    let count = |status: &str| {
        cases
            .values()
            .filter(|case| case.status() == status)
            .count()
    };
    let ends = ["approved", "denied", "expired", "cancelled"];
    let ends = ends.map(|status| format!("{} {status}", count(status)));
    let unseen = cases.values().filter(|case| case.was_never_shown()).count();
    let unready = diary.lives.iter().filter(|life| life.ready.is_none());
    let twice: usize = cases.values().map(|case| case.callbacks.len() - 1).sum();
    let unanswered: usize = cases.values().map(|case| case.told.unanswered).sum();
    format!(
        "{} kills ({} before it was ready), {} requests ({}, {unseen} ran out before they could be \
         shown), {unanswered} submits without an answer, {} presses, {} texts, {} cards ({orphans} orphans), {twice} callbacks repeated",
        diary.lives.len() - 1,
        unready.count(),
        cases.len(),
        ends.join(", "),
        diary.taps.len(),
        diary.texts.len(),
        diary.cards.len(),
    )
}

fn cut(text: &str) -> String {
    text.chars().take(TEXT_CHARS * 2).collect()
}
