//! The commands' signatures, while their bodies are being written. This file goes away.
#![expect(missing_docs, unused_variables, clippy::unused_async, reason = "a skeleton")]
use jiff::Timestamp;
use signoff_contract::{CorrelationId, DeliveryId, EventResource, PromptId, RequestId};
use crate::*;

impl Store {
    pub async fn submit(&self, new: NewRequest) -> Result<Submitted, Error> {
        Err(Error::stopped())
    }
    pub async fn replay(&self, project: &str, correlation_id: &CorrelationId, body_mac: &[u8; 32]) -> Result<Option<Submitted>, Error> {
        Err(Error::stopped())
    }
    pub async fn transition(&self, command: Command) -> Result<Option<Transitioned>, Error> {
        Err(Error::stopped())
    }
    pub async fn expire_due(&self, limit: u32) -> Result<Ticked, Error> {
        Err(Error::stopped())
    }
    pub async fn remind_due(&self, limit: u32) -> Result<Ticked, Error> {
        Err(Error::stopped())
    }
    pub async fn request(&self, key: &Key) -> Result<Option<Record>, Error> {
        Err(Error::stopped())
    }
    pub async fn requests(&self, project: &str, filter: ListFilter) -> Result<Vec<Record>, Error> {
        Err(Error::stopped())
    }
    pub async fn pending_for(&self, approver: &str, limit: u32) -> Result<Vec<Record>, Error> {
        Err(Error::stopped())
    }
    pub async fn pending_in_routes(&self, routes: &[(String, String)], limit: u32) -> Result<Vec<Record>, Error> {
        Err(Error::stopped())
    }
    pub async fn pending_count(&self, project: &str) -> Result<u64, Error> {
        Err(Error::stopped())
    }
    pub async fn lease_prompts(&self, channel: &str, busy_places: &[String], limit: u32, until: Timestamp) -> Result<Vec<DuePrompt>, Error> {
        Err(Error::stopped())
    }
    pub async fn finish_prompt(&self, id: PromptId, revision: u64, result: PromptResult) -> Result<Option<Transitioned>, Error> {
        Err(Error::stopped())
    }
    pub async fn adopt_prompt_ref(&self, request: RequestId, prompt: u8, prompt_ref: String) -> Result<bool, Error> {
        Err(Error::stopped())
    }
    pub async fn prompt(&self, request: RequestId, prompt: u8) -> Result<Option<(Record, PromptId, Vec<String>, u64)>, Error> {
        Err(Error::stopped())
    }
    pub async fn next_prompt_due(&self, channel: &str) -> Result<Option<Timestamp>, Error> {
        Err(Error::stopped())
    }
    pub async fn lease_callbacks(&self, busy_origins: &[String], per_origin: u32, limit: u32, until: Timestamp) -> Result<Vec<DueCallback>, Error> {
        Err(Error::stopped())
    }
    pub async fn finish_callback(&self, id: DeliveryId, attempt: Attempt, result: CallbackResult) -> Result<(), Error> {
        Err(Error::stopped())
    }
    pub async fn callbacks(&self, project: Option<&str>, state: Option<&str>, limit: u32) -> Result<Vec<CallbackRow>, Error> {
        Err(Error::stopped())
    }
    pub async fn resend_callback(&self, project: Option<&str>, key: &ResendKey, by: &str) -> Result<Option<DeliveryId>, Error> {
        Err(Error::stopped())
    }
    pub async fn next_deadlines(&self) -> Result<Deadlines, Error> {
        Err(Error::stopped())
    }
    pub async fn seal(&self, limit: u32) -> Result<Sealed, Error> {
        Err(Error::stopped())
    }
    pub async fn events(&self, request: RequestId) -> Result<Vec<EventResource>, Error> {
        Err(Error::stopped())
    }
    pub async fn sealed_events(&self, project: &str, after: u64, limit: u32) -> Result<Vec<EventResource>, Error> {
        Err(Error::stopped())
    }
    pub async fn last_seal(&self) -> Result<u64, Error> {
        Err(Error::stopped())
    }
    pub async fn verify_audit(&self, progress: impl FnMut(u64) + Send + 'static) -> Result<Verified, Error> {
        Err(Error::stopped())
    }
    pub async fn export_audit(&self, after: u64, limit: u32, project: Option<&str>) -> Result<Vec<EventResource>, Error> {
        Err(Error::stopped())
    }
    pub async fn record_installation_event(&self, entry: signoff_core::audit::Entry) -> Result<(), Error> {
        Err(Error::stopped())
    }
    pub async fn inbox_put(&self, channel: &str, updates: Vec<(String, String)>) -> Result<u32, Error> {
        Err(Error::stopped())
    }
    pub async fn inbox_take(&self, channel: &str, limit: u32, after: i64) -> Result<Vec<InboxRow>, Error> {
        Err(Error::stopped())
    }
    pub async fn inbox_done(&self, id: i64) -> Result<(), Error> {
        Err(Error::stopped())
    }
    pub async fn inbox_failed(&self, id: i64, cause: &str) -> Result<u32, Error> {
        Err(Error::stopped())
    }
    pub async fn inbox_prune(&self, channel: &str, older_than: Timestamp) -> Result<u64, Error> {
        Err(Error::stopped())
    }
    pub async fn conversation_put(&self, conversation: Conversation) -> Result<(), Error> {
        Err(Error::stopped())
    }
    pub async fn conversations(&self, channel: &str, key_prefix: &str) -> Result<Vec<Conversation>, Error> {
        Err(Error::stopped())
    }
    pub async fn conversation_delete(&self, channel: &str, key: &str) -> Result<bool, Error> {
        Err(Error::stopped())
    }
    pub async fn state_put(&self, scope: &str, key: &str, value: &str) -> Result<(), Error> {
        Err(Error::stopped())
    }
    pub async fn state_get(&self, scope: &str, key: &str) -> Result<Option<String>, Error> {
        Err(Error::stopped())
    }
    pub async fn state_list(&self, scope: &str) -> Result<Vec<(String, String)>, Error> {
        Err(Error::stopped())
    }
    pub async fn hold_lease(&self, name: &str, holder: &str, until: Timestamp) -> Result<bool, Error> {
        Err(Error::stopped())
    }
    pub async fn invite(&self, approver: &str, token_sha256: [u8; 32], expires_at: Timestamp) -> Result<(), Error> {
        Err(Error::stopped())
    }
    pub async fn pair(&self, token_sha256: [u8; 32], channel: &str, user_id: &str) -> Result<Paired, Error> {
        Err(Error::stopped())
    }
    pub async fn identities(&self) -> Result<Vec<Identity>, Error> {
        Err(Error::stopped())
    }
    pub async fn key_put(&self, key: ApiKeyRow) -> Result<bool, Error> {
        Err(Error::stopped())
    }
    pub async fn key_revoke(&self, name: &str) -> Result<bool, Error> {
        Err(Error::stopped())
    }
    pub async fn keys(&self) -> Result<Vec<ApiKeyRow>, Error> {
        Err(Error::stopped())
    }
    pub async fn check_writable(&self) -> Result<(), Error> {
        Err(Error::stopped())
    }
}
