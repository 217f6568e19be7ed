//! `signoff key create | list | revoke`: keys for the API, in the database, in force within a
//! second also while the service runs.

use anyhow::bail;
use clap::Subcommand;
use serde::Serialize;
use serde_json::json;
use signoff_contract::time;
use signoff_core::audit::Actor;
use signoff_engine::{ApiKey, Directory, Scope};
use signoff_store::ApiKeyRow;

use crate::cli::{ConfigFile, Json};
use crate::config::{Settings, fit};
use crate::database;
use crate::exit::Exit;
use crate::output::{self, Style};

#[derive(Debug, Subcommand)]
pub(crate) enum Key {
    /// Make a key and print it, once: only its SHA-256 is kept.
    Create(Create),
    /// List the keys, those of the configuration included.
    List(List),
    /// Take a key out of force.
    Revoke(Revoke),
}

#[derive(Debug, clap::Args)]
pub(crate) struct Create {
    /// The key's name, as it stands in the audit
    name: String,
    /// What it may do: requests:write, requests:read, decisions:write, admin (repeatable)
    #[arg(long = "scope", value_name = "SCOPE", required = true, value_parser = scope)]
    scopes: Vec<Scope>,
    /// The project it is bound to
    #[arg(long, default_value = "default")]
    project: String,
    /// For decisions:write: for whom it decides. For requests:write: the person behind it
    #[arg(long, value_name = "NAME")]
    approver: Option<String>,
    /// Store nothing; print the section for the configuration file instead
    #[arg(long)]
    print_config: bool,
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

#[derive(Debug, clap::Args)]
pub(crate) struct Revoke {
    /// The key's name
    name: String,
    #[command(flatten)]
    config: ConfigFile,
    #[command(flatten)]
    json: Json,
}

fn scope(word: &str) -> Result<Scope, String> {
    let known = Scope::ALL.map(Scope::as_str).join(", ");
    Scope::from_word(word).ok_or_else(|| format!("the scopes are {known}"))
}

pub(crate) async fn run(command: Key) -> anyhow::Result<Exit> {
    match command {
        Key::Create(args) => create(args).await,
        Key::List(args) => list(args).await,
        Key::Revoke(args) => revoke(args).await,
    }
}

async fn create(args: Create) -> anyhow::Result<Exit> {
    let (settings, store) = database::open_or_make(&args.config.source())?;
    check(&args, &settings)?;
    let key = ApiKey::generate(&mut rand::rng());
    let scopes: Vec<String> = args
        .scopes
        .iter()
        .map(|scope| scope.as_str().to_owned())
        .collect();
    let row = ApiKeyRow {
        name: args.name,
        project: args.project,
        key_sha256: key.hash().to_hex(),
        scopes,
        approver: args.approver,
        created_at: store.clock().now(),
    };
    if args.print_config {
        output::data(section(&row, &key))?;
        return Ok(Exit::Success);
    }
    if !store.key_put(row.clone(), operator()).await? {
        bail!(
            "there is a key {:?} already: choose another name, or revoke that one",
            row.name
        );
    }
    if args.json.json {
        let mut shown = serde_json::to_value(&row)?;
        shown["key"] = key.reveal().into();
        output::json(&shown)?;
    } else {
        output::data(key.reveal())?;
        let name = output::stderr_style(Style::Strong, &row.name);
        let (scopes, project) = (row.scopes.join(", "), &row.project);
        output::say(format_args!(
            "{name} may do {scopes} in the project {project:?}."
        ));
        output::say("The key is shown this once. Keep it where secrets are kept.");
    }
    Ok(Exit::Success)
}

/// What the configuration's keys must fulfil, too.
fn check(args: &Create, settings: &Settings) -> anyhow::Result<()> {
    let directory = &settings.directory;
    let visible = args.name.trim() == args.name && !args.name.chars().any(char::is_control);
    if !visible || !(1..=100).contains(&args.name.chars().count()) {
        bail!("a key's name has 1 to 100 characters, without control characters or outer spaces");
    }
    if directory.project(&args.project).is_none() {
        bail!(
            "there is no project {:?} in the configuration",
            args.project
        );
    }
    if let Some(approver) = &args.approver {
        known_approver(directory, approver)?;
    }
    if let Err((part, rule, remedy)) = fit(&args.scopes, args.approver.as_deref()) {
        bail!("the key's {part}: {rule} ({remedy})");
    }
    if settings
        .api_keys
        .iter()
        .any(|key| key.caller.key == args.name)
    {
        bail!(
            "the configuration has a key {:?} already: choose another name",
            args.name
        );
    }
    Ok(())
}

/// That somebody is known.
pub(super) fn known_approver(directory: &Directory, name: &str) -> anyhow::Result<()> {
    if directory.approver(name).is_some() {
        return Ok(());
    }
    let known: Vec<&str> = directory.approvers().map(|one| one.name.as_str()).collect();
    if known.is_empty() {
        bail!("there is no approver {name:?}: the configuration has no [[approvers]]");
    }
    bail!(
        "there is no approver {name:?}; the configuration has {}",
        known.join(", ")
    )
}

fn section(row: &ApiKeyRow, key: &ApiKey) -> String {
    let text = |text: &str| json!(text).to_string();
    let approver = row
        .approver
        .as_ref()
        .map(|name| format!("\napprover = {}", text(name)));
    format!(
        "# The key, shown this once; do not leave it in the configuration: {}\n\
         [[api_keys]]\nname = {}\nproject = {}\nkey_sha256 = {}\nscopes = {}{}",
        key.reveal(),
        text(&row.name),
        text(&row.project),
        text(&row.key_sha256),
        json!(row.scopes),
        approver.unwrap_or_default(),
    )
}

/// A key as `list` shows it.
#[derive(Serialize)]
struct Listed {
    name: String,
    project: String,
    scopes: Vec<String>,
    approver: Option<String>,
    /// Absent for a key of the configuration.
    created_at: Option<String>,
}

async fn list(args: List) -> anyhow::Result<Exit> {
    let (settings, store) = database::open_to_read(&args.config.source())?;
    let configured = settings.api_keys.iter().map(|key| Listed {
        name: key.caller.key.clone(),
        project: key.caller.project.clone(),
        scopes: key
            .caller
            .scopes
            .iter()
            .map(|scope| scope.as_str().to_owned())
            .collect(),
        approver: key.caller.approver.clone(),
        created_at: None,
    });
    let stored = store.keys().await?.into_iter().map(|row| Listed {
        name: row.name,
        project: row.project,
        scopes: row.scopes,
        approver: row.approver,
        created_at: Some(time::format(row.created_at)),
    });
    let keys: Vec<Listed> = configured.chain(stored).collect();
    if args.json.json {
        output::json(&keys)?;
        return Ok(Exit::Success);
    }
    if keys.is_empty() {
        output::say("There are no keys. `signoff key create` makes one.");
        return Ok(Exit::Success);
    }
    let rows: Vec<[String; 5]> = keys
        .into_iter()
        .map(|key| {
            [
                key.name,
                key.project,
                key.scopes.join(","),
                key.approver.unwrap_or_else(|| "-".to_owned()),
                key.created_at.unwrap_or_else(|| "configuration".to_owned()),
            ]
        })
        .collect();
    output::table(["NAME", "PROJECT", "SCOPES", "APPROVER", "CREATED"], &rows)?;
    Ok(Exit::Success)
}

async fn revoke(args: Revoke) -> anyhow::Result<Exit> {
    let (settings, store) = database::open_existing(&args.config.source())?;
    if !store.key_revoke(&args.name, operator()).await? {
        if settings
            .api_keys
            .iter()
            .any(|key| key.caller.key == args.name)
        {
            bail!(
                "{:?} stands in the configuration: remove it there and restart",
                args.name
            );
        }
        bail!(
            "there is no key {:?}; `signoff key list` shows those there are",
            args.name
        );
    }
    if args.json.json {
        output::json(&json!({ "revoked": args.name }))?;
    } else {
        output::say(format_args!("{:?} opens nothing any more.", args.name));
    }
    Ok(Exit::Success)
}

/// Who the audit names for what is done at the command line.
pub(super) fn operator() -> Actor {
    Actor::operator("command-line")
}
