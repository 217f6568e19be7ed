//! The configuration after it was checked: parsed values, secrets read, everything in force.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use signoff_core::Masker;
use signoff_engine::callback::AllowList;
use signoff_engine::{ConfiguredKey, Directory};

use super::types::Log;

/// What the operator decided.
#[derive(Debug)]
pub(crate) struct Settings {
    /// Where to listen.
    pub(crate) listen: SocketAddr,
    /// How long a stop may take.
    pub(crate) shutdown_timeout: Duration,
    /// The database file.
    pub(crate) database: PathBuf,
    /// How many days ended requests are kept.
    pub(crate) retention_days: Option<u32>,
    /// Where callbacks may go.
    pub(crate) allow: AllowList,
    /// The bot, when there is one.
    pub(crate) telegram: Option<signoff_telegram::Config>,
    /// Finds secrets in requests.
    pub(crate) masker: Masker,
    /// The log.
    pub(crate) log: Log,
    /// Projects, routes and approvers.
    pub(crate) directory: Directory,
    /// Keys from the file.
    pub(crate) api_keys: Vec<ConfiguredKey>,
}
