//! The services that are measured: the release binary, and this program again as a service whose
//! Telegram limits are raised, because the binary rightly has no setting for that. Both are
//! processes of their own, made of the same crates.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use prometheus_client::registry::Registry;
use signoff_engine::{ChannelStore, Clock, Engine, Gateway, workers};
use signoff_server::{ServerOptions, routers, serve};
use signoff_telegram::{CHANNEL, Config, Limits, Metrics, Telegram, Updates};
use signoff_telegram_sim::Sim;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio_util::sync::CancellationToken;

use crate::{speech, world};

/// How long anything may take before the benchmark ends with an error.
pub(crate) const PATIENCE: Duration = Duration::from_mins(2);
/// Asks this program as a service to transcribe all the time.
const LISTENING: &str = "listening";
/// What this program as a service says before where its drop-in endpoints are.
const DROP_IN: &str = "drop-in endpoints at ";
/// No limits worth speaking of.
const RAISED: Limits = Limits {
    burst: 100_000,
    group_per_minute: 100_000,
    group_reserve: 1,
    overall_per_second: 100_000,
};

/// A service in a process of its own.
pub(crate) struct Service {
    /// Where it listens: `http://…`.
    pub(crate) address: String,
    /// Where its drop-in endpoints listen, when it has them.
    pub(crate) drop_in: Option<String>,
    /// From the start of the process until `/readyz` said yes.
    pub(crate) ready_after: Duration,
    process: Child,
}

impl Service {
    /// The release binary with the simulator's bot, on the database `folder/signoff.db`.
    pub(crate) async fn binary(folder: &Path, sim: &Sim, people: usize) -> anyhow::Result<Self> {
        let database = folder.join("signoff.db");
        let config = world::config(&database, &sim.api_url(), sim.bot_token(), people)?;
        let path = folder.join("signoff.toml");
        std::fs::write(&path, config)?;
        let mut command = Command::new(binary()?);
        command
            .arg("serve")
            .arg("--config")
            .arg(path)
            .env_remove("SIGNOFF_CONFIG");
        Self::start(command).await
    }

    /// This program as a service with raised limits.
    pub(crate) async fn unlimited(folder: &Path, sim: &Sim, people: usize) -> anyhow::Result<Self> {
        Self::start(Self::own(folder, sim, people)?).await
    }

    /// The same, in which four speak without an end.
    pub(crate) async fn listening(folder: &Path, sim: &Sim, people: usize) -> anyhow::Result<Self> {
        let mut command = Self::own(folder, sim, people)?;
        command.arg(LISTENING);
        Self::start(command).await
    }

    fn own(folder: &Path, sim: &Sim, people: usize) -> anyhow::Result<Command> {
        let mut command = Command::new(std::env::current_exe()?);
        command
            .arg("--serve")
            .arg(folder)
            .arg(sim.api_url())
            .arg(sim.bot_token())
            .arg(people.to_string());
        Ok(command)
    }

    async fn start(mut command: Command) -> anyhow::Result<Self> {
        let began = Instant::now();
        let mut process = command
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let log = process.stderr.take().context("a log")?;
        let mut lines = BufReader::new(log).lines();
        let mut seen = Vec::new();
        let mut drop_in = None;
        let address = loop {
            let line = tokio::time::timeout(PATIENCE, lines.next_line()).await;
            let Some(line) = line.context("the service does not say where it listens")?? else {
                bail!("the service ended at start:\n{}", seen.join("\n"));
            };
            if let Some((_, address)) = line.split_once(DROP_IN) {
                drop_in = Some(address.to_owned());
                continue;
            }
            if let Some((_, address)) = line.split_once("listening on ") {
                let address = address.split_whitespace().next().unwrap_or_default();
                break address.to_owned();
            }
            seen.push(line);
        };
        // Keeps the pipe empty.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        let http = reqwest::Client::builder().no_proxy().build()?;
        let url = format!("{address}/readyz");
        let ready = async {
            loop {
                let answer = http.get(&url).send().await;
                if answer.is_ok_and(|answer| answer.status().is_success()) {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        tokio::time::timeout(PATIENCE, ready)
            .await
            .context("the service does not become ready")?;
        Ok(Self {
            address,
            drop_in,
            ready_after: began.elapsed(),
            process,
        })
    }

    /// `kill -9`, and waits until it is gone.
    pub(crate) async fn end(mut self) -> anyhow::Result<()> {
        Ok(self.process.kill().await?)
    }

    /// A line of `/proc/PID/status` in KiB: `VmRSS`, `VmHWM`, `RssAnon`.
    pub(crate) fn memory_kib(&self, line: &str) -> anyhow::Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid()?))?;
        let value = status.lines().find_map(|of| {
            let value = of.strip_prefix(line)?.strip_prefix(':')?;
            value.trim().strip_suffix("kB")?.trim().parse().ok()
        });
        value.with_context(|| format!("no {line} in its status"))
    }

    /// How many file descriptors it has open.
    pub(crate) fn open_files(&self) -> anyhow::Result<usize> {
        Ok(std::fs::read_dir(format!("/proc/{}/fd", self.pid()?))?.count())
    }

    fn pid(&self) -> anyhow::Result<u32> {
        self.process.id().context("the service has ended")
    }
}

/// The binary that was built beside this program.
pub(crate) fn binary() -> anyhow::Result<PathBuf> {
    let own = std::env::current_exe()?;
    let folder = own
        .parent()
        .and_then(Path::parent)
        .context("a target folder")?;
    let binary = folder.join("signoff");
    ensure!(
        binary.is_file(),
        "no {}: `make bench` builds it",
        binary.display()
    );
    Ok(binary)
}

/// The channel of an engine, put together as the binary does it.
pub(crate) fn telegram(
    engine: &Arc<Engine>,
    api_url: &str,
    token: &str,
    limits: Limits,
) -> anyhow::Result<Telegram> {
    let config = Config {
        token: token.to_owned().into(),
        api_url: api_url.parse()?,
        updates: Updates::Polling,
        protect_content: false,
        instance: "bench".to_owned(),
    };
    let store = ChannelStore::new(engine.store().clone(), CHANNEL);
    let gateway: Arc<dyn Gateway> = engine.clone();
    let metrics = Metrics::default();
    Ok(Telegram::connect(config, gateway, store, limits, metrics)?)
}

/// What `--serve FOLDER API_URL TOKEN PEOPLE` does: serves until it is killed.
#[expect(
    clippy::print_stderr,
    reason = "its parent reads where it listens, as it reads the binary's log"
)]
pub(crate) async fn serve_as_child(arguments: &[String]) -> anyhow::Result<()> {
    let (Some([folder, api_url, token, people]), rest) = (
        arguments.first_chunk::<4>(),
        arguments.get(4..).unwrap_or_default(),
    ) else {
        bail!("--serve FOLDER API_URL TOKEN PEOPLE");
    };
    if rest.first().is_some_and(|word| word == LISTENING) {
        speech::speak_on()?;
    }
    let store = world::store(&Path::new(folder).join("signoff.db"), Clock::system())?;
    let mut registry = Registry::default();
    let engine = world::engine(store, people.parse()?, None, &mut registry).await?;
    let telegram = telegram(&engine, api_url, token, RAISED)?;
    let stop = CancellationToken::new();
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let drop_in = TcpListener::bind("127.0.0.1:0").await?;
    eprintln!("{DROP_IN}http://{}", drop_in.local_addr()?);
    eprintln!("listening on http://{}", listener.local_addr()?);
    let options = ServerOptions {
        shutdown: stop.clone(),
        registry,
        ..ServerOptions::default()
    };
    let routers = routers(Arc::clone(&engine), options, Some(world::drop_in()?));
    let compat = routers.compat.context("it was asked for")?;
    let channels = vec![telegram.channel()];
    let grace = Duration::from_secs(1);
    tokio::select! {
        ended = workers::run(engine, channels, stop.clone()) => ended?,
        ended = telegram.run(stop.clone()) => ended?,
        _ = serve(listener, routers.native, stop.clone(), grace) => {}
        _ = serve(drop_in, compat, stop, grace) => {}
    }
    bail!("a part of the service ended")
}
