//! `signoff bridge codex-k8s`: what waits for approval there is asked here, and the outcome told there.
//!
//! It keeps nothing of its own. What waits is their list, what was asked and what became of it is
//! Signoff's, under a name that follows from their number; so either side, and the bridge itself,
//! may go away at any time and nothing is asked twice or left untold.

use std::collections::HashSet;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use signoff_client::{Client, Error, RequestResource, Status};
use signoff_contract::Code;

use super::plane::{Plane, Waiting};
use super::row::Row;
use crate::client::Connection;
use crate::exit::Exit;
use crate::output;
use crate::secret_file;
use crate::signals::Signals;

/// How many rows are asked for, and how many of our requests are looked through, at once.
const LIMIT: u32 = 100;
/// What our names of their requests begin with.
const PREFIX: &str = "codex-k8s:";

/// Ask Signoff what waits for approval in a codex-k8s control plane.
///
/// Polls its list of approvals, submits each to Signoff once, and posts the outcome to its approver
/// callback: `approved`, `denied`, `expired`, or `failed` when no human could be asked. What is
/// resolved there meanwhile is withdrawn here. Runs until it is stopped; may be stopped at any time.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Where the control plane is
    #[arg(
        long,
        value_name = "URL",
        env = "SIGNOFF_CODEX_K8S_URL",
        hide_env_values = true
    )]
    control_plane: String,
    /// A file with the token for its list and its callback (or set `SIGNOFF_CODEX_K8S_TOKEN`)
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// The route that its requests take (default: the project's "default")
    #[arg(long)]
    route: Option<String>,
    /// Seconds between two looks at its list
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=3600))]
    every_seconds: u64,
    #[command(flatten)]
    connection: Connection,
}

pub(crate) async fn run(args: Args) -> anyhow::Result<Exit> {
    let mut signals = Signals::listen()?;
    let mut bridge = Bridge {
        signoff: args.connection.client()?,
        plane: Plane::new(&args.control_plane, token(&args)?)?,
        route: args.route,
        told: HashSet::new(),
    };
    output::say("the bridge runs; SIGTERM or Ctrl-C stops it");
    let mut was_away = false;
    loop {
        tokio::select! {
            round = bridge.round() => match round {
                Ok(()) => was_away = false,
                // Said once, not with every round that it lasts.
                Err(away) if was_away => drop(away),
                Err(away) => {
                    output::warning(format_args!("{away:#}; trying again"));
                    was_away = true;
                }
            },
            _ = signals.next() => return Ok(Exit::Success),
        }
        tokio::select! {
            () = tokio::time::sleep(Duration::from_secs(args.every_seconds)) => {}
            _ = signals.next() => return Ok(Exit::Success),
        }
    }
}

fn token(args: &Args) -> anyhow::Result<String> {
    let text = match &args.token_file {
        Some(path) => secret_file::read(path)
            .with_context(|| format!("no token: {}", secret_file::called(path)))?,
        None => std::env::var("SIGNOFF_CODEX_K8S_TOKEN")
            .context("no token: set SIGNOFF_CODEX_K8S_TOKEN, or name a file with --token-file")?,
    };
    Ok(text.trim().to_owned())
}

/// Whether a row's outcome was told.
enum Told {
    Yes,
    NotYet,
}

/// Whether Signoff is not there, so that the next row would fare no better.
fn is_away(error: &anyhow::Error) -> bool {
    error.downcast_ref().is_some_and(Error::is_passing)
}

struct Bridge {
    signoff: Client,
    plane: Plane,
    route: Option<String>,
    /// Their numbers whose outcome they took: their list may lag behind.
    told: HashSet<i64>,
}

impl Bridge {
    /// Everything that there is to do now.
    async fn round(&mut self) -> anyhow::Result<()> {
        let Waiting { rows, complete } = self.plane.waiting(LIMIT).await?;
        self.told.retain(|id| rows.iter().any(|row| row.id == *id));
        let mut failed = None;
        for row in &rows {
            if self.told.contains(&row.id) {
                continue;
            }
            match self.carry(row).await {
                Ok(Told::Yes) => drop(self.told.insert(row.id)),
                Ok(Told::NotYet) => {}
                Err(error) if is_away(&error) => return Err(error),
                // What is wrong with one row holds up no other.
                Err(error) => failed = failed.or(Some(error)),
            }
        }
        if let Some(error) = failed {
            return Err(error);
        }
        if complete {
            self.withdraw_others(&rows).await?;
        }
        Ok(())
    }

    /// Asks for one row, once, and tells its outcome when there is one.
    async fn carry(&self, row: &Row) -> anyhow::Result<Told> {
        let name = name(row.id);
        let body = row.submission(&name, self.route.as_deref());
        let request = match self.signoff.submit(&body).await {
            Ok(request) => request,
            Err(error) => match error.problem().map(|problem| problem.code) {
                // It would be asked otherwise today: on another route, say. What was asked counts,
                // as long as it was this.
                Some(Code::CorrelationConflict) => {
                    let asked = self.signoff.get(&name).await?;
                    if asked.intent_digest != Some(row.intent()) {
                        return self.changed(row, &asked).await;
                    }
                    asked
                }
                Some(Code::ValidationFailed) => {
                    let why = error.problem().map_or("", |problem| &problem.detail);
                    let why = format!("Signoff cannot ask for it: {why}");
                    self.plane.tell(row.id, "failed", &why, "signoff").await?;
                    return Ok(Told::Yes);
                }
                _ => return Err(error.into()),
            },
        };
        match told(&request) {
            None => Ok(Told::NotYet),
            Some((decision, reason, actor)) => {
                self.plane.tell(row.id, decision, &reason, &actor).await?;
                output::say(format_args!("{name}: {decision}"));
                Ok(Told::Yes)
            }
        }
    }

    /// The row says something else than people were asked, so their yes is none to it.
    async fn changed(&self, row: &Row, asked: &RequestResource) -> anyhow::Result<Told> {
        let why = "the request was changed after people had been asked; it needs a new one";
        if asked.status == Status::Pending {
            match self.signoff.cancel(&name(row.id), Some(why)).await {
                Ok(_) => {}
                // Somebody decided in this moment: the next look tells what that means.
                Err(Error::Refused(problem)) if problem.code == Code::AlreadyDecided => {
                    return Ok(Told::NotYet);
                }
                Err(error) => return Err(error.into()),
            }
        }
        self.plane.tell(row.id, "failed", why, "signoff").await?;
        output::say(format_args!("{}: failed, it was changed", name(row.id)));
        Ok(Told::Yes)
    }

    /// What was resolved there needs nobody's answer here any more.
    async fn withdraw_others(&self, rows: &[Row]) -> anyhow::Result<()> {
        let mut cursor = None;
        loop {
            let pending = Some(Status::Pending);
            let page = self.signoff.list(pending, cursor.as_deref(), LIMIT).await?;
            for request in &page.items {
                let id = request.correlation_id.as_str();
                let theirs: Option<i64> = id.strip_prefix(PREFIX).and_then(|id| id.parse().ok());
                if theirs.is_some_and(|id| rows.iter().all(|row| row.id != id)) {
                    self.withdraw(id).await?;
                }
            }
            cursor = page.next_cursor;
            if cursor.is_none() {
                return Ok(());
            }
        }
    }

    async fn withdraw(&self, name: &str) -> anyhow::Result<()> {
        let reason = Some("it was resolved in the control plane");
        match self.signoff.cancel(name, reason).await {
            Ok(_) => output::say(format_args!("{name}: withdrawn")),
            // Somebody decided in this moment.
            Err(Error::Refused(problem)) if problem.code == Code::AlreadyDecided => {}
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }
}

fn name(id: i64) -> String {
    format!("{PREFIX}{id}")
}

/// The outcome in their words: decision, reason, actor; `None` while there is none.
fn told(request: &RequestResource) -> Option<(&'static str, String, String)> {
    let outcome = request.outcome.as_ref()?;
    let (decision, otherwise) = match outcome.status {
        Status::Approved => ("approved", "approved"),
        Status::Denied => ("denied", "denied"),
        Status::Expired => ("expired", "nobody decided in time"),
        Status::Failed => ("failed", "no human could be asked"),
        Status::Cancelled => ("failed", "the request was withdrawn"),
        Status::Pending => return None,
    };
    let reason = outcome
        .reason
        .clone()
        .unwrap_or_else(|| otherwise.to_owned());
    let last = outcome.decided_by.last();
    let actor = last.map_or_else(
        || "signoff".to_owned(),
        |by| format!("{}:{}", by.channel, by.name),
    );
    Some((decision, reason, actor))
}
