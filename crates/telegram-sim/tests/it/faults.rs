//! Every fault does what it says, to the calls that it names.

use std::io::Write as _;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use signoff_telegram_sim::{Fault, FaultKind};

use super::{Bot, start};

async fn send(bot: &Bot, chat: i64) -> Result<reqwest::Response, reqwest::Error> {
    bot.client
        .post(bot.url("sendMessage"))
        .json(&json!({ "chat_id": chat, "text": "x" }))
        .send()
        .await
}

#[tokio::test]
async fn whoever_is_gone_has_been_served_once_all_have_hung_up() {
    let (sim, bot) = start().await;
    let ann = sim.person("Ann");
    ann.starts();
    let (address, token) = (bot.root.replace("http://", ""), bot.token.clone());
    let body = json!({ "chat_id": ann.id(), "text": "my last words" }).to_string();
    let call = format!(
        "POST /bot{token}/sendMessage HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    );
    // All of it is written before anything of it is read: there is one thread, and it is here.
    for said in 1..=20 {
        let mut dying = std::net::TcpStream::connect(&address).expect("a connection");
        dying.write_all(call.as_bytes()).expect("a call");
        drop(dying);
        sim.wait_until_hung_up().await.expect("a connection");
        assert_eq!(sim.calls_of("sendMessage").len(), said);
    }
    // Who is still there is waited for.
    let staying = tokio::net::TcpStream::connect(&address)
        .await
        .expect("a connection");
    let soon = Duration::from_millis(50);
    let hung_up = tokio::time::timeout(soon, sim.wait_until_hung_up()).await;
    assert!(hung_up.is_err(), "somebody is still connected");
    drop(staying);
    sim.wait_until_hung_up().await.expect("a connection");
}

#[tokio::test]
async fn refusing_faults_process_nothing() {
    let (sim, bot) = start().await;
    let ann = sim.person("Ann");
    ann.starts();
    let table: Vec<(FaultKind, u16, Value)> = vec![
        (
            FaultKind::TooManyRequests { retry_after: 7 },
            429,
            json!({ "ok": false, "error_code": 429, "description": "Too Many Requests: retry after 7",
                    "parameters": { "retry_after": 7 } }),
        ),
        (
            FaultKind::Forbidden {
                description: "bot was kicked from the group chat".to_owned(),
            },
            403,
            json!({ "ok": false, "error_code": 403, "description": "Forbidden: bot was kicked from the group chat" }),
        ),
        (
            FaultKind::BadRequest {
                description: "CHAT_RESTRICTED".to_owned(),
            },
            400,
            json!({ "ok": false, "error_code": 400, "description": "Bad Request: CHAT_RESTRICTED" }),
        ),
        (
            FaultKind::Unauthorized,
            401,
            json!({ "ok": false, "error_code": 401, "description": "Unauthorized" }),
        ),
        (
            FaultKind::InternalServerError,
            500,
            json!({ "ok": false, "error_code": 500, "description": "Internal Server Error: restart" }),
        ),
    ];
    for (kind, status, body) in table {
        sim.fault(Fault::on("SENDMESSAGE", kind.clone()));
        let response = send(&bot, ann.id()).await.expect("an answer");
        assert_eq!(response.status().as_u16(), status);
        let retry_after = response
            .headers()
            .get("retry-after")
            .and_then(|v| v.to_str().ok())
            .map(str::to_owned);
        assert_eq!(retry_after.as_deref(), (status == 429).then_some("7"));
        assert_eq!(response.json::<Value>().await.expect("JSON"), body);
    }
    sim.fault(Fault::on("sendMessage", FaultKind::BadGateway));
    let response = send(&bot, ann.id()).await.expect("an answer");
    assert_eq!(response.status(), 502);
    assert!(
        response
            .text()
            .await
            .expect("HTML")
            .contains("<title>502 Bad Gateway</title>")
    );
    sim.fault(Fault::on("sendMessage", FaultKind::ResetBefore));
    assert!(send(&bot, ann.id()).await.is_err());
    assert_eq!(sim.transcript(&ann).len(), 1, "only /start is there");
}

#[tokio::test]
async fn ambiguous_faults_process_the_call_and_hide_it() {
    let (sim, bot) = start().await;
    let ann = sim.person("Ann");
    ann.starts();
    sim.fault(Fault::on("sendMessage", FaultKind::ResetAfter));
    assert!(send(&bot, ann.id()).await.is_err());
    sim.next_message(&ann).await;
    sim.fault(Fault::on("sendMessage", FaultKind::EmptyBody));
    assert_eq!(
        send(&bot, ann.id())
            .await
            .expect("an answer")
            .text()
            .await
            .expect("a body"),
        ""
    );
    sim.next_message(&ann).await;
    sim.fault(Fault::on("sendMessage", FaultKind::TruncatedJson));
    let text = send(&bot, ann.id())
        .await
        .expect("an answer")
        .text()
        .await
        .expect("a body");
    assert!(
        text.starts_with("{\"ok\":true") && serde_json::from_str::<Value>(&text).is_err(),
        "{text}"
    );
    sim.next_message(&ann).await;
    sim.fault(Fault::on("sendMessage", FaultKind::NullResult));
    let body: Value = send(&bot, ann.id())
        .await
        .expect("an answer")
        .json()
        .await
        .expect("JSON");
    assert_eq!(body, json!({ "ok": true, "result": null }));
    sim.next_message(&ann).await;
    sim.fault(Fault::on("sendMessage", FaultKind::UnknownFields));
    let body: Value = send(&bot, ann.id())
        .await
        .expect("an answer")
        .json()
        .await
        .expect("JSON");
    assert_eq!(body["result"]["future_object"]["kind"], "hologram");
    sim.next_message(&ann).await;
    sim.fault(Fault::on(
        "sendMessage",
        FaultKind::DelayAfter { millis: 300 },
    ));
    let begun = Instant::now();
    let (_, message) = tokio::join!(send(&bot, ann.id()), async {
        sim.next_message(&ann).await;
        begun.elapsed()
    });
    assert!(
        message < Duration::from_millis(290),
        "the message is there before the answer"
    );
    assert!(begun.elapsed() >= Duration::from_millis(300));
    let faults: Vec<_> = sim
        .calls()
        .into_iter()
        .map(|call| (call.status, call.fault.unwrap_or_default()))
        .collect();
    assert_eq!(faults[0], (0, "reset_after".to_owned()));
    assert_eq!(faults[1], (200, "empty_body".to_owned()));
}

#[tokio::test]
async fn strange_answers_come_as_they_are_described() {
    let (sim, bot) = start().await;
    let ann = sim.person("Ann");
    ann.starts();
    sim.fault(Fault::on("sendMessage", FaultKind::NotFound));
    let refused = send(&bot, ann.id()).await.expect("an answer");
    assert_eq!(refused.status(), 404);
    sim.fault(Fault::on("sendMessage", FaultKind::Portal));
    let portal = send(&bot, ann.id()).await.expect("an answer");
    assert_eq!(portal.status(), 200);
    assert!(
        portal
            .text()
            .await
            .expect("a body")
            .starts_with("<!doctype")
    );
    assert_eq!(sim.calls_of("sendMessage").len(), 2);
    assert!(sim.transcript(&ann).iter().all(|seen| !seen.from_bot));

    sim.fault(Fault::on("sendMessage", FaultKind::SlowBody));
    let slow = send(&bot, ann.id()).await.expect("the head comes at once");
    sim.next_message(&ann).await;
    let whole = tokio::time::timeout(Duration::from_millis(50), slow.text()).await;
    assert!(whole.is_err(), "the body does not");

    sim.fault(Fault::on("sendMessage", FaultKind::Late { millis: 200 }));
    let hung_up = tokio::time::timeout(Duration::from_millis(20), send(&bot, ann.id())).await;
    assert!(hung_up.is_err());
    assert_eq!(sim.calls_of("sendMessage").len(), 3, "not processed yet");
    sim.next_message(&ann).await;
}

#[tokio::test]
async fn a_fault_hits_the_calls_that_it_names_and_no_others() {
    let (sim, bot) = start().await;
    let (ann, ben) = (sim.person("Ann"), sim.person("Ben"));
    ann.starts();
    ben.starts();
    let kind = FaultKind::TooManyRequests { retry_after: 1 };
    sim.fault(
        Fault::on("sendMessage", kind)
            .in_chat(ann.id())
            .at(2)
            .times(2),
    );
    let mut statuses = Vec::new();
    for chat in [ann.id(), ben.id(), ann.id(), ben.id(), ann.id(), ann.id()] {
        statuses.push(send(&bot, chat).await.expect("an answer").status().as_u16());
    }
    assert_eq!(statuses, [200, 200, 429, 200, 429, 200]);
    sim.read_all(&ann);
    sim.read_all(&ben);
}

#[tokio::test]
async fn updates_can_come_twice_and_in_the_wrong_order() {
    let (sim, bot) = start().await;
    let ann = sim.person("Ann");
    ann.says(&ann, "one");
    ann.says(&ann, "two");
    let texts = |updates: Value| -> Vec<String> {
        let text = |update: &Value| {
            update["message"]["text"]
                .as_str()
                .unwrap_or_default()
                .to_owned()
        };
        updates
            .as_array()
            .expect("updates")
            .iter()
            .map(text)
            .collect()
    };
    sim.fault(Fault::on("getUpdates", FaultKind::DuplicateUpdates));
    assert_eq!(
        texts(bot.ok("getUpdates", json!({})).await),
        ["one", "one", "two", "two"]
    );
    sim.fault(Fault::on("getUpdates", FaultKind::ReorderUpdates));
    assert_eq!(
        texts(bot.ok("getUpdates", json!({ "offset": 1 })).await),
        ["two", "one"]
    );
    sim.fault(Fault::on("getUpdates", FaultKind::Conflict));
    assert_eq!(
        bot.raw("getUpdates", json!({ "offset": 2 })).await["error_code"],
        409
    );
}
