//! The other arrangement of the house: its Telegram channel is a process of its own, beside a service
//! that knows it as a channel over HTTP. One configuration for one process becomes two.

use std::fs::File;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::Context as _;
use rand::Rng as _;
use tokio::process::{Child, ChildStderr, Command};

/// The channel's secret.
const SECRET: &str = "whsec_ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3";
/// Which arrangement every house has: with `apart` in two parts, else in one.
const ARRANGEMENT: &str = "SIGNOFF_HOUSE";

/// Whether the environment asks for a house in two parts.
pub(crate) fn is_asked_for() -> bool {
    std::env::var(ARRANGEMENT).is_ok_and(|arrangement| arrangement == "apart")
}

/// The Telegram adapter of a house.
pub(crate) struct Apart {
    /// Where it listens.
    pub(crate) url: String,
    gateway: String,
    config: PathBuf,
    process: Option<Child>,
}

impl Apart {
    /// The service's configuration, and the adapter beside it, of what one process would read.
    /// Telegram's webhooks come to `listen`, if that is a port.
    pub(crate) fn of(config: &str, listen: &str, folder: &Path) -> anyhow::Result<(String, Self)> {
        let (service, adapter) = (free()?, free()?);
        let adapter = if listen.ends_with(":0") {
            adapter
        } else {
            listen.to_owned()
        };
        let of_adapter = |section: &str| ["telegram", "speech", "masking"].contains(&section);
        let of_service = |section: &str| !["telegram", "speech"].contains(&section);
        let theirs = format!(
            r#"
[adapter]
listen = "{adapter}"
secret = "{SECRET}"

[server]
public_url = "http://{adapter}"
shutdown_timeout_seconds = 5

[store]
url = "sqlite:{database}"
{sections}"#,
            database = folder.join("telegram.db").display(),
            sections = sections(config, of_adapter),
        );
        let ours = sections(config, of_service).replacen(
            &format!("listen = \"{listen}\""),
            &format!("listen = \"{service}\""),
            1,
        );
        let ours = format!(
            r#"{ours}
[[channels]]
kind = "http"
name = "telegram"
url = "http://{adapter}"
secret = "{SECRET}"
"#
        );
        let path = folder.join("adapter.toml");
        std::fs::write(&path, theirs)?;
        let apart = Self {
            url: format!("http://{adapter}"),
            gateway: format!("http://{service}"),
            config: path,
            process: None,
        };
        Ok((ours, apart))
    }

    /// Starts it; its log.
    pub(crate) fn spawn(
        &mut self,
        command: &mut Command,
        stdout: File,
    ) -> anyhow::Result<ChildStderr> {
        let mut process = command
            .args([
                "adapter",
                "telegram",
                "--gateway",
                &self.gateway,
                "--config",
            ])
            .arg(&self.config)
            .env_remove("SIGNOFF_CONFIG")
            .stderr(Stdio::piped())
            .stdout(stdout)
            .kill_on_drop(true)
            .spawn()?;
        let log = process.stderr.take().context("a log")?;
        self.process = Some(process);
        Ok(log)
    }

    /// `kill -9`, now.
    pub(crate) async fn is_killed(&mut self) -> anyhow::Result<()> {
        self.process.take().context("no adapter")?.kill().await?;
        Ok(())
    }
}

/// The sections of a configuration that belong there.
fn sections(config: &str, belongs: impl Fn(&str) -> bool) -> String {
    let mut kept = String::new();
    let mut here = false;
    for line in config.lines() {
        if let Some(header) = line.strip_prefix('[') {
            let name = header.trim_start_matches('[');
            let end = name.find([']', '.']).unwrap_or(name.len());
            here = belongs(&name[..end]);
        }
        if here {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    kept
}

/// An address that stays free while the process behind it is down: not one of those that the
/// system gives to connections that go out.
fn free() -> anyhow::Result<String> {
    for _ in 0..1_000 {
        let port = rand::rng().random_range(10_000..32_000);
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return Ok(format!("127.0.0.1:{port}"));
        }
    }
    anyhow::bail!("no port is free")
}
