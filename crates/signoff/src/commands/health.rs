//! `signoff health`: whether the service of this configuration is ready, for those who start it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use anyhow::{Context as _, bail};

use crate::cli::ConfigFile;
use crate::config::{check, check_adapter, is_adapters, load};
use crate::exit::Exit;
use crate::output;

/// The service answers within this time, or it is not ready.
const PATIENCE: Duration = Duration::from_secs(4);

/// Ask the service on this machine whether it is ready.
///
/// Takes the address from the same configuration as `serve` and ends with 0 or 1: for the health
/// check of a container, in which there is nothing else to ask with.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    config: ConfigFile,
}

pub(crate) async fn run(args: Args) -> anyhow::Result<Exit> {
    let loaded = load(&args.config.source())?;
    let address = if is_adapters(&loaded) {
        let listen = check_adapter(&loaded)?.settings.listen;
        address([Some(listen), None], "[adapter] listen")?
    } else {
        let settings = check(&loaded)?.settings;
        let compat = settings.compat.as_ref().map(|compat| compat.listen);
        address([Some(settings.listen), compat], "[server] listen")?
    };
    let url = format!("http://{address}/readyz");
    let http = reqwest::Client::builder()
        .no_proxy()
        .timeout(PATIENCE)
        .build()?;
    let answer = http.get(&url).send().await;
    let answer = answer.with_context(|| format!("nothing answers at {address}"))?;
    let status = answer.status();
    if !status.is_success() {
        bail!("{address} is not ready ({status}); its log says why");
    }
    output::say(format_args!("{address} is ready"));
    Ok(Exit::Success)
}

/// Where to ask: at a port that is known, on this machine.
fn address(known: [Option<SocketAddr>; 2], key: &str) -> anyhow::Result<SocketAddr> {
    let mut known = known.into_iter().flatten();
    let known = known.find(|address| address.port() != 0);
    let unknown = || format!("the service takes a port that nobody knows: name one in {key}");
    let mut address = known.with_context(unknown)?;
    if address.ip().is_unspecified() {
        address.set_ip(match address.ip() {
            IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    Ok(address)
}
