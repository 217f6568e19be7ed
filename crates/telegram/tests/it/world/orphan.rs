//! A card that Telegram took and whose answer was lost: it stands in the chat, and nobody knows.

use signoff_telegram_sim::{Fault, FaultKind, SeenMessage};

use super::{World, approval};

impl World {
    /// Asks Ann about `deploy`; her first card is an orphan, the second is known.
    pub(crate) async fn asks_with_an_orphan(&self) -> (SeenMessage, SeenMessage) {
        self.sim
            .fault(Fault::on("sendMessage", FaultKind::ResetAfter));
        self.asks(approval("deploy")).await;
        let orphan = self.card(&self.ann).await;
        let known = self.card(&self.ann).await;
        assert_ne!(
            orphan.message_id, known.message_id,
            "a duplicate is better than none"
        );
        (orphan, known)
    }

    /// The same, and the known card was denied and has closed.
    pub(crate) async fn leaves_an_orphan_of_a_denial(&self) -> SeenMessage {
        let (orphan, known) = self.asks_with_an_orphan().await;
        self.ann.taps(&known, "Deny").answer().await;
        self.sim
            .wait_for_edit(&known, |seen| !seen.has_buttons())
            .await;
        orphan
    }
}
