//! The hunt for lost, doubled and contradicted decisions: the real process is killed again and
//! again under a steady mix of work, and everything that was seen outside it is judged.
//!
//! Half of the hunts kill the process alone; in the others the power fails with it (see
//! `machine/replay.rs`), and what had not been synced is lost.
//!
//! `SIGNOFF_SEED=<n>` makes the same choices again. What the machine makes of them is its own.

#![expect(
    clippy::print_stdout,
    reason = "whoever runs a hunt reads its seed and what it met"
)]

mod crowd;
mod diary;
mod judge;
mod plan;
mod workload;

use anyhow::Context as _;
#[cfg(target_os = "linux")]
use anyhow::ensure;

use self::crowd::Crowd;
use self::judge::Judge;
use self::plan::{Plan, SEED};
use self::workload::Workload;
use crate::service::PATIENCE;
#[cfg(target_os = "linux")]
use crate::{
    machine::{Loss, Machine},
    service::House,
};

/// How the process dies.
#[derive(Debug, Clone, Copy)]
enum Death {
    Kill,
    #[cfg(target_os = "linux")]
    PowerLoss,
}

/// Kills the process that often, and judges.
async fn hunt(kills: usize, death: Death) -> anyhow::Result<()> {
    let plan = Plan::new()?;
    println!("{SEED}={}", plan.seed);
    hunted(plan, kills, death)
        .await
        .with_context(|| format!("replay with {SEED}={}", plan.seed))
}

async fn hunted(plan: Plan, kills: usize, death: Death) -> anyhow::Result<()> {
    let (mut house, crowd) = Crowd::gather().await?;
    house.is_killed().await?;
    #[cfg(target_os = "linux")]
    let mut power = match death {
        Death::Kill => None,
        Death::PowerLoss => Some(Power::under(&mut house)?),
    };
    let workload = Workload::start(plan, &house, crowd);
    for n in 0..kills {
        let life = plan.life(n);
        house.sim.clear_faults();
        for fault in plan.faults(n) {
            house.sim.fault(fault);
        }
        workload.is_born();
        house.is_spawned()?;
        if !life.at_start {
            house.gets_ready().await?;
            workload.is_ready();
        }
        tokio::time::sleep(life.lasts).await;
        house.is_killed().await?;
        // What it had sent is served by now, so that every call belongs to a known life.
        let served = tokio::time::timeout(PATIENCE, house.sim.wait_until_hung_up());
        served.await.context("the dead are still connected")??;
        #[cfg(target_os = "linux")]
        if let Some(power) = &mut power {
            power.fails(plan.power(n))?;
        }
        workload.is_dead();
    }
    house.sim.clear_faults();
    workload.is_born();
    house.starts().await?;
    workload.is_ready();
    workload.finishes().await?;
    Judge::new(&house, &workload).decides().await?;
    #[cfg(target_os = "linux")]
    if let Some(power) = power {
        power.was_felt()?;
    }
    Ok(())
}

/// The power, which fails whenever the process is killed.
#[cfg(target_os = "linux")]
struct Power {
    machine: Machine,
    lost: Loss,
    felt: usize,
}

#[cfg(target_os = "linux")]
impl Power {
    fn under(house: &mut House) -> anyhow::Result<Self> {
        let machine = Machine::under(&house.folder().join("signoff.db"))?;
        // Most kills would fall between two syncs, and find nothing to lose.
        machine.syncing_takes(15_000)?;
        house.environment = machine.environment()?;
        Ok(Self {
            machine,
            lost: Loss::default(),
            felt: 0,
        })
    }

    fn fails(&mut self, seed: u64) -> anyhow::Result<()> {
        let loss = self.machine.power_fails(seed)?;
        self.felt += usize::from(loss.sectors + loss.metadata > 0);
        self.lost.sectors += loss.sectors;
        self.lost.metadata += loss.metadata;
        Ok(())
    }

    fn was_felt(&self) -> anyhow::Result<()> {
        let Self { felt, lost, .. } = self;
        println!("{felt} power losses lost something: {lost:?}");
        ensure!(*felt > 0, "nothing was ever lost: the shim sees nothing");
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_doubled_or_contradicted_over_a_few_kills() -> anyhow::Result<()> {
    hunt(8, Death::Kill).await
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "make test-deep"]
async fn nothing_is_lost_doubled_or_contradicted_over_three_hundred_kills() -> anyhow::Result<()> {
    hunt(300, Death::Kill).await
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_doubled_or_contradicted_over_a_few_power_losses() -> anyhow::Result<()> {
    hunt(8, Death::PowerLoss).await
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
#[ignore = "make test-deep"]
async fn nothing_is_lost_doubled_or_contradicted_over_sixty_power_losses() -> anyhow::Result<()> {
    hunt(60, Death::PowerLoss).await
}
