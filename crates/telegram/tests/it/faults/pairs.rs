//! Two faults at once: stories in which every pair of levels meets. The levels are the faults that
//! pass, two refusals that come once, and the methods; the pairs are two faults, two methods, a fault and its own method, and a
//! fault and the other one's method. The array is made greedily, in an order that a seed shuffles.

use std::collections::{BTreeMap, BTreeSet};

use rand::SeedableRng as _;
use rand::rngs::StdRng;
use rand::seq::SliceRandom as _;
use signoff_telegram_sim::FaultKind;

use super::catalogue::{Kind, METHODS, passing};
use super::{judge, story};
use crate::delivery::bad_request;
use crate::world::seed;

/// A fault, by its place in the catalogue, at a method.
type At = (usize, &'static str);

/// Two faults. At one method, the first hits its first call and the second its second one.
type Story = [At; 2];

/// Two levels that meet in a story.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Pair {
    /// The smaller one first.
    Faults(usize, usize),
    /// The one that is called later first, by the alphabet.
    Methods(&'static str, &'static str),
    /// A fault at its own method.
    At(usize, &'static str),
    /// A fault, and the method of the other fault.
    Beside(usize, &'static str),
}

fn pairs([a, b]: Story) -> [Pair; 6] {
    [
        Pair::Faults(a.0.min(b.0), a.0.max(b.0)),
        Pair::Methods(a.1.min(b.1), a.1.max(b.1)),
        Pair::At(a.0, a.1),
        Pair::At(b.0, b.1),
        Pair::Beside(a.0, b.1),
        Pair::Beside(b.0, a.1),
    ]
}

/// Every story that can be told.
fn stories(kinds: &[Kind]) -> Vec<Story> {
    let cells: Vec<At> = kinds
        .iter()
        .enumerate()
        .flat_map(|(fault, kind)| kind.methods.iter().map(move |&method| (fault, method)))
        .collect();
    let stories = cells.iter().enumerate().flat_map(|(index, &a)| {
        let from = &cells[index..];
        from.iter().flat_map(move |&b| [[a, b], [b, a]])
    });
    stories.filter(|story| can_be_told(kinds, *story)).collect()
}

/// The faults that pass, and refusals that come once.
fn levels() -> Vec<Kind> {
    let mut levels = passing();
    let forbidden = FaultKind::Forbidden {
        description: "bot was blocked by the user".to_owned(),
    };
    for (name, does) in [
        ("403 once", forbidden),
        ("400 once", bad_request("SOMETHING_NEW")),
    ] {
        let methods = METHODS.to_vec();
        levels.push(Kind {
            name,
            does,
            methods,
        });
    }
    levels
}

/// What one fault comes to where it alone happens: how the request ends, and how many cards may
/// have buttons then, until they are pressed.
fn alone(kind: &Kind, method: &str) -> (&'static str, usize) {
    let forbidden = matches!(kind.does, FaultKind::Forbidden { .. });
    match method {
        // The chat takes no card.
        "sendMessage" if refuses(kind) => ("failed", 0),
        "sendDocument" if forbidden => ("failed", 0),
        // Nobody approves what they could not see.
        "sendDocument" if refuses(kind) => ("denied", 0),
        // A card whose sending had no answer may stand there unknown until it is pressed.
        "sendMessage" => ("approved", 1),
        // One that could not be changed has its outcome in a reply.
        "editMessageText" if refuses(kind) => ("approved", 1),
        _ => ("approved", 0),
    }
}

fn refuses(kind: &Kind) -> bool {
    matches!(
        kind.does,
        FaultKind::Forbidden { .. } | FaultKind::BadRequest { .. }
    )
}

/// Whether both faults are met: a service polls or is posted to, a method that is called once is
/// called a second time only after a failure, and nothing is tapped where no card was shown.
fn can_be_told(kinds: &[Kind], [a, b]: Story) -> bool {
    const OF_POLLING: [&str; 3] = ["getWebhookInfo", "deleteWebhook", "getUpdates"];
    let posted = |method| method == "setWebhook";
    let polled = |method| OF_POLLING.contains(&method);
    if posted(a.1) && polled(b.1) || posted(b.1) && polled(a.1) {
        return false;
    }
    let ends_before = |at: At, other: At| {
        let later = ["sendMessage", "answerCallbackQuery", "editMessageText"];
        alone(&kinds[at.0], at.1).0 == "failed" && at.1 != other.1 && later.contains(&other.1)
    };
    if ends_before(a, b) || ends_before(b, a) {
        return false;
    }
    if a.1 != b.1 {
        return true;
    }
    let [first, second] = [a, b].map(|at| &kinds[at.0]);
    let fails = match first.does {
        FaultKind::UnknownFields | FaultKind::NullResult => false,
        // The press stands, and nobody is kept waiting for a token that is put right.
        FaultKind::Unauthorized => a.1 != "answerCallbackQuery",
        _ => true,
    };
    fails && !refuses(first) && !first.rearranges() && !second.rearranges()
}

/// Stories in which every pair of levels meets that can.
fn array(kinds: &[Kind], random: &mut StdRng) -> Vec<Story> {
    let mut stories = stories(kinds);
    stories.shuffle(random);
    let mut numbers = BTreeMap::new();
    let numbered: Vec<(Story, [usize; 6])> = stories
        .into_iter()
        .map(|story| {
            let number = |pair| {
                let next = numbers.len();
                *numbers.entry(pair).or_insert(next)
            };
            (story, pairs(story).map(number))
        })
        .collect();
    let mut missing = vec![true; numbers.len()];
    let mut array = Vec::new();
    loop {
        let news = |pairs: &[usize; 6]| pairs.iter().filter(|&&pair| missing[pair]).count();
        let best = numbered.iter().max_by_key(|(_, pairs)| news(pairs));
        let Some((story, pairs)) = best.filter(|(_, pairs)| news(pairs) > 0) else {
            return array;
        };
        for &pair in pairs {
            missing[pair] = false;
        }
        array.push(*story);
    }
}

#[test]
fn in_the_array_every_two_faults_and_every_two_methods_meet() {
    let kinds = levels();
    for seed in [seed(), 1, 2] {
        let array = array(&kinds, &mut StdRng::seed_from_u64(seed));
        assert!(array.iter().all(|story| can_be_told(&kinds, *story)));
        let met: BTreeSet<Pair> = array.iter().copied().flat_map(pairs).collect();
        // Written down from what the levels are, not from the stories.
        let everywhere: Vec<usize> = (0..kinds.len())
            .filter(|&fault| kinds[fault].methods.len() == METHODS.len())
            .collect();
        let polls: Vec<usize> = (0..kinds.len())
            .filter(|&fault| kinds[fault].rearranges())
            .collect();
        assert_eq!((everywhere.len(), polls.len()), (18, 2));
        for &fault in &everywhere {
            for &other in &everywhere {
                let pair = Pair::Faults(fault.min(other), fault.max(other));
                assert!(met.contains(&pair), "{pair:?} of seed {seed}");
            }
            for &poll in &polls {
                let pair = Pair::Faults(fault.min(poll), fault.max(poll));
                assert!(met.contains(&pair), "{pair:?} of seed {seed}");
            }
            for method in METHODS {
                for pair in [Pair::At(fault, method), Pair::Beside(fault, method)] {
                    assert!(met.contains(&pair), "{pair:?} of seed {seed}");
                }
            }
        }
        let posted = ["setWebhook"];
        let polled = ["getWebhookInfo", "deleteWebhook", "getUpdates"];
        for a in METHODS {
            for b in METHODS {
                let apart = posted.contains(&a) && polled.contains(&b)
                    || posted.contains(&b) && polled.contains(&a);
                let pair = Pair::Methods(a.min(b), a.max(b));
                assert_eq!(met.contains(&pair), !apart, "{pair:?} of seed {seed}");
            }
        }
        for &poll in &polls {
            for method in METHODS {
                let beside = !["setWebhook", "getUpdates"].contains(&method);
                let pair = Pair::Beside(poll, method);
                assert_eq!(met.contains(&pair), beside, "{pair:?} of seed {seed}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
#[ignore = "make test-deep"]
async fn two_faults_at_once_cost_no_more_than_either_alone() {
    let kinds = levels();
    let mut random = StdRng::seed_from_u64(seed());
    let mut array = array(&kinds, &mut random);
    array.shuffle(&mut random);
    for [a, b] in array {
        let second = if a.1 == b.1 { 2 } else { 1 };
        let [first, other] = [a, b].map(|at| &kinds[at.0]);
        let faults = [first.at(a.1, 1), other.at(b.1, second)];
        let [name, beside] = [first.name, other.name];
        let words = format!("{name} at {}, {beside} at {}", a.1, b.1);
        let telling = Telling(&words);
        let seen = story::with_faults(&faults).await;
        let apart = [alone(first, a.1), alone(other, b.1)];
        let ends = ["failed", "denied", "approved"];
        let end = ends
            .into_iter()
            .find(|&end| apart.iter().any(|alone| alone.0 == end));
        let open = apart.iter().map(|alone| alone.1).sum();
        judge(&seen, (end.expect("an end"), open), telling.0);
    }
}

/// Names the story that a panic ended.
struct Telling<'a>(&'a str);

impl Drop for Telling<'_> {
    #[expect(clippy::print_stderr, reason = "only where the test fails")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("in the story of {}", self.0);
        }
    }
}
