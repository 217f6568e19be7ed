//! Changing what is there: edits, deletion, the answer to a press.

use serde_json::{Value, json};

use super::{ApiError, Args, markup, send};
use crate::text::Role;
use crate::wire::InlineKeyboard;
use crate::world::{Access, Answer, Content, World};

const NOT_MODIFIED: &str = "message is not modified: specified new message content and reply markup are exactly the \
                            same as a current content and reply markup of the message";
/// `answerCallbackQuery` takes up to 200 characters.
const MAX_ANSWER: usize = 200;
/// Deleting is possible for 48 hours.
const DELETE_WITHIN: i64 = 48 * 3600;

/// `editMessageText`.
pub(crate) fn text(world: &mut World, args: &Args) -> Result<Value, ApiError> {
    let raw = args.text("text");
    if raw.is_empty() {
        return Err(ApiError::bad_request("message text is empty"));
    }
    let formatted =
        send::formatted(world, args, &raw, "entities", Role::Message).map_err(for_edits)?;
    let keyboard = keyboard(args)?;
    let old = own_content(world, args)?;
    match old {
        Content::Text(_) => change(world, args, Some(Content::Text(formatted)), keyboard),
        _ => Err(ApiError::bad_request(
            "there is no text in the message to edit",
        )),
    }
}

/// `editMessageCaption`.
pub(crate) fn caption(world: &mut World, args: &Args) -> Result<Value, ApiError> {
    let caption = send::caption(world, args).map_err(for_edits)?;
    let keyboard = keyboard(args)?;
    let content = match own_content(world, args)? {
        Content::Document(document, _) => Content::Document(document, caption),
        Content::Voice(voice, _) => Content::Voice(voice, caption),
        _ => {
            return Err(ApiError::bad_request(
                "there is no caption in the message to edit",
            ));
        }
    };
    change(world, args, Some(content), keyboard)
}

/// `editMessageReplyMarkup`.
pub(crate) fn reply_markup(world: &mut World, args: &Args) -> Result<Value, ApiError> {
    let keyboard = keyboard(args)?;
    own_content(world, args)?;
    change(world, args, None, keyboard)
}

/// Edits report an overlong text in the words of the layer below.
fn for_edits(error: ApiError) -> ApiError {
    if error.description == "Bad Request: message is too long" {
        return ApiError::bad_request("MESSAGE_TOO_LONG");
    }
    error
}

fn keyboard(args: &Args) -> Result<Option<InlineKeyboard>, ApiError> {
    markup::read_inline(args, args.int("chat_id").is_some_and(|id| id > 0))
}

/// The content of a message that the bot may edit.
fn own_content(world: &World, args: &Args) -> Result<Content, ApiError> {
    if !args.has("message_id") {
        return Err(ApiError::bad_request("message identifier is not specified"));
    }
    let found = world.reach_message(
        &args.text("chat_id"),
        args.int("message_id"),
        Access::Edit,
        "message to edit",
    )?;
    let (chat, stored) = found;
    if !stored.by_bot || stored.is_service() || chat.migrated_to.is_some() {
        return Err(ApiError::bad_request("message can't be edited"));
    }
    Ok(stored.content())
}

/// Replaces content and keyboard. An edit without a keyboard removes the old one, as on the server.
fn change(
    world: &mut World,
    args: &Args,
    content: Option<Content>,
    keyboard: Option<InlineKeyboard>,
) -> Result<Value, ApiError> {
    let now = world.now();
    let (Some(chat), Some(id)) = (args.int("chat_id"), args.int("message_id")) else {
        return Err(ApiError::bad_request("message to edit not found"));
    };
    let found = world
        .chats
        .get_mut(&chat)
        .and_then(|chat| chat.messages.get_mut(&id));
    let stored = found.ok_or_else(|| ApiError::bad_request("message to edit not found"))?;
    let same_content = content.as_ref().is_none_or(|new| *new == stored.content());
    if same_content && stored.message.reply_markup == keyboard {
        return Err(ApiError::bad_request(NOT_MODIFIED));
    }
    if let Some(content) = content {
        stored.set_content(content);
    }
    stored.message.reply_markup = keyboard;
    stored.message.edit_date = Some(now);
    stored.revision += 1;
    Ok(world.shown_json(chat, id))
}

/// `deleteMessage`.
pub(crate) fn delete(world: &mut World, args: &Args) -> Result<Value, ApiError> {
    if !args.has("message_id") {
        return Err(ApiError::bad_request("message identifier is not specified"));
    }
    let now = world.now();
    let found = world.reach_message(
        &args.text("chat_id"),
        args.int("message_id"),
        Access::Write,
        "message to delete",
    )?;
    let (chat, stored) = found;
    let may = stored.by_bot || chat.bot.is_admin() || !chat.is_group();
    if !may || now - stored.message.date >= DELETE_WITHIN {
        return Err(ApiError::bad_request(
            "message can't be deleted for everyone",
        ));
    }
    let (chat, message) = (chat.id, stored.message.message_id);
    world
        .delete(chat, message)
        .map_err(|_| ApiError::bad_request("message to delete not found"))?;
    Ok(json!(true))
}

/// `answerCallbackQuery`.
pub(crate) fn answer_callback_query(world: &mut World, args: &Args) -> Result<Value, ApiError> {
    let text = args.text("text");
    if text.chars().count() > MAX_ANSWER {
        return Err(ApiError::bad_request("MESSAGE_TOO_LONG"));
    }
    let url = Some(args.text("url")).filter(|url| !url.is_empty());
    let answer = Answer {
        text,
        show_alert: args.flag("show_alert"),
        url,
    };
    world.answer_press(&args.text("callback_query_id"), answer)?;
    Ok(json!(true))
}
