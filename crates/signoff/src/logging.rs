//! The log: on stderr, for people or machines, and without what must not be in it.

use std::io::IsTerminal as _;

use anyhow::{Context as _, ensure};
use tracing::level_filters::LevelFilter;
use tracing::{Level, Metadata};
use tracing_subscriber::filter::{FilterExt as _, filter_fn};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _, Registry};

use crate::config::{Log, LogFormat};

/// The variable that overrides `log.level`.
const VARIABLE: &str = "SIGNOFF_LOG";

/// HTTP libraries, whose finer events hold headers and URLs: bearer tokens, and the bot's token,
/// which Telegram wants in the path. Whatever the level, those are never written.
const TALKATIVE: [&str; 6] = [
    "h2",
    "hyper",
    "hyper_util",
    "reqwest",
    "rustls",
    "tower_http",
];

/// Starts the log of this process.
pub(crate) fn start(log: &Log) -> anyhow::Result<()> {
    let directives = std::env::var(VARIABLE)
        .ok()
        .filter(|level| !level.is_empty());
    let directives = directives.as_deref().unwrap_or(&log.level);
    let level = level(directives)
        .with_context(|| format!("{VARIABLE} is neither a level nor a list of directives"))?;
    let filter = level.and(filter_fn(is_fit));
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    let layer = match log.format {
        LogFormat::Text => lines.with_filter(filter).boxed(),
        LogFormat::Json => lines.json().flatten_event(true).with_filter(filter).boxed(),
    };
    Registry::default()
        .with(layer)
        .try_init()
        .context("the log has been started before")
}

/// Reads a level or directives.
///
/// # Errors
/// Also for a name that is no level. The library takes it for a module of which everything is
/// logged, and then nothing else is: `level = "loud"` would be silence.
pub(crate) fn level(directives: &str) -> anyhow::Result<EnvFilter> {
    for directive in directives.split(',').map(str::trim) {
        let is_level = !directive.is_empty() && directive.parse::<LevelFilter>().is_ok();
        ensure!(
            is_level || directive.contains(['=', '[']),
            "{directive:?} is none of trace, debug, info, warn, error and off"
        );
    }
    Ok(EnvFilter::builder().parse(directives)?)
}

fn is_fit(metadata: &Metadata<'_>) -> bool {
    let library = metadata.target().split("::").next().unwrap_or_default();
    *metadata.level() <= Level::INFO || !TALKATIVE.contains(&library)
}

#[cfg(test)]
mod tests {
    use super::level;

    #[test]
    fn what_is_no_level_is_refused_and_not_taken_for_a_module() {
        for fine in [
            "info",
            "WARN",
            "off",
            "warn,signoff_engine=debug",
            "signoff_telegram=trace",
        ] {
            assert!(level(fine).is_ok(), "{fine}");
        }
        for bad in [
            "loud",
            "verbose",
            "warning",
            "info,loud",
            "",
            "info,",
            "signoff_engine=loud",
        ] {
            assert!(level(bad).is_err(), "{bad}");
        }
    }
}
