//! The twelve things in which Signoff must be better than the bots whose place it takes, each with
//! a test that begins with its number. (The fourth has another, from the environment alone, in the
//! program's own tests: `with_the_executors_environment_and_a_group_only_the_named_count`.)

use std::time::Duration;

use anyhow::{Context as _, ensure};
use axum::http::StatusCode;
use serde_json::{Value, json};
use signoff_telegram_sim::{Fault, FaultKind, SeenMessage, SimOptions};

use crate::receiver::{Behaviour, Got, Receiver};
use crate::service::House;

/// A house with drop-in endpoints.
async fn house() -> anyhow::Result<House> {
    house_on_route("default").await
}

async fn house_on_route(route: &str) -> anyhow::Result<House> {
    let more = format!("[compat]\nlisten = \"127.0.0.1:0\"\nroute = \"{route}\"\n");
    House::start_with(SimOptions::default(), &more).await
}

impl House {
    fn their_approval(&self, id: &str) -> Value {
        json!({
            "correlation_id": id,
            "tool": "k8s.delete",
            "arguments": { "name": "pod-1" },
            "justification": "The pod hangs.",
            "approval_request": format!("May I delete {id}?"),
            "risk_assessment": "It restarts at once.",
            "callback": { "url": self.receiver.url },
        })
    }

    async fn approval_is_asked(&self, body: &Value) -> anyhow::Result<()> {
        let (status, said) = self.drops_in("/approve", body).await?;
        let queued = said.starts_with(r#"{"decision":"pending","reason":"queued""#);
        ensure!(status == StatusCode::ACCEPTED && queued, "{status} {said}");
        Ok(())
    }

    /// The card that says this.
    async fn card_saying(&self, chat: i64, text: &str) -> SeenMessage {
        let text = text.to_owned();
        let says = move |message: &SeenMessage| {
            message.from_bot && message.has_buttons() && message.text.contains(&text)
        };
        self.sim.wait_for_message(chat, says).await
    }

    /// The bodies of so many callbacks, in the order of their arrival.
    async fn heard(&self, count: usize) -> anyhow::Result<Vec<String>> {
        let got = self.receiver.got(count).await?;
        got.iter().map(body).collect()
    }
}

fn body(got: &Got) -> anyhow::Result<String> {
    Ok(String::from_utf8(got.body.to_vec())?)
}

fn decision(id: &str, decision: &str, reason: &str) -> String {
    format!(
        r#"{{"correlation_id":"{id}","decision":"{decision}","reason":"{reason}","tool":"k8s.delete"}}"#
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn better_01_a_restart_loses_nothing() -> anyhow::Result<()> {
    let mut house = house().await?;
    house
        .approval_is_asked(&house.their_approval("corr-1"))
        .await?;
    house.is_killed_and_starts_again().await?;
    let card = house
        .card_saying(house.ann.id(), "May I delete corr-1?")
        .await;
    // Killed between the press and the end of its callback.
    house.receiver.next(Behaviour::Hang);
    house.ann.taps(&card, "Approve").answer().await;
    house.receiver.got(1).await?;
    house.is_killed_and_starts_again().await?;
    let got = house.receiver.got(2).await?;
    ensure!(got[0] == got[1], "the same id and the same bytes: {got:?}");
    ensure!(
        body(&got[1])? == decision("corr-1", "approve", "approved"),
        "{got:?}"
    );
    house.audit_verifies().await
}

#[tokio::test(flavor = "multi_thread")]
async fn better_02_a_callback_is_retried_signed_and_its_answer_is_read() -> anyhow::Result<()> {
    let house = house().await?;
    // The receiver takes nothing that is not signed.
    house
        .receiver
        .next(Behaviour::Answer(StatusCode::SERVICE_UNAVAILABLE));
    house
        .approval_is_asked(&house.their_approval("corr-1"))
        .await?;
    let card = house.card_saying(house.ann.id(), "corr-1").await;
    house.ann.taps(&card, "Approve").answer().await;
    let got = house.receiver.got(2).await?;
    ensure!(got[0] == got[1], "{got:?}");
    // One that has forgotten the request says so, and the person who decided is told.
    house
        .receiver
        .next(Behaviour::Answer(StatusCode::NOT_FOUND));
    house
        .approval_is_asked(&house.their_approval("corr-2"))
        .await?;
    let card = house.card_saying(house.ann.id(), "corr-2").await;
    house.ann.taps(&card, "Approve").answer().await;
    let told = house.shows(&card, "no longer waits").await?;
    ensure!(told.text.contains("Approved by ann"), "{}", told.text);
    // And one that refuses is not asked again and again.
    house
        .receiver
        .next(Behaviour::Answer(StatusCode::BAD_REQUEST));
    house
        .approval_is_asked(&house.their_approval("corr-3"))
        .await?;
    let card = house.card_saying(house.ann.id(), "corr-3").await;
    house.ann.taps(&card, "Approve").answer().await;
    house.shows(&card, "could not be told").await?;
    ensure!(
        house.receiver.so_far().len() == 4,
        "{:?}",
        house.receiver.so_far()
    );
    Ok(())
}

/// The receiver took it and the answer was lost: 404 to the next attempt means that it arrived.
#[tokio::test(flavor = "multi_thread")]
async fn better_02_not_found_after_an_attempt_that_may_have_arrived_is_a_delivery()
-> anyhow::Result<()> {
    let mut house = house().await?;
    house.receiver.next(Behaviour::Hang);
    house
        .receiver
        .next(Behaviour::Answer(StatusCode::NOT_FOUND));
    house
        .approval_is_asked(&house.their_approval("corr-1"))
        .await?;
    let card = house.card_saying(house.ann.id(), "corr-1").await;
    house.ann.taps(&card, "Approve").answer().await;
    house.receiver.got(1).await?;
    house.is_killed_and_starts_again().await?;
    house.receiver.got(2).await?;
    let name = house.get("/v1/requests").await?["items"][0]["correlation_id"].clone();
    let path = format!("/v1/requests/{}", name.as_str().context("a name")?);
    house
        .until("it is delivered", async |house: &House| {
            let request = house.get(&path).await?;
            Ok(request["callback"]["state"] == "delivered")
        })
        .await?;
    let card = house.shows(&card, "Approved by ann").await?;
    ensure!(!card.text.contains("no longer waits"), "{}", card.text);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn better_03_the_canonical_arguments_are_shown() -> anyhow::Result<()> {
    let house = house().await?;
    let mut body = house.their_approval("corr-1");
    body["arguments"] = json!({ "zone": "b", "count": 1e3, "also": { "y": null, "x": [true] } });
    house.approval_is_asked(&body).await?;
    let card = house.card_saying(house.ann.id(), "corr-1").await;
    let shown: String = card.text.split_whitespace().collect();
    let canonical = r#""arguments":{"also":{"x":[true],"y":null},"count":1000,"zone":"b"}"#;
    let members = canonical.trim_start_matches(r#""arguments":"#);
    ensure!(shown.contains(members), "{}", card.text);
    ensure!(card.text.contains("k8s.delete"), "{}", card.text);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn better_04_only_the_configured_people_count_also_in_a_group() -> anyhow::Result<()> {
    let house = house_on_route("group").await?;
    let eve = house.sim.new_person("Eve").id(6666).create();
    house.group.adds(&eve);
    house
        .approval_is_asked(&house.their_approval("corr-1"))
        .await?;
    let card = house.card_saying(house.group.id(), "corr-1").await;
    for label in ["Approve", "Deny"] {
        let refused = eve.taps(&card, label).answer().await;
        ensure!(refused.show_alert, "{refused:?}");
    }
    ensure!(house.receiver.so_far().is_empty());
    house.ben.taps(&card, "Approve").answer().await;
    house.shows(&card, "Approved by ben").await?;
    ensure!(house.heard(1).await? == [decision("corr-1", "approve", "approved")]);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn better_05_two_open_denials_with_a_message_do_not_disturb_each_other() -> anyhow::Result<()>
{
    let house = house().await?;
    let mut prompts = Vec::new();
    for id in ["corr-1", "corr-2"] {
        house.approval_is_asked(&house.their_approval(id)).await?;
        let card = house.card_saying(house.ann.id(), id).await;
        house.ann.taps(&card, "Deny with").answer().await;
        let asks =
            move |message: &SeenMessage| message.force_reply.is_some() && message.text.contains(id);
        prompts.push(house.sim.wait_for_message(house.ann.id(), asks).await);
    }
    house.ann.replies(&prompts[0], "the first one is in use");
    ensure!(house.heard(1).await? == [decision("corr-1", "deny", "the first one is in use")]);
    house.ann.replies(&prompts[1], "the second one too");
    ensure!(house.heard(2).await?[1] == decision("corr-2", "deny", "the second one too"));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn better_06_an_id_of_two_hundred_characters_works() -> anyhow::Result<()> {
    let house = house().await?;
    for (number, length) in [51, 52, 200].into_iter().enumerate() {
        let id: String = "run-42/übung:".chars().cycle().take(length).collect();
        let mut body = house.their_approval(&id);
        body["approval_request"] = json!(format!("May I, with {length} characters?"));
        house.approval_is_asked(&body).await?;
        let card = house
            .card_saying(house.ann.id(), &format!("with {length}"))
            .await;
        house.ann.taps(&card, "Deny").answer().await;
        let heard = house.heard(number + 1).await?;
        ensure!(
            heard[number] == decision(&id, "deny", "denied"),
            "{heard:?}"
        );
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn better_07_their_largest_input_is_presented() -> anyhow::Result<()> {
    let house = house().await?;
    let long = |start: &str, length: usize| -> String {
        start
            .chars()
            .chain("<&_*[ж ".chars().cycle())
            .take(length)
            .collect()
    };
    let options: Vec<String> = (1..=5)
        .map(|n| long(&format!("Option {n} "), 299) + "!")
        .collect();
    let (question, context) = (
        long("Which way? ", 999) + "?",
        long("Because ", 1_999) + ".",
    );
    let asked = json!({
        "correlation_id": "corr-1",
        "tool": { "name": "ask.owner" },
        "arguments": { "question": question, "context": context, "options": options },
        "callback": { "url": house.receiver.url },
    });
    let (status, said) = house.drops_in("/execute", &asked).await?;
    ensure!(status == StatusCode::ACCEPTED, "{said}");
    let card = house.card_saying(house.ann.id(), "Which way?").await;
    let messages = house.sim.transcript(house.ann.id());
    let documents = messages.iter().filter_map(SeenMessage::file_bytes);
    let mut whole: String = documents
        .map(|bytes| String::from_utf8_lossy(bytes))
        .collect();
    whole.push_str(&card.text);
    for text in [&question, &context].into_iter().chain(&options) {
        ensure!(
            whole.contains(text.as_str()),
            "not shown: {text}\nin {whole}"
        );
    }
    house.ann.taps(&card, "5. Option 5").answer().await;
    let heard: Value = serde_json::from_str(&house.heard(1).await?[0])?;
    let expected = json!({
        "custom": false, "input_mode": "button", "question": question,
        "selected_index": 4, "selected_option": options[4],
    });
    ensure!(heard["result"] == expected, "{heard}");
    house.shows(&card, "Answered by ann").await?;
    Ok(())
}

/// Beyond five the buttons go on in further rows.
#[tokio::test(flavor = "multi_thread")]
async fn better_07_ninety_options_have_a_button_each() -> anyhow::Result<()> {
    let house = house().await?;
    let options: Vec<String> = (0..90).map(|n| format!("Way number {n}")).collect();
    let asked = json!({
        "correlation_id": "corr-1",
        "tool": { "name": "ask.owner" },
        "arguments": { "question": "Which of all these?", "options": options, "allow_custom": false },
        "spec": { "options_max": 90 },
        "callback": { "url": house.receiver.url },
    });
    let (status, said) = house.drops_in("/execute", &asked).await?;
    ensure!(status == StatusCode::ACCEPTED, "{said}");
    let card = house.card_saying(house.ann.id(), "Which of all").await;
    // One to decline with is ours.
    ensure!(card.labels().len() == 91, "{:?}", card.labels());
    house.ann.taps(&card, "Way number 89").answer().await;
    let heard: Value = serde_json::from_str(&house.heard(1).await?[0])?;
    ensure!(heard["result"]["selected_index"] == 89, "{heard}");
    ensure!(
        heard["result"]["selected_option"] == "Way number 89",
        "{heard}"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn better_08_markup_and_special_characters_work_in_every_text() -> anyhow::Result<()> {
    let house = house().await?;
    let odd = "a_b *c* [d](e) <f> `g` ~h~ | i & </b> {j} \\ !";
    for (number, markup) in ["html", "markdown"].into_iter().enumerate() {
        let id = format!("corr-{number} {odd}");
        let body = json!({
            "correlation_id": id,
            "tool": format!("tool {odd}"),
            "arguments": { odd: odd },
            "justification": format!("justified {odd}"),
            "approval_request": format!("<b>Please</b> {number} {odd}"),
            "risk_assessment": format!("risky {odd}"),
            "links_to_code": [{ "text": format!("link {odd}"), "url": "https://git.example.org/1" }],
            "markup": markup,
            "callback": { "url": house.receiver.url },
        });
        house.approval_is_asked(&body).await?;
        let card = house
            .card_saying(house.ann.id(), &format!("<b>Please</b> {number}"))
            .await;
        for shown in ["justified ", "risky ", "link "] {
            ensure!(
                card.text.contains(&format!("{shown}{odd}")),
                "{shown}: {}",
                card.text
            );
        }
        house.ann.taps(&card, "Deny with").answer().await;
        let prompt = house
            .sim
            .wait_for_message(house.ann.id(), |message| message.force_reply.is_some())
            .await;
        house.ann.replies(&prompt, odd);
        let closed = house.shows(&card, "Denied by ann").await?;
        ensure!(
            closed.text.contains(odd) && !closed.has_buttons(),
            "{}",
            closed.text
        );
        let heard: Value = serde_json::from_str(&house.heard(number + 1).await?[number])?;
        ensure!(
            heard["reason"] == odd && heard["correlation_id"] == id,
            "{heard}"
        );
        ensure!(heard["tool"] == format!("tool {odd}"), "{heard}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn better_09_a_failed_send_can_be_repeated_with_the_same_id() -> anyhow::Result<()> {
    let house = house().await?;
    let lost = FaultKind::BadRequest {
        description: "chat not found".to_owned(),
    };
    house
        .sim
        .fault(Fault::on("sendMessage", lost).in_chat(house.ann.id()));
    house
        .approval_is_asked(&house.their_approval("corr-1"))
        .await?;
    let heard: Value = serde_json::from_str(&house.heard(1).await?[0])?;
    ensure!(heard["decision"] == "error", "{heard}");
    let why = heard["reason"].as_str().context("a reason")?;
    ensure!(why.contains("chat not found"), "{why}");
    house
        .approval_is_asked(&house.their_approval("corr-1"))
        .await?;
    let card = house.card_saying(house.ann.id(), "corr-1").await;
    // While it is pending, the id is taken; once it is decided, it is free again.
    let (_, said) = house
        .drops_in("/approve", &house.their_approval("corr-1"))
        .await?;
    ensure!(said.contains("approval already exists"), "{said}");
    house.ann.taps(&card, "Deny").answer().await;
    ensure!(house.heard(2).await?[1] == decision("corr-1", "deny", "denied"));
    house
        .approval_is_asked(&house.their_approval("corr-1"))
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn better_10_a_slow_callback_delays_no_other() -> anyhow::Result<()> {
    let house = house().await?;
    let slow = Receiver::start().await?;
    slow.always(|_| Some(Behaviour::Hang));
    for number in 0..5 {
        let mut body = house.their_approval(&format!("slow-{number}"));
        body["callback"] = json!({ "url": slow.url });
        house.approval_is_asked(&body).await?;
        let card = house
            .card_saying(house.ann.id(), &format!("slow-{number}"))
            .await;
        house.ann.taps(&card, "Approve").answer().await;
    }
    slow.got(1).await?;
    house
        .approval_is_asked(&house.their_approval("quick"))
        .await?;
    let card = house.card_saying(house.ann.id(), "quick").await;
    house.ann.taps(&card, "Approve").answer().await;
    // Well within the ten seconds that the slow one is given.
    let heard = tokio::time::timeout(Duration::from_secs(8), house.heard(1)).await??;
    ensure!(heard == [decision("quick", "approve", "approved")]);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn better_11_a_tap_right_after_the_message_appeared_is_not_lost() -> anyhow::Result<()> {
    let house = house().await?;
    // The message is there; the bot hears so two seconds later.
    let late = FaultKind::DelayAfter { millis: 2_000 };
    house
        .sim
        .fault(Fault::on("sendMessage", late).in_chat(house.ann.id()));
    house
        .approval_is_asked(&house.their_approval("corr-1"))
        .await?;
    let card = house.card_saying(house.ann.id(), "corr-1").await;
    let answer = house.ann.taps(&card, "Approve").answer().await;
    ensure!(answer.text.contains("Approved"), "{answer:?}");
    ensure!(house.heard(1).await? == [decision("corr-1", "approve", "approved")]);
    let closed = house.shows(&card, "Approved by ann").await?;
    ensure!(!closed.has_buttons(), "{closed:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn better_12_the_message_ends_with_who_decided_and_when() -> anyhow::Result<()> {
    let house = house().await?;
    for (id, label, outcome) in [
        ("corr-1", "Approve", "✅ Approved by ann · "),
        ("corr-2", "Deny", "❌ Denied by ann · "),
    ] {
        house.approval_is_asked(&house.their_approval(id)).await?;
        let card = house.card_saying(house.ann.id(), id).await;
        house.ann.taps(&card, label).answer().await;
        let closed = house.shows(&card, outcome).await?;
        let last = closed.text.trim_end().lines().last().context("a line")?;
        let time = last.strip_prefix(outcome).context("it ends otherwise")?;
        let clock = time.strip_suffix(" UTC").context("no time")?;
        let (hours, minutes) = clock.split_once(':').context("no clock")?;
        ensure!(
            hours.parse::<u8>()? < 24 && minutes.parse::<u8>()? < 60,
            "{last}"
        );
    }
    Ok(())
}
