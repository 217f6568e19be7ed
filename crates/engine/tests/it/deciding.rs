//! Who decides what, and what does not count.

use std::time::Duration;

use serde_json::json;
use signoff_contract::{Status, Via};
use signoff_engine::{AnswerResult, ButtonAction};

use crate::world::{World, approval, approve, id, question, with};

const MINUTE: Duration = Duration::from_mins(1);

#[tokio::test]
async fn high_risk_asks_for_a_second_press_and_hidden_values_do_too() {
    for body in [
        with(approval("a"), json!({ "risk": "high" })),
        with(
            approval("a"),
            json!({ "action": { "tool": "t", "arguments": { "password": "hunter2-hunter2" } } }),
        ),
    ] {
        let world = World::new().await;
        world.asks(body).await;
        let first = world.presses("ann", "1001", approve).await;
        assert_eq!(first.result, AnswerResult::ConfirmRequired);
        let hasty = world.presses("ann", "1001", approve).await;
        assert_eq!(
            hasty.result,
            AnswerResult::ConfirmRequired,
            "a double tap is no second press"
        );
        world.passes(2 * MINUTE);
        let late = world.presses("ann", "1001", approve).await;
        assert_eq!(
            late.result,
            AnswerResult::ConfirmRequired,
            "a late one is a first press again"
        );
        world.passes(Duration::from_secs(2));
        let second = world.presses("ann", "1001", approve).await;
        assert_eq!(second.result, AnswerResult::Applied);
    }
}

#[tokio::test]
async fn two_people_must_approve_and_the_cards_count_them() {
    let world = World::new().await;
    world
        .asks(with(approval("a"), json!({ "route": "both" })))
        .await;
    let first = world.presses("ann", "1001", approve).await;
    assert_eq!(first.result, AnswerResult::Recorded { have: 1, need: 2 });
    world.settle().await;
    assert_eq!(world.channel.card("1002").approvals, ["ann"]);
    let again = world.presses("ann", "1001", approve).await;
    assert_eq!(again.result, AnswerResult::Duplicate { have: 1, need: 2 });
    let second = world.presses("ben", "1002", approve).await;
    assert_eq!(second.result, AnswerResult::Applied);
    world.settle().await;
    assert!(world.channel.card("1001").buttons.is_empty());
    assert_eq!(
        world
            .now("a")
            .await
            .outcome
            .expect("ended")
            .decided_by
            .len(),
        2
    );
}

#[tokio::test]
async fn one_deny_ends_it_whoever_approved_before() {
    let world = World::new().await;
    world
        .asks(with(approval("a"), json!({ "route": "both" })))
        .await;
    world.presses("ann", "1001", approve).await;
    let card = world.channel.card("1002");
    let reasoned = card
        .buttons
        .iter()
        .find(|b| b.action == ButtonAction::DenyWithReason);
    let handle = reasoned.expect("a button").handle.clone();
    let denied = world
        .responds("ben", &handle, Some("not on a Friday"), Via::Text)
        .await;
    assert_eq!(denied.result, AnswerResult::Applied);
    let outcome = world.now("a").await.outcome.expect("ended");
    assert_eq!(
        (outcome.status, outcome.reason.as_deref()),
        (Status::Denied, Some("not on a Friday"))
    );
    assert_eq!(outcome.reason_via, Some(Via::Text));
}

#[tokio::test]
async fn a_reason_reaches_the_requester_verbatim_and_the_chat_masked() {
    let world = World::new().await;
    world.asks(approval("a")).await;
    let card = world.channel.card("1001");
    let reasoned = card
        .buttons
        .iter()
        .find(|b| b.action == ButtonAction::DenyWithReason);
    let handle = reasoned.expect("a button").handle.clone();
    let secret = "ghp_0123456789abcdefghijklmnopqrstuvwxyz";
    world
        .responds("ann", &handle, Some(&format!("leaked {secret}")), Via::Text)
        .await;
    world.settle().await;
    let verbatim = world
        .now("a")
        .await
        .outcome
        .expect("ended")
        .reason
        .expect("a reason");
    assert!(verbatim.contains(secret));
    let echoed = world
        .channel
        .card("1001")
        .request
        .outcome
        .expect("ended")
        .reason;
    assert!(!echoed.expect("a reason").contains(secret));
    let events = world
        .engine
        .events(&world.requester, &id("a"))
        .await
        .expect("events");
    assert!(
        !serde_json::to_string(&events)
            .expect("JSON")
            .contains(secret)
    );
}

#[tokio::test]
async fn a_question_takes_an_option_an_own_answer_or_a_refusal() {
    let world = World::new().await;
    for (correlation_id, press, status, text) in [
        (
            "q1",
            ButtonAction::Choose {
                option_id: "wait".into(),
                label: "Delay".into(),
            },
            Status::Approved,
            Some("Delay"),
        ),
        (
            "q2",
            ButtonAction::CustomAnswer,
            Status::Approved,
            Some("after lunch"),
        ),
        ("q3", ButtonAction::Decline, Status::Denied, None),
    ] {
        world.asks(question(correlation_id)).await;
        let card = world.channel.card("1001");
        let button = card
            .buttons
            .iter()
            .find(|b| b.action == press)
            .expect("a button");
        let words = (press == ButtonAction::CustomAnswer).then_some("after lunch");
        let answered = world
            .responds("ann", &button.handle, words, Via::Text)
            .await;
        assert_eq!(answered.result, AnswerResult::Applied);
        world.settle().await;
        let outcome = world.now(correlation_id).await.outcome.expect("ended");
        assert_eq!(outcome.status, status);
        assert_eq!(outcome.answer.map(|answer| answer.text).as_deref(), text);
    }
}

#[tokio::test]
async fn a_stranger_and_a_forger_decide_nothing_and_the_audit_names_them() {
    let world = World::new().await;
    world
        .asks(with(approval("a"), json!({ "route": "group" })))
        .await;
    let refused = world.presses("eve", "-100", approve).await;
    let needed = vec!["ann".to_owned(), "ben".to_owned()];
    assert_eq!(refused.result, AnswerResult::NotAuthorised { needed });
    let other = world.presses("cy", "-100", approve).await;
    assert!(matches!(other.result, AnswerResult::NotAuthorised { .. }));
    let forged = world
        .responds("ann", &"A".repeat(47), None, Via::Button)
        .await;
    assert_eq!(forged.result, AnswerResult::NotOurs);
    assert_eq!(world.now("a").await.status, Status::Pending);
    let events = world
        .engine
        .events(&world.requester, &id("a"))
        .await
        .expect("events");
    let refused: Vec<_> = events
        .iter()
        .filter(|event| event.event_type == "response.refused")
        .map(|event| (event.actor_type.as_str(), event.actor_id.as_str()))
        .collect();
    assert_eq!(refused, [("stranger", "fake:6666"), ("approver", "cy")]);
}

#[tokio::test]
async fn a_repeated_event_gets_its_first_answer_and_changes_nothing() {
    let world = World::new().await;
    world
        .asks(with(approval("a"), json!({ "route": "both" })))
        .await;
    let handle = world.channel.card("1001").buttons[0].handle.clone();
    let first = world
        .responds_as("fake:1", "ann", &handle, None, Via::Button)
        .await;
    let again = world
        .responds_as("fake:1", "ann", &handle, None, Via::Button)
        .await;
    assert_eq!(first.result, AnswerResult::Recorded { have: 1, need: 2 });
    assert_eq!((again.result, again.repeated), (first.result, true));
}

#[tokio::test]
async fn one_thing_said_never_decides_two_requests() {
    let world = World::new().await;
    world.asks(question("first")).await;
    world.asks(question("second")).await;
    let custom = |n: usize| {
        let cards = world.channel.shown_in("1001");
        let button = cards[n]
            .buttons
            .iter()
            .find(|b| b.action == ButtonAction::CustomAnswer);
        button.expect("a button").handle.clone()
    };
    let (first, second) = (custom(0), custom(1));
    let said = "delete everything";
    let taken = world
        .responds_as("fake:1", "ann", &first, Some(said), Via::Text)
        .await;
    assert_eq!(taken.result, AnswerResult::Applied);
    let again = world
        .responds_as("fake:1", "ann", &second, Some(said), Via::Text)
        .await;
    assert!(
        matches!(again.result, AnswerResult::Invalid { .. }),
        "{:?}",
        again.result
    );
    assert_eq!(world.now("second").await.status, Status::Pending);
}

#[tokio::test]
async fn a_second_press_that_waited_behind_the_first_is_still_a_double_tap() {
    let world = World::new().await;
    world
        .asks(with(approval("a"), json!({ "risk": "critical" })))
        .await;
    let handle = world.channel.card("1001").buttons[0].handle.clone();
    let tapped = world.engine.clock().now();
    let first = world.responds("ann", &handle, None, Via::Button).await;
    assert_eq!(first.result, AnswerResult::ConfirmRequired);
    // Received with the first, handled two seconds later: answering the first took so long.
    world.passes(Duration::from_secs(2));
    let late = world.responds_at(tapped, "ann", &handle).await;
    assert_eq!(late.result, AnswerResult::ConfirmRequired);
    let second = world.responds("ann", &handle, None, Via::Button).await;
    assert_eq!(
        second.result,
        AnswerResult::Applied,
        "this one came after the question"
    );
}

#[tokio::test]
async fn a_hidden_tool_name_counts_as_a_hidden_value() {
    let world = World::new().await;
    let tool = "deploy ghp_0123456789abcdefghijklmnopqrstuvwxyz";
    let action = json!({ "action": { "tool": tool, "arguments": {} } });
    let asked = world.asks(with(approval("a"), action)).await;
    assert_eq!(asked.action.expect("an action").masked, ["tool"]);
    let first = world.presses("ann", "1001", approve).await;
    assert_eq!(first.result, AnswerResult::ConfirmRequired);
}
