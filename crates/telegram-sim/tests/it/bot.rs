//! A minimal bot: it posts JSON and reads JSON, and knows nothing of the simulator's types.

use serde_json::{Value, json};
use signoff_telegram_sim::{ClockMode, Sim, SimOptions};

/// A client for one simulated bot.
pub(crate) struct Bot {
    pub(crate) client: reqwest::Client,
    pub(crate) root: String,
    pub(crate) token: String,
}

/// A simulator with a standing clock and short waits, and its bot.
pub(crate) async fn start() -> (Sim, Bot) {
    start_with(|_| {}).await
}

/// [`start`] with other options.
pub(crate) async fn start_with(change: impl FnOnce(&mut SimOptions)) -> (Sim, Bot) {
    let mut options = SimOptions {
        clock: ClockMode::Frozen(1_790_000_000),
        wait_timeout: std::time::Duration::from_secs(5),
        ..SimOptions::default()
    };
    change(&mut options);
    let sim = Sim::start(options).await.expect("a free port");
    let bot = Bot::of(&sim);
    (sim, bot)
}

impl Bot {
    pub(crate) fn of(sim: &Sim) -> Self {
        let client = reqwest::Client::builder()
            .no_proxy()
            .build()
            .expect("a client");
        Self {
            client,
            root: sim.api_url(),
            token: sim.bot_token().to_owned(),
        }
    }

    pub(crate) fn url(&self, method: &str) -> String {
        format!("{}/bot{}/{method}", self.root, self.token)
    }

    /// The whole answer, whatever it is.
    pub(crate) async fn raw(&self, method: &str, params: Value) -> Value {
        let response = self
            .client
            .post(self.url(method))
            .json(&params)
            .send()
            .await
            .expect("an answer");
        response.json().await.expect("JSON")
    }

    /// The result of a call that must succeed.
    #[track_caller]
    pub(crate) fn ok(&self, method: &str, params: Value) -> impl Future<Output = Value> {
        let caller = std::panic::Location::caller();
        async move {
            let answer = self.raw(method, params).await;
            assert_eq!(answer["ok"], json!(true), "{caller}: {method}: {answer}");
            answer["result"].clone()
        }
    }

    /// The description of a call that must be refused.
    #[track_caller]
    pub(crate) fn refused(&self, method: &str, params: Value) -> impl Future<Output = String> {
        let caller = std::panic::Location::caller();
        async move {
            let answer = self.raw(method, params).await;
            assert_eq!(answer["ok"], json!(false), "{caller}: {method}: {answer}");
            answer["description"]
                .as_str()
                .unwrap_or_default()
                .to_owned()
        }
    }

    /// Sends a text and returns its message id.
    pub(crate) async fn says(&self, chat: i64, text: &str) -> i64 {
        let message = self
            .ok("sendMessage", json!({ "chat_id": chat, "text": text }))
            .await;
        message["message_id"].as_i64().expect("an id")
    }

    /// Sends a card with Approve and Deny and returns its message id.
    pub(crate) async fn card(&self, chat: i64) -> i64 {
        let keyboard = json!({ "inline_keyboard": [
            [{ "text": "✅ Approve", "callback_data": "a:1", "style": "success" },
             { "text": "❌ Deny", "callback_data": "d:1" }],
            [{ "text": "✍️ Deny with a reason", "callback_data": "r:1" }],
        ] });
        let params = json!({ "chat_id": chat, "text": "<b>Deploy</b>?", "parse_mode": "HTML", "reply_markup": keyboard });
        self.ok("sendMessage", params).await["message_id"]
            .as_i64()
            .expect("an id")
    }

    /// Fetches all waiting updates without waiting, and confirms them.
    pub(crate) async fn updates(&self) -> Vec<Value> {
        let batch = self.ok("getUpdates", json!({ "timeout": 0 })).await;
        let batch = batch.as_array().expect("updates").clone();
        if let Some(last) = batch.last() {
            let next = last["update_id"].as_i64().expect("an id") + 1;
            // Half a confirmation: an offset with nothing behind it would wait.
            let confirm = self
                .client
                .post(self.url("getUpdates"))
                .json(&json!({ "offset": next, "limit": 1 }));
            confirm.send().await.expect("an answer");
        }
        batch
    }
}
