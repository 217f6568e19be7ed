//! Requests on their way through the whole house: the real process, a simulated Telegram, a
//! requester's endpoint.

use anyhow::{Context as _, ensure};
use axum::http::StatusCode;
use serde_json::{Value, json};
use signoff_telegram_sim::{Fault, FaultKind, SeenMessage, SimOptions};

use crate::service::House;

impl House {
    pub(crate) async fn card_in(&self, chat: i64) -> SeenMessage {
        self.sim
            .wait_for_message(chat, |message| message.from_bot && message.has_buttons())
            .await
    }

    pub(crate) async fn shows(
        &self,
        card: &SeenMessage,
        text: &str,
    ) -> anyhow::Result<SeenMessage> {
        self.until(
            &format!("the card shows {text:?}"),
            async |house: &House| {
                let now = house
                    .sim
                    .message(card.chat_id, card.message_id)
                    .context("it is there")?;
                Ok(now.text.contains(text))
            },
        )
        .await?;
        self.sim
            .message(card.chat_id, card.message_id)
            .context("it is there")
    }

    /// The one callback's `data`.
    async fn callback(&self) -> anyhow::Result<Value> {
        let got = self.receiver.got(1).await?;
        let mut body: Value = serde_json::from_slice(&got[0].body)?;
        Ok(body["data"].take())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_of_high_risk_is_pressed_twice_claimed_and_applied() -> anyhow::Result<()> {
    let house = House::start().await?;
    let mut body = house.approval("a");
    body["risk"] = "high".into();
    let asked = house.asks(&body).await?;
    let card = house.card_in(house.ann.id()).await;
    ensure!(
        card.text.contains("\"release\": \"a\""),
        "the arguments are shown: {}",
        card.text
    );
    let digest = asked["view_digest"].as_str().context("a digest")?;
    ensure!(
        card.text.contains(&digest["sha256:".len()..][..12]),
        "the digest is shown"
    );
    let first = house.ann.taps(&card, "Approve").answer().await;
    ensure!(
        first.show_alert,
        "the first press asks for a second: {first:?}"
    );
    ensure!(house.request("a").await?["status"] == "pending");
    // Sooner than a second after the first, a press is a double tap: press until it counts.
    house
        .until("the second press counts", async |house: &House| {
            house.ann.taps(&card, "Approve").answer().await;
            Ok(house.request("a").await?["status"] == "approved")
        })
        .await?;
    house.shows(&card, "Approved by").await?;
    let data = house.callback().await?;
    ensure!(data["outcome"]["decided_by"][0]["name"] == "ann", "{data}");
    let claim = json!({ "intent_digest": asked["intent_digest"] });
    ensure!(house.posts("a", "claim", &claim).await?.0 == StatusCode::OK);
    ensure!(house.posts("a", "claim", &claim).await?.0 == StatusCode::CONFLICT);
    let report = json!({ "result": "applied", "detail": "rolled out" });
    ensure!(house.posts("a", "execution", &report).await?.0 == StatusCode::OK);
    house
        .until("the card says what became of it", async |house: &House| {
            let now = house
                .sim
                .message(card.chat_id, card.message_id)
                .context("it is there")?;
            Ok(now.revision >= 2)
        })
        .await?;
    house.audit_verifies().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_denial_carries_the_typed_reason() -> anyhow::Result<()> {
    let house = House::start().await?;
    house.asks(&house.approval("a")).await?;
    let card = house.card_in(house.ann.id()).await;
    house.ann.taps(&card, "Deny with").answer().await;
    let prompt = house
        .sim
        .wait_for_message(house.ann.id(), |message| message.force_reply.is_some())
        .await;
    house.ann.replies(
        &prompt,
        "Not on a Friday <b>evening</b> & never without a plan",
    );
    let data = house.callback().await?;
    ensure!(data["status"] == "denied", "{data}");
    let reason = "Not on a Friday <b>evening</b> & never without a plan";
    ensure!(data["outcome"]["reason"] == reason, "{data}");
    ensure!(data["outcome"]["reason_via"] == "text", "{data}");
    let closed = house.shows(&card, "Denied by").await?;
    ensure!(
        closed.text.contains(reason) && !closed.has_buttons(),
        "{}",
        closed.text
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_takes_a_typed_answer_of_ones_own() -> anyhow::Result<()> {
    let house = House::start().await?;
    house.asks(&house.question("q")).await?;
    let card = house.card_in(house.ann.id()).await;
    house.ann.taps(&card, "Custom").answer().await;
    house
        .sim
        .wait_for_message(house.ann.id(), |message| message.force_reply.is_some())
        .await;
    // In a private chat with one open conversation a plain message is the answer.
    house.ann.says(house.ann.id(), "ship it after lunch");
    let data = house.callback().await?;
    let answer = json!({ "option_id": null, "text": "ship it after lunch", "via": "text" });
    ensure!(data["outcome"]["answer"] == answer, "{data}");
    house.shows(&card, "ship it after lunch").await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn two_people_approve_in_their_own_chats_and_both_cards_close() -> anyhow::Result<()> {
    let house = House::start().await?;
    let mut body = house.approval("a");
    body["route"] = "both".into();
    house.asks(&body).await?;
    let (anns, bens) = (
        house.card_in(house.ann.id()).await,
        house.card_in(house.ben.id()).await,
    );
    house.ann.taps(&anns, "Approve").answer().await;
    house.shows(&bens, "1 of 2").await?;
    ensure!(house.request("a").await?["status"] == "pending");
    house.ben.taps(&bens, "Approve").answer().await;
    for card in [&anns, &bens] {
        ensure!(!house.shows(card, "Approved by").await?.has_buttons());
    }
    let data = house.callback().await?;
    ensure!(
        data["outcome"]["decided_by"].as_array().map(Vec::len) == Some(2),
        "{data}"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn in_a_group_only_approvers_decide_and_a_stranger_is_told_so() -> anyhow::Result<()> {
    let house = House::start().await?;
    let eve = house.sim.new_person("Eve").id(6666).create();
    house.group.adds(&eve);
    let mut body = house.approval("a");
    body["route"] = "group".into();
    house.asks(&body).await?;
    let card = house.card_in(house.group.id()).await;
    let refused = eve.taps(&card, "Approve").answer().await;
    ensure!(refused.show_alert, "{refused:?}");
    ensure!(refused.text.contains("ann"), "{refused:?}");
    ensure!(house.request("a").await?["status"] == "pending");
    house.ben.taps(&card, "Approve").answer().await;
    house.shows(&card, "Approved by").await?;
    let events = house.get("/v1/requests/a/events").await?.to_string();
    ensure!(
        events.contains("response.refused") && events.contains("telegram:6666"),
        "{events}"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_withdrawn_request_closes_its_card_and_a_terminal_decides_another() -> anyhow::Result<()>
{
    let house = House::start().await?;
    house.asks(&house.approval("a")).await?;
    let card = house.card_in(house.ann.id()).await;
    let cancelled = house
        .posts("a", "cancel", &json!({ "reason": "superseded" }))
        .await?;
    ensure!(cancelled.0 == StatusCode::OK, "{cancelled:?}");
    ensure!(!house.shows(&card, "superseded").await?.has_buttons());
    let data = house.callback().await?;
    ensure!(data["status"] == "cancelled", "{data}");
    house.asks(&house.approval("b")).await?;
    let decided = house
        .posts("b", "decision", &json!({ "decision": "approve" }))
        .await?;
    ensure!(decided.1["status"] == "approved", "{decided:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blocked_bot_fails_the_request_at_once() -> anyhow::Result<()> {
    let house = House::start().await?;
    house.ann.blocks_bot();
    house.asks(&house.approval("a")).await?;
    let data = house.callback().await?;
    ensure!(data["status"] == "failed", "{data}");
    let reason = data["outcome"]["reason"].as_str().context("a reason")?;
    ensure!(reason.starts_with("undeliverable: telegram: "), "{reason}");
    ensure!(reason.contains("blocked"), "{reason}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_that_nobody_noted_is_followed_by_the_outcome() -> anyhow::Result<()> {
    let house = House::start().await?;
    let lost = Fault::on("sendMessage", FaultKind::ResetAfter).in_chat(house.ann.id());
    house.sim.fault(lost);
    house.asks(&house.approval("a")).await?;
    let orphan = house.card_in(house.ann.id()).await;
    let withdrawn = house.posts("a", "cancel", &json!({})).await?;
    ensure!(withdrawn.0 == StatusCode::OK, "{withdrawn:?}");
    house
        .until("the chat is told", async |house: &House| {
            let messages = house.sim.transcript(house.ann.id());
            Ok(messages
                .iter()
                .any(|m| m.text.contains("Withdrawn") && !m.has_buttons()))
        })
        .await?;
    let answer = house.ann.taps(&orphan, "Approve").answer().await;
    ensure!(answer.show_alert, "{answer:?}");
    ensure!(!house.shows(&orphan, "Withdrawn").await?.has_buttons());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_trip_by_webhook() -> anyhow::Result<()> {
    // The address must be known before the start, because Telegram is told it.
    let free = std::net::TcpListener::bind("127.0.0.1:0")?;
    let address = free.local_addr()?;
    drop(free);
    let house = House::start_by_webhook(SimOptions::default(), address).await?;
    house.asks(&house.approval("a")).await?;
    let card = house.card_in(house.ann.id()).await;
    house.ann.taps(&card, "Approve").answer().await;
    house.shows(&card, "Approved by").await?;
    ensure!(
        house.sim.calls_of("getUpdates").is_empty(),
        "nothing was polled"
    );
    Ok(())
}
