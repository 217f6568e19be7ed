//! `signoff demo`: everything on this machine, without an account: the service, a simulated
//! Telegram with its chat page, and a control plane that asks and prints what it is told.

mod control_plane;
mod house;
mod samples;
mod words;

use std::path::PathBuf;

use anyhow::Context as _;
use tokio_util::sync::CancellationToken;

use self::control_plane::{ControlPlane, Received};
use self::house::House;
use self::samples::Samples;
use crate::exit::Exit;
use crate::output;
use crate::signals::Signals;

/// Try everything on this machine: no account, no phone, no network.
///
/// Starts the service, a simulated Telegram with a chat page to press buttons on, and a control
/// plane that asks for approvals and prints the signed callbacks that it gets.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The first of three ports: service, chat page, control plane. Free ones where they are taken,
    /// and with 0
    #[arg(long, default_value_t = 7080)]
    port: u16,
    /// Where to keep the database and the configuration (default: a folder that is removed)
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// A whisper model in ggml format, with which voice notes are heard (default: they are answered
    /// with "please type")
    #[arg(long, value_name = "FILE")]
    model: Option<PathBuf>,
}

pub(crate) async fn run(args: Args) -> anyhow::Result<Exit> {
    let mut signals = Signals::listen()?;
    let temporary = match &args.dir {
        Some(_) => None,
        None => Some(tempfile::Builder::new().prefix("signoff-demo-").tempdir()?),
    };
    let folder = match (&args.dir, &temporary) {
        (Some(dir), _) => {
            std::fs::create_dir_all(dir)
                .with_context(|| format!("{} cannot be made", dir.display()))?;
            dir.clone()
        }
        (None, Some(temporary)) => temporary.path().to_owned(),
        (None, None) => anyhow::bail!("there is no folder for the demo"),
    };
    let (control_plane, mut received) = ControlPlane::start(nth(args.port, 2)).await?;
    let house = House::build(args.port, &folder, &control_plane, args.model).await?;
    crate::logging::start(&house.log)?;
    output::data(words::welcome(
        &house,
        &control_plane.callback_url(),
        temporary.is_none().then_some(folder.as_path()),
    ))?;

    let stop = CancellationToken::new();
    let House {
        service,
        simulator,
        client,
        ..
    } = house;
    let mut running = tokio::spawn(service.run(stop.clone()));
    let mut samples = Samples::new(control_plane.callback_url());
    let ended = tokio::select! {
        ended = show(&client, &mut samples, &mut received) => ended,
        _ = signals.next() => Ok(()),
        service = &mut running => {
            service.context("the service died")??;
            anyhow::bail!("the service ended by itself")
        }
    };
    output::say("\nstopping; once more stops at once");
    stop.cancel();
    let finished = async {
        let service = running.await.context("the service died")?;
        control_plane.stop().await;
        simulator.stop().await;
        service
    };
    tokio::select! {
        finished = finished => { finished?; }
        _ = signals.next() => return Ok(Exit::Failure),
    }
    ended.map(|()| Exit::Success)
}

/// Asks, prints what comes back, and asks the next.
async fn show(
    client: &signoff_client::Client,
    samples: &mut Samples,
    received: &mut tokio::sync::mpsc::Receiver<Received>,
) -> anyhow::Result<()> {
    for sample in [samples.next(), samples.next()] {
        post(client, sample).await?;
    }
    while let Some(callback) = received.recv().await {
        output::data(words::callback(&callback))?;
        if callback.is_first && samples.posted(&callback.resource.correlation_id) {
            post(client, samples.next()).await?;
        }
    }
    Ok(())
}

async fn post(client: &signoff_client::Client, sample: serde_json::Value) -> anyhow::Result<()> {
    let request = client.submit(&sample).await?;
    output::data(words::asked(&request))?;
    Ok(())
}

/// The port so many after the first; 0 is a free one, whichever it is.
fn nth(first: u16, after: u16) -> u16 {
    if first == 0 {
        0
    } else {
        first.saturating_add(after)
    }
}
