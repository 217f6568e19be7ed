//! Faults that a test plants in the bot's way.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// What goes wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum FaultKind {
    /// 429 with `retry_after`. Nothing is processed.
    TooManyRequests {
        /// Seconds to wait.
        retry_after: u64,
    },
    /// 403 with the sentence (`bot was blocked by the user`). Nothing is processed.
    Forbidden {
        /// The sentence after `Forbidden: `.
        description: String,
    },
    /// 400 with the sentence (`chat not found`). Nothing is processed.
    BadRequest {
        /// The sentence after `Bad Request: `.
        description: String,
    },
    /// 401 `Unauthorized`, as after the token was revoked.
    Unauthorized,
    /// 404 `Not Found: method not found`, as from a server that is older than the method.
    NotFound,
    /// 409 with the sentence of a second poller.
    Conflict,
    /// 500 with `Internal Server Error: restart`. Nothing is processed.
    InternalServerError,
    /// 502 with an HTML page, as a proxy sends it. Nothing is processed.
    BadGateway,
    /// 200 with an HTML page, as a captive portal sends it. Nothing is processed.
    Portal,
    /// 200 with an empty body, **after** processing.
    EmptyBody,
    /// 200 with a body that breaks off, **after** processing.
    TruncatedJson,
    /// `{"ok":true,"result":null}`, **after** processing.
    NullResult,
    /// The normal answer with fields that no client knows yet.
    UnknownFields,
    /// The connection is cut before anything was processed.
    ResetBefore,
    /// The call is processed, then the connection is cut: the bot cannot know.
    ResetAfter,
    /// Answers with the head at once and with one byte of the body a second, **after** processing.
    SlowBody,
    /// Waits before processing. A bot that hangs up meanwhile takes its call back.
    DelayBefore {
        /// Milliseconds of real time.
        millis: u64,
    },
    /// Waits before processing, which happens also when the bot has hung up meanwhile.
    Late {
        /// Milliseconds of real time.
        millis: u64,
    },
    /// Processes at once, and answers late.
    DelayAfter {
        /// Milliseconds of real time.
        millis: u64,
    },
    /// `getUpdates` returns every update twice.
    DuplicateUpdates,
    /// `getUpdates` returns the updates in reverse order.
    ReorderUpdates,
    /// The next text that a person types carries an entity of a kind that does not exist yet. Needs no call.
    FutureEntity {
        /// The invented kind.
        entity: String,
    },
}

/// A planted fault: which calls it hits, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// Only this method (any case); every method when absent.
    #[serde(default)]
    pub method: Option<String>,
    /// Only calls with this `chat_id`; every chat when absent.
    #[serde(default)]
    pub chat: Option<i64>,
    /// The first matching call that is hit, counted from 1 since the fault was planted.
    #[serde(default = "one")]
    pub nth: u32,
    /// How many calls in a row are hit.
    #[serde(default = "one")]
    pub times: u32,
    /// What goes wrong.
    #[serde(flatten)]
    pub kind: FaultKind,
}

fn one() -> u32 {
    1
}

impl Fault {
    /// A fault that hits the next call of `method` once.
    pub fn on(method: &str, kind: FaultKind) -> Self {
        Self {
            method: Some(method.to_owned()),
            chat: None,
            nth: 1,
            times: 1,
            kind,
        }
    }

    /// The same fault, only in one chat.
    #[must_use]
    pub fn in_chat(self, chat: i64) -> Self {
        Self {
            chat: Some(chat),
            ..self
        }
    }

    /// The same fault, first at the `nth` matching call.
    #[must_use]
    pub fn at(self, nth: u32) -> Self {
        Self { nth, ..self }
    }

    /// The same fault, `times` calls in a row.
    #[must_use]
    pub fn times(self, times: u32) -> Self {
        Self { times, ..self }
    }

    fn matches(&self, method: &str, chat: Option<i64>) -> bool {
        !matches!(self.kind, FaultKind::FutureEntity { .. })
            && self
                .method
                .as_ref()
                .is_none_or(|wanted| wanted.eq_ignore_ascii_case(method))
            && self.chat.is_none_or(|wanted| chat == Some(wanted))
    }
}

/// All planted faults with the number of calls that each has seen.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    planted: Vec<(Fault, u32)>,
}

impl Faults {
    pub(crate) fn plant(&mut self, fault: Fault) {
        self.planted.push((fault, 0));
    }

    pub(crate) fn clear(&mut self) {
        self.planted.clear();
    }

    /// Faults that have not yet been used up.
    pub(crate) fn left(&self) -> Vec<Fault> {
        self.planted
            .iter()
            .map(|(fault, _)| fault.clone())
            .collect()
    }

    /// The fault that hits this call. Every matching fault counts the call; the oldest due one acts.
    pub(crate) fn hit(&mut self, method: &str, chat: Option<i64>) -> Option<FaultKind> {
        let mut hit = None;
        for (fault, seen) in &mut self.planted {
            if fault.matches(method, chat) {
                *seen += 1;
                let last = fault.nth.saturating_add(fault.times);
                if hit.is_none() && (fault.nth..last).contains(seen) {
                    hit = Some(fault.kind.clone());
                }
            }
        }
        self.planted
            .retain(|(fault, seen)| seen + 1 < fault.nth.saturating_add(fault.times));
        hit
    }

    pub(crate) fn take_future_entity(&mut self) -> Option<String> {
        let found = self
            .planted
            .iter()
            .position(|(f, _)| matches!(f.kind, FaultKind::FutureEntity { .. }))?;
        match self.planted.remove(found).0.kind {
            FaultKind::FutureEntity { entity } => Some(entity),
            _ => None,
        }
    }
}

/// Adds fields of the future to an answer, at the top and in the result.
pub(crate) fn add_unknown_fields(body: &mut Value) {
    body["future_flag"] = json!(true);
    if body["result"].is_object() {
        body["result"]["future_object"] = json!({ "kind": "hologram", "depth": 3 });
    }
}
