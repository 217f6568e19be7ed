//! `signoff adapter telegram`: the Telegram channel, until it is asked to stop.

use tokio_util::sync::CancellationToken;

use crate::cli::ConfigFile;
use crate::commands::serve::{log_warnings, until_stopped};
use crate::config::{AdapterSettings, check_adapter, load};
use crate::exit::Exit;
use crate::logging;
use crate::service::Apart;
use crate::signals::Signals;

/// Run the Telegram channel as a process of its own, beside a service that has none.
///
/// Its file has `[adapter]`, `[telegram]`, `[store]` with a database of its own, and where they are wanted
/// `[speech]`, `[masking]`, `[server]` and `[log]`. The service's file has this channel under
/// `[[channels]]`. Either may be stopped, or killed, at any time.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Where the service is (default: `adapter.gateway` of the configuration)
    #[arg(long, value_name = "URL")]
    gateway: Option<String>,
    #[command(flatten)]
    config: ConfigFile,
}

pub(crate) async fn run(args: Args) -> anyhow::Result<Exit> {
    let mut loaded = load(&args.config.source())?;
    if let Some(gateway) = args.gateway {
        let section = loaded.config.adapter.get_or_insert_default();
        section.gateway = Some(gateway);
    }
    let checked = check_adapter(&loaded)?;
    logging::start(&checked.settings.log)?;
    log_warnings(&checked.warnings);
    // From here on errors are part of the log, in its form.
    Ok(serve(checked.settings).await.unwrap_or_else(|error| {
        tracing::error!("{error:#}");
        Exit::Failure
    }))
}

async fn serve(settings: AdapterSettings) -> anyhow::Result<Exit> {
    // Before anything runs, so that no signal is missed.
    let mut signals = Signals::listen()?;
    let apart = Apart::prepare(settings).await?;
    let address = apart.address();
    tracing::info!(%address, version = env!("CARGO_PKG_VERSION"), "the Telegram adapter listens on http://{address}");
    let stop = CancellationToken::new();
    until_stopped(apart.run(stop.clone()), stop, &mut signals).await
}
