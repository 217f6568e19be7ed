//! The requester's endpoint: takes callbacks that are signed well, remembers them, and answers as it
//! is told.

use std::sync::{Arc, Mutex};

use anyhow::Context as _;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use jiff::Timestamp;
use signoff_contract::signature::{self, Headers, SigningSecret};
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::service::{PATIENCE, SECRET};

/// A callback as it arrived, after its signature was found good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Got {
    pub(crate) id: String,
    pub(crate) body: Bytes,
}

/// The requester's endpoint.
#[derive(Clone)]
pub(crate) struct Receiver {
    pub(crate) url: String,
    got: Arc<watch::Sender<Vec<Got>>>,
    /// What happens to the next callbacks, in order; when it is empty they are taken.
    behaviours: Arc<Mutex<Vec<Behaviour>>>,
    /// What happens to those for which nothing was planned.
    habit: Arc<Mutex<Habit>>,
}

/// What a receiver does with a callback by itself; nothing special is to take it.
type Habit = Option<Box<dyn Fn(&Got) -> Option<Behaviour> + Send>>;

/// What a receiver does with a callback.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Behaviour {
    /// Remembers it and never answers.
    Hang,
    /// Remembers it and answers with this status.
    Answer(StatusCode),
}

impl Receiver {
    pub(crate) async fn start() -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let receiver = Self {
            url: format!("http://{}/hook", listener.local_addr()?),
            got: Arc::new(watch::Sender::new(Vec::new())),
            behaviours: Arc::default(),
            habit: Arc::default(),
        };
        let router = Router::new()
            .route("/hook", post(take))
            .with_state(receiver.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(receiver)
    }

    /// The next callback is treated so.
    pub(crate) fn next(&self, behaviour: Behaviour) {
        self.behaviours.lock().expect("no panic").push(behaviour);
    }

    /// From now on callbacks for which nothing is planned are treated so.
    pub(crate) fn always(&self, habit: impl Fn(&Got) -> Option<Behaviour> + Send + 'static) {
        *self.habit.lock().expect("no panic") = Some(Box::new(habit));
    }

    /// Waits until so many callbacks have arrived, and gives all of them.
    pub(crate) async fn got(&self, count: usize) -> anyhow::Result<Vec<Got>> {
        let mut got = self.got.subscribe();
        let arrived = got.wait_for(|got| got.len() >= count);
        let arrived = tokio::time::timeout(PATIENCE, arrived).await;
        let arrived = arrived.with_context(|| format!("{count} callbacks did not come"))??;
        Ok(arrived.clone())
    }

    /// What has arrived so far.
    pub(crate) fn so_far(&self) -> Vec<Got> {
        self.got.borrow().clone()
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the receiver is another party with its own clock"
)]
async fn take(State(receiver): State<Receiver>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let header = |name: &str| {
        headers
            .get(name)
            .and_then(|h| h.to_str().ok())
            .unwrap_or_default()
    };
    let proof = Headers {
        id: header(signature::HEADER_ID),
        timestamp: header(signature::HEADER_TIMESTAMP),
        signature: header(signature::HEADER_SIGNATURE),
    };
    let secret = SigningSecret::parse(SECRET).expect("a secret");
    let now = Timestamp::now();
    if signature::verify(&[secret], proof, &body, now, signature::TOLERANCE).is_err() {
        // Nothing that is not signed counts; the tests then miss their callback.
        return StatusCode::UNAUTHORIZED;
    }
    let behaviour = {
        let mut behaviours = receiver.behaviours.lock().expect("no panic");
        (!behaviours.is_empty()).then(|| behaviours.remove(0))
    };
    let id = proof.id.to_owned();
    let got = Got { id, body };
    let behaviour = behaviour.or_else(|| {
        let habit = receiver.habit.lock().expect("no panic");
        habit.as_ref().and_then(|habit| habit(&got))
    });
    receiver.got.send_modify(|all| all.push(got));
    match behaviour {
        None => StatusCode::NO_CONTENT,
        Some(Behaviour::Answer(status)) => status,
        Some(Behaviour::Hang) => std::future::pending().await,
    }
}
