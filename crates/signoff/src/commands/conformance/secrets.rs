//! Secrets that an examination needs: from files or from the environment, and never said.

use std::path::{Path, PathBuf};

use anyhow::anyhow;
use secrecy::SecretString;
use signoff_contract::signature::SigningSecret;

use crate::secret_file;

/// Where signing secrets may be, beside a file.
pub(super) const VARIABLE: &str = "SIGNOFF_SIGNING_SECRETS";

/// The secrets that sign callbacks.
#[derive(Debug, clap::Args)]
pub(super) struct Secrets {
    /// A file with the signing secrets of callbacks (`whsec_…`), one a line (or set `SIGNOFF_SIGNING_SECRETS`)
    #[arg(long, value_name = "FILE")]
    secrets_file: Option<PathBuf>,
}

impl Secrets {
    /// The secrets; none when there is neither file nor variable.
    pub(super) fn read(&self) -> anyhow::Result<Vec<SigningSecret>> {
        let (text, of) = match &self.secrets_file {
            Some(path) => (file(path)?, secret_file::called(path)),
            None => (
                std::env::var(VARIABLE).unwrap_or_default(),
                VARIABLE.to_owned(),
            ),
        };
        // As in the file that the configuration names: a line each, and lines of explanation.
        let lines = text.lines().filter(|line| !line.trim().starts_with('#'));
        lines
            .flat_map(str::split_whitespace)
            .map(|text| SigningSecret::parse(text).map_err(|invalid| anyhow!("{of}: {invalid}")))
            .collect()
    }
}

/// The API key in this file, or in the variable, or in the file that the variable with `_FILE` names.
pub(super) fn key(variable: &str, path: Option<&Path>) -> anyhow::Result<Option<SecretString>> {
    let set = |name: &str| {
        let text = std::env::var(name).ok();
        text.filter(|text| !text.trim().is_empty())
    };
    let text = match path {
        Some(path) => Some(file(path)?),
        None => match (set(variable), set(&format!("{variable}_FILE"))) {
            (Some(key), _) => Some(key),
            (None, Some(path)) => Some(file(Path::new(&path))?),
            (None, None) => None,
        },
    };
    Ok(text.map(|text| SecretString::from(text.trim())))
}

fn file(path: &Path) -> anyhow::Result<String> {
    let text = secret_file::read(path);
    text.map_err(|error| anyhow!("{} {error}", secret_file::called(path)))
}
