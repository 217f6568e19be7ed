//! From a tap to the callback on the wire, and from a submit to the card: a service in a process
//! of its own, the simulator and the receiver in this one.
//!
//! A tap counts from the moment at which the person's finger is on the simulated button, so the
//! simulator's answer to the long poll is in the figure. It ends when the receiver's handler
//! runs. A card counts until the simulator has sent it, by its own clock, which has milliseconds.

use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use signoff_telegram_sim::{Person, SeenMessage, Sim, SimOptions};
use tokio::task::JoinSet;

use crate::Scale;
use crate::load::{Cards, Coming, Receiver, Requester, approval, number_of, people};
use crate::report::{Row, Sample, fdatasync_p50, ms};
use crate::service::{PATIENCE, Service};
use crate::world;

/// Decisions in a second.
const TAPS_PER_SECOND: u32 = 200;
/// Cards in a second, fewer than Telegram's 30.
const CARDS_PER_SECOND: u32 = 20;

pub(crate) async fn run(scale: Scale) -> anyhow::Result<Vec<Row>> {
    let mut rows = taps(scale).await?;
    rows.push(drop_in(scale).await?);
    rows.push(cards(scale).await?);
    Ok(rows)
}

/// A card with the person who sees it.
pub(crate) struct Waiting {
    number: usize,
    person: Person,
    card: SeenMessage,
}

async fn taps(scale: Scale) -> anyhow::Result<Vec<Row>> {
    let chats = scale.pick(200, 4);
    let (idle, busy) = scale.pick((200, 3_000), (4, 16));
    let folder = world::folder()?;
    let sim = Sim::start(SimOptions::default()).await?;
    let people = people(&sim, chats).await?;
    let service = Service::unlimited(folder.path(), &sim, chats).await?;
    let receiver = Receiver::start().await?;
    let mut waiting = ask(&sim, &service, &receiver, &people, idle + busy).await?;
    let fdatasync = fdatasync_p50(folder.path(), 200)?;

    let mut alone = Vec::new();
    for of in waiting.drain(..idle) {
        let (began, coming) = tap(&receiver, &of);
        alone.push(coming.at().await?.duration_since(began));
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let mut pace = tokio::time::interval(Duration::from_secs(1) / TAPS_PER_SECOND);
    let mut tapped = Vec::new();
    for of in &waiting {
        pace.tick().await;
        tapped.push(tap(&receiver, of));
    }
    let mut together = Vec::new();
    for (began, coming) in tapped {
        together.push(coming.at().await?.duration_since(began));
    }
    service.end().await?;
    let rate = format!("at {TAPS_PER_SECOND}/s over {chats} chats");
    Ok(vec![
        tap_row("idle", fdatasync, alone),
        tap_row(&rate, fdatasync, together),
    ])
}

/// Taps on requests that came natively and through the drop-in endpoints, in turns.
async fn drop_in(scale: Scale) -> anyhow::Result<Row> {
    let each = scale.pick(500, 4);
    let folder = world::folder()?;
    let sim = Sim::start(SimOptions::default()).await?;
    let people = people(&sim, 1).await?;
    let person = people.first().context("somebody")?;
    let service = Service::unlimited(folder.path(), &sim, 1).await?;
    let at = service.drop_in.clone().context("drop-in endpoints")?;
    let receiver = Receiver::start().await?;
    let requester = Requester::new(&service.address)?;
    let mut cards = Cards::from_the_start(person);
    let (mut native, mut dropped_in) = (Vec::new(), Vec::new());
    for number in 0..2 * each {
        let natively = number % 2 == 0;
        if natively {
            let body = approval(number, "p0", Some(&receiver.url));
            requester.asks(&body).await?;
        } else {
            requester.drops_in(&at, number, &receiver.url).await?;
        }
        let (_, card) = cards.next(&sim).await?;
        // The card is noted by then, and its edit does not meet the tap.
        tokio::time::sleep(Duration::from_millis(20)).await;
        let person = person.clone();
        let of = Waiting {
            number,
            person,
            card,
        };
        let (began, coming) = tap(&receiver, &of);
        let took = coming.at().await?.duration_since(began);
        if natively {
            native.push(took);
        } else {
            dropped_in.push(took);
        }
    }
    service.end().await?;
    let (native, dropped_in) = (Sample::new(native), Sample::new(dropped_in));
    let ratio = dropped_in.p50().as_secs_f64() / native.p50().as_secs_f64();
    Ok(Row::new(
        format!(
            "tap → callback, asked by the drop-in endpoints beside natively in turns, p50 of {each}"
        ),
        "≤ 1.10 times as long".to_owned(),
        format!(
            "{ratio:.2} ({} and {})",
            ms(dropped_in.p50()),
            ms(native.p50())
        ),
        ratio <= 1.1,
    ))
}

pub(crate) fn tap(receiver: &Receiver, of: &Waiting) -> (Instant, Coming) {
    let coming = receiver.expects(of.number);
    let began = Instant::now();
    of.person.taps(&of.card, "Approve");
    (began, coming)
}

fn tap_row(when: &str, fdatasync: Duration, took: Vec<Duration>) -> Row {
    let took = Sample::new(took);
    let flushes = 3 * fdatasync;
    let (p50, p99) = (
        Duration::from_millis(3) + flushes,
        Duration::from_millis(10) + flushes,
    );
    Row::new(
        format!(
            "tap → callback on the wire, {when}, p50 / p99 of {}",
            took.len()
        ),
        format!(
            "≤ {} / ≤ {} (3 and 10 ms, and three flushes)",
            ms(p50),
            ms(p99)
        ),
        format!("{} / {}", ms(took.p50()), ms(took.p99())),
        took.p50() <= p50 && took.p99() <= p99,
    )
}

/// Submits so many requests, person after person, and waits until all their cards are there.
pub(crate) async fn ask(
    sim: &Sim,
    service: &Service,
    receiver: &Receiver,
    people: &[Person],
    count: usize,
) -> anyhow::Result<Vec<Waiting>> {
    let requester = Requester::new(&service.address)?;
    let mut asking = JoinSet::new();
    for first in 0..16 {
        let (requester, url, chats) = (requester.clone(), receiver.url.clone(), people.len());
        asking.spawn(async move {
            for number in (first..count).step_by(16) {
                let route = format!("p{}", number % chats);
                requester
                    .asks(&approval(number, &route, Some(&url)))
                    .await?;
            }
            anyhow::Ok(())
        });
    }
    while let Some(asked) = asking.join_next().await {
        asked??;
    }
    let mut waiting = Vec::new();
    for (place, person) in people.iter().enumerate() {
        let mut cards = Cards::from_the_start(person);
        for _ in (place..count).step_by(people.len()) {
            let (number, card) = cards.next(sim).await?;
            waiting.push(Waiting {
                number,
                person: person.clone(),
                card,
            });
        }
    }
    // So that neighbours are in different chats.
    waiting.sort_by_key(|of| of.number);
    Ok(waiting)
}

async fn cards(scale: Scale) -> anyhow::Result<Row> {
    let (chats, count) = scale.pick((200, 300), (4, 4));
    let folder = world::folder()?;
    let sim = Sim::start(SimOptions::default()).await?;
    people(&sim, chats).await?;
    let service = Service::binary(folder.path(), &sim, chats).await?;
    let requester = Requester::new(&service.address)?;
    // Connections are open and statements are prepared before it counts.
    requester.asks(&approval(count, "p0", None)).await?;
    let mut pace = tokio::time::interval(Duration::from_secs(1) / CARDS_PER_SECOND);
    let mut asking = JoinSet::new();
    let mut asked_at = Vec::new();
    for number in 0..count {
        pace.tick().await;
        asked_at.push(sim.clock().unix_ms());
        let (requester, route) = (requester.clone(), format!("p{}", number % chats));
        asking.spawn(async move { requester.asks(&approval(number, &route, None)).await });
    }
    while let Some(asked) = asking.join_next().await {
        asked??;
    }
    let sent = async {
        while sim.calls_of("sendMessage").len() <= count {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, sent)
        .await
        .context("cards did not come")?;
    let mut took = Vec::new();
    for call in sim.calls_of("sendMessage") {
        ensure!(call.status == 200, "a card was refused: {}", call.response);
        let number = number_of(call.params["text"].as_str().unwrap_or_default());
        if let Some(at) = number.and_then(|number| asked_at.get(number)) {
            // Both ends lost the fraction of their millisecond: one more covers that.
            let ms = u64::try_from(call.at_ms - at)? + 1;
            took.push(Duration::from_millis(ms));
        }
    }
    ensure!(took.len() == count, "{} cards of {count}", took.len());
    service.end().await?;
    let took = Sample::new(took);
    let goal = Duration::from_millis(15);
    Ok(Row::new(
        format!("submit → card sent, {CARDS_PER_SECOND}/s over {chats} chats, p99 of {count}"),
        format!("≤ {}", ms(goal)),
        format!("{} (p50 {})", ms(took.p99()), ms(took.p50())),
        took.p99() <= goal,
    ))
}
