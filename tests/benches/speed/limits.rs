//! 500 cards at Telegram's own limits, which the simulator enforces: into 100 chats in real time
//! with the release binary, and into one group, which takes twenty messages a minute and so half
//! an hour, on a driven clock.
//!
//! In the driven run service and simulator live in one thread whose clock moves by 100 ms every
//! 2 ms of real time. Everything else is real: the limiter, the workers, the store and its
//! flushes, HTTP between the two. A step of the clock is the error of what was measured.

use std::sync::Arc;
use std::sync::mpsc::RecvTimeoutError;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use jiff::Timestamp;
use prometheus_client::registry::Registry;
use signoff_engine::{Clock, Submitted, workers};
use signoff_telegram::Limits;
use signoff_telegram_sim::{Call, Sim, SimOptions};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::Scale;
use crate::load::{Requester, approval, number_of, people};
use crate::report::{Row, seconds};
use crate::service::{Service, telegram};
use crate::world;

/// How far the driven clock moves, and after how much real time.
const STEP: (Duration, Duration) = (Duration::from_millis(100), Duration::from_millis(2));
/// How much longer than the least time at Telegram's limits is still "at the limits".
const SLACK: f64 = 1.05;

pub(crate) async fn run(scale: Scale) -> anyhow::Result<Vec<Row>> {
    let count = scale.pick(500, 30);
    let into_chats = into_chats(count, scale.pick(100, 10)).await?;
    let driven = tokio::task::spawn_blocking(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build()?;
        runtime.block_on(into_a_group(count))
    });
    Ok(vec![into_chats, driven.await??])
}

/// Sending times in milliseconds when nothing but these limits holds a sender back: so many
/// messages in so many milliseconds.
fn least_time(count: usize, limits: &[(usize, u64)]) -> Duration {
    let mut sent: Vec<u64> = Vec::new();
    for n in 0..count {
        let after = limits.iter().filter_map(|(most, window)| {
            let earlier = sent.get(n.checked_sub(*most)?)?;
            Some(earlier + window)
        });
        sent.push(after.max().unwrap_or(0));
    }
    Duration::from_millis(sent.last().copied().unwrap_or(0))
}

/// What the simulator saw: every card exactly once, from the first to the last.
struct Seen {
    took: Duration,
    refused: usize,
}

fn seen(calls: &[Call], count: usize) -> anyhow::Result<Seen> {
    let refused = calls.iter().filter(|call| call.status == 429).count();
    let sent: Vec<&Call> = calls.iter().filter(|call| call.status == 200).collect();
    let mut numbers: Vec<usize> = sent
        .iter()
        .filter_map(|call| number_of(call.params["text"].as_str()?))
        .collect();
    numbers.sort_unstable();
    ensure!(
        numbers == (0..count).collect::<Vec<_>>(),
        "not every card was sent exactly once: {} of {count}",
        numbers.len()
    );
    let (first, last) = (sent.first(), sent.last());
    let took = last
        .zip(first)
        .map_or(0, |(last, first)| last.at_ms - first.at_ms);
    Ok(Seen {
        took: Duration::from_millis(took.unsigned_abs()),
        refused,
    })
}

fn row(what: String, seen: &Seen, least: Duration) -> Row {
    let ratio = seen.took.as_secs_f64() / least.as_secs_f64();
    Row::new(
        what,
        format!("{} at Telegram's limits, no 429", seconds(least)),
        format!(
            "{} ({ratio:.3} of that), {} × 429",
            seconds(seen.took),
            seen.refused
        ),
        ratio <= SLACK && seen.refused == 0,
    )
}

/// In real time, by the release binary.
async fn into_chats(count: usize, chats: usize) -> anyhow::Result<Row> {
    let folder = world::folder()?;
    let options = SimOptions {
        rate_limits: true,
        ..SimOptions::default()
    };
    let sim = Sim::start(options).await?;
    people(&sim, chats).await?;
    let service = Service::binary(folder.path(), &sim, chats).await?;
    let requester = Requester::new(&service.address)?;
    let mut asking = JoinSet::new();
    for first in 0..16 {
        let requester = requester.clone();
        asking.spawn(async move {
            for number in (first..count).step_by(16) {
                let route = format!("p{}", number % chats);
                requester.asks(&approval(number, &route, None)).await?;
            }
            anyhow::Ok(())
        });
    }
    while let Some(asked) = asking.join_next().await {
        asked??;
    }
    until_sent(&sim, count).await?;
    let seen = seen(&sim.calls_of("sendMessage"), count)?;
    service.end().await?;
    let least = least_time(count, &[(30, 1_000)]);
    Ok(row(
        format!("{count} cards into {chats} chats, real time"),
        &seen,
        least,
    ))
}

/// Waits until so many messages were sent, by the clock of the runtime.
async fn until_sent(sim: &Sim, count: usize) -> anyhow::Result<()> {
    let sent = async {
        loop {
            let calls = sim.calls_of("sendMessage");
            if calls.iter().filter(|call| call.status == 200).count() >= count {
                return;
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    };
    tokio::time::timeout(Duration::from_hours(2), sent)
        .await
        .context("cards did not come")
}

/// On a driven clock.
async fn into_a_group(count: usize) -> anyhow::Result<Row> {
    let folder = world::folder()?;
    let options = SimOptions {
        rate_limits: true,
        ..SimOptions::default()
    };
    let stop = CancellationToken::new();
    let driver = tokio::spawn(drive(stop.clone()));
    let sim = Sim::start(options).await?;
    let people = people(&sim, 1).await?;
    let member: Vec<_> = people.iter().collect();
    let group = sim.group("Operations", &member).supergroup().create();
    let time = sim.clock().clone();
    let clock = Clock::from_fn(move || {
        Timestamp::from_millisecond(time.unix_ms()).unwrap_or(Timestamp::MAX)
    });
    let store = world::store(&folder.path().join("signoff.db"), clock)?;
    let engine = world::engine(store, 1, Some(group.id()), &mut Registry::default()).await?;
    for number in 0..count {
        let body = approval(number, "group", None).to_string();
        let submitted = engine
            .submit(&world::requester("default"), body.as_bytes())
            .await?;
        ensure!(matches!(submitted, Submitted::Created(_)), "{submitted:?}");
    }
    let telegram = telegram(&engine, &sim.api_url(), sim.bot_token(), Limits::default())?;
    let channels = vec![telegram.channel()];
    let working = tokio::spawn(workers::run(Arc::clone(&engine), channels, stop.clone()));
    let ending = stop.clone();
    let receiving = tokio::spawn(async move { telegram.run(ending).await });
    until_sent(&sim, count).await?;
    let seen = seen(&sim.calls_of("sendMessage"), count)?;
    stop.cancel();
    working.await??;
    receiving.await??;
    driver.await?;
    let least = least_time(count, &[(3, 3_000), (20, 60_000), (30, 1_000)]);
    Ok(row(
        format!("{count} cards into one group, driven clock"),
        &seen,
        least,
    ))
}

/// Moves the clock. While the blocking task runs, tokio does not move it by itself.
async fn drive(stop: CancellationToken) {
    let (ticks, mut steps) = mpsc::channel(1);
    let (stopping, stopped) = std::sync::mpsc::channel::<()>();
    let ticker = tokio::task::spawn_blocking(move || {
        while stopped.recv_timeout(STEP.1) == Err(RecvTimeoutError::Timeout) {
            if ticks.blocking_send(()).is_err() {
                return;
            }
        }
    });
    // Beyond the stop, so that what is being finished finds a clock that runs.
    let mut after_stop = 0;
    while after_stop < 50 && steps.recv().await.is_some() {
        tokio::time::advance(STEP.0).await;
        after_stop += u32::from(stop.is_cancelled());
    }
    drop((steps, stopping));
    // It ends at its next tick.
    let _ = ticker.await;
}
