//! What is spoken to a request that came through the drop-in endpoints goes back in their dialect.

use axum::http::StatusCode;
use serde_json::{Value, json};
use signoff_telegram_sim::SimOptions;

use super::{model, recording};
use crate::service::House;

/// What `seen_voice_001.ogg` says.
const SAID: &str = "deny because the database is in use";

#[tokio::test(flavor = "multi_thread")]
async fn what_is_spoken_reaches_callers_of_the_drop_in_endpoints() -> anyhow::Result<()> {
    let speech = format!("[speech]\nmodel = {:?}\n", model());
    let more = format!("{speech}[compat]\nlisten = \"127.0.0.1:0\"\n");
    let house = House::start_with(SimOptions::default(), &more).await?;
    let ann = house.ann.id();
    let callback = json!({ "url": house.receiver.url });

    let asked = json!({
        "correlation_id": "corr-1",
        "tool": "k8s.delete",
        "arguments": { "name": "pod-1" },
        "justification": "The pod hangs.",
        "risk_assessment": "It restarts at once.",
        "approval_request": "May I delete it?",
        "callback": callback,
    });
    let (status, said) = house.drops_in("/approve", &asked).await?;
    assert_eq!(status, StatusCode::ACCEPTED, "{said}");
    let question = house
        .is_asked("May I delete it?", "Deny with a reason")
        .await?;
    let note = recording("seen_voice_001.ogg")?;
    let spoken = house.ann.sends_voice(ann, note, Some(&question));
    house.is_told(&spoken, "Denied").await?;
    let got = house.receiver.got(1).await?;
    assert_eq!(
        got[0].body,
        format!(
            r#"{{"correlation_id":"corr-1","decision":"deny","reason":"{SAID}","tool":"k8s.delete"}}"#
        )
    );

    let asked = json!({
        "correlation_id": "corr-2",
        "tool": { "name": "ask.owner" },
        "arguments": { "question": "What shall I do now?", "options": ["Go on", "Stop it"], "allow_custom": true },
        "callback": callback,
    });
    let (status, said) = house.drops_in("/execute", &asked).await?;
    assert_eq!(status, StatusCode::ACCEPTED, "{said}");
    let question = house
        .is_asked("What shall I do now?", "Custom answer")
        .await?;
    let note = recording("seen_voice_001.ogg")?;
    let spoken = house.ann.sends_voice(ann, note, Some(&question));
    let offered = house.is_told(&spoken, SAID).await?;
    house.ann.taps(&offered, "Use this").answer().await;
    let got = house.receiver.got(2).await?;
    let body: Value = serde_json::from_slice(&got[1].body)?;
    assert_eq!(
        body["result"],
        json!({
            "question": "What shall I do now?",
            "selected_option": SAID,
            "selected_index": null,
            "custom": true,
            "input_mode": "voice",
        })
    );
    house.audit_verifies().await
}
