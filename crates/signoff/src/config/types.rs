//! The configuration as it is written: one type for each section.
//!
//! The comments here are the comments of `signoff.example.toml` and the descriptions of
//! `contracts/config.schema.json`, both generated. Addresses, URLs and names are texts here,
//! so that `rules` can report everything that is wrong with them at once. An `example` is
//! shown where there is no default; `x-active` writes a key into the example uncommented.

#![expect(
    clippy::doc_markdown,
    reason = "operators read these comments, in a file without markup"
)]

use std::collections::BTreeMap;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::secret::Secret;

mod speech;

pub(crate) use speech::{ConfirmMode, Speech, SpeechEngine};

/// Signoff's configuration.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Config {
    /// The HTTP API.
    pub(crate) server: Server,
    /// Where requests, the outbox and the audit are kept.
    pub(crate) store: Store,
    /// How outcomes are sent to those who asked.
    pub(crate) callbacks: Callbacks,
    /// The Telegram bot. Without this section Signoff does not speak to Telegram.
    pub(crate) telegram: Option<Telegram>,
    /// The endpoints of telegram-approver and telegram-executor, for callers that know those.
    /// Without this section they are not there.
    pub(crate) compat: Option<Compat>,
    /// Answers and reasons that people speak. Without this section a voice note is answered with
    /// "please type". See docs/voice.md.
    pub(crate) speech: Option<Speech>,
    /// Other chats, each through an adapter of its own: a process that speaks the adapter contract
    /// (contracts/ADAPTERS.md).
    pub(crate) channels: Vec<Channel>,
    /// For `signoff adapter telegram`, whose file has this section instead of people, routes and
    /// keys: the Telegram channel in a process of its own. See docs/telegram-apart.md.
    pub(crate) adapter: Option<Adapter>,
    /// What is hidden from people, logs and the audit, beside what Signoff finds by itself.
    pub(crate) masking: Masking,
    /// The log, on stderr.
    pub(crate) log: Log,
    /// Borders between control planes: keys, requests and routes belong to one project.
    /// Optional; the project "default" is there always.
    pub(crate) projects: Vec<Project>,
    /// The people who may decide.
    pub(crate) approvers: Vec<Approver>,
    /// Which approvers see which requests, and where.
    pub(crate) routes: Vec<Route>,
    /// Keys for the API. Others are made while the service runs, by `signoff key create`.
    pub(crate) api_keys: Vec<ApiKey>,
}

/// The HTTP API.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Server {
    /// Address and port to listen on. Port 0 takes a free one; the log says which.
    pub(crate) listen: String,
    /// Where others reach the service. Needed for Telegram webhooks; default: `http://` and
    /// the address above.
    #[schemars(example = &"https://signoff.example.org")]
    pub(crate) public_url: Option<String>,
    /// How long a stop may take to finish what runs; stopping at once loses nothing.
    #[schemars(range(max = 3600))]
    pub(crate) shutdown_timeout_seconds: u64,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:7080".to_owned(),
            public_url: None,
            shutdown_timeout_seconds: 20,
        }
    }
}

/// The database.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Store {
    /// `sqlite:` and the path of the database, which is created when it is not there. A path that does
    /// not begin with / counts from the working directory, not from this file. On a local disk: SQLite
    /// is not safe on network file systems.
    pub(crate) url: String,
    /// How many days what a request said is kept after it ended and nothing more happened to it:
    /// texts, arguments, outcome, answers, callback. Then only its name, its status and its audit
    /// stay. Without this key everything is kept.
    #[schemars(example = &365, range(min = 1, max = 36_500))]
    pub(crate) retention_days: Option<u32>,
}

impl Default for Store {
    fn default() -> Self {
        Self {
            url: "sqlite:signoff.db".to_owned(),
            retention_days: None,
        }
    }
}

/// Callbacks.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Callbacks {
    /// Where callbacks may go: hosts, `*.host`, addresses and networks, each with an optional
    /// port. A name that leads to a private address needs that address or network here too.
    /// Without this key: this machine only.
    #[schemars(example = &["127.0.0.1", "hooks.example.org", "*.svc.cluster.local", "10.0.0.0/8"])]
    pub(crate) allow: Option<Vec<String>>,
    /// What callbacks are signed with: `whsec_` and base64 of 24 to 64 random bytes. With
    /// several, each one signs, so that receivers can be moved from one to the next.
    /// `signoff callbacks secret` makes one.
    #[schemars(
        example = &["whsec_replace-me"],
        extend("x-active" = true)
    )]
    pub(crate) signing_secrets: Vec<Secret>,
    /// A file with the same, one a line.
    #[schemars(example = &"/run/secrets/signoff_signing_secrets")]
    pub(crate) signing_secrets_file: Option<PathBuf>,
}

/// The Telegram bot.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Telegram {
    /// The bot's token, from @BotFather.
    #[schemars(
        example = &"123456789:replace-me",
        extend("x-active" = true)
    )]
    pub(crate) token: Option<Secret>,
    /// A file with the token.
    #[schemars(example = &"/run/secrets/signoff_telegram_token")]
    pub(crate) token_file: Option<PathBuf>,
    /// The Bot API server.
    pub(crate) api_url: String,
    /// How updates come in: "polling" asks for them; "webhook" has Telegram send them to
    /// `server.public_url`, at /telegram/ and the number before the token's colon.
    pub(crate) updates: UpdatesMode,
    /// What Telegram proves itself with in webhook mode: 1 to 256 of A-Z a-z 0-9 _ -.
    #[schemars(example = &"replace-me")]
    pub(crate) webhook_secret: Option<Secret>,
    /// A file with the webhook secret.
    #[schemars(example = &"/run/secrets/signoff_telegram_webhook_secret")]
    pub(crate) webhook_secret_file: Option<PathBuf>,
    /// Whether Telegram is asked to forbid forwarding and saving of cards.
    pub(crate) protect_content: bool,
}

impl Default for Telegram {
    fn default() -> Self {
        Self {
            token: None,
            token_file: None,
            api_url: "https://api.telegram.org".to_owned(),
            updates: UpdatesMode::Polling,
            webhook_secret: None,
            webhook_secret_file: None,
            protect_content: false,
        }
    }
}

/// How updates come in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum UpdatesMode {
    #[default]
    Polling,
    Webhook,
}

/// The drop-in endpoints: POST /approve and POST /execute, on a listener of their own.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Compat {
    /// Address and port to listen on. Their callers have no keys: see `callers` and `token`.
    pub(crate) listen: String,
    /// Who may call: addresses and networks. Without this key: this machine only, or anyone who
    /// has the token when there is one. Health checks are answered to everyone.
    #[schemars(example = &["127.0.0.1", "10.0.0.0/8"])]
    pub(crate) callers: Option<Vec<String>>,
    /// What callers must send as "Authorization: Bearer …", 16 characters or more. Without it:
    /// nothing.
    #[schemars(example = &"replace-me-replace-me")]
    pub(crate) token: Option<Secret>,
    /// A file with the token.
    #[schemars(example = &"/run/secrets/signoff_compat_token")]
    pub(crate) token_file: Option<PathBuf>,
    /// The project that their requests belong to.
    pub(crate) project: String,
    /// The route that their requests take.
    pub(crate) route: String,
    /// The language of requests that name none which they know.
    pub(crate) language: String,
    /// Seconds until a request expires that does not say so itself.
    #[schemars(range(min = 1, max = 2_592_000))]
    pub(crate) timeout_seconds: u64,
    /// What a card says, beside the outcome, when nobody decided in time.
    #[schemars(example = &"Nobody answered; ask again.")]
    pub(crate) timeout_message: Option<String>,
    /// Whether callbacks of approvals also carry who decided, and the digests of what was seen.
    pub(crate) metadata: bool,
    /// In webhook mode: where Telegram reaches POST /webhook of this listener. It is used instead of
    /// server.public_url.
    #[schemars(example = &"https://bot.example.org/webhook")]
    pub(crate) webhook_url: Option<String>,
}

impl Default for Compat {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:8080".to_owned(),
            callers: None,
            token: None,
            token_file: None,
            project: default_project(),
            route: DEFAULT_ROUTE.to_owned(),
            language: "en".to_owned(),
            timeout_seconds: ttl_seconds(),
            timeout_message: None,
            metadata: false,
            webhook_url: None,
        }
    }
}

/// A channel through an adapter.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Channel {
    /// How it is reached: "http".
    #[serde(default)]
    pub(crate) kind: ChannelKind,
    /// Its name, which identities and routes use: 1 to 40 of a-z 0-9 -, beginning with a letter.
    #[schemars(example = &"chat")]
    pub(crate) name: String,
    /// Where the adapter is; Signoff puts prompts to /v1/prompts/ below it.
    #[schemars(example = &"http://127.0.0.1:7090")]
    pub(crate) url: String,
    /// What both sides sign with: `whsec_` and base64 of 24 to 64 random bytes.
    /// `signoff callbacks secret` makes one.
    #[serde(default)]
    #[schemars(example = &"whsec_replace-me")]
    pub(crate) secret: Option<Secret>,
    /// The secret before this one: while the adapter moves over, both sign and both are taken.
    #[serde(default)]
    #[schemars(example = &"whsec_replace-me")]
    pub(crate) previous_secret: Option<Secret>,
    /// A file with the secret; the one before may stand on the next line.
    #[serde(default)]
    #[schemars(example = &"/run/secrets/signoff_chat_secret")]
    pub(crate) secret_file: Option<PathBuf>,
}

/// How a channel is reached.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ChannelKind {
    #[default]
    Http,
}

/// A channel in a process of its own.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Adapter {
    /// Where the service is. `--gateway` overrides it.
    #[schemars(example = &"http://127.0.0.1:7080")]
    pub(crate) gateway: Option<String>,
    /// Address and port to listen on, for the service: the url of its `[[channels]]`.
    pub(crate) listen: String,
    /// The name that `[[channels]]` of the service has for it.
    pub(crate) channel: String,
    /// What both sides sign with, as in `[[channels]]` of the service.
    #[schemars(example = &"whsec_replace-me")]
    pub(crate) secret: Option<Secret>,
    /// The secret before this one, while the service moves over.
    #[schemars(example = &"whsec_replace-me")]
    pub(crate) previous_secret: Option<Secret>,
    /// A file with the secret; the one before may stand on the next line.
    #[schemars(example = &"/run/secrets/signoff_telegram_channel")]
    pub(crate) secret_file: Option<PathBuf>,
}

impl Default for Adapter {
    fn default() -> Self {
        Self {
            gateway: None,
            listen: "127.0.0.1:7090".to_owned(),
            channel: "telegram".to_owned(),
            secret: None,
            previous_secret: None,
            secret_file: None,
        }
    }
}

/// Masking.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Masking {
    /// Names of arguments whose values are hidden; `*` stands for anything.
    #[schemars(example = &["*iban*", "ssn"])]
    pub(crate) keys: Vec<String>,
    /// Regular expressions; what they match is hidden wherever it stands.
    #[schemars(example = &["ACME-[0-9]{12}"])]
    pub(crate) patterns: Vec<String>,
}

/// The log.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Log {
    /// What is logged: a level, or directives such as "info,signoff_telegram=debug".
    /// SIGNOFF_LOG overrides it.
    pub(crate) level: String,
    /// "text" for people, "json" for machines.
    pub(crate) format: LogFormat,
}

impl Default for Log {
    fn default() -> Self {
        Self {
            level: "info".to_owned(),
            format: LogFormat::Text,
        }
    }
}

/// The form of the log.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LogFormat {
    #[default]
    Text,
    Json,
}

/// A project.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Project {
    /// Its name.
    #[schemars(example = &"default")]
    pub(crate) name: String,
    /// How many of its requests may wait at once; more are refused with 429.
    #[serde(default = "max_pending")]
    #[schemars(range(min = 1))]
    pub(crate) max_pending: u32,
    /// What its callbacks are signed with. A single project may leave that to
    /// `callbacks.signing_secrets`; of several, each has its own.
    #[serde(default)]
    #[schemars(example = &["whsec_replace-me"])]
    pub(crate) signing_secrets: Vec<Secret>,
    /// A file with the same, one a line.
    #[serde(default)]
    #[schemars(example = &"/run/secrets/signoff_default_signing_secrets")]
    pub(crate) signing_secrets_file: Option<PathBuf>,
}

/// A person who may decide.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Approver {
    /// The name, as it stands on cards and in the audit.
    #[schemars(example = &"ann", extend("x-active" = true))]
    pub(crate) name: String,
    /// What they are.
    #[serde(default = "roles")]
    pub(crate) roles: Vec<String>,
    /// The language they are addressed in.
    #[serde(default)]
    #[schemars(example = &"en")]
    pub(crate) language: Option<String>,
    /// Who they are in channels. For Telegram the numeric user id, for a channel of `[[channels]]`
    /// what its adapter knows them by. Or leave it out and pair: `signoff approvers invite ann`
    /// prints a link.
    #[serde(default)]
    #[schemars(example = serde_json::json!({ "telegram": "1001" }))]
    pub(crate) identities: BTreeMap<String, String>,
}

/// A route.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Route {
    /// Its name. "default" serves requests that name none.
    #[schemars(example = &"default", extend("x-active" = true))]
    pub(crate) name: String,
    /// The project it belongs to.
    #[serde(default = "default_project")]
    pub(crate) project: String,
    /// Who may decide.
    #[schemars(example = &["ann"], extend("x-active" = true))]
    pub(crate) approvers: Vec<String>,
    /// How many different people must approve. One denial always ends a request.
    #[serde(default = "one")]
    #[schemars(range(min = 1))]
    pub(crate) min_approvals: u32,
    /// The chat that gets the cards; a group's id is negative. Without it each approver gets
    /// them in private.
    #[serde(default)]
    #[schemars(example = &-1_001_234_567_890_i64)]
    pub(crate) telegram_chat_id: Option<i64>,
    /// The topic within that group.
    #[serde(default)]
    #[schemars(example = &7, range(min = 1))]
    pub(crate) telegram_topic_id: Option<i64>,
    /// The channels that show its requests, all at once; the first answer closes them everywhere.
    /// Without this key: those that it names a place in, else the first one, Telegram before
    /// `[[channels]]`, that an approver is known in.
    #[serde(default)]
    #[schemars(example = &["telegram", "chat"])]
    pub(crate) channels: Option<Vec<String>>,
    /// The place in a channel of `[[channels]]` that gets the cards, in its adapter's own notation.
    /// Without one each approver gets them in private.
    #[serde(default)]
    #[schemars(example = serde_json::json!({ "chat": "operations" }))]
    pub(crate) places: BTreeMap<String, String>,
    /// Seconds until a request expires that does not say so itself, 10 to 2592000.
    #[serde(default = "ttl_seconds")]
    #[schemars(range(min = 10, max = 2_592_000))]
    pub(crate) ttl_seconds: u64,
    /// Seconds until the one reminder. Without it there is none.
    #[serde(default)]
    #[schemars(example = &1800, range(min = 1))]
    pub(crate) remind_after_seconds: Option<u64>,
}

/// A key for the API.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ApiKey {
    /// Its name, as it stands in the audit.
    #[schemars(example = &"control-plane")]
    pub(crate) name: String,
    /// The project it is bound to.
    #[serde(default = "default_project")]
    pub(crate) project: String,
    /// SHA-256 of the key: 64 hexadecimal digits. The key itself is "sgn_" and 43 characters of
    /// base64url; `signoff key create --print-config` makes both.
    #[schemars(example = &"2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae")]
    pub(crate) key_sha256: String,
    /// What it may do: "requests:write" (submit, cancel, claim), "requests:read",
    /// "decisions:write" (decide, as `approver`; excludes "requests:write"), "admin".
    #[schemars(example = &["requests:write", "requests:read"])]
    pub(crate) scopes: Vec<String>,
    /// For "decisions:write": for whom it decides. For "requests:write": the person behind it,
    /// who then may not decide what it asks.
    #[serde(default)]
    #[schemars(example = &"ann")]
    pub(crate) approver: Option<String>,
    /// How many API calls it may make each second. Without it: no limit.
    #[serde(default)]
    #[schemars(example = &50, range(min = 1))]
    pub(crate) max_per_second: Option<u32>,
}

/// The project that is there always.
pub(crate) const DEFAULT_PROJECT: &str = "default";
/// The route of requests that name none.
pub(crate) const DEFAULT_ROUTE: &str = "default";

/// How many pending requests a project may have.
pub(crate) fn max_pending() -> u32 {
    1_000
}

fn roles() -> Vec<String> {
    vec!["owner".to_owned()]
}

fn default_project() -> String {
    DEFAULT_PROJECT.to_owned()
}

fn one() -> u32 {
    1
}

fn ttl_seconds() -> u64 {
    3_600
}
