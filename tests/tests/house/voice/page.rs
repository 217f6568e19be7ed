//! What a newcomer does: speaks into the chat page's microphone, and the control plane reads it.

use std::time::Duration;

use anyhow::Result;
use tokio::time::{Instant, sleep_until};

use super::{data, model};
use crate::browser::Browser;
use crate::service::House;

const MIC: &str = "#person-1001 button[aria-label='Record a voice note']";
const SEND: &str = "#person-1001 button[aria-label='Send']";
/// Longer than what is spoken, which begins when the microphone is opened.
const SPEAKS: Duration = Duration::from_millis(2_400);

#[tokio::test(flavor = "multi_thread")]
async fn words_spoken_into_the_chat_page_come_back_in_the_callback() -> Result<()> {
    let house = House::that_hears(&format!("model = {:?}", model())).await?;
    house.asks(&house.approval("a")).await?;
    let recording = data("formats/note.wav");
    let page = Browser::open_that_hears(&house.sim.page_url(), &recording).await?;
    page.taps("#person-1001 [data-button-label='✍️ Deny with a reason']")
        .await?;
    page.sees_text("#person-1001 .reply-bar", "Why do you deny")
        .await?;
    page.taps(MIC).await?;
    page.sees_text("#person-1001 .recording", "Recording")
        .await?;
    // A person speaks for as long as it takes; so does this microphone.
    sleep_until(Instant::now() + SPEAKS).await;
    page.taps(SEND).await?;
    page.sees_text("#person-1001 [data-from=bot]", "🎙 I heard:")
        .await?;
    page.sees_text("#person-1001 blockquote", "the database is in use")
        .await?;
    house.one_outcome("a", "denied").await?;
    let ended = house.request("a").await?;
    let outcome = &ended["outcome"];
    assert_eq!(outcome["reason"], "deny because the database is in use");
    assert_eq!(outcome["reason_via"], "voice");
    drop(page);
    Ok(())
}
