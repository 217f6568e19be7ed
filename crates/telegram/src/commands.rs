//! Commands: what people type with a slash, and the lists of them that their apps show.

mod deny;
mod hello;
mod list;

use teloxide_core::payloads::{SetMyCommands, SetMyCommandsSetters as _};
use teloxide_core::types::BotCommand;

use crate::bot::{Bot, HandleError, Origin, Who};
use crate::client::{ApiError, Client};
use crate::conversation::{Conversations, Source, answer, asked_in, disqualified, is_question};
use crate::outbound::Outgoing;
use crate::texts::{self, Language};
use crate::updates::inbound::Message;
use crate::voice;

/// A command that we know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Command {
    /// With a pairing token, when it came through a deep link.
    Start(Option<String>),
    Pending,
    /// With a short id.
    Show(Option<String>),
    /// With a short id, and a reason.
    Deny(Option<String>, Option<String>),
    Cancel,
    WhoAmI,
    Help,
}

/// Reads a command; `None` when the message is none of ours. `/name@other_bot` is another's.
pub(crate) fn parse(message: &Message, username: Option<&str>) -> Option<Command> {
    let text = message.text.as_deref()?.strip_prefix('/')?;
    let (name, rest) = match text.split_once(char::is_whitespace) {
        Some((name, rest)) => (name, rest.trim()),
        None => (text, ""),
    };
    let name = match name.split_once('@') {
        Some((name, bot)) => {
            username.filter(|known| known.eq_ignore_ascii_case(bot))?;
            name
        }
        None => name,
    };
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    match name.to_ascii_lowercase().as_str() {
        "start" => Some(Command::Start(some(rest))),
        "pending" => Some(Command::Pending),
        "show" => Some(Command::Show(some(&short_id(rest)))),
        "deny" => {
            let (id, reason) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
            Some(Command::Deny(some(&short_id(id)), some(reason.trim())))
        }
        "cancel" => Some(Command::Cancel),
        "whoami" => Some(Command::WhoAmI),
        "help" => Some(Command::Help),
        _ => None,
    }
}

/// A short id as people type it: in any case, perhaps with a `#`.
fn short_id(typed: &str) -> String {
    typed.trim_start_matches('#').to_ascii_lowercase()
}

/// Does what a command asks.
pub(crate) async fn given(
    bot: &Bot,
    origin: &Origin,
    message: Message,
    command: Command,
) -> Result<(), HandleError> {
    let Some(from) = &message.from else {
        return Ok(());
    };
    if from.is_bot && message.sender_chat.is_none() {
        // Two bots that answer each other never stop.
        return Ok(());
    }
    let who = bot.who(from).await?;
    let text = match disqualified(&message, Source::New, who.language) {
        Some(why) => why,
        None => match command {
            Command::Start(token) => hello::start(bot, &message, &who, token).await?,
            Command::WhoAmI => hello::who_am_i(&who, message.place()),
            Command::Help => texts::help(who.language),
            Command::Pending => return list::pending(bot, &message, &who).await,
            Command::Show(Some(id)) => match list::show(bot, origin, &message, &who, &id).await? {
                Some(refusal) => refusal,
                None => return Ok(()),
            },
            Command::Show(None) => texts::show_usage(who.language),
            Command::Deny(Some(id), reason) => {
                deny::deny(bot, origin, &message, &who, &id, reason).await?
            }
            Command::Deny(None, _) => texts::deny_usage(who.language),
            Command::Cancel => return cancel(bot, &message, &who, from.id).await,
        },
    };
    // An invitation makes a stranger known.
    let who = bot.who(from).await?;
    answer(bot, &who, &message, Outgoing::plain(&text)).await
}

/// A command that was changed after it was sent does nothing, and says so.
pub(crate) async fn edited(bot: &Bot, message: &Message) -> Result<(), HandleError> {
    let Some(from) = message.from.as_ref().filter(|from| !from.is_bot) else {
        return Ok(());
    };
    let who = bot.who(from).await?;
    let text = texts::source_edited(who.language);
    answer(bot, &who, message, Outgoing::plain(&text)).await
}

/// Ends the conversation whose question the command replies to, or, where it replies to none, all
/// that this person has here. What took too long has ended by itself. Said before it is done, and
/// a question that is no longer open is still that question: handled again, it ends nothing else.
async fn cancel(bot: &Bot, message: &Message, who: &Who, user: i64) -> Result<(), HandleError> {
    let conversations = Conversations(&bot.store);
    let mut open = conversations.in_chat(message.chat.id).await?;
    let now = bot.store.now();
    open.retain(|awaited| awaited.user == user && awaited.until > now);
    if let Some(replied) = message.replied() {
        let asked = asked_in(&open, replied, bot.id);
        let asked: Vec<_> = asked.into_iter().cloned().collect();
        if !asked.is_empty() || is_question(replied, bot.id) {
            open = asked;
        }
    }
    // What was said and is given already cannot be taken back.
    let mut given = Vec::new();
    for awaited in &open {
        let at = (awaited.chat, awaited.user, awaited.request);
        if !voice::withdraw(bot, at).await? {
            given.push(awaited.handle.clone());
        }
    }
    open.retain(|awaited| !given.contains(&awaited.handle));
    let text = if open.is_empty() {
        texts::conversation_none(who.language)
    } else {
        texts::conversation_cancelled(who.language)
    };
    answer(bot, who, message, Outgoing::plain(&text)).await?;
    for awaited in &open {
        voice::tidy(bot, message.place(), who, &awaited.handle).await;
        conversations.end(awaited).await?;
    }
    Ok(())
}

/// Tells Telegram which commands there are, in each language; English where it knows no other.
pub(crate) async fn register(client: &Client) -> Result<(), ApiError> {
    for language in Language::ALL {
        let payload = SetMyCommands::new(list_of(language));
        if language == Language::default() {
            client.call(&payload).await?;
        } else {
            client
                .call(&payload.language_code(language.two_letters()))
                .await?;
        }
    }
    Ok(())
}

fn list_of(language: Language) -> Vec<BotCommand> {
    vec![
        BotCommand::new("pending", texts::command_pending(language)),
        BotCommand::new("show", texts::command_show(language)),
        BotCommand::new("deny", texts::command_deny(language)),
        BotCommand::new("cancel", texts::command_cancel(language)),
        BotCommand::new("whoami", texts::command_whoami(language)),
        BotCommand::new("help", texts::command_help(language)),
    ]
}
