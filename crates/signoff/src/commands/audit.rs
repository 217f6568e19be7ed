//! `signoff audit verify | export`: the proof of who allowed what, when, on which text.

use clap::Subcommand;
use serde_json::json;
use signoff_contract::Digest;
use signoff_engine::Store;
use signoff_store::Verified;

use crate::cli::{ConfigFile, Json};
use crate::database;
use crate::exit::Exit;
use crate::output;

/// How many events are read at once.
const PAGE: u32 = 1_000;

#[derive(Debug, Subcommand)]
pub(crate) enum Audit {
    /// Check that nothing was changed, added or removed; names the first broken row.
    ///
    /// The exit code is 1 when a row is broken. What this proves: nobody edited single rows. Who
    /// can rewrite the whole database can rewrite all of it; a seal that was kept elsewhere (an
    /// export, a log line) shows that, too.
    Verify(Verify),
    /// Print sealed events as JSON lines, in their one order.
    Export(Export),
}

#[derive(Debug, clap::Args)]
pub(crate) struct Verify {
    /// A seal that was kept elsewhere, as its number, "=" and its hash: also check that it still
    /// stands. Only that shows when the end of the audit was cut off, seals and all
    #[arg(long, value_name = "SEQ=HASH", value_parser = seal)]
    seal: Option<(u64, Digest)>,
    #[command(flatten)]
    config: ConfigFile,
    #[command(flatten)]
    json: Json,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Export {
    /// Only events after this sequence number: the last one of an earlier export
    #[arg(long, value_name = "SEQ", default_value_t = 0)]
    after: u64,
    /// Only of this project
    #[arg(long)]
    project: Option<String>,
    #[command(flatten)]
    config: ConfigFile,
}

pub(crate) async fn run(command: Audit) -> anyhow::Result<Exit> {
    match command {
        Audit::Verify(args) => verify(args).await,
        Audit::Export(args) => export(args).await,
    }
}

/// A seal as it was kept: `4711=sha256:…`.
fn seal(text: &str) -> Result<(u64, Digest), String> {
    let wrong = || format!("{text:?} is no number, \"=\" and sha256:…");
    let (seq, hash) = text.split_once('=').ok_or_else(wrong)?;
    let seq = seq.trim().parse().map_err(|_| wrong())?;
    let hash = hash.trim().parse().map_err(|_| wrong())?;
    Ok((seq, hash))
}

/// What is wrong with a seal that was kept; `None` when it stands.
async fn missed(store: &Store, (seq, kept): (u64, Digest)) -> anyhow::Result<Option<Verified>> {
    let why = match store.seal_hash(seq).await? {
        Some(hash) if hash == kept => return Ok(None),
        Some(_) => "it is not the one that was kept",
        None => "it was kept, and is gone",
    };
    let (row, why) = (format!("seal {seq}"), why.to_owned());
    Ok(Some(Verified::Broken { row, why }))
}

async fn verify(args: Verify) -> anyhow::Result<Exit> {
    let (_, store) = database::open_to_read(&args.config.source())?;
    let verified = store
        .verify_audit(|events| output::progress(&format!("{events} events checked")))
        .await;
    output::progress("");
    let mut verified = verified?;
    if let (Some(kept), Verified::Intact { .. }) = (args.seal, &verified) {
        verified = missed(&store, kept).await?.unwrap_or(verified);
    }
    match verified {
        Verified::Intact {
            events,
            last_seal,
            unsealed,
        } => {
            if args.json.json {
                let seal = last_seal.map(|(seq, hash)| json!({ "seq": seq, "hash": hash }));
                output::json(&json!({
                    "intact": true, "events": events, "unsealed": unsealed, "last_seal": seal,
                }))?;
            } else {
                output::data(format_args!("intact: {events} events"))?;
                if let Some((seq, hash)) = last_seal {
                    output::data(format_args!("last seal: {seq} {hash}"))?;
                }
                if unsealed > 0 {
                    output::say(format_args!("{unsealed} events are not sealed yet"));
                }
            }
            Ok(Exit::Success)
        }
        Verified::Broken { row, why } => {
            if args.json.json {
                output::json(&json!({ "intact": false, "row": row, "why": why }))?;
            } else {
                output::data(format_args!("broken: {row}: {why}"))?;
                output::say("Compare with a backup or an earlier export before anything else.");
            }
            Ok(Exit::Failure)
        }
    }
}

async fn export(args: Export) -> anyhow::Result<Exit> {
    let (_, store) = database::open_to_read(&args.config.source())?;
    let mut after = args.after;
    loop {
        let events = store
            .export_audit(after, PAGE, args.project.as_deref())
            .await?;
        let Some(last) = events.last().and_then(|event| event.seq) else {
            return Ok(Exit::Success);
        };
        for event in &events {
            output::json_line(event)?;
        }
        after = last;
    }
}
