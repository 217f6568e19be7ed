//! What people do, as JSON: `/sim/persons/…`.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use serde::Deserialize;
use serde_json::{Value, json};

use super::reply::{Body, Params, Problem, Reply, Sim};
use crate::error::Error;
use crate::people::links;
use crate::world::{Attachment, PersonDraft, Place, SoundKind, World};

/// A new person.
#[derive(Deserialize)]
pub(crate) struct NewPerson {
    first_name: String,
    id: Option<i64>,
    last_name: Option<String>,
    username: Option<String>,
    language_code: Option<String>,
    #[serde(default)]
    is_bot: bool,
}

/// `POST /sim/persons`
pub(crate) async fn create(State(sim): Sim, Body(new): Body<NewPerson>) -> Reply {
    let draft = PersonDraft {
        id: new.id,
        first_name: new.first_name,
        last_name: new.last_name,
        username: new.username,
        language_code: new.language_code.or_else(|| Some("en".to_owned())),
        is_bot: new.is_bot,
    };
    let id = sim.change(|world| world.add_person(draft));
    Ok(Json(json!({ "id": id })))
}

/// A typed message.
#[derive(Deserialize)]
pub(crate) struct Says {
    chat: Option<i64>,
    text: String,
    reply_to: Option<i64>,
    thread: Option<i64>,
}

/// `POST /sim/persons/{id}/says`; without `chat`, to the bot.
pub(crate) async fn says(State(sim): Sim, Path(id): Path<i64>, Body(says): Body<Says>) -> Reply {
    let place = Place {
        reply_to: says.reply_to,
        thread: says.thread,
    };
    let chat = says.chat.unwrap_or(id);
    seen(&sim, chat, |world| world.say(id, chat, &says.text, place))
}

/// Where the person comes from.
#[derive(Deserialize, Default)]
pub(crate) struct Starts {
    payload: Option<String>,
    /// A whole deep link instead of its payload.
    link: Option<String>,
}

/// `POST /sim/persons/{id}/starts`
pub(crate) async fn starts(
    State(sim): Sim,
    Path(id): Path<i64>,
    Body(starts): Body<Starts>,
) -> Reply {
    seen(&sim, id, |world| {
        let payload = match &starts.link {
            Some(link) => Some(links::start_payload(world, link)?),
            None => starts.payload.clone(),
        };
        let text = payload.map_or_else(
            || "/start".to_owned(),
            |payload| format!("/start {payload}"),
        );
        world.say(id, id, &text, Place::default())
    })
}

/// A recording or a file; the request's body is the content.
#[derive(Deserialize)]
pub(crate) struct Upload {
    chat: Option<i64>,
    reply_to: Option<i64>,
    thread: Option<i64>,
    #[serde(default)]
    seconds: u32,
    file_name: Option<String>,
    declared_size: Option<u64>,
}

/// `POST /sim/persons/{id}/voice?seconds=…` with the recording as the body.
pub(crate) async fn voice(
    State(sim): Sim,
    Path(id): Path<i64>,
    Params(upload): Params<Upload>,
    headers: HeaderMap,
    body: Bytes,
) -> Reply {
    let (chat, seconds) = (upload.chat.unwrap_or(id), upload.seconds);
    let (attachment, place) = attachment(upload, &headers, body, "audio/ogg");
    seen(&sim, chat, |world| {
        world.speak(id, chat, SoundKind::Voice, (attachment, seconds), place)
    })
}

/// `POST /sim/persons/{id}/file?file_name=…` with the file as the body.
pub(crate) async fn file(
    State(sim): Sim,
    Path(id): Path<i64>,
    Params(upload): Params<Upload>,
    headers: HeaderMap,
    body: Bytes,
) -> Reply {
    let chat = upload.chat.unwrap_or(id);
    let (attachment, place) = attachment(upload, &headers, body, "application/octet-stream");
    seen(&sim, chat, |world| {
        world.send_file(id, chat, attachment, place)
    })
}

fn attachment(
    upload: Upload,
    headers: &HeaderMap,
    bytes: Bytes,
    default: &str,
) -> (Attachment, Place) {
    let declared = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let place = Place {
        reply_to: upload.reply_to,
        thread: upload.thread,
    };
    let attachment = Attachment {
        bytes,
        mime_type: declared.unwrap_or(default).to_owned(),
        file_name: upload.file_name,
        declared_size: upload.declared_size,
    };
    (attachment, place)
}

/// A press: by the visible label, or with raw data.
#[derive(Deserialize)]
pub(crate) struct Taps {
    chat: Option<i64>,
    message_id: i64,
    label: Option<String>,
    data: Option<String>,
}

/// `POST /sim/persons/{id}/taps`
pub(crate) async fn taps(State(sim): Sim, Path(id): Path<i64>, Body(taps): Body<Taps>) -> Reply {
    let chat = taps.chat.unwrap_or(id);
    let query = sim.change(|world| match (&taps.label, &taps.data) {
        (Some(label), None) => world
            .tap(id, chat, taps.message_id, label)
            .map_err(Problem::from),
        (None, Some(data)) => world
            .press(id, chat, taps.message_id, data)
            .map_err(Problem::from),
        _ => Err(Problem::new(
            axum::http::StatusCode::BAD_REQUEST,
            "give either a label or data",
        )),
    })?;
    Ok(Json(json!({ "query_id": query })))
}

/// A message that is to be changed.
#[derive(Deserialize)]
pub(crate) struct Target {
    chat: Option<i64>,
    message_id: i64,
    text: Option<String>,
    to: Option<i64>,
}

/// `POST /sim/persons/{id}/edits`
pub(crate) async fn edits(
    State(sim): Sim,
    Path(id): Path<i64>,
    Body(target): Body<Target>,
) -> Reply {
    let (chat, message) = (target.chat.unwrap_or(id), target.message_id);
    let text = target.text.unwrap_or_default();
    seen(&sim, chat, |world| {
        world.edit_own(id, chat, message, &text).map(|()| message)
    })
}

/// `POST /sim/persons/{id}/deletes`
pub(crate) async fn deletes(
    State(sim): Sim,
    Path(id): Path<i64>,
    Body(target): Body<Target>,
) -> Reply {
    let chat = target.chat.unwrap_or(id);
    sim.change(|world| {
        world.visible_chat(id, chat)?;
        world.delete(chat, target.message_id)
    })?;
    Ok(Json(json!({})))
}

/// `POST /sim/persons/{id}/forwards`; without `to`, into the private chat with the bot.
pub(crate) async fn forwards(
    State(sim): Sim,
    Path(id): Path<i64>,
    Body(target): Body<Target>,
) -> Reply {
    let (chat, to) = (target.chat.unwrap_or(id), target.to.unwrap_or(id));
    seen(&sim, to, |world| {
        world.forward(id, chat, target.message_id, to)
    })
}

/// `POST /sim/persons/{id}/blocks`
pub(crate) async fn blocks(State(sim): Sim, Path(id): Path<i64>) -> Reply {
    sim.change(|world| world.set_blocked(id, true))?;
    Ok(Json(json!({})))
}

/// `POST /sim/persons/{id}/unblocks`
pub(crate) async fn unblocks(State(sim): Sim, Path(id): Path<i64>) -> Reply {
    sim.change(|world| world.set_blocked(id, false))?;
    Ok(Json(json!({})))
}

/// Does something that makes or changes a message, and returns it as the person sees it.
fn seen(
    sim: &crate::shared::Shared,
    chat: i64,
    act: impl FnOnce(&mut World) -> Result<i64, Error>,
) -> Result<Json<Value>, Problem> {
    let message = sim.change(|world| act(world).map(|id| world.seen(chat, id)))?;
    Ok(Json(json!(message)))
}
