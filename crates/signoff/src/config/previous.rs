//! The environment of `telegram-approver` and `telegram-executor` as the lowest layer of the
//! configuration: with it and no file, Signoff starts in that bot's place. Swapping the container
//! image is the whole migration.

use std::collections::BTreeMap;
use std::path::Path;

use figment::value::{Dict, Map, Value};
use figment::{Metadata, Profile, Provider};
use signoff_contract::signature::SigningSecret;

use super::finding::Finding;
use super::types::DEFAULT_ROUTE;
use duration::seconds;
use place::{is_mounted, is_writable};

mod duration;
mod names;
mod place;

/// The two bots: what their variables begin with, and what theirs for the deadline is called.
const BOTS: [(&str, &str); 2] = [
    ("TG_APPROVER_", "APPROVAL_TIMEOUT"),
    ("TG_EXECUTOR_", "EXECUTION_TIMEOUT"),
];
/// Who may decide in a group, by Telegram ids.
const APPROVERS: &str = "SIGNOFF_APPROVER_IDS";
/// What hears voice notes, when that was said.
const SPEECH_MODEL: &str = "SIGNOFF_SPEECH__MODEL";
/// Where the database is, when that was said.
const STORE: &str = "SIGNOFF_STORE__URL";
/// Where the database is kept where that can be written to: the images' volume.
const DATA_FOLDER: &str = "/var/lib/signoff";
/// The longest time that a request may wait, and a stop may take, in seconds.
const LONGEST_TIMEOUT: u64 = 2_592_000;
const LONGEST_SHUTDOWN: u64 = 3_600;

/// What the environment says of the bot whose place Signoff takes.
#[derive(Debug)]
pub(crate) struct Previous {
    values: Dict,
    /// The variable that each value came from, by the path of its key.
    origins: BTreeMap<String, String>,
    /// What signs callbacks when no secret was chosen.
    pub(crate) signing_secret: Option<SigningSecret>,
}

impl Previous {
    /// Reads the variables; `None` when they are those of no bot, or a file says everything.
    pub(super) fn read(
        variables: &[(String, String)],
        file: Option<&Path>,
        found: &mut Vec<Finding>,
        notes: &mut Vec<Finding>,
    ) -> Option<Self> {
        let get = |name: &str| {
            let variable = variables.iter().find(|(other, _)| other == name);
            variable
                .map(|(_, text)| text.trim())
                .filter(|text| !text.is_empty())
        };
        let is_set = |prefix: &str| {
            ["TOKEN", "CHAT_ID"]
                .iter()
                .any(|name| get(&format!("{prefix}{name}")).is_some())
        };
        let mut bots = BOTS.iter().filter(|(prefix, _)| is_set(prefix));
        let (prefix, timeout) = bots.next()?;
        if file.is_some() {
            // The file is the configuration; it would be a guess which of the two is meant.
            let rule = format!("variables {prefix}… are set and have no effect: there is a file");
            let remedy = "remove them, or the file to start in the place of that bot";
            notes.push(Finding::new("", rule, remedy).from("environment"));
            return None;
        }
        if let Some((other, _)) = bots.next() {
            let rule = format!("variables of both {prefix}… and {other}… are set");
            let remedy = "one process is one bot: run two, or write a configuration file";
            found.push(Finding::new("", rule, remedy).from("environment"));
            return None;
        }
        names::unknown(variables, prefix, timeout, notes);
        let mut reading = Reading {
            prefix,
            get: &get,
            previous: Self {
                values: Dict::new(),
                origins: BTreeMap::new(),
                signing_secret: None,
            },
            found,
            notes,
        };
        reading.telegram();
        reading.people();
        reading.endpoints(timeout);
        reading.service();
        if get(STORE).is_none() {
            reading.store(Path::new(DATA_FOLDER));
        }
        reading.speech();
        Some(reading.previous)
    }

    /// The variable that the value at this path came from.
    pub(super) fn origin(&self, path: &str) -> Option<&str> {
        self.origins.get(path).map(String::as_str)
    }

    fn put(&mut self, section: &str, key: &str, value: impl Into<Value>) {
        let section = self
            .values
            .entry(section.to_owned())
            .or_insert_with(|| Value::from(Dict::new()));
        if let Value::Dict(_, keys) = section {
            keys.insert(key.to_owned(), value.into());
        }
    }
}

impl Provider for Previous {
    fn metadata(&self) -> Metadata {
        Metadata::named("environment of the previous bot")
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        Ok(Profile::Default.collect(self.values.clone()))
    }
}

/// Reading in progress.
struct Reading<'a> {
    prefix: &'a str,
    get: &'a dyn Fn(&str) -> Option<&'a str>,
    previous: Previous,
    found: &'a mut Vec<Finding>,
    notes: &'a mut Vec<Finding>,
}

impl<'a> Reading<'a> {
    fn name(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    fn get(&self, name: &str) -> Option<&'a str> {
        (self.get)(&self.name(name))
    }

    /// Puts a value where its key is, and remembers the variable.
    fn put(&mut self, name: &str, section: &str, key: &str, value: impl Into<Value>) {
        let path = format!("{section}.{key}");
        self.previous.origins.insert(path, self.name(name));
        self.previous.put(section, key, value);
    }

    fn wrong(&mut self, name: &str, rule: impl Into<String>, remedy: &str) {
        let finding = Finding::new(self.name(name), rule, remedy);
        self.found.push(finding);
    }

    fn doubt(&mut self, name: &str, rule: impl Into<String>, remedy: &str) {
        let finding = Finding::new(self.name(name), rule, remedy);
        self.notes.push(finding);
    }

    fn telegram(&mut self) {
        let Some(token) = self.get("TOKEN") else {
            return self.wrong("TOKEN", "is missing", "put the token from @BotFather there");
        };
        self.put("TOKEN", "telegram", "token", token);
        let derived = SigningSecret::derived("signoff drop-in callbacks v1", token);
        self.previous.signing_secret = Some(derived);
        match (self.get("WEBHOOK_URL"), self.get("WEBHOOK_SECRET")) {
            (None, None) => {}
            (Some(url), Some(secret)) => {
                self.put("WEBHOOK_URL", "telegram", "updates", "webhook");
                self.put("WEBHOOK_SECRET", "telegram", "webhook_secret", secret);
                self.put("WEBHOOK_URL", "compat", "webhook_url", url);
            }
            // Those bots had a webhook only with both.
            (Some(_), None) => self.no_webhook("WEBHOOK_SECRET", "the URL"),
            (None, Some(_)) => self.no_webhook("WEBHOOK_URL", "the secret"),
        }
    }

    fn no_webhook(&mut self, missing: &str, beside: &str) {
        let rule = format!("is missing beside {beside}: updates are polled");
        self.doubt(missing, rule, "set both, or neither");
    }

    /// A private chat is one person; in a group it must be said who counts.
    fn people(&mut self) {
        let Some(text) = self.get("CHAT_ID") else {
            return self.wrong("CHAT_ID", "is missing", "set the id of the chat");
        };
        let Some(chat) = text.parse::<i64>().ok().filter(|chat| *chat != 0) else {
            let rule = format!("{text:?} is no chat id");
            return self.wrong(
                "CHAT_ID",
                rule,
                "a person's id is positive, a group's negative",
            );
        };
        let ids = (self.get)(APPROVERS);
        let people: Vec<(String, String)> = match ids {
            None if chat > 0 => vec![("owner".to_owned(), chat.to_string())],
            None => {
                let rule = "is a group, and nobody is named who may decide in it";
                let remedy = "set SIGNOFF_APPROVER_IDS=1001,1002 to the Telegram ids of those who \
                              may (docs/compat.md says how to learn them), or write a configuration file";
                return self.wrong("CHAT_ID", rule, remedy);
            }
            Some(ids) => {
                let ids = ids.split(',').map(str::trim).filter(|id| !id.is_empty());
                ids.map(|id| (id.to_owned(), id.to_owned())).collect()
            }
        };
        if let Some((bad, _)) = people
            .iter()
            .find(|(_, id)| !id.parse::<i64>().is_ok_and(|id| id > 0))
        {
            let rule = format!("{bad:?} is no Telegram user id, which is a number");
            let remedy = "a @username is no identity; docs/compat.md says how to learn the number";
            self.found.push(Finding::new(APPROVERS, rule, remedy));
            return;
        }
        if chat > 0 && people.iter().any(|(_, id)| *id != chat.to_string()) {
            let rule = format!("names others than the person of the private chat {chat}");
            let remedy = "leave it out, or use a group's chat id";
            self.found.push(Finding::new(APPROVERS, rule, remedy));
            return;
        }
        let names: Vec<Value> = people
            .iter()
            .map(|(name, _)| name.as_str().into())
            .collect();
        let approvers: Vec<Value> = people.into_iter().map(approver).collect();
        let mut route = Dict::from([
            ("name".to_owned(), Value::from(DEFAULT_ROUTE)),
            ("approvers".to_owned(), Value::from(names)),
        ]);
        if chat < 0 {
            route.insert("telegram_chat_id".to_owned(), Value::from(chat));
        }
        let values = &mut self.previous.values;
        values.insert("approvers".to_owned(), Value::from(approvers));
        values.insert("routes".to_owned(), Value::from(vec![Value::from(route)]));
        for list in ["approvers", "routes"] {
            let origin = format!("{}CHAT_ID", self.prefix);
            self.previous.origins.insert(list.to_owned(), origin);
        }
    }

    fn endpoints(&mut self, timeout: &str) {
        let host = match self.get("HTTP_HOST") {
            None | Some("*") => "0.0.0.0".to_owned(),
            Some("localhost") => "127.0.0.1".to_owned(),
            Some(host) if host.contains(':') && !host.starts_with('[') => format!("[{host}]"),
            Some(host) => host.to_owned(),
        };
        let port = self.get("HTTP_PORT").unwrap_or("8080");
        if port.parse::<u16>().is_ok() {
            self.put("HTTP_HOST", "compat", "listen", format!("{host}:{port}"));
        } else {
            let rule = format!("{port:?} is no port");
            self.wrong("HTTP_PORT", rule, "a number from 1 to 65535");
        }
        if let Some(text) = self.get(timeout) {
            match seconds(text).filter(|seconds| *seconds > 0) {
                Some(seconds) => {
                    let seconds = seconds.min(LONGEST_TIMEOUT);
                    self.put(timeout, "compat", "timeout_seconds", seconds);
                }
                None => self.no_duration(timeout, text),
            }
        }
        if let Some(text) = self.get("TIMEOUT_MESSAGE") {
            self.put("TIMEOUT_MESSAGE", "compat", "timeout_message", text);
        }
        if let Some(text) = self.get("LANG") {
            let language = text.to_lowercase();
            if matches!(language.as_str(), "en" | "ru") {
                self.put("LANG", "compat", "language", language);
            } else {
                let rule = format!("{text:?} is none of the languages of that bot");
                self.doubt("LANG", rule, "English is spoken");
            }
        }
    }

    fn service(&mut self) {
        // Two of these bots may share a machine; the native API has no keys here, and nobody to serve.
        self.previous.put("server", "listen", "127.0.0.1:0");
        if let Some(text) = self.get("SHUTDOWN_TIMEOUT") {
            match seconds(text) {
                Some(seconds) => {
                    let seconds = seconds.clamp(1, LONGEST_SHUTDOWN);
                    self.put(
                        "SHUTDOWN_TIMEOUT",
                        "server",
                        "shutdown_timeout_seconds",
                        seconds,
                    );
                }
                None => self.no_duration("SHUTDOWN_TIMEOUT", text),
            }
        } else {
            self.previous
                .put("server", "shutdown_timeout_seconds", 10_u64);
        }
        if let Some(text) = self.get("LOG_LEVEL") {
            let level = text.to_lowercase();
            if matches!(level.as_str(), "debug" | "info" | "warn" | "error") {
                self.put("LOG_LEVEL", "log", "level", level);
            } else {
                let rule = format!("{text:?} is no level of that bot's");
                self.doubt("LOG_LEVEL", rule, "\"info\" is used");
            }
        }
    }

    /// In `folder` where that can be written to, else where the process is.
    fn store(&mut self, folder: &Path) {
        let key = "store.url";
        if !is_writable(folder) {
            let rule = format!(
                "{} is not there or cannot be written to: the database is made in the working \
                 directory",
                folder.display()
            );
            let remedy = "mount a volume there, or set SIGNOFF_STORE__URL";
            self.notes.push(Finding::new(key, rule, remedy));
            return;
        }
        let url = format!("sqlite:{}", folder.join("signoff.db").display());
        self.previous.put("store", "url", url);
        if !is_mounted(folder) {
            let rule = format!(
                "{} is on no volume of its own: in a container, what is pending is lost with it",
                folder.display()
            );
            let remedy = "mount a volume there";
            self.notes.push(Finding::new(key, rule, remedy));
        }
    }

    fn speech(&mut self) {
        if let Some(text) = self.get("STT_TIMEOUT")
            && seconds(text).is_none()
        {
            self.no_duration("STT_TIMEOUT", text);
        }
        // Where a model is named, theirs is how long hearing may take.
        if (self.get)(SPEECH_MODEL).is_some()
            && let Some(seconds) = self.get("STT_TIMEOUT").and_then(seconds)
        {
            let seconds = seconds.clamp(1, LONGEST_SHUTDOWN);
            self.put("STT_TIMEOUT", "speech", "timeout_seconds", seconds);
        } else if self.get("STT_TIMEOUT").is_some() {
            let rule = "has no effect: no model is named, and voice notes are answered with \
                        \"please type\"";
            let remedy = "set SIGNOFF_SPEECH__MODEL to a whisper model in ggml format";
            self.doubt("STT_TIMEOUT", rule, remedy);
        }
        for name in ["OPENAI_API_KEY", "STT_MODEL"] {
            if self.get(name).is_some() {
                let rule = "has no effect: voice notes are never sent to others now; speech is \
                            recognised on this machine";
                let remedy = "remove it, and set SIGNOFF_SPEECH__MODEL";
                self.doubt(name, rule, remedy);
            }
        }
    }

    fn no_duration(&mut self, name: &str, text: &str) {
        let rule = format!("{text:?} is no duration, or not a positive one");
        self.wrong(name, rule, "for example 90s, 45m or 1h30m");
    }
}

fn approver((name, id): (String, String)) -> Value {
    let identities = Dict::from([("telegram".to_owned(), Value::from(id))]);
    Value::from(Dict::from([
        ("name".to_owned(), Value::from(name)),
        ("identities".to_owned(), Value::from(identities)),
    ]))
}
