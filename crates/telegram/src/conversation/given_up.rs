//! The last word on an update that is given up: whoever pressed or wrote learns that nothing
//! more follows. One try, because so many failed before.

use crate::bot::Bot;
use crate::limiter::Priority;
use crate::outbound::{Outgoing, SendError};
use crate::texts::{self, Language};
use crate::updates::inbound::{Message, Press, Update, User};

/// Says so, if that works; whether it does changes nothing.
pub(crate) async fn given_up(bot: &Bot, update: &Update) {
    let told = match update {
        Update::Press(press) => pressed(bot, press).await,
        Update::Message(message) | Update::Edited(message) => written(bot, message).await,
        Update::Other | Update::Unreadable { .. } => return,
    };
    if let Err(error) = told {
        tracing::warn!("a person was not told that an update is given up: {error}");
    }
}

/// In the answer to the press; in the chat when it was answered before, or is too old.
async fn pressed(bot: &Bot, press: &Press) -> Result<(), SendError> {
    let text = words(bot, &press.from).await;
    let answered = bot.outbound.answer(&press.id, Some(&text), true).await;
    let Err(error) = answered else { return Ok(()) };
    let Some(message) = &press.message else {
        return Err(SendError::Api(error));
    };
    let told = Outgoing::plain(&text).reply_to(message.message_id);
    let place = message.place();
    let sent = bot.outbound.try_send(place, &told, Priority::Notice);
    sent.await.map(|_| ())
}

async fn written(bot: &Bot, message: &Message) -> Result<(), SendError> {
    let Some(from) = &message.from else {
        return Ok(());
    };
    let told = Outgoing::plain(&words(bot, from).await).reply_to(message.message_id);
    let place = message.place();
    let sent = bot.outbound.try_send(place, &told, Priority::Notice);
    sent.await.map(|_| ())
}

async fn words(bot: &Bot, user: &User) -> String {
    let app = Language::first_of([user.language_code.as_deref()]);
    let language = bot.who(user).await.map_or(app, |who| who.language);
    texts::given_up(language)
}
