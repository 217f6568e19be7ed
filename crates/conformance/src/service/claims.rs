//! An approval is for one action, once; and what became of it.

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::bench::Bench;
use super::caller::{Answer, ensure};
use super::checks;
use crate::{Examination, Miss, Outcome};

/// How many executors claim at the same time.
const AT_ONCE: usize = 5;

/// Tries each.
pub(super) async fn examine(examination: &mut Examination, bench: &Bench) {
    examination
        .check(&checks::CLAIM_UNAPPROVED, unapproved(bench))
        .await;
    examination
        .check(&checks::CLAIM_MISMATCH, mismatch(bench))
        .await;
    examination.check(&checks::CLAIM_ONCE, once(bench)).await;
    examination.check(&checks::REPORT, reported(bench)).await;
    let unapproved = unapproved_report(bench);
    examination
        .check(&checks::REPORT_UNAPPROVED, unapproved)
        .await;
    examination
        .check(&checks::REPORT_OTHER, other_report(bench))
        .await;
}

async fn claims(bench: &Bench, name: &str, of: &str) -> Result<Answer, Miss> {
    let body = json!({ "intent_digest": Bench::digest(of) });
    let path = format!("{}/claim", bench.path(name));
    bench.plane.post(&path, &body).await
}

async fn reports(bench: &Bench, name: &str, result: &str) -> Result<Answer, Miss> {
    let body = json!({ "result": result, "detail": "rolled out in 41 s" });
    let path = format!("{}/execution", bench.path(name));
    bench.plane.post(&path, &body).await
}

async fn unapproved(bench: &Bench) -> Outcome {
    bench.approval_waits("unclaimed").await?;
    let answer = claims(bench, "unclaimed", "unclaimed").await?;
    answer.refuses(409, "not_approved")?;
    let deny = json!({ "decision": "deny" });
    bench.decides("unclaimed", &deny).await?.good()?;
    let answer = claims(bench, "unclaimed", "unclaimed").await?;
    answer.refuses(409, "not_approved")?;
    Ok(())
}

async fn mismatch(bench: &Bench) -> Outcome {
    bench.approved("mismatch").await?;
    let answer = claims(bench, "mismatch", "another").await?;
    answer.refuses(409, "digest_mismatch")?;
    // The approval is as good as before for what was approved.
    claims(bench, "mismatch", "mismatch").await?.is(200)?;
    Ok(())
}

async fn once(bench: &Bench) -> Outcome {
    bench.approved("claimed").await?;
    let answers = (0..AT_ONCE).map(|_| claims(bench, "claimed", "claimed"));
    let mut won = 0;
    for answer in join_all(answers).await {
        let answer = answer?;
        if answer.status == 200 {
            won += 1;
        } else {
            answer.refuses(409, "already_claimed")?;
        }
    }
    ensure(won == 1, || {
        format!("{won} of {AT_ONCE} claims were granted")
    })?;
    let answer = claims(bench, "claimed", "claimed").await?;
    answer.refuses(409, "already_claimed")?;
    let claimed = &bench.request("claimed").await?["claimed_at"];
    ensure(claimed.is_string(), || format!("claimed_at is {claimed}"))
}

async fn reported(bench: &Bench) -> Outcome {
    bench.approved("reported").await?;
    claims(bench, "reported", "reported").await?.is(200)?;
    let first = reports(bench, "reported", "applied").await?.is(200)?.body;
    let again = reports(bench, "reported", "applied").await?.is(200)?.body;
    let read = bench.request("reported").await?;
    for shown in [&first, &again, &read] {
        let execution = &shown["execution"];
        let so = execution["result"] == "applied"
            && execution["detail"] == "rolled out in 41 s"
            && execution["reported_at"] == first["execution"]["reported_at"];
        ensure(so, || format!("the execution is {execution}"))?;
    }
    Ok(())
}

async fn unapproved_report(bench: &Bench) -> Outcome {
    bench.approval_waits("unreported").await?;
    let answer = reports(bench, "unreported", "applied").await?;
    answer.refuses(409, "not_approved")?;
    let execution = &bench.request("unreported").await?["execution"];
    ensure(*execution == Value::Null, || {
        format!("the execution is {execution}")
    })
}

async fn other_report(bench: &Bench) -> Outcome {
    bench.approved("twice").await?;
    reports(bench, "twice", "failed").await?.is(200)?;
    let answer = reports(bench, "twice", "applied").await?;
    answer.refuses(409, "already_reported")?;
    let result = &bench.request("twice").await?["execution"]["result"];
    ensure(result == "failed", || format!("the result is {result} now"))
}
