//! `signoff adapter`: a channel in a process of its own, over the adapter contract.

mod telegram;

use clap::Subcommand;

use crate::exit::Exit;

#[derive(Debug, Subcommand)]
pub(crate) enum Adapter {
    Telegram(telegram::Args),
}

pub(crate) async fn run(command: Adapter) -> anyhow::Result<Exit> {
    match command {
        Adapter::Telegram(args) => telegram::run(args).await,
    }
}
