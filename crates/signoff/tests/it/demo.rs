//! `signoff demo`, from the first line to Ctrl-C, with a press in between.

use std::io::{BufRead as _, BufReader};
use std::process::ChildStdout;
use std::time::Duration;

use serde_json::{Value, json};

use crate::world::{World, ended, signal};

/// Reads lines until one has this in it; all of them.
fn until(lines: &mut std::io::Lines<BufReader<ChildStdout>>, wanted: &str) -> Vec<String> {
    let mut read = Vec::new();
    loop {
        let line = lines
            .next()
            .unwrap_or_else(|| panic!("no {wanted:?} in {read:?}"))
            .unwrap();
        read.push(line);
        if read.last().unwrap().contains(wanted) {
            return read;
        }
    }
}

async fn press(page: &str, client: &reqwest::Client, label: &str) {
    let url = format!("{page}sim/chats/1001/transcript");
    let transcript: Vec<Value> = client.get(url).send().await.unwrap().json().await.unwrap();
    let is_card = |message: &&Value| {
        message["buttons"].as_array().is_some_and(|rows| {
            rows.iter()
                .flat_map(|row| row.as_array().unwrap())
                .any(|one| one["text"] == label)
        })
    };
    let card = transcript
        .iter()
        .find(is_card)
        .unwrap_or_else(|| panic!("{transcript:?}"));
    let tap = json!({ "message_id": card["message_id"], "label": label });
    let url = format!("{page}sim/persons/1001/taps");
    let tapped: Value = client
        .post(url)
        .json(&tap)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let url = format!("{page}sim/taps/{}", tapped["query_id"].as_str().unwrap());
    client
        .get(url)
        .send()
        .await
        .unwrap()
        .error_for_status()
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_visitor_speaks_and_reads_it_in_the_callback() {
    let data = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../speech/tests/data");
    let model = data.join("ggml-signoff-test.en.bin");
    let world = World::with("");
    let mut child = world.start(&["demo", "--port", "0", "--model", model.to_str().unwrap()]);
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let intro = until(&mut lines, "Which rollout strategy?").join("\n");
    assert!(intro.contains("the tests' own model"), "{intro}");
    let page = intro
        .split_whitespace()
        .find(|word| word.starts_with("http://"))
        .unwrap();
    let client = reqwest::Client::builder()
        .no_proxy()
        .timeout(Duration::from_secs(20))
        .build()
        .unwrap();
    let sees = async |query: &str| {
        let url = format!("{page}sim/chats/1001/wait?{query}");
        let seen = client.get(url).send().await.unwrap();
        seen.error_for_status().unwrap();
    };
    sees("text=Deploy%20billing").await;
    press(page, &client, "✍️ Deny with a reason").await;
    sees("text=Why%20do%20you%20deny").await;
    let spoken = std::fs::read(data.join("eval/seen_voice_001.ogg")).unwrap();
    let url = format!("{page}sim/persons/1001/voice?seconds=2");
    let sent = client.post(url).header("content-type", "audio/ogg");
    let sent = sent.body(spoken).send().await.unwrap();
    sent.error_for_status().unwrap();
    let told = until(&mut lines, "reason ").join("\n");
    assert!(told.contains("callback <- request.denied"), "{told}");
    let reason = "reason   deny because the database is in use (voice)";
    assert!(told.contains(reason), "{told}");
    signal(&child, "INT");
    // To the end: a program whose lines nobody takes ends with an error.
    lines.for_each(drop);
    assert_eq!(ended(child).code, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_visitor_presses_and_reads_the_verified_callback() {
    let world = World::with("");
    let mut child = world.start(&["demo", "--port", "0", "--dir", "kept"]);
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let intro = until(&mut lines, "Which rollout strategy?").join("\n");
    let page = intro
        .split_whitespace()
        .find(|word| word.starts_with("http://"))
        .unwrap();
    assert!(intro.contains("asked  ->"), "{intro}");

    let client = reqwest::Client::builder()
        .no_proxy()
        .timeout(Duration::from_secs(20))
        .build()
        .unwrap();
    // Waits for the card, then denies: the safe side needs one press only.
    let wait = format!("{page}sim/chats/1001/wait?text=Deploy%20billing");
    client
        .get(wait)
        .send()
        .await
        .unwrap()
        .error_for_status()
        .unwrap();
    press(page, &client, "❌ Deny").await;
    let told = until(&mut lines, "asked  ->").join("\n");
    assert!(
        told.contains("callback <- request.denied") && told.contains("signature valid"),
        "{told}"
    );
    assert!(told.contains("by       ann in telegram"), "{told}");
    assert!(!told.contains("correct-horse-battery"), "{told}");

    // The key that was printed works.
    let url = intro
        .split("SIGNOFF_URL=")
        .nth(1)
        .unwrap()
        .split_whitespace()
        .next()
        .unwrap();
    let key = intro
        .split("SIGNOFF_KEY=")
        .nth(1)
        .unwrap()
        .split_whitespace()
        .next()
        .unwrap();
    let mut visitor = World::with("");
    visitor.set("SIGNOFF_URL", url);
    visitor.set("SIGNOFF_KEY", key);
    visitor.ok(&["ask", "Tea?", "--tool", "kettle", "--no-wait"]);

    signal(&child, "INT");
    lines.for_each(drop);
    let run = ended(child);
    assert_eq!(run.code, Some(0), "{run:?}");
    let kept = world.path().join("kept/signoff.toml");
    world.ok(&["audit", "verify", "--config", kept.to_str().unwrap()]);
}
