//! How refusals look, and what HTTP has to say.

use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use serde_json::json;
use signoff_contract::submission::MAX_BODY_BYTES;

use super::bench::{Bench, REQUESTS};
use super::caller::{Answer, ensure};
use super::checks;
use crate::{Examination, Miss, Outcome};

/// Tries each.
pub(super) async fn examine(examination: &mut Examination, bench: &Bench) {
    let refusals = refusals(bench).await;
    let refused = || refusals.as_ref().map_err(Clone::clone);
    let shape = async {
        refused()?
            .iter()
            .try_for_each(|(_, _, answer)| shape(answer))
    };
    examination.check(&checks::PROBLEM_SHAPE, shape).await;
    let codes = async {
        let mut refusals = refused()?.iter();
        refusals.try_for_each(|(status, code, answer)| {
            let so = answer.status == *status && answer.body["code"] == *code;
            if so {
                Ok(())
            } else {
                Err(answer.unexpected(code))
            }
        })
    };
    examination.check(&checks::PROBLEM_CODES, codes).await;
    let pages = async { pages(bench, refused()?).await };
    examination.check(&checks::PROBLEM_PAGES, pages).await;
    let ids = async { request_ids(bench, refused()?).await };
    examination.check(&checks::REQUEST_IDS, ids).await;
    let path = async { bench.plane.get("/v1/nothing/here").await?.is(404).map(drop) };
    examination.check(&checks::UNKNOWN_PATH, path).await;
    examination
        .check(&checks::UNKNOWN_METHOD, method(bench))
        .await;
    examination
        .check(&checks::TOO_LARGE, too_large(bench))
        .await;
    let no_json = async {
        bench
            .plane
            .post_text(REQUESTS, "{".to_owned())
            .await?
            .is(400)
            .map(drop)
    };
    examination.check(&checks::NO_JSON, no_json).await;
}

type Refusal = (u16, &'static str, Answer);

/// One refusal of each kind, with its status and code.
async fn refusals(bench: &Bench) -> Result<Vec<Refusal>, Miss> {
    let mut titled = bench.approval("titled");
    bench.asks(&titled).await?;
    titled["title"] = json!("Something else");
    let claim = json!({ "intent_digest": Bench::digest("titled") });
    let claim_path = format!("{}/claim", bench.path("titled"));
    let decision_path = format!("{}/decision", bench.path("titled"));
    let approve = json!({ "decision": "approve" });
    let delete = bench.plane.call(Method::DELETE, REQUESTS);
    Ok(vec![
        (
            400,
            "invalid_json",
            bench.plane.post_text(REQUESTS, "{".to_owned()).await?,
        ),
        (
            400,
            "validation_failed",
            bench.plane.post(REQUESTS, &json!({})).await?,
        ),
        (401, "unauthenticated", bench.nobody.get(REQUESTS).await?),
        (
            403,
            "forbidden",
            bench.plane.post(&decision_path, &approve).await?,
        ),
        (
            404,
            "not_found",
            bench.plane.get(&bench.path("nothing")).await?,
        ),
        (
            405,
            "method_not_allowed",
            bench.plane.send(delete, REQUESTS).await?,
        ),
        (
            409,
            "correlation_conflict",
            bench.plane.post(REQUESTS, &titled).await?,
        ),
        (
            409,
            "not_approved",
            bench.plane.post(&claim_path, &claim).await?,
        ),
    ])
}

fn shape(answer: &Answer) -> Outcome {
    let kind = answer.header(CONTENT_TYPE.as_str());
    ensure(kind.starts_with("application/problem+json"), || {
        format!("the type of {} is {kind:?}", answer.text)
    })?;
    let said = ["type", "title", "detail"];
    let said = said.iter().all(|name| {
        answer.body[*name]
            .as_str()
            .is_some_and(|text| !text.is_empty())
    });
    if said && answer.body["status"] == answer.status.as_u16() {
        Ok(())
    } else {
        Err(answer.unexpected("a problem with type, title, status and detail"))
    }
}

async fn pages(bench: &Bench, refusals: &[Refusal]) -> Outcome {
    for (_, code, answer) in refusals {
        let page = answer.body["type"].as_str().unwrap_or_default();
        ensure(page.starts_with('/'), || {
            format!("the type of {code} is {page:?}")
        })?;
        bench.nobody.get(page).await?.is(200)?;
    }
    Ok(())
}

async fn request_ids(bench: &Bench, refusals: &[Refusal]) -> Outcome {
    for (_, code, answer) in refusals {
        let id = answer.header("x-request-id");
        ensure(!id.is_empty() && answer.body["request_id"] == id, || {
            format!(
                "x-request-id of {code} is {id:?}, request_id {}",
                answer.body["request_id"]
            )
        })?;
    }
    let own = format!("{}:own", bench.run());
    let path = bench.path("titled");
    let call = bench
        .plane
        .call(Method::GET, &path)
        .header("x-request-id", &own);
    let answer = bench.plane.send(call, &path).await?.is(200)?;
    let id = answer.header("x-request-id");
    ensure(id == own, || {
        format!("{own} was sent, and {id:?} came back")
    })
}

async fn method(bench: &Bench) -> Outcome {
    let call = bench.plane.call(Method::PUT, REQUESTS);
    let answer = bench.plane.send(call, REQUESTS).await?.is(405)?;
    let allow = answer.header("allow");
    let methods: Vec<&str> = allow.split(',').map(str::trim).collect();
    ensure(
        methods.contains(&"GET") && methods.contains(&"POST"),
        || format!("Allow is {allow:?}"),
    )
}

async fn too_large(bench: &Bench) -> Outcome {
    let mut body = bench.approval("too-large");
    body["context"] = json!("x".repeat(MAX_BODY_BYTES));
    bench.plane.post(REQUESTS, &body).await?.is(413)?;
    bench.plane.get(&bench.path("too-large")).await?.is(404)?;
    Ok(())
}
