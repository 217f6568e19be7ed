//! Every fault that passes, once, at every method of a request's way from submit to closed card.

use std::time::Duration;

use serde_json::json;
use signoff_contract::{PromptState, Status};
use signoff_telegram_sim::{Fault, FaultKind};

use crate::delivery::long_approval;
use crate::world::{Options, World, with};

/// The methods that an approval takes with polling, from the start of the service.
const METHODS: [&str; 8] = [
    "getMe",
    "setMyCommands",
    "getWebhookInfo",
    "getUpdates",
    "sendDocument",
    "sendMessage",
    "answerCallbackQuery",
    "editMessageText",
];

/// Faults after which the same call may work: none of them may cost anybody a decision.
fn passing() -> Vec<FaultKind> {
    vec![
        FaultKind::TooManyRequests { retry_after: 7 },
        FaultKind::Unauthorized,
        FaultKind::Conflict,
        FaultKind::InternalServerError,
        FaultKind::BadGateway,
        FaultKind::Portal,
        FaultKind::EmptyBody,
        FaultKind::TruncatedJson,
        FaultKind::NullResult,
        FaultKind::UnknownFields,
        FaultKind::ResetBefore,
        FaultKind::ResetAfter,
        FaultKind::SlowBody,
        FaultKind::DelayBefore { millis: 60_000 },
        FaultKind::DelayAfter { millis: 60_000 },
        FaultKind::Late { millis: 60_000 },
    ]
}

/// A request is asked, shown, approved by a tap on the newest card, and closed, with one fault on
/// the way.
async fn approved_in_spite_of(method: &str, kind: FaultKind) {
    let late = matches!(kind, FaultKind::DelayBefore { .. } | FaultKind::Late { .. });
    let cell = format!("{kind:?} at {method}");
    let world = World::asleep(Options {
        fast: true,
        ..Options::default()
    })
    .await;
    let at_start = method.starts_with("get") || method.starts_with("set");
    if at_start {
        world.sim.fault(Fault::on(method, kind.clone()));
    }
    world.wakes();
    let hello = |seen: &signoff_telegram_sim::SeenMessage| seen.text.starts_with("Hello");
    world.sim.wait_for_message(&world.ann, hello).await;
    if !at_start {
        world.sim.fault(Fault::on(method, kind));
    }
    let waiting = with(long_approval("apply"), json!({ "route": "default" }));
    world.asks(waiting).await;
    // Known to stand there: a send with an unknown result is repeated before.
    while world.request("apply").await.prompts.unwrap()[0].state != PromptState::Open {
        let status = world.request("apply").await.status;
        assert_eq!(status, Status::Pending, "{cell}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let cards = world.sim.transcript(&world.ann);
    let card = cards.iter().rfind(|seen| seen.has_buttons()).unwrap();
    let tap = world.ann.taps(card, "Approve");
    let closed = world.sim.wait_for_edit(card, |seen| !seen.has_buttons());
    assert!(closed.await.text.contains("✅ Approved by ann"), "{cell}");
    assert_eq!(
        world.request("apply").await.status,
        Status::Approved,
        "{cell}"
    );
    // A call that waits before it is processed is written down afterwards, or never.
    let calls = world.sim.calls_of(method);
    let hit = late || calls.iter().any(|call| call.fault.is_some());
    assert!(hit, "{cell}: no call was hit");
    // No toast may say anything else; it may be missing when its time ran out.
    let toast = tap.answered().map(|answer| answer.text).unwrap_or_default();
    assert!(
        ["", "Approved"].contains(&toast.as_str()),
        "{cell}: {toast}"
    );
}

#[tokio::test(start_paused = true)]
async fn no_fault_that_passes_costs_a_decision() {
    for method in METHODS {
        for kind in passing() {
            approved_in_spite_of(method, kind).await;
        }
    }
}
