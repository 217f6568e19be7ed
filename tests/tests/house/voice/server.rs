//! A server that transcribes, as `OpenAI`'s API has it: it hears nothing, says what a test says,
//! and takes as long as a test wants.

use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::service::PATIENCE;

/// The server.
#[derive(Clone)]
pub(crate) struct Hears {
    pub(crate) url: String,
    words: Arc<Mutex<String>>,
    /// How many recordings came.
    came: Arc<watch::Sender<usize>>,
    open: Arc<watch::Sender<bool>>,
}

impl Hears {
    pub(crate) async fn start() -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let hears = Self {
            url: format!("http://{}/v1/audio/transcriptions", listener.local_addr()?),
            words: Arc::default(),
            came: Arc::new(watch::Sender::new(0)),
            open: Arc::new(watch::Sender::new(true)),
        };
        let router = Router::new()
            .route("/v1/audio/transcriptions", post(transcribe))
            .layer(axum::extract::DefaultBodyLimit::disable())
            .with_state(hears.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(hears)
    }

    /// What it hears from now on, whatever is said.
    pub(crate) fn hears(&self, words: &str) {
        words.clone_into(&mut self.words.lock().expect("no panic"));
    }

    /// From now on it listens until [`Self::goes_on`].
    pub(crate) fn holds(&self) {
        self.open.send_replace(false);
    }

    pub(crate) fn goes_on(&self) {
        self.open.send_replace(true);
    }

    /// How many recordings came so far.
    pub(crate) fn came(&self) -> usize {
        *self.came.borrow()
    }

    /// Waits until so many came.
    pub(crate) async fn has_got(&self, count: usize) -> anyhow::Result<()> {
        let mut came = self.came.subscribe();
        tokio::time::timeout(PATIENCE, came.wait_for(|came| *came >= count)).await??;
        Ok(())
    }
}

async fn transcribe(State(hears): State<Hears>, _: Bytes) -> Json<Value> {
    hears.came.send_modify(|came| *came += 1);
    let mut open = hears.open.subscribe();
    let _ = open.wait_for(|open| *open).await;
    let words = hears.words.lock().expect("no panic").clone();
    Json(json!({
        "text": words,
        "language": "english",
        "segments": [{ "text": words, "start": 0.0, "end": 2.0, "avg_logprob": -0.02 }],
    }))
}
