//! From a voice to a callback: real recordings through the simulator, the channel and whisper, in a
//! real process; and with a server that hears when a test says so, which is killed around.

mod drop_in;
mod kills;
mod page;
pub(crate) mod server;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};
use signoff_contract::Digest;
use signoff_telegram_sim::{SeenMessage, SimOptions, VoiceNote};

use crate::service::House;

/// The recordings and the model that they are heard with.
fn data(name: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/speech/tests/data");
    root.join(name)
}

fn model() -> PathBuf {
    data("ggml-signoff-test.en.bin")
}

/// A recording of the evaluation set.
pub(crate) fn recording(name: &str) -> anyhow::Result<VoiceNote> {
    let bytes = std::fs::read(data("eval").join(name)).with_context(|| name.to_owned())?;
    Ok(VoiceNote::ogg(bytes, 2))
}

/// The recordings of single sentences, each with what is said in it.
fn sentences() -> anyhow::Result<Vec<(String, String)>> {
    let list = std::fs::read_to_string(data("eval/transcripts.tsv"))?;
    let rows = list.lines().skip(1).map(|row| row.split('\t').collect());
    let spoken = rows.filter_map(|row: Vec<&str>| match row[..] {
        [file, text, set, ..] if set.ends_with("_voice") => {
            Some((file.to_owned(), text.to_owned()))
        }
        _ => None,
    });
    Ok(spoken.collect())
}

impl House {
    /// A house that hears.
    async fn that_hears(speech: &str) -> anyhow::Result<Self> {
        let more = format!("\n[speech]\n{speech}\n");
        Self::start_with(SimOptions::default(), &more).await
    }

    /// Ann is asked for words: she pressed this button on the card with this title.
    pub(crate) async fn is_asked(&self, title: &str, button: &str) -> anyhow::Result<SeenMessage> {
        let card = self.card(self.ann.id(), title).await;
        self.ann.taps(&card, button).answer().await;
        let asks = |message: &SeenMessage| message.force_reply.is_some();
        Ok(self.sim.wait_for_message(self.ann.id(), asks).await)
    }

    /// What we say about a voice note of Ann's, once it says this.
    pub(crate) async fn is_told(
        &self,
        spoken: &SeenMessage,
        words: &str,
    ) -> anyhow::Result<SeenMessage> {
        let about = spoken.message_id;
        let said = |message: &SeenMessage| message.reply_to == Some(about);
        let said = self.sim.wait_for_message(self.ann.id(), said).await;
        self.until(&format!("it says {words:?}"), async |house: &House| {
            let now = house.sim.message(said.chat_id, said.message_id);
            Ok(now.is_some_and(|now| now.text.contains(words)))
        })
        .await?;
        let now = self.sim.message(said.chat_id, said.message_id);
        now.context("it is there")
    }

    /// The callback's body for a request that has ended.
    async fn callback_for(&self, correlation_id: &str) -> anyhow::Result<Value> {
        self.outcome(correlation_id).await?;
        self.until("the callback is delivered", async |house: &House| {
            let now = house.request(correlation_id).await?;
            Ok(now["callback"]["state"] == "delivered")
        })
        .await?;
        let bodies = self.receiver.so_far().into_iter();
        let mut bodies = bodies.filter_map(|got| serde_json::from_slice::<Value>(&got.body).ok());
        let body = bodies.find(|body| body["data"]["correlation_id"] == correlation_id);
        body.context("no callback came")
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_owners_say_is_what_their_control_plane_reads() -> anyhow::Result<()> {
    let house = House::that_hears(&format!("model = {:?}", model())).await?;
    let sentences = sentences()?;
    // Two voices that the model was trained with, and one that it never heard.
    are_said(&house, &[&sentences[..2], &sentences[15..]].concat()).await?;
    is_in_the_audit(&house, "said-0").await?;
    nothing_of_it_lies_on_disk(&house)?;
    house.audit_verifies().await
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "make test-deep"]
async fn whatever_owners_say_is_what_their_control_plane_reads() -> anyhow::Result<()> {
    let house = House::that_hears(&format!("model = {:?}", model())).await?;
    let sentences = sentences()?;
    ensure!(sentences.len() == 16, "{sentences:?}");
    are_said(&house, &sentences).await?;
    house.audit_verifies().await
}

/// Ann says each of these, as the reason of a denial and as an answer by turns; the control plane
/// reads it word for word.
async fn are_said(house: &House, sentences: &[(String, String)]) -> anyhow::Result<()> {
    for (number, (file, text)) in sentences.iter().enumerate() {
        let name = format!("said-{number}");
        let note = recording(file)?;
        let ann = house.ann.id();
        let outcome = if number % 2 == 0 {
            house.asks(&house.approval(&name)).await?;
            let asked = house
                .is_asked(&format!("Deploy {name}"), "Deny with a reason")
                .await?;
            let spoken = house.ann.sends_voice(ann, note, Some(&asked));
            house.is_told(&spoken, "Denied").await?;
            let body = house.callback_for(&name).await?;
            assert_eq!(body["type"], "request.denied");
            let outcome = body["data"]["outcome"].clone();
            json!([outcome["reason"], outcome["reason_via"]])
        } else {
            house.asks(&house.question(&name)).await?;
            let title = format!("How to roll out {name}?");
            let asked = house.is_asked(&title, "Custom answer").await?;
            let spoken = house.ann.sends_voice(ann, note, Some(&asked));
            let offered = house.is_told(&spoken, "Is that your answer?").await?;
            ensure!(offered.text.contains(text.as_str()), "{}", offered.text);
            house.ann.taps(&offered, "Use this").answer().await;
            let body = house.callback_for(&name).await?;
            assert_eq!(body["type"], "request.approved");
            let answer = body["data"]["outcome"]["answer"].clone();
            json!([answer["text"], answer["via"]])
        };
        assert_eq!(outcome, json!([text, "voice"]), "{file}");
    }
    Ok(())
}

/// How a note was heard, by which model, and neither its sound nor its words.
async fn is_in_the_audit(house: &House, name: &str) -> anyhow::Result<()> {
    let events = house.get(&format!("/v1/requests/{name}/events")).await?;
    let events = events["items"].as_array().or(events.as_array());
    let mut events = events.context("events")?.iter();
    let heard = events.find(|event| event["event_type"] == "speech.transcribed");
    let heard = heard.context("it is in the audit")?;
    assert_eq!(heard["actor_id"], "ann");
    let payload = &heard["payload"];
    let digest = Digest::of_bytes(&std::fs::read(model())?).to_string();
    let written = payload["model_digest"].as_str().unwrap_or_default();
    ensure!(
        written.len() == 64 && digest.ends_with(written),
        "{digest}: {payload}"
    );
    let named = payload["model"].as_str().unwrap_or_default();
    ensure!(named.contains("ggml-signoff-test.en"), "{payload}");
    ensure!(
        payload["mean_probability"]
            .as_f64()
            .is_some_and(|p| p > 0.9),
        "{payload}"
    );
    let ms = payload["audio_ms"].as_u64().unwrap_or_default();
    ensure!((1_000..5_000).contains(&ms), "{payload}");
    assert_eq!(payload["language"], "en");
    Ok(())
}

/// No file of the service holds sound: not the database, not its logs.
fn nothing_of_it_lies_on_disk(house: &House) -> anyhow::Result<()> {
    for entry in std::fs::read_dir(house.folder())? {
        let path = entry?.path();
        if path.is_file() {
            let bytes = std::fs::read(&path)?;
            let sound = bytes
                .windows(8)
                .any(|window| window == b"OpusHead" || window == b"OpusTags");
            ensure!(!sound, "{} holds a recording", path.display());
        }
    }
    ensure!(
        !house.log().contains("database is in use"),
        "what was said is in the log"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn silence_and_noise_answer_nothing() -> anyhow::Result<()> {
    let house = House::that_hears(&format!("model = {:?}\nconfirm = \"never\"", model())).await?;
    house.asks(&house.question("quiet")).await?;
    let asked = house
        .is_asked("How to roll out quiet?", "Custom answer")
        .await?;
    for name in ["blank_017.ogg", "blank_018.ogg"] {
        let spoken = house
            .ann
            .sends_voice(house.ann.id(), recording(name)?, Some(&asked));
        house.is_told(&spoken, "I heard no speech.").await?;
    }
    let junk = VoiceNote::ogg(b"this is no recording at all".as_slice(), 2);
    let spoken = house.ann.sends_voice(house.ann.id(), junk, Some(&asked));
    house.is_told(&spoken, "That file is no recording.").await?;
    assert_eq!(house.request("quiet").await?["status"], "pending");
    house.ann.replies(&asked, "typed");
    let body = house.callback_for("quiet").await?;
    assert_eq!(body["data"]["outcome"]["answer"]["via"], "text");
    Ok(())
}
