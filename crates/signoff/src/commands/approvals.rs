//! `signoff approvals list | show | approve | deny | answer | cancel`: the inbox in the terminal,
//! over the API, with a key. Nobody approves what was not shown to them.

mod show;

use std::io::{IsTerminal as _, Write as _};

use anyhow::bail;
use clap::{Subcommand, ValueEnum};
use signoff_contract::{
    CorrelationId, Decision, DecisionBody, Outcome, RequestResource, Status, time,
};

use crate::cli::Json;
use crate::client::{Connection, report};
use crate::exit::Exit;
use crate::output;

/// How many requests a page has.
const PAGE: u32 = 100;

#[derive(Debug, Subcommand)]
pub(crate) enum Approvals {
    /// List requests, newest first.
    List(List),
    /// Show one request with everything that is known of it, secrets masked.
    Show(One),
    /// Approve, after it was shown and you said yes.
    Approve(Approve),
    /// Deny; for a question, decline to answer.
    Deny(Deny),
    /// Answer a question.
    Answer(Answer),
    /// Withdraw a request (with a key that may ask).
    Cancel(Deny),
}

#[derive(Debug, clap::Args)]
pub(crate) struct List {
    /// Only requests with this status
    #[arg(long, value_enum, default_value_t = Which::Pending)]
    status: Which,
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 100)]
    limit: usize,
    #[command(flatten)]
    connection: Connection,
    #[command(flatten)]
    json: Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Which {
    All,
    Pending,
    Approved,
    Denied,
    Expired,
    Failed,
    Cancelled,
}

impl Which {
    fn status(self) -> Option<Status> {
        Some(match self {
            Self::All => return None,
            Self::Pending => Status::Pending,
            Self::Approved => Status::Approved,
            Self::Denied => Status::Denied,
            Self::Expired => Status::Expired,
            Self::Failed => Status::Failed,
            Self::Cancelled => Status::Cancelled,
        })
    }
}

#[derive(Debug, clap::Args)]
pub(crate) struct One {
    /// The request's correlation id
    id: CorrelationId,
    #[command(flatten)]
    connection: Connection,
    #[command(flatten)]
    json: Json,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Approve {
    #[command(flatten)]
    one: One,
    /// Approve without showing and asking: for scripts that have shown it themselves
    #[arg(long)]
    yes: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Deny {
    #[command(flatten)]
    one: One,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
}

#[derive(Debug, clap::Args)]
#[group(id = "answer", required = true, multiple = false, args = ["option", "text"])]
pub(crate) struct Answer {
    #[command(flatten)]
    one: One,
    /// The option's id
    #[arg(long, value_name = "ID")]
    option: Option<String>,
    /// The answer in your own words
    #[arg(long)]
    text: Option<String>,
}

pub(crate) async fn run(command: Approvals) -> anyhow::Result<Exit> {
    match command {
        Approvals::List(args) => list(args).await,
        Approvals::Show(args) => {
            let client = args.connection.client()?;
            finish(client.get(args.id.as_str()).await, args.json)
        }
        Approvals::Approve(args) => approve(args).await,
        Approvals::Deny(Deny { one, reason }) => {
            decide(&one, body(Decision::Deny, None, None, reason)).await
        }
        Approvals::Answer(Answer { one, option, text }) => {
            decide(&one, body(Decision::Answer, option, text, None)).await
        }
        Approvals::Cancel(Deny { one, reason }) => {
            let client = one.connection.client()?;
            finish(
                client.cancel(one.id.as_str(), reason.as_deref()).await,
                one.json,
            )
        }
    }
}

async fn list(args: List) -> anyhow::Result<Exit> {
    let client = args.connection.client()?;
    let mut requests: Vec<RequestResource> = Vec::new();
    let mut cursor = None;
    loop {
        let page = match client
            .list(args.status.status(), cursor.as_deref(), PAGE)
            .await
        {
            Ok(page) => page,
            Err(error) => return Ok(report(&error)),
        };
        requests.extend(page.items);
        cursor = page.next_cursor;
        if cursor.is_none() || requests.len() >= args.limit {
            break;
        }
    }
    requests.truncate(args.limit);
    if args.json.json {
        output::json(&requests)?;
        return Ok(Exit::Success);
    }
    if requests.is_empty() {
        output::say("Nothing is there.");
        return Ok(Exit::Success);
    }
    let rows: Vec<[String; 6]> = requests
        .iter()
        .map(|request| {
            [
                request.correlation_id.to_string(),
                request.status.as_str().to_owned(),
                request.kind.as_str().to_owned(),
                request.risk.as_str().to_owned(),
                time::format(request.expires_at),
                output::clean(&request.title).replace(['\n', '\t'], " "),
            ]
        })
        .collect();
    output::table(
        [
            "CORRELATION ID",
            "STATUS",
            "KIND",
            "RISK",
            "EXPIRES",
            "TITLE",
        ],
        &rows,
    )?;
    Ok(Exit::Success)
}

/// Shows what is to be approved and asks, unless told otherwise. What is asked for cannot change
/// after it was submitted, so what was shown is what is approved.
async fn approve(args: Approve) -> anyhow::Result<Exit> {
    let one = &args.one;
    if !args.yes {
        if !std::io::stdin().is_terminal() {
            bail!("there is no terminal to show it on and to ask; --yes approves without");
        }
        let client = one.connection.client()?;
        let request = match client.get(one.id.as_str()).await {
            Ok(request) => request,
            Err(error) => return Ok(report(&error)),
        };
        output::say(show::card(&request));
        if !confirmed()? {
            output::say("Nothing was decided.");
            return Ok(Exit::Interrupted);
        }
    }
    decide(one, body(Decision::Approve, None, None, None)).await
}

fn confirmed() -> anyhow::Result<bool> {
    let mut err = std::io::stderr().lock();
    write!(err, "\nApprove exactly this? Type yes: ")?;
    err.flush()?;
    let mut line = String::new();
    std::io::stdin().read_line(&mut line)?;
    Ok(line.trim() == "yes")
}

fn body(
    decision: Decision,
    option_id: Option<String>,
    text: Option<String>,
    reason: Option<String>,
) -> DecisionBody {
    DecisionBody {
        decision,
        option_id,
        text,
        reason,
    }
}

async fn decide(one: &One, decision: DecisionBody) -> anyhow::Result<Exit> {
    let client = one.connection.client()?;
    finish(client.decide(one.id.as_str(), &decision).await, one.json)
}

fn finish(
    result: Result<RequestResource, signoff_client::Error>,
    json: Json,
) -> anyhow::Result<Exit> {
    match result {
        Ok(request) if json.json => output::json(&request)?,
        Ok(request) => output::data(show::card(&request))?,
        Err(error) => return Ok(report(&error)),
    }
    Ok(Exit::Success)
}

/// The names of those who decided.
pub(super) fn deciders(outcome: &Outcome) -> String {
    let names: Vec<&str> = outcome
        .decided_by
        .iter()
        .map(|one| one.name.as_str())
        .collect();
    names.join(", ")
}
