//! The machine under the service lets it down: the power fails, the disk is full or broken, the clock
//! is moved. `shim.c` stands between the process and the machine.

mod disk;
mod power;
mod replay;
mod replay_tests;
mod shim;

pub(crate) use self::replay::Loss;
pub(crate) use self::shim::Machine;
