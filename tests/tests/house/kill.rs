//! The process is killed between submit, send, tap, commit and callback. Whatever the moment:
//! one outcome, one callback id with one body, every card whose id was recorded closed, an
//! orphaned card closed at its first press.
//!
//! The moments are chosen by holding Telegram or the receiver still, never by sleeping.

use std::collections::HashSet;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use axum::http::StatusCode;
use serde_json::Value;
use signoff_telegram_sim::{Fault, FaultKind, SeenMessage};

use crate::receiver::Behaviour;
use crate::service::House;

/// Longer than any test runs: the call is still held when the process is killed.
const HELD: u64 = 600_000;

impl House {
    /// The card for a title, when it comes.
    pub(crate) async fn card(&self, chat: i64, title: &str) -> SeenMessage {
        let title = title.to_owned();
        self.sim
            .wait_for_message(chat, move |message| {
                message.from_bot && message.has_buttons() && message.text.contains(&title)
            })
            .await
    }

    /// Waits until a card that stands shows its outcome and has no buttons.
    pub(crate) async fn closes(&self, card: &SeenMessage, outcome: &str) -> anyhow::Result<()> {
        self.until(
            &format!("the card closes with {outcome:?}"),
            async |house: &House| {
                let now = house
                    .sim
                    .message(card.chat_id, card.message_id)
                    .context("it is there")?;
                Ok(!now.has_buttons() && now.text.contains(outcome))
            },
        )
        .await
    }

    /// One outcome, one callback id, one body, and an audit without a break.
    pub(crate) async fn one_outcome(
        &self,
        correlation_id: &str,
        status: &str,
    ) -> anyhow::Result<()> {
        let ended = self.outcome(correlation_id).await?;
        ensure!(ended["status"] == status, "{ended}");
        self.until("the callback is delivered", async |house: &House| {
            let now = house.request(correlation_id).await?;
            Ok(now["callback"]["state"] == "delivered")
        })
        .await?;
        let got: Vec<_> = self
            .receiver
            .so_far()
            .into_iter()
            .filter(|got| {
                serde_json::from_slice::<Value>(&got.body)
                    .is_ok_and(|body| body["data"]["correlation_id"] == correlation_id)
            })
            .collect();
        ensure!(!got.is_empty(), "no callback came");
        ensure!(
            got.iter().all(|one| *one == got[0]),
            "callbacks differ: {got:?}"
        );
        let body: Value = serde_json::from_slice(&got[0].body)?;
        ensure!(body["type"] == format!("request.{status}"), "{body}");
        let events = self
            .get(&format!("/v1/requests/{correlation_id}/events"))
            .await?;
        let events = events["items"]
            .as_array()
            .or(events.as_array())
            .context("events")?
            .clone();
        let outcomes = events.iter().filter(|event| {
            let kind = event["event_type"].as_str().unwrap_or_default();
            ["approved", "denied", "expired", "failed", "cancelled"]
                .iter()
                .any(|end| kind == format!("approval.{end}"))
        });
        ensure!(outcomes.count() == 1, "not one outcome: {events:?}");
        self.audit_verifies().await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_after_the_submit_and_before_the_send() -> anyhow::Result<()> {
    let mut house = House::start().await?;
    house.sim.fault(Fault::on(
        "sendMessage",
        FaultKind::DelayBefore { millis: HELD },
    ));
    house.asks(&house.approval("a")).await?;
    house.is_killed().await?;
    house.sim.clear_faults();
    house.starts().await?;
    let card = house.card(house.ann.id(), "Deploy a").await;
    house.ann.taps(&card, "Approve").answer().await;
    house.closes(&card, "Approved").await?;
    house.one_outcome("a", "approved").await
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_after_the_send_and_before_its_id_was_recorded() -> anyhow::Result<()> {
    let mut house = House::start().await?;
    house.sim.fault(Fault::on(
        "sendMessage",
        FaultKind::DelayAfter { millis: HELD },
    ));
    house.asks(&house.approval("a")).await?;
    let orphan = house.card(house.ann.id(), "Deploy a").await;
    house.is_killed_and_starts_again().await?;
    let second = house
        .sim
        .wait_for_message(house.ann.id(), {
            let first = orphan.message_id;
            move |message| message.message_id > first && message.has_buttons()
        })
        .await;
    // The first press on the card whose id nobody recorded counts, and closes it.
    house.ann.taps(&orphan, "Approve").answer().await;
    house.closes(&orphan, "Approved").await?;
    house.closes(&second, "Approved").await?;
    house.one_outcome("a", "approved").await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_orphan_closes_at_its_first_press_after_the_other_card_decided() -> anyhow::Result<()> {
    let mut house = House::start().await?;
    house.sim.fault(Fault::on(
        "sendMessage",
        FaultKind::DelayAfter { millis: HELD },
    ));
    house.asks(&house.approval("a")).await?;
    let orphan = house.card(house.ann.id(), "Deploy a").await;
    house.is_killed_and_starts_again().await?;
    let first = orphan.message_id;
    let second = house
        .sim
        .wait_for_message(house.ann.id(), move |m| {
            m.message_id > first && m.has_buttons()
        })
        .await;
    house.ann.taps(&second, "Deny").answer().await;
    house.closes(&second, "Denied").await?;
    let answer = house.ann.taps(&orphan, "Approve").answer().await;
    ensure!(answer.show_alert, "the loser of a race is told: {answer:?}");
    house.closes(&orphan, "Denied").await?;
    house.one_outcome("a", "denied").await
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_after_the_tap_and_before_it_was_fetched() -> anyhow::Result<()> {
    let mut house = House::start().await?;
    house.asks(&house.approval("a")).await?;
    let card = house.card(house.ann.id(), "Deploy a").await;
    house
        .until("the card's id is recorded", async |house: &House| {
            Ok(house.request("a").await?["prompts"][0]["state"] == "open")
        })
        .await?;
    house.is_killed().await?;
    let tap = house.ann.taps(&card, "Approve");
    house.starts().await?;
    tap.answer().await;
    house.closes(&card, "Approved").await?;
    house.one_outcome("a", "approved").await
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_after_the_tap_was_fetched_and_before_it_was_answered() -> anyhow::Result<()> {
    let mut house = House::start().await?;
    house.asks(&house.approval("a")).await?;
    let card = house.card(house.ann.id(), "Deploy a").await;
    // The decision commits before the query is answered; the answer is held.
    house.sim.fault(Fault::on(
        "answerCallbackQuery",
        FaultKind::DelayBefore { millis: HELD },
    ));
    let tap = house.ann.taps(&card, "Approve");
    house.outcome("a").await?;
    house.is_killed().await?;
    house.sim.clear_faults();
    house.starts().await?;
    let answer = tap.answer().await;
    ensure!(
        !answer.show_alert,
        "the repeated update gets its first answer: {answer:?}"
    );
    house.closes(&card, "Approved").await?;
    house.one_outcome("a", "approved").await
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_after_the_decision_and_before_the_card_was_edited() -> anyhow::Result<()> {
    let mut house = House::start().await?;
    house.asks(&house.approval("a")).await?;
    let card = house.card(house.ann.id(), "Deploy a").await;
    house
        .until("the card's id is recorded", async |house: &House| {
            Ok(house.request("a").await?["prompts"][0]["state"] == "open")
        })
        .await?;
    house.sim.fault(Fault::on(
        "editMessageText",
        FaultKind::DelayBefore { millis: HELD },
    ));
    house.ann.taps(&card, "Approve").answer().await;
    house.outcome("a").await?;
    house.is_killed().await?;
    house.sim.clear_faults();
    house.starts().await?;
    house.closes(&card, "Approved").await?;
    house.one_outcome("a", "approved").await
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_while_the_receiver_has_the_callback_and_has_not_answered() -> anyhow::Result<()> {
    let mut house = House::start().await?;
    house.asks(&house.approval("a")).await?;
    let card = house.card(house.ann.id(), "Deploy a").await;
    house.receiver.next(Behaviour::Hang);
    house.ann.taps(&card, "Approve").answer().await;
    let first = house.receiver.got(1).await?;
    house.is_killed_and_starts_again().await?;
    let both = house.receiver.got(2).await?;
    ensure!(both[0] == both[1] && both[0] == first[0], "{both:?}");
    house.closes(&card, "Approved").await?;
    house.one_outcome("a", "approved").await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_expired_while_the_service_was_down_expires_when_it_is_back() -> anyhow::Result<()> {
    let mut house = House::start().await?;
    let mut body = house.approval("a");
    body["ttl_seconds"] = 10.into();
    house.asks(&body).await?;
    let card = house.card(house.ann.id(), "Deploy a").await;
    house
        .until("the card's id is recorded", async |house: &House| {
            Ok(house.request("a").await?["prompts"][0]["state"] == "open")
        })
        .await?;
    house.is_killed().await?;
    // The contract's shortest life is ten seconds of real time: this is the event waited for.
    tokio::time::sleep(Duration::from_secs(11)).await;
    house.starts().await?;
    house.closes(&card, "Expired").await?;
    house.one_outcome("a", "expired").await
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_again_and_again_under_a_mix_of_work() -> anyhow::Result<()> {
    let mut house = House::start().await?;
    let mut expected = Vec::new();
    for round in 0..8_u64 {
        let (yes, no, answered) = (
            format!("yes-{round}"),
            format!("no-{round}"),
            format!("q-{round}"),
        );
        house.asks(&house.approval(&yes)).await?;
        house.asks(&house.approval(&no)).await?;
        house.asks(&house.question(&answered)).await?;
        let chat = house.ann.id();
        let cards = [
            house.card(chat, &format!("Deploy {yes}")).await,
            house.card(chat, &format!("Deploy {no}")).await,
            house.card(chat, &format!("roll out {answered}?")).await,
        ];
        let taps = [
            house.ann.taps(&cards[0], "Approve"),
            house.ann.taps(&cards[1], "Deny"),
            house.ann.taps(&cards[2], "Canary"),
        ];
        // Not a wait for anything: the moment of the kill, somewhere in the work that follows.
        tokio::time::sleep(Duration::from_millis(round * 7)).await;
        house.is_killed_and_starts_again().await?;
        drop(taps);
        expected.extend([(yes, "approved"), (no, "denied"), (answered, "approved")]);
    }
    for (correlation_id, status) in &expected {
        house.one_outcome(correlation_id, status).await?;
    }
    let ids: HashSet<_> = house
        .receiver
        .so_far()
        .into_iter()
        .map(|got| got.id)
        .collect();
    ensure!(
        ids.len() == expected.len(),
        "{} ids for {} outcomes",
        ids.len(),
        expected.len()
    );
    // Every card whose id was recorded closes; an orphan may stay until it is pressed.
    house
        .until("every recorded card is closed", async |house: &House| {
            for (correlation_id, _) in &expected {
                let request = house.request(correlation_id).await?;
                let prompts = request["prompts"].as_array().context("prompts")?;
                if prompts.iter().any(|prompt| prompt["state"] != "closed") {
                    return Ok(false);
                }
            }
            Ok(true)
        })
        .await?;
    for message in house.sim.transcript(house.ann.id()) {
        if message.from_bot && message.has_buttons() {
            let label = message.labels()[0].to_owned();
            let answer = house.ann.taps(&message, &label).answer().await;
            ensure!(
                answer.show_alert,
                "an orphan's press says how it ended: {answer:?}"
            );
            house
                .until("the orphan closes", async |house: &House| {
                    let now = house.sim.message(message.chat_id, message.message_id);
                    Ok(!now.context("it is there")?.has_buttons())
                })
                .await?;
        }
    }
    house.audit_verifies().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_callback_that_fails_is_sent_again_after_a_restart() -> anyhow::Result<()> {
    let mut house = House::start().await?;
    house.asks(&house.approval("a")).await?;
    let card = house.card(house.ann.id(), "Deploy a").await;
    house
        .receiver
        .next(Behaviour::Answer(StatusCode::INTERNAL_SERVER_ERROR));
    house.ann.taps(&card, "Approve").answer().await;
    house.receiver.got(1).await?;
    house.is_killed_and_starts_again().await?;
    house.one_outcome("a", "approved").await
}
