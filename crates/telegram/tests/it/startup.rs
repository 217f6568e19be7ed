//! Starting while Telegram refuses parts of it: what is not needed keeps nobody from working, and
//! what is needed is named.

use std::time::Duration;

use signoff_contract::Status;
use signoff_telegram_sim::{Call, Fault, FaultKind, SeenMessage};

use crate::delivery::bad_request;
use crate::world::{Hook, Options, World, approval};

const REFUSED: &str = "Telegram refuses to hand over updates: no press and no text arrives";

fn fast() -> Options {
    Options {
        fast: true,
        ..Options::default()
    }
}

fn hello(seen: &SeenMessage) -> bool {
    seen.text.starts_with("Hello ann")
}

#[tokio::test(start_paused = true)]
async fn who_cannot_learn_of_webhooks_polls_all_the_same() {
    for (fault, passes) in [
        (bad_request("SOMETHING_NEW"), false),
        (FaultKind::NotFound, false),
        (FaultKind::Unauthorized, true),
        (FaultKind::BadGateway, true),
    ] {
        let world = World::asleep(fast()).await;
        world
            .sim
            .fault(Fault::on("getWebhookInfo", fault).times(u32::MAX));
        world.wakes();
        world.sim.wait_for_message(&world.ann, hello).await;
        world.asks(approval("deploy")).await;
        let card = world.card(&world.ann).await;
        world.ann.taps(&card, "Approve").answer().await;
        assert_eq!(world.ends("deploy").await.status, Status::Approved);
        // What may pass is asked again; a refusal is not.
        tokio::time::sleep(Duration::from_mins(1)).await;
        let asked = world.sim.calls_of("getWebhookInfo").len();
        assert_eq!(asked > 1, passes, "asked {asked} times");
        world.is_killed().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_webhook_is_removed_though_nobody_says_that_it_is_set() {
    for removing in [None, Some(FaultKind::BadGateway)] {
        let world = World::asleep(fast()).await;
        world.has_a_webhook_elsewhere().await;
        let refused = bad_request("SOMETHING_NEW");
        world.sim.fault(Fault::on("getWebhookInfo", refused));
        if let Some(fault) = removing {
            world.sim.fault(Fault::on("deleteWebhook", fault));
        }
        world.wakes();
        world.sim.wait_for_message(&world.ann, hello).await;
        world.is_killed().await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_without_what_was_asked_for_is_asked_for_again() {
    let world = World::asleep(fast()).await;
    world.has_a_webhook_elsewhere().await;
    for method in ["getMe", "getWebhookInfo"] {
        world.sim.fault(Fault::on(method, FaultKind::NullResult));
    }
    world.wakes();
    // Not before the webhook is gone.
    world.sim.wait_for_message(&world.ann, hello).await;
    assert_eq!(world.sim.calls_of("deleteWebhook").len(), 1);
    world
        .sim
        .wait_for_call(|call| call.method == "setMyCommands")
        .await;
    let username = world.telegram().health().username;
    assert_eq!(username.as_deref(), Some(world.sim.bot_username()));
}

#[tokio::test(start_paused = true)]
async fn updates_that_are_refused_show_in_the_health_until_they_come() {
    let world = World::with(fast()).await;
    let fault = Fault::on("getUpdates", bad_request("SOMETHING_NEW"));
    world.sim.fault(fault.times(u32::MAX));
    // Ends the poll that hangs, should one hang.
    world.ann.says(&world.ann, "/help");
    let refused = |call: &Call| call.method == "getUpdates" && call.fault.is_some();
    let first = world.sim.wait_for_call(refused).await;
    // The second try proves that the first one's answer was read.
    world
        .sim
        .wait_for_call(|call| refused(call) && call.sequence > first.sequence)
        .await;
    // Other calls work, and do not hide it.
    world.asks(approval("deploy")).await;
    let card = world.card(&world.ann).await;
    world.is_presented("deploy").await;
    let problem = world.telegram().health().problem.expect("it shows");
    assert_eq!(problem.what, REFUSED);
    world.sim.clear_faults();
    world.ann.taps(&card, "Approve").answer().await;
    assert_eq!(world.telegram().health().problem, None);
}

#[tokio::test(start_paused = true)]
async fn a_webhook_that_is_refused_shows_in_the_health_until_it_is_set() {
    let hook = Hook::bind().await;
    let updates = hook.updates();
    let world = World::asleep(Options { updates, ..fast() }).await;
    let fault = Fault::on("setWebhook", bad_request("bad webhook: something new"));
    world.sim.fault(fault.times(2));
    world.wakes();
    let _served = hook.serves(world.telegram());
    let refused = |call: &Call| call.method == "setWebhook";
    let first = world.sim.wait_for_call(refused).await;
    world
        .sim
        .wait_for_call(|call| refused(call) && call.sequence > first.sequence)
        .await;
    let problem = world.telegram().health().problem.expect("it shows");
    assert_eq!(problem.what, REFUSED);
    assert!(problem.remedy.contains("public_url"), "{problem:?}");
    world.sim.wait_for_message(&world.ann, hello).await;
    assert_eq!(world.telegram().health().problem, None);
}
