//! The hunt for lost, doubled and contradicted decisions: the real process is killed again and
//! again under a steady mix of work, and everything that was seen outside it is judged.
//!
//! `SIGNOFF_SEED=<n>` makes the same choices again. What the machine makes of them is its own.

#![expect(
    clippy::print_stdout,
    reason = "whoever runs a hunt reads its seed and what it met"
)]

mod crowd;
mod judge;
mod plan;
mod workload;

use anyhow::Context as _;

use self::crowd::Crowd;
use self::judge::Judge;
use self::plan::{Plan, SEED};
use self::workload::Workload;

/// Kills the process that often, and judges.
async fn hunt(kills: usize) -> anyhow::Result<()> {
    let plan = Plan::new()?;
    println!("{SEED}={}", plan.seed);
    hunted(plan, kills)
        .await
        .with_context(|| format!("replay with {SEED}={}", plan.seed))
}

async fn hunted(plan: Plan, kills: usize) -> anyhow::Result<()> {
    let (mut house, crowd) = Crowd::gather().await?;
    house.is_killed().await?;
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
        workload.is_dead();
    }
    house.sim.clear_faults();
    workload.is_born();
    house.starts().await?;
    workload.is_ready();
    workload.finishes().await?;
    Judge::new(&house, &workload).decides().await
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_doubled_or_contradicted_over_a_few_kills() -> anyhow::Result<()> {
    hunt(8).await
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "make test-deep"]
async fn nothing_is_lost_doubled_or_contradicted_over_three_hundred_kills() -> anyhow::Result<()> {
    hunt(300).await
}
