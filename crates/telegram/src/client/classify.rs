//! What Telegram's refusals mean: the one place that reads `error_code` and descriptions.
//!
//! The texts are those of the official server (tdlib/telegram-bot-api v10.0): after the prefix
//! `Bad Request: ` and its like, compared by how they begin, because Telegram appends details.

use serde::Deserialize;

/// Why a call did not do what was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ApiError {
    /// 429.
    #[error("Telegram takes nothing for {seconds} s")]
    RetryAfter { seconds: u64 },
    /// The chat cannot be written to, and asking again does not help.
    #[error("{description}")]
    Unreachable {
        kind: Unreachable,
        description: String,
    },
    /// The group became a supergroup with this id.
    #[error("the group is now {0}")]
    MigratedTo(i64),
    /// The edit changes nothing: what we wanted is there.
    #[error("the message is not modified")]
    NotModified,
    /// The message to edit is gone, or is no longer ours to edit.
    #[error("{description}")]
    NothingToEdit { description: String },
    /// The topic is gone or closed.
    #[error("{description}")]
    ThreadNotFound { description: String },
    /// The callback query was answered before, or its time is over.
    #[error("the callback query is too old")]
    QueryTooOld,
    /// 409.
    #[error("{description}")]
    Conflict { kind: Conflict, description: String },
    /// 401, and 404 for the method itself: the token is not valid (any more).
    #[error("the token was revoked or is wrong")]
    Unauthorized,
    /// Our own HTML is broken.
    #[error("{description}")]
    ParseEntities { description: String },
    /// The text is longer than Telegram takes.
    #[error("{description}")]
    TooLong { description: String },
    /// 5xx: Telegram's own trouble. Whether the call was processed is not known.
    #[error("Telegram answered {status}")]
    Server { status: u16 },
    /// No usable answer came.
    #[error("{cause}")]
    Network { processed: Processed, cause: String },
    /// Any other refusal.
    #[error("{description}")]
    Refused { code: u16, description: String },
}

/// Why a chat cannot be written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unreachable {
    /// The person blocked the bot, or their account is gone.
    Blocked,
    /// The person never pressed Start.
    NotStarted,
    /// There is no such chat, or the bot never saw it.
    ChatNotFound,
    /// The bot was removed from the group.
    Kicked,
    /// The bot may not write (this kind of message) there.
    NoRights,
}

/// Who else receives this bot's updates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Conflict {
    /// Another process polls with the same token.
    OtherPoller,
    /// A webhook is set.
    WebhookActive,
}

/// Whether a call without an answer may have been processed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Processed {
    /// It never reached Telegram.
    No,
    /// It may have.
    Maybe,
}

/// The envelope of every answer of the Bot API.
#[derive(Debug, Deserialize)]
pub(super) struct Envelope {
    pub(super) ok: bool,
    #[serde(default)]
    pub(super) result: Option<serde_json::Value>,
    #[serde(default)]
    error_code: Option<u16>,
    #[serde(default)]
    description: Option<String>,
    #[serde(default)]
    parameters: Option<Parameters>,
}

impl Envelope {
    /// The same, should the description repeat this secret.
    pub(super) fn without(mut self, secret: &str) -> Self {
        if let Some(description) = &mut self.description
            && description.contains(secret)
        {
            *description = description.replace(secret, "•••");
        }
        self
    }
}

#[derive(Debug, Default, Deserialize)]
struct Parameters {
    #[serde(default)]
    retry_after: Option<u64>,
    #[serde(default)]
    migrate_to_chat_id: Option<i64>,
}

/// How long to wait when a 429 does not say.
const DEFAULT_RETRY_AFTER_SECONDS: u64 = 5;

/// What a refusal means. `status` is the HTTP status, for an answer without `error_code`.
pub(super) fn classify(envelope: Envelope, status: u16) -> ApiError {
    let code = envelope.error_code.unwrap_or(status);
    let description = envelope
        .description
        .unwrap_or_else(|| format!("Telegram answered {code}"));
    let parameters = envelope.parameters.unwrap_or_default();
    if let Some(chat) = parameters.migrate_to_chat_id {
        return ApiError::MigratedTo(chat);
    }
    match code {
        429 => ApiError::RetryAfter {
            seconds: parameters
                .retry_after
                .unwrap_or(DEFAULT_RETRY_AFTER_SECONDS),
        },
        401 => ApiError::Unauthorized,
        // "Not Found" alone answers a path whose token has no bot; a method that the server
        // does not know says so.
        404 if description == "Not Found" => ApiError::Unauthorized,
        403 => ApiError::Unreachable {
            kind: forbidden(&description),
            description,
        },
        409 => conflict(description),
        500..=599 => ApiError::Server { status: code },
        _ => bad_request(code, description),
    }
}

fn forbidden(description: &str) -> Unreachable {
    let text = description
        .strip_prefix("Forbidden: ")
        .unwrap_or(description);
    if text.starts_with("bot can't initiate conversation") {
        Unreachable::NotStarted
    } else if text.starts_with("bot was blocked") || text.starts_with("user is deactivated") {
        Unreachable::Blocked
    } else if text.starts_with("bot was kicked")
        || text.starts_with("bot is not a member")
        || text.starts_with("the group chat was deleted")
    {
        Unreachable::Kicked
    } else {
        Unreachable::NoRights
    }
}

fn conflict(description: String) -> ApiError {
    let kind = if description.contains("webhook is active") {
        Conflict::WebhookActive
    } else {
        Conflict::OtherPoller
    };
    ApiError::Conflict { kind, description }
}

fn bad_request(code: u16, description: String) -> ApiError {
    let text = description
        .strip_prefix("Bad Request: ")
        .unwrap_or(&description);
    let begins = |starts: &[&str]| starts.iter().any(|start| text.starts_with(start));
    if begins(&["message is not modified"]) {
        ApiError::NotModified
    } else if begins(&[
        "message to edit not found",
        "message can't be edited",
        "MESSAGE_ID_INVALID",
    ]) {
        ApiError::NothingToEdit { description }
    } else if begins(&["message thread not found", "TOPIC_CLOSED", "TOPIC_DELETED"]) {
        ApiError::ThreadNotFound { description }
    } else if begins(&[
        "query is too old",
        "query ID is invalid",
        "QUERY_ID_INVALID",
    ]) {
        ApiError::QueryTooOld
    } else if begins(&["can't parse entities", "can't parse message text"]) {
        ApiError::ParseEntities { description }
    } else if begins(&[
        "message is too long",
        "text is too long",
        "MESSAGE_TOO_LONG",
    ]) {
        ApiError::TooLong { description }
    } else if begins(&["chat not found", "PEER_ID_INVALID", "user not found"]) {
        ApiError::Unreachable {
            kind: Unreachable::ChatNotFound,
            description,
        }
    } else if begins(&[
        "not enough rights",
        "have no rights",
        "need administrator",
        "CHAT_WRITE_FORBIDDEN",
    ]) {
        ApiError::Unreachable {
            kind: Unreachable::NoRights,
            description,
        }
    } else {
        ApiError::Refused { code, description }
    }
}

impl ApiError {
    /// The label that metrics count it under.
    pub(crate) fn label(&self) -> &'static str {
        match self {
            Self::RetryAfter { .. } => "too_many_requests",
            Self::Unreachable { .. } => "unreachable",
            Self::MigratedTo(_) => "migrated",
            Self::NotModified => "not_modified",
            Self::NothingToEdit { .. } => "nothing_to_edit",
            Self::ThreadNotFound { .. } => "thread_not_found",
            Self::QueryTooOld => "query_too_old",
            Self::Conflict { .. } => "conflict",
            Self::Unauthorized => "unauthorized",
            Self::ParseEntities { .. } => "parse_entities",
            Self::TooLong { .. } => "too_long",
            Self::Server { .. } => "server",
            Self::Network { .. } => "network",
            Self::Refused { .. } => "refused",
        }
    }

    /// Whether Telegram was reached and knew the bot.
    pub(crate) fn proves_contact(&self) -> bool {
        !matches!(
            self,
            Self::Server { .. } | Self::Network { .. } | Self::Unauthorized
        )
    }
}

#[cfg(test)]
#[path = "classify_tests.rs"]
mod tests;
