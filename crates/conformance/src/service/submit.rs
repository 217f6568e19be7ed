//! Submissions that are taken, and their repetitions.

use futures_util::future::join_all;
use serde_json::{Value, json};
use signoff_contract::RequestResource;

use super::bench::Bench;
use super::caller::ensure;
use super::checks;
use super::vectors::{self, Case};
use crate::{Examination, Miss, Outcome};

/// How often the same body is sent at the same time.
const AT_ONCE: usize = 6;

/// Tries each.
pub(super) async fn examine(examination: &mut Examination, bench: &Bench) {
    examination.check(&checks::CREATED, created(bench)).await;
    examination.check(&checks::RESOURCE, resource(bench)).await;
    examination
        .check(&checks::VECTORS, good_vectors(bench))
        .await;
    examination.check(&checks::REPEATED, repeated(bench)).await;
    examination
        .check(&checks::REORDERED, reordered(bench))
        .await;
    examination.check(&checks::AT_ONCE, at_once(bench)).await;
    examination.check(&checks::CONFLICT, conflict(bench)).await;
    examination
        .check(&checks::REPEATED_LATER, repeated_later(bench))
        .await;
}

async fn created(bench: &Bench) -> Outcome {
    let answer = bench.submits(&bench.approval("created")).await?.is(202)?;
    let (location, path) = (answer.header("location"), bench.path("created"));
    ensure(location.ends_with(&path), || {
        format!("Location is {location:?} and not {path}")
    })?;
    let waits = answer.body["status"] == "pending" && answer.body["outcome"].is_null();
    ensure(waits, || answer.text.clone())?;
    let read = bench.plane.get(&path).await?.is(200)?;
    ensure(read.body["id"] == answer.body["id"], || {
        format!(
            "{} is there, and not {}",
            read.body["id"], answer.body["id"]
        )
    })
}

/// Every field that there is.
async fn resource(bench: &Bench) -> Outcome {
    let more = json!({
        "context": "Production deployment of billing-api\nin two steps",
        "justification": "Fixes the double charge reported this morning.",
        "risk_assessment": "API restarts, about 20 s of 502s.",
        "risk": "critical",
        "action": { "tool": "k8s.deploy", "arguments": { "replicas": 3, "image": "registry/billing:1.2.3" } },
        "allow_custom": false,
        "requester": { "agent": "deploy-bot", "run_id": "42", "run_label": "run:dev", "runtime_mode": "full-env" },
        "links": [ { "label": "PR #42", "url": "https://git.example.org/pull/42" } ],
        "language": "en",
        "ttl_seconds": 1234,
    });
    let mut body = bench.question("resource");
    for (name, value) in more.as_object().into_iter().flatten() {
        body[name] = value.clone();
    }
    let shown = bench.asks(&body).await?;
    let read: RequestResource = serde_json::from_value(shown.clone())
        .map_err(|error| Miss::failed(format!("it is no resource: {error}: {shown}")))?;
    let given = u64::try_from(read.expires_at.duration_since(read.created_at).as_secs());
    ensure(given == Ok(1234), || {
        format!("it has {given:?} seconds, and not 1234")
    })?;
    ensure(shown["action"]["masked"] == json!([]), || {
        format!("masked is {}", shown["action"]["masked"])
    })?;
    body["action"]["masked"] = json!([]);
    for (name, sent) in body.as_object().into_iter().flatten() {
        let seen = &shown[name];
        ensure(seen == sent, || {
            format!("{name} is {seen}, and {sent} was sent")
        })?;
    }
    for name in ["created_at", "expires_at"] {
        let time = shown[name].as_str().unwrap_or_default();
        let milliseconds = time.len() == "2026-01-02T03:04:05.678Z".len() && time.ends_with('Z');
        ensure(milliseconds, || {
            format!("{name} is {time:?}: not in UTC with milliseconds")
        })?;
    }
    Ok(())
}

async fn good_vectors(bench: &Bench) -> Outcome {
    for (number, case) in vectors::submissions()?.into_iter().enumerate() {
        let Case {
            name,
            problem: None,
            intent_digest,
            ..
        } = &case
        else {
            continue;
        };
        let id = bench.id(&format!("vector-{number}"));
        let mut body = case.value()?;
        body["correlation_id"] = json!(id);
        // Those who test have no place where callbacks may go, and a route of their own.
        for deployment in ["callback", "route"] {
            body.as_object_mut()
                .and_then(|body| body.remove(deployment));
        }
        bench.routed(&mut body);
        let answer = bench.submits(&body).await?.good()?;
        let digest = &answer.body["intent_digest"];
        ensure(digest == intent_digest, || {
            format!("{name}: intent_digest is {digest}, and not {intent_digest}")
        })?;
    }
    Ok(())
}

async fn repeated(bench: &Bench) -> Outcome {
    let body = bench.approval("repeated");
    let first = bench.asks(&body).await?;
    let again = bench.submits(&body).await?.is(200)?.body;
    same(&first, &again)
}

fn same(first: &Value, again: &Value) -> Outcome {
    // Meanwhile it may have been shown to people; the rest is as it was.
    let unchanging = [
        "id",
        "correlation_id",
        "status",
        "title",
        "intent_digest",
        "created_at",
        "expires_at",
    ];
    for name in unchanging {
        let (was, is) = (&first[name], &again[name]);
        ensure(was == is, || format!("{name} was {was} and is {is}"))?;
    }
    Ok(())
}

async fn reordered(bench: &Bench) -> Outcome {
    let body = bench.approval("reordered");
    let first = bench.asks(&body).await?;
    let members = body.as_object().into_iter().flatten().collect::<Vec<_>>();
    let members = members.into_iter().rev();
    let members: Vec<String> = members
        .map(|(name, value)| format!("\t{} :  {value}", json!(name)))
        .collect();
    let text = format!("{{\n{}\n}}\n", members.join(" ,\r\n"));
    let again = bench.submits_text(text, None).await?.is(200)?.body;
    same(&first, &again)
}

async fn at_once(bench: &Bench) -> Outcome {
    let body = bench.approval("at-once");
    let answers = join_all((0..AT_ONCE).map(|_| bench.submits(&body))).await;
    let answers = answers.into_iter().collect::<Result<Vec<_>, _>>()?;
    let mut statuses: Vec<u16> = answers.iter().map(|it| it.status.as_u16()).collect();
    statuses.sort_unstable();
    let mut expected = vec![200; AT_ONCE];
    expected[AT_ONCE - 1] = 202;
    ensure(statuses == expected, || {
        format!("the answers were {statuses:?}")
    })?;
    let id = &answers[0].body["id"];
    ensure(answers.iter().all(|it| it.body["id"] == *id), || {
        "the answers are of several requests".to_owned()
    })
}

async fn conflict(bench: &Bench) -> Outcome {
    let body = bench.approval("conflict");
    let first = bench.asks(&body).await?;
    let mut other = body.clone();
    other["action"]["arguments"]["name"] = json!("something else");
    let mut explicit = body.clone();
    explicit["context"] = Value::Null;
    for body in [other, explicit] {
        let answer = bench.submits(&body).await?;
        answer.refuses(409, "correlation_conflict")?;
    }
    same(&first, &bench.request("conflict").await?)
}

async fn repeated_later(bench: &Bench) -> Outcome {
    let ended = bench.approved("repeated-later").await?;
    let body = bench.approval("repeated-later");
    let again = bench.submits(&body).await?.is(200)?.body;
    same(&ended, &again)?;
    let (was, is) = (&ended["outcome"], &again["outcome"]);
    ensure(was == is, || format!("its outcome was {was} and is {is}"))
}
