//! `signoff conformance service`: a control plane and a person who decides, played to a service.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use anyhow::bail;
use secrecy::SecretString;
use signoff_conformance::service::{self, Callbacks, Service};
use url::Url;

use super::secrets::{self, Secrets};
use super::{HELP, Written, conclude, examination};
use crate::exit::Exit;

/// Check a service that speaks the native API.
///
/// Submits requests, decides and withdraws them, and looks at what the service answers and sends. People on the route
/// see these requests come and go: use a route of its own, or a service that nobody works with.
#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(crate) struct Args {
    /// Where the service is
    url: Url,
    /// A file with an API key that asks and reads, `requests:write` and `requests:read` (or set `SIGNOFF_KEY`, or
    /// `SIGNOFF_KEY_FILE`)
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// A file with an API key that decides and reads, `decisions:write` and `requests:read`, of an approver on the route
    /// (or set `SIGNOFF_APPROVER_KEY`, or `SIGNOFF_APPROVER_KEY_FILE`)
    #[arg(long, value_name = "FILE")]
    approver_key_file: Option<PathBuf>,
    /// A file with an API key that asks and reads in another project (or set `SIGNOFF_OTHER_KEY`, or
    /// `SIGNOFF_OTHER_KEY_FILE`). Without it what projects know of each other is not tried
    #[arg(long, value_name = "FILE")]
    other_key_file: Option<PathBuf>,
    /// The route to ask on (default: the project's "default")
    #[arg(long)]
    route: Option<String>,
    #[command(flatten)]
    secrets: Secrets,
    /// Where to receive callbacks
    #[arg(long, value_name = "ADDRESS", default_value_t = SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))]
    listen: SocketAddr,
    /// How the service reaches that (default: `http://` and the address)
    #[arg(long, value_name = "URL")]
    callback_url: Option<Url>,
    #[command(flatten)]
    written: Written,
}

pub(crate) async fn run(args: Args) -> anyhow::Result<Exit> {
    let key = secrets::key("SIGNOFF_KEY", args.key_file.as_deref())?;
    let approver_key = secrets::key("SIGNOFF_APPROVER_KEY", args.approver_key_file.as_deref())?;
    let needed = |key: Option<SecretString>, variable: &str, flag: &str| match key {
        Some(key) => Ok(key),
        None => bail!("no API key: set {variable}, or name a file with {flag}"),
    };
    let key = needed(key, "SIGNOFF_KEY", "--key-file")?;
    let approver_key = needed(approver_key, "SIGNOFF_APPROVER_KEY", "--approver-key-file")?;
    let mut service = Service::new(args.url, key, approver_key)?;
    let other_key = secrets::key("SIGNOFF_OTHER_KEY", args.other_key_file.as_deref())?;
    if let Some(key) = other_key {
        service = service.other_project(key);
    }
    if let Some(route) = args.route {
        service = service.route(route);
    }
    let secrets = args.secrets.read()?;
    if !secrets.is_empty() {
        service = service.callbacks(Callbacks {
            listen: args.listen,
            reached_at: args.callback_url,
            secrets,
        });
    }
    let subject = format!("the service at {}", service.origin());
    let report = service::examine(service, examination(subject)).await;
    conclude(report, &args.written)
}
