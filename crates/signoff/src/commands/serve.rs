//! `signoff serve`: the service, until it is asked to stop.

use tokio_util::sync::CancellationToken;

use crate::cli::ConfigFile;
use crate::config::{Finding, Settings, check, load};
use crate::exit::Exit;
use crate::logging;
use crate::service::{Service, Stopped};
use crate::signals::Signals;

/// Run the service: API, channels, background work.
///
/// The first SIGTERM or SIGINT finishes what runs, for at most `server.shutdown_timeout_seconds`,
/// and exits with 0. A second one, or the end of that time, stops at once with 1; nothing that was
/// accepted is lost either way.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Only answer reads: no channels, no background work, every write 503, `/readyz` 503. Works on
    /// the database of a newer Signoff too, when that one says so
    #[arg(long)]
    read_only: bool,
    #[command(flatten)]
    config: ConfigFile,
}

pub(crate) async fn run(args: Args) -> anyhow::Result<Exit> {
    let loaded = load(&args.config.source())?;
    let checked = check(&loaded)?;
    logging::start(&checked.settings.log)?;
    log_warnings(&checked.warnings);
    // From here on errors are part of the log, in its form.
    Ok(serve(checked.settings, args.read_only)
        .await
        .unwrap_or_else(|error| {
            tracing::error!("{error:#}");
            Exit::Failure
        }))
}

/// What is allowed in a configuration and probably not meant.
pub(super) fn log_warnings(warnings: &[Finding]) {
    for warning in warnings {
        let (key, remedy) = (&warning.key, &warning.remedy);
        tracing::warn!(key, remedy, "{}", warning.rule);
    }
}

async fn serve(settings: Settings, read_only: bool) -> anyhow::Result<Exit> {
    // Before anything runs, so that no signal is missed.
    let mut signals = Signals::listen()?;
    let service = if read_only {
        tracing::warn!("read-only: no channels, no background work, every write is refused");
        Service::prepare_read_only(settings).await?
    } else {
        Service::prepare(settings).await?
    };
    let address = service.address();
    tracing::info!(%address, version = env!("CARGO_PKG_VERSION"), "listening on http://{address}");
    if let Some(address) = service.drop_in_address() {
        tracing::info!(%address, "the drop-in endpoints are at http://{address}");
    }

    let stop = CancellationToken::new();
    until_stopped(service.run(stop.clone()), stop, &mut signals).await
}

/// Waits for the end of what runs. The first signal asks it to stop, the second stops waiting.
pub(super) async fn until_stopped(
    running: impl Future<Output = anyhow::Result<Stopped>>,
    stop: CancellationToken,
    signals: &mut Signals,
) -> anyhow::Result<Exit> {
    let mut running = std::pin::pin!(running);
    loop {
        tokio::select! {
            stopped = &mut running => return Ok(match stopped? {
                Stopped::Finished => {
                    tracing::info!("stopped");
                    Exit::Success
                }
                Stopped::CutOff => {
                    tracing::warn!("stopped before everything was finished: the time was up");
                    Exit::Failure
                }
            }),
            signal = signals.next() => {
                if stop.is_cancelled() {
                    tracing::warn!(signal, "stopping at once");
                    return Ok(Exit::Failure);
                }
                tracing::info!(signal, "stopping: finishing what runs; once more stops at once");
                stop.cancel();
            }
        }
    }
}
