//! What the engine counts. Registered once, exposed at `/metrics`.

use jiff::Timestamp;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};
use signoff_contract::{Kind, Status};

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct KindLabel {
    kind: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StatusLabel {
    status: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ResultLabel {
    result: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ShowLabel {
    channel: String,
    result: &'static str,
}

/// The engine's counters and histograms.
#[derive(Debug, Clone)]
pub struct Metrics {
    submitted: Family<KindLabel, Counter>,
    ended: Family<StatusLabel, Counter>,
    shows: Family<ShowLabel, Counter>,
    callbacks: Family<ResultLabel, Counter>,
    callback_seconds: Histogram,
    decision_seconds: Histogram,
    worker_errors: Counter,
    pruned: Counter,
}

impl Metrics {
    /// Makes them and registers them under `signoff_`.
    pub fn register(registry: &mut Registry) -> Self {
        let metrics = Self {
            submitted: Family::default(),
            ended: Family::default(),
            shows: Family::default(),
            callbacks: Family::default(),
            // 1 ms to 16 s: the sender gives up at 10 s.
            callback_seconds: Histogram::new(exponential_buckets(0.001, 2.0, 15)),
            // 1 s to 9 days.
            decision_seconds: Histogram::new(exponential_buckets(1.0, 4.0, 11)),
            worker_errors: Counter::default(),
            pruned: Counter::default(),
        };
        let signoff = registry.sub_registry_with_prefix("signoff");
        signoff.register(
            "requests_submitted",
            "Requests accepted",
            metrics.submitted.clone(),
        );
        signoff.register(
            "requests_ended",
            "Requests that ended, by status",
            metrics.ended.clone(),
        );
        signoff.register(
            "prompt_shows",
            "Cards shown or tried",
            metrics.shows.clone(),
        );
        signoff.register(
            "callback_attempts",
            "Callback attempts",
            metrics.callbacks.clone(),
        );
        signoff.register_with_unit(
            "callback_attempt",
            "How long callback attempts took",
            Unit::Seconds,
            metrics.callback_seconds.clone(),
        );
        signoff.register_with_unit(
            "decision",
            "From submit to a decision in a channel",
            Unit::Seconds,
            metrics.decision_seconds.clone(),
        );
        signoff.register(
            "worker_errors",
            "Background steps that failed and will run again",
            metrics.worker_errors.clone(),
        );
        signoff.register(
            "requests_pruned",
            "Requests whose content was deleted after the time of retention",
            metrics.pruned.clone(),
        );
        metrics
    }

    pub(crate) fn submitted(&self, kind: Kind) {
        self.submitted
            .get_or_create(&KindLabel {
                kind: kind.as_str(),
            })
            .inc();
    }

    pub(crate) fn ended(&self, status: Status) {
        self.ended
            .get_or_create(&StatusLabel {
                status: status.as_str(),
            })
            .inc();
    }

    pub(crate) fn shown(&self, channel: &str, result: &'static str) {
        self.shows
            .get_or_create(&ShowLabel {
                channel: channel.to_owned(),
                result,
            })
            .inc();
    }

    pub(crate) fn callback(&self, result: &'static str, seconds: f64) {
        self.callbacks.get_or_create(&ResultLabel { result }).inc();
        self.callback_seconds.observe(seconds);
    }

    pub(crate) fn decided_in_channel(&self, created: Timestamp, now: Timestamp) {
        self.decision_seconds
            .observe(now.duration_since(created).as_secs_f64());
    }

    pub(crate) fn pruned(&self, requests: u32) {
        self.pruned.inc_by(u64::from(requests));
    }

    pub(crate) fn worker_error(&self) {
        self.worker_errors.inc();
    }
}
