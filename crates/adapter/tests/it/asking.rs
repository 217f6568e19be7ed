//! What the service is asked and told, and what its answers mean to the channel.

use serde_json::json;
use signoff_contract::Via;
use signoff_engine::{AnswerResult, Error, Gateway as _, Pairing, Response, UserIdentity};

use crate::world::{PROMPT, World, now, prompt};

fn ann(display_name: &str) -> UserIdentity {
    UserIdentity {
        channel: "telegram".to_owned(),
        user_id: "u42".to_owned(),
        display_name: display_name.to_owned(),
    }
}

fn response(text: &str) -> Response {
    Response {
        event_id: "update-1".to_owned(),
        handle: "why".to_owned(),
        actor: ann("Ann\u{202e}\nApproved"),
        text: Some(text.to_owned()),
        via: Via::Text,
        occurred_at: now(),
        note: None,
    }
}

#[tokio::test]
async fn a_response_means_what_the_service_makes_of_it() {
    let world = World::new().await;
    let opened = json!({ "opened": { "meaning": "deny_with_reason", "prompt": prompt(1) } });
    world.signoff.answers(200, opened);
    let said = |result: &str| json!({ "result": result, "message": "…", "prompt": prompt(2) });
    let mut counted = said("recorded");
    counted["have"] = 1.into();
    counted["need"] = 2.into();
    world.signoff.answers(200, counted);
    let answered = world.remote.respond(response("no\u{202e}\u{7}\nway")).await;
    let answered = answered.expect("an answer");
    assert_eq!(answered.result, AnswerResult::Recorded { have: 1, need: 2 });
    assert_eq!(answered.card.expect("the card as it is").revision, 2);
    let heard = world.signoff.heard();
    assert!(
        heard[0].0.ends_with("/v1/adapter/handles/why?user_id=0"),
        "{heard:?}"
    );
    let sent = &heard[1].1;
    assert_eq!(
        (&sent["prompt_id"], &sent["event_id"]),
        (&json!(PROMPT), &json!("update-1"))
    );
    // What the contract would refuse for good does not hold the response up for ever.
    assert_eq!(sent["text"], "no\nway");
    assert_eq!(sent["actor"]["display_name"], "Ann  Approved");

    // The handle is known by now: each of these is one call.
    let mut own = said("not_authorised");
    own["own_request"] = true.into();
    let mut others = said("not_authorised");
    others["may_decide"] = json!(["ben"]);
    let needed = vec!["ben".to_owned()];
    let unknown = json!({ "result": "invalid", "message": "…" });
    for (answer, meaning) in [
        (said("applied"), AnswerResult::Applied),
        (said("stale"), AnswerResult::Stale),
        (own, AnswerResult::OwnRequest),
        (others, AnswerResult::NotAuthorised { needed }),
        (unknown, AnswerResult::NotOurs),
    ] {
        world.signoff.answers(200, answer);
        let answered = world.remote.respond(response("no")).await;
        assert_eq!(answered.expect("an answer").result, meaning);
    }
    assert_eq!(world.signoff.heard().len(), 7);
}

#[tokio::test]
async fn what_the_service_cannot_read_is_invalid_and_everything_else_is_tried_again() {
    let world = World::new().await;
    let opened = json!({ "opened": { "meaning": "deny_with_reason", "prompt": prompt(1) } });
    world.signoff.answers(200, opened);
    world
        .signoff
        .answers(400, json!({ "code": "validation_failed" }));
    let refused = world
        .remote
        .respond(response("no"))
        .await
        .expect("an answer");
    assert!(
        matches!(refused.result, AnswerResult::Invalid { .. }),
        "{refused:?}"
    );
    for status in [401, 404, 429, 500, 503] {
        world.signoff.answers(status, json!({}));
        let failed = world.remote.respond(response("no")).await;
        assert!(
            matches!(failed, Err(Error::Unreachable(_))),
            "{status}: {failed:?}"
        );
    }
    world.signoff.answers(200, json!({ "surprise": true }));
    let failed = world.remote.respond(response("no")).await;
    assert!(matches!(failed, Err(Error::Unreachable(_))), "{failed:?}");
}

#[tokio::test]
async fn what_is_no_handle_is_not_asked_about_and_what_is_no_token_is_none() {
    let world = World::new().await;
    for typed in [
        "",
        "a/../person",
        "a?user_id=1",
        "note:u:1",
        &"x".repeat(65),
    ] {
        let opened = world.remote.open(typed, &ann("Ann")).await;
        assert_eq!(opened.expect("known here"), None, "{typed}");
    }
    assert!(world.signoff.heard().is_empty());
    world.signoff.answers(400, json!({}));
    let paired = world.remote.pair("\u{7}", &ann("Ann")).await;
    assert_eq!(paired.expect("an answer"), Pairing::InvalidToken);
}

#[tokio::test]
async fn everything_that_waits_is_listed_page_by_page_and_once() {
    let world = World::new().await;
    let page = |ids: &[u8], more: u64| {
        let prompts: Vec<_> = ids
            .iter()
            .map(|id| {
                let mut one = prompt(1);
                one["prompt_id"] = format!("prm_01JD000000000000000000000{id}").into();
                one["show"] = format!("show-{id}").into();
                one
            })
            .collect();
        json!({ "prompts": prompts, "more": more })
    };
    world.signoff.answers(200, page(&[1, 2], 2));
    // One was decided meanwhile, so one comes again.
    world.signoff.answers(200, page(&[2, 3], 0));
    let waiting = world.remote.pending(&ann("Ann")).await.expect("a list");
    let shown: Vec<&str> = waiting.iter().map(|one| one.show.as_str()).collect();
    assert_eq!(shown, ["show-1", "show-2", "show-3"]);
    let heard = world.signoff.heard();
    assert!(heard[1].0.ends_with("user_id=u42&skip=2"), "{heard:?}");
}
