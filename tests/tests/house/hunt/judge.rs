//! The verdict on a hunt: what was seen outside the service, against what the service says now.
//! It knows nothing of how the process died.

mod case;
mod history;
mod people;
mod progress;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Write as _;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use rand::RngCore as _;
use serde_json::Value;
use signoff_contract::RequestId;
use signoff_engine::{Clock, Store};

use self::case::Case;
use self::progress::Progress;
use super::diary::{Card, Span};
use super::workload::Workload;
use crate::receiver::Got;
use crate::service::House;

/// How long nothing may get any better, once nothing disturbs the service: the longest life of a
/// request, the first steps of the callbacks' schedule, and the chats' limits.
const SETTLES: Duration = Duration::from_secs(90);
/// Between two looks.
const LOOK: Duration = Duration::from_secs(1);
/// How many bad cases are told in full.
const TOLD: usize = 4;

/// A message: its chat and its number.
pub(crate) type At = (i64, i64);

/// Whoever judges a hunt, while the service runs undisturbed.
pub(crate) struct Judge<'a> {
    house: &'a House,
    workload: &'a Workload,
}

impl<'a> Judge<'a> {
    pub(crate) fn new(house: &'a House, workload: &'a Workload) -> Self {
        Self { house, workload }
    }

    /// Waits until everything that was begun has ended, and judges all of it.
    pub(crate) async fn decides(&self) -> anyhow::Result<()> {
        self.nothing_is_pending().await?;
        let cases = self.cases_are_good().await?;
        let orphans = self.orphans(&cases);
        for orphan in &orphans {
            self.first_press_closes(orphan)
                .await
                .with_context(|| self.history(&cases[&orphan.correlation_id]))?;
        }
        self.nothing_is_twice(&cases).await?;
        self.house.audit_verifies().await?;
        println!(
            "{}",
            history::summary(&self.workload.diary(), &cases, orphans.len())
        );
        Ok(())
    }

    fn history(&self, case: &Case) -> String {
        case.history(&self.workload.diary().lives)
    }

    /// Every request has its outcome.
    async fn nothing_is_pending(&self) -> anyhow::Result<()> {
        let give_up = tokio::time::Instant::now() + SETTLES;
        loop {
            let page = self.house.get("/v1/requests?status=pending").await?;
            let items = page["items"].as_array().context("items")?;
            if items.is_empty() {
                return Ok(());
            }
            ensure!(
                tokio::time::Instant::now() < give_up,
                "requests stay pending: {page:#}"
            );
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Looks at the cases until none has anything wrong with it.
    async fn cases_are_good(&self) -> anyhow::Result<BTreeMap<String, Case>> {
        let mut give_up = tokio::time::Instant::now() + SETTLES;
        let mut fewest = usize::MAX;
        let mut open: Vec<String> = self.workload.diary().told.keys().cloned().collect();
        let mut cases = BTreeMap::new();
        loop {
            let mut bad = Vec::new();
            let looked = self.look(&open).await?;
            let progress = Progress::of(&self.workload.diary());
            for (id, case) in looked {
                let faults = case.faults(self.workload, &progress);
                if !faults.is_empty() {
                    bad.push((id.clone(), faults));
                }
                cases.insert(id, case);
            }
            if bad.is_empty() {
                return Ok(cases);
            }
            let faults = bad.iter().map(|(_, faults)| faults.len()).sum();
            if faults < fewest {
                // How long a long list takes is the chats' limits' business.
                fewest = faults;
                give_up = tokio::time::Instant::now() + SETTLES;
            }
            if tokio::time::Instant::now() > give_up {
                bail!("{}", verdict(&bad, &cases, &progress.lives));
            }
            open = bad.into_iter().map(|(id, _)| id).collect();
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Gathers everything about these requests.
    async fn look(&self, ids: &[String]) -> anyhow::Result<BTreeMap<String, Case>> {
        // Read beside the running service, as the command line does.
        let path = self.house.folder().join("signoff.db");
        let store = Store::open(&path, Clock::system(), |bytes| {
            rand::rng().fill_bytes(bytes);
        })?;
        let mut callbacks: HashMap<String, Vec<Got>> = HashMap::new();
        for got in self.house.receiver.so_far() {
            let body: Value = serde_json::from_slice(&got.body)?;
            let id = body["data"]["correlation_id"].as_str().unwrap_or_default();
            callbacks.entry(id.to_owned()).or_default().push(got);
        }
        let mut cases = BTreeMap::new();
        for id in ids {
            let resource = self.house.request(id).await;
            let resource = resource.with_context(|| format!("{id} was taken, where is it?"))?;
            let events = self.house.get(&format!("/v1/requests/{id}/events")).await?;
            let events = events["items"].as_array().context("events")?.clone();
            let recorded = recorded(&store, &resource).await?;
            let callbacks = callbacks.remove(id).unwrap_or_default();
            let case = Case::new(
                &self.workload.diary(),
                id,
                resource,
                events,
                recorded,
                callbacks,
            );
            cases.insert(id.clone(), case.context("it was asked")?);
        }
        Ok(cases)
    }

    /// Cards with buttons that nobody noted and nobody pressed. [`Case::faults`] has seen to it
    /// that each of them is a send whose result nobody knew.
    fn orphans(&self, cases: &BTreeMap<String, Case>) -> Vec<Card> {
        let all = cases.values().flat_map(|case| &case.cards);
        let open = all.filter(|card| {
            let now = self.workload.sim.message(card.chat, card.message);
            now.is_some_and(|now| now.has_buttons())
        });
        open.cloned().collect()
    }

    /// The first press on an orphan is told how it ended, and closes it.
    async fn first_press_closes(&self, orphan: &Card) -> anyhow::Result<()> {
        let sim = &self.workload.sim;
        let card = sim.message(orphan.chat, orphan.message).context("a card")?;
        let label = card.labels().first().copied().context("a button")?;
        let person = self.workload.crowd.in_chat(orphan.chat)[0];
        let tap = self.workload.crowd.people[person].taps(&card, label);
        let answered = async {
            loop {
                match tap.answered() {
                    Some(answer) => return answer,
                    None => tokio::time::sleep(LOOK / 10).await,
                }
            }
        };
        let answer = tokio::time::timeout(SETTLES, answered)
            .await
            .with_context(|| format!("the press on the orphan {orphan:?} is not answered"))?;
        ensure!(answer.show_alert, "an orphan's press is told: {answer:?}");
        let closes = async {
            loop {
                let now = sim.message(orphan.chat, orphan.message);
                if now.is_none_or(|now| !now.has_buttons()) {
                    return;
                }
                tokio::time::sleep(LOOK / 10).await;
            }
        };
        tokio::time::timeout(SETTLES, closes)
            .await
            .with_context(|| format!("the orphan {orphan:?} does not close"))
    }

    /// As many requests and callback ids as were asked for.
    async fn nothing_is_twice(&self, cases: &BTreeMap<String, Case>) -> anyhow::Result<()> {
        let mut ids: HashMap<String, HashSet<String>> = HashMap::new();
        for got in self.house.receiver.so_far() {
            let body: Value = serde_json::from_slice(&got.body)?;
            let about = body["data"]["correlation_id"].as_str().unwrap_or_default();
            ids.entry(got.id).or_default().insert(about.to_owned());
        }
        for (id, about) in &ids {
            ensure!(about.len() == 1, "{id} is the callback of {about:?}");
        }
        ensure!(
            ids.len() == cases.len(),
            "{} callback ids for {} requests",
            ids.len(),
            cases.len()
        );
        let (mut seen, mut cursor) = (0, String::new());
        loop {
            let page = format!("/v1/requests?limit=200{cursor}");
            let page = self.house.get(&page).await?;
            seen += page["items"].as_array().context("items")?.len();
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        ensure!(
            seen == cases.len(),
            "{seen} requests are kept, {} were made",
            cases.len()
        );
        Ok(())
    }
}

/// Every place that the service noted for a request's cards: where its prompts stand, and what
/// the channel remembers of its own sends.
async fn recorded(store: &Store, resource: &Value) -> anyhow::Result<HashSet<At>> {
    let id: RequestId = resource["id"].as_str().context("an id")?.parse()?;
    let mut noted = Vec::new();
    for number in 0..=u8::MAX {
        let Some((_, prompt, refs, _)) = store.prompt(id, number).await? else {
            if number == 0 {
                continue;
            }
            break;
        };
        noted.extend(refs);
        let posted = format!("posted:{prompt}:");
        for kept in store.conversations("telegram", &posted).await? {
            let payload: Value = serde_json::from_str(&kept.payload)?;
            noted.extend(payload["card"].as_str().map(ToOwned::to_owned));
        }
    }
    let at = |noted: &String| {
        let noted: Value = serde_json::from_str(noted).ok()?;
        Some((noted["chat"].as_i64()?, noted["message"].as_i64()?))
    };
    Ok(noted.iter().filter_map(at).collect())
}

/// What is wrong, request by request, the first ones with all that is known of them.
fn verdict(
    bad: &[(String, Vec<String>)],
    cases: &BTreeMap<String, Case>,
    lives: &[Span],
) -> String {
    let mut text = format!("{} of {} requests are wrong:\n", bad.len(), cases.len());
    for (n, (id, faults)) in bad.iter().enumerate() {
        let _ = writeln!(text, "\n{id}:\n  - {}", faults.join("\n  - "));
        if n < TOLD {
            text.push_str(&cases[id].history(lives));
        }
    }
    text
}
