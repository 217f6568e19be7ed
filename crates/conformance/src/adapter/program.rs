//! A program as the person in the chat: run once for each thing to do, told what in JSON, answering in JSON.

use std::process::Stdio;
use std::time::Duration;

use anyhow::Context as _;
use async_trait::async_trait;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;
use tokio::time::{Instant, sleep, timeout};

use super::person::{Deed, Person, Place, View, Wanted, clip, judge_told};
use crate::{Miss, Outcome};

/// How long the program may take for one thing.
const LONGEST: Duration = Duration::from_mins(1);
/// How long a chat may take to show its own users what its adapter told it.
const SETTLES: Duration = Duration::from_secs(3);
/// How long until it is looked again.
const PAUSE: Duration = Duration::from_millis(200);

/// A program that acts for people: a shell command that reads one JSON document and prints another.
#[derive(Debug, Clone)]
pub struct Program {
    command: String,
}

/// What the program prints after a person did something.
#[derive(Deserialize)]
struct Told {
    #[serde(default)]
    told: Option<String>,
}

impl Program {
    /// The program that this shell command runs.
    pub fn new(command: impl Into<String>) -> Self {
        Self {
            command: command.into(),
        }
    }

    async fn run<A: DeserializeOwned>(&self, what: &Value) -> Result<A, Miss> {
        let mut child = Command::new("sh")
            .args(["-c", &self.command])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|why| Miss::not_tried(format_args!("no shell can be started: {why}")))?;
        let stdin = child.stdin.take();
        let said = async {
            if let Some(mut stdin) = stdin {
                // A program that does not read what it is told may still do it.
                let _ = stdin.write_all(format!("{what}\n").as_bytes()).await;
            }
            child.wait_with_output().await
        };
        let output = timeout(LONGEST, said)
            .await
            .map_err(|_| Miss::failed("the person's program took longer than a minute"))?
            .context("the person's program cannot be read")?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            let last = said.lines().rfind(|line| !line.trim().is_empty());
            return Err(Miss::failed(format_args!(
                "the person's program could not do it ({}): {}",
                output.status,
                clip(last.unwrap_or("it did not say why"))
            )));
        }
        serde_json::from_slice(&output.stdout).map_err(|why| {
            let said = String::from_utf8_lossy(&output.stdout);
            let said = clip(&said);
            Miss::failed(format_args!(
                "the person's program printed what is not asked for ({why}): {said}"
            ))
        })
    }
}

#[async_trait]
impl Person for Program {
    async fn look(&self, at: &Place, wanted: &Wanted) -> Outcome {
        let end = Instant::now() + SETTLES;
        loop {
            let view: View = self.run(&told(at, json!({ "act": "read" }))).await?;
            match wanted.judge(&view) {
                Ok(()) => return Ok(()),
                Err(wrong) if Instant::now() >= end => return Err(Miss::failed(wrong)),
                Err(_) => sleep(PAUSE).await,
            }
        }
    }

    async fn act(&self, at: &Place, deed: &Deed, wanted: Option<&str>) -> Outcome {
        let Told { told } = self.run(&told(at, json!(deed))).await?;
        wanted.map_or(Ok(()), |wanted| judge_told(wanted, told.as_deref()))
    }
}

/// One document of what to do and where.
fn told(at: &Place, mut what: Value) -> Value {
    if let (Value::Object(what), Value::Object(at)) = (&mut what, json!(at)) {
        what.extend(at);
    }
    what
}
