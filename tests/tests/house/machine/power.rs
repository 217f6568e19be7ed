//! The power fails: whatever was not synced is lost, in the worst order that a disk allows. What the
//! service had said to anyone before that moment is still so afterwards.
//!
//! One run gives many power losses: each thing that the service said is noted with how much had been
//! done to the disk by then, so every moment of the run can be judged on its own rebuilt disk.
//!
//! `SIGNOFF_SEED=<n>` draws the same moments and losses again; the run between them is its own.

#![expect(
    clippy::print_stdout,
    reason = "whoever runs it reads the seed and what was lost"
)]

use std::path::Path;
use std::sync::{Arc, Mutex};

use anyhow::{Context as _, ensure};
use axum::http::StatusCode;
use rand::rngs::StdRng;
use rand::{Rng as _, RngCore as _, SeedableRng as _};
use rusqlite::{Connection, OptionalExtension as _, params};
use serde_json::{Value, json};
use signoff_store::{Clock, Store, Verified};

use super::replay::Loss;
use super::shim::Machine;
use crate::service::House;

/// What draws the same moments and losses again.
const SEED: &str = "SIGNOFF_SEED";

/// What the service said, and how much had been done to the disk when it had said so.
#[derive(Debug, Clone)]
struct Said {
    moment: u64,
    correlation_id: String,
    what: What,
}

#[derive(Debug, Clone)]
enum What {
    /// 202.
    Taken { body: Value },
    /// The answer to a decision.
    Ended { status: String },
    /// A callback that arrived.
    CalledBack { body: String },
}

/// A house on a machine whose power can fail, and what its service said.
struct Powered {
    house: House,
    machine: Machine,
    said: Mutex<Vec<Said>>,
}

impl Powered {
    /// Nothing is on the disk yet: also making the database can be interrupted.
    async fn on_an_empty_disk() -> anyhow::Result<Self> {
        let mut house = House::start().await?;
        house.is_killed().await?;
        let database = house.folder().join("signoff.db");
        for ending in ["", "-wal", "-shm", ".lock"] {
            std::fs::remove_file(format!("{}{ending}", database.display()))?;
        }
        let machine = Machine::under(&database)?;
        house.environment = machine.environment()?;
        Ok(Self {
            house,
            machine,
            said: Mutex::default(),
        })
    }

    fn says(&self, correlation_id: &str, what: What) -> anyhow::Result<()> {
        let said = Said {
            moment: self.machine.moment()?,
            correlation_id: correlation_id.to_owned(),
            what,
        };
        self.said.lock().expect("no panic").push(said);
        Ok(())
    }

    /// One requester's work: submits one after the other, and decides every second of them.
    async fn works(&self, name: &str, requests: usize) -> anyhow::Result<()> {
        for n in 0..requests {
            let id = format!("{name}-{n}");
            let mut body = self.house.approval(&id);
            body["justification"] = "long ".repeat(n * 97 % 800).into();
            let (status, resource) = self.house.submits(&body).await?;
            ensure!(status == StatusCode::ACCEPTED, "{status}: {resource}");
            self.says(&id, What::Taken { body })?;
            if n % 2 == 1 {
                continue;
            }
            let decision = ["approve", "deny"][n / 2 % 2];
            let decided = json!({ "decision": decision });
            let (status, resource) = self.house.posts(&id, "decision", &decided).await?;
            ensure!(status == StatusCode::OK, "{status}: {resource}");
            let status = resource["status"].as_str().unwrap_or_default().to_owned();
            ensure!(["approved", "denied"].contains(&&*status), "{resource}");
            self.says(&id, What::Ended { status })?;
        }
        Ok(())
    }

    /// Notes callbacks as they arrive.
    async fn listens(&self, count: usize) -> anyhow::Result<()> {
        for n in 0..count {
            let got = self.house.receiver.got(n + 1).await?[n].clone();
            let body: Value = serde_json::from_slice(&got.body)?;
            let id = body["data"]["correlation_id"].as_str().context("an id")?;
            let id = id.to_owned();
            let body = String::from_utf8(got.body.to_vec())?;
            self.says(&id, What::CalledBack { body })?;
        }
        Ok(())
    }

    /// The power fails at that moment; what had been said by then must be so.
    async fn survives(&self, moment: u64, seed: u64) -> anyhow::Result<Loss> {
        let (kept, loss) = self.machine.fails_at(moment, seed)?;
        let folder = tempfile::tempdir()?;
        for (path, bytes) in kept {
            std::fs::write(
                folder.path().join(path.file_name().context("a name")?),
                bytes,
            )?;
        }
        let said = self.said.lock().expect("no panic").clone();
        let so_far = said.iter().filter(|said| said.moment <= moment);
        judge(&folder.path().join("signoff.db"), so_far).await?;
        Ok(loss)
    }
}

/// The database opens as after any crash, is sound, and says what the service said.
async fn judge(database: &Path, said: impl Iterator<Item = &Said>) -> anyhow::Result<()> {
    let store = Store::open(database, Clock::system(), |bytes| {
        rand::rng().fill_bytes(bytes);
    })?;
    let verified = store.verify_audit(|_| ()).await?;
    ensure!(matches!(verified, Verified::Intact { .. }), "{verified:?}");
    let database = Connection::open(database)?;
    let sound: String = database.query_row("PRAGMA integrity_check", [], |row| row.get(0))?;
    ensure!(sound == "ok", "{sound}");
    for said in said {
        let found = database
            .query_row(
                "SELECT r.status, r.submission, CAST(b.body AS TEXT) FROM requests r
                 LEFT JOIN callbacks c ON c.request = r.n LEFT JOIN callback_bodies b ON b.callback = c.n
                 WHERE r.correlation_id = ?1",
                params![said.correlation_id],
                |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
            )
            .optional()?;
        let (status, submission, callback): (String, String, Option<String>) =
            found.with_context(|| format!("lost: {said:?}"))?;
        let submission: Value = serde_json::from_str(&submission)?;
        let holds = match &said.what {
            What::Taken { body } => ["title", "justification"]
                .iter()
                .all(|field| submission[field] == body[field]),
            What::Ended { status: told } => status == *told && callback.is_some(),
            What::CalledBack { body } => callback.as_ref() == Some(body),
        };
        ensure!(holds, "{said:?}, and it is {status} with {callback:?}");
    }
    Ok(())
}

/// A run, and then so many power losses at moments of it.
async fn the_power_fails(losses: usize, requests: usize) -> anyhow::Result<()> {
    let seed = match std::env::var(SEED) {
        Ok(given) => given.parse()?,
        Err(_) => rand::rng().random_range(0..1_000_000),
    };
    println!("{SEED}={seed}");
    fails_with(seed, losses, requests)
        .await
        .with_context(|| format!("replay with {SEED}={seed}"))
}

async fn fails_with(seed: u64, losses: usize, requests: usize) -> anyhow::Result<()> {
    let mut chance = StdRng::seed_from_u64(seed);
    let mut powered = Powered::on_an_empty_disk().await?;
    powered.house.starts().await?;
    let powered = Arc::new(powered);
    let names = ["a", "b", "c", "d"];
    let decided = names.len() * requests.div_ceil(2);
    tokio::try_join!(
        powered.works(names[0], requests),
        powered.works(names[1], requests),
        powered.works(names[2], requests),
        powered.works(names[3], requests),
        powered.listens(decided),
    )?;
    let end = powered.machine.moment()?;
    let (mut sectors, mut metadata, mut checkpoints) = (0, 0, 0);
    for n in 0..losses {
        // The beginning, where the database is made, is short and has the most metadata.
        let upto = [8_000, 300_000]
            .get(n % 4)
            .map_or(end, |some| end.min(*some));
        let moment = chance.random_range(0..=upto);
        let fate = chance.next_u64();
        let loss = powered.survives(moment, fate).await.with_context(|| {
            format!("the power failed after {moment} of {end} bytes of the log, seed {fate}")
        })?;
        sectors += loss.sectors;
        metadata += loss.metadata;
        checkpoints += usize::from(loss.checkpointed > 1);
    }
    println!(
        "{losses} power losses dropped {sectors} sectors and {metadata} changes of metadata; \
         {checkpoints} came after a checkpoint"
    );
    ensure!(sectors > 0, "nothing was ever lost: the shim sees nothing");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_was_said_is_lost_when_the_power_fails() -> anyhow::Result<()> {
    the_power_fails(40, 12).await
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "make test-deep"]
async fn nothing_that_was_said_is_lost_over_many_power_failures() -> anyhow::Result<()> {
    the_power_fails(300, 80).await
}
