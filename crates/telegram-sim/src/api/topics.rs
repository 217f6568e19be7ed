//! Forum topics: create, rename, close, open again.

use serde_json::{Value, json};

use super::{ApiError, Args};
use crate::world::{Access, World};

const MAX_NAME: usize = 128;

/// Finds the forum and checks that the bot may manage topics.
fn forum(world: &World, args: &Args) -> Result<i64, ApiError> {
    let chat = world.reach(&args.text("chat_id"), Access::Write)?;
    if !chat.forum {
        return Err(ApiError::bad_request("the chat is not a forum"));
    }
    if !chat.bot.is_admin() {
        return Err(ApiError::bad_request("not enough rights to create a topic"));
    }
    Ok(chat.id)
}

fn name(args: &Args) -> Result<String, ApiError> {
    let name = args.text("name").trim().to_owned();
    if name.is_empty() || name.chars().count() > MAX_NAME {
        return Err(ApiError::bad_request("TOPIC_TITLE_EMPTY"));
    }
    Ok(name)
}

/// `createForumTopic`.
pub(crate) fn create(world: &mut World, args: &Args) -> Result<Value, ApiError> {
    let chat = forum(world, args)?;
    let name = name(args)?;
    let bot = world.bot.user.id;
    let id = world
        .open_topic(chat, bot, &name)
        .map_err(|error| ApiError::bad_request(error.to_string()))?;
    Ok(json!({ "message_thread_id": id, "name": name, "icon_color": 7_322_096 }))
}

/// `editForumTopic`.
pub(crate) fn edit(world: &mut World, args: &Args) -> Result<Value, ApiError> {
    let name = name(args)?;
    change(
        world,
        args,
        "forum_topic_edited",
        &json!({ "name": name }),
        |topic| {
            let modified = topic.name != name;
            topic.name.clone_from(&name);
            modified
        },
    )
}

/// `closeForumTopic`.
pub(crate) fn close(world: &mut World, args: &Args) -> Result<Value, ApiError> {
    change(world, args, "forum_topic_closed", &json!({}), |topic| {
        !std::mem::replace(&mut topic.closed, true)
    })
}

/// `reopenForumTopic`.
pub(crate) fn reopen(world: &mut World, args: &Args) -> Result<Value, ApiError> {
    change(world, args, "forum_topic_reopened", &json!({}), |topic| {
        std::mem::replace(&mut topic.closed, false)
    })
}

fn change(
    world: &mut World,
    args: &Args,
    service: &str,
    content: &Value,
    apply: impl FnOnce(&mut crate::world::Topic) -> bool,
) -> Result<Value, ApiError> {
    let chat = forum(world, args)?;
    let thread = args.int("message_thread_id").unwrap_or(0);
    let topic = world
        .chats
        .get_mut(&chat)
        .and_then(|chat| chat.topics.get_mut(&thread));
    let topic = topic.ok_or_else(|| ApiError::bad_request("message thread not found"))?;
    if !apply(topic) {
        return Err(ApiError::bad_request("TOPIC_NOT_MODIFIED"));
    }
    let bot = world.bot.user.id;
    world
        .service(chat, bot, Some(thread), json!({ service: content }))
        .map_err(|_| ApiError::bad_request("chat not found"))?;
    Ok(json!(true))
}
