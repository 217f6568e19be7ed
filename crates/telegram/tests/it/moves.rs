//! Groups that become supergroups while cards stand in them: messages are numbered anew there.

use std::time::Duration;

use serde_json::json;
use signoff_contract::CancelBody;
use signoff_telegram_sim::SeenMessage;

use crate::world::{World, approval, id, requester, with};

const NOTHING: CancelBody = CancelBody { reason: None };

fn of(title: &str) -> impl Fn(&SeenMessage) -> bool + Send + use<> {
    let title = title.to_owned();
    move |seen| seen.text.contains(&title)
}

fn in_ops(name: &str) -> serde_json::Value {
    with(
        approval(name),
        json!({ "route": "ops-both", "title": name }),
    )
}

#[tokio::test]
async fn a_card_in_a_supergroup_is_not_taken_for_the_one_of_that_number_in_the_old_group() {
    let world = World::new().await;
    world.asks(in_ops("card-a")).await;
    let old = world.card(&world.ops).await;
    world.is_presented("card-a").await;
    let new = world.ops.migrates();
    world.asks(in_ops("card-b")).await;
    // The move is known from here on; the next cards go on until one has the old one's number.
    let mut other = world.card(&new).await;
    let mut name = "card-b".to_owned();
    while other.message_id < old.message_id {
        name.push('b');
        world.asks(in_ops(&name)).await;
        other = world.card(&new).await;
    }
    assert_eq!(other.message_id, old.message_id, "the scenario");
    world.is_presented(&name).await;

    world
        .engine
        .cancel(&requester(), &id("card-a"), NOTHING)
        .await
        .unwrap();
    let told = world
        .sim
        .wait_for_message(&new, |seen| seen.text.contains("Withdrawn"))
        .await;
    assert!(of("card-a")(&told) && !told.has_buttons(), "{}", told.text);
    assert!(told.message_id > other.message_id);
    let untouched = world.sim.message(&new, other.message_id).unwrap();
    assert_eq!(untouched.revision, other.revision, "{}", untouched.text);
    for person in [&world.ann, &world.ben] {
        person.taps(&untouched, "Approve").answer().await;
    }
    assert_eq!(
        world.ends(&name).await.status,
        signoff_contract::Status::Approved
    );
}

#[tokio::test]
async fn a_reminder_in_a_supergroup_replies_to_no_message_of_the_old_group() {
    let world = World::new().await;
    world.asks(in_ops("card-a")).await;
    world.card(&world.ops).await;
    world.is_presented("card-a").await;
    let new = world.ops.migrates();
    world.passes(Duration::from_secs(1_801));
    let reminder = world.sim.wait_for_message(&new, of("Still waiting")).await;
    let card = world
        .sim
        .transcript(&new)
        .into_iter()
        .find(|seen| of("card-a")(seen) && seen.has_buttons());
    assert_eq!(reminder.reply_to, card.map(|card| card.message_id));
}
