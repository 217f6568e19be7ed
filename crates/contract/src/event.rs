//! One audit event, as `GET …/events`, the event stream and the audit export show it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::time::rfc3339;
use crate::{CorrelationId, Digest, RequestId, Status};

/// One audit event. Its payload is masked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct EventResource {
    /// The sealed sequence number, the event stream's `Last-Event-ID`; null until it is sealed.
    pub seq: Option<u64>,
    /// The request it belongs to; null for an event of the installation.
    #[schema(value_type = Option<String>)]
    pub request_id: Option<RequestId>,
    /// Its position in the request's own chain, from 1.
    pub number: u64,
    /// The project; null for an event of the installation.
    pub project: Option<String>,
    /// The caller's name for the request.
    #[schema(value_type = Option<String>)]
    pub correlation_id: Option<CorrelationId>,
    /// `approval.requested`, `approval.approved`, …
    pub event_type: String,
    /// `requester`, `approver`, `executor`, `system`, `operator` or `stranger`.
    pub actor_type: String,
    /// Who: a key's name, an approver's name, `telegram:1001`, a worker.
    pub actor_id: String,
    /// The request's status after the event.
    pub approval_state: Option<Status>,
    /// When. Never earlier than the event before.
    #[serde(with = "rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// What happened, masked.
    #[schema(value_type = Object)]
    pub payload: Value,
    /// The hash of the event before in the same chain; null for the first.
    #[schema(value_type = Option<String>)]
    pub previous_hash: Option<Digest>,
    /// SHA-256 over the canonical form of everything above but `seq`.
    #[schema(value_type = String)]
    pub hash: Digest,
}
