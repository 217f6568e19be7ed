//! What a channel keeps for itself: updates it has not handled, conversations, small state.

use jiff::Timestamp;
use signoff_store::{Conversation, InboxRow, Store};

use crate::Error;

/// A channel's own corner of the store. In the service it is the service's database; a channel
/// in a process of its own opens one for itself.
#[derive(Clone)]
pub struct ChannelStore {
    store: Store,
    channel: String,
}

impl std::fmt::Debug for ChannelStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ChannelStore")
            .field("channel", &self.channel)
            .finish_non_exhaustive()
    }
}

impl ChannelStore {
    /// The corner of the channel with this name.
    pub fn new(store: Store, channel: impl Into<String>) -> Self {
        Self {
            store,
            channel: channel.into(),
        }
    }

    /// Commits updates before they are confirmed to the chat; repeated keys are ignored.
    /// Answers how many were new.
    pub async fn receive(&self, updates: Vec<(String, String)>) -> Result<u32, Error> {
        Ok(self.store.inbox_put(&self.channel, updates).await?)
    }

    /// Updates that are not handled yet, in order, with ids above `after`.
    pub async fn unhandled(&self, limit: u32, after: i64) -> Result<Vec<InboxRow>, Error> {
        Ok(self.store.inbox_take(&self.channel, limit, after).await?)
    }

    /// Marks an update as handled.
    pub async fn handled(&self, id: i64) -> Result<(), Error> {
        Ok(self.store.inbox_done(id).await?)
    }

    /// Notes that handling an update failed; answers how often that happened.
    pub async fn failed(&self, id: i64, cause: &str) -> Result<u32, Error> {
        Ok(self.store.inbox_failed(id, cause).await?)
    }

    /// Forgets handled updates from before `older_than`.
    pub async fn prune(&self, older_than: Timestamp) -> Result<u64, Error> {
        Ok(self.store.inbox_prune(&self.channel, older_than).await?)
    }

    /// Wakes when updates were committed.
    pub fn inbox_changes(&self) -> tokio::sync::watch::Receiver<u64> {
        self.store.changes().inbox.subscribe()
    }

    /// Opens or replaces a conversation.
    pub async fn converse(
        &self,
        key: &str,
        payload: String,
        expires_at: Timestamp,
    ) -> Result<(), Error> {
        let conversation = Conversation {
            channel: self.channel.clone(),
            key: key.to_owned(),
            payload,
            expires_at,
        };
        Ok(self.store.conversation_put(conversation).await?)
    }

    /// Open conversations whose key begins with `key_prefix`.
    pub async fn conversations(&self, key_prefix: &str) -> Result<Vec<Conversation>, Error> {
        Ok(self.store.conversations(&self.channel, key_prefix).await?)
    }

    /// Ends a conversation; `false` when there was none.
    pub async fn end_conversation(&self, key: &str) -> Result<bool, Error> {
        Ok(self.store.conversation_delete(&self.channel, key).await?)
    }

    /// Keeps a small value.
    pub async fn put(&self, key: &str, value: &str) -> Result<(), Error> {
        Ok(self.store.state_put(&self.channel, key, value).await?)
    }

    /// Reads a small value.
    pub async fn get(&self, key: &str) -> Result<Option<String>, Error> {
        Ok(self.store.state_get(&self.channel, key).await?)
    }

    /// Takes or renews the right to do something alone until `until`; `false` when another
    /// holder has it.
    pub async fn hold(&self, name: &str, holder: &str, until: Timestamp) -> Result<bool, Error> {
        let name = format!("{}:{name}", self.channel);
        Ok(self.store.hold_lease(&name, holder, until).await?)
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        self.store.clock().now()
    }
}
