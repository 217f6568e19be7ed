//! One request from submit to closed card with faults on its way, and what people see of it.

use std::collections::BTreeSet;
use std::time::Duration;

use regex::Regex;
use serde_json::json;
use signoff_contract::{PromptState, Status};
use signoff_engine::ChannelStore;
use signoff_telegram::{CHANNEL, Updates};
use signoff_telegram_sim::{Answer, Fault, FaultKind, SeenMessage, Tap};

use crate::delivery::long_approval;
use crate::world::{Hook, Options, Receiver, World, with};

/// Long enough for everything that a fault which passes delays.
const TTL: Duration = Duration::from_mins(15);
/// Afterwards everything that was late has come.
const SETTLED: Duration = Duration::from_secs(90);
/// Longer than anything is worked on that comes to an end.
const HANDLED: Duration = Duration::from_mins(10);
/// Afterwards only a fault that lasts is in the way.
const PASSED: Duration = Duration::from_mins(2);
/// What the answer to a tap says, and a message in its stead, when the tap decided.
const REPEATS: [&str; 2] = ["“Approved”", "“Denied”"];
/// What whoever presses after the end reads.
const TOO_LATE: &str = "“Already decided";
const NOTHING: &str = "nothing";
/// How often a story looks.
const LOOK: Duration = Duration::from_millis(100);

/// What was seen at the end of a story.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Seen {
    pub(super) owner: String,
    pub(super) requester: String,
    pub(super) status: String,
    /// Cards that still had buttons when everything was over, before they were pressed.
    pub(super) left_open: usize,
    /// Cards that have buttons even after they were pressed.
    pub(super) never_closed: usize,
    /// Different callbacks, by their `webhook-id`.
    pub(super) callbacks: usize,
}

/// A request is asked, shown, answered by a tap on the newest card, and closed.
pub(super) async fn with_faults(faults: &[Fault]) -> Seen {
    let (at_start, later): (Vec<&Fault>, Vec<&Fault>) = faults
        .iter()
        .partition(|fault| is_at(fault, &["get", "set", "delete"]));
    let posted = at_start.iter().any(|fault| is_at(fault, &["setWebhook"]));
    let hook = if posted {
        Some(Hook::bind().await)
    } else {
        None
    };
    let updates = hook.as_ref().map_or(Updates::Polling, Hook::updates);
    let world = World::asleep(Options {
        fast: true,
        updates,
        ..Options::default()
    })
    .await;
    let receiver = Receiver::start().await;
    if at_start
        .iter()
        .any(|fault| is_at(fault, &["deleteWebhook"]))
    {
        world.has_a_webhook_elsewhere().await;
    }
    for fault in at_start {
        world.sim.fault(fault.clone());
    }
    world.wakes();
    let _served = hook.map(|hook| hook.serves(world.telegram()));
    if faults.iter().all(lets_updates_through) {
        for person in [&world.ann, &world.ben] {
            let hello = |seen: &SeenMessage| seen.text.starts_with("Hello");
            world.sim.wait_for_message(person, hello).await;
        }
    }
    for fault in later {
        world.sim.fault(fault.clone());
    }
    let before = world.sim.transcript(&world.ann).len();
    let fields = json!({
        "route": "default",
        "ttl_seconds": TTL.as_secs(),
        "callback": { "url": receiver.url() },
    });
    world.asks(with(long_approval("apply"), fields)).await;
    let tap = answered(&world).await;
    world.hurries();
    settle(&world).await;
    were_met(&world, faults);

    let cards = world.sim.transcript(&world.ann).split_off(before);
    let live: Vec<SeenMessage> = cards.into_iter().filter(SeenMessage::has_buttons).collect();
    let mut told = Vec::new();
    for card in &live {
        let late = world.ann.taps(card, live_label(card));
        settle(&world).await;
        told.push((card.message_id, spoken(late.answered().as_ref())));
    }
    let seen = observe(&world, &receiver, before, tap.as_ref(), &told).await;
    // Otherwise it goes on, and every story slows down all after it.
    world.is_killed().await;
    seen
}

fn method(fault: &Fault) -> &str {
    fault.method.as_deref().expect("a fault at a method")
}

/// Whether it is at a method that begins so.
fn is_at(fault: &Fault, begin: &[&str]) -> bool {
    begin.iter().any(|begin| method(fault).starts_with(begin))
}

/// Whether what people write and press arrives all the same.
fn lets_updates_through(fault: &Fault) -> bool {
    use FaultKind::{DuplicateUpdates, ReorderUpdates};
    fault.times == 1
        || matches!(fault.kind, DuplicateUpdates | ReorderUpdates)
        || !is_at(fault, &["setWebhook", "deleteWebhook", "getUpdates"])
}

/// Waits until everything that was late has come, nothing that people did is worked on, and no card
/// waits to be closed; or until nothing of that can be expected.
async fn settle(world: &World) {
    tokio::time::sleep(SETTLED).await;
    let store = ChannelStore::new(world.store.clone(), CHANNEL);
    let waiting = tokio::time::Instant::now();
    while waiting.elapsed() < HANDLED {
        let unhandled = store.unhandled(1, 0).await.expect("the inbox");
        let prompts = world.request("apply").await.prompts.unwrap_or_default();
        let mut open = prompts
            .iter()
            .filter(|prompt| prompt.state == PromptState::Open);
        if unhandled.is_empty() && open.next().is_none() {
            return;
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Fails where a fault was planted that no call met. The second call of a method may never come.
fn were_met(world: &World, faults: &[Fault]) {
    for fault in faults {
        let calls = world.sim.calls_of(method(fault));
        // A call that waits before it is processed is written down when it is, or never.
        let unwritten = matches!(fault.kind, FaultKind::DelayBefore { .. });
        assert!(
            unwritten || fault.nth > 1 || calls.iter().any(|call| call.fault.is_some()),
            "no call was hit by {fault:?}"
        );
    }
}

/// Waits until the request is known to be shown, taps, and waits for its end. No tap when it
/// ends first.
async fn answered(world: &World) -> Option<Tap> {
    let mut tap = None;
    let asked = tokio::time::Instant::now();
    loop {
        if asked.elapsed() > PASSED {
            world.hurries();
        }
        let request = world.request("apply").await;
        if request.status != Status::Pending {
            return tap;
        }
        // Known to stand there: a send with an unknown result is repeated before.
        let prompts = request.prompts.unwrap_or_default();
        let shown = prompts
            .iter()
            .all(|prompt| prompt.state == PromptState::Open);
        if tap.is_none() && shown {
            let cards = world.sim.transcript(&world.ann);
            let card = cards.iter().rfind(|seen| seen.has_buttons());
            tap = card.map(|card| world.ann.taps(card, live_label(card)));
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Approves where that is offered.
fn live_label(card: &SeenMessage) -> &'static str {
    let offered = card.labels().iter().any(|label| label.ends_with("Approve"));
    if offered { "Approve" } else { "Deny" }
}

async fn observe(
    world: &World,
    receiver: &Receiver,
    before: usize,
    tap: Option<&Tap>,
    told: &[(i64, String)],
) -> Seen {
    let seen = world.sim.transcript(&world.ann).split_off(before);
    let mut owner: Vec<String> = Vec::new();
    for message in seen.iter().filter(|seen| seen.from_bot) {
        let words = in_words(message);
        let pressed = told.iter().find(|(id, _)| *id == message.message_id);
        match pressed {
            Some(_) => owner.push(format!(
                "a card left open, whose button says {}, then {words}",
                late_answer(told, &seen)
            )),
            // Told already, with the card that it answers.
            None if !told.is_empty() && words.starts_with(TOO_LATE) => {}
            None => owner.push(words),
        }
    }
    let toast = tap.map(|tap| spoken(tap.answered().as_ref()));
    // Said by the tap's answer or, when that was lost or late, by a message: which of them is a
    // question of milliseconds.
    owner.retain(|said| !REPEATS.contains(&said.as_str()));
    if toast.is_none() {
        owner.push("nothing to tap".to_owned());
    }
    let request = world.request("apply").await;
    let outcome = request.outcome.as_ref().expect("it ended");
    let status = json!(request.status).as_str().expect("a word").to_owned();
    let expected = match request.status {
        Status::Approved => REPEATS[0],
        Status::Denied => REPEATS[1],
        _ => NOTHING,
    };
    let toast = toast.unwrap_or_else(|| NOTHING.to_owned());
    assert!([NOTHING, expected].contains(&toast.as_str()), "{toast}");
    let reason = outcome.reason.as_ref().map(|reason| format!(" ({reason})"));
    let deliveries = receiver.deliveries();
    let ids: BTreeSet<&String> = deliveries.iter().map(|delivery| &delivery.id).collect();
    for delivery in &deliveries {
        assert_eq!(delivery.body, deliveries[0].body, "callbacks that differ");
    }
    let said: BTreeSet<&str> = deliveries
        .iter()
        .filter_map(|delivery| delivery.body["type"].as_str())
        .collect();
    let said: Vec<&str> = said.into_iter().collect();
    let requester = format!(
        "`{status}`{}; {} ({})",
        reason.unwrap_or_default(),
        counted(ids.len(), "callback"),
        said.join(", ")
    );
    Seen {
        owner: grouped(&owner),
        requester,
        status,
        left_open: told.len(),
        never_closed: seen.iter().filter(|seen| seen.has_buttons()).count(),
        callbacks: ids.len(),
    }
}

/// What whoever pressed a card that was left open read: in the answer or, when that was late, in a
/// message. Which of them is a question of milliseconds.
fn late_answer(told: &[(i64, String)], seen: &[SeenMessage]) -> String {
    let mut answers = told.iter().map(|(_, answer)| answer.clone());
    let in_a_message = || {
        let mut words = seen.iter().map(in_words);
        words.find(|words| words.starts_with(TOO_LATE))
    };
    answers
        .find(|answer| answer != NOTHING)
        .or_else(in_a_message)
        .unwrap_or_else(|| NOTHING.to_owned())
}

/// The part of a message that tells how it stands.
fn in_words(message: &SeenMessage) -> String {
    if message.document.is_some() {
        return "the file".to_owned();
    }
    let bold = message
        .entities
        .iter()
        .rfind(|entity| entity.kind == "bold");
    let from = bold.map_or(0, |bold| bold.offset);
    let units: Vec<u16> = message.text.encode_utf16().skip(from).collect();
    let text = plain(&String::from_utf16_lossy(&units));
    if message.has_buttons() {
        return format!("a card with the buttons {}", message.labels().join(", "));
    }
    format!("“{text}”")
}

fn spoken(answer: Option<&Answer>) -> String {
    match answer {
        None => NOTHING.to_owned(),
        Some(answer) if answer.text.is_empty() => NOTHING.to_owned(),
        Some(answer) => format!("“{}”", plain(&answer.text)),
    }
}

/// Without line ends and times of day.
fn plain(text: &str) -> String {
    let time = Regex::new(r"( ·)? \d\d:\d\d(:\d\d)? UTC").expect("an expression");
    let words: Vec<&str> = text.split_whitespace().collect();
    time.replace_all(&words.join(" "), "").into_owned()
}

/// One line, with what comes several times in a row said once.
fn grouped(parts: &[String]) -> String {
    let runs = parts.chunk_by(|a, b| a == b);
    let said: Vec<String> = runs
        .map(|run| match run.len() {
            1 => run[0].clone(),
            times => format!("{} ({times} times)", run[0]),
        })
        .collect();
    said.join("; ")
}

fn counted(number: usize, what: &str) -> String {
    match number {
        1 => format!("one {what}"),
        _ => format!("{number} {what}s"),
    }
}
