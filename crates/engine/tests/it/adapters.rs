//! Channels through adapters: what an adapter is told, what its answers mean, and what it may say.

mod double;

use std::time::Duration;

use axum::http::StatusCode;
use jiff::SignedDuration;
use serde_json::json;
use signoff_contract::adapter::{
    Actor, ButtonStyle, FreeTextPurpose, PromptPhase, ReceiptBody, ReceiptResult, ReceiptState,
    ResponseBody, ResponseResult,
};
use signoff_contract::{PromptId, PromptState, RequestResource, Status, Via};
use signoff_engine::{
    ButtonAction, Channel as _, Gateway as _, Reachability, UserIdentity, Waiting, adapters,
};

use crate::world::{World, approval, question, with};
use double::{Answers, Chat};

/// What somebody of the chat responds with a handle of a prompt.
fn response(event: &str, prompt: PromptId, handle: &str, who: &str) -> ResponseBody {
    ResponseBody {
        event_id: event.to_owned(),
        prompt_id: prompt,
        handle: handle.to_owned(),
        text: None,
        via: Via::Button,
        confidence: None,
        actor: Actor {
            user_id: format!("{who}@chat"),
            display_name: who.to_owned(),
        },
        occurred_at: "2026-03-01T12:00:00Z".parse().unwrap(),
        note: None,
    }
}

fn prompts(resource: &RequestResource) -> Vec<(String, PromptState)> {
    let prompts = resource.prompts.iter().flatten();
    prompts
        .map(|prompt| (prompt.channel.clone(), prompt.state))
        .collect()
}

fn on(route: &str, name: &str) -> serde_json::Value {
    with(approval(name), json!({ "route": route }))
}

#[tokio::test]
async fn a_request_stands_in_several_channels_at_once_and_one_answer_closes_all_of_them() {
    let world = World::new().await;
    let chat = Chat::start(&world).await;
    world.asks(on("everywhere", "a")).await;
    chat.settles().await;
    let waiting = ["fake", "chat", "fake", "chat"].map(|name| (name.to_owned(), PromptState::Open));
    assert_eq!(prompts(&world.now("a").await), waiting);

    let card = chat.shown("ann@chat").pop().expect("a card");
    let deny = card.free_text.expect("a reason is taken");
    assert_eq!(deny.purpose, FreeTextPurpose::Reason);
    let mut body = response("1", card.prompt_id, &deny.handle, "ann");
    body.text = Some("not on a Friday".to_owned());
    let said = world
        .engine
        .adapter_respond("chat", body, SignedDuration::ZERO)
        .await
        .expect("the store works");
    assert_eq!(said.result, ResponseResult::Applied);
    world.settle().await;
    chat.settles().await;
    let now = world.now("a").await;
    assert!(
        prompts(&now)
            .iter()
            .all(|(_, state)| *state == PromptState::Closed),
        "{now:?}"
    );
    assert!(world.channel.card("1001").buttons.is_empty());
    for person in ["ann@chat", "ben@chat"] {
        let last = chat.shown(person).pop().expect("a card");
        assert_eq!(last.state, PromptPhase::Closed);
        assert!(last.buttons.is_empty() && last.free_text.is_none());
        let notice = last.notice.expect("it says how it ended");
        assert!(
            notice.starts_with("Denied by ann, 2026-03-01 12:00 UTC"),
            "{notice}"
        );
        assert!(notice.contains("Reason: not on a Friday"), "{notice}");
        assert_eq!(last.prompt_ref, Some(format!("message of {person}")));
    }
}

#[tokio::test]
async fn an_adapter_is_told_everything_that_a_card_needs() {
    let world = World::new().await;
    let chat = Chat::start(&world).await;
    world.asks(on("chat", "a")).await;
    chat.settles().await;
    let card = chat.shown("operations").pop().expect("a card");
    assert_eq!((card.revision, card.state), (1, PromptPhase::Open));
    let recipients = card.recipients.iter();
    let recipients: Vec<_> = recipients
        .map(|one| {
            (
                one.approver.as_str(),
                one.address.as_str(),
                one.user_id.as_str(),
            )
        })
        .collect();
    assert_eq!(
        recipients,
        [
            ("ann", "operations", "ann@chat"),
            ("ben", "operations", "ben@chat")
        ]
    );
    let buttons = card.buttons.iter();
    let buttons: Vec<_> = buttons.map(|one| (one.label.as_str(), one.style)).collect();
    assert_eq!(
        buttons,
        [
            ("Approve", ButtonStyle::Primary),
            ("Deny", ButtonStyle::Danger)
        ]
    );
    assert!(card.buttons.iter().all(|button| button.handle.len() == 47));
    assert_eq!(
        (card.prompt_ref, card.notice, card.remind),
        (None, None, false)
    );
    assert_eq!(card.request.action.expect("an action").tool, "k8s.deploy");
    assert_eq!(card.language, "en");

    let ask = with(question("q"), json!({ "route": "chat", "language": "ru" }));
    world.asks(ask).await;
    chat.settles().await;
    let card = chat.shown("operations").pop().expect("a card");
    let labels = card.buttons.iter();
    let labels: Vec<_> = labels.map(|button| button.label.as_str()).collect();
    assert_eq!(labels, ["Canary", "Blue/green", "Delay", "Не отвечать"]);
    let own = card.free_text.expect("an answer of one's own");
    assert_eq!(own.purpose, FreeTextPurpose::Answer);

    // The reminder comes once, and asks for attention.
    world.passes(Duration::from_mins(30));
    world.settle().await;
    chat.settles().await;
    let reminders = chat
        .shown("operations")
        .into_iter()
        .filter(|card| card.remind);
    let notices: Vec<_> = reminders.filter_map(|card| card.notice).collect();
    assert_eq!(
        notices,
        [
            "This still waits, until 2026-03-01 13:00 UTC.",
            "Запрос всё ещё ждёт, до 2026-03-01 13:00 UTC."
        ]
    );
}

#[tokio::test]
async fn what_an_adapter_took_counts_as_shown_only_once_a_receipt_says_so() {
    let world = World::new().await;
    let chat = Chat::start(&world).await;
    chat.answers(&[Answers::Takes, Answers::Takes, Answers::Takes]);
    let receipt = |prompt_id, state, retryable| ReceiptBody {
        event_id: "receipt".to_owned(),
        prompt_id,
        revision: 1,
        state,
        retryable,
        prompt_ref: (state == ReceiptState::Shown).then(|| "message 7".to_owned()),
        detail: (state == ReceiptState::Failed).then(|| "blocked\u{7} by them".to_owned()),
    };
    for (name, state, retryable, now) in [
        ("shown", ReceiptState::Shown, false, PromptState::Open),
        ("later", ReceiptState::Failed, true, PromptState::Waiting),
        ("never", ReceiptState::Failed, false, PromptState::Failed),
    ] {
        world.asks(on("chat", name)).await;
        let prompt = async {
            let card = chat.next_shown().await;
            // A receipt from another channel, or about another revision, is nobody's.
            let body = receipt(card.prompt_id, state, retryable);
            let foreign = world.engine.adapter_receipt("fake", body.clone());
            assert_eq!(foreign.result, ReceiptResult::Stale);
            let old = ReceiptBody {
                revision: 9,
                ..body.clone()
            };
            assert_eq!(
                world.engine.adapter_receipt("chat", old).result,
                ReceiptResult::Stale
            );
            let waiting = (String::from("chat"), PromptState::Waiting);
            assert_eq!(prompts(&world.now(name).await), [waiting], "{name}");
            let taken = world.engine.adapter_receipt("chat", body.clone());
            assert_eq!(taken.result, ReceiptResult::Recorded);
            assert_eq!(
                world.engine.adapter_receipt("chat", body).result,
                ReceiptResult::Stale
            );
        };
        tokio::join!(chat.settles(), prompt);
        assert_eq!(prompts(&world.now(name).await)[0].1, now, "{name}");
    }
    let failed = world.now("never").await;
    assert_eq!(failed.status, Status::Failed);
    let reason = failed
        .outcome
        .and_then(|outcome| outcome.reason)
        .expect("a reason");
    assert_eq!(reason, "undeliverable: chat: blocked  by them");
    // The one that may work later is put again, with the same handles.
    world.passes(Duration::from_mins(1));
    chat.settles().await;
    assert_eq!(prompts(&world.now("later").await)[0].1, PromptState::Open);
    let again = chat.shown("operations");
    let of = |at: usize| &again[at].buttons;
    assert_eq!(of(1), of(3));
}

#[tokio::test]
async fn an_answer_that_says_never_fails_the_request_and_every_other_is_tried_again() {
    let world = World::new().await;
    let chat = Chat::start(&world).await;
    let never = [
        (
            StatusCode::GONE,
            r#"{"detail":"the room is gone"}"#,
            "the adapter answered 410: the room is gone",
        ),
        (
            StatusCode::UNPROCESSABLE_ENTITY,
            "<html>",
            "the adapter answered 422",
        ),
    ];
    for (status, body, cause) in never {
        chat.answers(&[Answers::With(status, body.to_owned())]);
        let name = status.as_str().to_owned();
        world.asks(on("chat", &name)).await;
        chat.settles().await;
        let outcome = world.now(&name).await.outcome.expect("it has ended");
        assert_eq!(
            outcome.reason,
            Some(format!("undeliverable: chat: {cause}"))
        );
    }
    let long = format!(r#"{{"prompt_ref":"{}"}}"#, "x".repeat(20_000));
    let later = [
        (StatusCode::UNAUTHORIZED, String::new()),
        (StatusCode::NOT_FOUND, String::new()),
        (StatusCode::FOUND, String::new()),
        (StatusCode::INTERNAL_SERVER_ERROR, String::new()),
        (StatusCode::CREATED, r#"{"prompt_ref":"1"}"#.to_owned()),
        (StatusCode::OK, String::new()),
        (StatusCode::OK, r#"{"prompt_ref":""}"#.to_owned()),
        (StatusCode::OK, long),
    ];
    for (number, (status, body)) in later.into_iter().enumerate() {
        chat.answers(&[Answers::With(status, body)]);
        let name = format!("later-{number}");
        world
            .asks(with(on("chat", &name), json!({ "ttl_seconds": 600 })))
            .await;
        chat.settles().await;
        assert_eq!(
            chat.channel.health().state,
            Reachability::Unreachable,
            "{name}"
        );
        assert_eq!(
            prompts(&world.now(&name).await)[0].1,
            PromptState::Waiting,
            "{name}"
        );
        world.passes(Duration::from_mins(2));
        chat.settles().await;
        assert_eq!(
            prompts(&world.now(&name).await)[0].1,
            PromptState::Open,
            "{name}"
        );
        assert_eq!(
            chat.channel.health().state,
            Reachability::Reachable,
            "{name}"
        );
        world.passes(Duration::from_mins(10));
        world.settle().await;
        chat.settles().await;
    }
}

#[tokio::test]
async fn a_place_that_asks_for_rest_gets_it_and_loses_nothing() {
    let world = World::new().await;
    let chat = Chat::start(&world).await;
    chat.answers(&[Answers::Rest(30)]);
    world.asks(on("chat", "a")).await;
    chat.settles().await;
    world.passes(Duration::from_secs(29));
    chat.settles().await;
    assert_eq!(chat.shown("operations").len(), 1, "it rests");
    world.passes(Duration::from_secs(2));
    chat.settles().await;
    assert_eq!(chat.shown("operations").len(), 2);
    assert_eq!(prompts(&world.now("a").await)[0].1, PromptState::Open);
}

#[tokio::test]
async fn what_an_adapter_is_told_says_all_that_a_card_says() {
    let world = World::new().await;
    let chat = Chat::start(&world).await;
    let ann = UserIdentity {
        channel: "chat".to_owned(),
        user_id: "ann@chat".to_owned(),
        display_name: "Ann".to_owned(),
    };
    let agrees = async || {
        chat.settles().await;
        let put = chat.shown("ann@chat").pop().expect("a card");
        let handle = put.buttons.first().map(|button| button.handle.clone());
        if let Some(handle) = handle {
            let opened = world.engine.open(&handle, &ann).await;
            let mut here = opened.expect("the store works").expect("it is ours").card;
            // It was put before anybody had seen it.
            here.request.prompts.clone_from(&put.request.prompts);
            assert_eq!(adapters::card(put), Ok(here));
            return;
        }
        // Closed, it has no handle to be opened with; nobody but the engine knows its card.
        let card = adapters::card(put).expect("all is said");
        assert!(card.buttons.is_empty() && card.request.outcome.is_some());
        assert_eq!(card.place, "ann@chat");
    };
    let german = json!({ "route": "everywhere", "language": "de" });
    world.asks(with(approval("a"), german)).await;
    agrees().await;
    let twice = json!({ "route": "everywhere", "risk": "critical" });
    world.asks(with(approval("b"), twice)).await;
    agrees().await;
    world
        .asks(with(question("q"), json!({ "route": "everywhere" })))
        .await;
    agrees().await;
    let asked = chat.shown("ann@chat").pop().expect("a card");
    let card = adapters::card(asked).expect("all is said");
    let last = card.buttons.iter().rev().take(2).map(|b| b.action.clone());
    let last: Vec<ButtonAction> = last.collect();
    assert_eq!(last, [ButtonAction::Decline, ButtonAction::CustomAnswer]);
    world.passes(Duration::from_hours(2));
    world.deadlines_tick().await;
    world.settle().await;
    agrees().await;
}

#[tokio::test]
async fn an_adapter_speaks_only_for_its_own_people_about_its_own_prompts_and_once() {
    let world = World::new().await;
    let chat = Chat::start(&world).await;
    world.asks(on("everywhere", "a")).await;
    world.asks(on("chat", "b")).await;
    chat.settles().await;
    let say = async |channel: &str, body: ResponseBody| {
        let said = world
            .engine
            .adapter_respond(channel, body, SignedDuration::ZERO);
        said.await.expect("the store works").result
    };
    let mine = chat.shown("ann@chat").pop().expect("a card");
    let other = chat.shown("operations").pop().expect("a card");
    let approve = mine.buttons[0].handle.clone();
    let foreign = world.channel.card("1001");
    // A handle of another channel's prompt, of another prompt, of nobody; another channel.
    let of_fake = response("1", foreign.prompt_id, &foreign.buttons[0].handle, "ann");
    assert_eq!(say("chat", of_fake).await, ResponseResult::Invalid);
    let mixed = response("2", other.prompt_id, &approve, "ann");
    assert_eq!(say("chat", mixed).await, ResponseResult::Invalid);
    let made_up = response("3", mine.prompt_id, &"A".repeat(47), "ann");
    assert_eq!(say("chat", made_up).await, ResponseResult::Invalid);
    let elsewhere = response("4", mine.prompt_id, &approve, "ann");
    assert_eq!(say("fake", elsewhere).await, ResponseResult::Invalid);
    // An identity of another channel is a stranger's here.
    let mut stranger = response("5", mine.prompt_id, &approve, "ann");
    stranger.actor.user_id = "1001".to_owned();
    assert_eq!(say("chat", stranger).await, ResponseResult::NotAuthorised);
    assert_eq!(world.now("a").await.status, Status::Pending);

    let yes = response("6", mine.prompt_id, &approve, "ann");
    assert_eq!(say("chat", yes.clone()).await, ResponseResult::Applied);
    assert_eq!(
        say("chat", yes).await,
        ResponseResult::Applied,
        "the stored result"
    );
    let again = response("7", mine.prompt_id, &approve, "ann");
    assert_eq!(say("chat", again).await, ResponseResult::Stale);
    // The same event twice for two requests answers one.
    let reused = response("6", other.prompt_id, &other.buttons[0].handle, "ann");
    say("chat", reused).await;
    assert_eq!(world.now("b").await.status, Status::Pending);
}

#[tokio::test]
async fn a_second_press_counts_by_when_it_happened_and_not_by_when_it_was_sent() {
    let world = World::new().await;
    let chat = Chat::start(&world).await;
    world
        .asks(with(on("chat", "a"), json!({ "risk": "high" })))
        .await;
    chat.settles().await;
    let card = chat.shown("operations").pop().expect("a card");
    assert_eq!(
        card.notice.as_deref(),
        Some("Approving it takes two presses.")
    );
    let press = async |event: &str, ago: u64| {
        let body = response(event, card.prompt_id, &card.buttons[0].handle, "ann");
        let ago = SignedDuration::from_secs(ago.cast_signed());
        let said = world.engine.adapter_respond("chat", body, ago).await;
        said.expect("the store works")
    };
    let first = press("1", 0).await;
    assert_eq!(first.result, ResponseResult::ConfirmRequired);
    assert_eq!(first.message, "Approve again within a minute to confirm.");
    world.passes(Duration::from_secs(5));
    // The other half of a double tap, which the adapter sent five seconds late.
    assert_eq!(press("2", 5).await.result, ResponseResult::ConfirmRequired);
    assert_eq!(press("3", 0).await.result, ResponseResult::Applied);
}

#[tokio::test]
async fn the_pending_list_is_that_persons_own_as_it_would_be_put() {
    let world = World::new().await;
    let chat = Chat::start(&world).await;
    world.asks(on("everywhere", "a")).await;
    chat.settles().await;
    let list = async |who: &str| {
        let waiting = Waiting::For(who.to_owned());
        let list = world.engine.adapter_pending("chat", waiting, 0).await;
        list.expect("the store works")
    };
    let waiting = list("ann@chat").await;
    assert_eq!((waiting.prompts.len(), waiting.more), (1, 0));
    let put = chat.shown("ann@chat").pop().expect("a card");
    assert_eq!(waiting.prompts[0].buttons, put.buttons);
    assert_eq!(
        waiting.prompts[0].prompt_ref.as_deref(),
        Some("message of ann@chat")
    );
    assert!(
        list("1001").await.prompts.is_empty(),
        "an id of another channel"
    );
}
