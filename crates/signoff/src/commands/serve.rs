//! stub
use crate::exit::Exit;
/// Run the service.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}
pub(crate) async fn run(_: Args) -> anyhow::Result<Exit> { Ok(Exit::Failure) }
