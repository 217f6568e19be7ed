//! What the demo's control plane asks for: a handful of requests, one after another.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::RngCore as _;
use serde_json::{Value, json};
use signoff_contract::CorrelationId;

/// The samples, for ever in rotation.
pub(super) struct Samples {
    run: String,
    callback_url: String,
    count: usize,
}

impl Samples {
    /// Samples whose outcomes go to this URL.
    pub(super) fn new(callback_url: String) -> Self {
        // A folder that is kept remembers the correlation ids of earlier demos.
        let mut bytes = [0; 6];
        rand::rng().fill_bytes(&mut bytes);
        Self {
            run: URL_SAFE_NO_PAD.encode(bytes),
            callback_url,
            count: 0,
        }
    }

    /// The next request.
    pub(super) fn next(&mut self) -> Value {
        let mut all = all();
        let mut sample = all.swap_remove(self.count % all.len());
        self.count += 1;
        let name = sample["correlation_id"].as_str().unwrap_or_default();
        sample["correlation_id"] = format!("demo-{}-{}:{name}", self.run, self.count).into();
        sample["callback"] = json!({ "url": self.callback_url });
        sample["requester"]["run_id"] = self.count.to_string().into();
        sample
    }

    /// Whether this is one of ours.
    pub(super) fn posted(&self, id: &CorrelationId) -> bool {
        id.as_str().starts_with(&format!("demo-{}-", self.run))
    }
}

fn all() -> Vec<Value> {
    vec![
        json!({
            "correlation_id": "deploy-billing",
            "kind": "approval",
            "title": "Deploy billing-api 1.2.3 to production",
            "justification": "Fixes the double charge that was reported this morning.",
            "risk_assessment": "The API restarts: about 20 s of 502s.",
            "risk": "high",
            "action": { "tool": "k8s.deploy", "arguments": {
                "namespace": "prod",
                "image": "registry.example.org/billing:1.2.3",
                "database": { "user": "billing", "password": "correct-horse-battery" },
                "replicas": 3,
            } },
            "requester": { "agent": "deploy-bot", "run_label": "run:dev" },
            "links": [{ "label": "PR #42", "url": "https://git.example.org/billing/pull/42" }],
        }),
        json!({
            "correlation_id": "rollout",
            "kind": "question",
            "title": "Which rollout strategy?",
            "context": "Production deployment of billing-api, Friday afternoon.",
            "options": [
                { "id": "canary", "label": "Canary, 10 % of traffic first" },
                { "id": "blue_green", "label": "Blue/green switch" },
                { "id": "wait", "label": "Wait until Monday" },
            ],
            "route": "crew",
            "requester": { "agent": "deploy-bot" },
        }),
        json!({
            "correlation_id": "restart-worker",
            "kind": "approval",
            "title": "Restart the queue worker",
            "justification": "It has taken no job for 15 minutes.",
            "risk": "low",
            "action": { "tool": "systemd.restart", "arguments": { "unit": "queue-worker.service" } },
            "route": "crew",
            "requester": { "agent": "watchdog" },
        }),
        json!({
            "correlation_id": "refund",
            "kind": "approval",
            "title": "Refund 1,250.00 EUR to a customer",
            "justification": "Charged twice; see the ticket.",
            "risk_assessment": "Money leaves the account. It cannot be called back.",
            "risk": "critical",
            "action": { "tool": "payments.refund", "arguments": {
                "payment": "pay_7Q2", "amount": "1250.00", "currency": "EUR",
                "api_token": "tok-live-0123456789",
            } },
            "route": "two-people",
            "requester": { "agent": "support-agent" },
        }),
        json!({
            "correlation_id": "reply",
            "kind": "question",
            "title": "How should the agent answer the customer?",
            "context": "They ask for a discount of 30 % to renew for two years. Type an answer of \
                        your own, or choose one.",
            "options": [
                { "id": "accept", "label": "Accept" },
                { "id": "offer", "label": "Offer 15 %", "description": "What the policy allows." },
            ],
            "requester": { "agent": "sales-agent" },
        }),
    ]
}
