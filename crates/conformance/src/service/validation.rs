//! Submissions that are refused.

use serde_json::{Value, json};
use signoff_contract::submission::{
    MAX_ARGUMENTS_BYTES, MAX_LINKS, MAX_OPTION_DESCRIPTION_CHARS, MAX_REQUESTER_CHARS,
    MAX_TEXT_CHARS, OPTION_ID_CHARS, OPTION_LABEL_CHARS, OPTIONS, TITLE_CHARS, TOOL_CHARS,
    TTL_SECONDS,
};

use super::bench::Bench;
use super::caller::ensure;
use super::{checks, vectors};
use crate::{Examination, Outcome};

/// Tries each.
pub(super) async fn examine(examination: &mut Examination, bench: &Bench) {
    let vectors = bad_vectors(bench);
    examination.check(&checks::REFUSED_VECTORS, vectors).await;
    examination
        .check(&checks::UNKNOWN_FIELD, unknown_field(bench))
        .await;
    examination.check(&checks::LIMITS, limits(bench)).await;
    examination
        .check(&checks::ALL_AT_ONCE, all_at_once(bench))
        .await;
    examination
        .check(&checks::NOTHING_LEFT, nothing_left(bench))
        .await;
}

async fn bad_vectors(bench: &Bench) -> Outcome {
    for (number, case) in vectors::submissions()?.into_iter().enumerate() {
        let Some(expected) = &case.problem else {
            continue;
        };
        // As text: what is wrong with them is lost where they are read. Should one be taken, it is under a name that
        // nobody else has.
        let id = bench.id(&format!("bad-vector-{number}"));
        let name = |id: &str| format!("\"correlation_id\":\"{id}\"");
        let body = case.body.replace(&name("a"), &name(&id));
        let answer = bench.submits_text(body, Some(&id)).await?;
        let answer = answer.refuses(expected.status, &expected.code)?;
        let pair = |error: &Value| (error["field"].to_string(), error["code"].to_string());
        let mut wanted: Vec<_> = expected.errors.iter().map(pair).collect();
        let seen = answer.body["errors"].as_array();
        let mut seen: Vec<_> = seen.into_iter().flatten().map(pair).collect();
        wanted.sort();
        seen.sort();
        ensure(seen == wanted, || {
            format!("{}: the errors are {seen:?}, and not {wanted:?}", case.name)
        })?;
    }
    Ok(())
}

async fn unknown_field(bench: &Bench) -> Outcome {
    let mut outside = bench.approval("unknown-field");
    outside["titel"] = json!("misspelt");
    let mut within = bench.question("unknown-field");
    within["options"][1]["hint"] = json!("misspelt");
    for (body, field) in [(outside, "/titel"), (within, "/options/1/hint")] {
        refused(bench, &body, &[field]).await?;
    }
    Ok(())
}

/// The body is refused because of these fields and no other.
async fn refused(bench: &Bench, body: &Value, fields: &[&str]) -> Outcome {
    let answer = bench.submits(body).await?.is(400)?;
    let mut seen = answer.fields();
    seen.sort_unstable();
    ensure(seen == fields, || {
        format!("the fields are {seen:?}, and not {fields:?}")
    })
}

async fn limits(bench: &Bench) -> Outcome {
    let long = |most: usize| json!("x".repeat(most + 1));
    let approval = bench.approval("limits");
    let arguments = json!({ "text": "x".repeat(MAX_ARGUMENTS_BYTES) });
    let link = json!({ "label": "a", "url": "https://git.example.org/" });
    let approvals = [
        ("/correlation_id", json!("two words")),
        ("/correlation_id", long(200)),
        ("/title", json!("")),
        ("/title", long(*TITLE_CHARS.end())),
        ("/context", long(MAX_TEXT_CHARS)),
        ("/justification", long(MAX_TEXT_CHARS)),
        ("/risk_assessment", long(MAX_TEXT_CHARS)),
        ("/risk", json!("enormous")),
        ("/action/tool", long(*TOOL_CHARS.end())),
        ("/action/arguments", arguments),
        ("/requester/agent", long(MAX_REQUESTER_CHARS)),
        ("/links", json!(vec![link; MAX_LINKS + 1])),
        ("/ttl_seconds", json!(TTL_SECONDS.start() - 1)),
        ("/ttl_seconds", json!(TTL_SECONDS.end() + 1)),
    ];
    let option = |number: usize| json!({ "id": number.to_string(), "label": "One" });
    let options = |count: usize| (0..count).map(option).collect::<Value>();
    let questions = [
        ("/options", options(OPTIONS.start() - 1)),
        ("/options", options(OPTIONS.end() + 1)),
        ("/options/0/id", long(*OPTION_ID_CHARS.end())),
        ("/options/0/label", long(*OPTION_LABEL_CHARS.end())),
        ("/options/1/description", long(MAX_OPTION_DESCRIPTION_CHARS)),
    ];
    let question = bench.question("limits");
    let approvals = approvals.map(|change| (&approval, change));
    let questions = questions.map(|change| (&question, change));
    for (body, (field, value)) in approvals.into_iter().chain(questions) {
        let mut body = body.clone();
        if let Some(place) = body.pointer_mut(field) {
            *place = value;
        } else {
            body[&field[1..]] = value;
        }
        refused(bench, &body, &[field]).await?;
    }
    Ok(())
}

async fn all_at_once(bench: &Bench) -> Outcome {
    let mut body = bench.approval("all-at-once");
    body["title"] = json!("");
    body["risk"] = json!("enormous");
    body["ttl_seconds"] = json!(1);
    body["links"] = json!([{ "label": "", "url": "ftp://git.example.org/" }]);
    body["zeal"] = json!(true);
    let fields = [
        "/links/0/label",
        "/links/0/url",
        "/risk",
        "/title",
        "/ttl_seconds",
        "/zeal",
    ];
    refused(bench, &body, &fields).await
}

async fn nothing_left(bench: &Bench) -> Outcome {
    let mut body = bench.approval("nothing-left");
    body["risk"] = json!("enormous");
    bench.submits(&body).await?.is(400)?;
    bench
        .plane
        .get(&bench.path("nothing-left"))
        .await?
        .is(404)?;
    bench.approval_waits("nothing-left").await?;
    Ok(())
}
