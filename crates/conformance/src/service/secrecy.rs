//! Digests, and what is hidden.

use serde_json::{Value, json};
use signoff_contract::Digest;

use super::bench::Bench;
use super::caller::ensure;
use super::{checks, vectors};
use crate::{Examination, Miss, Outcome};

/// What nobody may see again. Of no known shape: its key tells.
const PASSWORD: &str = "correct horse battery staple";

/// Tries each.
pub(super) async fn examine(examination: &mut Examination, bench: &Bench) {
    examination
        .check(&checks::INTENT_DIGEST, intent(bench))
        .await;
    let secretive = secretive(bench).await;
    let shown = || secretive.as_ref().map_err(Clone::clone);
    let view = async { view(shown()?) };
    examination.check(&checks::VIEW_DIGEST, view).await;
    let hidden = async { hidden(bench, shown()?).await };
    examination.check(&checks::MASKED, hidden).await;
    let named = async {
        let masked = &shown()?["action"]["masked"];
        let expected = json!(["/database/password"]);
        ensure(*masked == expected, || {
            format!("it is {masked}, and not {expected}")
        })
    };
    examination.check(&checks::MASKED_NAMED, named).await;
}

async fn intent(bench: &Bench) -> Outcome {
    for (number, case) in vectors::digests()?.into_iter().enumerate() {
        let mut body = bench.approval(&format!("digest-{number}"));
        body["action"] = case.action;
        let shown = bench.asks(&body).await?;
        let digest = &shown["intent_digest"];
        ensure(*digest == json!(case.digest), || {
            format!(
                "of {} it is {digest}, and not {:?}",
                body["action"], case.digest
            )
        })?;
    }
    Ok(())
}

fn action() -> Value {
    let database = json!({ "host": "db.example.org", "password": PASSWORD });
    json!({ "tool": "db.migrate", "arguments": { "database": database } })
}

fn digest(action: &Value) -> Result<Digest, Miss> {
    let tool = action["tool"].as_str();
    let arguments = action["arguments"].as_object();
    let (Some(tool), Some(arguments)) = (tool, arguments) else {
        return Err(Miss::failed(format!("{action} is no action")));
    };
    Ok(Digest::of_action(tool, arguments))
}

async fn secretive(bench: &Bench) -> Result<Value, Miss> {
    let mut body = bench.approval("secretive");
    body["action"] = action();
    bench.asks(&body).await
}

fn view(shown: &Value) -> Outcome {
    let expected = [
        ("intent_digest", digest(&action())?),
        ("view_digest", digest(&shown["action"])?),
    ];
    for (name, expected) in expected {
        let seen = &shown[name];
        ensure(*seen == json!(expected), || {
            format!("{name} is {seen}, and not {expected}")
        })?;
    }
    ensure(shown["intent_digest"] != shown["view_digest"], || {
        "both digests are the same, so that nothing is masked".to_owned()
    })
}

async fn hidden(bench: &Bench, shown: &Value) -> Outcome {
    let path = bench.path("secretive");
    let read = bench.plane.get(&path).await?.is(200)?;
    let events = bench.plane.get(&format!("{path}/events")).await?.is(200)?;
    let list = bench.plane.get("/v1/requests?limit=5").await?.is(200)?;
    let of_ann = bench.ann.get(&path).await?;
    let seen = [
        ("the answer to its submission", &shown.to_string()),
        ("the resource", &read.text),
        ("the events", &events.text),
        ("the list", &list.text),
        ("what the approver reads", &of_ann.text),
    ];
    let found = seen.into_iter().find(|(_, text)| text.contains(PASSWORD));
    let found = found.map(|(place, _)| place);
    match found {
        Some(place) => Err(Miss::failed(format!("it is in {place}"))),
        None => Ok(()),
    }
}
