//! The wall clock of a running service is set forward and back by an hour, also over a restart. What
//! each part makes of that is tested beside it (`crates/engine/tests/it/clock.rs`); this is all of them
//! at once, with the loops that wait for real.

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};

use super::on_a_machine;
use crate::service::House;

const HOUR: i64 = 3_600;

impl House {
    /// Waits until a callback was tried in vain: to the receiver its signature is an hour off.
    async fn callback_is_refused(&self, correlation_id: &str) -> anyhow::Result<()> {
        self.until("the callback was tried", async |house: &Self| {
            let callback = &house.request(correlation_id).await?["callback"];
            ensure!(callback["state"] == "due", "{callback}");
            Ok(callback["attempts"].as_u64() > Some(0))
        })
        .await
    }

    async fn callback_is_delivered(&self, correlation_id: &str) -> anyhow::Result<()> {
        self.until("the callback is delivered", async |house: &Self| {
            Ok(house.request(correlation_id).await?["callback"]["state"] == "delivered")
        })
        .await
    }

    /// How often a callback about this request was taken.
    fn times_called_back(&self, correlation_id: &str) -> usize {
        let of_it = self.receiver.so_far().into_iter().filter(|got| {
            serde_json::from_slice::<Value>(&got.body)
                .is_ok_and(|body| body["data"]["correlation_id"] == correlation_id)
        });
        of_it.count()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_hour_forward_and_back_again_ends_nothing_twice_and_keeps_nobody_waiting()
-> anyhow::Result<()> {
    let (mut house, machine) = on_a_machine().await?;
    for (id, ttl) in [("short", 600), ("long", 7_200), ("last", 7_200)] {
        let mut body = house.approval(id);
        body["ttl_seconds"] = ttl.into();
        house.asks(&body).await?;
        house
            .until("somebody can see it", async |house: &House| {
                Ok(house.request(id).await?["prompts"][0]["state"] == "open")
            })
            .await?;
    }

    machine.clock_is_off_by(HOUR)?;
    let ended = house.outcome("short").await?;
    ensure!(ended["status"] == "expired", "{ended}");
    ensure!(house.request("long").await?["status"] == "pending");
    house.callback_is_refused("short").await?;

    // The next attempt was planned for an hour from now, as the clock says it.
    machine.clock_is_off_by(0)?;
    house.callback_is_delivered("short").await?;
    let approve = json!({ "decision": "approve" });
    let (status, refused) = house.posts("short", "decision", &approve).await?;
    ensure!(!status.is_success(), "it is over: {refused}");
    let (status, decided) = house.posts("long", "decision", &approve).await?;
    ensure!(status.is_success(), "{decided}");
    house.callback_is_delivered("long").await?;

    // The same over a restart: ahead when it was killed, right when it starts.
    machine.clock_is_off_by(HOUR)?;
    let (status, decided) = house.posts("last", "decision", &approve).await?;
    ensure!(status.is_success(), "{decided}");
    house.callback_is_refused("last").await?;
    house.is_killed().await?;
    machine.clock_is_off_by(0)?;
    house.starts().await?;
    house.callback_is_delivered("last").await?;

    for (id, status) in [
        ("short", "expired"),
        ("long", "approved"),
        ("last", "approved"),
    ] {
        let now = house.request(id).await?;
        ensure!(now["status"] == status, "{now}");
        ensure!(house.times_called_back(id) == 1, "{id}");
    }
    house
        .asks(&house.approval("after"))
        .await
        .context("it goes on")?;
    house.audit_verifies().await
}
