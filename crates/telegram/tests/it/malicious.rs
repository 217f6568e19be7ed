//! A malicious client: it can send any press with any data, reply to anything and call itself anything. Nothing of
//! that changes a request; whoever did it is told why, and the audit keeps what was tried on a request.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;
use signoff_contract::Status;
use signoff_telegram_sim::{Person, SeenMessage};

use crate::conversations::asked;
use crate::world::{World, approval, id, requester, with};

const FOREIGN: &str = "This button is not mine, or no longer";
const OTHER_CHAT: &str = "This button belongs to another chat";

/// What a card's button sends.
fn handle(card: &SeenMessage, label: &str) -> String {
    let button = card.button(label).expect("it has that button");
    button.callback_data.clone().expect("it sends something")
}

/// Who was refused on this request, in order, as the audit has it: the actor and the reason.
async fn refusals(world: &World, name: &str) -> Vec<(String, String)> {
    let events = world.engine.events(&requester(), &id(name)).await.unwrap();
    let refused = events
        .iter()
        .filter(|event| event.event_type == "response.refused");
    refused
        .map(|event| {
            let code = event.payload["code"].as_str().unwrap_or_default();
            (event.actor_id.clone(), code.to_owned())
        })
        .collect()
}

/// That nothing at all came of it: the request waits, and its history is what it was.
async fn untouched(world: &World, name: &str) {
    let request = world.request(name).await;
    assert_eq!((request.status, request.outcome), (Status::Pending, None));
    let events = world.engine.events(&requester(), &id(name)).await.unwrap();
    let known = ["approval.requested", "prompt.shown"];
    for event in events {
        assert!(known.contains(&event.event_type.as_str()), "{event:?}");
    }
}

/// A press is refused with an alert that says so.
async fn refused(who: &Person, chat: i64, message: i64, data: &str, why: &str) {
    let answer = who.taps_data(chat, message, data).answer().await;
    assert_eq!(
        (answer.text.as_str(), answer.show_alert),
        (why, true),
        "{data:?}"
    );
}

#[tokio::test]
async fn a_handle_with_one_bit_changed_is_nobodys() {
    let world = World::new().await;
    world.asks(approval("deploy")).await;
    let card = world.card(&world.ann).await;
    world.is_presented("deploy").await;
    let sealed = handle(&card, "✅ Approve");
    let bytes = URL_SAFE_NO_PAD.decode(&sealed).unwrap();
    let mut forged = Vec::new();
    for bit in 0..bytes.len() * 8 {
        let mut changed = bytes.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        forged.push(URL_SAFE_NO_PAD.encode(changed));
    }
    for bit in (0..sealed.len() * 8).filter(|bit| bit % 8 != 7) {
        let mut changed = sealed.clone().into_bytes();
        changed[bit / 8] ^= 1 << (bit % 8);
        forged.push(String::from_utf8(changed).unwrap());
    }
    for length in 0..sealed.len() {
        forged.push(sealed[..length].to_owned());
    }
    forged.extend([
        format!("{sealed}A"),
        format!("{sealed}="),
        format!(" {sealed}"),
    ]);
    assert!(forged.len() > 600 && !forged.contains(&sealed));
    let mut taps = Vec::new();
    for data in &forged {
        taps.push(world.ann.taps_data(&world.ann, card.message_id, data));
    }
    for (tap, data) in taps.iter().zip(&forged) {
        let answer = tap.answer().await;
        assert_eq!(
            (answer.text.as_str(), answer.show_alert),
            (FOREIGN, true),
            "{data:?}"
        );
    }
    untouched(&world, "deploy").await;
    // The press that was not tampered with does what it says.
    assert_eq!(
        world.ann.taps(&card, "Approve").answer().await.text,
        "Approved"
    );
}

#[tokio::test]
async fn a_handle_that_another_service_sealed_is_nobodys() {
    let (world, other) = (World::new().await, World::new().await);
    world.asks(approval("deploy")).await;
    other.asks(approval("deploy")).await;
    let (card, theirs) = (world.card(&world.ann).await, other.card(&other.ann).await);
    world.is_presented("deploy").await;
    // The same request and prompt, sealed by the other's key: only the seal differs.
    let mut mixed = URL_SAFE_NO_PAD.decode(handle(&card, "✅ Approve")).unwrap();
    let foreign = URL_SAFE_NO_PAD
        .decode(handle(&theirs, "✅ Approve"))
        .unwrap();
    mixed[19..].copy_from_slice(&foreign[19..]);
    for data in [handle(&theirs, "✅ Approve"), URL_SAFE_NO_PAD.encode(mixed)] {
        refused(&world.ann, world.ann.id(), card.message_id, &data, FOREIGN).await;
    }
    untouched(&world, "deploy").await;
}

#[tokio::test]
async fn a_seal_of_one_request_fits_no_other_and_no_other_meaning() {
    let world = World::new().await;
    world.asks(approval("one")).await;
    let one = world.card(&world.ann).await;
    world.asks(approval("two")).await;
    let two = world.card(&world.ann).await;
    for name in ["one", "two"] {
        world.is_presented(name).await;
    }
    let (yes, no) = (handle(&one, "✅ Approve"), handle(&one, "❌ Deny"));
    let others = handle(&two, "✅ Approve");
    let [yes, no, others] = [yes, no, others].map(|text| URL_SAFE_NO_PAD.decode(text).unwrap());
    for (body, seal) in [(&yes, &no), (&no, &yes), (&yes, &others), (&others, &yes)] {
        let spliced = [&body[..19], &seal[19..]].concat();
        let data = URL_SAFE_NO_PAD.encode(spliced);
        refused(&world.ann, world.ann.id(), one.message_id, &data, FOREIGN).await;
    }
    untouched(&world, "one").await;
    untouched(&world, "two").await;
}

#[tokio::test]
async fn a_handle_on_another_requests_card_concerns_its_own_request_alone() {
    let world = World::new().await;
    world.asks(approval("one")).await;
    let one = world.card(&world.ann).await;
    world.asks(approval("two")).await;
    let two = world.card(&world.ann).await;
    world.is_presented("two").await;
    let deny = handle(&one, "❌ Deny");
    let answer = world
        .ann
        .taps_data(&world.ann, two.message_id, &deny)
        .answer()
        .await;
    assert_eq!(answer.text, "Denied");
    assert_eq!(world.ends("one").await.status, Status::Denied);
    untouched(&world, "two").await;
    let stays = world.sim.message(&world.ann, two.message_id).unwrap();
    assert!(stays.has_buttons() && stays.revision == 0);
}

#[tokio::test]
async fn a_handle_works_in_no_other_chat_whatever_message_it_is_pressed_on() {
    let world = World::new().await;
    world
        .asks(with(approval("deploy"), json!({ "route": "ops" })))
        .await;
    let card = world.card(&world.ops).await;
    world.is_presented("deploy").await;
    let yes = handle(&card, "✅ Approve");
    // The very message id, and others, in a chat in which the card does not stand.
    for message in [card.message_id, 1, 999_999] {
        refused(&world.ann, world.forum.id(), message, &yes, OTHER_CHAT).await;
        refused(&world.ann, world.ben.id(), message, &yes, OTHER_CHAT).await;
    }
    untouched(&world, "deploy").await;
}

#[tokio::test]
async fn a_forwarded_card_decides_nothing() {
    let world = World::new().await;
    world.asks(approval("deploy")).await;
    let card = world.card(&world.ann).await;
    world.is_presented("deploy").await;
    let copy = world.ann.forwards(&card, &world.ops);
    assert!(!copy.has_buttons(), "Telegram forwards no buttons");
    let yes = handle(&card, "✅ Approve");
    for who in [&world.ann, &world.eve] {
        refused(who, world.ops.id(), copy.message_id, &yes, OTHER_CHAT).await;
    }
    untouched(&world, "deploy").await;
}

#[tokio::test]
async fn a_strangers_press_is_refused_and_kept_wherever_it_comes_from() {
    let world = World::new().await;
    world.eve.starts();
    world.sim.next_message(&world.eve).await;
    world.asks(approval("deploy")).await;
    let card = world.card(&world.ann).await;
    world.is_presented("deploy").await;
    // In her own chat with the bot a copy could stand, so there the handle is looked at.
    for label in ["✅ Approve", "❌ Deny", "✍️ Deny with a reason"] {
        let data = handle(&card, label);
        let why = "Only ann may decide this";
        refused(&world.eve, world.eve.id(), 1, &data, why).await;
    }
    let kept = refusals(&world, "deploy").await;
    let eve = ("telegram:6666".to_owned(), "not_authorised".to_owned());
    assert_eq!(
        kept,
        [eve.clone(), eve],
        "a conversation that was not opened changes nothing"
    );
    assert_eq!(world.request("deploy").await.status, Status::Pending);
}

#[tokio::test]
async fn whoever_calls_themselves_like_an_approver_is_still_a_stranger() {
    let world = World::new().await;
    let mallory = world
        .sim
        .new_person("ann")
        .last_name("(owner)")
        .username("ann")
        .id(6_667)
        .create();
    world.ops.adds(&mallory);
    world
        .asks(with(approval("deploy"), json!({ "route": "ops" })))
        .await;
    let card = world.card(&world.ops).await;
    world.is_presented("deploy").await;
    let answer = mallory.taps(&card, "Approve").answer().await;
    assert_eq!(
        (answer.text.as_str(), answer.show_alert),
        ("Only ann, ben may decide this", true)
    );
    let prompt = asked(&world, &world.ann, &card, "Deny with a reason").await;
    mallory.replies(&prompt, "no");
    let told = world.sim.next_message(&world.ops).await;
    assert_eq!(
        told.text,
        "That question is for Ann. Press the button on the card yourself."
    );
    assert_eq!(
        refusals(&world, "deploy").await,
        [("telegram:6667".to_owned(), "not_authorised".to_owned())]
    );
    assert_eq!(world.request("deploy").await.status, Status::Pending);
}

#[tokio::test]
async fn a_reply_to_somebody_elses_question_is_nobodys_answer() {
    let world = World::new().await;
    world
        .asks(with(approval("deploy"), json!({ "route": "ops" })))
        .await;
    let card = world.card(&world.ops).await;
    world.is_presented("deploy").await;
    let prompt = asked(&world, &world.ann, &card, "Deny with a reason").await;
    // Ben may decide, but this is what Ann was asked; Eve may not.
    for who in [&world.ben, &world.eve] {
        who.replies(&prompt, "because I say so");
        let waits = |seen: &SeenMessage| seen.text.starts_with("That question is for Ann.");
        if who.id() == world.ben.id() {
            world.sim.wait_for_message(&world.ops, waits).await;
        }
    }
    // The answer to a command proves that everything before it was handled.
    world.eve.says(&world.ops, "/help");
    world.ann.says(&world.ops, "/whoami");
    world
        .sim
        .wait_for_message(&world.ops, |seen| seen.text.starts_with("You are ann"))
        .await;
    untouched(&world, "deploy").await;
    world.ann.replies(&prompt, "because Ann says so");
    let outcome = world.ends("deploy").await.outcome.unwrap();
    assert_eq!(outcome.reason.as_deref(), Some("because Ann says so"));
    assert_eq!(outcome.decided_by[0].name, "ann");
}

#[tokio::test]
async fn a_replayed_press_does_nothing_more() {
    let world = World::new().await;
    world
        .asks(with(approval("deploy"), json!({ "route": "both" })))
        .await;
    let card = world.card(&world.ann).await;
    world.is_presented("deploy").await;
    let yes = handle(&card, "✅ Approve");
    assert_eq!(
        world.ann.taps(&card, "Approve").answer().await.text,
        "Counted: 1 of 2 approvals"
    );
    for _ in 0..3 {
        let why = "You approved already: 1 of 2 approvals";
        refused(&world.ann, world.ann.id(), card.message_id, &yes, why).await;
    }
    assert_eq!(
        world.request("deploy").await.status,
        Status::Pending,
        "nobody is two people"
    );
    let bens = world.card(&world.ben).await;
    world.ben.taps(&bens, "Deny").answer().await;
    let ended = world.ends("deploy").await.outcome;
    // Long after it has ended, and again.
    for passed in [1, 3_600, 86_400] {
        world.passes(Duration::from_secs(passed));
        let answer = world
            .ann
            .taps_data(&world.ann, card.message_id, &yes)
            .answer()
            .await;
        assert!(
            answer.show_alert && answer.text.starts_with("Already decided. ❌ Denied by ben"),
            "{}",
            answer.text
        );
    }
    assert_eq!(world.request("deploy").await.outcome, ended);
    let kept = refusals(&world, "deploy").await;
    assert!(kept.iter().all(|(actor, _)| actor == "ann"), "{kept:?}");
    assert_eq!(kept.len(), 6, "{kept:?}");
}

#[tokio::test]
async fn a_press_after_the_deadline_decides_nothing() {
    let world = World::new().await;
    world
        .asks(with(approval("deploy"), json!({ "ttl_seconds": 60 })))
        .await;
    let card = world.card(&world.ann).await;
    world.is_presented("deploy").await;
    world.passes(Duration::from_secs(61));
    let answer = world.ann.taps(&card, "Approve").answer().await;
    let honest = ["This request has expired", "Already decided. ⏳ Expired"];
    assert!(
        answer.show_alert && honest.iter().any(|text| answer.text.starts_with(text)),
        "{}",
        answer.text
    );
    assert_eq!(world.ends("deploy").await.status, Status::Expired);
    let kept = refusals(&world, "deploy").await;
    assert_eq!(kept.len(), 1, "{kept:?}");
    assert_eq!(kept[0].0, "ann");
}

#[tokio::test]
async fn whoever_was_thrown_out_of_the_group_is_what_the_configuration_says() {
    let world = World::new().await;
    world
        .asks(with(approval("deploy"), json!({ "route": "ops" })))
        .await;
    let card = world.card(&world.ops).await;
    world.is_presented("deploy").await;
    let yes = handle(&card, "✅ Approve");
    for person in [&world.eve, &world.ben] {
        world.ops.removes(person);
    }
    refused(
        &world.eve,
        world.ops.id(),
        card.message_id,
        &yes,
        "Only ann, ben may decide this",
    )
    .await;
    assert_eq!(world.request("deploy").await.status, Status::Pending);
    // Being in a chat is no right, and so being out of it takes none: Ben is still on the route.
    let answer = world
        .ben
        .taps_data(&world.ops, card.message_id, &yes)
        .answer()
        .await;
    assert_eq!(answer.text, "Approved");
}

#[tokio::test]
async fn bots_anonymous_admins_and_channels_decide_nothing() {
    let world = World::new().await;
    world
        .asks(with(approval("deploy"), json!({ "route": "ops" })))
        .await;
    let card = world.card(&world.ops).await;
    world.is_presented("deploy").await;
    let yes = handle(&card, "✅ Approve");
    let robot = world
        .sim
        .new_person("Ann")
        .username("ann_bot")
        .is_bot()
        .id(1_087_968_824)
        .create();
    refused(
        &robot,
        world.ops.id(),
        card.message_id,
        &yes,
        "Bots may not decide.",
    )
    .await;

    // What Telegram sends for a press below an inline message, and in a channel.
    let from = json!({ "id": 1001, "is_bot": false, "first_name": "Ann" });
    let channel = json!({ "id": -1_001_234, "type": "channel", "title": "Ops" });
    let inline = json!({ "id": "1", "from": from, "chat_instance": "1", "data": yes, "inline_message_id": "x" });
    let posted = json!({ "message_id": card.message_id, "date": 1_772_366_400, "chat": channel, "text": "no" });
    let mut pressed = inline.clone();
    pressed["message"] = posted.clone();
    world.sim.inject_update("callback_query", &inline);
    world.sim.inject_update("callback_query", &pressed);
    let prompt = asked(&world, &world.ann, &card, "Deny with a reason").await;
    let mut said = json!({
        "message_id": 7_000, "date": 1_772_366_400, "from": from, "text": "no",
        "chat": { "id": world.ops.id(), "type": "group", "title": "Ops" },
        "reply_to_message": { "message_id": prompt.message_id, "date": 1_772_366_400,
            "chat": { "id": world.ops.id(), "type": "group", "title": "Ops" } },
    });
    said["via_bot"] = json!({ "id": 99, "is_bot": true, "first_name": "gif" });
    world.sim.inject_update("message", &said);
    let made = "Messages made by another bot do not count";
    world
        .sim
        .wait_for_message(&world.ops, |seen| seen.text.starts_with(made))
        .await;
    let mut post = said.clone();
    post.as_object_mut().unwrap().remove("via_bot");
    post["sender_chat"] = channel.clone();
    world.sim.inject_update("message", &post);
    world
        .sim
        .wait_for_message(&world.ops, |seen| seen.text.contains("Remain anonymous"))
        .await;
    post["chat"] = channel;
    world.sim.inject_update("channel_post", &post);
    world.sim.inject_update("edited_channel_post", &post);

    world.ann.says(&world.ops, "/whoami");
    world
        .sim
        .wait_for_message(&world.ops, |seen| seen.text.starts_with("You are ann"))
        .await;
    untouched(&world, "deploy").await;
}
