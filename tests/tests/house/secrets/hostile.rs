//! Everything that a caller can get wrong with a secret in its hands, and what is answered.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::planted::{NAMING, VALUE, WRONG_KEY, WRONG_WEBHOOK};
use crate::service::House;

impl House {
    /// Sends all of it; every answer, with its head.
    pub(super) async fn is_asked_wrongly(&self, http: &Client) -> anyhow::Result<String> {
        let mut said = String::new();
        let requests = self.wrong_requests(http)?;
        let count = requests.len();
        for request in requests {
            let answer = request.send().await?;
            ensure!(answer.status().is_client_error(), "{answer:?}");
            said.push_str(&whole(answer).await?);
        }
        ensure!(count >= 50, "only {count}");
        for head in [
            format!("GET /{VALUE}\r\n\r\n"),
            format!("GET /{VALUE} HTTP/1.1\r\nhost: {VALUE}\r\n{VALUE}\r\n\r\n"),
            format!("GET /{VALUE} HTTP/9.9\r\nauthorization: Bearer {VALUE}\r\n\r\n"),
            format!("POST /v1/requests HTTP/1.1\r\nhost: x\r\ncontent-length: {VALUE}\r\n\r\n"),
        ] {
            said.push_str(&self.raw(&head).await?);
        }
        Ok(said)
    }

    fn wrong_requests(&self, http: &Client) -> anyhow::Result<Vec<RequestBuilder>> {
        let [key, terminal] = self.keys();
        let call = |method: &Method, path: &str| -> anyhow::Result<RequestBuilder> {
            Ok(http.request(method.clone(), self.url(path)?))
        };
        let submit = |body: String| {
            anyhow::Ok(
                call(&Method::POST, "/v1/requests")?
                    .bearer_auth(key)
                    .body(body),
            )
        };
        let mut requests = Vec::new();
        for body in wrong_bodies() {
            requests.push(submit(body)?);
        }
        // The same wrong texts for the small bodies.
        for (operation, bodies) in [
            (
                "cancel",
                vec![
                    json!({ NAMING: VALUE }),
                    json!({ "reason": [VALUE] }),
                    json!(VALUE),
                ],
            ),
            (
                "claim",
                vec![
                    json!({ "intent_digest": VALUE }),
                    json!({ "intent_digest": { NAMING: 1 } }),
                ],
            ),
            (
                "execution",
                vec![
                    json!({ "result": VALUE }),
                    json!({ "detail": 1, NAMING: VALUE }),
                ],
            ),
            (
                "decision",
                vec![
                    json!({ "decision": VALUE }),
                    json!({ "decision": "answer", "option_id": VALUE }),
                    json!({ "decision": "approve", "reason": VALUE, NAMING: VALUE }),
                ],
            ),
        ] {
            for body in bodies {
                let key = if operation == "decision" {
                    terminal
                } else {
                    key
                };
                let path = format!("/v1/requests/first/{operation}");
                requests.push(call(&Method::POST, &path)?.bearer_auth(key).json(&body));
            }
        }
        let get = &Method::GET;
        for path in [
            format!("/{VALUE}"),
            format!("/v1/{VALUE}?{NAMING}={VALUE}"),
            format!("/v1/requests/{VALUE}"),
            format!("/v1/requests/{VALUE}%2F{NAMING}"),
            format!("/v1/requests/{VALUE}/events"),
            format!("/v1/requests/first?wait_seconds={VALUE}"),
            format!("/v1/requests?{NAMING}={VALUE}"),
            format!("/v1/requests?status={VALUE}&kind={VALUE}&limit={VALUE}&cursor={VALUE}"),
            format!("/v1/events?{NAMING}"),
            format!("/docs/errors/{VALUE}"),
        ] {
            requests.push(call(get, &path)?.bearer_auth(key));
        }
        let list = "/v1/requests";
        requests.extend([
            call(get, list)?.bearer_auth(WRONG_KEY),
            call(get, list)?.bearer_auth(VALUE),
            call(get, list)?.basic_auth("user", Some(VALUE)),
            call(get, list)?.header("authorization", VALUE),
            call(get, list)?.header("authorization", format!("{VALUE} {VALUE}")),
            call(get, list)?.header("cookie", format!("session={VALUE}")),
            call(get, list)?.header("x-api-key", WRONG_KEY),
            call(
                &Method::from_bytes(b"HUNTER2")?,
                &format!("/v1/requests?{NAMING}"),
            )?
            .bearer_auth(key),
            call(get, "/v1/events")?
                .bearer_auth(key)
                .header("last-event-id", VALUE),
            call(get, "/v1/requests/nobody")?
                .bearer_auth(key)
                .header("x-request-id", NAMING),
            submit("{}".to_owned())?.header("content-type", VALUE),
            submit("{}".to_owned())?.header("content-encoding", VALUE),
            call(&Method::POST, "/v1/requests")?
                .bearer_auth(terminal)
                .body(VALUE),
            self.posts_update(http, WRONG_WEBHOOK, VALUE.to_owned())?,
        ]);
        Ok(requests)
    }

    /// Somebody posts to the webhook.
    pub(super) fn posts_update(
        &self,
        http: &Client,
        secret: &str,
        body: String,
    ) -> anyhow::Result<RequestBuilder> {
        let bot = self.sim.bot_token().split(':').next().context("an id")?;
        let url = self.url(&format!("/telegram/{bot}"))?;
        Ok(http
            .post(url)
            .header("x-telegram-bot-api-secret-token", secret)
            .body(body))
    }

    /// Bytes that no client of HTTP would send.
    async fn raw(&self, head: &str) -> anyhow::Result<String> {
        let url = self.url("")?;
        let mut stream = TcpStream::connect(url.trim_start_matches("http://")).await?;
        stream.write_all(head.as_bytes()).await?;
        let mut answer = Vec::new();
        let reading = stream.read_to_end(&mut answer);
        tokio::time::timeout(Duration::from_secs(20), reading)
            .await
            .context("it says nothing")??;
        let answer = String::from_utf8(answer)?;
        ensure!(answer.starts_with("HTTP/1.1 4"), "{answer}");
        Ok(answer)
    }
}

/// An answer with its head.
pub(super) async fn whole(answer: Response) -> anyhow::Result<String> {
    let head = format!("{} {:?}\n", answer.status(), answer.headers());
    Ok(head + &answer.text().await? + "\n")
}

/// Bodies of a submit that are all refused.
fn wrong_bodies() -> Vec<String> {
    let with = |field: &str, value: Value| {
        let mut body = json!({ "correlation_id": "wrong", "kind": "approval", "title": "t",
            "action": { "tool": "t", "arguments": {} } });
        body[field] = value;
        body.to_string()
    };
    let long = |times: usize| VALUE.repeat(times);
    let mut bodies = vec![
        format!("{{\"title\": \"{VALUE}"),
        format!("{{\"title\": {VALUE}}}"),
        format!("{{\"{NAMING}\": {{\"{NAMING}\": \"{VALUE}\" {VALUE}"),
        format!("{{}} {VALUE}"),
        format!("\"{VALUE}\""),
        format!("[\"{VALUE}\"]"),
        format!("{{\"{NAMING}\": {{\"x\": \"{VALUE}\\ud800\"}}}}"),
        format!("{{\"{NAMING}\": \"\\u0001{VALUE}\u{1}\"}}"),
        format!("{{\"{NAMING}\": 1, \"{NAMING}\": \"{VALUE}\"}}"),
        format!("{{\"$serde_json::private::{NAMING}\": \"{VALUE}\"}}"),
        json!({ NAMING: VALUE, "nested": { NAMING: [VALUE] } }).to_string(),
        json!({ "action": { "tool": [VALUE], "arguments": { NAMING: u64::MAX } } }).to_string(),
        json!({ "action": { "tool": "t", "arguments": VALUE, NAMING: VALUE } }).to_string(),
        json!({ "kind": "question", "title": "t", "options": [{ "id": VALUE }, { "id": VALUE, NAMING: 1 }] }).to_string(),
        with("correlation_id", format!("{VALUE} {VALUE}").into()),
        with("route", VALUE.into()),
        with("language", format!("{VALUE}-{VALUE}").into()),
        with("risk", VALUE.into()),
        with("ttl_seconds", VALUE.into()),
        with("allow_custom", VALUE.into()),
        with("title", long(20).into()),
        with("title", format!("{VALUE}\u{202e}{VALUE}").into()),
        with("context", long(300).into()),
        with("context", long(9_000).into()),
        with("links", json!([{ "label": [VALUE], "url": format!("https://u:{VALUE}@h.example/") }])),
        with("links", json!(VALUE)),
        with("requester", json!({ "agent": { NAMING: VALUE } })),
        with("action", json!({ "tool": "t", "arguments": { "x": long(3_000) } })),
    ];
    // The host itself is named in the answer: whoever asks must learn which is not on the list.
    for url in [
        format!("http://u:{VALUE}@127.0.0.1/"),
        format!("{VALUE}://127.0.0.1/"),
        format!("http://192.0.2.1/{VALUE}?token={VALUE}"),
        format!("http://127.0.0.1/#{VALUE}"),
        format!("http://127.0.0.1:{VALUE}/"),
    ] {
        bodies.push(with("callback", json!({ "url": url })));
    }
    bodies
}
