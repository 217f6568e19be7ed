//! A requester's endpoint inside the test.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::routing::post;
use signoff_contract::signature::HEADER_ID;

/// A requester's endpoint that remembers what it got and answers as it is told.
#[derive(Clone, Default)]
pub(crate) struct Receiver {
    got: Arc<Mutex<Vec<(String, Bytes)>>>,
    answers: Arc<Mutex<Vec<(StatusCode, HeaderMap)>>>,
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
                (StatusCode::OK, HeaderMap::new())
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
        let answers = statuses.iter().map(|status| (*status, HeaderMap::new()));
        self.answers.lock().unwrap().extend(answers);
    }

    /// One more callback is answered so, with a wish for the next.
    pub(crate) fn asks_for_patience(&self, retry_after: &'static str) {
        let wish = HeaderValue::from_static(retry_after);
        let headers = HeaderMap::from_iter([(RETRY_AFTER, wish)]);
        let answer = (StatusCode::TOO_MANY_REQUESTS, headers);
        self.answers.lock().unwrap().push(answer);
    }

    /// The `webhook-id` and the body of every callback so far.
    pub(crate) fn got(&self) -> Vec<(String, Bytes)> {
        self.got.lock().unwrap().clone()
    }
}
