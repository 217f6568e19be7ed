//! What belongs to every answer, in one layer: the request's name, its span, its metrics, the
//! document of a problem, a caught panic and the last deadline.
//!
//! One layer rather than a stack of them, because each layer of an axum router costs two
//! allocations an HTTP request. Spans and logs carry the route's template, never the path, the
//! query, a header or a body.

use std::convert::Infallible;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::Route;
use pin_project_lite::pin_project;
use signoff_contract::problem::CONTENT_TYPE;
use signoff_contract::{Code, Problem};
use signoff_core::{Masker, panics};
use tokio::time::{Sleep, sleep};
use tower_layer::Layer;
use tower_service::Service;
use tracing::Span;

use crate::get::MAX_WAIT;
use crate::metrics::{HttpMetrics, InFlight, Labels};
use crate::problem::{Failure, Unwritten, status, undescribed};
use crate::request_id::{self, RequestIds};

/// Nothing takes longer: the longest wait that a caller may ask for, and half a minute.
const DEADLINE: Duration = MAX_WAIT.saturating_add(Duration::from_secs(30));

/// Wraps every route and the fallback.
#[derive(Clone)]
pub(crate) struct EnvelopeLayer {
    shared: Arc<Shared>,
    documents: Documents,
}

/// Whether errors get the document of the native contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Documents {
    /// They do.
    Written,
    /// Their callers know other ones, or none.
    Left,
}

struct Shared {
    ids: RequestIds,
    metrics: HttpMetrics,
    masker: Masker,
}

impl EnvelopeLayer {
    /// A layer that names requests, counts them, and hides secrets in what it says of errors.
    pub(crate) fn new(ids: RequestIds, metrics: HttpMetrics, masker: Masker) -> Self {
        Self {
            shared: Arc::new(Shared {
                ids,
                metrics,
                masker,
            }),
            documents: Documents::Written,
        }
    }

    /// The same for routes whose errors are not of the native contract.
    pub(crate) fn without_documents(self) -> Self {
        Self {
            documents: Documents::Left,
            ..self
        }
    }
}

impl Layer<Route> for EnvelopeLayer {
    type Service = Envelope;

    fn layer(&self, inner: Route) -> Envelope {
        Envelope {
            inner,
            shared: self.shared.clone(),
            documents: self.documents,
        }
    }
}

/// One route, wrapped.
#[derive(Clone)]
pub(crate) struct Envelope {
    inner: Route,
    shared: Arc<Shared>,
    documents: Documents,
}

impl Service<Request> for Envelope {
    type Response = Response;
    type Error = Infallible;
    type Future = Answering;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Service::<Request>::poll_ready(&mut self.inner, cx)
    }

    fn call(&mut self, request: Request) -> Answering {
        let started = Instant::now();
        let id = self.shared.ids.of(request.headers(), &self.shared.masker);
        let route = request.extensions().get::<MatchedPath>();
        let labels = Labels::of(request.method(), route.map(MatchedPath::as_str));
        let span = tracing::info_span!(
            "http.request.answer",
            method = labels.method,
            route = labels.route,
            request_id = id.to_str().unwrap_or_default(),
        );
        let inner = self.inner.call(request);
        let shared = self.shared.clone();
        let in_flight = shared.metrics.begin();
        Answering {
            inner,
            deadline: None,
            shared,
            documents: self.documents,
            id,
            labels,
            started,
            span,
            in_flight,
        }
    }
}

pin_project! {
    /// One HTTP request being answered.
    pub(crate) struct Answering {
        #[pin]
        inner: <Route as Service<Request>>::Future,
        #[pin]
        deadline: Option<Sleep>,
        shared: Arc<Shared>,
        documents: Documents,
        id: HeaderValue,
        labels: Labels,
        started: Instant,
        span: Span,
        in_flight: InFlight,
    }
}

impl Future for Answering {
    type Output = Result<Response, Infallible>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let _entered = this.span.enter();
        // A panic leaves nothing behind that is used again: the future is dropped with the answer.
        let polled = catch_unwind(AssertUnwindSafe(|| this.inner.poll(cx)));
        let response = match polled {
            Ok(Poll::Ready(Ok(response))) => response,
            Ok(Poll::Pending) => {
                if this.deadline.is_none() {
                    this.deadline.set(Some(sleep(DEADLINE)));
                }
                if let Some(deadline) = this.deadline.as_mut().as_pin_mut() {
                    ready!(deadline.poll(cx));
                }
                tracing::error!(
                    seconds = DEADLINE.as_secs(),
                    "an operation did not end in time"
                );
                Failure::store_unavailable().into_response()
            }
            Err(panic) => {
                tracing::error!(panic = panics::words(&*panic), "a handler panicked");
                Failure::internal().into_response()
            }
        };
        Poll::Ready(Ok(close(
            response,
            this.id,
            this.labels,
            this.started.elapsed(),
            this.shared,
            *this.documents,
        )))
    }
}

/// Names the answer, writes its problem and counts it.
fn close(
    mut response: Response,
    id: &HeaderValue,
    labels: &Labels,
    took: Duration,
    shared: &Shared,
    documents: Documents,
) -> Response {
    let answered = response.status();
    let is_error = answered.is_client_error() || answered.is_server_error();
    if is_error && documents == Documents::Written {
        response = describe(response, id, &shared.masker);
    }
    let status = response.status();
    let headers = response.headers_mut();
    headers.insert(request_id::HEADER, id.clone());
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    shared.metrics.answered(labels, status, took);
    let took_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
    if status.is_server_error() {
        tracing::warn!(status = status.as_u16(), took_us, "answered");
    } else {
        tracing::debug!(status = status.as_u16(), took_us, "answered");
    }
    response
}

/// Gives an error its document, unless a handler wrote one of its own (`/readyz` does).
fn describe(mut response: Response, id: &HeaderValue, masker: &Masker) -> Response {
    let mut problem = match response.extensions_mut().remove::<Unwritten>() {
        Some(Unwritten(problem)) => *problem,
        None if has_document(&response) => return response,
        None => match undescribed(response.status()) {
            Some(problem) => problem,
            None => return response,
        },
    };
    hide(&mut problem, masker);
    let problem = problem.with_request_id(id.to_str().unwrap_or_default());
    *response.status_mut() = status(&problem);
    // Texts and numbers only: writing them cannot fail.
    let document = serde_json::to_vec(&problem).unwrap_or_default();
    let headers = response.headers_mut();
    headers.remove(header::CONTENT_LENGTH);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(CONTENT_TYPE));
    *response.body_mut() = Body::from(document);
    response
}

/// Hides secrets in what a problem says about a body or a query: it names what is wrong there, and a
/// field may have been named by a secret. Answers are logged by those who get them. The other
/// problems say nothing that a caller wrote.
fn hide(problem: &mut Problem, masker: &Masker) {
    if !matches!(problem.code, Code::ValidationFailed | Code::InvalidJson) {
        return;
    }
    let hide = |text: &mut String| {
        // As it was sent: a JSON pointer writes `/` and `~` in another way.
        let plain = text.replace("~1", "/").replace("~0", "~");
        if masker.finds(&plain) {
            *text = masker.text(&plain);
        }
    };
    hide(&mut problem.detail);
    for error in &mut problem.errors {
        hide(&mut error.field);
        hide(&mut error.detail);
    }
}

/// Whether there is a body for programs; plain text is what a framework writes by itself.
fn has_document(response: &Response) -> bool {
    let content_type = response.headers().get(header::CONTENT_TYPE);
    content_type.is_some_and(|value| !value.as_bytes().starts_with(b"text/plain"))
}
