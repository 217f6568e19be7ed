//! `signoff conformance`: whether what others have built keeps the contract. Each subcommand examines one kind of
//! peer; how an examination is told and how it ends is here.

mod adapter;
mod receiver;
mod secrets;
mod service;

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Subcommand;
use signoff_conformance::{Examination, Finding, Report, Unreachable, Verdict};

use crate::exit::Exit;
use crate::output::{self, Style};

/// The exit codes, for the help of these commands.
const HELP: &str = "\
Exit codes:
  0    every check passed
  1    a check failed, or was not tried
  2    the command line makes no sense
  7    nothing answers at the address";

#[derive(Debug, Subcommand)]
pub(crate) enum Conformance {
    Adapter(Box<adapter::Args>),
    Receiver(Box<receiver::Args>),
    Service(Box<service::Args>),
}

pub(crate) async fn run(command: Conformance) -> anyhow::Result<Exit> {
    match command {
        Conformance::Adapter(args) => adapter::run(*args).await,
        Conformance::Receiver(args) => receiver::run(*args).await,
        Conformance::Service(args) => service::run(*args).await,
    }
}

/// How the findings are written down, beside the lines for people.
#[derive(Debug, clap::Args)]
pub(crate) struct Written {
    /// Print the findings as JSON
    #[arg(long)]
    json: bool,
    /// Write the findings to this file as `JUnit` XML, which CI servers read
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
}

/// An examination of this peer, each finding of which is said to people at once.
fn examination(subject: impl Into<String>) -> Examination {
    Examination::of(subject, |finding| output::say(line(finding)))
}

/// Writes the findings down; the exit code says whether all is well.
fn conclude(report: Result<Report, Unreachable>, written: &Written) -> anyhow::Result<Exit> {
    let report = match report {
        Ok(report) => report,
        Err(unreachable) => {
            output::error(output::clean(&unreachable.to_string()));
            return Ok(Exit::Unreachable);
        }
    };
    if let Some(path) = &written.junit {
        let junit = report.junit()?;
        std::fs::write(path, junit)
            .with_context(|| format!("{} cannot be written", path.display()))?;
    }
    if written.json {
        output::json(&report.json())?;
    }
    let (style, exit) = if report.passed() {
        (Style::Good, Exit::Success)
    } else {
        (Style::Bad, Exit::Failure)
    };
    output::say(output::stderr_style(style, &report.summary()));
    Ok(exit)
}

/// A finding for people, its first word in colour where there is any.
fn line(finding: &Finding) -> String {
    let line = output::clean(&Report::line(finding));
    let style = match finding.verdict {
        Verdict::Passed => Style::Good,
        Verdict::Failed(_) => Style::Bad,
        Verdict::NotTried(_) => Style::Doubtful,
    };
    let (word, rest) = line.split_at(line.find("  ").unwrap_or(0));
    output::stderr_style(style, word) + rest
}
