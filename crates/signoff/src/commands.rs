//! The commands, one file each.

pub(crate) mod adapter;
pub(crate) mod approvals;
pub(crate) mod approvers;
pub(crate) mod ask;
pub(crate) mod audit;
pub(crate) mod backup;
pub(crate) mod bridge;
pub(crate) mod callbacks;
pub(crate) mod config_check;
pub(crate) mod conformance;
pub(crate) mod demo;
pub(crate) mod doctor;
pub(crate) mod health;
pub(crate) mod internal;
pub(crate) mod key;
pub(crate) mod serve;
pub(crate) mod transcribe;

use crate::cli::Command;
use crate::exit::Exit;

/// Runs a command.
pub(crate) async fn run(command: Command) -> anyhow::Result<Exit> {
    match command {
        Command::Serve(args) => Box::pin(serve::run(args)).await,
        Command::Demo(args) => demo::run(args).await,
        Command::Config(command) => config_check::run(command),
        Command::Doctor(args) => doctor::run(args).await,
        Command::Health(args) => health::run(args).await,
        Command::Key(command) => key::run(command).await,
        Command::Ask(args) => ask::run(*args).await,
        Command::Approvers(command) => approvers::run(command).await,
        Command::Adapter(command) => Box::pin(adapter::run(command)).await,
        Command::Bridge(command) => bridge::run(command).await,
        Command::Callbacks(command) => callbacks::run(command).await,
        Command::Conformance(command) => conformance::run(command).await,
        Command::Approvals(command) => approvals::run(command).await,
        Command::Audit(command) => audit::run(command).await,
        Command::Transcribe(args) => transcribe::run(args).await,
        Command::Backup(args) => backup::run(args).await,
        Command::Internal(command) => internal::run(command),
    }
}
