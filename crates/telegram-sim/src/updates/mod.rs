//! How updates reach the bot: by polling or by webhook, never both.

mod poll;
mod queue;
mod webhook;

pub(crate) use poll::{PollState, Selection, get_updates};
pub(crate) use queue::UpdateQueue;
pub(crate) use webhook::{Webhook, deliver_forever, info as webhook_info};
