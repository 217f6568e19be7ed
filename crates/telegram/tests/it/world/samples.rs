//! Who is who, and what is asked of them.

use serde_json::{Value, json};
use signoff_contract::CorrelationId;
use signoff_contract::signature::SigningSecret;
use signoff_engine::{Approver, Caller, Directory, Place, Project, Route, Scope, UserIdentity};
use signoff_telegram::CHANNEL;

use super::Options;

pub(crate) fn id(text: &str) -> CorrelationId {
    text.parse().expect("a correlation id")
}

/// Ann, as Telegram proves her.
pub(crate) fn ann() -> UserIdentity {
    UserIdentity {
        channel: CHANNEL.to_owned(),
        user_id: "1001".to_owned(),
        display_name: "Ann".to_owned(),
    }
}

pub(crate) fn requester() -> Caller {
    Caller {
        key: "control-plane".to_owned(),
        project: "default".to_owned(),
        scopes: vec![Scope::RequestsWrite, Scope::RequestsRead],
        approver: None,
        max_per_second: None,
    }
}

/// An approval of low risk.
pub(crate) fn approval(correlation_id: &str) -> Value {
    json!({
        "correlation_id": correlation_id,
        "kind": "approval",
        "title": "Deploy billing-api 1.2.3",
        "risk": "low",
        "action": { "tool": "k8s.deploy", "arguments": { "namespace": "prod" } },
    })
}

/// A question with three options.
pub(crate) fn question(correlation_id: &str) -> Value {
    json!({
        "correlation_id": correlation_id,
        "kind": "question",
        "title": "Which rollout strategy?",
        "options": [
            { "id": "canary", "label": "Canary, 10 % of traffic" },
            { "id": "blue_green", "label": "Blue/green switch" },
            { "id": "wait", "label": "Delay" },
        ],
    })
}

/// `body` with some fields replaced.
pub(crate) fn with(mut body: Value, fields: Value) -> Value {
    let Value::Object(fields) = fields else {
        panic!("an object")
    };
    for (name, value) in fields {
        body[name] = value;
    }
    body
}

pub(super) fn directory(options: &Options, ops: i64, forum: i64, topic: i64) -> Directory {
    let secret = SigningSecret::parse("whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX").expect("a secret");
    let project = Project {
        name: "default".to_owned(),
        max_pending: 100,
        signing_secrets: vec![secret],
    };
    let approver = |name: &'static str, user_id: Option<&str>| Approver {
        name: name.to_owned(),
        roles: vec!["owner".to_owned()],
        language: options
            .languages
            .get(name)
            .map(|&language| language.to_owned()),
        identities: user_id
            .map(|id| (CHANNEL.to_owned(), id.to_owned()))
            .into_iter()
            .collect(),
    };
    let route = |name: &str, approvers: &[&str], min_approvals, place: Option<String>| Route {
        name: name.to_owned(),
        project: "default".to_owned(),
        approvers: approvers.iter().map(|&name| name.to_owned()).collect(),
        min_approvals,
        channels: None,
        places: place
            .map(|place| Place {
                channel: CHANNEL.to_owned(),
                place,
            })
            .into_iter()
            .collect(),
        ttl_seconds: 3_600,
        remind_after_seconds: Some(1_800),
    };
    let forum = format!("{forum}/{topic}");
    Directory::new(
        vec![project],
        vec![
            route("default", &["ann"], 1, None),
            route("either", &["ann", "ben"], 1, None),
            route("both", &["ann", "ben"], 2, None),
            route("three", &["ann", "ben", "dee"], 2, None),
            route("ops", &["ann", "ben"], 1, Some(ops.to_string())),
            route("ops-both", &["ann", "ben"], 2, Some(ops.to_string())),
            route("forum", &["ann", "ben"], 1, Some(forum)),
        ],
        vec![
            approver("ann", Some("1001")),
            approver("ben", Some("1002")),
            approver("dee", None),
        ],
    )
    .expect("a directory that fits together")
}
