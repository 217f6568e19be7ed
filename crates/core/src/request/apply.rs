//! The one function that changes a request.

use jiff::Timestamp;
use signoff_contract::{Execution, ExecutionResult, Kind};

use super::open::too_few;
use super::respond::respond;
use super::{
    Closed, Effect, Event, FailureCause, FailureCode, Pending, Presentation, Rejection, Request,
    State, Transition, Work, entries, note,
};
use crate::Masker;
use crate::audit::Entry;

/// Applies `event` at `now`: the request afterwards, what to audit and what must happen then;
/// or why not, with nothing changed.
pub fn apply(request: &Request, event: Event, now: Timestamp) -> Result<Transition, Rejection> {
    match event {
        Event::Responded(response) => respond(request, response, now),
        Event::Cancelled { by, reason } => {
            pending(request)?;
            if now >= request.expires_at {
                let expires_at = request.expires_at;
                return Err(Rejection::Expired { expires_at });
            }
            Ok(end(
                request,
                State::Cancelled {
                    at: now,
                    by,
                    reason,
                },
            ))
        }
        Event::DeadlinePassed => {
            pending(request)?;
            let held = request.held_until();
            if now < held.unwrap_or(request.expires_at) {
                return Err(Rejection::Superseded);
            }
            Ok(end(request, deadline_state(request, now)))
        }
        Event::NoteReceived { note, within } => note::received(request, note, within, now),
        Event::NoteTranscribed {
            note,
            by,
            speech,
            confirm_within,
        } => Ok(note::transcribed(
            request,
            &note,
            (&by, &speech),
            confirm_within,
            now,
        )),
        Event::NoteSettled { note } => note::settled(request, &note),
        Event::ReminderDue => remind(request, now),
        Event::PromptShown { prompt } => prompt_shown(request, prompt, now),
        Event::PromptFailed { prompt, cause } => prompt_failed(request, prompt, &cause, now),
        Event::Claimed { by, intent_digest } => {
            approved_action(request)?;
            if let Some(at) = taken_for_use(request) {
                return Err(Rejection::AlreadyClaimed { at });
            }
            if request.intent_digest != Some(intent_digest) {
                return Err(Rejection::DigestMismatch);
            }
            let mut after = request.clone();
            after.claimed_at = Some(now);
            Ok(noted(after, |after| entries::claimed(after, &by), &[]))
        }
        Event::ExecutionReported { by, result, detail } => {
            report(request, &by, result, detail, now)
        }
        Event::CallbackDelivered { attempts } => {
            callback(request, entries::callback_delivered(request, attempts), &[])
        }
        Event::CallbackDied { cause } => callback(
            request,
            entries::callback_died(request, &cause),
            &[Work::UpdatePrompts],
        ),
        Event::CallbackResent { by } => callback(
            request,
            entries::callback_resent(request, &by),
            &[Work::UpdatePrompts],
        ),
    }
}

/// Something about the callback; there is none before the end.
fn callback(request: &Request, entry: Entry, work: &[Work]) -> Result<Transition, Rejection> {
    if matches!(request.state, State::Pending(_)) {
        return Err(Rejection::Superseded);
    }
    Ok(noted(request.clone(), |_| entry, work))
}

fn remind(request: &Request, now: Timestamp) -> Result<Transition, Rejection> {
    pending(request)?;
    let due = request.remind_at.is_some_and(|at| at <= now);
    if !due || now >= request.expires_at {
        return Err(Rejection::Superseded);
    }
    let mut after = request.clone();
    after.remind_at = None;
    Ok(noted(after, |_| entries::reminded(), &[Work::Remind]))
}

fn prompt_shown(request: &Request, number: u8, now: Timestamp) -> Result<Transition, Rejection> {
    let mut after = request.clone();
    let prompt = prompt_mut(&mut after, number)?;
    if matches!(prompt.presentation, Presentation::Shown { .. }) {
        return Err(Rejection::Superseded);
    }
    prompt.presentation = Presentation::Shown {
        at: now,
        closed: Closed::No,
    };
    Ok(noted(
        after,
        |after| entries::prompt_shown(after, number),
        &[],
    ))
}

fn prompt_failed(
    request: &Request,
    number: u8,
    cause: &str,
    now: Timestamp,
) -> Result<Transition, Rejection> {
    // A channel's error may name a URL with a token in it, and people read this.
    let cause = Masker::default().text(cause);
    let mut after = request.clone();
    let prompt = prompt_mut(&mut after, number)?;
    // What people have seen stays seen: a later failure concerns an update of it.
    if !matches!(prompt.presentation, Presentation::Waiting) {
        return Err(Rejection::Superseded);
    }
    prompt.presentation = Presentation::Failed {
        cause: cause.clone(),
    };
    let failed = entries::prompt_failed(&after, number, &cause);
    let too_few = match after.state {
        State::Pending(_) => too_few(&after, &causes(&after)),
        _ => None,
    };
    let mut transition = match too_few {
        Some(cause) => end(&after, State::Failed { at: now, cause }),
        None => Transition {
            request: after,
            effect: Effect::Noted,
            audit: vec![],
            work: vec![],
        },
    };
    transition.audit.insert(0, failed);
    Ok(transition)
}

/// Why prompts failed, one text each, with the channel's name.
fn causes(request: &Request) -> Vec<String> {
    let failed = request
        .prompts
        .iter()
        .filter_map(|prompt| match &prompt.presentation {
            Presentation::Failed { cause } => Some(format!("{}: {cause}", prompt.channel)),
            Presentation::Waiting | Presentation::Shown { .. } => None,
        });
    let mut causes: Vec<String> = failed.collect();
    causes.dedup();
    causes
}

fn report(
    request: &Request,
    by: &str,
    result: ExecutionResult,
    detail: Option<String>,
    now: Timestamp,
) -> Result<Transition, Rejection> {
    approved_action(request)?;
    if let Some(earlier) = &request.execution {
        return Err(Rejection::AlreadyReported {
            reported: earlier.result,
        });
    }
    let mut after = request.clone();
    after.execution = Some(Execution {
        result,
        detail,
        reported_at: now,
    });
    Ok(noted(
        after,
        |after| entries::execution_reported(after, by),
        &[Work::UpdatePrompts],
    ))
}

fn deadline_state(request: &Request, now: Timestamp) -> State {
    if request.was_presented() {
        return State::Expired { at: now };
    }
    let causes = causes(request);
    let detail = if causes.is_empty() {
        "no channel had shown the request when its time ran out".to_owned()
    } else {
        causes.join("; ")
    };
    State::Failed {
        at: now,
        cause: FailureCause {
            code: FailureCode::NeverPresented,
            detail,
        },
    }
}

/// The request at its end: every prompt shows it, the requester hears of it.
pub(super) fn end(request: &Request, state: State) -> Transition {
    let mut after = request.clone();
    after.state = state;
    after.remind_at = None;
    let audit = vec![entries::ended(&after)];
    let work = vec![Work::UpdatePrompts, Work::SendCallback];
    Transition {
        request: after,
        effect: Effect::Decided,
        audit,
        work,
    }
}

fn noted(request: Request, entry: impl FnOnce(&Request) -> Entry, work: &[Work]) -> Transition {
    let audit = vec![entry(&request)];
    Transition {
        request,
        effect: Effect::Noted,
        audit,
        work: work.to_vec(),
    }
}

pub(super) fn pending(request: &Request) -> Result<&Pending, Rejection> {
    match &request.state {
        State::Pending(pending) => Ok(pending),
        ended => Err(Rejection::AlreadyDecided {
            status: ended.status(),
        }),
    }
}

fn approved_action(request: &Request) -> Result<(), Rejection> {
    match (&request.state, request.submission.kind) {
        (State::Approved(_), Kind::Approval) => Ok(()),
        (state, _) => Err(Rejection::NotApproved {
            status: state.status(),
        }),
    }
}

/// Since when the approval is in use: an executor that reports without having claimed has used it
/// all the same.
fn taken_for_use(request: &Request) -> Option<Timestamp> {
    let reported = request.execution.as_ref();
    request
        .claimed_at
        .or_else(|| reported.map(|execution| execution.reported_at))
}

fn prompt_mut(request: &mut Request, number: u8) -> Result<&mut super::Prompt, Rejection> {
    request
        .prompts
        .iter_mut()
        .find(|prompt| prompt.number == number)
        .ok_or(Rejection::UnknownPrompt { number })
}
