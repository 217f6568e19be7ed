//! The Telegram channel in a process of its own, over the adapter contract: the same trips, whichever
//! side is killed. (With `SIGNOFF_HOUSE=apart` every other house is in two parts as well.)

pub(crate) mod arrangement;

use anyhow::ensure;

use crate::service::House;

impl House {
    /// `kill -9` of the adapter alone, and a new one.
    async fn adapter_is_killed_and_starts_again(&mut self) -> anyhow::Result<()> {
        let apart = self.apart.as_mut();
        apart.expect("a house in two parts").is_killed().await?;
        self.adapter_is_spawned()?;
        self.gets_ready().await
    }

    /// `kill -9` of the service alone, and a new one.
    async fn service_is_killed_and_starts_again(&mut self) -> anyhow::Result<()> {
        self.service_is_killed().await?;
        self.service_is_spawned()?;
        self.gets_ready().await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_makes_the_whole_trip_while_either_side_is_killed() -> anyhow::Result<()> {
    let mut house = House::start_apart("").await?;
    house.asks(&house.approval("a")).await?;
    let card = house.card(house.ann.id(), "Deploy a").await;
    house.adapter_is_killed_and_starts_again().await?;
    house.service_is_killed_and_starts_again().await?;
    house.ann.taps(&card, "Approve").answer().await;
    house.closes(&card, "Approved by").await?;
    house.one_outcome("a", "approved").await?;
    ensure!(
        !house.log().contains("[telegram]"),
        "the service has no bot of its own"
    );
    Ok(())
}
