//! `signoff conformance adapter`: Signoff, played to an adapter and to a person in its chat.

mod operator;

use std::io::IsTerminal as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{anyhow, bail};
use signoff_conformance::adapter::{self, Line, Person, Program, Setup, StandIn};
use signoff_contract::adapter::is_channel_name;
use signoff_contract::signature::SigningSecret;
use url::Url;

use super::{HELP, Written, conclude, examination};
use crate::exit::Exit;
use crate::output;
use crate::secret_file;
use operator::Operator;

/// Where the channel's secret may stand.
const VARIABLE: &str = "SIGNOFF_CHANNEL_SECRET";
/// How long Signoff takes where the kit lets it be slow: within what an adapter has to bear.
const SLOWNESS: Duration = Duration::from_secs(7);

/// Check an adapter, which connects a chat.
///
/// Plays Signoff to the adapter: give it the address of --listen as Signoff's. Puts prompts as Signoff does, and as a
/// forger would, and has a person in the chat look, press and write: a program (--person), or, on a terminal, you. Nothing
/// of it is about requests that exist.
#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(crate) struct Args {
    /// Where the adapter is
    url: Url,
    /// Where to play Signoff
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:7080")]
    listen: SocketAddr,
    /// The channel's name, as the adapter knows it
    #[arg(long, value_name = "NAME", value_parser = channel)]
    channel: String,
    /// A file with the channel's secret (`whsec_…`). Or set `SIGNOFF_CHANNEL_SECRET`
    #[arg(long, value_name = "FILE")]
    secret_file: Option<PathBuf>,
    /// A person of the chat, by the chat's own id
    #[arg(long, value_name = "ID")]
    user: String,
    /// Another person, who must not be taken for the first
    #[arg(long, value_name = "ID")]
    second_user: Option<String>,
    /// Where prompts go, in the adapter's notation, if not to each person's own id
    #[arg(long, value_name = "ADDRESS")]
    place: Option<String>,
    /// A shell command that acts for these people: run for each act, told what in JSON (see docs/conformance.md)
    #[arg(long, value_name = "COMMAND")]
    person: Option<String>,
    /// How many seconds something that must come is waited for
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=3600))]
    patience: u64,
    #[command(flatten)]
    written: Written,
}

fn channel(text: &str) -> Result<String, &'static str> {
    if is_channel_name(text) {
        Ok(text.to_owned())
    } else {
        Err(
            "a channel's name is 1 to 40 of a-z 0-9 -, begins with a letter, and is not one of Signoff's own",
        )
    }
}

pub(crate) async fn run(args: Args) -> anyhow::Result<Exit> {
    if !matches!(args.url.scheme(), "http" | "https") || !args.url.has_host() {
        bail!("an adapter has an address that begins with http:// or https://");
    }
    let secret = secret(&args)?;
    let channel = args.channel;
    let stand_in = StandIn::open(args.listen, Line { channel, secret }).await?;
    output::say(format_args!("Signoff is played at {}", stand_in.url()));
    let person: Option<Arc<dyn Person>> = match args.person {
        Some(command) => Some(Arc::new(Program::new(command))),
        None if std::io::stdin().is_terminal() => Some(Arc::new(Operator)),
        None => None,
    };
    let setup = Setup {
        url: args.url,
        user: args.user,
        second_user: args.second_user,
        place: args.place,
        person,
        patience: Duration::from_secs(args.patience),
        slowness: SLOWNESS,
    };
    let examination = examination(format!("the adapter at {}", setup.origin()));
    let report = adapter::examine(&setup, &stand_in, examination).await;
    conclude(report, &args.written)
}

/// The secret that the adapter knows too.
fn secret(args: &Args) -> anyhow::Result<SigningSecret> {
    let (text, of) = match &args.secret_file {
        Some(path) => {
            let called = secret_file::called(path);
            let text = secret_file::read(path);
            let text = text.map_err(|error| anyhow!("no secret: {called} {error}"))?;
            (text, called)
        }
        None => match std::env::var(VARIABLE) {
            Ok(text) => (text, VARIABLE.to_owned()),
            Err(_) => bail!("no secret: set {VARIABLE}, or name a file with --secret-file"),
        },
    };
    SigningSecret::parse(text.trim()).map_err(|invalid| anyhow!("{of}: {invalid}"))
}
