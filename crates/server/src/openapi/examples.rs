//! Examples in the `OpenAPI` document.

use serde_json::{Value, json};
use signoff_contract::{Code, FieldCode, FieldError, Problem};
use utoipa::openapi::example::{Example, ExampleBuilder};

/// An approval to submit.
pub(crate) fn approval() -> Value {
    json!({
        "correlation_id": "run-42:deploy-billing",
        "kind": "approval",
        "title": "Deploy billing-api 1.2.3 to production",
        "justification": "Fixes the double charge reported this morning.",
        "risk_assessment": "API restarts, about 20 s of 502s.",
        "risk": "high",
        "action": {
            "tool": "k8s.deploy",
            "arguments": { "namespace": "prod", "image": "registry/billing:1.2.3" }
        },
        "requester": { "agent": "deploy-bot", "run_id": "42" },
        "links": [{ "label": "PR #42", "url": "https://git.example.org/pull/42" }],
        "route": "owners",
        "ttl_seconds": 3600,
        "callback": { "url": "https://control-plane.example.org/hooks/signoff" }
    })
}

/// A question to submit.
pub(crate) fn question() -> Value {
    json!({
        "correlation_id": "run-42:rollout",
        "kind": "question",
        "title": "Which rollout strategy?",
        "context": "Production deployment of billing-api",
        "options": [
            { "id": "canary", "label": "Canary, 10 % of traffic" },
            { "id": "blue_green", "label": "Blue/green switch" },
            { "id": "wait", "label": "Delay" }
        ],
        "allow_custom": true
    })
}

/// What a problem with this code looks like.
pub(crate) fn problem(code: Code) -> Example {
    let problem = match code {
        Code::ValidationFailed => {
            let detail = "at most 300 characters; this has 312";
            Problem::validation(vec![FieldError::new("/title", FieldCode::TooLong, detail)])
        }
        code => Problem::new(code, format!("{}.", code.title())),
    };
    let problem = problem.with_request_id("5f0c1d9a7b3e-00002a");
    ExampleBuilder::new()
        .summary(code.title())
        .value(serde_json::to_value(problem).ok())
        .build()
}
