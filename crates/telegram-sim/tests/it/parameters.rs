//! The same call in every encoding and case.

use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use super::start;

#[tokio::test]
async fn methods_take_any_case_and_get_or_post_in_every_encoding() {
    let (sim, bot) = start().await;
    let ann = sim.person("Ann");
    ann.starts();
    let chat = ann.id();
    let keyboard =
        json!({ "inline_keyboard": [[{ "text": "Go", "callback_data": "go" }]] }).to_string();
    let query = [
        ("chat_id", chat.to_string()),
        ("text", "<i>a & b</i>".to_owned()),
    ];
    let query = query.iter().cloned().chain([
        ("parse_mode", "html".to_owned()),
        ("reply_markup", keyboard.clone()),
    ]);
    let pairs: Vec<(&str, String)> = query.collect();
    let mut url = reqwest::Url::parse(&bot.url("SENDMESSAGE")).expect("a URL");
    url.query_pairs_mut().extend_pairs(pairs.iter());
    let form: String = url.query().expect("a query").to_owned();
    let multipart = pairs.iter().fold(Form::new(), |form, (name, value)| {
        form.text((*name).to_owned(), value.clone())
    });
    let object: serde_json::Map<String, Value> = pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), json!(value)))
        .collect();
    let requests = [
        bot.client.get(url),
        bot.client
            .post(bot.url("SendMessage"))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form),
        bot.client.post(bot.url("sendmessage")).multipart(multipart),
        bot.client.post(bot.url("sendMessage")).json(&object),
    ];
    for request in requests {
        let answer: Value = request
            .send()
            .await
            .expect("an answer")
            .json()
            .await
            .expect("JSON");
        assert_eq!(answer["ok"], true, "{answer}");
        let message = sim.next_message(&ann).await;
        assert_eq!(message.part("italic").as_deref(), Some("a & b"));
        assert_eq!(message.labels(), ["Go"]);
    }
    let methods: Vec<String> = sim.calls().into_iter().map(|call| call.method).collect();
    assert_eq!(
        methods, ["sendMessage"; 4],
        "records use the documentation's spelling"
    );
}

#[tokio::test]
async fn documents_come_by_upload_by_reference_and_again_by_id() {
    let (sim, bot) = start().await;
    let ann = sim.person("Ann");
    ann.starts();
    let part = || {
        Part::text("{\"a\":1}")
            .file_name("arguments.json")
            .mime_str("application/json")
            .expect("a type")
    };
    let plain = Form::new()
        .text("chat_id", ann.id().to_string())
        .text("caption", "<b>All</b> arguments")
        .text("parse_mode", "HTML")
        .part("document", part());
    let by_reference = Form::new()
        .text("chat_id", ann.id().to_string())
        .text("document", "attach://whatever")
        .part("whatever", part());
    for form in [plain, by_reference] {
        let response = bot
            .client
            .post(bot.url("sendDocument"))
            .multipart(form)
            .send()
            .await
            .expect("an answer");
        assert_eq!(response.status(), 200);
        let message = sim.next_message(&ann).await;
        let document = message.document.as_ref().expect("a document");
        assert_eq!(document.file_name.as_deref(), Some("arguments.json"));
        assert_eq!(document.file_size, Some(7));
        assert_eq!(
            message.file_bytes().map(|bytes| &bytes[..]),
            Some(&b"{\"a\":1}"[..])
        );
    }
    let first = &sim.transcript(&ann)[1];
    assert_eq!(first.part("bold").as_deref(), Some("All"));
    let id = &first.document.as_ref().expect("a document").file_id;
    bot.ok(
        "sendDocument",
        json!({ "chat_id": ann.id(), "document": id }),
    )
    .await;
    let again = sim.next_message(&ann).await;
    assert_eq!(again.file_bytes().map(bytes::Bytes::len), Some(7));
    bot.ok(
        "editMessageCaption",
        json!({ "chat_id": ann.id(), "message_id": again.message_id, "caption": "again" }),
    )
    .await;
    assert_eq!(sim.wait_for_edit(&again, |_| true).await.text, "again");
    let text = json!({ "chat_id": ann.id(), "message_id": again.message_id, "text": "x" });
    let refusal = bot.refused("editMessageText", text).await;
    assert_eq!(
        refusal,
        "Bad Request: there is no text in the message to edit"
    );
    let long = json!({ "chat_id": ann.id(), "document": id, "caption": "x".repeat(1025) });
    assert_eq!(
        bot.refused("sendDocument", long).await,
        "Bad Request: message caption is too long"
    );
}

#[tokio::test]
async fn commands_are_kept_per_language() {
    let (sim, bot) = start().await;
    let list = |word: &str| json!([{ "command": "pending", "description": word }]);
    bot.ok("setMyCommands", json!({ "commands": list("What waits") }))
        .await;
    bot.ok(
        "setMyCommands",
        json!({ "commands": list("Что ждёт"), "language_code": "ru" }),
    )
    .await;
    assert_eq!(
        bot.ok("getMyCommands", json!({ "language_code": "ru" }))
            .await,
        list("Что ждёт")
    );
    assert_eq!(
        sim.commands(""),
        [("pending".to_owned(), "What waits".to_owned())]
    );
    bot.ok("deleteMyCommands", json!({ "language_code": "ru" }))
        .await;
    assert_eq!(
        bot.ok("getMyCommands", json!({ "language_code": "ru" }))
            .await,
        json!([])
    );
}

#[tokio::test]
async fn a_connection_outlives_a_form_with_something_after_its_last_boundary() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    let (sim, bot) = start().await;
    let ann = sim.person("Ann");
    ann.starts();
    let address = bot.root.trim_start_matches("http://");
    let mut stream = tokio::net::TcpStream::connect(address)
        .await
        .expect("a connection");
    let part = |name: &str, value: String| {
        format!("--b\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let body = part("chat_id", ann.id().to_string()) + &part("text", "x".to_owned()) + "--b--\r\n";
    let tail = "epilogue that nobody needs";
    let head = format!(
        "POST /bot{}/sendMessage HTTP/1.1\r\nhost: sim\r\ncontent-type: multipart/form-data; boundary=b\r\n\
         content-length: {}\r\n\r\n",
        bot.token,
        body.len() + tail.len()
    );
    for _ in 0..2 {
        stream
            .write_all((head.clone() + &body).as_bytes())
            .await
            .expect("a write");
        stream.flush().await.expect("a flush");
        // The tail comes late, as the last packet of a large upload does.
        tokio::task::yield_now().await;
        stream
            .write_all(tail.as_bytes())
            .await
            .expect("a connection that is still open");
        let mut answer = vec![0; 4096];
        let length = stream.read(&mut answer).await.expect("an answer");
        let answer = String::from_utf8_lossy(&answer[..length]).into_owned();
        assert!(
            answer.starts_with("HTTP/1.1 200") && answer.contains("\"ok\":true"),
            "{answer}"
        );
    }
    sim.read_all(&ann);
}
