//! Documents and the cards that speak of them: no card offers a yes to what nobody was given.

use serde_json::{Value, json};
use signoff_contract::{CancelBody, Digest, Status};
use signoff_telegram_sim::SeenMessage;

use crate::delivery::long_approval;
use crate::world::{World, approval, id, requester, with};

/// Every approver must say yes to this: it fits into a message in English, and only just.
fn just_fitting(name: &str) -> Value {
    let action = json!({ "tool": "k8s.apply", "arguments": { "manifest": "x".repeat(FITS) } });
    with(approval(name), json!({ "route": "both", "action": action }))
}

/// A value of so many characters leaves an English card in one message, but no Russian one.
const FITS: usize = 3_292;

const RUSSIAN: [(&str, &str); 2] = [("ann", "ru"), ("ben", "ru")];

fn speaks_of_a_file(seen: &SeenMessage) -> bool {
    seen.text.contains("в файле выше") || seen.text.contains("file above")
}

fn can_be_approved(seen: &SeenMessage) -> bool {
    seen.labels().iter().any(|label| label.starts_with('✅'))
}

#[tokio::test]
async fn a_card_that_needs_a_file_in_another_language_is_posted_anew_with_it() {
    let mut world = World::new().await;
    let request = world.asks(just_fitting("apply")).await;
    let (anns, bens) = (world.card(&world.ann).await, world.card(&world.ben).await);
    world.is_presented("apply").await;
    assert!(world.sim.calls_of("sendDocument").is_empty(), "it fits");

    world.restarts_for(&RUSSIAN).await;
    world.ann.taps(&anns, "Approve").answer().await;
    let old = world
        .sim
        .wait_for_edit(&bens, |seen| !can_be_approved(seen))
        .await;
    assert!(!speaks_of_a_file(&old), "{}", old.text);
    let chat = world.sim.transcript(&world.ben);
    let anew: Vec<&SeenMessage> = chat.iter().filter(|seen| can_be_approved(seen)).collect();
    let [anew] = anew[..] else {
        panic!("one card to answer: {anew:?}");
    };
    assert!(speaks_of_a_file(anew), "{}", anew.text);
    let file = chat.iter().find(|seen| seen.document.is_some()).unwrap();
    assert!(file.message_id < anew.message_id);
    let digest = Digest::of_bytes(file.file_bytes().unwrap());
    assert_eq!(Some(digest), request.view_digest);

    world.ben.taps(anew, "✅").answer().await;
    assert_eq!(world.ends("apply").await.status, Status::Approved);
    for card in [&old, anew] {
        world
            .sim
            .wait_for_edit(card, |seen| !seen.has_buttons())
            .await;
    }
}

#[tokio::test]
async fn a_closed_card_speaks_of_no_file_that_was_never_posted() {
    let mut world = World::new().await;
    world.asks(just_fitting("apply")).await;
    let card = world.card(&world.ann).await;
    world.card(&world.ben).await;
    world.is_presented("apply").await;
    world.restarts_for(&RUSSIAN).await;
    let reason = CancelBody { reason: None };
    world
        .engine
        .cancel(&requester(), &id("apply"), reason)
        .await
        .unwrap();
    let closed = world
        .sim
        .wait_for_edit(&card, |seen| !seen.has_buttons())
        .await;
    assert!(!speaks_of_a_file(&closed), "{}", closed.text);
    assert!(world.sim.calls_of("sendDocument").is_empty());
}

#[tokio::test]
async fn a_file_that_was_posted_is_not_posted_again_after_a_restart() {
    let mut world = World::new().await;
    world
        .asks(with(long_approval("apply"), json!({ "route": "both" })))
        .await;
    let (anns, bens) = (world.card(&world.ann).await, world.card(&world.ben).await);
    world.is_presented("apply").await;
    world.restarts_for(&RUSSIAN).await;
    world.ann.taps(&anns, "Approve").answer().await;
    let edited = world
        .sim
        .wait_for_edit(&bens, |seen| seen.text.contains("в файле выше"))
        .await;
    assert!(can_be_approved(&edited), "{}", edited.text);
    assert_eq!(world.sim.calls_of("sendDocument").len(), 2, "one for each");
}
