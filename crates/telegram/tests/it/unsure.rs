//! Cards that were sent without our knowing, and whose request then ends.

use signoff_contract::{Outcome, Status};
use signoff_engine::{Gateway as _, PromptCard};
use signoff_telegram_sim::{Fault, FaultKind};

use crate::world::{Options, World, ann, approval};

/// The card as it is once the requester withdrew.
fn withdrawn(card: &PromptCard) -> PromptCard {
    let mut ended = card.clone();
    ended.revision += 1;
    ended.request.status = Status::Cancelled;
    ended.request.outcome = Some(Outcome {
        status: Status::Cancelled,
        decided_at: card.request.created_at,
        reason: None,
        reason_via: None,
        answer: None,
        decided_by: Vec::new(),
    });
    ended.buttons.clear();
    ended
}

#[tokio::test]
async fn the_outcome_is_told_where_a_card_may_stand_that_was_never_noted() {
    for fault in [FaultKind::ResetAfter, FaultKind::NullResult] {
        let world = World::asleep(Options::default()).await;
        world.asks(approval("deploy")).await;
        let card = &world.engine.pending(&ann()).await.unwrap()[0].card;
        let name = format!("{fault:?}");
        world.sim.fault(Fault::on("sendMessage", fault));
        let lost = world.connects().channel().show(card, &[]).await;
        assert!(lost.is_err(), "{name}");
        // Another process hears of the end.
        let channel = world.connects().channel();
        let at = channel.show(&withdrawn(card), &[]).await.unwrap();
        assert_eq!(at.len(), 1, "{name}");
        let told = world.sim.transcript(&world.ann).pop().unwrap();
        assert!(told.text.contains("Withdrawn"), "{name}: {}", told.text);
        assert!(!told.has_buttons(), "{name}");
    }
}

#[tokio::test]
async fn nothing_is_said_of_a_request_that_nobody_can_have_seen() {
    let world = World::asleep(Options::default()).await;
    world.asks(approval("deploy")).await;
    let card = &world.engine.pending(&ann()).await.unwrap()[0].card;
    let busy = FaultKind::TooManyRequests { retry_after: 1 };
    world.sim.fault(Fault::on("sendMessage", busy));
    let channel = world.connects().channel();
    assert!(channel.show(card, &[]).await.is_err());
    let at = channel.show(&withdrawn(card), &[]).await.unwrap();
    assert!(at.is_empty());
    assert_eq!(
        world.sim.calls_of("sendMessage").len(),
        1,
        "the refused one"
    );
}

#[tokio::test]
async fn a_card_that_only_the_channel_noted_closes_though_an_orphan_was_found_first() {
    let world = World::asleep(Options::default()).await;
    world.asks(approval("deploy")).await;
    let card = &world.engine.pending(&ann()).await.unwrap()[0].card;
    let channel = world.connects().channel();
    // Posted and noted by the channel; the process is killed before the engine notes it.
    let noted = channel.show(card, &[]).await.unwrap();
    // An older card of the same prompt is found instead: another process posted it.
    let orphan = signoff_engine::PromptRef(noted[0].0.replacen("\"message\":", "\"message\":9", 1));
    let at = channel.show(&withdrawn(card), &[orphan]).await.unwrap();
    assert!(at.contains(&noted[0]), "{at:?}");
    let open = world.sim.transcript(&world.ann).into_iter();
    assert_eq!(
        open.filter(signoff_telegram_sim::SeenMessage::has_buttons)
            .count(),
        0
    );
}
