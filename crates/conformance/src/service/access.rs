//! What is open to everybody, and what only to those with the right key.

use secrecy::SecretString;
use serde_json::{Value, json};

use super::bench::{Bench, REQUESTS};
use super::caller::{Caller, ensure};
use super::checks;
use crate::{Examination, Miss, Outcome};

/// The operations of version 1: method and path.
const OPERATIONS: &[(&str, &str)] = &[
    ("post", "/v1/requests"),
    ("get", "/v1/requests"),
    ("get", "/v1/requests/{correlation_id}"),
    ("post", "/v1/requests/{correlation_id}/cancel"),
    ("post", "/v1/requests/{correlation_id}/decision"),
    ("post", "/v1/requests/{correlation_id}/claim"),
    ("post", "/v1/requests/{correlation_id}/execution"),
    ("get", "/v1/requests/{correlation_id}/events"),
    ("get", "/v1/events"),
];

/// Tries each.
pub(super) async fn examine(examination: &mut Examination, bench: &Bench) {
    let alive = async { bench.nobody.get("/healthz").await?.is(200).map(drop) };
    examination.check(&checks::ALIVE, alive).await;
    let ready = async { bench.nobody.get("/readyz").await?.is(200).map(drop) };
    examination.check(&checks::READY, ready).await;
    examination
        .check(&checks::DESCRIBED, described(bench))
        .await;
    examination
        .check(&checks::KEY_REQUIRED, key_required(bench))
        .await;
    examination.check(&checks::SCOPES, scopes(bench)).await;
    examination
        .check(&checks::PROJECTS_UNKNOWN, unknown(bench))
        .await;
    examination
        .check(&checks::PROJECTS_NAMES, names(bench))
        .await;
    examination
        .check(&checks::PROJECTS_LISTS, lists(bench))
        .await;
}

async fn described(bench: &Bench) -> Outcome {
    let document = bench.nobody.get("/openapi.json").await?.is(200)?;
    let missing = OPERATIONS
        .iter()
        .find(|(method, path)| document.body["paths"][path].get(method).is_none());
    ensure(missing.is_none(), || {
        format!("it does not have {missing:?}")
    })
}

async fn key_required(bench: &Bench) -> Outcome {
    let none = bench.nobody.get(REQUESTS).await?;
    none.is(401)?;
    let submission = bench.approval("unauthenticated");
    let of_nobody = format!("sgn_{}", "A".repeat(43));
    for key in ["sgn_nonsense", &of_nobody] {
        let stranger = bench.nobody.with_key(SecretString::from(key));
        stranger.post(REQUESTS, &submission).await?.is(401)?;
    }
    // Nothing came of it.
    bench
        .plane
        .get(&bench.path("unauthenticated"))
        .await?
        .is(404)?;
    Ok(())
}

async fn scopes(bench: &Bench) -> Outcome {
    let submission = bench.approval("by-the-approver");
    bench.ann.post(REQUESTS, &submission).await?.is(403)?;
    bench.approval_waits("by-the-plane").await?;
    let path = format!("{}/decision", bench.path("by-the-plane"));
    let approve = json!({ "decision": "approve" });
    bench.plane.post(&path, &approve).await?.is(403)?;
    let request = bench.request("by-the-plane").await?;
    ensure(request["status"] == "pending", || {
        format!("it is {} then", request["status"])
    })
}

/// What a stranger to a request learns about it.
async fn told(stranger: &Caller, path: &str) -> Result<Vec<String>, Miss> {
    let digest = Bench::digest("apart").to_string();
    let answers = [
        stranger.get(path).await?,
        stranger.get(&format!("{path}/events")).await?,
        stranger
            .post_text(&format!("{path}/cancel"), String::new())
            .await?,
        stranger
            .post(
                &format!("{path}/claim"),
                &json!({ "intent_digest": digest }),
            )
            .await?,
        stranger
            .post(
                &format!("{path}/execution"),
                &json!({ "result": "applied" }),
            )
            .await?,
    ];
    let name = path.rsplit('/').next().unwrap_or_default();
    let mut told = Vec::new();
    for answer in answers {
        let mut answer = answer.is(404)?;
        // This is another one for each answer.
        answer.body["request_id"] = Value::Null;
        told.push(answer.body.to_string().replace(name, "NAME"));
    }
    Ok(told)
}

async fn unknown(bench: &Bench) -> Outcome {
    let other = bench.other()?;
    bench.approval_waits("apart").await?;
    let there = told(other, &bench.path("apart")).await?;
    let nowhere = told(other, &bench.path("none")).await?;
    let request = bench.request("apart").await?;
    ensure(request["status"] == "pending", || {
        format!("it is {} then", request["status"])
    })?;
    ensure(there == nowhere, || {
        format!("it is told {there:?}, and {nowhere:?} of one that does not exist")
    })
}

async fn names(bench: &Bench) -> Outcome {
    let other = bench.other()?;
    let ours = bench.approval_waits("twofold").await?;
    let mut body = bench.approval("twofold");
    if let Some(body) = body.as_object_mut() {
        // The route is ours alone.
        body.remove("route");
    }
    body["title"] = json!("The same name, another request");
    let theirs = other.post(REQUESTS, &body).await?.is(202)?;
    let cancel = format!("{}/cancel", bench.path("twofold"));
    other.post_text(&cancel, String::new()).await?.good()?;
    ensure(ours["id"] != theirs.body["id"], || {
        format!("both are {}", ours["id"])
    })?;
    let ours = bench.request("twofold").await?;
    ensure(ours["status"] == "pending", || {
        format!("ours is {} when theirs was cancelled", ours["status"])
    })
}

async fn lists(bench: &Bench) -> Outcome {
    let other = bench.other()?;
    bench.approval_waits("unlisted").await?;
    let list = other.get("/v1/requests?limit=200").await?.is(200)?;
    let theirs = list.body["items"].as_array();
    let theirs = theirs.ok_or_else(|| list.unexpected("items"))?;
    let ours = json!(bench.id("unlisted"));
    let found = theirs
        .iter()
        .any(|request| request["correlation_id"] == ours);
    ensure(!found, || {
        "it has the request of the other project".to_owned()
    })
}
