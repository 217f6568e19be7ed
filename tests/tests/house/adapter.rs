//! A request's way through an adapter over HTTP: the real process, an adapter that lives in the
//! test and so survives when the process is killed, a requester's endpoint.

mod double;

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};
use signoff_telegram_sim::SimOptions;

use crate::service::House;
use double::{Behaviour, Chat};

/// A house with one more channel, in which Cleo can be reached; Ann is in Telegram alone.
async fn house(chat: &Chat) -> anyhow::Result<House> {
    let more = format!(
        r#"
[[channels]]
kind = "http"
name = "chat"
url = "{}"
secret = "{}"

[[approvers]]
name = "cleo"
identities = {{ chat = "cleo@chat" }}

[[routes]]
name = "chat"
approvers = ["cleo"]

[[routes]]
name = "everywhere"
approvers = ["ann", "cleo"]
channels = ["telegram", "chat"]
"#,
        chat.url,
        double::SECRET
    );
    House::start_with(SimOptions::default(), &more).await
}

fn on(mut body: Value, route: &str) -> Value {
    body["route"] = route.into();
    body
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_makes_the_whole_trip_through_an_adapter_while_the_service_is_killed()
-> anyhow::Result<()> {
    let chat = Chat::start().await?;
    let mut house = house(&chat).await?;
    // Taken and not shown yet when the service dies: it is put again, with the same handles.
    chat.next(Behaviour::Take);
    house.asks(&on(house.approval("a"), "chat")).await?;
    let taken = chat.prompt(|prompt| prompt["revision"] == 1).await?;
    house.is_killed_and_starts_again().await?;
    chat.puts(2).await?;
    let shown = chat.all().pop().context("a prompt")?;
    ensure!(shown["buttons"] == taken["buttons"], "{shown}");
    house
        .until("it is shown", async |house: &House| {
            Ok(house.request("a").await?["prompts"][0]["state"] == "open")
        })
        .await?;
    let waiting = chat.pending(&house, "cleo@chat").await?;
    ensure!(
        waiting["prompts"][0]["buttons"] == shown["buttons"],
        "{waiting}"
    );
    ensure!(
        waiting["prompts"][0]["prompt_ref"] == "the message",
        "{waiting}"
    );

    let said = chat
        .presses(&house, "press-1", &shown, 0, "cleo@chat")
        .await?;
    ensure!(said["result"] == "applied", "{said}");
    house.is_killed_and_starts_again().await?;
    // The adapter did not hear the answer and asks again.
    let again = chat
        .presses(&house, "press-1", &shown, 0, "cleo@chat")
        .await?;
    ensure!(again["result"] == "applied", "{again}");
    let later = chat
        .presses(&house, "press-2", &shown, 1, "cleo@chat")
        .await?;
    ensure!(later["result"] == "stale", "{later}");

    let got = house.receiver.got(1).await?;
    let body: Value = serde_json::from_slice(&got[0].body)?;
    let decided = &body["data"]["outcome"]["decided_by"][0];
    ensure!(body["type"] == "request.approved", "{body}");
    ensure!(
        decided["name"] == "cleo" && decided["channel"] == "chat",
        "{body}"
    );
    let closed = chat.prompt(|prompt| prompt["state"] == "closed").await?;
    let notice = closed["notice"].as_str().context("a notice")?;
    ensure!(notice.starts_with("Approved by cleo"), "{notice}");
    ensure!(closed["buttons"] == json!([]), "{closed}");
    // Sent twice at most by a kill, it has one name.
    let ids = house.receiver.so_far();
    ensure!(ids.iter().all(|one| one.id == got[0].id), "{ids:?}");
    house.audit_verifies().await
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_answers_first_closes_the_request_in_telegram_and_in_the_chat() -> anyhow::Result<()>
{
    let chat = Chat::start().await?;
    let house = house(&chat).await?;
    house.asks(&on(house.approval("a"), "everywhere")).await?;
    let card = house
        .sim
        .wait_for_message(house.ann.id(), |message| {
            message.from_bot && message.has_buttons()
        })
        .await;
    chat.prompt(|prompt| prompt["state"] == "open").await?;
    house.ann.taps(&card, "Deny").answer().await;
    let closed = chat.prompt(|prompt| prompt["state"] == "closed").await?;
    let notice = closed["notice"].as_str().context("a notice")?;
    ensure!(notice.starts_with("Denied by ann"), "{notice}");

    house.asks(&on(house.question("q"), "everywhere")).await?;
    let card = house
        .sim
        .wait_for_message(house.ann.id(), |message| {
            message.from_bot && message.has_buttons() && message.text.contains("roll out q")
        })
        .await;
    let open = chat
        .prompt(|prompt| prompt["request"]["correlation_id"] == "q")
        .await?;
    let own = chat
        .writes(&house, "write-1", &open, "after lunch", "cleo@chat")
        .await?;
    ensure!(own["result"] == "applied", "{own}");
    house
        .until("the card in Telegram is closed", async |house: &House| {
            let now = house.sim.message(card.chat_id, card.message_id);
            let now = now.context("it is there")?;
            Ok(!now.has_buttons() && now.text.contains("after lunch"))
        })
        .await?;
    let outcome = house.outcome("q").await?;
    ensure!(
        outcome["outcome"]["answer"]["text"] == "after lunch",
        "{outcome}"
    );
    ensure!(outcome["outcome"]["answer"]["via"] == "text", "{outcome}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_adapter_that_is_away_is_waited_for_and_one_that_says_never_fails_the_request()
-> anyhow::Result<()> {
    let chat = Chat::start().await?;
    let house = house(&chat).await?;
    chat.next(Behaviour::Status(503));
    house.asks(&on(house.approval("later"), "chat")).await?;
    chat.puts(1).await?;
    house
        .until("the service says that it is away", async |house: &House| {
            let ready: Value = serde_json::from_str(&house.text("/readyz").await?)?;
            let channels = ready["channels"].as_array().context("channels")?;
            let chat = channels.iter().find(|one| one["name"] == "chat");
            Ok(chat.context("the chat")?["state"] == "unreachable")
        })
        .await?;
    chat.puts(2).await?;
    house
        .until("it is shown", async |house: &House| {
            Ok(house.request("later").await?["prompts"][0]["state"] == "open")
        })
        .await?;
    chat.next(Behaviour::Status(410));
    house.asks(&on(house.approval("never"), "chat")).await?;
    let failed = house.outcome("never").await?;
    let reason = &failed["outcome"]["reason"];
    ensure!(
        *reason == "undeliverable: chat: the adapter answered 410: by the double",
        "{reason}"
    );
    Ok(())
}
