//! `make soak`: ten minutes at half of the rate that this machine can do, from the submit to the
//! callback, over 200 chats: whether memory, file descriptors and latency of the service (a
//! process of its own, limits raised) stay what they were.
//!
//! The first part finds the highest rate: every chat makes the next trip as soon as the last one
//! is through. Then the chats make their trips at half of that, spread evenly. With each window stand the
//! disk's flush and the time that the host took away, so that a disturbance of the machine is not
//! taken for one of the service.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use signoff_telegram_sim::{Person, Sim, SimOptions};
use tokio::task::JoinSet;

use crate::Scale;
use crate::load::{Cards, Receiver, Requester, approval, people};
use crate::report::{Row, Sample, fdatasync_p50, mib, ms, stolen};
use crate::service::Service;
use crate::world;

/// How long the search for the highest rate takes, and the soak itself.
const TIMES: (Duration, Duration) = (Duration::from_secs(20), Duration::from_mins(10));
/// Windows in which figures are taken.
const WINDOWS: u32 = 20;
/// The first windows warm caches; they are not what the last ones are compared with.
const WARM: usize = 4;
/// How many windows at the start and at the end are compared.
const COMPARED: usize = 4;

/// What the chats share.
struct Load {
    sim: Sim,
    requester: Requester,
    receiver: Receiver,
    numbers: AtomicUsize,
    /// From the tap to the callback, of the present window.
    took: Mutex<Vec<Duration>>,
}

/// What one window showed.
struct Window {
    took: Sample,
    rss_kib: u64,
    anon_kib: u64,
    files: usize,
}

#[expect(clippy::print_stdout, reason = "a benchmark prints")]
pub(crate) async fn run(scale: Scale) -> anyhow::Result<Vec<Row>> {
    let chats = scale.pick(200, 4);
    let (search, soak) = scale.pick(TIMES, (Duration::from_secs(1), Duration::from_secs(4)));
    let folder = world::folder()?;
    let sim = Sim::start(SimOptions::default()).await?;
    let people = people(&sim, chats).await?;
    let service = Service::unlimited(folder.path(), &sim, chats).await?;
    let load = Arc::new(Load {
        requester: Requester::new(&service.address)?,
        receiver: Receiver::start().await?,
        sim,
        numbers: AtomicUsize::new(0),
        took: Mutex::default(),
    });
    let mut cards: Vec<Cards> = people.iter().map(Cards::from_the_start).collect();
    cards = trips(&load, &people, cards, search, None).await?;
    #[expect(clippy::cast_precision_loss, reason = "a rate")]
    let highest = load.numbers.load(Ordering::Relaxed) as f64 / search.as_secs_f64();
    println!("  the highest rate: {highest:.0} trips/s; soaking at half of it");
    load.take();

    #[expect(clippy::cast_precision_loss, reason = "a number of chats")]
    let pause = Duration::from_secs_f64(chats as f64 / (highest / 2.0));
    let (running, of_all) = (Arc::clone(&load), people.clone());
    let soaking =
        tokio::spawn(async move { trips(&running, &of_all, cards, soak, Some(pause)).await });
    let mut windows = Vec::new();
    let mut stolen_before = stolen();
    for n in 1..=WINDOWS {
        tokio::time::sleep(soak / WINDOWS).await;
        let beside = folder.path().to_owned();
        let flush = tokio::task::spawn_blocking(move || fdatasync_p50(&beside, 20)).await??;
        let stolen_now = stolen();
        let window = Window {
            took: Sample::new(load.take()),
            rss_kib: service.memory_kib("VmRSS")?,
            anon_kib: service.memory_kib("RssAnon")?,
            files: service.open_files()?,
        };
        println!(
            "  {:>4.0} s: {} trips, tap → callback p50 {} p99 {}, {} resident, {} files; flush {}, {} stolen",
            (soak / WINDOWS * n).as_secs_f64(),
            window.took.len(),
            ms(window.took.p50()),
            ms(window.took.p99()),
            mib(window.rss_kib),
            window.files,
            ms(flush),
            ms(stolen_now.saturating_sub(stolen_before))
        );
        stolen_before = stolen_now;
        windows.push(window);
    }
    soaking.await??;
    service.end().await?;
    Ok(rows(highest, soak, &windows))
}

fn rows(highest: f64, soak: Duration, windows: &[Window]) -> Vec<Row> {
    let warm = WARM.min(windows.len() / 4);
    let compared = COMPARED.min((windows.len() - warm) / 2);
    let (early, late) = (
        &windows[warm..warm + compared],
        &windows[windows.len() - compared..],
    );
    let median = |of: &[Window], value: fn(&Window) -> u64| {
        let mut values: Vec<u64> = of.iter().map(value).collect();
        values.sort_unstable();
        values[values.len() / 2]
    };
    let micros = |of: &Window| u64::try_from(of.took.p99().as_micros()).unwrap_or(u64::MAX);
    let p50 = |of: &Window| u64::try_from(of.took.p50().as_micros()).unwrap_or(u64::MAX);
    let files = |of: &Window| of.files as u64;
    let what = format!(
        "soak, {:.0} s at {:.0} trips/s",
        soak.as_secs_f64(),
        highest / 2.0
    );
    let pair = |value: fn(&Window) -> u64| (median(early, value), median(late, value));
    let (rss, anon, open) = (pair(|of| of.rss_kib), pair(|of| of.anon_kib), pair(files));
    let (p50, p99) = (pair(p50), pair(micros));
    vec![
        Row::fact("highest rate of whole trips", format!("{highest:.0}/s")),
        Row::new(
            format!("{what}: resident memory, early → late"),
            "flat: + 10 % or 4 MiB at most",
            format!(
                "{} → {} ({} → {} anonymous)",
                mib(rss.0),
                mib(rss.1),
                mib(anon.0),
                mib(anon.1)
            ),
            rss.1 <= rss.0 + (rss.0 / 10).max(4 * 1024),
        ),
        Row::new(
            format!("{what}: file descriptors"),
            "flat: + 10 at most",
            format!("{} → {}", open.0, open.1),
            open.1 <= open.0 + 10,
        ),
        Row::new(
            format!("{what}: tap → callback, p50 / p99"),
            "flat: × 1.5 at most",
            format!(
                "{} / {} → {} / {}",
                ms(Duration::from_micros(p50.0)),
                ms(Duration::from_micros(p99.0)),
                ms(Duration::from_micros(p50.1)),
                ms(Duration::from_micros(p99.1))
            ),
            p50.1 <= p50.0 * 3 / 2 && p99.1 <= p99.0 * 3 / 2,
        ),
    ]
}

impl Load {
    /// The present window's figures; a new window begins.
    fn take(&self) -> Vec<Duration> {
        std::mem::take(&mut *self.took.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// A submit, its card, a tap, its callback.
    async fn trip(&self, person: &Person, chat: usize, cards: &mut Cards) -> anyhow::Result<()> {
        let number = self.numbers.fetch_add(1, Ordering::Relaxed);
        let body = approval(number, &format!("p{chat}"), Some(&self.receiver.url));
        self.requester.asks(&body).await?;
        let (number, card) = cards.next(&self.sim).await?;
        let coming = self.receiver.expects(number);
        let began = Instant::now();
        person.taps(&card, "Approve");
        let took = coming.at().await?.duration_since(began);
        self.took
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(took);
        Ok(())
    }
}

/// Every chat makes trips until the time is up: one after the other, or one each `pause`.
async fn trips(
    load: &Arc<Load>,
    people: &[Person],
    cards: Vec<Cards>,
    time: Duration,
    pause: Option<Duration>,
) -> anyhow::Result<Vec<Cards>> {
    let began = tokio::time::Instant::now();
    let count = u32::try_from(people.len()).unwrap_or(u32::MAX);
    let mut running = JoinSet::new();
    for ((chat, person), mut cards) in people.iter().cloned().enumerate().zip(cards) {
        let load = Arc::clone(load);
        running.spawn(async move {
            let order = u32::try_from(chat).unwrap_or_default();
            let mut pace =
                pause.map(|pause| tokio::time::interval_at(began + pause * order / count, pause));
            while began.elapsed() < time {
                if let Some(pace) = &mut pace {
                    pace.tick().await;
                }
                load.trip(&person, chat, &mut cards).await?;
            }
            anyhow::Ok((chat, cards))
        });
    }
    let mut ended = Vec::new();
    while let Some(done) = running.join_next().await {
        ended.push(done??);
    }
    ended.sort_by_key(|(chat, _)| *chat);
    Ok(ended.into_iter().map(|(_, cards)| cards).collect())
}
