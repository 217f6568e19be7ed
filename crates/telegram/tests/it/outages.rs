//! After an outage: taps that Telegram no longer has.

use std::time::Duration;

use serde_json::json;
use signoff_contract::Status;
use signoff_telegram_sim::SeenMessage;

use crate::world::{World, approval, with};

#[tokio::test]
async fn after_an_outage_every_chat_learns_what_still_waits() {
    let world = World::new().await;
    world.asks(approval("deploy")).await;
    let card = world.card(&world.ann).await;
    world
        .asks(with(approval("public"), json!({ "route": "ops" })))
        .await;
    let public = world.card(&world.ops).await;
    world.ben.taps(&public, "Approve").answer().await;
    world
        .sim
        .wait_for_edit(&public, |seen| !seen.has_buttons())
        .await;
    world.is_killed().await;
    world.ann.taps(&card, "Approve");
    world.passes(Duration::from_mins(10));
    world.wakes();
    let notice = world
        .sim
        .wait_for_message(&world.ann, |seen| seen.text.contains("I was offline from"))
        .await;
    assert!(
        notice.text.contains("Taps in that time did not arrive"),
        "{}",
        notice.text
    );
    assert!(
        notice.text.ends_with("1 request still waits:"),
        "{}",
        notice.text
    );
    assert_eq!(world.request("deploy").await.status, Status::Pending);
    // The buttons lead to the card; nothing was posted again by itself.
    assert_eq!(
        world
            .sim
            .transcript(&world.ann)
            .iter()
            .filter(|seen| seen.has_buttons())
            .count(),
        2
    );
    world.ann.taps(&notice, notice.labels()[0]).answer().await;
    let copy = world.card(&world.ann).await;
    world.ann.taps(&copy, "Approve").answer().await;
    assert_eq!(world.ends("deploy").await.status, Status::Approved);
    // Nothing waits in the group, so nothing is said there.
    assert!(
        world
            .sim
            .transcript(&world.ops)
            .iter()
            .all(|seen| !seen.text.contains("offline"))
    );
}

#[tokio::test]
async fn a_short_restart_is_no_outage() {
    let world = World::new().await;
    world.asks(approval("deploy")).await;
    world.card(&world.ann).await;
    world.is_killed().await;
    world.passes(Duration::from_secs(100));
    world.wakes();
    world.ann.says(&world.ann, "/whoami");
    let known = |seen: &SeenMessage| seen.text.starts_with("You are ann");
    world.sim.wait_for_message(&world.ann, known).await;
    let said = world.sim.transcript(&world.ann);
    assert!(said.iter().all(|seen| !seen.text.contains("offline")));
}

#[tokio::test]
async fn an_outage_is_noticed_also_after_the_clock_was_set_back() {
    let world = World::new().await;
    world.our_clock_goes_back(Duration::from_hours(1));
    // Updates still reach us, which is noted by the clock as it is now.
    world.asks(approval("deploy")).await;
    let card = world.card(&world.ann).await;
    world.ann.says(&world.ann, "/pending");
    world
        .sim
        .wait_for_message(&world.ann, |seen| seen.message_id > card.message_id)
        .await;
    world.is_killed().await;
    world.passes(Duration::from_mins(10));
    world.wakes();
    world
        .sim
        .wait_for_message(&world.ann, |seen| seen.text.contains("I was offline from"))
        .await;
    assert_eq!(world.request("deploy").await.status, Status::Pending);
}
