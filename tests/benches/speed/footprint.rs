//! The release binary's time to start, its resident memory, and its size on the disk: without
//! pending requests, and with 100,000 that stand in front of people.
//!
//! The database is filled through the engine. That the cards are shown is written into it
//! directly: sending them would take Telegram's limits an hour.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::ensure;
use prometheus_client::registry::Registry;
use rusqlite::Connection;
use signoff_engine::{Clock, Engine, Submitted};
use signoff_telegram_sim::{Sim, SimOptions};
use tokio::task::JoinSet;

use crate::Scale;
use crate::load::{Requester, approval, people};
use crate::report::{Row, Sample, mib, ms};
use crate::service::{Service, binary};
use crate::world;

/// How often it is started.
const STARTS: usize = 5;
/// How long it runs before its memory is read: longer than any of its loops sleeps.
const SETTLE: Duration = Duration::from_secs(6);
const PEOPLE: usize = 100;

pub(crate) async fn run(scale: Scale) -> anyhow::Result<Vec<Row>> {
    let pending = scale.pick(100_000, 200);
    let starts = scale.pick(STARTS, 1);
    let settle = scale.pick(SETTLE, Duration::from_millis(100));
    let sim = Sim::start(SimOptions::default()).await?;
    people(&sim, PEOPLE).await?;

    let idle = world::folder()?;
    let (_, idle_kib) = measure(idle.path(), &sim, 1, settle, false).await?;
    let full = world::folder()?;
    fill(&full.path().join("signoff.db"), pending).await?;
    let (ready, read_kib) = measure(full.path(), &sim, starts, settle, true).await?;
    ensure!(
        sim.calls_of("sendMessage").is_empty(),
        "cards were sent that should stand already"
    );

    let goal = Duration::from_millis(100);
    let size = std::fs::metadata(binary()?)?.len() / 1024;
    Ok(vec![
        Row::new(
            format!("start to ready, {pending} pending, median of {starts}"),
            format!("≤ {}", ms(goal)),
            ms(ready),
            ready <= goal,
        ),
        Row::new(
            "resident memory, idle",
            "≤ 25 MiB",
            mib(idle_kib),
            idle_kib <= 25 * 1024,
        ),
        Row::new(
            format!("resident memory, {pending} pending"),
            "≤ 60 MiB",
            mib(read_kib),
            read_kib <= 60 * 1024,
        ),
        Row::fact("release binary, whisper.cpp in it", mib(size)),
    ])
}

/// Starts it so often; the median time to ready, and its memory when it has settled. `used`: its
/// list was read and a request was submitted before.
async fn measure(
    folder: &Path,
    sim: &Sim,
    starts: usize,
    settle: Duration,
    used: bool,
) -> anyhow::Result<(Duration, u64)> {
    let mut ready = Vec::new();
    for _ in 1..starts {
        let service = Service::binary(folder, sim, PEOPLE).await?;
        ready.push(service.ready_after);
        service.end().await?;
    }
    let service = Service::binary(folder, sim, PEOPLE).await?;
    ready.push(service.ready_after);
    if used {
        let requester = Requester::new(&service.address)?;
        for _ in 0..20 {
            requester.lists().await?;
        }
    }
    tokio::time::sleep(settle).await;
    let kib = service.memory_kib("VmRSS")?;
    service.end().await?;
    Ok((Sample::new(ready).p50(), kib))
}

async fn fill(database: &Path, pending: usize) -> anyhow::Result<()> {
    let store = world::store(database, Clock::system())?;
    let engine = world::engine(store, PEOPLE, None, &mut Registry::default()).await?;
    submit(&engine, pending, PEOPLE).await?;
    drop(engine);
    let conn = Connection::open(database)?;
    show_all(&conn)?;
    Ok(())
}

/// Submits so many approvals for so many people.
pub(crate) async fn submit(
    engine: &Arc<Engine>,
    count: usize,
    people: usize,
) -> anyhow::Result<()> {
    let mut asking = JoinSet::new();
    for first in 0..64 {
        let engine = Arc::clone(engine);
        asking.spawn(async move {
            let requester = world::requester("default");
            for number in (first..count).step_by(64) {
                let body = approval(number, &format!("p{}", number % people), None).to_string();
                let submitted = engine.submit(&requester, body.as_bytes()).await?;
                ensure!(matches!(submitted, Submitted::Created(_)), "{submitted:?}");
            }
            Ok(())
        });
    }
    while let Some(asked) = asking.join_next().await {
        asked??;
    }
    Ok(())
}

/// Every prompt that was to be shown is.
pub(crate) fn show_all(conn: &Connection) -> rusqlite::Result<usize> {
    conn.execute(
        "UPDATE prompts SET state = 'shown', shown = wanted, due_at = NULL, priority = 2,
                shown_at = (SELECT created_at FROM requests WHERE requests.n = prompts.request),
                refs = json_array(json_object('v', 1, 'chat', place + 0, 'message', n) || '')
         WHERE due_at IS NOT NULL",
        [],
    )
}
