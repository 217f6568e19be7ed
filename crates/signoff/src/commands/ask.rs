//! `signoff ask`: submit a request, wait for the outcome, print the answer.

mod body;

use signoff_client::{Client, Error};
use signoff_contract::{CorrelationId, Kind, RequestResource, Status};

use crate::cli::Json;
use crate::client::{Connection, report};
use crate::exit::{self, Exit};
use crate::output;
use crate::signals::Signals;

/// Ask people, wait for their decision, and print the answer.
///
/// A question prints the chosen option's id, or the answer in the person's own words; an approval
/// prints its outcome. A reason is printed to stderr. Asking again with the same --correlation-id
/// and the same flags does not ask twice: it waits for the same answer.
#[derive(Debug, clap::Args)]
#[command(after_help = exit::HELP)]
pub(crate) struct Args {
    #[command(flatten)]
    body: body::Fields,
    /// Do not wait: print the correlation id once the request is accepted
    #[arg(long)]
    no_wait: bool,
    #[command(flatten)]
    connection: Connection,
    #[command(flatten)]
    json: Json,
}

pub(crate) async fn run(args: Args) -> anyhow::Result<Exit> {
    let client = match args.connection.client() {
        Ok(client) => client,
        Err(error) => return Ok(invalid(&error)),
    };
    let mut signals = Signals::listen()?;
    let (id, body) = match args.body.build() {
        Ok(built) => built,
        Err(error) => return Ok(invalid(&error)),
    };
    let request = tokio::select! {
        submitted = client.submit(&body) => match submitted {
            Ok(request) => request,
            Err(error) => return Ok(report(&error)),
        },
        _ = signals.next() => return Ok(interrupted(&client, &id).await),
    };
    if args.no_wait {
        if args.json.json {
            output::json(&request)?;
        } else {
            output::data(&id)?;
        }
        return Ok(Exit::Success);
    }
    output::say(format_args!(
        "{} {id}: waiting until {}",
        output::stderr_style(output::Style::Dim, "asked"),
        signoff_contract::time::format(request.expires_at),
    ));
    let request = tokio::select! {
        ended = outcome(&client, &id) => match ended {
            Ok(request) => request,
            Err(error) => return Ok(report(&error)),
        },
        _ = signals.next() => return Ok(interrupted(&client, &id).await),
    };
    print(&request, args.json)
}

fn invalid(error: &anyhow::Error) -> Exit {
    output::error(format_args!("{error:#}"));
    Exit::InvalidInput
}

/// Waits until the request has ended. A service that is away for a while (an upgrade, say) is
/// waited for: the request is durable, and the answer may be there when it is back.
async fn outcome(client: &Client, id: &CorrelationId) -> Result<RequestResource, Error> {
    let gone = |error: &Error| output::warning(format_args!("{error}; waiting for it"));
    client.outcome_telling(id.as_str(), gone).await
}

/// Nobody waits any more: withdraws the request, so that nobody answers in vain.
async fn interrupted(client: &Client, id: &CorrelationId) -> Exit {
    let reason = "the one who asked was interrupted";
    match client.cancel(id.as_str(), Some(reason)).await {
        Ok(_) => output::say(format_args!("interrupted: {id} was cancelled")),
        Err(error) => {
            output::warning(format_args!("interrupted, and {id} was not cancelled"));
            report(&error);
        }
    }
    Exit::Interrupted
}

fn print(request: &RequestResource, json: Json) -> anyhow::Result<Exit> {
    let outcome = request.outcome.as_ref();
    let answer = outcome.and_then(|outcome| outcome.answer.as_ref());
    if json.json {
        output::json(request)?;
    } else {
        let by = outcome
            .map(super::approvals::deciders)
            .filter(|by| !by.is_empty());
        let by = by.map_or_else(String::new, |by| format!(" by {by}"));
        output::say(output::clean(&format!("{}{by}", request.status.as_str())));
        match (request.kind, answer) {
            (Kind::Question, Some(answer)) => {
                output::data(answer.option_id.as_ref().unwrap_or(&answer.text))?;
            }
            (Kind::Question, None) => {}
            (Kind::Approval, _) => output::data(request.status.as_str())?,
        }
        if let Some(reason) = outcome.and_then(|outcome| outcome.reason.as_deref()) {
            output::say(output::clean(&format!("reason: {reason}")));
        }
    }
    Ok(match request.status {
        Status::Approved => Exit::Success,
        Status::Denied => Exit::Denied,
        Status::Expired => Exit::Expired,
        Status::Failed => Exit::Failed,
        Status::Cancelled => Exit::Cancelled,
        Status::Pending => Exit::Failure,
    })
}
