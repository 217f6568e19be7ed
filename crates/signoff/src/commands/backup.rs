//! `signoff backup FILE`: a copy of the database, also while the service runs.

use std::path::PathBuf;

use anyhow::anyhow;
use serde_json::json;
use signoff_store::{BackedUp, Contents, backup};

use crate::cli::{ConfigFile, Json};
use crate::config::{check, load};
use crate::exit::Exit;
use crate::output;

/// Copy the database into a file, also while the service runs.
///
/// The copy is of one moment, whole, checked, and readable by its owner alone; it needs no other
/// file. A file that is there is never overwritten. What it holds is printed, the last seal of the
/// audit with it: keep that where nobody who administers this machine can change it. The database
/// is not changed, not even brought up to date, so this is also what to run before an upgrade.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The file to make; it is as confidential as the database
    file: PathBuf,
    #[command(flatten)]
    config: ConfigFile,
    #[command(flatten)]
    json: Json,
}

pub(crate) async fn run(args: Args) -> anyhow::Result<Exit> {
    let database = check(&load(&args.config.source())?)?.settings.database;
    anyhow::ensure!(
        database.is_file(),
        "there is no database {}: nothing can be backed up",
        database.display()
    );
    let file = args.file.clone();
    let copying = move || {
        backup(&database, &file, |done, all| {
            output::progress(&format!("{done} of {all} pages"));
        })
    };
    let done = tokio::task::spawn_blocking(copying).await;
    output::progress("");
    // What a panic said is not repeated: it may quote data.
    let done = done.map_err(|_| anyhow!("the backup broke off"))??;
    let file = args.file.display();
    let BackedUp {
        bytes,
        version,
        contents,
    } = done;
    if args.json.json {
        let contents = contents.map(|contents| {
            let seal = contents.last_seal;
            json!({
                "requests": contents.requests, "pending": contents.pending,
                "events": contents.events,
                "last_seal": seal.map(|(seq, hash)| json!({ "seq": seq, "hash": hash })),
            })
        });
        output::json(&json!({
            "file": args.file, "bytes": bytes, "version": version, "contents": contents,
        }))?;
        return Ok(Exit::Success);
    }
    output::data(format_args!(
        "{file}: {bytes} bytes, database version {version}"
    ))?;
    match contents {
        Some(contents) => counted(&contents)?,
        None => output::say("It was made by a newer Signoff, so what is in it was not counted."),
    }
    Ok(Exit::Success)
}

fn counted(contents: &Contents) -> std::io::Result<()> {
    let Contents {
        requests,
        pending,
        events,
        last_seal,
    } = contents;
    output::data(format_args!(
        "{requests} requests, {pending} of them pending; {events} events"
    ))?;
    match last_seal {
        Some((seq, hash)) => output::data(format_args!("last seal: {seq} {hash}")),
        None => Ok(()),
    }
}
