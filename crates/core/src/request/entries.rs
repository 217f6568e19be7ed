//! What each change writes into the audit. Only masked text ever gets here.

use serde_json::{Value, json};
use signoff_contract::Status;

use super::{Decided, Event, Rejection, Reply, Request, Responder, State};
use crate::audit::{Actor, Entry};

pub(super) fn requested(request: &Request) -> Entry {
    let submission = &request.submission;
    entry(
        "approval.requested",
        Actor::requester(&request.submitted_by),
        Status::Pending,
        json!({
            "kind": submission.kind,
            "title": submission.title,
            "risk": submission.risk,
            "route": request.route,
            "action": submission.action,
            "masked": request.masked,
            "options": submission.options,
            "intent_digest": request.intent_digest,
            "view_digest": request.view_digest,
            "min_approvals": request.min_approvals,
            "expires_at": signoff_contract::time::format(request.expires_at),
        }),
    )
}

/// The terminal event, named after the status.
pub(super) fn ended(request: &Request) -> Entry {
    let (event_type, actor, payload) = match &request.state {
        State::Approved(decided) => ("approval.approved", decider(decided), decision(decided)),
        State::Denied(decided) => ("approval.denied", decider(decided), decision(decided)),
        State::Expired { .. } => ("approval.expired", Actor::system("deadline"), json!({})),
        State::Failed { cause, .. } => (
            "approval.failed",
            Actor::system("delivery"),
            json!({ "code": cause.code, "detail": cause.detail }),
        ),
        State::Cancelled { by, reason, .. } => (
            "approval.cancelled",
            Actor::requester(by),
            json!({ "reason": reason.as_ref().map(|words| &words.masked) }),
        ),
        // Not reached by the callers, which ended the request first; still an honest entry.
        State::Pending(_) => ("approval.requested", Actor::system("request"), json!({})),
    };
    entry(event_type, actor, request.status(), payload)
}

pub(super) fn vote_recorded(request: &Request, have: u32, need: u32) -> Entry {
    let actor = request.votes().last().map_or_else(
        || Actor::system("request"),
        |vote| Actor::approver(&vote.by),
    );
    let payload = json!({ "approvals": have, "needed": need });
    entry("approval.vote_recorded", actor, Status::Pending, payload)
}

pub(super) fn confirmation_required(by: &str) -> Entry {
    let actor = Actor::approver(by);
    entry(
        "approval.confirmation_required",
        actor,
        Status::Pending,
        json!({}),
    )
}

pub(super) fn reminded() -> Entry {
    let actor = Actor::system("reminder");
    entry("approval.reminded", actor, Status::Pending, json!({}))
}

pub(super) fn prompt_shown(request: &Request, number: u8) -> Entry {
    let payload = prompt_payload(request, number, None);
    entry(
        "prompt.shown",
        Actor::system("delivery"),
        request.status(),
        payload,
    )
}

pub(super) fn prompt_failed(request: &Request, number: u8, cause: &str) -> Entry {
    let payload = prompt_payload(request, number, Some(cause));
    entry(
        "prompt.failed",
        Actor::system("delivery"),
        request.status(),
        payload,
    )
}

pub(super) fn claimed(request: &Request, by: &str) -> Entry {
    let payload = json!({ "intent_digest": request.intent_digest });
    entry(
        "approval.claimed",
        Actor::executor(by),
        request.status(),
        payload,
    )
}

pub(super) fn execution_reported(request: &Request, by: &str) -> Entry {
    let (event_type, detail) = match &request.execution {
        Some(execution) if execution.result == signoff_contract::ExecutionResult::Failed => {
            ("approval.execution_failed", execution.detail.clone())
        }
        Some(execution) => ("approval.applied", execution.detail.clone()),
        None => ("approval.applied", None),
    };
    let payload = json!({ "detail": detail });
    entry(event_type, Actor::executor(by), request.status(), payload)
}

pub(super) fn callback_delivered(request: &Request, attempts: u32) -> Entry {
    let payload = json!({ "attempts": attempts });
    entry(
        "callback.delivered",
        Actor::system("callback"),
        request.status(),
        payload,
    )
}

pub(super) fn callback_died(request: &Request, cause: &str) -> Entry {
    let payload = json!({ "cause": cause });
    entry(
        "callback.dead",
        Actor::system("callback"),
        request.status(),
        payload,
    )
}

pub(super) fn callback_resent(request: &Request, by: &str) -> Entry {
    entry(
        "callback.resent",
        Actor::operator(by),
        request.status(),
        json!({}),
    )
}

/// What a refusal writes, for those that an auditor wants to know of: someone tried to decide
/// or to use an approval and was turned away.
pub fn refusal(request: &Request, event: &Event, rejection: &Rejection) -> Option<Entry> {
    let (event_type, actor, mut payload) = match event {
        Event::Responded(response) => {
            let actor = match &response.by {
                Responder::Approver(name) => Actor::approver(name),
                Responder::Stranger(id) => Actor::stranger(id),
            };
            let what = match response.reply {
                Reply::Approve => "approve",
                Reply::Deny { .. } => "deny",
                Reply::Choose { .. } | Reply::Custom(_) => "answer",
            };
            let payload =
                json!({ "response": what, "channel": response.channel, "via": response.via });
            ("response.refused", actor, payload)
        }
        Event::Claimed { by, intent_digest } => (
            "claim.refused",
            Actor::executor(by),
            json!({ "intent_digest": intent_digest }),
        ),
        _ => return None,
    };
    payload["code"] = Value::from(rejection.code());
    payload["detail"] = Value::from(rejection.to_string());
    Some(entry(event_type, actor, request.status(), payload))
}

impl Rejection {
    /// A stable word for the kind of refusal.
    pub fn code(&self) -> &'static str {
        match self {
            Self::AlreadyDecided { .. } => "already_decided",
            Self::Expired { .. } => "expired",
            Self::NotAuthorised { .. } => "not_authorised",
            Self::OwnRequest { .. } => "own_request",
            Self::InvalidAnswer { .. } => "invalid_answer",
            Self::AlreadyVoted { .. } => "already_voted",
            Self::NotApproved { .. } => "not_approved",
            Self::AlreadyClaimed { .. } => "already_claimed",
            Self::DigestMismatch => "digest_mismatch",
            Self::AlreadyReported { .. } => "already_reported",
            Self::UnknownPrompt { .. } => "unknown_prompt",
            Self::Superseded => "superseded",
        }
    }
}

fn entry(event_type: &'static str, actor: Actor, state: Status, payload: Value) -> Entry {
    Entry {
        event_type: event_type.to_owned(),
        actor,
        approval_state: Some(state),
        payload,
    }
}

fn decider(decided: &Decided) -> Actor {
    decided.by.last().map_or_else(
        || Actor::system("request"),
        |vote| Actor::approver(&vote.by),
    )
}

fn decision(decided: &Decided) -> Value {
    let by: Vec<Value> = decided
        .by
        .iter()
        .map(|vote| {
            let at = signoff_contract::time::format(vote.at);
            json!({ "name": vote.by, "channel": vote.channel, "at": at })
        })
        .collect();
    json!({
        "decided_by": by,
        "reason": decided.reason.as_ref().map(|reason| &reason.words.masked),
        "reason_via": decided.reason.as_ref().map(|reason| reason.via),
        "answer": decided.answer.as_ref().map(|answer| json!({
            "option_id": answer.option_id,
            "text": answer.words.masked,
            "via": answer.via,
        })),
    })
}

fn prompt_payload(request: &Request, number: u8, cause: Option<&str>) -> Value {
    let prompt = request
        .prompts
        .iter()
        .find(|prompt| prompt.number == number);
    json!({
        "prompt": number,
        "channel": prompt.map(|prompt| &prompt.channel),
        "approvers": prompt.map(|prompt| &prompt.approvers),
        "cause": cause,
    })
}
