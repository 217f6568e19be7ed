//! `signoff doctor`: does it work. Each check says what to do where it does not.

mod adapter;
mod local;
mod network;
mod speech;
mod telegram;

use serde::Serialize;
use signoff_engine::StoreError;

use crate::cli::{ConfigFile, Json};
use crate::config::{Finding, Findings, check, check_adapter, is_adapters, load};
use crate::database;
use crate::exit::Exit;
use crate::output::{self, Style};

/// Check that everything works, and say what to do where something does not.
///
/// Checks the configuration, the database, the ports, the clock, the bot and its chats, whether
/// speech is understood, the pairing of approvers, and where callbacks may go. Nothing is sent to
/// anybody. The exit code is
/// 1 when something is broken.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    config: ConfigFile,
    #[command(flatten)]
    json: Json,
}

/// What a check found.
#[derive(Debug, Serialize)]
struct Check {
    /// What was checked.
    name: &'static str,
    /// How it stands.
    state: State,
    /// What was found.
    detail: String,
    /// What to do about it; empty when it is good.
    remedy: String,
}

/// How a check stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum State {
    /// It works.
    Good,
    /// It works, and something is probably not meant so.
    Doubtful,
    /// It does not work.
    Bad,
}

impl Check {
    fn good(name: &'static str, detail: impl Into<String>) -> Self {
        Self {
            name,
            state: State::Good,
            detail: detail.into(),
            remedy: String::new(),
        }
    }

    fn doubtful(name: &'static str, detail: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            name,
            state: State::Doubtful,
            detail: detail.into(),
            remedy: remedy.into(),
        }
    }

    fn bad(name: &'static str, detail: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            name,
            state: State::Bad,
            detail: detail.into(),
            remedy: remedy.into(),
        }
    }
}

pub(crate) async fn run(args: Args) -> anyhow::Result<Exit> {
    let checks = checks(&args).await;
    if args.json.json {
        output::json(&checks)?;
    } else {
        for check in &checks {
            print(check)?;
        }
    }
    let broken = checks.iter().any(|check| check.state == State::Bad);
    Ok(if broken { Exit::Failure } else { Exit::Success })
}

const CONFIGURATION: &str = "configuration";

/// A configuration that cannot be used: nothing else can be checked without it.
fn unusable(findings: Findings) -> Vec<Check> {
    let bad = |finding: Finding| {
        let (remedy, plain) = (finding.remedy.clone(), String::new());
        let finding = Finding {
            remedy: plain,
            ..finding
        };
        Check::bad(CONFIGURATION, finding.to_string(), remedy)
    };
    findings.0.into_iter().map(bad).collect()
}

/// A configuration that can be used, with what is probably not meant so.
fn configuration(warnings: &[Finding]) -> Vec<Check> {
    if warnings.is_empty() {
        return vec![Check::good(CONFIGURATION, "fine")];
    }
    let doubtful = |warning: &Finding| {
        let detail = format!("{}: {}", warning.key, warning.rule);
        Check::doubtful(CONFIGURATION, detail, warning.remedy.clone())
    };
    warnings.iter().map(doubtful).collect()
}

async fn checks(args: &Args) -> Vec<Check> {
    let loaded = match load(&args.config.source()) {
        Ok(loaded) => loaded,
        Err(findings) => return unusable(findings),
    };
    if is_adapters(&loaded) {
        return match check_adapter(&loaded) {
            Ok(checked) => {
                let mut checks = configuration(&checked.warnings);
                checks.extend(adapter::checks(checked.settings).await);
                checks
            }
            Err(findings) => unusable(findings),
        };
    }
    let checked = match check(&loaded) {
        Ok(checked) => checked,
        Err(findings) => return unusable(findings),
    };
    let settings = &checked.settings;
    let mut checks = configuration(&checked.warnings);
    let store = match database::open(&settings.database) {
        Ok(store) => {
            checks.push(local::database(&store, settings).await);
            Some(store)
        }
        Err(error) => {
            // What has no remedy here says in its own words what to do.
            let cause = error.downcast_ref::<StoreError>();
            let remedy = cause.and_then(StoreError::remedy).unwrap_or_default();
            checks.push(Check::bad("database", format!("{error:#}"), remedy));
            None
        }
    };
    checks.extend(network::ports(settings).await);
    checks.push(local::clock());
    checks.extend(network::adapters(&settings.adapters).await);
    match &settings.telegram {
        Some(telegram) => checks.extend(telegram::checks(telegram, settings, store.as_ref()).await),
        None if !settings.adapters.is_empty() => {}
        None => checks.push(Check::doubtful(
            "telegram",
            "there is no [telegram] section",
            "without it people can decide over the API only",
        )),
    }
    checks.push(speech::check(settings.speech.as_ref()).await);
    if let Some(store) = &store {
        checks.extend(local::approvers(store, settings).await);
    }
    let hosts = loaded.config.callbacks.allow.as_deref();
    checks.extend(network::callbacks(hosts, &settings.allow).await);
    checks
}

fn print(check: &Check) -> std::io::Result<()> {
    let (style, word) = match check.state {
        State::Good => (Style::Good, "ok  "),
        State::Doubtful => (Style::Doubtful, "hmm "),
        State::Bad => (Style::Bad, "BAD "),
    };
    let word = output::stdout_style(style, word);
    output::data(format_args!(
        "{word} {:<14} {}",
        check.name,
        output::clean(&check.detail)
    ))?;
    if check.remedy.is_empty() {
        return Ok(());
    }
    output::data(format_args!("     {:<14} -> {}", "", check.remedy))
}
