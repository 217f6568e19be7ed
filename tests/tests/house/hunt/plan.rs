//! Everything that a hunt chooses, from its seed: the same question gets the same answer in every
//! run, whatever happened before. Nothing here acts.

use std::hash::{Hash as _, Hasher};
use std::ops::Range;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{Rng as _, SeedableRng as _};
use serde_json::{Value, json};
use signoff_telegram_sim::{Fault, FaultKind};

/// The environment variable that replays a hunt.
pub(crate) const SEED: &str = "SIGNOFF_SEED";
/// The shortest life that a request may have.
pub(crate) const SHORT: Duration = Duration::from_secs(10);
/// The life of requests that are to be decided: longer than the worst luck of a person's taps.
const LONG: Duration = Duration::from_mins(1);
/// The options of every question.
const OPTIONS: [&str; 3] = ["Canary", "Blue/green", "Delay"];

/// The choices of one seed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) seed: u64,
}

/// Who is asked, and where.
#[derive(Debug, Clone)]
pub(crate) struct Route {
    pub(crate) name: String,
    /// Places in [`crate::hunt::crowd::NAMES`].
    pub(crate) approvers: Vec<usize>,
    pub(crate) min_approvals: usize,
    /// The group that sees one card, instead of a card for everybody.
    pub(crate) group: Option<usize>,
}

/// A request to make.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) correlation_id: String,
    pub(crate) body: Value,
    pub(crate) route: Route,
    pub(crate) is_question: bool,
    /// Whether an approval takes two presses.
    pub(crate) asks_twice: bool,
    pub(crate) ttl: Duration,
    /// When its requester withdraws it, if nobody was faster.
    pub(crate) cancelled_after: Option<Duration>,
    /// When Ann decides it at her terminal.
    pub(crate) decided_by_api_after: Option<Duration>,
}

/// A button of a card, by its words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Button {
    Approve,
    Deny,
    DenyWithReason,
    Option(usize),
    CustomAnswer,
    Decline,
}

impl Button {
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Approve => "Approve",
            Self::Deny => "Deny",
            Self::DenyWithReason => "Deny with a reason",
            Self::Option(index) => OPTIONS[index],
            Self::CustomAnswer => "Custom answer",
            Self::Decline => "Decline to answer",
        }
    }

    /// Whether the person is then asked to write something.
    pub(crate) fn asks_for_words(self) -> bool {
        matches!(self, Self::DenyWithReason | Self::CustomAnswer)
    }
}

/// What a person does about a card.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Act {
    /// After the card appeared, or after the act before.
    pub(crate) after: Duration,
    pub(crate) button: Button,
    /// Whether it is the oldest copy that is pressed, when there are several.
    pub(crate) oldest: bool,
    /// Whether they press twice, as fast as they can.
    pub(crate) twice: bool,
    /// Whether they type `/deny` instead of pressing.
    pub(crate) by_command: bool,
}

/// What somebody replies to a question.
#[derive(Debug, Clone)]
pub(crate) enum Words {
    Answer(String),
    /// `/cancel`.
    Cancel,
}

/// One life of the process.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Life {
    /// Whether the process is killed before it says that it is ready.
    pub(crate) at_start: bool,
    /// How long it lives: from its start, or from when it was ready.
    pub(crate) lasts: Duration,
}

impl Plan {
    /// The seed of the environment, or a new one.
    pub(crate) fn new() -> anyhow::Result<Self> {
        let seed = match std::env::var(SEED) {
            Ok(seed) => seed.parse()?,
            Err(_) => rand::random_range(0..1_000_000_000),
        };
        Ok(Self { seed })
    }

    fn dice(self, about: impl std::hash::Hash) -> StdRng {
        let mut hasher = Fnv(0xcbf2_9ce4_8422_2325);
        self.seed.hash(&mut hasher);
        about.hash(&mut hasher);
        StdRng::seed_from_u64(hasher.finish())
    }

    /// How the n-th life ends.
    pub(crate) fn life(self, n: usize) -> Life {
        let mut dice = self.dice(("life", n));
        let at_start = dice.random_bool(0.12);
        let lasts = millis(&mut dice, if at_start { 0..160 } else { 20..800 });
        Life { at_start, lasts }
    }

    /// What the n-th power loss leaves, where the power fails with the process.
    #[cfg(target_os = "linux")]
    pub(crate) fn power(self, n: usize) -> u64 {
        self.dice(("power", n)).random()
    }

    /// What goes wrong at Telegram's in the n-th life.
    pub(crate) fn faults(self, n: usize) -> Vec<Fault> {
        let mut dice = self.dice(("faults", n));
        let methods = [
            "sendMessage",
            "sendMessage",
            "editMessageText",
            "answerCallbackQuery",
            "getUpdates",
        ];
        let count = *[0, 0, 1, 1, 2].choose(&mut dice).unwrap_or(&0);
        let mut fault = || {
            let method = methods.choose(&mut dice).unwrap_or(&"sendMessage");
            let millis = dice.random_range(20..400);
            let kind = match dice.random_range(0..9) {
                0 | 1 => FaultKind::ResetAfter,
                2 => FaultKind::ResetBefore,
                3 => FaultKind::TruncatedJson,
                4 => FaultKind::InternalServerError,
                5 => FaultKind::TooManyRequests { retry_after: 1 },
                6 => FaultKind::DelayBefore { millis },
                _ => FaultKind::DelayAfter { millis },
            };
            Fault::on(method, kind).at(dice.random_range(1..4))
        };
        (0..count).map(|_| fault()).collect()
    }

    /// Whether the receiver refuses, or ignores, its first sight of a callback.
    pub(crate) fn receiver_fails(self, correlation_id: &str) -> bool {
        self.dice(("receiver", correlation_id)).random_bool(0.08)
    }

    /// How long a requester thinks before its n-th request.
    pub(crate) fn gap(self, requester: usize, n: usize) -> Duration {
        millis(&mut self.dice(("gap", requester, n)), 150..900)
    }

    /// A requester's n-th request.
    pub(crate) fn request(self, requester: usize, n: usize, url: &str) -> Asked {
        let mut dice = self.dice(("request", requester, n));
        let correlation_id = format!("hunt-{requester}-{n}");
        let route = route(&mut dice);
        let is_question = route.min_approvals == 1 && dice.random_bool(0.4);
        let asks_twice = !is_question && dice.random_bool(0.2);
        let short = dice.random_bool(0.2);
        let ttl = if short { SHORT } else { LONG };
        let cancelled = dice.random_bool(0.15);
        let cancelled_after = cancelled.then(|| millis(&mut dice, 0..2_500));
        let by_api = route.approvers.contains(&0) && dice.random_bool(0.2);
        let decided_by_api_after = by_api.then(|| millis(&mut dice, 0..2_500));
        let mut body = json!({
            "correlation_id": correlation_id,
            "route": route.name,
            "risk": if asks_twice { "high" } else { "low" },
            "ttl_seconds": ttl.as_secs(),
            "callback": { "url": url },
        });
        if is_question {
            let option =
                |(id, label): (usize, &&str)| json!({ "id": format!("o{id}"), "label": label });
            body["kind"] = "question".into();
            body["title"] = format!("How to roll out {correlation_id}?").into();
            body["options"] = OPTIONS.iter().enumerate().map(option).collect();
        } else {
            body["kind"] = "approval".into();
            body["title"] = format!("Deploy {correlation_id}!").into();
            let release = json!({ "release": correlation_id });
            body["action"] = json!({ "tool": "k8s.deploy", "arguments": release });
        }
        Asked {
            correlation_id,
            body,
            route,
            is_question,
            asks_twice,
            ttl,
            cancelled_after,
            decided_by_api_after,
        }
    }

    /// What one of the people does about a request, in order.
    pub(crate) fn acts(self, asked: &Asked, person: usize) -> Vec<Act> {
        let mut dice = self.dice(("acts", &asked.correlation_id, person));
        let stranger = !asked.route.approvers.contains(&person);
        let late = asked.ttl == SHORT;
        if stranger && dice.random_bool(0.9) || late && dice.random_bool(0.5) {
            return Vec::new();
        }
        let first = if late && dice.random_bool(0.5) {
            let about = SHORT.as_millis().try_into().unwrap_or(u64::MAX);
            millis(&mut dice, about - 1_200..about + 300)
        } else {
            millis(&mut dice, 0..1_500)
        };
        let mut act = |after, button| Act {
            after,
            button,
            oldest: dice.random_bool(0.5),
            twice: dice.random_bool(0.15),
            by_command: !stranger && button == Button::Deny && dice.random_bool(0.4),
        };
        let mut acts = Vec::new();
        let button = button(
            &mut self.dice(("button", &asked.correlation_id, person)),
            asked,
        );
        acts.push(act(first, button));
        if button == Button::Approve && asked.asks_twice {
            // Sooner than a second after the first, a press is a double tap.
            let mut thinks = self.dice(("thinks", &asked.correlation_id, person));
            acts.push(act(millis(&mut thinks, 1_100..2_500), button));
            acts.push(act(Duration::from_millis(2_500), button));
        }
        acts
    }

    /// How long somebody takes to write, and what.
    pub(crate) fn words(self, correlation_id: &str, person: usize) -> (Duration, Words) {
        let mut dice = self.dice(("words", correlation_id, person));
        let takes = millis(&mut dice, 0..1_000);
        let words = if dice.random_bool(0.12) {
            Words::Cancel
        } else {
            Words::Answer(reason(correlation_id, person))
        };
        (takes, words)
    }

    /// Whether somebody who saw a card then asks what waits. Strangers are not always answered.
    pub(crate) fn asks_what_waits(self, asked: &Asked, person: usize) -> bool {
        let mut dice = self.dice(("pending", &asked.correlation_id, person));
        asked.route.approvers.contains(&person) && dice.random_bool(0.07)
    }
}

/// What somebody says of a request: different for each, so that it is known again.
pub(crate) fn reason(correlation_id: &str, person: usize) -> String {
    format!("Because of {correlation_id}, says {person}")
}

fn route(dice: &mut StdRng) -> Route {
    let three = dice.random_range(0..crate::hunt::crowd::GROUPS);
    let team: Vec<usize> = (0..3).map(|n| three * 3 + n).collect();
    match dice.random_range(0..10) {
        0..5 => {
            let one = dice.random_range(0..crate::hunt::crowd::NAMES.len());
            Route {
                name: format!("one-{one}"),
                approvers: vec![one],
                min_approvals: 1,
                group: None,
            }
        }
        5..7 => Route {
            name: format!("three-{three}"),
            approvers: team,
            min_approvals: 2,
            group: None,
        },
        7..9 => Route {
            name: format!("group-{three}"),
            approvers: team,
            min_approvals: 1,
            group: Some(three),
        },
        _ => Route {
            name: format!("group-two-{three}"),
            approvers: team,
            min_approvals: 2,
            group: Some(three),
        },
    }
}

fn button(dice: &mut StdRng, asked: &Asked) -> Button {
    let choice = dice.random_range(0..10);
    match (asked.is_question, choice) {
        (false, 0..6) => Button::Approve,
        (false, 6..8) => Button::Deny,
        (false, _) => Button::DenyWithReason,
        (true, 0..5) => Button::Option(dice.random_range(0..OPTIONS.len())),
        (true, 5..9) => Button::CustomAnswer,
        (true, _) => Button::Decline,
    }
}

fn millis(dice: &mut StdRng, range: Range<u64>) -> Duration {
    Duration::from_millis(dice.random_range(range))
}

/// FNV-1a: the same on every machine and in every version, unlike the standard library's hasher.
struct Fnv(u64);

impl Hasher for Fnv {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
