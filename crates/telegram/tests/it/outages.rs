//! After an outage: taps that Telegram no longer has.

use std::time::Duration;

use serde_json::json;
use signoff_contract::Status;
use signoff_telegram_sim::{Fault, FaultKind, SeenMessage};

use crate::world::{Options, Receiver, World, approval, with};

fn fast() -> Options {
    Options {
        fast: true,
        ..Options::default()
    }
}

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

/// Telegram cannot be reached for ten minutes while the service runs: what was asked waits, what
/// was tapped is lost on Telegram's side, and people learn of it.
#[tokio::test(start_paused = true)]
async fn an_outage_of_ten_minutes_loses_no_request_and_is_told_afterwards() {
    for fault in [FaultKind::ResetBefore, FaultKind::BadGateway] {
        let world = World::with(fast()).await;
        let receiver = Receiver::start().await;
        let callback = json!({ "callback": { "url": receiver.url() } });
        world.asks(with(approval("before"), callback.clone())).await;
        let before = world.card(&world.ann).await;
        world.is_presented("before").await;
        world.sim.fault(Fault {
            method: None,
            ..Fault::on("", fault.clone()).times(u32::MAX)
        });
        // A poll that hangs ends with this, and the next one fails.
        world.ann.says(&world.ann, "/whoami");
        tokio::time::sleep(Duration::from_mins(1)).await;
        world.ann.taps(&before, "Approve");
        let during = json!({ "title": "Asked in the outage" });
        world
            .asks(with(with(approval("during"), during), callback))
            .await;
        world.hurries();
        tokio::time::sleep(Duration::from_mins(9)).await;
        let problem = world.telegram().health().problem.expect("it shows");
        assert!(
            [
                "Telegram cannot be reached",
                "Telegram answers with errors of its own"
            ]
            .contains(&problem.what.as_str()),
            "{problem:?}"
        );
        for name in ["before", "during"] {
            assert_eq!(world.request(name).await.status, Status::Pending, "{name}");
        }
        world.sim.clear_faults();
        let told = |seen: &SeenMessage| seen.text.contains("I was offline from");
        let notice = world.sim.wait_for_message(&world.ann, told).await;
        assert!(
            notice.text.contains("Taps in that time did not arrive"),
            "{}",
            notice.text
        );
        let late = |seen: &SeenMessage| {
            seen.labels().contains(&"✅ Approve") && seen.text.contains("Asked in the")
        };
        let during = world.sim.wait_for_message(&world.ann, late).await;
        assert_eq!(world.telegram().health().problem, None);
        for (card, name) in [(&before, "before"), (&during, "during")] {
            world.is_presented(name).await;
            world.ann.taps(card, "Approve").answer().await;
            world
                .sim
                .wait_for_edit(card, |seen| !seen.has_buttons())
                .await;
            assert_eq!(world.ends(name).await.status, Status::Approved);
        }
        tokio::time::sleep(Duration::from_mins(1)).await;
        let told: Vec<String> = receiver.deliveries().into_iter().map(|d| d.id).collect();
        assert_eq!(told.len(), 2, "one callback each: {told:?}");
        // One notice, and no card twice.
        let seen = world.sim.transcript(&world.ann);
        let notices = seen
            .iter()
            .filter(|seen| seen.text.contains("offline from"));
        assert_eq!(notices.count(), 1);
        let asked = seen
            .iter()
            .filter(|seen| seen.text.contains("Asked in the"));
        assert_eq!(asked.count(), 1);
        world.is_killed().await;
    }
}

/// An operator revokes the token by mistake, or because it leaked, and puts the new one in place:
/// what was asked meanwhile waits for that, and health says so at once.
#[tokio::test(start_paused = true)]
async fn a_revoked_token_holds_requests_until_it_is_put_right() {
    let world = World::with(fast()).await;
    world.sim.fault(Fault {
        method: None,
        ..Fault::on("", FaultKind::Unauthorized).times(u32::MAX)
    });
    world.ann.says(&world.ann, "/whoami");
    world.asks(approval("deploy")).await;
    world
        .sim
        .wait_for_call(|call| call.method == "sendMessage" && call.status == 401)
        .await;
    tokio::time::sleep(Duration::from_mins(10)).await;
    let problem = world.telegram().health().problem.expect("it shows");
    assert!(
        problem.what.contains("revoked") && problem.remedy.contains("@BotFather"),
        "{problem:?}"
    );
    let waiting = world.request("deploy").await;
    assert_eq!(waiting.status, Status::Pending);
    let prompts = waiting.prompts.unwrap_or_default();
    assert!(prompts.iter().all(|prompt| prompt.presented_at.is_none()));
    world.sim.clear_faults();
    let approve = |seen: &SeenMessage| seen.labels().contains(&"✅ Approve");
    let card = world.sim.wait_for_message(&world.ann, approve).await;
    world.is_presented("deploy").await;
    world.ann.taps(&card, "Approve").answer().await;
    assert_eq!(world.ends("deploy").await.status, Status::Approved);
    assert_eq!(world.telegram().health().problem, None);
}
