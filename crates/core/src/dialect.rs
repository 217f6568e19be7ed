//! How a request that came through a drop-in endpoint ended, in the terms of that dialect. How it
//! is written is the contract's (`signoff_contract::compat`).

use jiff::Timestamp;
use signoff_contract::Via;
use signoff_contract::compat::{Dialect, Ending, InputMode, Proof, callback};

use crate::request::{Decided, GivenAnswer, Request, State};

/// What its callers hear of a request that was withdrawn without a word.
const WITHDRAWN: &str = "the request was withdrawn";

/// The callback's body.
pub(crate) fn callback_body(request: &Request, dialect: &Dialect, at: Timestamp) -> Vec<u8> {
    let names: Vec<&str> = request.votes().iter().map(|vote| &*vote.by).collect();
    let proof = Proof {
        request_id: request.id,
        approvers: &names,
        decided_at: at,
        intent_digest: request.intent_digest,
        view_digest: request.view_digest,
    };
    let why = why(&request.state);
    callback(dialect, ending(request, &why), &proof)
}

/// Our sentence for an end that no human chose.
fn why(state: &State) -> String {
    match state {
        State::Failed { cause, .. } => cause.to_string(),
        State::Cancelled {
            reason: Some(words),
            ..
        } => format!("{WITHDRAWN}: {}", words.verbatim),
        _ => WITHDRAWN.to_owned(),
    }
}

fn ending<'a>(request: &'a Request, why: &'a str) -> Ending<'a> {
    match &request.state {
        State::Approved(Decided {
            answer: Some(answer),
            ..
        }) => answered(request, answer),
        State::Approved(_) => Ending::Approved,
        State::Denied(decided) => Ending::Denied {
            reason: decided
                .reason
                .as_ref()
                .map(|reason| &*reason.words.verbatim),
        },
        State::Expired { .. } => Ending::Expired,
        // A pending request has no callback.
        State::Failed { .. } | State::Cancelled { .. } | State::Pending(_) => {
            Ending::Failed { why }
        }
    }
}

fn answered<'a>(request: &Request, answer: &'a GivenAnswer) -> Ending<'a> {
    let options = &request.submission.options;
    let index = answer
        .option_id
        .as_ref()
        .and_then(|id| options.iter().position(|option| option.id == *id));
    match index {
        Some(index) => Ending::Chosen { index },
        None => Ending::Custom {
            text: &answer.words.verbatim,
            mode: match answer.via {
                Via::Voice => InputMode::Voice,
                _ => InputMode::Text,
            },
        },
    }
}
