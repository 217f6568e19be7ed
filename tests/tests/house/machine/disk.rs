//! The disk is full, broken or closed: an error that says what to do, nothing acknowledged that is
//! not there afterwards, and a service that works again when the disk does.

use anyhow::{Context as _, ensure};
use axum::http::StatusCode;
use serde_json::json;

use super::on_a_machine;
use super::shim::{Errno, Machine};
use crate::service::House;

/// What is wrong with a disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wrong {
    Full,
    DoesNotWrite,
    DoesNotSync,
}

impl Wrong {
    fn begins(self, machine: &Machine) -> anyhow::Result<()> {
        match self {
            // Enough for a few more commits, so that it is one of many that meets the end.
            Self::Full => machine.has_room(Some(300_000)),
            Self::DoesNotWrite => machine.writing_fails(Errno::Io),
            Self::DoesNotSync => machine.syncing_fails(Errno::Io),
        }
    }

    fn no_more(machine: &Machine) -> anyhow::Result<()> {
        machine.has_room(None)?;
        machine.writing_fails(Errno::None)?;
        machine.opening_fails(Errno::None)?;
        machine.syncing_fails(Errno::None)
    }

    /// What the operator must read.
    fn words(self) -> &'static str {
        match self {
            Self::Full => "the disk is full: free space on it",
            Self::DoesNotWrite | Self::DoesNotSync => "look at the system's log, and at the disk",
        }
    }
}

/// What the log says after this many bytes.
fn since(house: &House, before: usize) -> String {
    house.log()[before..].to_owned()
}

/// Submits and decides until the service is gone; what was acknowledged.
async fn works_until_the_end(house: &House) -> anyhow::Result<Vec<(String, &'static str)>> {
    let mut acknowledged = Vec::new();
    for n in 0..500 {
        let id = format!("during-{n}");
        match house.submits(&house.approval(&id)).await {
            Ok((StatusCode::ACCEPTED, _)) => acknowledged.push((id.clone(), "pending")),
            Ok((status, problem)) => {
                ensure!(status == StatusCode::SERVICE_UNAVAILABLE, "{problem}");
                ensure!(problem["code"] == "store_unavailable", "{problem}");
                return Ok(acknowledged);
            }
            Err(_) => return Ok(acknowledged),
        }
        let approve = json!({ "decision": "approve" });
        if let Ok((StatusCode::OK, _)) = house.posts(&id, "decision", &approve).await {
            acknowledged.push((id, "approved"));
        }
    }
    anyhow::bail!("the disk's fault was never felt")
}

async fn fails(wrong: Wrong, seed: u64) -> anyhow::Result<()> {
    let (mut house, mut machine) = on_a_machine().await?;
    house.asks(&house.approval("before")).await?;
    let said = house.log().len();
    wrong.begins(&machine)?;
    let acknowledged = works_until_the_end(&house).await?;
    ensure!(
        wrong != Wrong::Full || !acknowledged.is_empty(),
        "there was room for some"
    );

    let ended = house.ends().await?;
    let log = since(&house, said);
    ensure!(ended.code() == Some(1), "{ended:?}\n{log}");
    ensure!(log.contains("the store failed; Signoff stops"), "{log}");
    ensure!(log.contains(wrong.words()), "{log}");

    // While it is still so, it does not pretend to run. On a full disk it may get a little further:
    // what a failed commit left in the WAL is room.
    let said = house.log().len();
    house.is_spawned()?;
    let ended = house.ends().await?;
    let log = since(&house, said);
    ensure!(ended.code() == Some(1), "{ended:?}\n{log}");
    ensure!(log.contains(wrong.words()), "{log}");
    if wrong != Wrong::Full {
        ensure!(log.contains("signoff.db"), "{log}");
        ensure!(!log.contains("listening"), "{log}");
    }

    // Nothing that it acknowledged was only in memory.
    machine.power_fails(seed)?;
    Wrong::no_more(&machine)?;
    house.starts().await?;
    ensure!(house.request("before").await?["status"] == "pending");
    for (id, status) in acknowledged {
        let now = house
            .request(&id)
            .await
            .with_context(|| format!("{id} is lost"))?;
        ensure!(status == "pending" || now["status"] == status, "{now}");
    }
    house.asks(&house.approval("after")).await?;
    house.audit_verifies().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_stops_the_service_and_room_starts_it() -> anyhow::Result<()> {
    fails(Wrong::Full, 1).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_does_not_write_stops_the_service() -> anyhow::Result<()> {
    fails(Wrong::DoesNotWrite, 2).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_does_not_sync_stops_the_service() -> anyhow::Result<()> {
    fails(Wrong::DoesNotSync, 3).await
}

/// Linux forgets what a failed sync was to write, shows it to readers all the same, and says that
/// the next sync succeeded. What is acknowledged later must not stand on that.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_acknowledged_after_a_failed_sync_survives_a_power_failure() -> anyhow::Result<()> {
    for seed in 0..4 {
        let (mut house, mut machine) = on_a_machine().await?;
        house.asks(&house.approval("before")).await?;
        machine.syncing_fails(Errno::Io)?;
        works_until_the_end(&house).await?;
        house.ends().await?;
        machine.syncing_fails(Errno::None)?;
        house.starts().await?;
        house.asks(&house.approval("after")).await?;
        house.is_killed().await?;
        machine.power_fails(seed)?;
        house.starts().await?;
        for id in ["before", "after"] {
            let kept = house.request(id).await;
            kept.with_context(|| format!("{id:?} is lost with seed {seed}"))?;
        }
        house.audit_verifies().await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_may_not_be_written_is_refused_at_the_start() -> anyhow::Result<()> {
    let (mut house, machine) = on_a_machine().await?;
    house.asks(&house.approval("before")).await?;
    for (errno, words) in [
        (Errno::ReadOnly, "Read-only file system"),
        (Errno::NotAllowed, "Permission denied"),
    ] {
        house.is_killed().await?;
        machine.opening_fails(errno)?;
        let said = house.log().len();
        house.is_spawned()?;
        let ended = house.ends().await?;
        let log = since(&house, said);
        ensure!(ended.code() == Some(1), "{ended:?}\n{log}");
        let remedy = "let the user that runs signoff write to the folder";
        for expected in ["signoff.db", words, remedy] {
            ensure!(log.contains(expected), "no {expected:?} in:\n{log}");
        }
        Wrong::no_more(&machine)?;
        house.starts().await?;
        ensure!(house.request("before").await?["status"] == "pending");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_is_not_there_is_named_at_the_start() -> anyhow::Result<()> {
    let mut house = House::start().await?;
    house.is_killed().await?;
    let config = house.folder().join("signoff.toml");
    let written = std::fs::read_to_string(&config)?;
    let elsewhere = written.replace("/signoff.db", "/nowhere/signoff.db");
    ensure!(elsewhere != written);
    std::fs::write(&config, elsewhere)?;
    let said = house.log().len();
    house.is_spawned()?;
    let ended = house.ends().await?;
    let log = since(&house, said);
    ensure!(ended.code() == Some(1), "{ended:?}\n{log}");
    for expected in ["there is no folder", "/nowhere", "make it"] {
        ensure!(log.contains(expected), "no {expected:?} in:\n{log}");
    }
    Ok(())
}
