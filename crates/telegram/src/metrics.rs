//! What this channel counts, for the operator's dashboards.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

/// The channel's metrics. Cloning shares them.
#[derive(Debug, Clone, Default)]
pub struct Metrics {
    calls: Family<CallLabels, Counter>,
    too_many_requests: Counter,
    updates: Family<KindLabels, Counter>,
    limiter_waits: Family<PriorityLabels, Counter>,
    inbox_depth: Gauge,
    given_up: Counter,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CallLabels {
    method: String,
    outcome: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct KindLabels {
    kind: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct PriorityLabels {
    priority: String,
}

impl Metrics {
    /// Metrics that this registry exposes.
    pub fn register(registry: &mut Registry) -> Self {
        let metrics = Self::default();
        let registry = registry.sub_registry_with_prefix("signoff_telegram");
        registry.register(
            "api_calls",
            "Calls of the Bot API, by method and outcome",
            metrics.calls.clone(),
        );
        registry.register(
            "too_many_requests",
            "Calls that Telegram answered with 429",
            metrics.too_many_requests.clone(),
        );
        registry.register(
            "updates",
            "Updates received, by kind",
            metrics.updates.clone(),
        );
        registry.register(
            "limiter_waits",
            "Messages that had to wait for a chat's limit, by priority",
            metrics.limiter_waits.clone(),
        );
        registry.register(
            "inbox_depth",
            "Updates that are committed and not handled yet",
            metrics.inbox_depth.clone(),
        );
        registry.register(
            "updates_given_up",
            "Updates whose handling failed too often",
            metrics.given_up.clone(),
        );
        metrics
    }

    pub(crate) fn called(&self, method: &str, outcome: &str) {
        let labels = CallLabels {
            method: method.to_owned(),
            outcome: outcome.to_owned(),
        };
        self.calls.get_or_create(&labels).inc();
        if outcome == "too_many_requests" {
            self.too_many_requests.inc();
        }
    }

    /// `kind` is one of ours, never a word from outside: labels must stay few.
    pub(crate) fn update(&self, kind: &'static str) {
        let labels = KindLabels {
            kind: kind.to_owned(),
        };
        self.updates.get_or_create(&labels).inc();
    }

    pub(crate) fn waited(&self, priority: &'static str) {
        let labels = PriorityLabels {
            priority: priority.to_owned(),
        };
        self.limiter_waits.get_or_create(&labels).inc();
    }

    pub(crate) fn inbox_depth(&self, rows: usize) {
        self.inbox_depth
            .set(i64::try_from(rows).unwrap_or(i64::MAX));
    }

    pub(crate) fn given_up(&self) {
        self.given_up.inc();
    }
}
