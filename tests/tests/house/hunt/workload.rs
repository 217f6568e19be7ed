//! A steady mix of submits, taps, typed answers, commands, cancels and expiries around one service.
//! It knows nothing of how the process dies: whoever starts and ends it says so.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use axum::http::StatusCode;
use serde_json::{Value, json};
use signoff_contract::RequestId;
use signoff_telegram_sim::{Call, SeenMessage, Sim};

use super::crowd::Crowd;
use super::diary::{Card, Diary, Span, Tapped, Told, Typed, What, correlation_id};
use super::plan::{Act, Asked, Plan, Words, reason};
use crate::receiver::{Behaviour, Receiver};
use crate::service::{Callers, House};

/// How many requesters work side by side.
const REQUESTERS: usize = 3;
/// How often the simulator's record is read, and a caller tries again.
const SOON: Duration = Duration::from_millis(15);

/// The mix of work. Clones are the same.
#[derive(Clone)]
pub(crate) struct Workload {
    pub(crate) plan: Plan,
    pub(crate) sim: Arc<Sim>,
    pub(crate) crowd: Arc<Crowd>,
    callers: Callers,
    receiver: Receiver,
    diary: Arc<Mutex<Diary>>,
    enough: Arc<AtomicBool>,
}

impl Workload {
    /// Begins.
    pub(crate) fn start(plan: Plan, house: &House, crowd: Crowd) -> Self {
        let workload = Self {
            plan,
            sim: Arc::clone(&house.sim),
            crowd: Arc::new(crowd),
            callers: Callers::clone(house),
            receiver: house.receiver.clone(),
            diary: Arc::default(),
            enough: Arc::default(),
        };
        workload.receiver_has_moods();
        for requester in 0..REQUESTERS {
            let this = workload.clone();
            workload.spawn(async move { this.requests(requester).await });
        }
        let this = workload.clone();
        // It ends with the runtime.
        tokio::spawn(async move { this.follows().await });
        workload
    }

    /// The process was started.
    pub(crate) fn is_born(&self) {
        let born = self.sim.clock().unix_ms();
        self.diary().lives.push(Span {
            born,
            ready: None,
            died: None,
        });
    }

    /// The process said that it is ready.
    pub(crate) fn is_ready(&self) {
        let now = self.sim.clock().unix_ms();
        if let Some(life) = self.diary().lives.last_mut() {
            life.ready = Some(now);
        }
    }

    /// The process is gone.
    pub(crate) fn is_dead(&self) {
        let now = self.sim.clock().unix_ms();
        if let Some(life) = self.diary().lives.last_mut() {
            life.died = Some(now);
        }
    }

    /// Asks nothing new, and waits until everybody has done what they meant to do. The service
    /// runs by now, and is not ended again.
    pub(crate) async fn finishes(&self) -> anyhow::Result<()> {
        self.enough.store(true, Ordering::Relaxed);
        loop {
            let task = self.diary().tasks.pop();
            match task {
                Some(task) => task.await?,
                None => return Ok(()),
            }
        }
    }

    /// What happened so far.
    pub(crate) fn diary(&self) -> MutexGuard<'_, Diary> {
        self.diary.lock().expect("no panic")
    }

    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let task = tokio::spawn(task);
        self.diary().tasks.push(task);
    }

    /// Some callbacks are refused at first sight.
    fn receiver_has_moods(&self) {
        let (plan, refused) = (self.plan, Mutex::new(HashSet::new()));
        self.receiver.always(move |got| {
            let body: Value = serde_json::from_slice(&got.body).unwrap_or_default();
            let id = body["data"]["correlation_id"].as_str().unwrap_or_default();
            let first = refused.lock().expect("no panic").insert(id.to_owned());
            (first && plan.receiver_fails(id))
                .then_some(Behaviour::Answer(StatusCode::INTERNAL_SERVER_ERROR))
        });
    }

    /// A requester's whole day.
    async fn requests(&self, requester: usize) {
        let mut n = 0;
        while !self.enough.load(Ordering::Relaxed) {
            tokio::time::sleep(self.plan.gap(requester, n)).await;
            let asked = self.plan.request(requester, n, &self.receiver.url);
            self.submits(&asked).await;
            if n % 10 == 0 {
                // A client that is not sure, for whatever reason.
                self.submits(&asked).await;
            }
            let id = &asked.correlation_id;
            if let Some(after) = asked.cancelled_after {
                let (this, id) = (self.clone(), id.clone());
                self.spawn(async move {
                    tokio::time::sleep(after).await;
                    let reason = json!({ "reason": "not needed any more" });
                    let status = this.posts(&id, "cancel", &reason).await;
                    this.told(&id, |told| told.cancel = Some(status));
                });
            }
            if let Some(after) = asked.decided_by_api_after {
                let (this, id) = (self.clone(), id.clone());
                let decision = if asked.is_question {
                    json!({ "decision": "answer", "option_id": "o1" })
                } else {
                    json!({ "decision": "approve" })
                };
                self.spawn(async move {
                    tokio::time::sleep(after).await;
                    let status = this.posts(&id, "decision", &decision).await;
                    this.told(&id, |told| told.by_api = Some(status));
                });
            }
            n += 1;
        }
    }

    /// Submits until there is an answer.
    async fn submits(&self, asked: &Asked) {
        let id = &asked.correlation_id;
        let asked_ms = self.sim.clock().unix_ms();
        self.diary().told.entry(id.clone()).or_insert_with(|| Told {
            asked: asked.clone(),
            asked_ms,
            taken_ms: None,
            unanswered: 0,
            answers: Vec::new(),
            cancel: None,
            by_api: None,
        });
        loop {
            if let Ok((status, resource)) = self.callers.submits(&asked.body).await {
                let name = resource["id"].as_str().unwrap_or_default().to_owned();
                let now = self.sim.clock().unix_ms();
                self.told(id, |told| {
                    told.answers.push((status, name));
                    told.taken_ms.get_or_insert(now);
                });
                return;
            }
            self.told(id, |told| told.unanswered += 1);
            tokio::time::sleep(SOON).await;
        }
    }

    /// Posts until there is an answer.
    async fn posts(&self, id: &str, operation: &str, body: &Value) -> StatusCode {
        loop {
            if let Ok((status, _)) = self.callers.posts(id, operation, body).await {
                return status;
            }
            tokio::time::sleep(SOON).await;
        }
    }

    fn told(&self, id: &str, change: impl FnOnce(&mut Told)) {
        if let Some(told) = self.diary().told.get_mut(id) {
            change(told);
        }
    }

    /// Reads what the service sent, as it comes: people look at their phones.
    async fn follows(&self) {
        let mut last = 0;
        loop {
            for call in self.sim.calls_after(last) {
                last = call.sequence;
                if call.method == "sendMessage" {
                    self.sees(&call);
                }
                if call.method == "getUpdates" {
                    self.diary().fetches(&call);
                } else {
                    self.diary().calls.push(call);
                }
            }
            tokio::time::sleep(SOON).await;
        }
    }

    /// A message was posted.
    fn sees(&self, call: &Call) {
        let sent = &call.response["result"];
        let text = sent["text"].as_str().unwrap_or_default();
        let (Some(chat), Some(message), Some(id)) = (
            sent["chat"]["id"].as_i64(),
            sent["message_id"].as_i64(),
            correlation_id(text),
        ) else {
            return;
        };
        let Some(seen) = self.sim.message(chat, message) else {
            return;
        };
        if let Some(asks) = seen.force_reply.and_then(|asking| asking.asks) {
            let mut diary = self.diary();
            let question = (id.clone(), chat, message, asks.clone());
            diary.questions.push(question);
            drop(diary);
            for person in self.crowd.in_chat(chat) {
                if asks.contains(&self.crowd.people[person].id())
                    && self.plans(&id, person, "words")
                {
                    let (this, id) = (self.clone(), id.clone());
                    self.spawn(async move { this.writes(&id, chat, person).await });
                }
            }
        } else if sent["reply_markup"]["inline_keyboard"].is_array() {
            let card = Card {
                correlation_id: id.clone(),
                chat,
                message,
                at_ms: call.at_ms,
                fault: call.fault.clone(),
            };
            self.diary().cards.push(card);
            for person in self.crowd.in_chat(chat) {
                if self.plans(&id, person, "presses") {
                    let (this, id) = (self.clone(), id.clone());
                    self.spawn(async move { this.acts(&id, chat, person).await });
                }
            }
        }
    }

    fn plans(&self, id: &str, person: usize, what: &'static str) -> bool {
        self.diary().planned.insert((id.to_owned(), person, what))
    }

    /// Somebody does what they do about a card.
    async fn acts(&self, id: &str, chat: i64, person: usize) {
        let asked = self.diary().told.get(id).map(|told| told.asked.clone());
        let Some(asked) = asked else { return };
        for act in self.plan.acts(&asked, person) {
            tokio::time::sleep(act.after).await;
            let card = {
                let diary = self.diary();
                let mut copies = diary
                    .cards
                    .iter()
                    .filter(|card| card.correlation_id == id && card.chat == chat);
                let copy = if act.oldest {
                    copies.next()
                } else {
                    copies.next_back()
                };
                copy.and_then(|card| self.sim.message(chat, card.message))
            };
            let Some(card) = card else { return };
            for _ in 0..=usize::from(act.twice) {
                if act.by_command {
                    self.denies(id, person, chat);
                } else {
                    self.taps(id, person, &card, &act);
                }
            }
        }
        if self.plan.asks_what_waits(&asked, person) {
            self.types(id, person, chat, "/pending", ("", What::Pending));
        }
    }

    /// Denies by command, if the requester was told how the request is called.
    fn denies(&self, id: &str, person: usize, chat: i64) {
        let name = {
            let diary = self.diary();
            let told = diary.told.get(id);
            told.and_then(|told| told.answers.first()?.1.parse::<RequestId>().ok())
        };
        let Some(name) = name else { return };
        let words = reason(id, person);
        let typed = format!("/deny {} {words}", name.short());
        self.types(id, person, chat, &typed, (&words, What::Deny));
    }

    /// Types a command.
    fn types(&self, id: &str, person: usize, chat: i64, typed: &str, of: (&str, What)) {
        let at_ms = self.sim.clock().unix_ms();
        let said = self.crowd.people[person].says(chat, typed);
        self.wrote(id, person, &said, of, at_ms);
    }

    fn wrote(&self, id: &str, person: usize, said: &SeenMessage, of: (&str, What), at_ms: i64) {
        let (text, what) = of;
        self.diary().texts.push(Typed {
            correlation_id: id.to_owned(),
            person,
            chat: said.chat_id,
            message: said.message_id,
            text: text.to_owned(),
            what,
            at_ms,
        });
    }

    /// Presses, if the button is still there.
    fn taps(&self, id: &str, person: usize, card: &SeenMessage, act: &Act) {
        let at_ms = self.sim.clock().unix_ms();
        if let Ok(tap) = self.crowd.people[person].try_taps(card, act.button.label()) {
            self.diary().taps.push(Tapped {
                correlation_id: id.to_owned(),
                person,
                chat: card.chat_id,
                message: card.message_id,
                button: act.button,
                at_ms,
                tap,
            });
        }
    }

    /// Somebody answers a question: the first that they saw, or the last.
    async fn writes(&self, id: &str, chat: i64, person: usize) {
        let (takes, words) = self.plan.words(id, person);
        tokio::time::sleep(takes).await;
        let own = self.crowd.people[person].id();
        let question = {
            let diary = self.diary();
            let mut asked = diary.questions.iter().filter(|(about, place, _, asks)| {
                about == id && *place == chat && asks.contains(&own)
            });
            let one = if takes.as_millis() % 2 == 0 {
                asked.next()
            } else {
                asked.next_back()
            };
            one.and_then(|(_, _, message, _)| self.sim.message(chat, *message))
        };
        let Some(question) = question else { return };
        let at_ms = self.sim.clock().unix_ms();
        let person_there = &self.crowd.people[person];
        match words {
            Words::Answer(words) => {
                let said = person_there.replies(&question, &words);
                self.wrote(id, person, &said, (&words, What::Reply), at_ms);
            }
            Words::Cancel => {
                let said = person_there.replies(&question, "/cancel");
                self.wrote(id, person, &said, ("", What::Cancel), at_ms);
            }
        }
    }
}
