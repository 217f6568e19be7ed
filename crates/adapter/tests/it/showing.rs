//! What is put: which of it is shown, where, and what the service is answered.

use std::time::Duration;

use serde_json::{Value, json};
use signoff_contract::adapter::HEADER_CHANNEL;
use signoff_contract::signature::{self, sign};
use signoff_engine::{ButtonAction, ChannelError, Gateway as _, PromptRef};

use crate::world::{SECRET, World, now, prompt, secret};

#[tokio::test]
async fn only_what_the_service_signed_is_shown() {
    let world = World::new().await;
    let body = prompt(1).to_string();
    let at = now().as_second();
    let signed = |by: &str, at: i64, body: &str| {
        let signature = sign(&[secret(by)], "id", at, body.as_bytes());
        vec![
            (HEADER_CHANNEL, "chat".to_owned()),
            (signature::HEADER_ID, "id".to_owned()),
            (signature::HEADER_TIMESTAMP, at.to_string()),
            (signature::HEADER_SIGNATURE, signature.expect("a signature")),
        ]
    };
    let mut elsewhere = signed(SECRET, at, &body);
    elsewhere[0].1 = "telegram".to_owned();
    let mut twice = signed(SECRET, at, &body);
    twice.push((HEADER_CHANNEL, "chat".to_owned()));
    let other = "whsec_ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3";
    for bad in [
        Vec::new(),
        signed(other, at, &body),
        signed(SECRET, at - 400, &body),
        signed(SECRET, at, &body.replace("Deploy", "Delete")),
        elsewhere,
        twice,
    ] {
        let (status, _) = world.put_with(&bad, body.clone()).await;
        assert_eq!(status, 401, "{bad:?}");
    }
    assert!(world.chat.shown().is_empty());
    let good = world
        .put_with(&signed(SECRET, at, &body), body.clone())
        .await;
    assert_eq!(
        good,
        (200, json!({ "prompt_ref": "first", "stands": true }))
    );
    let card = world.chat.shown().pop().expect("it is shown").0;
    let actions: Vec<ButtonAction> = card.buttons.into_iter().map(|b| b.action).collect();
    let all = [
        ButtonAction::Approve,
        ButtonAction::Deny,
        ButtonAction::DenyWithReason,
    ];
    assert_eq!(actions, all);
    assert_eq!(card.recipients[0].language.as_deref(), Some("ru"));
}

#[tokio::test]
async fn the_highest_revision_stays_and_one_reminder_rings_once() {
    let world = World::new().await;
    world.put(&prompt(2)).await;
    let (status, answer) = world.put(&prompt(1)).await;
    assert_eq!(
        (status, answer["prompt_ref"].as_str()),
        (200, Some("first"))
    );
    assert_eq!(world.chat.shown().len(), 1, "an older one changes nothing");
    let mut reminder = prompt(2);
    reminder["remind"] = true.into();
    world.put(&reminder).await;
    // Its answer was lost, and the adapter died.
    let world = world.again().await;
    world.put(&reminder).await;
    let shown = world.chat.shown();
    assert_eq!(shown.len(), 1, "the same one is shown again");
    assert!(!shown[0].0.remind, "without ringing");
    assert_eq!(shown[0].1, ["first"], "where it stood");
    world.put(&prompt(1)).await;
    assert_eq!(world.chat.shown().len(), 1);
}

#[tokio::test]
async fn what_could_not_be_shown_is_said_and_taken_again() {
    let world = World::new().await;
    let cause = || "a cause".to_owned();
    let errors = [
        (
            ChannelError::Busy {
                after: Duration::from_millis(2_500),
            },
            429,
            Some("3"),
        ),
        (
            ChannelError::Retry {
                after: None,
                cause: cause(),
            },
            503,
            None,
        ),
        (
            ChannelError::Retry {
                after: Some(Duration::from_secs(7)),
                cause: cause(),
            },
            503,
            Some("7"),
        ),
        (ChannelError::Permanent { cause: cause() }, 422, None),
    ];
    for (error, status, after) in errors {
        world.chat.next(Err(error.clone()));
        let (found, body) = world.put(&prompt(1)).await;
        assert_eq!(found, status, "{error}");
        assert_eq!(body["retry_after"].as_str(), after, "{error}");
        if status != 429 {
            assert_eq!(body["detail"], "a cause");
        }
    }
    assert_eq!(world.put(&prompt(1)).await.0, 200);
}

#[tokio::test]
async fn what_ended_before_anybody_saw_it_stands_nowhere_unless_it_does() {
    let world = World::new().await;
    let mut closed = prompt(3);
    closed["state"] = "closed".into();
    closed["buttons"] = json!([]);
    closed["free_text"] = Value::Null;
    world.chat.next(Ok(Vec::new()));
    assert_eq!(
        world.put(&closed).await,
        (200, json!({ "prompt_ref": "-" }))
    );
    world.chat.next(Ok(vec!["orphan"]));
    let stands = json!({ "prompt_ref": "orphan", "stands": true });
    assert_eq!(world.put(&closed).await, (200, stands));
}

#[tokio::test]
async fn a_place_that_is_found_is_brought_up_to_date_also_after_the_adapter_died() {
    let world = World::new().await;
    world.put(&prompt(1)).await;
    let opened = |revision| json!({ "opened": { "meaning": "show", "prompt": prompt(revision) } });
    world.signoff.answers(200, opened(1));
    let found = PromptRef("a copy".to_owned());
    world
        .remote
        .adopt("show-it", found.clone())
        .await
        .expect("it is kept");
    // Known already: nothing to do.
    world
        .remote
        .adopt("show-it", found)
        .await
        .expect("it is kept");
    let world = world.again().await;
    world.signoff.answers(503, json!({}));
    world.signoff.answers(200, opened(2));
    let stop = tokio_util::sync::CancellationToken::new();
    let refreshing = tokio::spawn({
        let (prompts, stop) = (world.prompts.clone(), stop.clone());
        async move { prompts.refresh(stop).await }
    });
    let all_there = async {
        while world.chat.shown().is_empty() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let waited = tokio::time::timeout(Duration::from_secs(20), all_there).await;
    waited.expect("it is brought up to date");
    let (card, at) = world.chat.shown().pop().expect("it is shown");
    assert_eq!(
        (card.revision, at),
        (2, vec!["first".to_owned(), "a copy".to_owned()])
    );
    stop.cancel();
    refreshing.await.expect("no panic");
    world.put(&prompt(3)).await;
    let (_, at) = world.chat.shown().pop().expect("it is shown");
    assert_eq!(at, ["first", "a copy"]);
}
