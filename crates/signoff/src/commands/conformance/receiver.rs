//! `signoff conformance receiver`: Signoff's side of callbacks, played to a control plane.

use std::path::PathBuf;

use anyhow::{anyhow, bail};
use signoff_conformance::receiver::{self, Receiver};
use signoff_contract::signature::SigningSecret;
use url::Url;

use super::{HELP, Written, conclude, examination};
use crate::exit::Exit;
use crate::secret_file;

/// Check a control plane's receiver of callbacks.
///
/// Posts outcomes as Signoff does, and as a forger would, and looks at the answers. Nothing of it is about
/// requests that exist: use it where an approval moves nothing.
#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(crate) struct Args {
    /// Where the control plane receives callbacks
    url: Url,
    /// A file with the receiver's signing secrets (`whsec_…`), one a line: each of them must do. Or set
    /// `SIGNOFF_SIGNING_SECRETS`
    #[arg(long, value_name = "FILE")]
    secrets_file: Option<PathBuf>,
    #[command(flatten)]
    written: Written,
}

pub(crate) async fn run(args: Args) -> anyhow::Result<Exit> {
    let secrets = secrets(&args)?;
    let receiver = Receiver::new(args.url, secrets)?;
    let subject = format!("the receiver at {}", receiver.origin());
    let report = receiver::examine(receiver, examination(subject)).await;
    conclude(report, &args.written)
}

/// The secrets that the receiver knows too.
fn secrets(args: &Args) -> anyhow::Result<Vec<SigningSecret>> {
    const VARIABLE: &str = "SIGNOFF_SIGNING_SECRETS";
    let (text, of) = if let Some(path) = &args.secrets_file {
        let text = secret_file::read(path)
            .map_err(|error| anyhow!("no secrets: {} {error}", secret_file::called(path)))?;
        (text, secret_file::called(path))
    } else {
        (
            std::env::var(VARIABLE).unwrap_or_default(),
            VARIABLE.to_owned(),
        )
    };
    // As in the file that the configuration names: a line each, and lines of explanation.
    let lines = text.lines().filter(|line| !line.trim().starts_with('#'));
    let secrets = lines
        .flat_map(str::split_whitespace)
        .map(|text| SigningSecret::parse(text).map_err(|invalid| anyhow!("{of}: {invalid}")));
    let secrets: Vec<_> = secrets.collect::<anyhow::Result<_>>()?;
    if secrets.is_empty() {
        bail!("no signing secret: set {VARIABLE}, or name a file with --secrets-file");
    }
    Ok(secrets)
}
