//! However long listening takes, nobody waits for it: not in the same chat, not in another.

use signoff_contract::Status;
use signoff_engine::Confirm;
use signoff_telegram_sim::SeenMessage;

use super::{asked_for_a_reason, hearing, reads, said_about, speaks};
use crate::conversations::asked;
use crate::world::{approval, with};

#[tokio::test]
async fn taps_and_texts_of_the_same_person_in_the_same_chat_do_not_wait() {
    let (world, ear) = hearing(Confirm::Answers).await;
    let prompt = asked_for_a_reason(&world, "slow").await;
    ear.holds();
    let note = ear.hears("slowly");
    let status = speaks(&world, &world.ann, &prompt, note, "I am listening").await;
    ear.has_begun(1).await;
    // More than a lane and all of a chat's slots would hold.
    for number in 0..20 {
        let name = format!("quick-{number}");
        world.asks(approval(&name)).await;
        let card = world.card(&world.ann).await;
        let tap = world.ann.taps(&card, "Approve").answer().await;
        assert_eq!(tap.text, "Approved");
        assert_eq!(world.ends(&name).await.status, Status::Approved);
    }
    world.ann.says(&world.ann, "/whoami");
    let me = |seen: &SeenMessage| seen.text.starts_with("You are ann");
    world.sim.wait_for_message(&world.ann, me).await;
    assert_eq!(
        (ear.begun(), ear.ended()),
        (1, 0),
        "it listens all the time"
    );
    ear.goes_on();
    reads(&world, &status, "Denied").await;
    world.ends("slow").await;
}

#[tokio::test]
async fn notes_wait_their_turn_outside_of_every_slot_and_say_so() {
    let (world, ear) = hearing(Confirm::Answers).await;
    let first = asked_for_a_reason(&world, "first").await;
    ear.holds();
    let note = ear.hears("first");
    let first = speaks(&world, &world.ann, &first, note, "I am listening").await;
    ear.has_begun(1).await;
    // Ben's, in the group: more notes than texts of one chat are handled at once.
    let mut waiting = Vec::new();
    for number in 0..5 {
        let name = format!("waits-{number}");
        let fields = serde_json::json!({ "route": "ops", "title": name });
        world.asks(with(approval(&name), fields)).await;
        let card = world.card(&world.ops).await;
        let prompt = asked(&world, &world.ben, &card, "Deny with a reason").await;
        let note = ear.hears(&name);
        let spoken = world.ben.sends_voice(&world.ops, note, Some(&prompt));
        said_about(&world, &spoken, "Busy, one moment.").await;
        waiting.push(name);
    }
    assert_eq!(ear.begun(), 1, "one after the other");
    let fetched = || world.sim.calls_of("getFile").len();
    assert_eq!(fetched(), 1, "what waits is not fetched");
    let fields = serde_json::json!({ "route": "ops", "title": "tapped" });
    world.asks(with(approval("tapped"), fields)).await;
    let card = world.card(&world.ops).await;
    world.ben.taps(&card, "Approve").answer().await;
    world.ends("tapped").await;
    ear.goes_on();
    reads(&world, &first, "Denied").await;
    for name in waiting {
        let outcome = world.ends(&name).await.outcome.unwrap();
        assert_eq!(outcome.reason, Some(name));
    }
    assert_eq!(fetched(), 6);
}
