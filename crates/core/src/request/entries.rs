//! What each change writes into the audit. Only masked text ever gets here, and no digest but
//! the view digest: the intent digest would let a reader of the audit test guesses of a secret.

use serde_json::{Value, json};
use signoff_contract::Status;
use url::Position;

use super::{Decided, Event, Rejection, Reply, Request, Responder, Speech, State};
use crate::Masker;
use crate::audit::{Actor, Entry};

/// Everything that people were shown, so that the chain proves on which text they decided. The
/// callback's address is not for people, and may carry a token.
pub(super) fn requested(request: &Request) -> Entry {
    let submission = &request.submission;
    let mut payload = json!({
        "kind": submission.kind,
        "title": submission.title,
        "risk": submission.risk,
        "route": request.route,
        "min_approvals": request.min_approvals,
        "expires_at": signoff_contract::time::format(request.expires_at),
    });
    let mut with = |name: &str, value: Value| {
        if !value.is_null() && value != Value::Array(Vec::new()) {
            payload[name] = value;
        }
    };
    with("context", json!(submission.context));
    with("justification", json!(submission.justification));
    with("risk_assessment", json!(submission.risk_assessment));
    with("requester", json!(submission.requester));
    with("links", json!(submission.links));
    with("options", json!(submission.options));
    with("action", json!(submission.action));
    with("masked", json!(request.masked));
    with("view_digest", json!(request.view_digest));
    entry(
        "approval.requested",
        Actor::requester(&request.submitted_by),
        Status::Pending,
        payload,
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

/// How a note was heard. What it said is in the entry of what it decided, masked.
pub(super) fn transcribed(request: &Request, by: &Responder, speech: &Speech) -> Entry {
    let payload = json!({
        "audio_ms": speech.audio_ms,
        "language": speech.language,
        "mean_probability": speech.mean_probability,
        "model": speech.model,
        "model_digest": speech.model_digest,
        "took_ms": speech.took_ms,
        "received_at": signoff_contract::time::format(speech.received_at),
    });
    entry("speech.transcribed", speaker(by), request.status(), payload)
}

fn speaker(by: &Responder) -> Actor {
    match by {
        Responder::Approver(name) => Actor::approver(name),
        Responder::Stranger(id) => Actor::stranger(id),
    }
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
    let payload = json!({ "view_digest": request.view_digest });
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
    let payload = json!({ "cause": without_callback_url(request, cause) });
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

/// An HTTP client's error names the URL, and the callback's may carry a secret anywhere in it.
fn without_callback_url(request: &Request, cause: &str) -> String {
    let mut cause = cause.to_owned();
    if let Some(target) = &request.submission.callback {
        let url = &target.url;
        let path_and_query = &url[Position::BeforePath..Position::AfterQuery];
        for (part, instead) in [
            (url.as_str(), "the callback's URL"),
            (path_and_query, "/…"),
            (url.path(), "/…"),
            (url.query().unwrap_or_default(), "…"),
        ] {
            // Shorter parts are words of the sentence.
            if part.len() >= 4 {
                cause = cause.replace(part, instead);
            }
        }
    }
    Masker::default().text(&cause)
}

/// What a refusal writes, for those that an auditor wants to know of: someone tried to decide
/// or to use an approval and was turned away.
pub fn refusal(request: &Request, event: &Event, rejection: &Rejection) -> Option<Entry> {
    let (event_type, actor, mut payload) = match event {
        Event::Responded(response) => {
            let actor = speaker(&response.by);
            let what = match response.reply {
                Reply::Approve => "approve",
                Reply::Deny { .. } => "deny",
                Reply::Choose { .. } | Reply::Custom(_) => "answer",
            };
            let payload =
                json!({ "response": what, "channel": response.channel, "via": response.via });
            ("response.refused", actor, payload)
        }
        // Without the digest that was offered: it may be the right one, or nearly.
        Event::Claimed { by, .. } => ("claim.refused", Actor::executor(by), json!({})),
        _ => return None,
    };
    payload["code"] = Value::from(rejection.code());
    payload["detail"] = Value::from(rejection.to_string());
    Some(entry(event_type, actor, request.status(), payload))
}

/// How many refusals of one kind and one person a request's audit records; the last one says so.
pub const REFUSALS_RECORDED: u32 = 10;

/// A refusal as it is recorded when so many of its kind, by the same actor, are there: in full,
/// or not at all. Whoever presses for hours must not fill the disk, nor hide what matters under
/// what does not.
pub fn recorded(mut refusal: Entry, earlier: u32) -> Option<Entry> {
    if earlier >= REFUSALS_RECORDED {
        return None;
    }
    if earlier + 1 == REFUSALS_RECORDED {
        refusal.payload["further"] = Value::from("not recorded");
    }
    Some(refusal)
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
