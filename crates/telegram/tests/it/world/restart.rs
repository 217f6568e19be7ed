//! The engine, and starting it anew with another configuration.

use std::sync::Arc;

use prometheus_client::registry::Registry;
use signoff_core::Masker;
use signoff_engine::callback::AllowList;
use signoff_engine::{Directory, Engine, Settings, Store};
use signoff_telegram::CHANNEL;

use super::{Gate, World, samples};

/// An engine on this store that knows these people.
pub(super) async fn engine(store: &Store, directory: Directory) -> Arc<Engine> {
    let settings = Settings {
        directory,
        masker: Masker::new(&[], &[]).expect("no patterns"),
        api_keys: Vec::new(),
        channels: vec![CHANNEL.to_owned()],
        callbacks: AllowList::loopback(),
        retention_days: None,
    };
    let metrics = signoff_engine::metrics::Metrics::register(&mut Registry::default());
    Engine::new(store.clone(), settings, metrics)
        .await
        .expect("an engine")
}

impl World {
    /// The service starts again; these people speak other languages from now on.
    pub(crate) async fn restarts_for(&mut self, languages: &[(&'static str, &'static str)]) {
        self.stops().await;
        self.options.languages = languages.iter().copied().collect();
        let (ops, forum) = (self.ops.id(), self.forum.id());
        let directory = samples::directory(&self.options, ops, forum, self.topic);
        self.engine = engine(&self.store, directory).await;
        self.gate = Arc::new(Gate::new(Arc::clone(&self.engine)));
        self.wakes();
    }

    /// Somebody has set a webhook for the bot.
    pub(crate) async fn has_a_webhook_elsewhere(&self) {
        let url = format!(
            "{}/bot{}/setWebhook",
            self.sim.api_url(),
            self.sim.bot_token()
        );
        let client = reqwest::Client::builder().no_proxy().build();
        let body = serde_json::json!({ "url": "http://127.0.0.1:9/nobody" });
        let set = client.expect("a client").post(url).json(&body).send().await;
        let set = set.and_then(reqwest::Response::error_for_status);
        set.expect("it is set");
    }
}
