//! `setMyCommands`, `getMyCommands`, `deleteMyCommands`: one list per scope and language.

use serde_json::{Value, json};

use super::{ApiError, Args};
use crate::world::World;

const MAX_COMMANDS: usize = 100;
const MAX_NAME: usize = 32;
const MAX_DESCRIPTION: usize = 256;
const SCOPES: [&str; 7] = [
    "default",
    "all_private_chats",
    "all_group_chats",
    "all_chat_administrators",
    "chat",
    "chat_administrators",
    "chat_member",
];

fn key(args: &Args) -> Result<(String, String), ApiError> {
    let scope = match args.json("scope") {
        None => json!({ "type": "default" }),
        Some(parsed) => {
            parsed.map_err(|_| ApiError::bad_request("can't parse BotCommandScope JSON object"))?
        }
    };
    let kind = scope["type"].as_str().unwrap_or_default();
    if !SCOPES.contains(&kind) {
        return Err(ApiError::bad_request(
            "can't parse BotCommandScope: Unsupported type specified",
        ));
    }
    let language = args.text("language_code");
    if !(language.is_empty()
        || language.len() == 2 && language.chars().all(|c| c.is_ascii_lowercase()))
    {
        return Err(ApiError::bad_request("invalid language code specified"));
    }
    Ok((scope.to_string(), language))
}

/// `setMyCommands`.
pub(crate) fn set(world: &mut World, args: &Args) -> Result<Value, ApiError> {
    let unparsable = || ApiError::bad_request("can't parse commands JSON object");
    let commands = args
        .json("commands")
        .ok_or_else(unparsable)?
        .map_err(|_| unparsable())?;
    let list = commands
        .as_array()
        .ok_or_else(|| ApiError::bad_request("expected an Array of BotCommand"))?;
    if list.len() > MAX_COMMANDS {
        return Err(ApiError::bad_request("BOT_COMMANDS_TOO_MUCH"));
    }
    let mut kept = Vec::new();
    for entry in list {
        let name = entry["command"]
            .as_str()
            .unwrap_or_default()
            .trim_start_matches('/');
        let description = entry["description"].as_str().unwrap_or_default();
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if name.is_empty() || name.len() > MAX_NAME || !name.chars().all(allowed) {
            return Err(ApiError::bad_request("BOT_COMMAND_INVALID"));
        }
        if description.is_empty() || description.chars().count() > MAX_DESCRIPTION {
            return Err(ApiError::bad_request("BOT_COMMAND_DESCRIPTION_INVALID"));
        }
        kept.push(json!({ "command": name, "description": description }));
    }
    world.commands.insert(key(args)?, Value::Array(kept));
    Ok(json!(true))
}

/// `getMyCommands`.
pub(crate) fn get(world: &mut World, args: &Args) -> Result<Value, ApiError> {
    Ok(world
        .commands
        .get(&key(args)?)
        .cloned()
        .unwrap_or_else(|| json!([])))
}

/// `deleteMyCommands`.
pub(crate) fn delete(world: &mut World, args: &Args) -> Result<Value, ApiError> {
    world.commands.remove(&key(args)?);
    Ok(json!(true))
}
