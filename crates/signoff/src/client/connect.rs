//! Where the service is and which key opens it: flags, environment, a file.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::{anyhow, bail};
use signoff_client::{Client, InvalidSetup};

use crate::config::Secret;
use crate::secret_file;

/// The flags of every command that talks to a service.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Connection {
    /// Where the service is
    #[arg(
        long,
        env = "SIGNOFF_URL",
        hide_env_values = true,
        default_value = "http://127.0.0.1:7080"
    )]
    url: String,
    /// The API key. A command line is visible to others on this machine: better set `SIGNOFF_KEY`,
    /// or name a file
    #[arg(long)]
    key: Option<Typed>,
    /// A file with the API key (or set `SIGNOFF_KEY_FILE`). Flags win over the environment
    #[arg(long, value_name = "FILE", conflicts_with = "key")]
    key_file: Option<PathBuf>,
}

/// A key as it was typed. Taking it cannot fail, because clap would repeat what was refused.
#[derive(Debug, Clone)]
struct Typed(Secret);

impl FromStr for Typed {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(Secret::from(text.trim().to_owned())))
    }
}

impl Connection {
    /// A client, when there is a usable key.
    pub(crate) fn client(&self) -> anyhow::Result<Client> {
        let client = Client::new(&self.url, self.key()?.expose());
        client.map_err(|invalid| match invalid {
            InvalidSetup::Url | InvalidSetup::Credentials => {
                anyhow!("--url, SIGNOFF_URL: {invalid}")
            }
            InvalidSetup::Key | InvalidSetup::Http(_) => anyhow!(invalid),
        })
    }

    fn key(&self) -> anyhow::Result<Secret> {
        if let Some(Typed(key)) = &self.key {
            return Ok(key.clone());
        }
        if let Some(path) = &self.key_file {
            return read(path);
        }
        // Read here and not by clap, which would take a variable for a flag: a file named on the
        // command line must win over a key in the environment. An empty variable is none.
        let variable = |name| {
            std::env::var(name)
                .ok()
                .filter(|text| !text.trim().is_empty())
        };
        match (variable("SIGNOFF_KEY"), variable("SIGNOFF_KEY_FILE")) {
            (Some(key), _) => Ok(Secret::from(key.trim().to_owned())),
            (None, Some(path)) => read(&PathBuf::from(path)),
            (None, None) => bail!("no API key: set SIGNOFF_KEY, or name a file with --key-file"),
        }
    }
}

fn read(path: &Path) -> anyhow::Result<Secret> {
    let text = secret_file::read(path)
        .map_err(|error| anyhow!("no API key: {} {error}", secret_file::called(path)))?;
    Ok(Secret::from(text.trim().to_owned()))
}
