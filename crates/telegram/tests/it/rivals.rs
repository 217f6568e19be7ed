//! Several services with one token: two on one store take turns, two that know nothing of each
//! other take updates from each other, and say so.

use std::collections::BTreeSet;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use serde_json::json;
use signoff_contract::Status;
use signoff_telegram_sim::SeenMessage;
use tokio_util::sync::CancellationToken;

use crate::world::{Options, Receiver, World, approval, seed, with};

fn fast() -> Options {
    Options {
        fast: true,
        ..Options::default()
    }
}

fn known(seen: &SeenMessage) -> bool {
    seen.text.starts_with("You are ann")
}

/// The operator of either sees it. A tap that the other took is answered by the other, and the
/// person taps again; what was confirmed once stands.
#[tokio::test(start_paused = true)]
async fn of_two_services_with_one_token_neither_loses_nor_doubles_a_decision_that_it_confirmed() {
    let world = World::with(fast()).await;
    let receiver = Receiver::start().await;
    // Another installation: another store, and the same bot.
    let mut rival = world.rival().await;
    tokio::time::sleep(Duration::from_secs(40)).await;
    let mut ended = BTreeSet::new();
    let mut random = StdRng::seed_from_u64(seed());
    for round in 0..5 {
        let name = format!("deploy-{round}");
        let callback = json!({ "callback": { "url": receiver.url() } });
        world.asks(with(approval(&name), callback)).await;
        let card = world.card(&world.ann).await;
        world.is_presented(&name).await;
        // People tap for as long as there are buttons.
        let standing = || world.sim.message(&world.ann, card.message_id);
        for tap in 0.. {
            assert!(tap < 100, "no tap reaches us");
            if !standing().expect("the card").has_buttons() {
                break;
            }
            let answer = world.ann.taps(&card, "Approve").answer().await;
            let decided = ["Approved", "Already decided. ✅ Approved by ann"];
            if !decided.iter().any(|words| answer.text.starts_with(words)) {
                // The other service does not know this card, and decides nothing.
                assert!(answer.text.contains("not mine"), "{answer:?}");
            }
            tokio::time::sleep(Duration::from_millis(random.random_range(1_000..9_000))).await;
        }
        assert_eq!(world.ends(&name).await.status, Status::Approved);
        ended.insert(name);
        // They push each other aside and get through in turns: health does not waver.
        for health in [world.telegram().health(), rival.health()] {
            let problem = health.problem.expect("the conflict shows");
            assert_eq!(problem.what, "another process polls with this bot's token");
            assert!(problem.remedy.contains("stop the other process"));
        }
        tokio::time::sleep(Duration::from_secs(40)).await;
    }
    // The other one goes: all is well again.
    rival.goes().await;
    tokio::time::sleep(Duration::from_mins(2)).await;
    assert_eq!(world.telegram().health().problem, None);
    world.ann.says(&world.ann, "/whoami");
    world.sim.wait_for_message(&world.ann, known).await;
    let deliveries = receiver.deliveries();
    let told: BTreeSet<&str> = deliveries
        .iter()
        .filter_map(|delivery| delivery.body["data"]["correlation_id"].as_str())
        .collect();
    assert_eq!(deliveries.len(), ended.len(), "one callback each");
    assert!(ended.iter().all(|name| told.contains(name.as_str())));
}

#[tokio::test(start_paused = true)]
async fn of_two_replicas_one_polls_and_the_other_takes_over() {
    let world = World::with(fast()).await;
    let second = world.connects_as("second");
    let stop = CancellationToken::new();
    let running = tokio::spawn({
        let (second, stop) = (second.clone(), stop.clone());
        async move { second.run(stop).await.expect("it runs") }
    });
    tokio::time::sleep(Duration::from_mins(3)).await;
    assert!(
        world.sim.calls().iter().all(|call| call.status != 409),
        "one poller at a time"
    );
    // The first one falls silent. Its lease lapses after 30 s.
    world.is_killed().await;
    world.ann.says(&world.ann, "/whoami");
    let asked = tokio::time::Instant::now();
    world.sim.wait_for_message(&world.ann, known).await;
    assert!(
        asked.elapsed() < Duration::from_mins(1),
        "{:?}",
        asked.elapsed()
    );
    stop.cancel();
    running.await.expect("it stops");
}
