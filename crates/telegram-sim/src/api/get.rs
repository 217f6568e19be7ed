//! Questions without effect: `getMe`, `getChat`, `getChatMember`, `getFile`.

use serde_json::{Value, json};

use super::{ApiError, Args};
use crate::wire::ChatType;
use crate::world::{Access, MAX_DOWNLOAD, Membership, World};

/// `getMe`.
#[expect(
    clippy::unnecessary_wraps,
    reason = "the method table wants one signature"
)]
pub(crate) fn me(world: &mut World, _: &Args) -> Result<Value, ApiError> {
    let mut me = json!(world.bot.user);
    me["can_join_groups"] = json!(true);
    me["can_read_all_group_messages"] = json!(!world.bot.privacy_mode);
    me["supports_inline_queries"] = json!(false);
    me["can_connect_to_business"] = json!(false);
    me["has_main_web_app"] = json!(false);
    Ok(me)
}

/// `getChat`.
pub(crate) fn chat(world: &mut World, args: &Args) -> Result<Value, ApiError> {
    let chat = world.reach(&args.text("chat_id"), Access::Read)?;
    let mut full = json!(world.wire_chat(chat));
    full["accent_color_id"] = json!(chat.id.rem_euclid(7));
    full["max_reaction_count"] = json!(11);
    full["accepted_gift_types"] = json!({
        "unlimited_gifts": false, "limited_gifts": false, "unique_gifts": false, "premium_subscription": false,
        "gifts_from_channels": false,
    });
    if chat.is_group() {
        full["permissions"] = json!({ "can_send_messages": true, "can_send_voice_notes": true });
    }
    if let Some(pinned) = chat.pinned.last() {
        full["pinned_message"] = world.shown_json(chat.id, *pinned);
    }
    Ok(full)
}

/// `getChatMember`.
pub(crate) fn chat_member(world: &mut World, args: &Args) -> Result<Value, ApiError> {
    let chat = world.reach(&args.text("chat_id"), Access::Read)?;
    let id = args.int("user_id").filter(|id| *id > 0);
    let id = id.ok_or_else(|| ApiError::bad_request("invalid user_id specified"))?;
    let user = world
        .user(id)
        .ok_or_else(|| ApiError::bad_request("user not found"))?;
    let membership = if id == world.bot.user.id {
        chat.bot
    } else if chat.kind == ChatType::Private {
        if chat.id == id {
            Membership::Member
        } else {
            Membership::Left
        }
    } else {
        chat.membership(id)
    };
    Ok(chat.member_json(membership, &user))
}

/// `getFile`.
pub(crate) fn file(world: &mut World, args: &Args) -> Result<Value, ApiError> {
    let id = args.text("file_id");
    if id.is_empty() {
        return Err(ApiError::bad_request("file_id not specified"));
    }
    let now = world.now();
    let Some(file) = world.files.get(&id) else {
        return Err(ApiError::bad_request("invalid file_id"));
    };
    if file.size > MAX_DOWNLOAD {
        return Err(ApiError::bad_request("file is too big"));
    }
    let answer = json!({
        "file_id": id,
        "file_unique_id": file.unique_id,
        "file_size": file.size,
        "file_path": file.path,
    });
    world.files.open_link(&id, now);
    Ok(answer)
}
