//! Whether the bot works and reaches its chats.

use std::collections::BTreeMap;

use signoff_contract::time;
use signoff_engine::{Clock, Store};

use super::Check;
use crate::bot::{Bot, BotError};
use crate::config::{Settings, TelegramSettings, Updates};

const NAME: &str = "telegram";
/// How far clocks may differ before it matters: receivers of callbacks tolerate five minutes.
const TOLERANCE_SECONDS: u64 = 60;

pub(super) async fn checks(
    telegram: &TelegramSettings,
    settings: &Settings,
    store: Option<&Store>,
) -> Vec<Check> {
    let bot = match Bot::new(telegram) {
        Ok(bot) => bot,
        Err(error) => return vec![Check::bad(NAME, format!("{error:#}"), "")],
    };
    let me = match bot.me().await {
        Ok(me) => me,
        Err(error) => return vec![unusable(error)],
    };
    let mut checks = vec![Check::good(NAME, format!("the bot is @{}", me.username))];
    if let Some(there) = me.server_time {
        let here = Clock::system().now();
        let off = time::seconds_between(there, here).unsigned_abs();
        if off > TOLERANCE_SECONDS {
            let detail = format!("this machine's clock and Telegram's differ by {off} s");
            checks.push(Check::bad("clock", detail, "synchronise the clock (NTP)"));
        }
    }
    checks.push(updates(&bot, &telegram.updates).await);
    for (chat, what) in chats(settings, store).await {
        checks.push(match bot.chat(chat).await {
            Ok(_) => Check::good(NAME, format!("{what} can be reached")),
            Err(error) => {
                let remedy = if chat < 0 {
                    "add the bot to the group, and compare telegram_chat_id with the group's id"
                } else {
                    "let that person open the bot and press Start"
                };
                let detail = format!("{what} cannot be reached: {}", words(error));
                Check::bad(NAME, detail, remedy)
            }
        });
    }
    checks
}

fn unusable(error: BotError) -> Check {
    let remedy = match &error {
        BotError::Refused { code: 401 | 404, .. } => {
            "Telegram does not know this token: copy it again from @BotFather"
        }
        BotError::Refused { .. } => "see what Telegram says",
        BotError::Unreachable { .. } => {
            "let this machine reach the Bot API server, or correct telegram.api_url"
        }
    };
    Check::bad(NAME, words(error), remedy)
}

/// An error with its causes.
fn words(error: BotError) -> String {
    format!("{:#}", anyhow::Error::from(error))
}

/// Whether updates come in as they should.
async fn updates(bot: &Bot, mode: &Updates) -> Check {
    let info = match bot.webhook_info().await {
        Ok(info) => info,
        Err(error) => return unusable(error),
    };
    let elsewhere = "if another installation uses this bot, give each one its own; \
                     otherwise `signoff serve` sets this right when it starts";
    match mode {
        Updates::Polling if info.url.is_empty() => Check::good(NAME, "updates are polled"),
        Updates::Polling => {
            Check::doubtful(NAME, "a webhook is set, and updates are to be polled", elsewhere)
        }
        Updates::Webhook { url, .. } if info.url == url.as_str() => match info.last_error_message {
            None => Check::good(NAME, format!("updates are sent to {url}")),
            Some(error) => Check::doubtful(
                NAME,
                format!(
                    "{} updates wait; Telegram's last try at {url} failed: {error}",
                    info.pending_update_count
                ),
                "let Telegram reach server.public_url over https",
            ),
        },
        Updates::Webhook { url, .. } => {
            Check::doubtful(NAME, format!("Telegram does not send updates to {url} yet"), elsewhere)
        }
    }
}

/// Every chat that cards go to, and what to call it.
async fn chats(settings: &Settings, store: Option<&Store>) -> BTreeMap<i64, String> {
    let mut chats = BTreeMap::new();
    for route in settings.directory.routes() {
        let chat = route.place.as_ref().and_then(|place| {
            place.place.split('/').next().and_then(|chat| chat.parse::<i64>().ok())
        });
        if let Some(chat) = chat {
            chats.insert(chat, format!("the chat {chat} of the route {:?}", route.name));
        }
    }
    let paired = match store {
        Some(store) => store.identities().await.unwrap_or_default(),
        None => Vec::new(),
    };
    settings.directory.set_paired(paired);
    for approver in settings.directory.approvers() {
        let id = settings.directory.user_id(&approver.name, NAME);
        if let Some(chat) = id.and_then(|id| id.parse::<i64>().ok()) {
            chats.insert(chat, format!("{} in private", approver.name));
        }
    }
    chats
}
