//! `signoff conformance receiver`: Signoff's side of callbacks, played to a control plane.

use std::convert::Infallible;

use anyhow::bail;
use signoff_conformance::receiver::{self, Receiver, Seen};
use signoff_contract::CorrelationId;
use url::Url;

use super::secrets::{Secrets, VARIABLE};
use super::{HELP, Written, conclude, examination};
use crate::exit::Exit;

/// Check a control plane's receiver of callbacks.
///
/// Posts outcomes as Signoff does, and as a forger would, and looks at the answers. Nothing of it is about
/// requests that exist: use it where an approval moves nothing. Each of the signing secrets must do.
#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(crate) struct Args {
    /// Where the control plane receives callbacks
    url: Url,
    #[command(flatten)]
    secrets: Secrets,
    /// The names of requests that wait in the control plane, where it takes outcomes of no others: as many as
    /// docs/conformance.md lists, in that order
    #[arg(long = "correlation-id", value_name = "ID")]
    correlation_ids: Vec<CorrelationId>,
    /// Where to learn what the control plane has acted on: an address to GET or a line for `sh`. It gives a JSON list of
    /// `{"correlation_id": …, "status": …}`, one for each time. Without it the effects are not tried
    #[arg(long, value_name = "URL-OR-COMMAND", value_parser = |text: &str| Ok::<_, Infallible>(Seen::from(text)))]
    seen: Option<Seen>,
    #[command(flatten)]
    written: Written,
}

pub(crate) async fn run(args: Args) -> anyhow::Result<Exit> {
    let secrets = args.secrets.read()?;
    if secrets.is_empty() {
        bail!("no signing secret: set {VARIABLE}, or name a file with --secrets-file");
    }
    let mut receiver = Receiver::new(args.url, secrets)?;
    if !args.correlation_ids.is_empty() {
        receiver = receiver.waiting_for(args.correlation_ids)?;
    }
    if let Some(seen) = args.seen {
        receiver = receiver.seen(seen);
    }
    let subject = format!("the receiver at {}", receiver.origin());
    let report = receiver::examine(receiver, examination(subject)).await;
    conclude(report, &args.written)
}
