//! Requests on their way through the engine.

use std::time::Duration;

use serde_json::json;
use signoff_contract::{
    CancelBody, ClaimBody, Decision, DecisionBody, Digest, ExecutionBody, ExecutionResult,
    PromptState, Status, Via,
};
use signoff_core::request::Rejection;
use signoff_engine::{
    AnswerResult, ButtonAction, ChannelError, Error, Gateway, Pairing, PromptRef, Submitted,
};

use crate::world::{
    World, approval, approve, deny, id, question, requester, someone, terminal, with,
};

const MINUTE: Duration = Duration::from_mins(1);

#[tokio::test]
async fn an_approval_makes_the_whole_trip() {
    let world = World::new().await;
    let asked = world.asks(approval("a")).await;
    assert_eq!(asked.status, Status::Pending);
    let shown = world.now("a").await.prompts.expect("prompts");
    assert_eq!(shown[0].state, PromptState::Open);

    let answered = world.presses("ann", "1001", approve).await;
    assert_eq!(answered.result, AnswerResult::Applied);
    assert_eq!(answered.card.expect("a card").buttons, []);
    world.settle().await;

    let ended = world.now("a").await;
    assert_eq!(ended.status, Status::Approved);
    let outcome = ended.outcome.expect("an outcome");
    assert_eq!(outcome.decided_by[0].name, "ann");
    assert_eq!(
        ended.prompts.expect("prompts")[0].state,
        PromptState::Closed
    );
    let card = world.channel.card("1001");
    assert!(card.buttons.is_empty());
    assert_eq!(card.request.status, Status::Approved);
}

#[tokio::test]
async fn the_same_body_is_answered_again_and_another_one_is_a_conflict() {
    let world = World::new().await;
    let first = world.asks(approval("a")).await;
    match world.submit(&approval("a")).await.expect("a replay") {
        Submitted::Replayed(again) => assert_eq!(again.id, first.id),
        other @ Submitted::Created(_) => panic!("{other:?}"),
    }
    let other = with(approval("a"), json!({ "title": "Something else" }));
    assert!(matches!(
        world.submit(&other).await,
        Err(Error::CorrelationConflict)
    ));
    assert_eq!(world.channel.shown_in("1001").len(), 1);
}

#[tokio::test]
async fn a_route_or_callback_the_operator_does_not_know_is_refused_with_all_faults() {
    let world = World::new().await;
    let body = with(
        approval("a"),
        json!({ "route": "nobody", "callback": { "url": "https://evil.example/" } }),
    );
    let Err(Error::Invalid(errors)) = world.submit(&body).await else {
        panic!("it was taken")
    };
    let fields: Vec<_> = errors.iter().map(|error| error.field.as_str()).collect();
    assert_eq!(fields, ["/route", "/callback/url"]);
    assert!(errors[0].detail.contains("both"), "{}", errors[0].detail);
    assert!(
        errors[1].detail.contains("callbacks.allow"),
        "{}",
        errors[1].detail
    );
}

#[tokio::test]
async fn a_project_without_a_route_refuses_a_submit_that_names_none() {
    let world = World::new().await;
    let mut elsewhere = requester();
    elsewhere.project = "empty".to_owned();
    let refused = world
        .engine
        .submit(&elsewhere, approval("a").to_string().as_bytes())
        .await;
    let Err(Error::Invalid(errors)) = refused else {
        panic!("it was taken")
    };
    assert_eq!(errors[0].field, "/route");
}

#[tokio::test]
async fn a_run_away_agent_is_stopped_at_max_pending_and_may_go_on_after_a_decision() {
    let world = World::new().await;
    for n in 0..5 {
        world.asks(approval(&format!("a{n}"))).await;
    }
    assert!(matches!(
        world.submit(&approval("a5")).await,
        Err(Error::TooManyPending { max: 5 })
    ));
    // A replay is not one more.
    assert!(matches!(
        world.submit(&approval("a0")).await,
        Ok(Submitted::Replayed(_))
    ));
    world.presses("ann", "1001", deny).await;
    assert!(matches!(
        world.submit(&approval("a5")).await,
        Ok(Submitted::Created(_))
    ));
}

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

#[tokio::test]
async fn a_request_expires_at_its_second_and_never_when_nobody_saw_it() {
    let world = World::new().await;
    world
        .asks(with(approval("seen"), json!({ "ttl_seconds": 60 })))
        .await;
    world.passes(Duration::from_millis(59_999));
    world.settle().await;
    assert_eq!(world.now("seen").await.status, Status::Pending);
    world.passes(Duration::from_millis(1));
    let late = world.presses("ann", "1001", approve).await;
    assert_eq!(
        late.result,
        AnswerResult::Expired,
        "the deadline counts before the tick does"
    );
    world.settle().await;
    assert_eq!(world.now("seen").await.status, Status::Expired);
    assert!(world.channel.card("1001").buttons.is_empty());

    let unseen = with(approval("unseen"), json!({ "ttl_seconds": 60 }));
    world.submit(&unseen).await.expect("valid");
    world.passes(MINUTE);
    world.settle().await;
    let outcome = world.now("unseen").await.outcome.expect("ended");
    assert_eq!(outcome.status, Status::Failed);
    assert!(
        outcome
            .reason
            .expect("a reason")
            .starts_with("never_presented: ")
    );
}

#[tokio::test]
async fn too_few_reachable_approvers_fail_the_request_at_once() {
    let world = World::new().await;
    let asked = world
        .asks(with(approval("a"), json!({ "route": "unpaired" })))
        .await;
    assert_eq!(asked.status, Status::Failed);
    let reason = asked.outcome.expect("ended").reason.expect("a reason");
    assert_eq!(reason, "undeliverable: fake: dee is not paired");
}

#[tokio::test]
async fn with_three_approvers_and_two_needed_two_blocked_chats_fail_it() {
    let world = World::new().await;
    let blocked = || ChannelError::Permanent {
        cause: "bot was blocked by the user".to_owned(),
    };
    world.channel.fails_in("1001", blocked());
    world
        .asks(with(approval("a"), json!({ "route": "three" })))
        .await;
    assert_eq!(world.now("a").await.status, Status::Pending, "two are left");
    world.channel.fails_in("1001", blocked());
    world.channel.fails_in("1002", blocked());
    world
        .asks(with(approval("b"), json!({ "route": "three" })))
        .await;
    let failed = world.now("b").await;
    assert_eq!(failed.status, Status::Failed);
    let reason = failed.outcome.expect("ended").reason.expect("a reason");
    assert!(reason.starts_with("undeliverable: "), "{reason}");
    assert!(reason.contains("1 of 2"), "{reason}");
    assert!(
        world.channel.card("1003").buttons.is_empty(),
        "the card that was shown closes"
    );
}

#[tokio::test]
async fn a_busy_chat_delays_only_itself_and_a_failure_is_tried_again() {
    let world = World::new().await;
    let after = Duration::from_secs(30);
    world.channel.fails_in("1001", ChannelError::Busy { after });
    let cause = "502 Bad Gateway".to_owned();
    world
        .channel
        .fails_in("1002", ChannelError::Retry { after: None, cause });
    world
        .asks(with(approval("a"), json!({ "route": "three" })))
        .await;
    assert_eq!(world.channel.shown_in("1003").len(), 1);
    assert!(world.channel.shown_in("1001").is_empty());
    world.passes(Duration::from_secs(2));
    world.settle().await;
    assert_eq!(world.channel.shown_in("1002").len(), 1);
    assert!(
        world.channel.shown_in("1001").is_empty(),
        "it asked for thirty seconds"
    );
    world.passes(after);
    world.settle().await;
    assert_eq!(world.channel.shown_in("1001").len(), 1);
}

#[tokio::test]
async fn one_reminder_comes_and_only_one() {
    let world = World::new().await;
    world.asks(approval("a")).await;
    world.passes(29 * MINUTE);
    world.settle().await;
    assert!(!world.channel.card("1001").remind);
    world.passes(MINUTE);
    world.settle().await;
    assert!(world.channel.card("1001").remind);
    let shown = world.channel.shown_in("1001").len();
    world.passes(20 * MINUTE);
    world.settle().await;
    assert_eq!(world.channel.shown_in("1001").len(), shown);
}

#[tokio::test]
async fn the_requester_withdraws_and_cannot_withdraw_twice() {
    let world = World::new().await;
    world.asks(approval("a")).await;
    let body = CancelBody {
        reason: Some("superseded".to_owned()),
    };
    let cancelled = world
        .engine
        .cancel(&world.requester, &id("a"), body.clone())
        .await;
    assert_eq!(cancelled.expect("it was pending").status, Status::Cancelled);
    let again = world.engine.cancel(&world.requester, &id("a"), body).await;
    let Err(Error::Rejected { rejection, outcome }) = again else {
        panic!("{again:?}")
    };
    assert_eq!(
        rejection,
        Rejection::AlreadyDecided {
            status: Status::Cancelled
        }
    );
    assert_eq!(
        outcome.expect("the outcome").reason.as_deref(),
        Some("superseded")
    );
    let late = world.presses("ann", "1001", approve).await;
    assert_eq!(late.result, AnswerResult::Stale);
}

#[tokio::test]
async fn an_approval_is_claimed_once_by_its_digest_and_reported_once() {
    let world = World::new().await;
    let asked = world.asks(approval("a")).await;
    let right = ClaimBody {
        intent_digest: asked.intent_digest.expect("an action"),
    };
    let a = id("a");
    let claim = |body: &ClaimBody| world.engine.claim(&world.requester, &a, body.clone());
    let rejected = |result: Result<_, Error>| match result {
        Err(Error::Rejected { rejection, .. }) => rejection,
        other => panic!("{other:?}"),
    };
    let early = rejected(claim(&right).await.map(|_| ()));
    assert_eq!(
        early,
        Rejection::NotApproved {
            status: Status::Pending
        }
    );
    world.presses("ann", "1001", approve).await;
    let wrong = ClaimBody {
        intent_digest: Digest::of_bytes(b"else"),
    };
    assert_eq!(
        rejected(claim(&wrong).await.map(|_| ())),
        Rejection::DigestMismatch
    );
    assert!(claim(&right).await.expect("the first").claimed_at.is_some());
    assert!(matches!(
        rejected(claim(&right).await.map(|_| ())),
        Rejection::AlreadyClaimed { .. }
    ));
    let report = |result| ExecutionBody {
        result,
        detail: Some("rolled out".to_owned()),
    };
    let applied = report(ExecutionResult::Applied);
    for _ in 0..2 {
        let done = world
            .engine
            .report_execution(&world.requester, &id("a"), applied.clone())
            .await;
        assert_eq!(
            done.expect("reported").execution.expect("it").result,
            ExecutionResult::Applied
        );
    }
    let failed = report(ExecutionResult::Failed);
    let other = world
        .engine
        .report_execution(&world.requester, &id("a"), failed)
        .await;
    assert!(matches!(
        rejected(other.map(|_| ())),
        Rejection::AlreadyReported { .. }
    ));
    world.settle().await;
    assert!(
        world.channel.card("1001").request.execution.is_some(),
        "the card says it"
    );
}

#[tokio::test]
async fn an_approval_from_a_terminal_can_be_repeated_safely_while_others_are_needed() {
    let world = World::new().await;
    world
        .asks(with(approval("a"), json!({ "route": "both" })))
        .await;
    let body = || DecisionBody {
        decision: Decision::Approve,
        option_id: None,
        text: None,
        reason: None,
    };
    for _ in 0..2 {
        let voted = world
            .engine
            .decide(&terminal("ann"), &id("a"), body())
            .await;
        assert_eq!(voted.expect("the vote counts once").status, Status::Pending);
    }
    let decided = world
        .engine
        .decide(&terminal("ben"), &id("a"), body())
        .await;
    assert_eq!(decided.expect("ben may").status, Status::Approved);
}

#[tokio::test]
async fn an_approver_decides_from_a_terminal_and_nobody_decides_what_they_asked_for() {
    let world = World::new().await;
    world.asks(approval("a")).await;
    let body = |decision| DecisionBody {
        decision,
        option_id: None,
        text: None,
        reason: None,
    };
    let not_on_route = world
        .engine
        .decide(&terminal("ben"), &id("a"), body(Decision::Approve))
        .await;
    assert!(matches!(
        not_on_route,
        Err(Error::Rejected {
            rejection: Rejection::NotAuthorised { .. },
            ..
        })
    ));
    let no_scope = world
        .engine
        .decide(&requester(), &id("a"), body(Decision::Approve))
        .await;
    assert!(matches!(no_scope, Err(Error::Forbidden("decisions:write"))));
    let decided = world
        .engine
        .decide(&terminal("ann"), &id("a"), body(Decision::Approve))
        .await;
    assert_eq!(decided.expect("ann may").status, Status::Approved);

    let mut world = World::new().await;
    world.requester.approver = Some("ann".to_owned());
    world
        .asks(with(approval("own"), json!({ "route": "group" })))
        .await;
    let own = world.presses("ann", "-100", approve).await;
    assert_eq!(own.result, AnswerResult::OwnRequest);
    let other = world.presses("ben", "-100", approve).await;
    assert_eq!(other.result, AnswerResult::Applied);
}

#[tokio::test]
async fn a_long_poll_wakes_at_the_decision() {
    let world = World::new().await;
    world.asks(approval("a")).await;
    let stop = tokio_util::sync::CancellationToken::new();
    let background = tokio::spawn(signoff_engine::workers::run(
        world.engine.clone(),
        vec![world.channel.clone()],
        stop.clone(),
    ));
    let waiting = tokio::spawn({
        let engine = world.engine.clone();
        let caller = world.requester.clone();
        async move {
            engine
                .wait(&caller, &id("a"), Duration::from_secs(50))
                .await
        }
    });
    world.presses("ann", "1001", approve).await;
    let began = std::time::Instant::now();
    let ended = waiting.await.expect("no panic").expect("it exists");
    assert_eq!(ended.status, Status::Approved);
    assert!(
        began.elapsed() < Duration::from_secs(40),
        "it did not wait for its time to run out"
    );
    stop.cancel();
    background.await.expect("no panic").expect("a clean end");
}

#[tokio::test]
async fn what_waits_for_a_person_can_be_listed_shown_and_adopted() {
    let world = World::new().await;
    world
        .asks(with(approval("a"), json!({ "route": "both" })))
        .await;
    let ann = someone("ann").identity;
    let waiting = world.engine.pending(&ann).await.expect("a list");
    assert_eq!(waiting.len(), 1);
    assert_eq!(waiting[0].refs.len(), 1);
    let opened = world
        .engine
        .open(&waiting[0].show, &ann)
        .await
        .expect("it works");
    let opened = opened.expect("it is ours");
    assert_eq!(opened.refusal, None);
    let eve = world
        .engine
        .open(&waiting[0].show, &someone("eve").identity)
        .await
        .expect("works");
    assert!(matches!(
        eve.expect("ours").refusal,
        Some(AnswerResult::NotAuthorised { .. })
    ));
    world
        .engine
        .adopt(&waiting[0].show, PromptRef("copy".to_owned()))
        .await
        .expect("adopted");
    let opened = world
        .engine
        .open(&waiting[0].show, &ann)
        .await
        .expect("works")
        .expect("ours");
    assert_eq!(opened.refs.len(), 2);
    world.presses("ann", "1001", approve).await;
    assert!(
        world.engine.pending(&ann).await.expect("a list").is_empty(),
        "she has voted"
    );
    assert_eq!(
        world
            .engine
            .pending_in("fake", "1002")
            .await
            .expect("a list")
            .len(),
        1
    );
}

#[tokio::test]
async fn a_pairing_token_makes_a_person_known_once() {
    use sha2::Digest as _;
    let world = World::new().await;
    let hash = sha2::Sha256::digest(b"token").into();
    let soon = signoff_contract::time::plus_seconds(world.engine.clock().now(), 600);
    world
        .engine
        .store()
        .invite(
            "dee",
            hash,
            soon,
            signoff_core::audit::Actor::operator("root"),
        )
        .await
        .expect("invited");
    let eve = someone("eve").identity;
    let wrong = world.engine.pair("guess", &eve).await.expect("works");
    assert_eq!(wrong, Pairing::InvalidToken);
    let right = world.engine.pair("token", &eve).await.expect("works");
    assert!(matches!(right, Pairing::Paired(person) if person.name == "dee"));
    let ann = someone("ann").identity;
    let taken = world.engine.pair("token", &ann).await.expect("works");
    assert!(matches!(taken, Pairing::TakenBy(person) if person.name == "ann"));
    let asked = world
        .asks(with(approval("a"), json!({ "route": "unpaired" })))
        .await;
    assert_eq!(asked.status, Status::Pending, "dee can be reached now");
    assert_eq!(
        world.presses("eve", "6666", approve).await.result,
        AnswerResult::Applied
    );
}

#[tokio::test]
async fn the_audit_of_a_trip_verifies_and_streams_in_one_order() {
    let world = World::new().await;
    world.asks(approval("a")).await;
    world.asks(question("q")).await;
    world
        .presses("ann", "1001", |action| {
            matches!(action, ButtonAction::Choose { .. })
        })
        .await;
    world.settle().await;
    let verified = world
        .engine
        .store()
        .verify_audit(|_| {})
        .await
        .expect("it reads");
    assert!(
        matches!(
            verified,
            signoff_store::Verified::Intact { unsealed: 0, .. }
        ),
        "{verified:?}"
    );
    let all = world
        .engine
        .events_after(&world.requester, 0, 100)
        .await
        .expect("events");
    let seqs: Vec<_> = all.iter().map(|event| event.seq.expect("sealed")).collect();
    assert!(seqs.is_sorted_by(|a, b| a < b), "{seqs:?}");
    let types: Vec<_> = all.iter().map(|event| event.event_type.as_str()).collect();
    assert_eq!(
        types,
        [
            "approval.requested",
            "prompt.shown",
            "approval.requested",
            "prompt.shown",
            "approval.approved"
        ]
    );
    let rest = world
        .engine
        .events_after(&world.requester, seqs[2], 100)
        .await
        .expect("events");
    assert_eq!(rest.len(), 2);
}
