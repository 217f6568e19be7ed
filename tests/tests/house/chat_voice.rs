//! Voice on the simulator's chat page, in a real browser with a microphone that beeps.

use anyhow::{Context as _, Result, ensure};
use serde_json::json;
use signoff_telegram_sim::{Person, Sim, SimOptions};

use crate::browser::{Browser, WIDTH};
use crate::chat_page::Bot;

const MIC: &str = "button[aria-label='Record a voice note']";
const SEND: &str = "button[aria-label='Send']";
/// How every such file begins: with the identifier of its header.
const WEBM: [u8; 4] = [0x1a, 0x45, 0xdf, 0xa3];

/// Ann's page, after she pressed Start.
async fn ready(sim: &Sim) -> Result<(Person, Bot, Browser)> {
    let ann = sim.person("Ann");
    let mut bot = Bot::new(sim)?;
    let page = Browser::open_with_microphone(&sim.page_url()).await?;
    page.sees_text("[data-person] button", "START")
        .await?
        .click()
        .await?;
    bot.update("message").await?;
    Ok((ann, bot, page))
}

#[tokio::test]
async fn a_person_speaks_into_the_chat_page() -> Result<()> {
    let sim = Sim::start(SimOptions::default()).await?;
    let (ann, mut bot, page) = ready(&sim).await?;
    let asked = bot
        .call(
            "sendMessage",
            json!({
                "chat_id": ann.id(),
                "text": "What is your answer?",
                "reply_markup": { "force_reply": true, "input_field_placeholder": "Your answer" },
            }),
        )
        .await?;
    page.sees_text(".reply-bar", "What is your answer?").await?;

    // Without a text the composer offers the microphone in place of Send.
    page.no_longer_sees(SEND).await?;
    page.taps(MIC).await?;
    page.sees_text(".recording .elapsed", "0:01").await?;
    page.no_longer_sees("textarea[name=text]").await?;
    ensure!(
        page.script("return document.documentElement.scrollWidth")
            .await?
            == WIDTH,
        "the page fits a phone while it records"
    );
    page.taps(SEND).await?;

    let spoken = bot.update("message").await?;
    let voice = &spoken["voice"];
    assert_eq!(voice["mime_type"], "audio/webm");
    let seconds = voice["duration"].as_u64().context("a duration")?;
    ensure!((1..=30).contains(&seconds), "{seconds} s");
    assert_eq!(
        spoken["reply_to_message"]["message_id"], asked["message_id"],
        "it answers what was asked"
    );
    let note = sim.transcript(ann.id()).pop().context("the note")?;
    let bytes = note.file_bytes().context("its bytes")?;
    ensure!(bytes.starts_with(&WEBM), "{:?}", bytes.get(..4));
    ensure!(bytes.len() > 1_000, "{} bytes of sound", bytes.len());
    page.sees_text(&format!("[data-from='{}'] audio", ann.id()), "")
        .await?;
    page.taps(MIC).await?;
    page.taps(".recording .discard").await?;
    page.sees_text(MIC, "").await?;

    // With a text there is nothing to record.
    let field = page.sees_text("textarea[name=text]", "").await?;
    field.send_keys("typed").await?;
    page.no_longer_sees(MIC).await?;
    page.taps(SEND).await?;
    let typed = bot.update("message").await?;
    assert_eq!(typed["text"], "typed", "what was discarded was not sent");
    sim.read_all(ann.id());
    drop(page);
    sim.stop().await;
    Ok(())
}

#[tokio::test]
async fn a_sound_file_goes_as_a_voice_note() -> Result<()> {
    let sim = Sim::start(SimOptions::default()).await?;
    let (ann, mut bot, page) = ready(&sim).await?;
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("half-a-second.wav");
    let sound = wav(24_000);
    std::fs::write(&file, &sound)?;
    page.chooses_file("input[name=sound]", &file).await?;
    let spoken = bot.update("message").await?;
    assert_eq!(spoken["voice"]["mime_type"], "audio/wav");
    assert_eq!(spoken["voice"]["duration"], 1);
    let note = sim.transcript(ann.id()).pop().context("the note")?;
    assert_eq!(
        note.file_bytes().map(|bytes| bytes.to_vec()),
        Some(sound),
        "as it is"
    );
    sim.read_all(ann.id());
    drop(page);
    sim.stop().await;
    Ok(())
}

/// So many samples of silence at 48 kHz, 16 bits, as a WAV file.
fn wav(samples: u32) -> Vec<u8> {
    let size = samples * 2;
    let mut file = Vec::new();
    file.extend(b"RIFF");
    file.extend((36 + size).to_le_bytes());
    file.extend(b"WAVEfmt ");
    file.extend(16_u32.to_le_bytes());
    for number in [1_u16, 1] {
        file.extend(number.to_le_bytes());
    }
    for number in [48_000_u32, 96_000] {
        file.extend(number.to_le_bytes());
    }
    for number in [2_u16, 16] {
        file.extend(number.to_le_bytes());
    }
    file.extend(b"data");
    file.extend(size.to_le_bytes());
    file.resize(44 + size as usize, 0);
    file
}
