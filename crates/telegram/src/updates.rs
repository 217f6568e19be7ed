//! Receiving: at least once, or an approval is lost.
//!
//! An update is committed to the inbox before Telegram is told that we have it (`poller.rs`,
//! `webhook.rs`), and handled from there (`inbox.rs`), again after a crash. What an update says
//! is read tolerantly (`inbound.rs`); what it does is in `conversation/` and `commands.rs`.

pub(crate) mod inbound;
pub(crate) mod inbox;
mod lanes;
mod listening;
pub(crate) mod poller;
pub(crate) mod sound;
pub(crate) mod webhook;

use serde_json::Value;
use signoff_engine::Error;
use teloxide_core::types::AllowedUpdate;

use crate::bot::Bot;
use crate::voice;

/// The kinds of updates that we ask for, always by name: Telegram keeps the last list it was
/// given.
pub(crate) const ALLOWED: [AllowedUpdate; 3] = [
    AllowedUpdate::Message,
    AllowedUpdate::EditedMessage,
    AllowedUpdate::CallbackQuery,
];

/// An update's key in the inbox. Ids may start again at random after a quiet week
/// (<https://core.telegram.org/bots/api#update>), so they are compared for equality only.
pub(crate) fn key(bot_id: i64, update_id: i64) -> String {
    format!("{bot_id}:{update_id}")
}

/// Commits updates. Deadlines that they hold back are held before.
async fn receive(bot: &Bot, rows: Vec<(String, String)>) -> Result<(), Error> {
    voice::hold(bot, &rows).await?;
    bot.store.receive(rows).await.map(|_| ())
}

/// What a poll brought, as rows of the inbox.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Batch {
    /// The key and the payload of each update that has an id, by the ids' order.
    pub(crate) rows: Vec<(String, String)>,
    /// The offset that confirms all of them; `None` where there is none.
    pub(crate) confirming: Option<i64>,
    /// How many have no id.
    pub(crate) without_id: usize,
}

impl Batch {
    pub(crate) fn of(bot_id: i64, updates: &[Value]) -> Self {
        let id = |update: &Value| update.get("update_id")?.as_i64();
        let mut numbered: Vec<(i64, &Value)> = updates
            .iter()
            .filter_map(|update| Some((id(update)?, update)))
            .collect();
        // The order in which things happened, should the batch have another.
        numbered.sort_by_key(|(id, _)| *id);
        let rows: Vec<(String, String)> = numbered
            .into_iter()
            .map(|(id, update)| (key(bot_id, id), update.to_string()))
            .collect();
        let last = updates.iter().filter_map(id).max();
        Self {
            without_id: updates.len() - rows.len(),
            // No id is beyond the last number there is: nothing can confirm it, so it comes again.
            confirming: last.and_then(|last| last.checked_add(1)),
            rows,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_update_with_an_id_is_a_row_in_their_order_and_the_rest_is_counted() {
        let updates = [
            json!({ "update_id": 7, "message": {} }),
            json!({ "update_id": "8" }),
            json!(null),
            json!({ "update_id": 5 }),
        ];
        let batch = Batch::of(1, &updates);
        let keys: Vec<&str> = batch.rows.iter().map(|(key, _)| key.as_str()).collect();
        assert_eq!(keys, ["1:5", "1:7"]);
        assert_eq!((batch.confirming, batch.without_id), (Some(8), 2));
    }

    #[test]
    fn an_id_that_has_no_successor_is_kept_and_not_confirmed() {
        let batch = Batch::of(1, &[json!({ "update_id": i64::MAX })]);
        assert_eq!(batch.rows.len(), 1);
        assert_eq!(batch.confirming, None);
        assert_eq!(Batch::of(1, &[]), Batch::default());
    }
}
