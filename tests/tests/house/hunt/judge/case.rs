//! One request: what its requester, its receiver and its people saw, and whether it fits.

use std::collections::HashSet;

use axum::http::StatusCode;
use serde_json::Value;
use signoff_telegram_sim::{Answer, Call, Sim};

use super::At;
use super::people::{Said, judge_people, name};
use super::progress::{Progress, is_reply};
use crate::hunt::diary::{Card, Diary, Told, Typed, correlation_id};
use crate::hunt::plan::Button;
use crate::hunt::workload::Workload;
use crate::receiver::Got;

/// Answers of Telegram that the service cannot have understood although the message was sent.
const UNKNOWN: [&str; 4] = ["reset_after", "truncated_json", "empty_body", "null_result"];

/// A press and what it was answered.
#[derive(Debug, Clone)]
pub(crate) struct Press {
    pub(crate) person: usize,
    pub(crate) at: At,
    pub(crate) button: Button,
    pub(crate) at_ms: i64,
    pub(crate) query: String,
    pub(crate) answer: Option<Answer>,
    /// When polls brought it to the service.
    pub(crate) fetched: Vec<i64>,
}

/// All that is known of one request.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    pub(crate) told: Told,
    pub(crate) resource: Value,
    pub(crate) events: Vec<Value>,
    pub(crate) recorded: HashSet<At>,
    pub(crate) callbacks: Vec<Got>,
    pub(crate) presses: Vec<Press>,
    pub(crate) texts: Vec<Typed>,
    pub(crate) cards: Vec<Card>,
    /// Every send, edit and answer that concerns it.
    pub(crate) calls: Vec<Call>,
}

impl Case {
    /// Picks from the diary what belongs to one request.
    pub(crate) fn new(
        diary: &Diary,
        id: &str,
        resource: Value,
        events: Vec<Value>,
        recorded: HashSet<At>,
        callbacks: Vec<Got>,
    ) -> Option<Self> {
        let told = diary.told.get(id)?.clone();
        let taps = diary.taps.iter().filter(|tap| tap.correlation_id == id);
        let queries: HashSet<&str> = taps.clone().map(|tap| tap.tap.query_id()).collect();
        let presses = taps.map(|tap| Press {
            person: tap.person,
            at: (tap.chat, tap.message),
            button: tap.button,
            at_ms: tap.at_ms,
            query: tap.tap.query_id().to_owned(),
            answer: tap.tap.answered(),
            fetched: diary
                .fetched
                .get(tap.tap.query_id())
                .cloned()
                .unwrap_or_default(),
        });
        let presses: Vec<Press> = presses.collect();
        let texts = diary.texts.iter().filter(|text| text.correlation_id == id);
        let texts: Vec<Typed> = texts.cloned().collect();
        let cards = diary.cards.iter().filter(|card| card.correlation_id == id);
        let calls = diary.calls.iter().filter(|call| {
            let text = call.params["text"].as_str().unwrap_or_default();
            let query = call.params["callback_query_id"].as_str();
            query.is_some_and(|query| queries.contains(query))
                || correlation_id(text).as_deref() == Some(id)
                || texts.iter().any(|t| is_reply(call, t.chat, t.message))
                || presses.iter().any(|p| is_reply(call, p.at.0, p.at.1))
        });
        let calls = calls.cloned().collect();
        Some(Self {
            told,
            resource,
            events,
            recorded,
            callbacks,
            presses,
            cards: cards.cloned().collect(),
            calls,
            texts,
        })
    }

    pub(crate) fn status(&self) -> &str {
        self.resource["status"].as_str().unwrap_or_default()
    }

    /// When the request ended, in Unix milliseconds.
    pub(crate) fn ended_ms(&self) -> i64 {
        let at = self.resource["outcome"]["decided_at"].as_str();
        let at = at.and_then(|at| at.parse::<jiff::Timestamp>().ok());
        at.map_or(i64::MAX, jiff::Timestamp::as_millisecond)
    }

    /// Who decided it, by name.
    pub(crate) fn deciders(&self) -> Vec<&str> {
        let by = self.resource["outcome"]["decided_by"].as_array();
        let by = by.into_iter().flatten();
        by.filter_map(|by| by["name"].as_str()).collect()
    }

    /// Everything that is wrong with it.
    pub(crate) fn faults(&self, workload: &Workload, progress: &Progress) -> Vec<String> {
        let mut faults = Vec::new();
        self.judge_submits(&mut faults);
        self.judge_outcome(&mut faults);
        self.judge_shown(workload, progress, &mut faults);
        self.judge_callbacks(&mut faults);
        self.judge_cards(&workload.sim, progress, &mut faults);
        judge_people(self, progress, workload.sim.clock().unix_ms(), &mut faults);
        faults
    }

    fn judge_submits(&self, faults: &mut Vec<String>) {
        let id = self.resource["id"].as_str().unwrap_or_default();
        for (n, (status, answered)) in self.told.answers.iter().enumerate() {
            let first = n == 0;
            let known = first && self.told.unanswered == 0;
            let good = match *status {
                StatusCode::ACCEPTED => first,
                StatusCode::OK => !known,
                _ => false,
            };
            if !good {
                faults.push(format!(
                    "submit {n} was answered {status} after {} submits without an answer",
                    self.told.unanswered
                ));
            }
            if answered != id {
                faults.push(format!(
                    "submit {n} was answered {answered}, it is {id} now"
                ));
            }
        }
    }

    fn judge_outcome(&self, faults: &mut Vec<String>) {
        let (status, outcome) = (self.status(), &self.resource["outcome"]);
        if outcome["status"] != status {
            faults.push(format!("it is {status} and its outcome is {outcome}"));
        }
        let count = |kind: &str| {
            let events = self.events.iter();
            events.filter(|event| event["event_type"] == kind).count()
        };
        if count("approval.requested") != 1 {
            faults.push("it was not requested exactly once".to_owned());
        }
        let ends = ["approved", "denied", "expired", "failed", "cancelled"];
        for end in ends {
            let (seen, due) = (
                count(&format!("approval.{end}")),
                usize::from(end == status),
            );
            if seen != due {
                faults.push(format!("it is {status} and ended {seen} times as {end}"));
            }
        }
        // Only who was told 200 was told that it is so.
        if self.told.cancel == Some(StatusCode::OK) && status != "cancelled" {
            faults.push(format!("withdrawing it was answered 200, it is {status}"));
        }
        if status == "cancelled" && self.told.asked.cancelled_after.is_none() {
            faults.push("it is cancelled and nobody withdrew it".to_owned());
        }
        let prompts = self.resource["prompts"].as_array().into_iter().flatten();
        for prompt in prompts.filter(|prompt| prompt["state"] == "open") {
            faults.push(format!("a prompt is still open: {prompt}"));
        }
    }

    /// Nobody blocked the bot, so it fails only when its time ran out before it could be shown.
    fn judge_shown(&self, workload: &Workload, progress: &Progress, faults: &mut Vec<String>) {
        if self.status() != "failed" {
            return;
        }
        let reason = &self.resource["outcome"]["reason"];
        if !self.was_never_shown() {
            faults.push(format!("it failed: {reason}"));
        }
        for chat in workload.crowd.chats(&self.told.asked.route) {
            let own = self
                .cards_sent()
                .filter(|call| call.params["chat_id"] == chat);
            // After a failure it waits, and others may go first.
            if own.clone().any(|call| call.fault.is_some()) {
                continue;
            }
            if progress.overtook_card(self, chat, self.ended_ms()) {
                faults.push(format!("{reason}, and younger ones were shown in {chat}"));
            }
        }
    }

    /// Whether its time ran out before anybody is known to have seen it.
    pub(crate) fn was_never_shown(&self) -> bool {
        let reason = self.resource["outcome"]["reason"].as_str();
        reason.is_some_and(|reason| reason.starts_with("never_presented: "))
    }

    fn cards_sent(&self) -> impl Iterator<Item = &Call> + Clone {
        self.calls.iter().filter(|call| {
            call.method == "sendMessage"
                && call.params["reply_markup"]["inline_keyboard"].is_array()
        })
    }

    fn judge_callbacks(&self, faults: &mut Vec<String>) {
        let state = &self.resource["callback"]["state"];
        if state != "delivered" {
            faults.push(format!("its callback is {state}"));
        }
        let Some(first) = self.callbacks.first() else {
            faults.push("no callback came".to_owned());
            return;
        };
        for other in self.callbacks.iter().filter(|other| *other != first) {
            faults.push(format!("two callbacks differ: {first:?} and {other:?}"));
        }
        let body: Value = serde_json::from_slice(&first.body).unwrap_or_default();
        if body["type"] != format!("request.{}", self.status()) {
            faults.push(format!("it is {}, the callback says {body}", self.status()));
        }
        for (name, said) in body["data"].as_object().into_iter().flatten() {
            if self.resource[name] != *said {
                let now = &self.resource[name];
                faults.push(format!("the callback says {name} = {said}, it is {now}"));
            }
        }
    }

    fn judge_cards(&self, sim: &Sim, progress: &Progress, faults: &mut Vec<String>) {
        let pressed: HashSet<At> = self.presses.iter().map(|press| press.at).collect();
        for (n, card) in self.cards.iter().enumerate() {
            let at = (card.chat, card.message);
            let Some(now) = sim.message(card.chat, card.message) else {
                faults.push(format!("card {at:?} is gone"));
                continue;
            };
            let known = self.recorded.contains(&at);
            let unknown = Self::result_is_unknown(card, progress);
            if now.has_buttons() {
                if known || pressed.contains(&at) {
                    let why = if known { "was noted" } else { "was pressed" };
                    faults.push(format!("card {at:?} {why} and still has buttons"));
                } else if !unknown {
                    faults.push(format!(
                        "card {at:?} still has buttons and was not noted although its sending \
                         went well"
                    ));
                }
            } else if !now.text.contains(self.ending()) {
                faults.push(format!(
                    "card {at:?} does not show {:?}: {:?}",
                    self.ending(),
                    now.text
                ));
            }
            let last = self.cards[n + 1..]
                .iter()
                .all(|other| other.chat != card.chat);
            if !last && !unknown {
                faults.push(format!("card {at:?} was posted again without need"));
            }
        }
        for at in &self.recorded {
            if sim.message(at.0, at.1).is_some_and(|now| now.has_buttons())
                && !self
                    .cards
                    .iter()
                    .any(|card| (card.chat, card.message) == *at)
            {
                faults.push(format!("{at:?} was noted and still has buttons"));
            }
        }
    }

    /// Whether nobody could know the result of sending this card: its answer was damaged, or the
    /// process was gone before its place had the next one.
    fn result_is_unknown(card: &Card, progress: &Progress) -> bool {
        let fault = card.fault.as_deref();
        fault.is_some_and(|fault| UNKNOWN.contains(&fault)) || progress.died_before_next(card)
    }

    /// What a closed card says.
    pub(crate) fn ending(&self) -> &'static str {
        match (self.status(), self.told.asked.is_question) {
            ("approved", false) => "✅ Approved by",
            ("approved", true) => "✅ Answered by",
            ("denied", false) => "❌ Denied by",
            ("denied", true) => "declined to answer",
            ("expired", _) => "⏳ Expired",
            ("cancelled", _) => "↩️ Withdrawn by the requester",
            _ => "⚠️ Could not be decided",
        }
    }

    /// What the bot said in reply to a text, oldest first.
    pub(crate) fn replies_to(&self, text: &Typed) -> Vec<Said> {
        let replies = self.calls.iter();
        let replies = replies.filter(|call| is_reply(call, text.chat, text.message));
        let said = replies.filter_map(|call| call.response["result"]["text"].as_str());
        said.map(Said::read).collect()
    }

    /// What the bot told the presser in the chat, because it was too late to answer the press.
    pub(crate) fn told_in_chat(&self, press: &Press) -> Vec<Said> {
        let replies = self.calls.iter();
        let replies = replies.filter(|call| is_reply(call, press.at.0, press.at.1));
        let said = replies.filter_map(|call| call.response["result"]["text"].as_str());
        // Questions and reminders name the request.
        let said = said.filter(|text| correlation_id(text).is_none());
        let own = said.filter_map(|text| {
            if press.at.0 > 0 {
                return Some(text);
            }
            text.strip_prefix(name(press.person))?.strip_prefix(": ")
        });
        own.map(Said::read).collect()
    }
}
