//! `reply_markup`, checked as the server and Telegram behind it check it.

use serde_json::Value;

use super::{ApiError, Args};
use crate::wire::{Button, ForceReply, InlineKeyboard, Markup};

/// `callback_data` may be 1 to 64 bytes long.
const MAX_CALLBACK_DATA: usize = 64;
/// Undocumented; the figure of experience is 100 buttons.
const MAX_BUTTONS: usize = 100;
const MAX_PLACEHOLDER: usize = 64;
const MAX_COPY_TEXT: usize = 256;

/// Reads `reply_markup`. An empty inline keyboard counts as none.
pub(crate) fn read(args: &Args, private_chat: bool) -> Result<Option<Markup>, ApiError> {
    let value = match args.json("reply_markup") {
        None => return Ok(None),
        Some(Err(_)) => {
            return Err(ApiError::bad_request(
                "can't parse reply keyboard markup JSON object",
            ));
        }
        Some(Ok(value)) => value,
    };
    let Value::Object(markup) = value else {
        return Err(ApiError::bad_request("object expected as reply markup"));
    };
    let flag = |name: &str| markup.get(name).and_then(Value::as_bool).unwrap_or(false);
    if markup
        .get("keyboard")
        .and_then(Value::as_array)
        .is_some_and(|rows| !rows.is_empty())
    {
        return Ok(Some(Markup::Other));
    }
    if let Some(rows) = markup.get("inline_keyboard") {
        let keyboard = inline(rows, private_chat)?;
        if !keyboard.inline_keyboard.is_empty() {
            return Ok(Some(Markup::Inline(keyboard)));
        }
    }
    if flag("remove_keyboard") {
        return Ok(Some(Markup::Other));
    }
    if flag("force_reply") {
        let placeholder = markup
            .get("input_field_placeholder")
            .and_then(Value::as_str)
            .map(str::to_owned);
        if placeholder
            .as_ref()
            .is_some_and(|text| text.chars().count() > MAX_PLACEHOLDER)
        {
            return Err(ApiError::bad_request("INPUT_PLACEHOLDER_INVALID"));
        }
        let placeholder = placeholder.filter(|text| !text.is_empty());
        return Ok(Some(Markup::ForceReply(ForceReply {
            placeholder,
            selective: flag("selective"),
        })));
    }
    Ok(None)
}

/// Reads `reply_markup` of an edit, where only an inline keyboard makes sense.
pub(crate) fn read_inline(
    args: &Args,
    private_chat: bool,
) -> Result<Option<InlineKeyboard>, ApiError> {
    match read(args, private_chat)? {
        None => Ok(None),
        Some(Markup::Inline(keyboard)) => Ok(Some(keyboard)),
        Some(_) => Err(ApiError::bad_request("inline keyboard expected")),
    }
}

fn inline(rows: &Value, private_chat: bool) -> Result<InlineKeyboard, ApiError> {
    let shape = || {
        ApiError::bad_request(
            "field \"inline_keyboard\" of the InlineKeyboardMarkup must be an Array of Arrays",
        )
    };
    let mut keyboard = Vec::new();
    for row in rows.as_array().ok_or_else(shape)? {
        let buttons = row.as_array().ok_or_else(shape)?;
        let row = buttons
            .iter()
            .map(|raw| button(raw, private_chat))
            .collect::<Result<Vec<_>, _>>()?;
        if !row.is_empty() {
            keyboard.push(row);
        }
    }
    if keyboard.iter().map(Vec::len).sum::<usize>() > MAX_BUTTONS {
        return Err(ApiError::bad_request("reply markup is too long"));
    }
    Ok(InlineKeyboard {
        inline_keyboard: keyboard,
    })
}

fn button(raw: &Value, private_chat: bool) -> Result<Button, ApiError> {
    let unparsable = |reason: &str| {
        ApiError::bad_request(format!("can't parse inline keyboard button: {reason}"))
    };
    if !raw.is_object() {
        return Err(unparsable("InlineKeyboardButton must be an Object"));
    }
    if !raw["text"].is_string() {
        let reason = if raw["text"].is_null() {
            "Can't find field \"text\""
        } else {
            "Field \"text\" must be of type String"
        };
        return Err(unparsable(reason));
    }
    let button: Button =
        serde_json::from_value(raw.clone()).map_err(|_| unparsable("Field has a wrong type"))?;
    if button.text.trim().is_empty() {
        return Err(ApiError::bad_request("BUTTON_TEXT_INVALID"));
    }
    let filled = |value: &Option<String>| value.as_ref().is_some_and(|text| !text.is_empty());
    if filled(&button.url) {
        let url = button.url.as_deref().unwrap_or_default();
        if !(url.starts_with("tg://")
            || url::Url::parse(url).is_ok_and(|u| u.scheme().starts_with("http")))
        {
            return Err(ApiError::bad_request("BUTTON_URL_INVALID"));
        }
    } else if filled(&button.callback_data) {
        if button
            .callback_data
            .as_ref()
            .is_some_and(|data| data.len() > MAX_CALLBACK_DATA)
        {
            return Err(ApiError::bad_request("BUTTON_DATA_INVALID"));
        }
    } else if let Some(copy) = &button.copy_text {
        let length = copy["text"].as_str().map_or(0, |text| text.chars().count());
        if !(1..=MAX_COPY_TEXT).contains(&length) {
            return Err(ApiError::bad_request("BUTTON_COPY_TEXT_INVALID"));
        }
    } else if let Some(app) = &button.web_app {
        if !private_chat {
            return Err(ApiError::bad_request("BUTTON_TYPE_INVALID"));
        }
        if !app["url"]
            .as_str()
            .is_some_and(|url| url.starts_with("https://"))
        {
            return Err(ApiError::bad_request(
                "inline keyboard button Web App URL is invalid: Only HTTPS links are allowed",
            ));
        }
    } else {
        return Err(unparsable(
            "Text buttons are unallowed in the inline keyboard",
        ));
    }
    match button.style.as_deref() {
        None | Some("danger" | "success" | "primary") => Ok(button),
        Some(_) => Err(unparsable("Invalid button style specified")),
    }
}
