//! The sample control plane's ear: takes callbacks, believes only those that are signed, and
//! hands them on. This is all that a receiver has to do.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context as _;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rand::RngCore as _;
use serde::Deserialize;
use signoff_contract::RequestResource;
use signoff_contract::signature::{
    HEADER_ID, HEADER_SIGNATURE, HEADER_TIMESTAMP, Headers, SigningSecret, TOLERANCE, verify,
};
use signoff_engine::Clock;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Where callbacks are posted.
const PATH: &str = "/hooks/signoff";

/// A receiver that listens.
pub(super) struct ControlPlane {
    port: u16,
    signing_secret: String,
    shutdown: CancellationToken,
    serving: JoinHandle<()>,
}

/// A callback whose signature is good.
#[derive(Debug)]
pub(super) struct Received {
    /// The `webhook-id`.
    pub(super) id: String,
    /// `request.approved`, …
    pub(super) event: String,
    /// The request.
    pub(super) resource: RequestResource,
    /// Whether this id came for the first time.
    pub(super) is_first: bool,
}

#[derive(Deserialize)]
struct Body {
    #[serde(rename = "type")]
    event: String,
    data: RequestResource,
}

struct Ear {
    secret: SigningSecret,
    clock: Clock,
    seen: Mutex<HashSet<String>>,
    heard: mpsc::Sender<Received>,
}

/// A listener on this port of the loopback interface, or on a free one where it is taken.
async fn listen(port: u16) -> std::io::Result<TcpListener> {
    match TcpListener::bind(("127.0.0.1", port)).await {
        Ok(listener) => Ok(listener),
        Err(_) => TcpListener::bind(("127.0.0.1", 0)).await,
    }
}

/// This port, or a free one where it is taken.
pub(super) async fn free_port(port: u16) -> std::io::Result<u16> {
    Ok(listen(port).await?.local_addr()?.port())
}

impl ControlPlane {
    /// Starts listening; what is heard comes through the channel.
    pub(super) async fn start(port: u16) -> anyhow::Result<(Self, mpsc::Receiver<Received>)> {
        let listener = listen(port).await.context("there is no free port")?;
        let port = listener.local_addr()?.port();
        let mut bytes = [0; 32];
        rand::rng().fill_bytes(&mut bytes);
        let signing_secret = format!("{}{}", SigningSecret::PREFIX, STANDARD.encode(bytes));
        let (heard, received) = mpsc::channel(64);
        let ear = Ear {
            secret: SigningSecret::parse(&signing_secret)?,
            clock: Clock::system(),
            seen: Mutex::default(),
            heard,
        };
        let router = Router::new()
            .route(PATH, post(hear))
            .with_state(Arc::new(ear));
        let shutdown = CancellationToken::new();
        let ending = shutdown.clone().cancelled_owned();
        let serving = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router)
                .with_graceful_shutdown(ending)
                .await
            {
                tracing::error!(%error, "the control plane hears nothing more");
            }
        });
        Ok((
            Self {
                port,
                signing_secret,
                shutdown,
                serving,
            },
            received,
        ))
    }

    /// Where it wants to be called back.
    pub(super) fn callback_url(&self) -> String {
        format!("http://127.0.0.1:{}{PATH}", self.port)
    }

    /// What it shares with the service.
    pub(super) fn signing_secret(&self) -> &str {
        &self.signing_secret
    }

    /// Stops listening.
    pub(super) async fn stop(self) {
        self.shutdown.cancel();
        // It ends by itself now; a failure was logged.
        let _ = self.serving.await;
    }
}

/// Takes one callback. What is not signed is refused, and a repetition is taken and told apart.
async fn hear(State(ear): State<Arc<Ear>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let (Some(id), Some(timestamp), Some(signature)) = (
        header(HEADER_ID),
        header(HEADER_TIMESTAMP),
        header(HEADER_SIGNATURE),
    ) else {
        return StatusCode::BAD_REQUEST;
    };
    let signed = Headers {
        id,
        timestamp,
        signature,
    };
    let secrets = std::slice::from_ref(&ear.secret);
    if let Err(error) = verify(secrets, signed, &body, ear.clock.now(), TOLERANCE) {
        tracing::warn!(%error, "a callback was refused");
        return StatusCode::UNAUTHORIZED;
    }
    let Ok(Body { event, data }) = serde_json::from_slice(&body) else {
        return StatusCode::BAD_REQUEST;
    };
    let is_first = ear
        .seen
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .insert(id.to_owned());
    let received = Received {
        id: id.to_owned(),
        event,
        resource: data,
        is_first,
    };
    match ear.heard.send(received).await {
        Ok(()) => StatusCode::NO_CONTENT,
        // Nobody listens any more; the service keeps it and would try again.
        Err(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use signoff_conformance::Examination;
    use signoff_conformance::receiver::{Receiver, Seen, examine};

    use super::*;

    #[tokio::test]
    async fn what_the_demo_shows_as_a_receiver_passes_the_conformance_kit() {
        let (control_plane, mut received) = ControlPlane::start(0).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("acted");
        std::fs::write(&file, "[]").unwrap();
        let told = file.clone();
        tokio::spawn(async move {
            let mut acted: Vec<Value> = Vec::new();
            while let Some(received) = received.recv().await {
                if received.is_first {
                    let (id, status) = (received.resource.correlation_id, received.resource.status);
                    acted.push(json!({ "correlation_id": id, "status": status }));
                    // Whoever looks sees the old list or the new one.
                    let new = told.with_extension("new");
                    std::fs::write(&new, Value::from(acted.clone()).to_string()).unwrap();
                    std::fs::rename(&new, &told).unwrap();
                }
            }
        });
        let secret = SigningSecret::parse(control_plane.signing_secret()).unwrap();
        let url = control_plane.callback_url().parse().unwrap();
        let seen = format!("cat '{}'", file.display());
        let subject = Receiver::new(url, vec![secret]).unwrap();
        let subject = subject.seen(Seen::from(seen.as_str()));
        let examination = Examination::of("the demo's control plane", |_| {});
        let report = examine(subject, examination).await.unwrap();
        assert!(report.passed(), "{}", report.json());
        control_plane.stop().await;
    }
}
