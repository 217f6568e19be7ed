//! The command line: which commands there are. What each takes is beside what it does.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::commands::{
    adapter, approvals, approvers, ask, audit, backup, bridge, callbacks, config_check,
    conformance, demo, doctor, health, internal, key, serve, transcribe,
};
use crate::config::Source;

/// A human's yes, no or answer between an automated system and what it wants to do.
///
/// Signoff shows a control plane's requests to the right people in Telegram, and calls back,
/// signed, with what they decided. `signoff demo` shows how, without an account.
#[derive(Debug, Parser)]
#[command(name = "signoff", version)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Serve(serve::Args),
    Demo(demo::Args),
    /// The configuration.
    #[command(subcommand)]
    Config(config_check::Config),
    Doctor(doctor::Args),
    Health(health::Args),
    /// Keys for the API.
    #[command(subcommand)]
    Key(key::Key),
    Ask(Box<ask::Args>),
    /// The people who may decide.
    #[command(subcommand)]
    Approvers(approvers::Approvers),
    /// Channels in a process of their own.
    #[command(subcommand)]
    Adapter(adapter::Adapter),
    /// Control planes that ask nobody themselves.
    #[command(subcommand)]
    Bridge(bridge::Bridge),
    /// Outcomes on their way to those who asked.
    #[command(subcommand)]
    Callbacks(callbacks::Callbacks),
    /// The inbox in the terminal, over the API.
    #[command(subcommand)]
    Approvals(approvals::Approvals),
    /// Whether what others have built keeps the contract.
    #[command(subcommand)]
    Conformance(conformance::Conformance),
    /// The proof of who allowed what.
    #[command(subcommand)]
    Audit(audit::Audit),
    Backup(backup::Args),
    Transcribe(transcribe::Args),
    /// For the makers of Signoff.
    #[command(subcommand, hide = true)]
    Internal(internal::Internal),
}

/// Where the configuration is.
#[derive(Debug, Clone, Args)]
pub(crate) struct ConfigFile {
    /// The configuration file (default: signoff.toml, when it is there)
    #[arg(
        long,
        value_name = "FILE",
        env = "SIGNOFF_CONFIG",
        hide_env_values = true
    )]
    config: Option<PathBuf>,
}

impl ConfigFile {
    /// The file and this process's environment.
    pub(crate) fn source(&self) -> Source {
        Source::of_process(self.config.clone())
    }
}

/// Whether a machine reads the output.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Json {
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}
