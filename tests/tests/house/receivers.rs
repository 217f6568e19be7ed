//! Requesters whose endpoints misbehave, seen from outside the process.

use anyhow::{Context as _, ensure};
use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::receiver::{Behaviour, Receiver};
use crate::service::House;

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_fails_gets_the_same_again_and_one_that_hangs_delays_nobody()
-> anyhow::Result<()> {
    let house = House::start().await?;
    let (hanging, failing) = (Receiver::start().await?, Receiver::start().await?);
    hanging.next(Behaviour::Hang);
    failing.next(Behaviour::Answer(StatusCode::TEMPORARY_REDIRECT));
    let receivers = [
        ("hanging", &hanging.url),
        ("failing", &failing.url),
        ("good", &house.receiver.url),
    ];
    for (name, url) in receivers {
        let mut body = house.approval(name);
        body["callback"] = json!({ "url": url });
        house.asks(&body).await?;
        let card = house.sim.wait_for_message(house.ann.id(), move |message| {
            message.has_buttons() && message.text.contains(&format!("Deploy {name}"))
        });
        house.ann.taps(&card.await, "Approve").answer().await;
    }
    house.receiver.got(1).await?;
    let got = failing.got(2).await?;
    ensure!(got[0] == got[1], "the same id and the same bytes: {got:?}");
    // Five seconds have passed: the one that hangs is still waited for.
    ensure!(hanging.so_far().len() == 1);
    house
        .until("what became of each is listed", async |house: &House| {
            let listed = house.runs(&["callbacks", "list", "--json"]).await?;
            let rows = String::from_utf8(listed.stdout)?;
            Ok(row(&rows, "good")? == ("delivered".to_owned(), 1)
                && row(&rows, "failing")? == ("delivered".to_owned(), 2)
                && row(&rows, "hanging")?.0 == "due")
        })
        .await?;
    house.audit_verifies().await
}

/// The state and the attempts of a request's callback, of a list.
fn row(list: &str, correlation_id: &str) -> anyhow::Result<(String, u64)> {
    let rows: Vec<Value> = serde_json::from_str(list)?;
    let row = rows
        .iter()
        .find(|row| row["correlation_id"] == correlation_id);
    let row = row.with_context(|| format!("no {correlation_id} in {list}"))?;
    let state = row["state"].as_str().context("a state")?;
    Ok((
        state.to_owned(),
        row["attempts"].as_u64().context("attempts")?,
    ))
}
