//! What people decide, and that it is decided once.

use serde_json::{Value, json};

use super::bench::Bench;
use super::caller::{Answer, ensure};
use super::checks;
use crate::{Examination, Miss, Outcome};

/// A reason or an answer as people write them.
const WORDS: &str = "Not on a Friday: \"nobody\" is here.\n— Ann, 慢慢来 \u{1f642}";

/// Tries each.
pub(super) async fn examine(examination: &mut Examination, bench: &Bench) {
    examination.check(&checks::APPROVE, approve(bench)).await;
    examination.check(&checks::DENY, deny(bench)).await;
    examination
        .check(&checks::ANSWER_OPTION, answer_option(bench))
        .await;
    examination
        .check(&checks::ANSWER_WORDS, answer_words(bench))
        .await;
    examination.check(&checks::DECLINE, decline(bench)).await;
    examination
        .check(&checks::OPTIONS_ONLY, options_only(bench))
        .await;
    examination.check(&checks::UNFIT, unfit(bench)).await;
    examination.check(&checks::DECIDED_ONCE, once(bench)).await;
    examination.check(&checks::DECIDED_RACE, race(bench)).await;
    examination.check(&checks::CANCEL, cancel(bench)).await;
    examination
        .check(&checks::CANCEL_BARE, cancel_bare(bench))
        .await;
    examination
        .check(&checks::CANCEL_ENDED, cancel_ended(bench))
        .await;
}

/// The request is so, in the answer to what ended it and whenever it is read.
async fn ended(bench: &Bench, name: &str, answer: Answer, expected: &[(&str, Value)]) -> Outcome {
    let answer = answer.is(200)?.body;
    let read = bench.request(name).await?;
    for shown in [&answer, &read] {
        for (pointer, expected) in expected {
            let seen = shown.pointer(pointer).unwrap_or(&Value::Null);
            ensure(seen == expected, || {
                format!("{pointer} is {seen}, and not {expected}")
            })?;
        }
        ensure(shown["outcome"]["status"] == shown["status"], || {
            format!("its outcome is {}", shown["outcome"])
        })?;
    }
    Ok(())
}

async fn approve(bench: &Bench) -> Outcome {
    bench.approval_waits("approve").await?;
    let answer = bench
        .decides("approve", &json!({ "decision": "approve" }))
        .await?;
    let outcome = answer.body["outcome"].clone();
    let expected = [
        ("/status", json!("approved")),
        ("/outcome/decided_by/0/type", json!("approver")),
        ("/outcome/answer", Value::Null),
        ("/outcome/reason", Value::Null),
    ];
    ended(bench, "approve", answer, &expected).await?;
    let by = &outcome["decided_by"][0];
    let known = ["name", "channel", "at"]
        .iter()
        .all(|name| by[*name].is_string());
    ensure(known && outcome["decided_at"].is_string(), || {
        format!("its outcome is {outcome}")
    })
}

async fn deny(bench: &Bench) -> Outcome {
    bench.approval_waits("deny").await?;
    let decision = json!({ "decision": "deny", "reason": WORDS });
    let answer = bench.decides("deny", &decision).await?;
    let expected = [
        ("/status", json!("denied")),
        ("/outcome/reason", json!(WORDS)),
    ];
    ended(bench, "deny", answer, &expected).await
}

async fn answer_option(bench: &Bench) -> Outcome {
    bench.asks(&bench.question("option")).await?;
    let decision = json!({ "decision": "answer", "option_id": "blue_green" });
    let answer = bench.decides("option", &decision).await?;
    let expected = [
        ("/status", json!("approved")),
        ("/outcome/answer/option_id", json!("blue_green")),
        ("/outcome/answer/text", json!("Blue/green switch")),
    ];
    ended(bench, "option", answer, &expected).await
}

async fn answer_words(bench: &Bench) -> Outcome {
    bench.asks(&bench.question("words")).await?;
    let decision = json!({ "decision": "answer", "text": WORDS });
    let answer = bench.decides("words", &decision).await?;
    let expected = [
        ("/status", json!("approved")),
        ("/outcome/answer/option_id", Value::Null),
        ("/outcome/answer/text", json!(WORDS)),
    ];
    ended(bench, "words", answer, &expected).await
}

async fn decline(bench: &Bench) -> Outcome {
    bench.asks(&bench.question("decline")).await?;
    let answer = bench
        .decides("decline", &json!({ "decision": "deny" }))
        .await?;
    let expected = [
        ("/status", json!("denied")),
        ("/outcome/answer", Value::Null),
    ];
    ended(bench, "decline", answer, &expected).await
}

async fn options_only(bench: &Bench) -> Outcome {
    let mut body = bench.question("options-only");
    body["allow_custom"] = json!(false);
    bench.asks(&body).await?;
    let words = json!({ "decision": "answer", "text": WORDS });
    bench.decides("options-only", &words).await?.is(400)?;
    let option = json!({ "decision": "answer", "option_id": "wait" });
    let answer = bench.decides("options-only", &option).await?;
    ended(
        bench,
        "options-only",
        answer,
        &[("/status", json!("approved"))],
    )
    .await
}

async fn unfit(bench: &Bench) -> Outcome {
    bench.approval_waits("unfit").await?;
    bench.asks(&bench.question("unfit-question")).await?;
    let cases = [
        ("unfit", json!({ "decision": "answer", "text": "perhaps" })),
        (
            "unfit",
            json!({ "decision": "approve", "reason": "because" }),
        ),
        ("unfit", json!({ "decision": "maybe" })),
        ("unfit", json!({})),
        ("unfit-question", json!({ "decision": "approve" })),
        ("unfit-question", json!({ "decision": "answer" })),
        (
            "unfit-question",
            json!({ "decision": "answer", "option_id": "none" }),
        ),
        (
            "unfit-question",
            json!({ "decision": "answer", "option_id": "wait", "text": "also" }),
        ),
    ];
    for (name, decision) in cases {
        bench.decides(name, &decision).await?.is(400)?;
        let status = &bench.request(name).await?["status"];
        ensure(status == "pending", || {
            format!("after {decision} it is {status}")
        })?;
    }
    Ok(())
}

/// It is refused because the request has ended, with the outcome that it has.
async fn already(bench: &Bench, name: &str, answer: Answer, before: &Value) -> Outcome {
    let answer = answer.refuses(409, "already_decided")?;
    let outcome = &before["outcome"];
    ensure(answer.body["outcome"] == *outcome, || {
        format!("it is told {}, and not {outcome}", answer.body["outcome"])
    })?;
    let now = bench.request(name).await?;
    ensure(
        now["outcome"] == *outcome && now["status"] == before["status"],
        || format!("it is {} now, and was {}", now["status"], before["status"]),
    )
}

async fn once(bench: &Bench) -> Outcome {
    let before = bench.approved("once").await?;
    for decision in ["deny", "approve"] {
        let answer = bench
            .decides("once", &json!({ "decision": decision }))
            .await?;
        already(bench, "once", answer, &before).await?;
    }
    Ok(())
}

async fn race(bench: &Bench) -> Outcome {
    bench.approval_waits("race").await?;
    let (yes, no) = (
        json!({ "decision": "approve" }),
        json!({ "decision": "deny" }),
    );
    let answers = tokio::join!(bench.decides("race", &yes), bench.decides("race", &no));
    let (yes, no) = (answers.0?, answers.1?);
    let (status, lost) = match (yes.status.as_u16(), no.status.as_u16()) {
        (200, _) => ("approved", no),
        (_, 200) => ("denied", yes),
        (yes, no) => return Err(Miss::failed(format!("the answers are {yes} and {no}"))),
    };
    lost.is(409)?;
    let now = bench.request("race").await?;
    ensure(now["status"] == status, || {
        format!(
            "it is {}, and {status} was answered with 200",
            now["status"]
        )
    })
}

async fn cancel(bench: &Bench) -> Outcome {
    bench.approval_waits("cancel").await?;
    let reason = json!({ "reason": "the run was stopped" });
    let path = format!("{}/cancel", bench.path("cancel"));
    let answer = bench.plane.post(&path, &reason).await?;
    let expected = [
        ("/status", json!("cancelled")),
        ("/outcome/reason", json!("the run was stopped")),
    ];
    ended(bench, "cancel", answer, &expected).await
}

async fn cancel_bare(bench: &Bench) -> Outcome {
    bench.approval_waits("bare").await?;
    let path = format!("{}/cancel", bench.path("bare"));
    let call = bench.plane.call(reqwest::Method::POST, &path);
    let answer = bench.plane.send(call, &path).await?;
    ended(bench, "bare", answer, &[("/status", json!("cancelled"))]).await
}

async fn cancel_ended(bench: &Bench) -> Outcome {
    let before = bench.approved("kept").await?;
    let path = format!("{}/cancel", bench.path("kept"));
    let answer = bench.plane.post(&path, &json!({})).await?;
    already(bench, "kept", answer, &before).await
}
