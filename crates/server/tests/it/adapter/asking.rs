//! What an adapter with words of its own asks and says: what a handle stands for, who somebody is,
//! what waits in a place, and how far a voice note has come.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{Message, OTHER, asked, channels};
use crate::world::{World, approval};

/// A question, signed.
fn ask(target: &str) -> Message {
    Message {
        method: Method::GET,
        target: format!("/v1/adapter/{target}"),
        body: None,
        ..Message::post("", &Value::Null)
    }
}

fn heard(handle: &Value) -> Value {
    json!({
        "note": "voice-1", "handle": handle, "state": "heard",
        "actor": { "user_id": "dee@chat", "display_name": "Dee" },
        "speech": {
            "audio_ms": 1500, "mean_probability": 0.9, "model": "some-model", "took_ms": 300,
            "received_at": "2026-01-02T03:04:01Z",
        },
    })
}

async fn events(world: &World, name: &str) -> String {
    let events = world.as_("reader");
    let events = events.get(&format!("/v1/requests/{name}/events")).await;
    events.body.to_string()
}

#[tokio::test]
async fn a_handle_is_known_to_its_own_channel_alone_and_so_is_a_note_on_it() {
    let world = World::start_with(channels).await;
    let prompt = asked(&world, "a").await;
    let reason = prompt["free_text"]["handle"].as_str().expect("a handle");
    let target = format!("handles/{reason}?user_id=dee@chat");
    let theirs = ask(&target).of("other", OTHER).to(&world).await;
    assert_eq!(theirs.body, json!({ "opened": null }));
    let nobodys = ask("handles/AQIU-nobody-made-it?user_id=dee@chat");
    assert_eq!(nobodys.to(&world).await.body, json!({ "opened": null }));

    let ours = ask(&target).to(&world).await.expect(StatusCode::OK);
    let opened = &ours.body["opened"];
    assert_eq!(opened["meaning"], "deny_with_reason");
    assert_eq!(opened.get("refusal"), None);
    assert_eq!(opened["prompt"]["prompt_id"], prompt["prompt_id"]);
    let approve = prompt["buttons"][0]["handle"].as_str().expect("a handle");
    assert_eq!(prompt["buttons"][0]["action"], "approve");
    let stranger = ask(&format!("handles/{approve}?user_id=eve@chat"));
    let stranger = stranger.to(&world).await.expect(StatusCode::OK);
    let refusal = &stranger.body["opened"]["refusal"];
    assert_eq!(stranger.body["opened"]["meaning"], "approve");
    assert_eq!(refusal["result"], "not_authorised");
    assert_eq!(refusal["may_decide"], json!(["dee"]));

    let note = Message::post("notes", &heard(&json!(reason)));
    let foreign = note.clone().of("other", OTHER).to(&world).await;
    assert_eq!(foreign.body, json!({ "result": "recorded" }));
    assert!(!events(&world, "a").await.contains("speech.transcribed"));
    for _ in 0..2 {
        let said = note.clone().to(&world).await.expect(StatusCode::OK);
        assert_eq!(said.body, json!({ "result": "recorded" }));
    }
    let events = events(&world, "a").await;
    assert_eq!(events.matches("speech.transcribed").count(), 1, "{events}");
    assert!(events.contains("some-model"), "{events}");
}

#[tokio::test]
async fn who_somebody_is_and_what_stands_in_a_place_is_said_of_the_channels_own() {
    let world = World::start_with(channels).await;
    let dee = ask("person?user_id=dee@chat").to(&world).await;
    assert_eq!(dee.body["approver"], "dee");
    let elsewhere = ask("person?user_id=dee@chat").of("other", OTHER);
    assert_eq!(elsewhere.to(&world).await.body["approver"], Value::Null);

    for name in ["a", "b", "c"] {
        let mut body = approval(name);
        body["route"] = "chat".into();
        world
            .as_("plane")
            .submit(&body)
            .await
            .expect(StatusCode::ACCEPTED);
    }
    let names = |answer: &Value| -> Vec<String> {
        let prompts = answer["prompts"].as_array().expect("a list").iter();
        let name = |prompt: &Value| {
            prompt["request"]["correlation_id"]
                .as_str()
                .map(str::to_owned)
        };
        prompts.filter_map(name).collect()
    };
    // Dee's own chat is the place.
    let here = ask("pending?address=dee@chat").to(&world).await;
    assert_eq!(names(&here.body).len(), 3);
    let rest = ask("pending?user_id=dee@chat&skip=2").to(&world).await;
    assert_eq!(
        (names(&rest.body).len(), &rest.body["more"]),
        (1, &json!(0))
    );
    assert_eq!(names(&rest.body)[0], names(&here.body)[2]);
    let show = here.body["prompts"][0]["show"].as_str().expect("a handle");
    let opened = ask(&format!("handles/{show}?user_id=dee@chat"))
        .to(&world)
        .await;
    assert_eq!(opened.body["opened"]["meaning"], "show");
    let elsewhere = ask("pending?address=dee@chat").of("other", OTHER);
    assert_eq!(
        names(&elsewhere.to(&world).await.body),
        Vec::<String>::new()
    );
    for bad in [
        "pending?user_id=a&address=b",
        "pending",
        "person",
        "pending?user_id=a&skip=x",
    ] {
        ask(bad).to(&world).await.expect(StatusCode::BAD_REQUEST);
    }
}
