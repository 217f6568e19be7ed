//! `signoff approvers invite | list`: who may decide, and how they are paired with a channel.

use std::time::Duration;

use anyhow::{Context as _, bail};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use clap::Subcommand;
use jiff::SignedDuration;
use rand::RngCore as _;
use serde::Serialize;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use signoff_contract::time;

use super::key::{known_approver, operator};
use crate::bot::Bot;
use crate::cli::{ConfigFile, Json};
use crate::database;
use crate::exit::Exit;
use crate::output;

/// The channel that links lead to.
const TELEGRAM: &str = "telegram";

#[derive(Debug, Subcommand)]
pub(crate) enum Approvers {
    /// Print a link that pairs a person with their Telegram account: it works once.
    Invite(Invite),
    /// List who may decide, and by which identities they are known.
    List(List),
}

#[derive(Debug, clap::Args)]
pub(crate) struct Invite {
    /// The approver's name in the configuration
    name: String,
    /// How long the link works: 1h, 30m, 2d
    #[arg(long, value_name = "TIME", default_value = "1h", value_parser = lifetime)]
    valid_for: Duration,
    #[command(flatten)]
    config: ConfigFile,
    #[command(flatten)]
    json: Json,
}

#[derive(Debug, clap::Args)]
pub(crate) struct List {
    #[command(flatten)]
    config: ConfigFile,
    #[command(flatten)]
    json: Json,
}

/// A minute to 30 days.
fn lifetime(text: &str) -> Result<Duration, String> {
    let fits = Duration::from_mins(1)..=Duration::from_hours(30 * 24);
    // Days, which vary in length in a calendar, are 24 hours here.
    let days = text
        .trim()
        .strip_suffix('d')
        .and_then(|days| days.trim().parse::<u64>().ok());
    let duration = match days {
        Some(days) => Ok(Duration::from_hours(days.min(31) * 24)),
        None => text
            .parse::<SignedDuration>()
            .map_err(|_| "write it as 1h, 30m or 2d".to_owned())
            .and_then(|it| Duration::try_from(it).map_err(|_| "it lies in the past".to_owned())),
    }?;
    if fits.contains(&duration) {
        Ok(duration)
    } else {
        Err("from 1m to 30d".to_owned())
    }
}

pub(crate) async fn run(command: Approvers) -> anyhow::Result<Exit> {
    match command {
        Approvers::Invite(args) => invite(args).await,
        Approvers::List(args) => list(args).await,
    }
}

async fn invite(args: Invite) -> anyhow::Result<Exit> {
    let (settings, store) = database::open_or_make(&args.config.source())?;
    known_approver(&settings.directory, &args.name)?;
    let bot = match &settings.telegram {
        Some(telegram) => {
            let me = Bot::new(telegram)?.me().await;
            Some(me.context("the bot's name is not known")?.username)
        }
        None if settings.adapters.is_empty() => {
            bail!("there is no [telegram] section in the configuration, and links lead to its bot")
        }
        None => None,
    };
    let mut bytes = [0; 32];
    rand::rng().fill_bytes(&mut bytes);
    let token = URL_SAFE_NO_PAD.encode(bytes);
    let expires_at = time::plus_seconds(store.clock().now(), args.valid_for.as_secs());
    // The token is 43 characters of what a start parameter may hold (64 of A-Za-z0-9_-).
    store
        .invite(
            &args.name,
            Sha256::digest(token.as_bytes()).into(),
            expires_at,
            operator(),
        )
        .await?;
    let link = bot.map(|bot| format!("https://t.me/{bot}?start={token}"));
    let until = time::format(expires_at);
    if args.json.json {
        let printed =
            json!({ "approver": args.name, "link": link, "token": token, "expires_at": until });
        output::json(&printed)?;
    } else if let Some(link) = link {
        output::data(link)?;
        output::say(format_args!(
            "Send it to {} over a channel you trust:",
            args.name
        ));
        output::say("whoever opens it first, and presses Start, is that person from then on.");
        if !settings.adapters.is_empty() {
            output::say("What follows start= is the token for a channel of [[channels]].");
        }
        output::say(format_args!("It works once, until {until}."));
    } else {
        output::data(token)?;
        output::say(format_args!(
            "Send it to {} over a channel you trust:",
            args.name
        ));
        output::say("whoever gives it to their chat's adapter first is that person from then on.");
        output::say(format_args!("It works once, until {until}."));
    }
    Ok(Exit::Success)
}

/// An approver as `list` shows it.
#[derive(Serialize)]
struct Listed<'a> {
    name: &'a str,
    roles: &'a [String],
    language: Option<&'a str>,
    identities: Vec<Known>,
}

/// One identity.
#[derive(Serialize)]
struct Known {
    channel: String,
    user_id: String,
    /// Absent for an identity of the configuration.
    paired_at: Option<String>,
}

async fn list(args: List) -> anyhow::Result<Exit> {
    let (settings, store) = database::open_to_read(&args.config.source())?;
    let paired = store.identities().await?;
    let known = |name: &str, configured: &std::collections::BTreeMap<String, String>| {
        let configured = configured.iter().map(|(channel, user_id)| Known {
            channel: channel.clone(),
            user_id: user_id.clone(),
            paired_at: None,
        });
        let paired = paired
            .iter()
            .filter(|one| one.approver == name)
            .map(|one| Known {
                channel: one.channel.clone(),
                user_id: one.user_id.clone(),
                paired_at: Some(time::format(one.paired_at)),
            });
        configured.chain(paired).collect()
    };
    let approvers: Vec<Listed<'_>> = settings
        .directory
        .approvers()
        .map(|approver| Listed {
            name: &approver.name,
            roles: &approver.roles,
            language: approver.language.as_deref(),
            identities: known(&approver.name, &approver.identities),
        })
        .collect();
    if args.json.json {
        output::json(&approvers)?;
        return Ok(Exit::Success);
    }
    let rows: Vec<[String; 4]> = approvers.iter().map(row).collect();
    output::table(["NAME", "ROLES", "LANGUAGE", "IDENTITIES"], &rows)?;
    if let Some(stranger) = approvers
        .iter()
        .find(|approver| approver.identities.is_empty())
    {
        let (name, channel) = (stranger.name, TELEGRAM);
        output::say(format_args!(
            "{name} has no identity in {channel}: `signoff approvers invite {name}` prints a link."
        ));
    }
    Ok(Exit::Success)
}

fn row(approver: &Listed<'_>) -> [String; 4] {
    let identities: Vec<String> = approver
        .identities
        .iter()
        .map(|one| format!("{}:{}", one.channel, one.user_id))
        .collect();
    let identities = if identities.is_empty() {
        "-".to_owned()
    } else {
        identities.join(",")
    };
    [
        approver.name.to_owned(),
        approver.roles.join(","),
        approver.language.unwrap_or("-").to_owned(),
        identities,
    ]
}
