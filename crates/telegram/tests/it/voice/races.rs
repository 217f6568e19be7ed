//! What is heard against `/cancel`, a typed answer and a tap, at moments that nobody chose: what
//! each of them says agrees with the one outcome. `SIGNOFF_SEED` replays the moments.

use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use signoff_contract::{Status, Via};
use signoff_engine::Confirm;
use signoff_telegram_sim::SeenMessage;

use super::{Ear, asked_for_a_reason, hearing, reads, speaks};
use crate::world::{World, seed};

/// How often each race is run.
const ROUNDS: usize = 12;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn after_a_cancel_that_says_so_nothing_that_was_heard_is_sent() {
    let mut random = StdRng::seed_from_u64(seed());
    let (world, ear) = hearing(Confirm::Answers).await;
    let (mut cancelled, mut denied) = (0, 0);
    for round in 0..ROUNDS {
        let name = format!("race-{round}");
        let prompt = asked_for_a_reason(&world, &name).await;
        ear.holds();
        let begun = ear.begun();
        let note = ear.hears("because");
        let status = speaks(&world, &world.ann, &prompt, note, "I am listening").await;
        ear.has_begun(begun + 1).await;
        at_once(&ear, &mut random, || {
            world.ann.says(&world.ann, "/cancel");
        })
        .await;
        let answer = |seen: &SeenMessage| {
            seen.text == "Cancelled, nothing was sent."
                || seen.text == "There is nothing to cancel."
        };
        let told = world.sim.wait_for_message(&world.ann, answer).await;
        if told.text.starts_with("Cancelled") {
            reads(&world, &status, "This voice note is not used.").await;
            assert_eq!(
                world.request(&name).await.status,
                Status::Pending,
                "{round}"
            );
            cancelled += 1;
        } else {
            reads(&world, &status, "Denied").await;
            let outcome = world.ends(&name).await.outcome.unwrap();
            assert_eq!(outcome.reason.as_deref(), Some("because"), "{round}");
            denied += 1;
        }
    }
    assert_eq!(cancelled + denied, ROUNDS);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_what_is_typed_and_what_is_heard_one_counts_and_both_are_told_which() {
    let mut random = StdRng::seed_from_u64(seed());
    let (world, ear) = hearing(Confirm::Answers).await;
    for round in 0..ROUNDS {
        let name = format!("race-{round}");
        let prompt = asked_for_a_reason(&world, &name).await;
        ear.holds();
        let begun = ear.begun();
        let note = ear.hears("spoken");
        let status = speaks(&world, &world.ann, &prompt, note, "I am listening").await;
        ear.has_begun(begun + 1).await;
        at_once(&ear, &mut random, || {
            world.ann.replies(&prompt, "typed");
        })
        .await;
        let outcome = world.ends(&name).await.outcome.unwrap();
        let said = (outcome.reason.as_deref(), outcome.reason_via);
        let typed = said == (Some("typed"), Some(Via::Text));
        assert!(
            typed || said == (Some("spoken"), Some(Via::Voice)),
            "{round}: {said:?}"
        );
        let is_over = |text: &str| !text.contains("I am listening");
        let about = is_settled(&world, &status, is_over).await;
        if typed {
            assert!(
                about.contains("not used") || about.contains("Already decided."),
                "{round}: {about}"
            );
        } else {
            assert!(about.ends_with("Denied"), "{round}: {about}");
        }
    }
}

/// Listening goes on and something else happens, in either order, a moment apart.
async fn at_once(ear: &Ear, random: &mut StdRng, other: impl FnOnce()) {
    let moment = Duration::from_micros(random.random_range(0..20_000));
    if random.random_bool(0.5) {
        ear.goes_on();
        tokio::time::sleep(moment).await;
        other();
    } else {
        other();
        tokio::time::sleep(moment).await;
        ear.goes_on();
    }
}

/// Waits until what we say about a note is like this; what that is.
async fn is_settled(world: &World, status: &SeenMessage, like: impl Fn(&str) -> bool) -> String {
    let now = world.sim.message(status.chat_id, status.message_id);
    if let Some(now) = now.filter(|now| like(&now.text)) {
        return now.text;
    }
    let edited = world
        .sim
        .wait_for_edit(status, |seen| like(&seen.text))
        .await;
    edited.text
}
