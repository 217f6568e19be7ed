//! `signoff bridge`: control planes that ask nobody themselves, connected from the outside.

mod codex_k8s;
mod plane;
mod row;

use clap::Subcommand;

use crate::exit::Exit;

#[derive(Debug, Subcommand)]
pub(crate) enum Bridge {
    CodexK8s(codex_k8s::Args),
}

pub(crate) async fn run(command: Bridge) -> anyhow::Result<Exit> {
    match command {
        Bridge::CodexK8s(args) => codex_k8s::run(args).await,
    }
}
