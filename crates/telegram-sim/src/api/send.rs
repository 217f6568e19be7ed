//! `sendMessage`, `sendDocument`, `sendVoice`, `sendChatAction`.

use serde_json::{Value, json};

use super::{ApiError, Args, Upload, markup};
use crate::text::{self, Formatted, MAX_RAW_BYTES, Markup as TextMarkup, Role};
use crate::wire::{Document, InputEntity, Voice};
use crate::world::{Access, Content, Outgoing, ReplyWish, StoredFile, World};

/// Bots may send files of up to 50 MB.
const MAX_UPLOAD: usize = 50 * 1024 * 1024;
/// How long a client shows what the bot is doing, unless a message comes first.
const ACTION_LIFE_MS: i64 = 5_000;
const ACTIONS: [&str; 11] = [
    "typing",
    "upload_photo",
    "record_video",
    "upload_video",
    "record_voice",
    "upload_voice",
    "upload_document",
    "choose_sticker",
    "find_location",
    "record_video_note",
    "upload_video_note",
];

/// `sendMessage`.
pub(crate) fn message(world: &mut World, args: &Args) -> Result<Value, ApiError> {
    let raw = args.text("text");
    if raw.is_empty() {
        return Err(ApiError::bad_request("message text is empty"));
    }
    let formatted = formatted(world, args, &raw, "entities", Role::Message)?;
    post(world, args, Content::Text(formatted))
}

/// `sendDocument`.
pub(crate) fn document(world: &mut World, args: &Args) -> Result<Value, ApiError> {
    let (file_id, file) = attachment(world, args, "document", "documents")?;
    let document = Document {
        file_id,
        file_unique_id: file.unique_id,
        file_name: file.file_name,
        mime_type: file.mime_type,
        file_size: Some(file.size),
    };
    let caption = caption(world, args)?;
    post(world, args, Content::Document(document, caption))
}

/// `sendVoice`.
pub(crate) fn voice(world: &mut World, args: &Args) -> Result<Value, ApiError> {
    let (file_id, file) = attachment(world, args, "voice", "voice")?;
    let voice = Voice {
        file_id,
        file_unique_id: file.unique_id,
        duration: args
            .int("duration")
            .and_then(|seconds| u32::try_from(seconds).ok())
            .unwrap_or(0),
        mime_type: file.mime_type,
        file_size: Some(file.size),
    };
    let caption = caption(world, args)?;
    post(world, args, Content::Voice(voice, caption))
}

/// `sendChatAction`.
pub(crate) fn chat_action(world: &mut World, args: &Args) -> Result<Value, ApiError> {
    let chat = world.reach(&args.text("chat_id"), Access::Write)?.id;
    let action = args.text("action").to_ascii_lowercase();
    if !ACTIONS.contains(&action.as_str()) {
        return Err(ApiError::bad_request("wrong parameter action in request"));
    }
    let until = world.clock.unix_ms() + ACTION_LIFE_MS;
    if let Some(chat) = world.chats.get_mut(&chat) {
        chat.action = Some((action, until));
    }
    Ok(json!(true))
}

fn post(world: &mut World, args: &Args, content: Content) -> Result<Value, ApiError> {
    let chat_id = args.text("chat_id");
    let markup = markup::read(args, args.int("chat_id").is_some_and(|id| id > 0))?;
    let outgoing = Outgoing {
        chat_id,
        content,
        thread: args.int("message_thread_id").filter(|thread| *thread > 0),
        reply: reply(args)?,
        markup,
        protect: args.flag("protect_content"),
        silent: args.flag("disable_notification"),
    };
    world.post(outgoing)
}

/// `reply_parameters`, or the older pair of parameters that it replaced.
fn reply(args: &Args) -> Result<Option<ReplyWish>, ApiError> {
    let Some(parsed) = args.json("reply_parameters") else {
        let or_without = args.flag("allow_sending_without_reply");
        return Ok(args
            .int("reply_to_message_id")
            .filter(|id| *id > 0)
            .map(|message_id| ReplyWish {
                message_id,
                or_without,
            }));
    };
    let value =
        parsed.map_err(|_| ApiError::bad_request("can't parse reply parameters JSON object"))?;
    let Some(object) = value.as_object() else {
        return Err(ApiError::bad_request("object expected as reply parameters"));
    };
    if object.is_empty() {
        return Ok(None);
    }
    let other_chat = value
        .get("chat_id")
        .filter(|chat| !chat.is_null())
        .map(|chat| match chat {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        });
    if other_chat.is_some_and(|other| other != args.text("chat_id")) {
        return Err(ApiError::bad_request("message to be replied not found"));
    }
    let message_id = value["message_id"]
        .as_i64()
        .ok_or_else(|| ApiError::bad_request("can't find field \"message_id\""))?;
    let or_without = value["allow_sending_without_reply"]
        .as_bool()
        .unwrap_or(false);
    Ok(Some(ReplyWish {
        message_id,
        or_without,
    }))
}

/// Parses a text parameter with its markup.
pub(crate) fn formatted(
    world: &World,
    args: &Args,
    raw: &str,
    entities: &str,
    role: Role,
) -> Result<Formatted, ApiError> {
    if raw.len() > MAX_RAW_BYTES {
        return Err(ApiError::bad_request("text is too long"));
    }
    let markup = match args.text("parse_mode").to_ascii_lowercase().as_str() {
        "html" => TextMarkup::Html,
        "" | "none" => TextMarkup::Entities(listed_entities(args, entities)?),
        _ => return Err(ApiError::bad_request("unsupported parse_mode")),
    };
    text::format(raw, markup, role, &|id| world.user(id)).map_err(ApiError::bad_request)
}

fn listed_entities(args: &Args, name: &str) -> Result<Vec<InputEntity>, ApiError> {
    match args.json(name) {
        None => Ok(Vec::new()),
        Some(value) => value
            .and_then(serde_json::from_value)
            .map_err(|_| ApiError::bad_request("can't parse entities JSON object")),
    }
}

/// The caption of a file; may be missing.
pub(crate) fn caption(world: &World, args: &Args) -> Result<Formatted, ApiError> {
    formatted(
        world,
        args,
        &args.text("caption"),
        "caption_entities",
        Role::Caption,
    )
}

/// An uploaded file, or one that the bot names by its id.
fn attachment(
    world: &mut World,
    args: &Args,
    field: &str,
    folder: &str,
) -> Result<(String, StoredFile), ApiError> {
    if let Some(upload) = args.upload(field) {
        let Upload {
            file_name,
            mime_type,
            bytes,
        } = upload.clone();
        if bytes.is_empty() {
            return Err(ApiError::bad_request("file must be non-empty"));
        }
        if bytes.len() > MAX_UPLOAD {
            return Err(ApiError {
                code: 413,
                ..ApiError::new(413, "Request Entity Too Large")
            });
        }
        // Refused sends must not leave the file behind.
        world.reach(&args.text("chat_id"), Access::Write)?;
        return Ok(world.files.add(folder, bytes, file_name, mime_type, None));
    }
    let named = args.text(field);
    if named.is_empty() {
        return Err(ApiError::bad_request(format!(
            "there is no {field} in the request"
        )));
    }
    if named.starts_with("http://") || named.starts_with("https://") {
        // The simulator has no network, and never will.
        return Err(ApiError::bad_request("failed to get HTTP URL content"));
    }
    match world.files.get(&named) {
        Some(file) => Ok((named.clone(), file.clone())),
        None => Err(ApiError::bad_request(
            "wrong remote file identifier specified: Wrong string length",
        )),
    }
}
