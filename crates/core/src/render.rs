//! The request as others see it: the resource, and the callback's body.

use jiff::Timestamp;
use serde::Serialize;
use signoff_contract::{
    ActionView, CallbackView, Decider, DeciderType, Kind, Outcome, PromptState, PromptView,
    RequestResource, time,
};

use crate::request::{Closed, Presentation, Request, State, Vote};

/// The request resource. `callback` is how its callback stands, when one was asked for.
pub fn resource(request: &Request, callback: Option<CallbackView>) -> RequestResource {
    RequestResource {
        prompts: Some(request.prompts.iter().map(prompt).collect()),
        claimed_at: request.claimed_at,
        execution: request.execution.clone(),
        callback,
        ..bare(request)
    }
}

/// The callback's body, rendered once, in the deciding transaction, and sent byte-identical on
/// every attempt: `{"type", "timestamp", "data"}` with the resource as it was decided.
///
/// One that came through a drop-in endpoint has the body that its caller knows.
pub fn callback_body(request: &Request, at: Timestamp) -> serde_json::Result<Vec<u8>> {
    #[derive(Serialize)]
    struct Callback {
        #[serde(rename = "type")]
        kind: String,
        timestamp: String,
        data: RequestResource,
    }
    if let Some(dialect) = &request.dialect {
        return Ok(crate::dialect::callback_body(request, dialect, at));
    }
    serde_json::to_vec(&Callback {
        kind: format!("request.{}", request.status().as_str()),
        timestamp: time::format(at),
        data: bare(request),
    })
}

/// How the request ended; `None` while it is pending.
pub fn outcome(request: &Request) -> Option<Outcome> {
    let by = |votes: &[Vote]| votes.iter().map(decider).collect();
    let (decided_at, reason, reason_via, answer, decided_by) = match &request.state {
        State::Pending(_) => return None,
        State::Approved(decided) | State::Denied(decided) => (
            decided.at,
            decided
                .reason
                .as_ref()
                .map(|reason| reason.words.verbatim.clone()),
            decided.reason.as_ref().map(|reason| reason.via),
            decided
                .answer
                .as_ref()
                .map(crate::request::GivenAnswer::verbatim),
            by(&decided.by),
        ),
        State::Expired { at } => (*at, None, None, None, Vec::new()),
        State::Failed { at, cause } => (*at, Some(cause.to_string()), None, None, Vec::new()),
        State::Cancelled { at, by, reason } => {
            let withdrew = Decider {
                kind: DeciderType::Requester,
                name: by.clone(),
                channel: "api".to_owned(),
                at: *at,
            };
            let reason = reason.as_ref().map(|words| words.verbatim.clone());
            (*at, reason, None, None, vec![withdrew])
        }
    };
    Some(Outcome {
        status: request.status(),
        decided_at,
        reason,
        reason_via,
        answer,
        decided_by,
    })
}

/// What both forms share.
fn bare(request: &Request) -> RequestResource {
    let submission = &request.submission;
    let seconds = time::seconds_between(request.created_at, request.expires_at);
    RequestResource {
        id: request.id,
        project: request.project.clone(),
        correlation_id: submission.correlation_id.clone(),
        kind: submission.kind,
        status: request.status(),
        title: submission.title.clone(),
        context: submission.context.clone(),
        justification: submission.justification.clone(),
        risk_assessment: submission.risk_assessment.clone(),
        risk: submission.risk,
        action: submission.action.as_ref().map(|action| ActionView {
            tool: action.tool.clone(),
            arguments: action.arguments.clone(),
            masked: request.masked.clone(),
        }),
        options: submission.options.clone(),
        allow_custom: (submission.kind == Kind::Question).then_some(submission.allow_custom),
        requester: submission.requester.clone(),
        links: submission.links.clone(),
        route: request.route.clone(),
        language: submission.language.clone(),
        ttl_seconds: u64::try_from(seconds).unwrap_or(0),
        intent_digest: request.intent_digest,
        view_digest: request.view_digest,
        created_at: request.created_at,
        expires_at: request.expires_at,
        prompts: None,
        outcome: outcome(request),
        claimed_at: None,
        execution: None,
        callback: None,
    }
}

fn decider(vote: &Vote) -> Decider {
    Decider {
        kind: DeciderType::Approver,
        name: vote.by.clone(),
        channel: vote.channel.clone(),
        at: vote.at,
    }
}

fn prompt(prompt: &crate::request::Prompt) -> PromptView {
    let (state, presented_at) = match &prompt.presentation {
        Presentation::Waiting => (PromptState::Waiting, None),
        Presentation::Shown {
            at,
            closed: Closed::No,
        } => (PromptState::Open, Some(*at)),
        Presentation::Shown {
            at,
            closed: Closed::Yes,
        } => (PromptState::Closed, Some(*at)),
        Presentation::Failed { .. } => (PromptState::Failed, None),
    };
    PromptView {
        channel: prompt.channel.clone(),
        state,
        presented_at,
    }
}
