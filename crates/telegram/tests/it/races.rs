//! Everybody at once, through Telegram: two people's taps, the deadline and a cancel. What each
//! of them reads agrees with the one outcome. `SIGNOFF_SEED` replays the mixes.

use std::time::Duration;

use rand::rngs::StdRng;
use rand::seq::SliceRandom as _;
use rand::{Rng as _, SeedableRng as _};
use serde_json::json;
use signoff_contract::{CancelBody, Outcome, Status};
use signoff_telegram_sim::{Answer, SeenMessage};

use crate::world::{World, approval, id, requester, seed, with};

const TAPS: usize = 64;
/// Short enough that a press of before can still be answered after.
const TTL: Duration = Duration::from_secs(10);

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_all_who_tap_at_once_one_decides_and_the_others_read_who() {
    races(3).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[ignore = "make test-deep"]
async fn of_all_who_tap_at_once_one_decides_and_the_others_read_who_fifty_times() {
    races(50).await;
}

async fn races(rounds: usize) {
    let mut random = StdRng::seed_from_u64(seed());
    let world = World::new().await;
    for round in 0..rounds {
        race(&world, &format!("race-{round}"), &mut random).await;
    }
}

async fn race(world: &World, name: &str, random: &mut StdRng) {
    let alone = random.random_bool(0.5);
    let route = if alone { "either" } else { "ops" };
    let body = json!({ "route": route, "ttl_seconds": TTL.as_secs() });
    world.asks(with(approval(name), body)).await;
    let cards = if alone {
        [world.card(&world.ann).await, world.card(&world.ben).await]
    } else {
        let card = world.card(&world.ops).await;
        [card.clone(), card]
    };
    world.is_presented(name).await;

    // What they press stands on their screens, whatever becomes of the card meanwhile.
    let mut presses: Vec<(usize, &str)> = (0..TAPS)
        .map(|n| {
            (
                n % 2,
                if random.random_bool(0.5) {
                    "Approve"
                } else {
                    "Deny"
                },
            )
        })
        .collect();
    presses.shuffle(random);
    let (cancel_at, deadline_at) = (random.random_range(0..90), random.random_range(0..90));
    let mut cancel = None;
    let mut taps = Vec::new();
    for (n, &(who, label)) in presses.iter().enumerate() {
        if n == cancel_at {
            let (engine, name) = (world.engine.clone(), id(name));
            cancel = Some(tokio::spawn(async move {
                let body = CancelBody { reason: None };
                engine.cancel(&requester(), &name, body).await.is_ok()
            }));
        }
        if n == deadline_at {
            world.passes(TTL);
        }
        let card = &cards[who];
        let data = button(card, label);
        let person = [&world.ann, &world.ben][who];
        taps.push((
            who,
            label,
            person.taps_data(card.chat_id, card.message_id, &data),
        ));
    }
    let outcome = world.ends(name).await.outcome.expect("it has ended");
    let mut winners = Vec::new();
    for (who, label, tap) in taps {
        let answer = tap.answer().await;
        if reads_that_it_decided(&answer, &outcome) {
            winners.push((who, label));
        }
    }
    let cancelled = match cancel {
        Some(cancel) => cancel.await.expect("no panic"),
        None => false,
    };
    assert_eq!(cancelled, outcome.status == Status::Cancelled);
    let by = outcome.decided_by.first().map(|by| by.name.as_str());
    match outcome.status {
        Status::Approved => assert_eq!(winners, [(position(by), "Approve")]),
        Status::Denied => assert_eq!(winners, [(position(by), "Deny")]),
        _ => assert_eq!(winners, []),
    }
    for card in &cards {
        let closed = world.sim.wait_for_edit(card, |seen| !seen.has_buttons());
        let closed = closed.await;
        assert!(closed.text.contains(&line(&outcome)), "{}", closed.text);
    }
}

fn position(name: Option<&str>) -> usize {
    ["ann", "ben"]
        .iter()
        .position(|known| Some(*known) == name)
        .expect("one of the two")
}

/// Whether this person was told that theirs was the deciding press; whoever was not, reads the
/// outcome and who made it.
fn reads_that_it_decided(answer: &Answer, outcome: &Outcome) -> bool {
    let decided = match outcome.status {
        Status::Approved => answer.text == "Approved",
        Status::Denied => answer.text == "Denied",
        _ => false,
    };
    if !decided {
        let told = format!("Already decided. {}", line(outcome));
        assert!(
            answer.text.starts_with(&told),
            "{answer:?}, and it is {outcome:?}"
        );
        assert!(answer.show_alert);
    }
    decided
}

/// The outcome as people read it, up to the time.
fn line(outcome: &Outcome) -> String {
    let by = || outcome.decided_by[0].name.as_str();
    match outcome.status {
        Status::Approved => format!("✅ Approved by {}", by()),
        Status::Denied => format!("❌ Denied by {}", by()),
        Status::Expired => "⏳ Expired".to_owned(),
        Status::Cancelled => "↩️ Withdrawn by the requester".to_owned(),
        other => panic!("{other:?}"),
    }
}

fn button(card: &SeenMessage, label: &str) -> String {
    let button = card
        .button(label)
        .or_else(|| card.button(&format!("✅ {label}")))
        .or_else(|| card.button(&format!("❌ {label}")));
    let data = button.and_then(|button| button.callback_data.clone());
    data.expect("the card was open")
}
