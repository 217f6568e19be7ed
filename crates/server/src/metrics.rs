//! HTTP metrics, by route template, and `GET /metrics`.

use std::time::Duration;

use axum::extract::State;
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use crate::app::App;
use crate::problem::Failure;
use crate::router::ROUTES;

/// What prometheus-client writes, and what a Prometheus server asks for.
const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Upper bounds in seconds: a durable write takes milliseconds, a long poll up to a minute.
const BUCKETS: [f64; 12] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0, 60.0,
];

/// Which route, which method: words from fixed lists, so that no caller can make new series.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct Labels {
    /// `GET`, …; `other` for a method that HTTP does not define.
    pub(crate) method: &'static str,
    /// The route's template; `extra` for a mounted one, `none` for no route.
    pub(crate) route: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct AnswerLabels {
    method: &'static str,
    route: &'static str,
    status: u16,
}

impl Labels {
    /// The labels of a request.
    pub(crate) fn of(method: &Method, matched: Option<&str>) -> Self {
        let route = match matched {
            None => "none",
            Some(matched) => ROUTES
                .iter()
                .copied()
                .find(|route| *route == matched)
                .unwrap_or("extra"),
        };
        Self {
            method: method_word(method),
            route,
        }
    }
}

fn method_word(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        Method::PATCH => "PATCH",
        _ => "other",
    }
}

/// What is counted of HTTP.
pub(crate) struct HttpMetrics {
    answers: Family<AnswerLabels, Counter>,
    seconds: Family<Labels, Histogram>,
    in_flight: Gauge,
}

/// One request that has no answer yet; counted for as long as this lives, because a caller can
/// leave before there is one.
pub(crate) struct InFlight(Gauge);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.dec();
    }
}

impl HttpMetrics {
    /// Registers them.
    pub(crate) fn new(registry: &mut Registry) -> Self {
        let metrics = Self {
            answers: Family::default(),
            seconds: Family::new_with_constructor(|| Histogram::new(BUCKETS)),
            in_flight: Gauge::default(),
        };
        registry.register(
            "signoff_http_requests",
            "HTTP requests answered, by route, method and status",
            metrics.answers.clone(),
        );
        registry.register_with_unit(
            "signoff_http_request_duration",
            "Time from an HTTP request's head to its answer's head, by route and method",
            Unit::Seconds,
            metrics.seconds.clone(),
        );
        registry.register(
            "signoff_http_requests_in_flight",
            "HTTP requests without an answer yet, long polls among them",
            metrics.in_flight.clone(),
        );
        metrics
    }

    /// Counts a request until it is answered or given up.
    pub(crate) fn begin(&self) -> InFlight {
        self.in_flight.inc();
        InFlight(self.in_flight.clone())
    }

    /// Counts an answer.
    pub(crate) fn answered(&self, labels: &Labels, status: StatusCode, took: Duration) {
        let Labels { method, route } = *labels;
        let answer = AnswerLabels {
            method,
            route,
            status: status.as_u16(),
        };
        self.answers.get_or_create(&answer).inc();
        self.seconds
            .get_or_create(labels)
            .observe(took.as_secs_f64());
    }
}

/// Everything that is counted, for Prometheus.
#[utoipa::path(
    get,
    path = "/metrics",
    operation_id = "metrics",
    tag = "operations",
    responses((status = 200, description = "Every metric, in the OpenMetrics text format.",
        body = String, content_type = "application/openmetrics-text"))
)]
pub(crate) async fn metrics(State(app): State<App>) -> Result<Response, Failure> {
    let mut page = String::with_capacity(16 * 1024);
    match text::encode(&mut page, &app.registry) {
        Ok(()) => Ok(([(header::CONTENT_TYPE, CONTENT_TYPE)], page).into_response()),
        Err(error) => {
            tracing::error!(%error, "the metrics could not be written");
            Err(Failure::internal())
        }
    }
}
