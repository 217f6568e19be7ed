//! `signoff callbacks list | resend | secret`: outcomes on their way to those who asked.

use anyhow::bail;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clap::{Subcommand, ValueEnum};
use rand::RngCore as _;
use serde_json::json;
use signoff_contract::signature::SigningSecret;
use signoff_contract::{CorrelationId, DeliveryId, time};
use signoff_store::{CallbackRow, ResendKey};

use crate::cli::{ConfigFile, Json};
use crate::database;
use crate::exit::Exit;
use crate::output;

#[derive(Debug, Subcommand)]
pub(crate) enum Callbacks {
    /// List callbacks: what is due, what arrived, what was given up.
    List(List),
    /// Send a callback again, now, byte for byte what was sent before.
    Resend(Resend),
    /// Make a signing secret. It is printed, and kept nowhere.
    Secret(Secret),
}

#[derive(Debug, clap::Args)]
pub(crate) struct List {
    /// Only callbacks in this state
    #[arg(long, value_enum)]
    state: Option<State>,
    /// Only of this project
    #[arg(long)]
    project: Option<String>,
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 100)]
    limit: u32,
    #[command(flatten)]
    config: ConfigFile,
    #[command(flatten)]
    json: Json,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum State {
    /// To be sent, or to be sent again.
    Due,
    /// The receiver answered 2xx.
    Delivered,
    /// Given up.
    Dead,
}

impl State {
    fn word(self) -> &'static str {
        match self {
            Self::Due => "due",
            Self::Delivered => "delivered",
            Self::Dead => "dead",
        }
    }
}

#[derive(Debug, clap::Args)]
pub(crate) struct Resend {
    /// The callback's id (`msg_…`), or the request's correlation id
    callback: String,
    /// The request's project, when its correlation id is not enough
    #[arg(long)]
    project: Option<String>,
    #[command(flatten)]
    config: ConfigFile,
    #[command(flatten)]
    json: Json,
}

#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct Secret {
    #[command(flatten)]
    json: Json,
}

pub(crate) async fn run(command: Callbacks) -> anyhow::Result<Exit> {
    match command {
        Callbacks::List(args) => list(args).await,
        Callbacks::Resend(args) => resend(args).await,
        Callbacks::Secret(args) => secret(args),
    }
}

async fn list(args: List) -> anyhow::Result<Exit> {
    let (settings, store) = database::open_to_read(&args.config.source())?;
    let state = args.state.map(State::word);
    let mut rows = store
        .callbacks(args.project.as_deref(), state, args.limit)
        .await?;
    // The address may carry a token, and a receiver may have said anything.
    for row in &mut rows {
        row.url = settings.masker.text(&row.url);
        row.last_detail = row
            .last_detail
            .take()
            .map(|said| settings.masker.text(&said));
    }
    if args.json.json {
        output::json(&rows)?;
        return Ok(Exit::Success);
    }
    if rows.is_empty() {
        output::say("There are no such callbacks.");
        return Ok(Exit::Success);
    }
    let rows: Vec<[String; 7]> = rows.iter().map(row).collect();
    let headings = [
        "ID",
        "STATE",
        "ATTEMPTS",
        "DUE",
        "LAST",
        "PROJECT/CORRELATION ID",
        "URL",
    ];
    output::table(headings, &rows)?;
    Ok(Exit::Success)
}

fn row(row: &CallbackRow) -> [String; 7] {
    let last = match (row.last_status, &row.last_detail) {
        (Some(status), _) => status.to_string(),
        (None, Some(detail)) => detail.chars().take(40).collect(),
        (None, None) => "-".to_owned(),
    };
    [
        row.id.to_string(),
        row.state.clone(),
        row.attempts.to_string(),
        row.due_at.map_or_else(|| "-".to_owned(), time::format),
        last,
        format!("{}/{}", row.project, row.correlation_id),
        row.url.clone(),
    ]
}

async fn resend(args: Resend) -> anyhow::Result<Exit> {
    let (_, store) = database::open_existing(&args.config.source())?;
    let by_id = args.callback.parse::<DeliveryId>().map(ResendKey::Delivery);
    let key = match by_id {
        Ok(key) => key,
        Err(_) => ResendKey::Correlation(args.callback.parse::<CorrelationId>()?),
    };
    let found = store
        .resend_callback(args.project.as_deref(), &key, "command-line")
        .await?;
    let Some(id) = found else {
        bail!(
            "there is no callback to send for {:?}: the request is unknown, pending, or asked for \
             none; or several projects have it, and --project says which",
            args.callback
        );
    };
    if args.json.json {
        output::json(&json!({ "id": id, "state": "due" }))?;
    } else {
        output::data(id)?;
        output::say("It is due now; the service sends it within seconds.");
    }
    Ok(Exit::Success)
}

/// 32 bytes: what HMAC-SHA256 makes full use of.
fn secret(args: Secret) -> anyhow::Result<Exit> {
    let mut bytes = [0; 32];
    rand::rng().fill_bytes(&mut bytes);
    let secret = format!("{}{}", SigningSecret::PREFIX, STANDARD.encode(bytes));
    if args.json.json {
        output::json(&json!({ "signing_secret": secret }))?;
    } else {
        output::data(secret)?;
        output::say(
            "Put it into [callbacks] signing_secrets, and give it to the receiver; or, as the secret of one of [[channels]], give it to that adapter.",
        );
    }
    Ok(Exit::Success)
}
