//! Showing a request again, on demand: a further copy that is kept up to date like the first.

use signoff_engine::PromptCard;

use crate::bot::{Bot, HandleError, Origin};
use crate::limiter::Priority;
use crate::outbound::SendError;
use crate::place::Place;

/// How long somebody who asked waits for the chat's limit before it is tried again later.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(5);

/// Posts a copy of a card. `handle` is any of the prompt's.
pub(crate) async fn show_copy(
    bot: &Bot,
    origin: &Origin,
    card: &PromptCard,
    place: Place,
    handle: &str,
) -> Result<(), HandleError> {
    // The update's id makes the occasion: handled again, it posts nothing again.
    let posted = loop {
        match bot
            .cards
            .post(card, place, &origin.event_id, Priority::Conversation)
            .await
        {
            Err(SendError::Busy(wait)) if wait <= PATIENCE => tokio::time::sleep(wait).await,
            result => break result?,
        }
    };
    bot.gateway.adopt(handle, posted.write()).await?;
    Ok(())
}
