//! The configuration after it was checked: parsed values, secrets read, everything in force.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;
use signoff_adapter::ServiceSettings;
use signoff_contract::compat::Defaults;
use signoff_core::Masker;
use signoff_engine::adapters::Adapter;
use signoff_engine::callback::AllowList;
use signoff_engine::{ConfiguredKey, Directory, SpeechRules};
use url::Url;

use super::secret::Secret;
use super::types::Log;

/// The drop-in endpoints.
#[derive(Debug)]
pub(crate) struct Compat {
    /// Where to listen.
    pub(crate) listen: SocketAddr,
    /// Who may call; `None`: whoever can connect.
    pub(crate) callers: Option<Vec<IpNet>>,
    /// What callers must send, if anything.
    pub(crate) token: Option<Secret>,
    /// The project of their requests.
    pub(crate) project: String,
    /// The route that they take.
    pub(crate) route: String,
    /// What holds for requests that say nothing else.
    pub(crate) defaults: Defaults,
}

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
    /// What hears, when something does.
    pub(crate) speech: Option<Speech>,
    /// The drop-in endpoints, when there are some.
    pub(crate) compat: Option<Compat>,
    /// The channels through adapters.
    pub(crate) adapters: Vec<Adapter>,
    /// Finds secrets in requests.
    pub(crate) masker: Masker,
    /// The log.
    pub(crate) log: Log,
    /// Projects, routes and approvers.
    pub(crate) directory: Directory,
    /// Keys from the file.
    pub(crate) api_keys: Vec<ConfiguredKey>,
}

/// What the operator decided for a channel in a process of its own.
#[derive(Debug)]
pub(crate) struct AdapterSettings {
    /// Where the service puts prompts.
    pub(crate) listen: SocketAddr,
    /// Which service, and what proves both sides to each other.
    pub(crate) service: ServiceSettings,
    /// How long a stop may take.
    pub(crate) shutdown_timeout: Duration,
    /// The adapter's own database file.
    pub(crate) database: PathBuf,
    /// The bot.
    pub(crate) telegram: signoff_telegram::Config,
    /// What hears, when something does.
    pub(crate) speech: Option<Speech>,
    /// Finds secrets in what a chat is about to echo.
    pub(crate) masker: Masker,
    /// The log.
    pub(crate) log: Log,
}

/// What hears.
#[derive(Debug, Clone)]
#[cfg_attr(
    not(feature = "whisper"),
    expect(dead_code, reason = "without voice nothing reads it")
)]
pub(crate) struct Speech {
    /// What a recording may be, and how its text is treated.
    pub(crate) rules: SpeechRules,
    /// The language that is spoken; `None` finds out.
    pub(crate) language: Option<String>,
    /// How many recordings are transcribed at once.
    pub(crate) parallel: usize,
    /// What does it.
    pub(crate) hears: Hears,
}

/// What transcribes.
#[derive(Debug, Clone)]
#[cfg_attr(
    not(feature = "whisper"),
    expect(dead_code, reason = "without voice nothing reads it")
)]
pub(crate) enum Hears {
    /// whisper.cpp, on this machine.
    Whisper {
        /// The model's file.
        model: PathBuf,
        /// On how many threads one recording is transcribed.
        threads: u32,
        /// Whether the model is loaded at the start.
        preload: bool,
    },
    /// A server.
    Http {
        /// Where recordings go.
        url: Url,
        /// The server's name for its model.
        model: Option<String>,
        /// What proves that we may.
        key: Option<Secret>,
    },
}
