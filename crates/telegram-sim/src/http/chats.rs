//! Looking at chats and waiting for the bot, as JSON: `/sim/chats/…`, `/sim/taps/…`, `/sim/files/…`.

use std::time::Duration;

use axum::Json;
use axum::body::Body as HttpBody;
use axum::extract::{Path, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::{HeaderValue, Response, StatusCode};
use serde::Deserialize;
use serde_json::json;

use super::reply::{Body, Params, Problem, Reply, Sim};
use crate::people::SeenMessage;
use crate::people::waits::{mark_read, take_unread, until};

/// Waits over HTTP end after this time unless the caller says otherwise.
const DEFAULT_WAIT_MS: u64 = 10_000;
/// No wait is longer than this.
const MAX_WAIT_MS: u64 = 120_000;

/// What to wait for. All given conditions must hold.
#[derive(Deserialize, Default)]
pub(crate) struct Wish {
    /// The text contains this.
    text: Option<String>,
    /// A button's label contains this.
    button: Option<String>,
    /// This message, rather than an unread one …
    message_id: Option<i64>,
    /// … with more edits than this.
    after_revision: Option<u64>,
    timeout_ms: Option<u64>,
}

impl Wish {
    fn suits(&self, message: &SeenMessage) -> bool {
        self.text
            .as_ref()
            .is_none_or(|text| message.text.contains(text.as_str()))
            && self.button.as_ref().is_none_or(|b| {
                message
                    .labels()
                    .iter()
                    .any(|label| label.contains(b.as_str()))
            })
    }

    fn timeout(&self) -> Duration {
        Duration::from_millis(self.timeout_ms.unwrap_or(DEFAULT_WAIT_MS).min(MAX_WAIT_MS))
    }
}

/// `GET /sim/chats/{id}/transcript`
pub(crate) async fn transcript(State(sim): Sim, Path(id): Path<i64>) -> Reply {
    let messages = sim.quietly(|world| world.chat(id).map(|_| world.transcript(id)))?;
    Ok(Json(json!(messages)))
}

/// `GET /sim/chats/{id}/wait`: the next unread bot message that suits (it becomes read), or an edit of `message_id`.
pub(crate) async fn wait(
    State(sim): Sim,
    Path(id): Path<i64>,
    Params(wish): Params<Wish>,
) -> Reply {
    sim.quietly(|world| world.chat(id).map(|_| ()))?;
    let found = until(
        &sim,
        wish.timeout(),
        |world| match wish.message_id {
            None => take_unread(world, id, &|message| wish.suits(message)),
            Some(message) => world.seen(id, message).filter(|seen| {
                wish.after_revision
                    .is_none_or(|revision| seen.revision > revision)
                    && wish.suits(seen)
            }),
        },
        |world| format!("nothing suitable came; {}", world.report(id)),
    )
    .await?;
    Ok(Json(json!(found)))
}

/// Which messages were read.
#[derive(Deserialize, Default)]
pub(crate) struct Read {
    message_id: Option<i64>,
}

/// `POST /sim/chats/{id}/read`
pub(crate) async fn read(State(sim): Sim, Path(id): Path<i64>, Body(read): Body<Read>) -> Reply {
    sim.quietly(|world| world.chat(id).map(|_| ()))?;
    sim.change(|world| mark_read(world, id, read.message_id));
    Ok(Json(json!({})))
}

/// `GET /sim/unread`: bot messages that nobody has read.
pub(crate) async fn unread(State(sim): Sim) -> Reply {
    let unread = sim.quietly(|world| world.unread());
    let list: Vec<_> = unread
        .iter()
        .map(|(chat, message)| json!({ "chat": chat, "message_id": message }))
        .collect();
    Ok(Json(json!(list)))
}

/// `GET /sim/taps/{query_id}`: waits for the answer to a press.
pub(crate) async fn tap_answer(
    State(sim): Sim,
    Path(query): Path<String>,
    Params(wish): Params<Wish>,
) -> Reply {
    let known = sim.quietly(|world| world.presses.get(&query).map(|press| press.chat));
    let chat =
        known.ok_or_else(|| Problem::new(StatusCode::NOT_FOUND, "there is no such press"))?;
    let answer = until(
        &sim,
        wish.timeout(),
        |world| {
            world
                .presses
                .get(&query)
                .and_then(|press| press.answer.clone())
        },
        |world| format!("the press was not answered; {}", world.report(chat)),
    )
    .await?;
    Ok(Json(json!(answer)))
}

/// `GET /sim/files/{file_id}`: a file as a person opens it.
pub(crate) async fn file(
    State(sim): Sim,
    Path(id): Path<String>,
) -> Result<Response<HttpBody>, Problem> {
    let file = sim.quietly(|world| world.files.get(&id).cloned());
    let file = file.ok_or_else(|| Problem::new(StatusCode::NOT_FOUND, "there is no such file"))?;
    let mut response = Response::new(HttpBody::from(file.bytes));
    // Never the declared type, sound excepted: a file from a bot must not run as a page of this origin.
    let plain = file
        .mime_type
        .as_deref()
        .is_some_and(|kind| kind == "application/json" || kind.starts_with("text/"));
    let audio = file.mime_type.filter(|kind| kind.starts_with("audio/"));
    let kind = match audio {
        Some(audio) => audio,
        None if plain => "text/plain; charset=utf-8".to_owned(),
        None => "application/octet-stream".to_owned(),
    };
    let headers = response.headers_mut();
    let octets = HeaderValue::from_static("application/octet-stream");
    headers.insert(CONTENT_TYPE, HeaderValue::from_str(&kind).unwrap_or(octets));
    headers.insert(
        "x-content-type-options",
        HeaderValue::from_static("nosniff"),
    );
    let name: String = file
        .file_name
        .as_deref()
        .unwrap_or("file")
        .chars()
        .filter(|character| safe_in_header(*character))
        .collect();
    if let Ok(value) = HeaderValue::from_str(&format!("inline; filename=\"{name}\"")) {
        headers.insert(CONTENT_DISPOSITION, value);
    }
    Ok(response)
}

fn safe_in_header(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '.' | '-' | '_' | ' ')
}
