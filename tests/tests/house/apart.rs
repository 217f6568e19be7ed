//! The Telegram channel in a process of its own, over the adapter contract: whichever side is away or
//! killed, everything counts once and every copy says how it ended. (With `SIGNOFF_HOUSE=apart` all
//! other houses are in two parts as well.)

pub(crate) mod arrangement;
mod kills;

use std::time::Duration;

use anyhow::{Context as _, ensure};
use serde_json::Value;
use signoff_telegram_sim::{Fault, FaultKind};

use crate::service::House;
use crate::voice::recording;
use crate::voice::server::Hears;

impl House {
    /// `kill -9` of the adapter alone.
    async fn adapter_is_killed(&mut self) -> anyhow::Result<()> {
        let apart = self.apart.as_mut();
        apart.context("a house in two parts")?.is_killed().await
    }

    /// `kill -9` of the adapter alone, and a new one.
    async fn adapter_is_killed_and_starts_again(&mut self) -> anyhow::Result<()> {
        self.adapter_is_killed().await?;
        self.adapter_is_spawned()?;
        self.gets_ready().await
    }

    /// `kill -9` of the service alone, and a new one.
    async fn service_is_killed_and_starts_again(&mut self) -> anyhow::Result<()> {
        self.service_is_killed().await?;
        self.service_is_spawned()?;
        self.gets_ready().await
    }

    /// The service says that the request is shown.
    async fn is_shown(&self, correlation_id: &str) -> anyhow::Result<()> {
        self.until("it is shown", async |house: &Self| {
            Ok(house.request(correlation_id).await?["prompts"][0]["state"] == "open")
        })
        .await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_makes_the_whole_trip_while_either_side_is_killed() -> anyhow::Result<()> {
    let mut house = House::start_apart("").await?;
    house.asks(&house.approval("a")).await?;
    let card = house.card(house.ann.id(), "Deploy a").await;
    house.adapter_is_killed_and_starts_again().await?;
    house.service_is_killed_and_starts_again().await?;
    house.is_shown("a").await?;
    house.ann.taps(&card, "Approve").answer().await;
    house.closes(&card, "Approved by").await?;
    house.one_outcome("a", "approved").await?;
    let ready: Value = serde_json::from_str(&house.text("/readyz").await?)?;
    ensure!(
        ready["channels"][0]["name"] == "telegram" && ready["channels"][0]["state"] == "reachable",
        "{ready}"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_pressed_and_written_while_the_service_is_down_counts_when_it_is_back()
-> anyhow::Result<()> {
    let mut house = House::start_apart("").await?;
    house.asks(&house.approval("yes")).await?;
    house.asks(&house.approval("no")).await?;
    let yes = house.card(house.ann.id(), "Deploy yes").await;
    let asked = house.is_asked("Deploy no", "Deny with a reason").await?;
    house.is_shown("yes").await?;
    house.is_shown("no").await?;
    house.service_is_killed().await?;
    let tap = house.ann.taps(&yes, "Approve");
    house.ann.replies(&asked, "not before Monday");
    let told = tap.answer().await;
    ensure!(told.show_alert, "nobody is told that it counts: {told:?}");
    // The adapter dies too, with both in its store.
    house.adapter_is_killed().await?;
    house.starts().await?;
    house.closes(&yes, "Approved by").await?;
    house.one_outcome("yes", "approved").await?;
    house.one_outcome("no", "denied").await?;
    let reason = &house.request("no").await?["outcome"]["reason"];
    ensure!(*reason == "not before Monday", "{reason}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_copy_is_closed_also_one_that_was_asked_for_and_whose_adapter_died()
-> anyhow::Result<()> {
    let mut house = House::start_apart("").await?;
    house.asks(&house.approval("a")).await?;
    let first = house.card(house.ann.id(), "Deploy a").await;
    house.is_shown("a").await?;
    house.ann.says(house.ann.id(), "/pending");
    let list = house
        .sim
        .wait_for_message(house.ann.id(), |message| {
            message.has_buttons() && message.text.contains("waits for you")
                || message.has_buttons() && !message.text.contains("release")
        })
        .await;
    let label = list.labels().first().context("a button")?.to_string();
    house.ann.taps(&list, &label).answer().await;
    let (chat, seen) = (house.ann.id(), [first.message_id, list.message_id]);
    let copy = house
        .sim
        .wait_for_message(chat, move |message| {
            message.has_buttons() && !seen.contains(&message.message_id)
        })
        .await;
    house.adapter_is_killed_and_starts_again().await?;
    house.ann.taps(&copy, "Deny").answer().await;
    house.closes(&copy, "Denied by").await?;
    house.closes(&first, "Denied by").await?;
    house.one_outcome("a", "denied").await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_that_takes_longer_than_an_answer_may_is_known_by_its_receipt() -> anyhow::Result<()>
{
    let house = House::start_apart("").await?;
    // Longer than the adapter lets the service wait, and than the service would.
    let slow = FaultKind::DelayAfter { millis: 11_000 };
    house.sim.fault(Fault::on("sendMessage", slow));
    house.asks(&house.approval("a")).await?;
    let card = house.card(house.ann.id(), "Deploy a").await;
    ensure!(house.request("a").await?["prompts"][0]["state"] == "waiting");
    house.is_shown("a").await?;
    house.ann.taps(&card, "Approve").answer().await;
    house.closes(&card, "Approved by").await?;
    let cards = house.sim.transcript(house.ann.id());
    let cards = cards.iter().filter(|m| m.text.contains("Deploy a")).count();
    ensure!(cards == 1, "{cards} cards");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_is_invited_and_decides_and_is_listed_what_waits() -> anyhow::Result<()> {
    let more =
        "\n[[approvers]]\nname = \"cleo\"\n\n[[routes]]\nname = \"cleo\"\napprovers = [\"cleo\"]\n";
    let house = House::start_apart(more).await?;
    let invited = house
        .runs(&["approvers", "invite", "cleo", "--json"])
        .await?;
    let invited: Value = serde_json::from_slice(&invited.stdout)?;
    let token = invited["token"].as_str().context("a token")?;
    let cleo = house.sim.new_person("Cleo").id(1003).create();
    cleo.says(cleo.id(), &format!("/start {token}"));
    let says = |words: &'static str| {
        move |message: &signoff_telegram_sim::SeenMessage| {
            message.from_bot && message.text.contains(words)
        }
    };
    house.sim.wait_for_message(cleo.id(), says("cleo")).await;
    let mut body = house.approval("a");
    body["route"] = "cleo".into();
    house.asks(&body).await?;
    let card = house.card(cleo.id(), "Deploy a").await;
    cleo.taps(&card, "Approve").answer().await;
    house.closes(&card, "Approved by").await?;
    house.one_outcome("a", "approved").await
}

#[tokio::test(flavor = "multi_thread")]
async fn who_spoke_before_the_deadline_answered_before_it_whichever_side_died_meanwhile()
-> anyhow::Result<()> {
    let hears = Hears::start().await?;
    let speech = format!("\n[speech]\nengine = \"http\"\nurl = \"{}\"\n", hears.url);
    let mut house = House::start_apart(&speech).await?;
    hears.hears("not today");
    hears.holds();
    let mut body = house.approval("a");
    body["ttl_seconds"] = 10.into();
    house.asks(&body).await?;
    let asked = house.is_asked("Deploy a", "Deny with a reason").await?;
    let note = recording("seen_voice_001.ogg")?;
    house.ann.sends_voice(house.ann.id(), note, Some(&asked));
    hears.has_got(1).await?;
    house.service_is_killed_and_starts_again().await?;
    house.adapter_is_killed_and_starts_again().await?;
    hears.has_got(2).await?;
    // The deadline itself is the event waited for.
    tokio::time::sleep(Duration::from_secs(11)).await;
    ensure!(
        house.request("a").await?["status"] == "pending",
        "it is held"
    );
    hears.goes_on();
    house.one_outcome("a", "denied").await?;
    let outcome = &house.request("a").await?["outcome"];
    ensure!(
        outcome["reason"] == "not today" && outcome["reason_via"] == "voice",
        "{outcome}"
    );
    Ok(())
}
