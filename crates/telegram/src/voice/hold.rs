//! Holding the deadline: whoever spoke before it answered before it, however long listening takes.

use signoff_engine::Error;

use crate::CHANNEL;
use crate::bot::Bot;
use crate::conversation;
use crate::updates::inbound::Update;

/// Holds the deadlines of the requests that these updates answer by voice. `rows` are the updates
/// as they are about to be committed, with their keys. Done before, so that no deadline passes in
/// between; what is held and never committed is held for a bounded time only.
pub(crate) async fn hold(bot: &Bot, rows: &[(String, String)]) -> Result<(), Error> {
    let Some(ears) = &bot.ears else {
        return Ok(());
    };
    for (key, payload) in rows {
        // Most updates have no file: they are not read twice.
        if !payload.contains("\"file_id\"") {
            continue;
        }
        let Update::Message(message) = Update::read(payload) else {
            continue;
        };
        if message.sound().is_none() {
            continue;
        }
        if let Some(handle) = conversation::answered_by(bot, &message).await? {
            let note = format!("{CHANNEL}:{key}");
            let within = ears.rules().timeout;
            bot.gateway.note_received(&handle, &note, within).await?;
        }
    }
    Ok(())
}
