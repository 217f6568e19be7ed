//! The chat page with a small bot, two people and one group: `cargo run -p signoff-telegram-sim --example chat`.
//!
//! The bot posts an approval card on `/start` and on `/card`, closes it on a press, and asks for a reason when told to.

use std::io::Write;

use serde_json::{Value, json};
use signoff_telegram_sim::{Sim, SimOptions};

/// The bot: the Bot API over HTTP, nothing else.
struct Bot {
    client: reqwest::Client,
    root: String,
}

impl Bot {
    async fn call(&self, method: &str, params: Value) -> Result<Value, reqwest::Error> {
        let answer: Value = self
            .client
            .post(format!("{}/{method}", self.root))
            .json(&params)
            .send()
            .await?
            .json()
            .await?;
        Ok(answer["result"].clone())
    }

    async fn card(&self, chat: &Value) -> Result<(), reqwest::Error> {
        let arguments = "{\n  \"image\": \"registry/billing:1.2.3\",\n  \"namespace\": \"prod\",\n  \"password\": \
                         \"••• 19 characters hidden\"\n}\n";
        let file = reqwest::multipart::Part::text(arguments).file_name("arguments.json");
        let file = file.mime_str("application/json")?;
        let form = reqwest::multipart::Form::new()
            .text("chat_id", chat.to_string())
            .part("document", file);
        self.client
            .post(format!("{}/sendDocument", self.root))
            .multipart(form)
            .send()
            .await?;
        let text = format!(
            "🟠 <b>Approval · high risk</b>\nDeploy billing-api 1.2.3 to production\n\n<i>deploy-bot · run 42</i>\n\
             <b>Why</b>   Fixes the double charge reported this morning.\n<b>Risk</b>  API restarts, about 20 s of \
             502s.\n\n<b>k8s.deploy</b>\n<pre><code class=\"language-json\">{arguments}</code></pre>\n\
             1 hidden value · <code>91c0de77a0b2</code>\n\n<a href=\"https://example.com/42\">PR #42</a> · answer \
             by <tg-spoiler>15:02 UTC</tg-spoiler>"
        );
        let keyboard = json!({ "inline_keyboard": [
            [{ "text": "✅ Approve", "callback_data": "approve", "style": "success" },
             { "text": "❌ Deny", "callback_data": "deny", "style": "danger" }],
            [{ "text": "✍️ Deny with a reason", "callback_data": "reason" }],
            [{ "text": "Open the request", "url": "https://example.com/42" }],
        ] });
        let params = json!({ "chat_id": chat, "text": text, "parse_mode": "HTML", "reply_markup": keyboard });
        self.call("sendMessage", params).await?;
        Ok(())
    }

    async fn press(&self, press: &Value) -> Result<(), reqwest::Error> {
        let chat = &press["message"]["chat"]["id"];
        let message = &press["message"]["message_id"];
        let name = press["from"]["first_name"].as_str().unwrap_or_default();
        if press["data"] == "reason" {
            self.call(
                "answerCallbackQuery",
                json!({ "callback_query_id": press["id"] }),
            )
            .await?;
            let text = format!(
                "<a href=\"tg://user?id={}\">{name}</a>, why not?",
                press["from"]["id"]
            );
            let force = json!({ "force_reply": true, "selective": true, "input_field_placeholder": "Reason" });
            let reply = json!({ "message_id": message });
            let params = json!({ "chat_id": chat, "text": text, "parse_mode": "HTML", "reply_markup": force,
                "reply_parameters": reply });
            self.call("sendMessage", params).await?;
            return Ok(());
        }
        let approved = press["data"] == "approve";
        let word = if approved {
            "✅ Approved"
        } else {
            "❌ Denied"
        };
        let answer =
            json!({ "callback_query_id": press["id"], "text": word, "show_alert": !approved });
        self.call("answerCallbackQuery", answer).await?;
        let text = format!("{word} by <b>{name}</b>\nDeploy billing-api 1.2.3 to production");
        let edit =
            json!({ "chat_id": chat, "message_id": message, "text": text, "parse_mode": "HTML" });
        self.call("editMessageText", edit).await?;
        Ok(())
    }

    async fn run(&self) -> Result<(), reqwest::Error> {
        let mut offset = 0;
        loop {
            let updates = self
                .call("getUpdates", json!({ "offset": offset, "timeout": 50 }))
                .await?;
            for update in updates.as_array().into_iter().flatten() {
                offset = update["update_id"].as_i64().unwrap_or(0) + 1;
                let message = &update["message"];
                let text = message["text"].as_str().unwrap_or_default();
                if update["callback_query"].is_object() {
                    self.press(&update["callback_query"]).await?;
                } else if text.starts_with("/start") || text.starts_with("/card") {
                    self.card(&message["chat"]["id"]).await?;
                } else if message["reply_to_message"].is_object() {
                    let text = format!("Denied: “{text}”");
                    let params = json!({ "chat_id": message["chat"]["id"], "text": text });
                    self.call("sendMessage", params).await?;
                }
            }
        }
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let port = std::env::args()
        .nth(1)
        .and_then(|port| port.parse().ok())
        .unwrap_or(0);
    let sim = Sim::start(SimOptions {
        port,
        ..SimOptions::default()
    })
    .await?;
    let client = reqwest::Client::builder()
        .no_proxy()
        .timeout(std::time::Duration::from_mins(1))
        .build()?;
    let bot = Bot {
        client,
        root: format!("{}/bot{}", sim.api_url(), sim.bot_token()),
    };
    let commands = json!([
        { "command": "card", "description": "Post an approval card" },
        { "command": "start", "description": "Start" },
    ]);
    bot.call("setMyCommands", json!({ "commands": commands }))
        .await?;
    let (ann, ben) = (sim.person("Ann"), sim.person("Ben"));
    let group = sim.group("Releases", &[&ann, &ben]).create();
    ann.starts();
    ben.says(&group, "Morning! The fix for the double charge is ready.");
    ben.says(&group, "/card");
    writeln!(std::io::stdout(), "{}", sim.page_url())?;
    tokio::select! {
        ended = bot.run() => ended?,
        _ = tokio::signal::ctrl_c() => {}
    }
    sim.stop().await;
    Ok(())
}
