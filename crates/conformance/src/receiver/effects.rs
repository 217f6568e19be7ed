//! What the control plane did: only it can say.

use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use serde::Deserialize;
use signoff_contract::{CorrelationId, Status};
use tokio::io::AsyncReadExt as _;
use tokio::process::Command;
use tokio::time::Instant;
use url::Url;

use super::checks;
use super::outbox::{Outbox, Taken};
use crate::{Examination, Miss, Outcome, peer};

/// How long what was taken may need to be acted on.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long to wait between two looks.
const PAUSE: Duration = Duration::from_millis(200);
/// How long one look may take.
const LOOK: Duration = Duration::from_secs(5);
/// The longest list that is read, in bytes.
const LONGEST: u64 = 16 << 20;

/// Where to learn what the control plane has acted on.
#[derive(Debug, Clone)]
pub enum Seen {
    /// What a `GET` of this answers with.
    Url(Url),
    /// What this line, run by `sh`, prints.
    Command(String),
}

impl From<&str> for Seen {
    /// An address when it looks like one, else a command.
    fn from(text: &str) -> Self {
        match Url::parse(text) {
            Ok(url) if matches!(url.scheme(), "http" | "https") => Self::Url(url),
            _ => Self::Command(text.to_owned()),
        }
    }
}

/// One time that the control plane acted on an outcome.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct Effect {
    correlation_id: String,
    status: Status,
}

impl Seen {
    async fn look(&self) -> anyhow::Result<Vec<Effect>> {
        let looking = async {
            match self {
                Self::Url(url) => {
                    let answer = peer::http().build()?.get(url.clone()).send().await;
                    let answer = answer.map_err(reqwest::Error::without_url)?;
                    ensure!(answer.status().is_success(), "it says {}", answer.status());
                    anyhow::Ok(answer.bytes().await?.to_vec())
                }
                Self::Command(line) => printed(line).await,
            }
        };
        let text = tokio::time::timeout(LOOK, looking).await;
        let text = text.with_context(|| format!("it takes more than {} s", LOOK.as_secs()))??;
        serde_json::from_slice(&text)
            .context("it is no JSON list of {\"correlation_id\": …, \"status\": …}")
    }
}

async fn printed(line: &str) -> anyhow::Result<Vec<u8>> {
    let mut child = Command::new("sh")
        .args(["-c", line])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let mut text = Vec::new();
    if let Some(stdout) = child.stdout.take() {
        stdout.take(LONGEST).read_to_end(&mut text).await?;
    }
    let status = child.wait().await?;
    ensure!(status.success(), "the command ended with {status}");
    Ok(text)
}

/// Tries each, when there is a way to look.
pub(super) async fn examine(examination: &mut Examination, outbox: &Outbox, seen: Option<&Seen>) {
    let taken = outbox.taken();
    let effects = match seen {
        Some(seen) => settled(seen, &taken).await,
        None => Err(Miss::not_tried("--seen does not say where to look")),
    };
    let looked = |look: &dyn Fn(&[Effect]) -> Outcome| match &effects {
        Ok(effects) => look(effects),
        Err(miss) => Err(miss.clone()),
    };
    let each = looked(&|effects| match taken.len() {
        0 => Err(Miss::not_tried("nothing was answered with 2xx")),
        _ => acted_on_each(effects, &taken),
    });
    examination
        .check(&checks::EACH_EFFECT, async { each })
        .await;
    let once = looked(&|effects| acted_once(effects, &outbox.correlation_id("approved")?));
    examination.check(&checks::ONE_EFFECT, async { once }).await;
    let together = looked(&|effects| acted_once(effects, &outbox.correlation_id("together")?));
    let check = checks::ONE_EFFECT_TOGETHER;
    examination.check(&check, async { together }).await;
    let forged = outbox.correlation_id("forged");
    let none = looked(&|effects| match times(effects, &forged.clone()?) {
        0 => Ok(()),
        times => Err(Miss::failed(format!("it was acted on {times} times"))),
    });
    examination.check(&checks::NO_EFFECT, async { none }).await;
}

/// What was acted on, once all that was taken is there or no more of it comes.
async fn settled(seen: &Seen, taken: &[Taken]) -> Result<Vec<Effect>, Miss> {
    let end = Instant::now() + PATIENCE;
    loop {
        let effects = seen
            .look()
            .await
            .map_err(|error| Miss::not_tried(format!("--seen: {error:#}")))?;
        if acted_on_each(&effects, taken).is_ok() || Instant::now() >= end {
            return Ok(effects);
        }
        tokio::time::sleep(PAUSE).await;
    }
}

fn acted_on_each(effects: &[Effect], taken: &[Taken]) -> Outcome {
    let missing = taken.iter().filter(|taken| {
        !effects.iter().any(|effect| {
            effect.correlation_id == taken.correlation_id.as_str() && effect.status == taken.status
        })
    });
    let missing: Vec<String> = missing
        .map(|taken| format!("{} as {}", taken.correlation_id, taken.status.as_str()))
        .collect();
    if missing.is_empty() {
        Ok(())
    } else {
        let missing = missing.join(", ");
        Err(Miss::failed(format!("it did not act on {missing}")))
    }
}

fn acted_once(effects: &[Effect], id: &CorrelationId) -> Outcome {
    match times(effects, id) {
        0 => Err(Miss::not_tried("it was not acted on at all")),
        1 => Ok(()),
        times => Err(Miss::failed(format!("it was acted on {times} times"))),
    }
}

fn times(effects: &[Effect], id: &CorrelationId) -> usize {
    let about = |effect: &&Effect| effect.correlation_id == id.as_str();
    effects.iter().filter(about).count()
}
