//! The bot side: `/bot<token>/<method>` and `/file/bot<token>/<path>`.

mod admin;
mod args;
mod commands;
mod edit;
mod error;
mod get;
mod markup;
mod send;
mod serve;
mod topics;
mod webhook;

pub(crate) use args::{Args, Upload};
pub(crate) use error::{ApiError, json_response};
pub(crate) use serve::serve;

use serde_json::Value;

use crate::limits::Weight;
use crate::shared::Shared;
use crate::updates;
use crate::world::World;

/// How one method is carried out.
#[derive(Clone, Copy)]
enum Action {
    /// At once, on the world.
    Now(fn(&mut World, &Args) -> Result<Value, ApiError>),
    /// `getUpdates`, which waits.
    Poll,
}

/// One method of the API.
#[derive(Clone, Copy)]
struct Method {
    /// The documentation's spelling.
    name: &'static str,
    /// What it counts as for the limits, if anything.
    weight: Option<Weight>,
    action: Action,
}

const fn free(name: &'static str, run: fn(&mut World, &Args) -> Result<Value, ApiError>) -> Method {
    Method {
        name,
        weight: None,
        action: Action::Now(run),
    }
}

const fn counted(
    name: &'static str,
    weight: Weight,
    run: fn(&mut World, &Args) -> Result<Value, ApiError>,
) -> Method {
    Method {
        name,
        weight: Some(weight),
        action: Action::Now(run),
    }
}

const METHODS: [Method; 28] = [
    Method {
        name: "getUpdates",
        weight: None,
        action: Action::Poll,
    },
    free("setWebhook", webhook::set),
    free("deleteWebhook", webhook::delete),
    free("getWebhookInfo", webhook::info),
    free("getMe", get::me),
    free("getChat", get::chat),
    free("getChatMember", get::chat_member),
    free("getFile", get::file),
    counted("sendMessage", Weight::Send, send::message),
    counted("sendDocument", Weight::Send, send::document),
    counted("sendVoice", Weight::Send, send::voice),
    free("sendChatAction", send::chat_action),
    counted("editMessageText", Weight::Edit, edit::text),
    counted("editMessageCaption", Weight::Edit, edit::caption),
    counted("editMessageReplyMarkup", Weight::Edit, edit::reply_markup),
    free("deleteMessage", edit::delete),
    free("answerCallbackQuery", edit::answer_callback_query),
    free("setMyCommands", commands::set),
    free("getMyCommands", commands::get),
    free("deleteMyCommands", commands::delete),
    free("pinChatMessage", admin::pin),
    free("unpinChatMessage", admin::unpin),
    free("unpinAllChatMessages", admin::unpin_all),
    free("leaveChat", admin::leave),
    free("createForumTopic", topics::create),
    free("editForumTopic", topics::edit),
    free("closeForumTopic", topics::close),
    free("reopenForumTopic", topics::reopen),
];

fn find(name: &str) -> Option<Method> {
    METHODS
        .iter()
        .find(|method| method.name.eq_ignore_ascii_case(name))
        .copied()
}

async fn run(shared: &Shared, method: Method, args: &Args) -> Result<Value, ApiError> {
    match method.action {
        Action::Poll => updates::get_updates(shared, args).await,
        Action::Now(run) => shared.change(|world| {
            if let (true, Some(weight), Some(chat)) = (
                world.options.rate_limits,
                method.weight,
                args.int("chat_id"),
            ) {
                let now = world.clock.unix_ms();
                world
                    .limiter
                    .book(chat, weight, now)
                    .map_err(ApiError::too_many_requests)?;
            }
            run(world, args)
        }),
    }
}
