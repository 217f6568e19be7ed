//! `pinChatMessage`, `unpinChatMessage`, `unpinAllChatMessages`, `leaveChat`.

use serde_json::{Value, json};

use super::{ApiError, Args};
use crate::wire::ChatType;
use crate::world::{Access, Chat, Membership, World};

fn may_pin(chat: &Chat) -> Result<(), ApiError> {
    // In basic groups every member may pin; in supergroups it is a right.
    if chat.kind == ChatType::Supergroup && !chat.bot.is_admin() {
        return Err(ApiError::bad_request(
            "not enough rights to manage pinned messages in the chat",
        ));
    }
    Ok(())
}

/// `pinChatMessage`.
pub(crate) fn pin(world: &mut World, args: &Args) -> Result<Value, ApiError> {
    let found = world.reach_message(
        &args.text("chat_id"),
        args.int("message_id"),
        Access::Write,
        "message to pin",
    )?;
    let (chat, stored) = found;
    may_pin(chat)?;
    let (chat, message) = (chat.id, stored.message.message_id);
    let shown = world.shown_json(chat, message);
    if let Some(chat) = world.chats.get_mut(&chat) {
        chat.pinned.retain(|pinned| *pinned != message);
        chat.pinned.push(message);
    }
    let bot = world.bot.user.id;
    world
        .service(chat, bot, None, json!({ "pinned_message": shown }))
        .map_err(|_| ApiError::bad_request("chat not found"))?;
    Ok(json!(true))
}

/// `unpinChatMessage`.
pub(crate) fn unpin(world: &mut World, args: &Args) -> Result<Value, ApiError> {
    let chat = world.reach(&args.text("chat_id"), Access::Write)?;
    may_pin(chat)?;
    let chat = chat.id;
    let message = args.int("message_id");
    if let Some(chat) = world.chats.get_mut(&chat) {
        match message {
            Some(message) if !chat.pinned.contains(&message) => {
                return Err(ApiError::bad_request("message to unpin not found"));
            }
            Some(message) => chat.pinned.retain(|pinned| *pinned != message),
            None => drop(chat.pinned.pop()),
        }
    }
    Ok(json!(true))
}

/// `unpinAllChatMessages`.
pub(crate) fn unpin_all(world: &mut World, args: &Args) -> Result<Value, ApiError> {
    let chat = world.reach(&args.text("chat_id"), Access::Write)?;
    may_pin(chat)?;
    let chat = chat.id;
    if let Some(chat) = world.chats.get_mut(&chat) {
        chat.pinned.clear();
    }
    Ok(json!(true))
}

/// `leaveChat`.
pub(crate) fn leave(world: &mut World, args: &Args) -> Result<Value, ApiError> {
    let chat = world.reach(&args.text("chat_id"), Access::Edit)?;
    if !chat.is_group() {
        return Err(ApiError::bad_request(
            "chat member status can't be changed in private chats",
        ));
    }
    let chat = chat.id;
    if let Some(chat) = world.chats.get_mut(&chat) {
        chat.bot = Membership::Left;
    }
    Ok(json!(true))
}
