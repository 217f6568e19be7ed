//! stub
use crate::exit::Exit;
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Internal { /// g
 Generate }
pub(crate) fn run(_: Internal) -> anyhow::Result<Exit> { 
    crate::output::data(crate::config::render::example(&crate::config::Shape::of_config()))?;
    Ok(Exit::Failure) }
