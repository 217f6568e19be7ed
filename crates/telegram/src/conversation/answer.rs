//! Answering what somebody wrote. Whoever is known is answered as soon as the chat takes it. A
//! stranger is answered at most once a minute, and only when the chat takes it at once: whatever
//! strangers write, it costs the chat's limits and other people's turns next to nothing.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

use crate::bot::{Bot, HandleError, Who};
use crate::limiter::Priority;
use crate::outbound::Outgoing;
use crate::updates::inbound::Message;

/// How often a stranger is answered.
const EVERY: SignedDuration = SignedDuration::from_mins(1);
/// How many strangers are remembered; more than that are not answered within a minute.
const REMEMBERED: usize = 10_000;

/// When strangers were answered. Cloning shares it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Strangers(Arc<Mutex<HashMap<String, Timestamp>>>);

impl Strangers {
    /// Whether this one may be answered now; if so, not again for a while.
    fn may_hear(&self, user: &str, now: Timestamp) -> bool {
        let mut heard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let recent = |at: &Timestamp| now.duration_since(*at) < EVERY;
        if heard.get(user).is_some_and(recent) {
            return false;
        }
        if heard.len() >= REMEMBERED {
            heard.retain(|_, at| recent(at));
        }
        let room = heard.len() < REMEMBERED;
        if room {
            heard.insert(user.to_owned(), now);
        }
        room
    }
}

/// Answers a message, as a reply to it.
pub(crate) async fn answer(
    bot: &Bot,
    who: &Who,
    message: &Message,
    answer: Outgoing,
) -> Result<(), HandleError> {
    let (place, answer) = (message.place(), answer.reply_to(message.message_id));
    if who.person.is_some() {
        bot.outbound.send(place, &answer).await?;
    } else if bot.strangers.may_hear(who.id(), bot.store.now()) {
        let sent = bot.outbound.try_send(place, &answer, Priority::Notice);
        if let Err(error) = sent.await {
            tracing::debug!("a stranger goes without an answer: {error}");
        }
    }
    Ok(())
}
