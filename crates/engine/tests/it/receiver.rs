//! A requester's endpoint inside the test.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use signoff_contract::signature::HEADER_ID;

/// A requester's endpoint that remembers what it got and answers as it is told.
#[derive(Clone, Default)]
pub(crate) struct Receiver {
    got: Arc<Mutex<Vec<(String, Bytes)>>>,
    answers: Arc<Mutex<Vec<StatusCode>>>,
}

impl Receiver {
    /// Opens it; its URL.
    pub(crate) async fn start(&self) -> String {
        let this = self.clone();
        let hook = move |headers: HeaderMap, body: Bytes| async move {
            let id = headers[HEADER_ID].to_str().expect("text").to_owned();
            this.got.lock().unwrap().push((id, body));
            let mut answers = this.answers.lock().unwrap();
            if answers.is_empty() {
                StatusCode::OK
            } else {
                answers.remove(0)
            }
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a port");
        let address = listener.local_addr().expect("an address");
        let router = Router::new().route("/hook", post(hook));
        tokio::spawn(async move { axum::serve(listener, router).await });
        format!("http://{address}/hook")
    }

    /// The next callbacks are answered so; afterwards all are taken.
    pub(crate) fn answers(&self, statuses: &[StatusCode]) {
        self.answers.lock().unwrap().extend_from_slice(statuses);
    }

    /// The `webhook-id` and the body of every callback so far.
    pub(crate) fn got(&self) -> Vec<(String, Bytes)> {
        self.got.lock().unwrap().clone()
    }
}
