//! Everybody at once: two people's taps, the deadline and a cancel, released together.
//!
//! One outcome comes of it, and everybody's answer agrees with it. `SIGNOFF_SEED` replays the
//! mixes of a failing run (not how the threads meet).

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::seq::SliceRandom as _;
use rand::{Rng as _, SeedableRng as _};
use serde_json::json;
use signoff_contract::{CancelBody, Outcome, RequestResource, Status, Via};
use signoff_core::audit;
use signoff_core::request::Rejection;
use signoff_engine::{AnswerResult, Answered, ButtonAction, Error};
use signoff_store::Verified;
use tokio::sync::Barrier;

use crate::receiver::Receiver;
use crate::world::{World, approval, id, requester, with};

const TAPS: usize = 64;
/// Updates that arrive a second time, with the event id of the first.
const REPEATED: usize = 4;
const TTL: Duration = Duration::from_mins(1);

/// Who takes part in a race.
#[derive(Debug, Clone)]
enum Runner {
    Tap(Tap),
    Cancel,
    Deadline,
}

#[derive(Debug, Clone)]
struct Tap {
    event_id: String,
    who: &'static str,
    action: ButtonAction,
    handle: String,
}

/// What a runner was told at the finish.
#[derive(Debug)]
enum Told {
    Tapped(Tap, Box<Answered>),
    Cancelled(Box<Result<RequestResource, Error>>),
    /// The clock hears nothing.
    Nothing,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_everybody_at_once_one_wins_and_the_others_read_who() {
    races(20).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[ignore = "make test-deep"]
async fn of_everybody_at_once_one_wins_and_the_others_read_who_a_thousand_times() {
    let won = races(1_000).await;
    for status in ["approved", "denied", "expired", "cancelled"] {
        assert!(
            won.contains_key(status),
            "nobody ever got it {status}: {won:?}"
        );
    }
}

/// How often each status came out.
#[expect(clippy::print_stdout, reason = "the seed replays a failure")]
async fn races(rounds: usize) -> BTreeMap<&'static str, usize> {
    let seed = std::env::var("SIGNOFF_SEED").map_or_else(
        |_| rand::rng().random(),
        |seed| seed.parse().expect("SIGNOFF_SEED is a number"),
    );
    println!("SIGNOFF_SEED={seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let world = Arc::new(World::new().await);
    let receiver = Receiver::default();
    let url = receiver.start().await;
    let mut won = BTreeMap::new();
    for round in 0..rounds {
        let status = race(&world, &receiver, &url, round, &mut random).await;
        *won.entry(status.as_str()).or_default() += 1;
    }
    let checked = world.engine.store().verify_audit(|_| ()).await;
    let checked = checked.expect("it can be read");
    assert!(matches!(checked, Verified::Intact { .. }), "{checked:?}");
    println!("{rounds} races: {won:?}");
    won
}

async fn race(
    world: &Arc<World>,
    receiver: &Receiver,
    url: &str,
    round: usize,
    random: &mut StdRng,
) -> Status {
    let name = format!("race-{round}");
    let (route, places) = if random.random_bool(0.5) {
        ("group", ["-100", "-100"])
    } else {
        ("both", ["1001", "1002"])
    };
    let body = json!({
        "route": route,
        "ttl_seconds": TTL.as_secs(),
        "callback": { "url": url },
    });
    world.asks(with(approval(&name), body)).await;
    let runners = runners(world, places, round, random);
    let told = run(world, &name, runners, random).await;
    world.settle().await;

    let ended = world.now(&name).await;
    let outcome = ended.outcome.expect("it has ended");
    for told in &told {
        agrees(told, &outcome, route);
    }
    repetitions_agree(&told);
    one_winner(&told, &outcome);
    one_callback(world, receiver, &name, round, outcome.status).await;
    one_end_in_the_audit(world, &name, outcome.status).await;
    outcome.status
}

fn runners(world: &World, places: [&str; 2], round: usize, random: &mut StdRng) -> Vec<Runner> {
    let mut runners = vec![Runner::Cancel, Runner::Deadline];
    let cards = places.map(|place| world.channel.card(place));
    for n in 0..TAPS {
        let (who, card) = [("ann", &cards[0]), ("ben", &cards[1])][n % 2];
        let action = if random.random_bool(0.5) {
            ButtonAction::Approve
        } else {
            ButtonAction::Deny
        };
        let button = card.buttons.iter().find(|button| button.action == action);
        let tap = Tap {
            event_id: format!("fake:{round}:{n}"),
            who,
            action,
            handle: button.expect("it is open").handle.clone(),
        };
        if n < REPEATED {
            runners.push(Runner::Tap(tap.clone()));
        }
        runners.push(Runner::Tap(tap));
    }
    runners.shuffle(random);
    runners
}

/// Starts them together, and waits for all.
async fn run(
    world: &Arc<World>,
    name: &str,
    runners: Vec<Runner>,
    random: &mut StdRng,
) -> Vec<Told> {
    let barrier = Arc::new(Barrier::new(runners.len()));
    let tasks: Vec<_> = runners
        .into_iter()
        .map(|runner| {
            let (world, name, barrier) = (Arc::clone(world), id(name), Arc::clone(&barrier));
            // A cancel and the clock read nothing before they write: a tap would never win.
            let late = match runner {
                Runner::Tap(_) => 0,
                Runner::Cancel | Runner::Deadline => random.random_range(0..60),
            };
            tokio::spawn(async move {
                barrier.wait().await;
                for _ in 0..late {
                    tokio::task::yield_now().await;
                }
                match runner {
                    Runner::Tap(tap) => {
                        let (event_id, handle) = (&tap.event_id, &tap.handle);
                        let answered =
                            world.responds_as(event_id, tap.who, handle, None, Via::Button);
                        let answered = answered.await;
                        Told::Tapped(tap, Box::new(answered))
                    }
                    Runner::Cancel => {
                        let body = CancelBody { reason: None };
                        let told = world.engine.cancel(&requester(), &name, body).await;
                        Told::Cancelled(Box::new(told))
                    }
                    Runner::Deadline => {
                        world.passes(TTL);
                        world.deadlines_tick().await;
                        Told::Nothing
                    }
                }
            })
        })
        .collect();
    let mut told = Vec::new();
    for task in tasks {
        told.push(task.await.expect("no panic"));
    }
    told
}

/// What somebody was told is what came out, and names who did it.
fn agrees(told: &Told, outcome: &Outcome, route: &str) {
    match told {
        Told::Tapped(_, answered) => {
            let card = answered.card.as_ref().expect("the handle is ours");
            match &answered.result {
                AnswerResult::Applied | AnswerResult::Stale => {
                    assert_eq!(card.request.outcome.as_ref(), Some(outcome), "{told:?}");
                    assert!(card.buttons.is_empty());
                }
                AnswerResult::Recorded { have, need } | AnswerResult::Duplicate { have, need } => {
                    assert_eq!((route, *have, *need), ("both", 1, 2));
                }
                _ => panic!("{told:?}, and it ended as {outcome:?}"),
            }
        }
        Told::Cancelled(cancelled) => match cancelled.as_ref() {
            Ok(resource) => assert_eq!(resource.outcome.as_ref(), Some(outcome)),
            Err(Error::Rejected {
                rejection: Rejection::AlreadyDecided { status },
                outcome: told,
            }) => {
                assert_eq!(*status, outcome.status);
                assert_eq!(told.as_deref(), Some(outcome));
            }
            Err(other) => panic!("{other:?}"),
        },
        Told::Nothing => {}
    }
}

/// Of two deliveries of one tap, one is the first and the other hears the same.
fn repetitions_agree(told: &[Told]) {
    let mut results: BTreeMap<&str, Vec<(bool, &AnswerResult)>> = BTreeMap::new();
    for told in told {
        if let Told::Tapped(tap, answered) = told {
            let of_event = results.entry(&tap.event_id).or_default();
            of_event.push((answered.repeated, &answered.result));
        }
    }
    assert_eq!(results.len(), TAPS);
    for (event, answers) in results {
        let firsts = answers.iter().filter(|(repeated, _)| !repeated).count();
        assert_eq!(firsts, 1, "{event}: {answers:?}");
        assert!(answers.iter().all(|(_, result)| result == &answers[0].1));
    }
}

/// Exactly one did it, and the outcome says that it was this one.
fn one_winner(told: &[Told], outcome: &Outcome) {
    let mut winners = Vec::new();
    for told in told {
        match told {
            Told::Tapped(tap, answered)
                if answered.result == AnswerResult::Applied && !answered.repeated =>
            {
                let status = match tap.action {
                    ButtonAction::Approve => Status::Approved,
                    _ => Status::Denied,
                };
                winners.push((status, Some(tap.who)));
            }
            Told::Cancelled(cancelled) if cancelled.is_ok() => {
                winners.push((Status::Cancelled, None));
            }
            _ => {}
        }
    }
    let by = outcome.decided_by.last().map(|by| by.name.as_str());
    if outcome.status == Status::Expired {
        assert_eq!(winners, []);
    } else if outcome.status == Status::Cancelled {
        assert_eq!(winners, [(Status::Cancelled, None)]);
    } else {
        assert_eq!(winners, [(outcome.status, by)]);
    }
}

/// The requester hears of it once.
async fn one_callback(
    world: &World,
    receiver: &Receiver,
    name: &str,
    round: usize,
    status: Status,
) {
    let rows = world.engine.store().callbacks(None, None, 2).await;
    let rows = rows.expect("a list");
    let of_this = rows.iter().filter(|row| row.correlation_id == id(name));
    let of_this: Vec<_> = of_this.collect();
    assert_eq!(of_this.len(), 1);
    let got = receiver.got();
    assert_eq!(got.len(), round + 1);
    let (webhook_id, body) = &got[round];
    assert_eq!(*webhook_id, of_this[0].id.to_string());
    let body: serde_json::Value = serde_json::from_slice(body).expect("JSON");
    assert_eq!(body["data"]["correlation_id"], name);
    assert_eq!(body["type"], format!("request.{}", status.as_str()));
}

async fn one_end_in_the_audit(world: &World, name: &str, status: Status) {
    let events = world.engine.events(&world.requester, &id(name)).await;
    let events = events.expect("events");
    let mut head = None;
    for event in &events {
        head = Some(audit::verify(head, event).expect("the chain verifies"));
    }
    let ends = ["approved", "denied", "expired", "failed", "cancelled"];
    let ends = ends.map(|end| format!("approval.{end}"));
    let found: Vec<_> = events
        .iter()
        .filter(|event| ends.contains(&event.event_type))
        .map(|event| event.event_type.as_str())
        .collect();
    assert_eq!(found, [format!("approval.{}", status.as_str())]);
}
