//! Callbacks as Signoff writes and signs them.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::{Map, Value, json};
use signoff_contract::signature::{self, SigningSecret};
use signoff_contract::time::{self, rfc3339};
use signoff_contract::{
    ActionView, CorrelationId, DeliveryId, Digest, Kind, Outcome, RequestId, RequestResource, Risk,
    Status,
};

use crate::{Miss, peer};

/// How long a request is given.
const TTL_SECONDS: u64 = 3600;

/// One callback: the same identity and bytes on every attempt.
#[derive(Debug, Clone)]
pub(super) struct Message {
    /// Its `webhook-id`.
    pub(super) id: String,
    /// The request it is about.
    pub(super) correlation_id: CorrelationId,
    /// How that ended.
    pub(super) status: Status,
    pub(super) body: Vec<u8>,
}

/// The form of a callback's body.
#[derive(Serialize)]
struct Body<'a> {
    #[serde(rename = "type")]
    event_type: String,
    #[serde(with = "rfc3339")]
    timestamp: Timestamp,
    data: &'a RequestResource,
}

impl Message {
    /// The callback that tells of this request's end.
    pub(super) fn of(request: &RequestResource) -> Result<Self, Miss> {
        let ended = request.outcome.as_ref();
        let body = Body {
            event_type: format!("request.{}", request.status.as_str()),
            timestamp: ended.map_or(request.created_at, |outcome| outcome.decided_at),
            data: request,
        };
        let body = serde_json::to_vec(&body).map_err(Miss::not_tried)?;
        Ok(Self::about(request, body))
    }

    /// A callback about this request, of these bytes.
    pub(super) fn about(request: &RequestResource, body: Vec<u8>) -> Self {
        let id = DeliveryId::from_parts(millis(peer::now()), rand::random());
        Self {
            id: id.to_string(),
            correlation_id: request.correlation_id.clone(),
            status: request.status,
            body,
        }
    }

    /// Its body, to make another of it.
    pub(super) fn json(&self) -> Result<Value, Miss> {
        serde_json::from_slice(&self.body).map_err(Miss::not_tried)
    }
}

/// One attempt of a callback, or what somebody made of it.
#[derive(Debug, Clone)]
pub(super) struct Post {
    /// The value of each header that is sent.
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Vec<u8>,
}

impl Post {
    /// This message as it is sent now, signed with these secrets.
    pub(super) fn signed(message: &Message, secrets: &[SigningSecret]) -> Result<Self, Miss> {
        Self::signed_at(message, secrets, peer::now().as_second())
    }

    /// The same at another time, in seconds since 1970.
    pub(super) fn signed_at(
        message: &Message,
        secrets: &[SigningSecret],
        at: i64,
    ) -> Result<Self, Miss> {
        let signatures = signature::sign(secrets, &message.id, at, &message.body);
        Ok(Self {
            headers: vec![
                (signature::HEADER_ID, message.id.clone()),
                (signature::HEADER_TIMESTAMP, at.to_string()),
                (
                    signature::HEADER_SIGNATURE,
                    signatures.map_err(Miss::not_tried)?,
                ),
            ],
            body: message.body.clone(),
        })
    }

    /// The value of one of its headers.
    pub(super) fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(its, _)| *its == name);
        found.map_or("", |(_, value)| value)
    }

    /// The same with another value of a header.
    pub(super) fn with(self, name: &'static str, value: impl Into<String>) -> Self {
        let mut post = self.without(name);
        post.headers.push((name, value.into()));
        post
    }

    /// The same without a header.
    pub(super) fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(its, _)| *its != name);
        self
    }
}

/// A secret that nobody knows.
pub(super) fn new_secret() -> Result<SigningSecret, Miss> {
    let bytes: [u8; 32] = rand::random();
    SigningSecret::from_bytes(bytes.to_vec()).map_err(Miss::not_tried)
}

/// An approval that bears this name, as it was when it ended so long ago.
pub(super) fn request(
    correlation_id: CorrelationId,
    status: Status,
    ago: SignedDuration,
) -> RequestResource {
    let earlier = |at: Timestamp, by| at.checked_sub(by).unwrap_or(Timestamp::MIN);
    let decided_at = earlier(peer::now(), ago);
    let created_at = earlier(decided_at, SignedDuration::from_mins(1));
    let tool = "conformance.check";
    let mut arguments = Map::new();
    arguments.insert("name".to_owned(), json!(correlation_id));
    let digest = Digest::of_action(tool, &arguments);
    RequestResource {
        id: RequestId::from_parts(millis(created_at), rand::random()),
        project: "default".to_owned(),
        title: format!("A check of this receiver: {correlation_id}"),
        correlation_id,
        kind: Kind::Approval,
        status,
        context: None,
        justification: None,
        risk_assessment: None,
        risk: Risk::Medium,
        action: Some(ActionView {
            tool: tool.to_owned(),
            arguments,
            masked: Vec::new(),
        }),
        options: Vec::new(),
        allow_custom: None,
        requester: None,
        links: Vec::new(),
        route: "default".to_owned(),
        language: None,
        ttl_seconds: TTL_SECONDS,
        intent_digest: Some(digest),
        view_digest: Some(digest),
        created_at,
        expires_at: time::plus_seconds(created_at, TTL_SECONDS),
        prompts: None,
        outcome: Some(Outcome {
            status,
            decided_at,
            reason: None,
            reason_via: None,
            answer: None,
            decided_by: Vec::new(),
        }),
        claimed_at: None,
        execution: None,
        callback: None,
    }
}

fn millis(at: Timestamp) -> u64 {
    u64::try_from(at.as_millisecond()).unwrap_or_default()
}
