//! The simulator's chat page in a real browser: what a person sees and taps there, and what the bot gets.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use signoff_telegram_sim::{Sim, SimOptions};
use tokio::time::{Instant, timeout};

use crate::browser::{Browser, WIDTH};

/// How long the bot waits for an update that the page was told to cause.
const PATIENCE: Duration = Duration::from_secs(20);

#[tokio::test]
async fn a_person_talks_with_the_bot_on_the_chat_page() -> Result<()> {
    let sim = Sim::start(SimOptions::default()).await?;
    let ann = sim.person("Ann");
    let mut bot = Bot::new(&sim)?;
    let page = Browser::open(&sim.page_url()).await?;

    // A bot cannot write first: Ann presses Start.
    page.sees_text("[data-person] button", "START")
        .await?
        .click()
        .await?;
    assert_eq!(bot.update("message").await?["text"], "/start");

    let card = bot
        .call(
            "sendMessage",
            json!({
                "chat_id": ann.id(),
                "text": "Deploy <b>billing-api</b> 1.2.3?",
                "parse_mode": "HTML",
                "reply_markup": { "inline_keyboard": [[
                    { "text": "✅ Approve", "callback_data": "yes" },
                    { "text": "❌ Deny", "callback_data": "no" },
                ]] },
            }),
        )
        .await?;
    let message = format!("[data-message-id='{}']", card["message_id"]);
    page.sees_text(&message, "Deploy billing-api 1.2.3?")
        .await?;
    page.sees_text(&format!("{message} strong"), "billing-api")
        .await?;
    page.sees_text(
        &format!("{message} [data-button-label='❌ Deny']"),
        "❌ Deny",
    )
    .await?;

    page.taps(&format!("{message} [data-button-label='✅ Approve']"))
        .await?;
    let press = bot.update("callback_query").await?;
    assert_eq!(press["data"], "yes");
    assert_eq!(press["from"]["id"], ann.id());
    assert_eq!(press["message"]["message_id"], card["message_id"]);

    let alert = "High risk: press Approve again to confirm, after a second and within a minute";
    bot.call(
        "answerCallbackQuery",
        json!({ "callback_query_id": press["id"], "text": alert, "show_alert": true }),
    )
    .await?;
    page.sees_text("[role=alertdialog]", alert).await?;
    page.taps("[role=alertdialog] button").await?;
    page.no_longer_sees("[role=alertdialog]").await?;

    // The edit shows without a reload, and drops the keyboard that it does not repeat.
    page.script("window.sameDocument = true").await?;
    let outcome = "✅ Approved by Ann";
    bot.call(
        "editMessageText",
        json!({ "chat_id": ann.id(), "message_id": card["message_id"], "text": outcome }),
    )
    .await?;
    page.sees_text(&message, outcome).await?;
    page.no_longer_sees(&format!("{message} [data-button-label]"))
        .await?;
    assert_eq!(page.script("return window.sameDocument").await?, true);

    let said = "Not before the release notes are out.";
    page.sees_text("textarea[name=text]", "")
        .await?
        .send_keys(said)
        .await?;
    page.taps("button[type=submit]").await?;
    let spoken = bot.update("message").await?;
    assert_eq!(spoken["text"], said);
    assert_eq!(spoken["from"]["id"], ann.id());
    page.sees_text(&format!("[data-from='{}']", ann.id()), said)
        .await?;

    assert_eq!(
        page.script("return document.documentElement.scrollWidth")
            .await?,
        WIDTH,
        "the page fits a phone without scrolling sideways"
    );
    sim.read_all(ann.id());
    drop(page);
    sim.stop().await;
    Ok(())
}

/// A bot in its simplest form: it calls methods and takes updates one by one.
pub(crate) struct Bot {
    http: reqwest::Client,
    api: String,
    waiting: Vec<Value>,
    next: i64,
}

impl Bot {
    pub(crate) fn new(sim: &Sim) -> Result<Self> {
        Ok(Self {
            http: reqwest::Client::builder()
                .no_proxy()
                .timeout(PATIENCE)
                .build()?,
            api: format!(
                "{}/bot{}",
                sim.api_url().trim_end_matches('/'),
                sim.bot_token()
            ),
            waiting: Vec::new(),
            next: 0,
        })
    }

    pub(crate) async fn call(&self, method: &str, parameters: Value) -> Result<Value> {
        let request = self
            .http
            .post(format!("{}/{method}", self.api))
            .json(&parameters);
        let mut answer: Value = request.send().await?.json().await?;
        ensure!(
            answer["ok"] == true,
            "{method} {parameters} was refused: {answer}"
        );
        Ok(answer["result"].take())
    }

    /// Waits for the next update, which must be of this kind.
    pub(crate) async fn update(&mut self, kind: &str) -> Result<Value> {
        let deadline = Instant::now() + PATIENCE;
        while self.waiting.is_empty() {
            ensure!(
                Instant::now() < deadline,
                "waited {} s for a {kind}; none came",
                PATIENCE.as_secs()
            );
            let poll = self.call("getUpdates", json!({ "offset": self.next, "timeout": 5 }));
            if let Value::Array(updates) = timeout(PATIENCE, poll).await?? {
                self.waiting = updates;
            }
        }
        let mut update = self.waiting.remove(0);
        self.next = update["update_id"]
            .as_i64()
            .context("an update without an id")?
            + 1;
        ensure!(
            !update[kind].is_null(),
            "waited for a {kind}, but got {update}"
        );
        Ok(update[kind].take())
    }
}
