//! A real `signoff serve` process between a simulated Telegram and a requester's endpoint, both of
//! which live in the test and so survive when the process is killed. Where the house is in two
//! parts, its Telegram channel is another process, and one is started and killed with the other.

use std::ffi::OsString;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use axum::http::StatusCode;
use serde_json::{Value, json};
use signoff_engine::ApiKey;
use signoff_telegram_sim::{Group, Person, Sim, SimOptions};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::watch;

use crate::apart::arrangement::{Apart, is_asked_for};
use crate::receiver::Receiver;

/// The secret that signs callbacks.
pub(crate) const SECRET: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX";
/// How long a test waits for something that should come at once; generous, for a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// Everything around one service. What callers do is on [`Callers`], to which it dereferences.
pub(crate) struct House {
    pub(crate) sim: Arc<Sim>,
    pub(crate) ann: Person,
    pub(crate) ben: Person,
    pub(crate) group: Group,
    pub(crate) receiver: Receiver,
    callers: Callers,
    folder: tempfile::TempDir,
    /// What the service's processes find in their environment.
    pub(crate) environment: Vec<(OsString, OsString)>,
    process: Option<Child>,
    /// The Telegram channel, where it is a process of its own.
    pub(crate) apart: Option<Apart>,
    /// Where the process listens, once it does.
    listening: Arc<watch::Sender<Listening>>,
    log: Arc<Mutex<String>>,
}

/// What is known of where the present process listens.
#[derive(Debug, Default)]
struct Listening {
    /// Which process: they are counted.
    life: u64,
    at: Option<String>,
    /// The same of the drop-in endpoints.
    drop_in: Option<String>,
    /// It ended, or closed its log.
    ended: bool,
}

/// Those who call the service over HTTP, whichever process it is at the moment. Clones share
/// where it listens.
#[derive(Debug, Clone)]
pub(crate) struct Callers {
    http: reqwest::Client,
    key: String,
    terminal: String,
    listening: Arc<watch::Sender<Listening>>,
}

impl Deref for House {
    type Target = Callers;

    fn deref(&self) -> &Callers {
        &self.callers
    }
}

impl House {
    /// A house whose service runs and is ready.
    pub(crate) async fn start() -> anyhow::Result<Self> {
        Self::start_with(SimOptions::default(), "").await
    }

    /// The same with another simulator and more configuration.
    pub(crate) async fn start_with(options: SimOptions, more: &str) -> anyhow::Result<Self> {
        Self::start_as(options, more, "", "127.0.0.1:0").await
    }

    /// A house that Telegram calls by webhook, at this address.
    pub(crate) async fn start_by_webhook(
        options: SimOptions,
        address: std::net::SocketAddr,
    ) -> anyhow::Result<Self> {
        let telegram = "updates = \"webhook\"\nwebhook_secret = \"a-secret-of-the-test\"";
        Self::start_as(options, "", telegram, &address.to_string()).await
    }

    async fn start_as(
        options: SimOptions,
        more: &str,
        telegram: &str,
        listen: &str,
    ) -> anyhow::Result<Self> {
        let sim = Sim::start(options).await?;
        Self::start_around(sim, more, telegram, listen, is_asked_for()).await
    }

    /// A house in two parts, whichever way the others are.
    pub(crate) async fn start_apart(more: &str) -> anyhow::Result<Self> {
        let sim = Sim::start(SimOptions::default()).await?;
        Self::start_around(sim, more, "", "127.0.0.1:0", true).await
    }

    /// A house in a simulator that has people and groups of its own already.
    pub(crate) async fn start_in(sim: Sim, more: &str) -> anyhow::Result<Self> {
        Self::start_around(sim, more, "", "127.0.0.1:0", is_asked_for()).await
    }

    async fn start_around(
        sim: Sim,
        more: &str,
        telegram: &str,
        listen: &str,
        apart: bool,
    ) -> anyhow::Result<Self> {
        let sim = Arc::new(sim);
        let ann = sim.new_person("Ann").id(1001).create();
        let ben = sim.new_person("Ben").id(1002).create();
        ann.starts();
        ben.starts();
        let group = sim.group("Operations", &[&ann, &ben]).supergroup().create();
        let receiver = Receiver::start().await?;
        let folder = tempfile::tempdir()?;
        let (key, terminal) = (
            ApiKey::generate(&mut rand::rng()),
            ApiKey::generate(&mut rand::rng()),
        );
        let mut config = config(&sim, &group, [&key, &terminal], folder.path(), listen)
            .replace("# telegram", telegram)
            + more;
        let apart = if apart {
            let (service, apart) = Apart::of(&config, listen, folder.path())?;
            config = service;
            Some(apart)
        } else {
            None
        };
        std::fs::write(folder.path().join("signoff.toml"), config)?;
        let listening = Arc::new(watch::Sender::new(Listening::default()));
        let mut house = Self {
            sim,
            ann,
            ben,
            group,
            receiver,
            callers: Callers {
                http: reqwest::Client::builder()
                    .no_proxy()
                    .timeout(PATIENCE)
                    .build()?,
                key: key.reveal().to_owned(),
                terminal: terminal.reveal().to_owned(),
                listening: Arc::clone(&listening),
            },
            folder,
            environment: Vec::new(),
            process: None,
            apart,
            listening,
            log: Arc::default(),
        };
        house.starts().await?;
        // Both were greeted, so that what a test plants or awaits meets its own messages.
        for person in [&house.ann, &house.ben] {
            house.sim.next_message(person.id()).await;
        }
        Ok(house)
    }

    /// Starts the service; waits until it is ready.
    pub(crate) async fn starts(&mut self) -> anyhow::Result<()> {
        self.is_spawned()?;
        self.gets_ready().await
    }

    /// Starts the process and waits for nothing.
    pub(crate) fn is_spawned(&mut self) -> anyhow::Result<()> {
        self.adapter_is_spawned()?;
        self.service_is_spawned()
    }

    /// Starts the adapter, where there is one.
    pub(crate) fn adapter_is_spawned(&mut self) -> anyhow::Result<()> {
        let stdout = self.stdout()?;
        let Some(apart) = &mut self.apart else {
            return Ok(());
        };
        let mut command = Command::new(binary()?);
        command.envs(self.environment.iter().cloned());
        let log = apart.spawn(&mut command, stdout)?;
        let all = Arc::clone(&self.log);
        tokio::spawn(async move {
            let mut lines = BufReader::new(log).lines();
            while let Ok(Some(line)) = lines.next_line().await {
                let mut all = all.lock().expect("no panic");
                all.push_str("adapter: ");
                all.push_str(&line);
                all.push('\n');
            }
        });
        Ok(())
    }

    /// Starts the service.
    pub(crate) fn service_is_spawned(&mut self) -> anyhow::Result<()> {
        let mut process = Command::new(binary()?)
            .arg("serve")
            .arg("--config")
            .arg(self.folder.path().join("signoff.toml"))
            .env_remove("SIGNOFF_CONFIG")
            .envs(self.environment.iter().cloned())
            .stderr(Stdio::piped())
            .stdout(self.stdout()?)
            .kill_on_drop(true)
            .spawn()?;
        let log = process.stderr.take().context("a log")?;
        self.process = Some(process);
        let mut life = 0;
        self.listening.send_modify(|now| {
            life = now.life + 1;
            *now = Listening {
                life,
                ..Listening::default()
            };
        });
        // Keeps the pipe empty, what was said for those who look, and where it listens for all.
        let (all, listening) = (Arc::clone(&self.log), Arc::clone(&self.listening));
        tokio::spawn(async move {
            // Another process may have taken its place by the time its log is read.
            let note = |change: &dyn Fn(&mut Listening)| {
                listening.send_if_modified(|now| {
                    let mine = now.life == life;
                    if mine {
                        change(now);
                    }
                    mine
                });
            };
            let mut lines = BufReader::new(log).lines();
            while let Ok(Some(line)) = lines.next_line().await {
                if let Some((_, at)) = line.split_once("the drop-in endpoints are at ") {
                    let at = at.split([' ', '"']).next().unwrap_or_default();
                    note(&|now| now.drop_in = Some(at.to_owned()));
                }
                if let Some((_, at)) = line.split_once("listening on ") {
                    // In a log for machines a quotation mark follows.
                    let at = at.split([' ', '"']).next().unwrap_or_default();
                    note(&|now| now.at = Some(at.to_owned()));
                }
                let mut all = all.lock().expect("no panic");
                all.push_str(&line);
                all.push('\n');
            }
            note(&|now| now.ended = true);
        });
        Ok(())
    }

    /// Where its processes write data to, which a service has none of.
    fn stdout(&self) -> std::io::Result<std::fs::File> {
        let path = self.folder.path().join("stdout.log");
        std::fs::File::options()
            .create(true)
            .append(true)
            .open(path)
    }

    /// Waits until the process is ready.
    pub(crate) async fn gets_ready(&self) -> anyhow::Result<()> {
        let mut listening = self.listening.subscribe();
        let listening = listening.wait_for(|now| now.at.is_some() || now.ended);
        let listening = tokio::time::timeout(PATIENCE, listening).await;
        let listening = listening.context("the service does not say where it listens")??;
        ensure!(
            !listening.ended,
            "the service ended at start:\n{}",
            self.log()
        );
        drop(listening);
        self.until("it is ready", async |house: &Self| {
            let mut both = vec![house.url("/readyz")?];
            both.extend(
                house
                    .apart
                    .as_ref()
                    .map(|apart| format!("{}/readyz", apart.url)),
            );
            for url in both {
                let ready = house.http.get(url).send().await;
                if !ready.is_ok_and(|answer| answer.status().is_success()) {
                    return Ok(false);
                }
            }
            Ok(true)
        })
        .await
    }

    /// `kill -9`, now.
    pub(crate) async fn is_killed(&mut self) -> anyhow::Result<()> {
        if let Some(apart) = &mut self.apart {
            apart.is_killed().await?;
        }
        self.service_is_killed().await
    }

    /// `kill -9` of the service alone.
    pub(crate) async fn service_is_killed(&mut self) -> anyhow::Result<()> {
        self.process.take().context("no process")?.kill().await?;
        Ok(())
    }

    /// Waits until the process ends by itself; what it ended with.
    pub(crate) async fn ends(&mut self) -> anyhow::Result<std::process::ExitStatus> {
        let mut process = self.process.take().context("no process")?;
        let ended = tokio::time::timeout(PATIENCE, process.wait()).await;
        let ended = ended.context("the service does not end")??;
        if let Some(apart) = &mut self.apart {
            apart.is_killed().await?;
        }
        // Its last words are read when its log is closed.
        let mut listening = self.listening.subscribe();
        let read = listening.wait_for(|now| now.ended);
        tokio::time::timeout(PATIENCE, read)
            .await
            .context("the log stays open")??;
        Ok(ended)
    }

    /// `kill -9`, and a new process on the same database.
    pub(crate) async fn is_killed_and_starts_again(&mut self) -> anyhow::Result<()> {
        self.is_killed().await?;
        self.starts().await
    }

    /// Asks until it is so.
    pub(crate) async fn until(
        &self,
        what: &str,
        so: impl AsyncFn(&Self) -> anyhow::Result<bool>,
    ) -> anyhow::Result<()> {
        let waiting = async {
            while !so(self).await? {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            anyhow::Ok(())
        };
        tokio::time::timeout(PATIENCE, waiting)
            .await
            .with_context(|| format!("never: {what}"))?
    }

    /// An approval of low risk with a callback.
    pub(crate) fn approval(&self, correlation_id: &str) -> Value {
        json!({
            "correlation_id": correlation_id,
            "kind": "approval",
            "title": format!("Deploy {correlation_id}"),
            "risk": "low",
            "action": { "tool": "k8s.deploy", "arguments": { "release": correlation_id } },
            "callback": { "url": self.receiver.url },
        })
    }

    /// A question with three options and a callback.
    pub(crate) fn question(&self, correlation_id: &str) -> Value {
        json!({
            "correlation_id": correlation_id,
            "kind": "question",
            "title": format!("How to roll out {correlation_id}?"),
            "options": [
                { "id": "canary", "label": "Canary" },
                { "id": "blue_green", "label": "Blue/green" },
                { "id": "wait", "label": "Delay" },
            ],
            "callback": { "url": self.receiver.url },
        })
    }

    /// What the service has logged, over all its lives.
    pub(crate) fn log(&self) -> String {
        self.log.lock().expect("no panic").clone()
    }

    /// The folder of its configuration and database.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Runs another command of the binary on the same configuration.
    pub(crate) async fn runs(&self, arguments: &[&str]) -> anyhow::Result<std::process::Output> {
        let output = Command::new(binary()?)
            .args(arguments)
            .arg("--config")
            .arg(self.folder.path().join("signoff.toml"))
            .envs(self.environment.iter().cloned())
            .output();
        Ok(output.await?)
    }

    /// The audit is intact, says `signoff audit verify`.
    pub(crate) async fn audit_verifies(&self) -> anyhow::Result<()> {
        let verified = self.runs(&["audit", "verify"]).await?;
        ensure!(verified.status.success(), "{verified:?}");
        Ok(())
    }
}

impl Callers {
    /// Where a path is; an error while nothing listens.
    pub(crate) fn url(&self, path: &str) -> anyhow::Result<String> {
        let now = self.listening.borrow();
        match &now.at {
            Some(address) if !now.ended => Ok(format!("{address}{path}")),
            _ => bail!("the service does not listen"),
        }
    }

    /// Asks at a drop-in endpoint; the answer's status and body.
    pub(crate) async fn drops_in(
        &self,
        path: &str,
        body: &Value,
    ) -> anyhow::Result<(StatusCode, String)> {
        let mut listening = self.listening.subscribe();
        let known = listening.wait_for(|now| now.drop_in.is_some() || now.ended);
        let known = tokio::time::timeout(PATIENCE, known).await??;
        let at = known.drop_in.clone().context("there are none")?;
        drop(known);
        let answer = self.http.post(format!("{at}{path}")).body(body.to_string());
        let answer = answer.send().await?;
        Ok((answer.status(), answer.text().await?))
    }

    /// Submits; the answer's status and body.
    pub(crate) async fn submits(&self, body: &Value) -> anyhow::Result<(StatusCode, Value)> {
        let answer = self
            .http
            .post(self.url("/v1/requests")?)
            .bearer_auth(&self.key)
            .json(body)
            .send()
            .await?;
        Ok((answer.status(), answer.json().await?))
    }

    /// Submits something that must be taken.
    pub(crate) async fn asks(&self, body: &Value) -> anyhow::Result<Value> {
        let (status, resource) = self.submits(body).await?;
        ensure!(status == StatusCode::ACCEPTED, "{status}: {resource}");
        Ok(resource)
    }

    /// The request as it is now.
    pub(crate) async fn request(&self, correlation_id: &str) -> anyhow::Result<Value> {
        self.get(&format!("/v1/requests/{correlation_id}")).await
    }

    /// The request once it has ended (long poll).
    pub(crate) async fn outcome(&self, correlation_id: &str) -> anyhow::Result<Value> {
        let resource = self
            .get(&format!("/v1/requests/{correlation_id}?wait_seconds=50"))
            .await?;
        ensure!(
            resource["status"] != "pending",
            "it has not ended: {resource}"
        );
        Ok(resource)
    }

    /// What a path says to the requester's key.
    pub(crate) async fn get(&self, path: &str) -> anyhow::Result<Value> {
        let url = self.url(path)?;
        let answer = self.http.get(url).bearer_auth(&self.key).send().await?;
        Ok(answer.error_for_status()?.json().await?)
    }

    /// The requester posts to one of a request's operations.
    pub(crate) async fn posts(
        &self,
        correlation_id: &str,
        operation: &str,
        body: &Value,
    ) -> anyhow::Result<(StatusCode, Value)> {
        let decision = operation == "decision";
        let key = if decision { &self.terminal } else { &self.key };
        let url = self.url(&format!("/v1/requests/{correlation_id}/{operation}"))?;
        let answer = self
            .http
            .post(url)
            .bearer_auth(key)
            .json(body)
            .send()
            .await?;
        Ok((answer.status(), answer.json().await?))
    }

    /// What a path says to anyone, as text.
    pub(crate) async fn text(&self, path: &str) -> anyhow::Result<String> {
        Ok(self.http.get(self.url(path)?).send().await?.text().await?)
    }

    /// The keys that callers use.
    pub(crate) fn keys(&self) -> [&str; 2] {
        [&self.key, &self.terminal]
    }
}

/// The binary that `cargo test --workspace` built beside this one.
fn binary() -> anyhow::Result<PathBuf> {
    let test = std::env::current_exe()?;
    let folder = test
        .parent()
        .and_then(Path::parent)
        .context("a target folder")?;
    let binary = folder.join("signoff");
    ensure!(
        binary.is_file(),
        "no {}: run `cargo build -p signoff` first",
        binary.display()
    );
    Ok(binary)
}

fn config(sim: &Sim, group: &Group, keys: [&ApiKey; 2], folder: &Path, listen: &str) -> String {
    let [key, terminal] = keys.map(|key| key.hash().to_hex());
    let (api_url, token, group) = (sim.api_url(), sim.bot_token(), group.id());
    let database = folder.join("signoff.db");
    format!(
        r#"
[server]
listen = "{listen}"
public_url = "http://{listen}"
shutdown_timeout_seconds = 5

[store]
url = "sqlite:{database}"

[callbacks]
signing_secrets = ["{SECRET}"]

[telegram]
token = "{token}"
api_url = "{api_url}"
# telegram

[[approvers]]
name = "ann"
identities = {{ telegram = "1001" }}

[[approvers]]
name = "ben"
identities = {{ telegram = "1002" }}

[[routes]]
name = "default"
approvers = ["ann"]

[[routes]]
name = "both"
approvers = ["ann", "ben"]
min_approvals = 2

[[routes]]
name = "group"
approvers = ["ann", "ben"]
telegram_chat_id = {group}

[[api_keys]]
name = "control-plane"
key_sha256 = "{key}"
scopes = ["requests:write", "requests:read"]

[[api_keys]]
name = "ann-terminal"
approver = "ann"
key_sha256 = "{terminal}"
scopes = ["decisions:write", "requests:read"]

"#,
        database = database.display(),
    )
}
