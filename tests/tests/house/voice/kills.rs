//! `kill -9` around a voice note: before it was fetched, while it is heard, and at moments that
//! nobody chose. It is heard after the start, and counts once.

use std::time::{Duration, Instant};

use anyhow::ensure;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use serde_json::Value;

use super::recording;
use super::server::Hears;
use crate::service::House;

/// Some sentence; what is heard is the server's to say.
const NOTE: &str = "seen_voice_001.ogg";
/// How often the process is killed at a moment that nobody chose.
const KILLS: usize = 12;

async fn hearing(more: &str) -> anyhow::Result<(House, Hears)> {
    let hears = Hears::start().await?;
    let speech = format!("engine = \"http\"\nurl = \"{}\"\n{more}", hears.url);
    Ok((House::that_hears(&speech).await?, hears))
}

/// It denied once, with this reason, and was heard once as far as the audit knows.
async fn denied_once(house: &House, name: &str, reason: &str) -> anyhow::Result<()> {
    house.one_outcome(name, "denied").await?;
    let ended = house.request(name).await?;
    let outcome = &ended["outcome"];
    ensure!(
        outcome["reason"] == reason && outcome["reason_via"] == "voice",
        "{outcome}"
    );
    let events = house.get(&format!("/v1/requests/{name}/events")).await?;
    let events = events["items"].as_array().or(events.as_array());
    let heard = |event: &&Value| event["event_type"] == "speech.transcribed";
    let heard = events.into_iter().flatten().filter(heard).count();
    ensure!(heard == 1, "heard {heard} times");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_while_a_note_is_heard_it_is_heard_again_and_denies_once() -> anyhow::Result<()> {
    let (mut house, hears) = hearing("").await?;
    hears.hears("not today");
    hears.holds();
    house.asks(&house.approval("a")).await?;
    let asked = house.is_asked("Deploy a", "Deny with a reason").await?;
    let spoken = house
        .ann
        .sends_voice(house.ann.id(), recording(NOTE)?, Some(&asked));
    hears.has_got(1).await?;
    house.is_killed_and_starts_again().await?;
    hears.has_got(2).await?;
    hears.goes_on();
    house.is_told(&spoken, "Denied").await?;
    denied_once(&house, "a", "not today").await
}

#[tokio::test(flavor = "multi_thread")]
async fn spoken_while_the_service_is_down_it_is_heard_after_the_start() -> anyhow::Result<()> {
    let (mut house, hears) = hearing("").await?;
    hears.hears("not today");
    house.asks(&house.approval("a")).await?;
    let asked = house.is_asked("Deploy a", "Deny with a reason").await?;
    house.is_killed().await?;
    let note = recording(NOTE)?;
    house.ann.sends_voice(house.ann.id(), note, Some(&asked));
    house.starts().await?;
    denied_once(&house, "a", "not today").await
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_with_an_offer_open_its_button_still_answers() -> anyhow::Result<()> {
    let (mut house, hears) = hearing("").await?;
    hears.hears("after lunch");
    house.asks(&house.question("q")).await?;
    let asked = house
        .is_asked("How to roll out q?", "Custom answer")
        .await?;
    let spoken = house
        .ann
        .sends_voice(house.ann.id(), recording(NOTE)?, Some(&asked));
    house.is_told(&spoken, "Is that your answer?").await?;
    house.is_killed_and_starts_again().await?;
    // An offer whose message nobody had noted is made again, and only the last one works.
    house
        .until("its button answers", async |house: &House| {
            let messages = house.sim.transcript(house.ann.id());
            let mut offers = messages.iter().rev();
            if let Some(offered) = offers.find(|message| message.button("Use this").is_some())
                && let Ok(tap) = house.ann.try_taps(offered, "Use this")
            {
                tap.answer().await;
            }
            Ok(house.request("q").await?["status"] == "approved")
        })
        .await?;
    house.one_outcome("q", "approved").await?;
    let answer = &house.request("q").await?["outcome"]["answer"];
    ensure!(
        answer["text"] == "after lunch" && answer["via"] == "voice",
        "{answer}"
    );
    ensure!(hears.came() == 1, "it was heard {} times", hears.came());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::print_stdout, reason = "the seed replays a failure")]
async fn killed_at_any_moment_each_note_denies_once() -> anyhow::Result<()> {
    let seed = std::env::var("SIGNOFF_SEED").map_or_else(|_| Ok(rand::random()), |s| s.parse())?;
    println!("SIGNOFF_SEED={seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let (mut house, hears) = hearing("").await?;
    hears.hears("not today");
    for number in 0..KILLS {
        let name = format!("kill-{number}");
        house.asks(&house.approval(&name)).await?;
        let title = format!("Deploy {name}");
        let asked = house.is_asked(&title, "Deny with a reason").await?;
        let note = recording(NOTE)?;
        house.ann.sends_voice(house.ann.id(), note, Some(&asked));
        // From before it is fetched to after it was shown.
        let moment = Duration::from_millis(random.random_range(0..250));
        tokio::time::sleep(moment).await;
        house.is_killed_and_starts_again().await?;
        denied_once(&house, &name, "not today").await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn while_a_note_is_heard_taps_in_its_chat_and_others_are_answered() -> anyhow::Result<()> {
    let (house, hears) = hearing("").await?;
    hears.hears("not today");
    hears.holds();
    house.asks(&house.approval("slow")).await?;
    let asked = house.is_asked("Deploy slow", "Deny with a reason").await?;
    let spoken = house
        .ann
        .sends_voice(house.ann.id(), recording(NOTE)?, Some(&asked));
    hears.has_got(1).await?;
    let began = Instant::now();
    for number in 0..10 {
        let name = format!("quick-{number}");
        house.asks(&house.approval(&name)).await?;
        let card = house.card(house.ann.id(), &format!("Deploy {name}")).await;
        house.ann.taps(&card, "Approve").answer().await;
        house.one_outcome(&name, "approved").await?;
    }
    ensure!(
        began.elapsed() < Duration::from_mins(1),
        "ten taps took {:?}",
        began.elapsed()
    );
    ensure!(hears.came() == 1, "it listens all the time");
    hears.goes_on();
    house.is_told(&spoken, "Denied").await?;
    denied_once(&house, "slow", "not today").await
}
