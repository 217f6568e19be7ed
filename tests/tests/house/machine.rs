//! The machine under the service lets it down: the power fails, the disk is full or broken, the clock
//! is moved. `shim.c` stands between the process and the machine.

mod clock;
mod disk;
mod power;
mod replay;
mod replay_tests;
mod shim;

use crate::service::House;

/// A house whose service runs on a machine that can be told to fail.
async fn on_a_machine() -> anyhow::Result<(House, Machine)> {
    let mut house = House::start().await?;
    house.is_killed().await?;
    let machine = Machine::under(&house.folder().join("signoff.db"))?;
    house.environment = machine.environment()?;
    house.starts().await?;
    Ok((house, machine))
}

pub(crate) use self::replay::Loss;
pub(crate) use self::shim::Machine;
