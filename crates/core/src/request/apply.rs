//! The one function that changes a request.

use jiff::{SignedDuration, Timestamp};
use signoff_contract::{Execution, ExecutionResult, Kind, Via};

use super::open::too_few;
use super::{
    Closed, Confirmation, Decided, Effect, Event, FailureCause, FailureCode, GivenAnswer, Pending,
    Presentation, Reason, Rejection, Reply, Request, Responder, Response, State, Transition, Vote,
    Words, Work, entries,
};
use crate::audit::Entry;

/// The second press counts from here on: sooner it is a double tap, not a second thought.
const CONFIRM_AFTER: SignedDuration = SignedDuration::from_secs(1);
/// The second press counts until here: later it is a first press again.
const CONFIRM_WITHIN: SignedDuration = SignedDuration::from_secs(60);

/// Applies `event` at `now`: the request afterwards, what to audit and what must happen then;
/// or why not, with nothing changed.
pub fn apply(request: &Request, event: Event, now: Timestamp) -> Result<Transition, Rejection> {
    match event {
        Event::Responded(response) => respond(request, response, now),
        Event::Cancelled { by, reason } => {
            pending(request)?;
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
            if now < request.expires_at {
                return Err(Rejection::Superseded);
            }
            Ok(end(request, deadline_state(request, now)))
        }
        Event::ReminderDue => remind(request, now),
        Event::PromptShown { prompt } => prompt_shown(request, prompt, now),
        Event::PromptFailed { prompt, cause } => prompt_failed(request, prompt, cause, now),
        Event::Claimed { by, intent_digest } => {
            approved_action(request)?;
            if let Some(at) = request.claimed_at {
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
        Event::CallbackDelivered { attempts } => Ok(noted(
            request.clone(),
            |after| entries::callback_delivered(after, attempts),
            &[],
        )),
        Event::CallbackDied { cause } => Ok(noted(
            request.clone(),
            |after| entries::callback_died(after, &cause),
            &[Work::UpdatePrompts],
        )),
        Event::CallbackResent { by } => Ok(noted(
            request.clone(),
            |after| entries::callback_resent(after, &by),
            &[Work::UpdatePrompts],
        )),
    }
}

fn respond(request: &Request, response: Response, now: Timestamp) -> Result<Transition, Rejection> {
    let state = pending(request)?;
    if now >= request.expires_at {
        return Err(Rejection::Expired {
            expires_at: request.expires_at,
        });
    }
    let by = authorised(request, &response)?;
    let vote = Vote {
        by,
        channel: response.channel,
        at: now,
    };
    match response.reply {
        Reply::Deny { reason } => {
            let reason = reason.map(|words| Reason {
                words,
                via: response.via,
            });
            let mut by = state.votes.clone();
            by.retain(|earlier| earlier.by != vote.by);
            by.push(vote);
            Ok(end(
                request,
                State::Denied(Decided {
                    at: now,
                    by,
                    reason,
                    answer: None,
                }),
            ))
        }
        Reply::Approve => approve(request, state, vote, response.via, now),
        Reply::Choose { option_id } => {
            let option = request
                .submission
                .options
                .iter()
                .find(|option| option.id == option_id);
            let Some(option) = option else {
                let why = format!("the request has no option {option_id:?}");
                return Err(Rejection::InvalidAnswer { why });
            };
            let words = Words {
                verbatim: option.label.clone(),
                masked: option.label.clone(),
            };
            Ok(answer(request, vote, Some(option_id), words, response.via))
        }
        Reply::Custom(words) => {
            if request.submission.kind == Kind::Approval {
                return invalid("an approval takes approve or deny, not an answer");
            }
            if !request.submission.allow_custom {
                return invalid("this question takes only one of its options");
            }
            if words.verbatim.trim().is_empty() {
                return invalid("the answer is empty");
            }
            Ok(answer(request, vote, None, words, response.via))
        }
    }
}

fn approve(
    request: &Request,
    state: &Pending,
    vote: Vote,
    via: Via,
    now: Timestamp,
) -> Result<Transition, Rejection> {
    if request.submission.kind == Kind::Question {
        return invalid("a question takes an answer, not an approval");
    }
    let need = request.approvals_needed();
    let have = count(state.votes.len());
    if state.votes.iter().any(|earlier| earlier.by == vote.by) {
        return Err(Rejection::AlreadyVoted {
            by: vote.by,
            have,
            need,
        });
    }
    if via == Via::Button && request.asks_twice() {
        let pressed = state.confirmations.iter().find(|first| first.by == vote.by);
        let waited = pressed.map(|first| now.duration_since(first.at));
        match waited {
            Some(waited) if waited >= CONFIRM_AFTER && waited <= CONFIRM_WITHIN => {}
            // A double tap: the first press stands, and still waits.
            Some(waited) if waited >= SignedDuration::ZERO && waited < CONFIRM_AFTER => {
                return Ok(Transition {
                    request: request.clone(),
                    effect: Effect::ConfirmationRequired,
                    audit: Vec::new(),
                    work: Vec::new(),
                });
            }
            _ => return Ok(ask_again(request, state, vote.by, now)),
        }
    }
    let mut votes = state.votes.clone();
    votes.push(vote);
    let have = have + 1;
    if have >= need {
        let decided = Decided {
            at: now,
            by: votes,
            reason: None,
            answer: None,
        };
        return Ok(end(request, State::Approved(decided)));
    }
    let mut after = request.clone();
    after.state = State::Pending(Pending {
        votes,
        confirmations: state.confirmations.clone(),
    });
    let audit = vec![entries::vote_recorded(&after, have, need)];
    let effect = Effect::Recorded { have, need };
    Ok(Transition {
        request: after,
        effect,
        audit,
        work: vec![Work::UpdatePrompts],
    })
}

/// Remembers the first press; the chat does not change until the second.
fn ask_again(request: &Request, state: &Pending, by: String, now: Timestamp) -> Transition {
    let mut pending = state.clone();
    pending.confirmations.retain(|first| first.by != by);
    pending.confirmations.push(Confirmation {
        by: by.clone(),
        at: now,
    });
    let mut after = request.clone();
    after.state = State::Pending(pending);
    let audit = vec![entries::confirmation_required(&by)];
    Transition {
        request: after,
        effect: Effect::ConfirmationRequired,
        audit,
        work: Vec::new(),
    }
}

fn answer(
    request: &Request,
    vote: Vote,
    option_id: Option<String>,
    words: Words,
    via: Via,
) -> Transition {
    let at = vote.at;
    let answer = Some(GivenAnswer {
        option_id,
        words,
        via,
    });
    end(
        request,
        State::Approved(Decided {
            at,
            by: vec![vote],
            reason: None,
            answer,
        }),
    )
}

/// The approver's name, if that person may decide this request now.
fn authorised(request: &Request, response: &Response) -> Result<String, Rejection> {
    let not_authorised = || Rejection::NotAuthorised {
        needed: response.eligible.clone(),
    };
    let Responder::Approver(name) = &response.by else {
        return Err(not_authorised());
    };
    if request.submitted_for.as_ref() == Some(name) {
        return Err(Rejection::OwnRequest { by: name.clone() });
    }
    if response.eligible.contains(name) {
        Ok(name.clone())
    } else {
        Err(not_authorised())
    }
}

fn remind(request: &Request, now: Timestamp) -> Result<Transition, Rejection> {
    pending(request)?;
    if request.remind_at.is_none_or(|at| at > now) {
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
    cause: String,
    now: Timestamp,
) -> Result<Transition, Rejection> {
    let mut after = request.clone();
    let prompt = prompt_mut(&mut after, number)?;
    if matches!(prompt.presentation, Presentation::Failed { .. }) {
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
fn end(request: &Request, state: State) -> Transition {
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

fn pending(request: &Request) -> Result<&Pending, Rejection> {
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

fn prompt_mut(request: &mut Request, number: u8) -> Result<&mut super::Prompt, Rejection> {
    request
        .prompts
        .iter_mut()
        .find(|prompt| prompt.number == number)
        .ok_or(Rejection::UnknownPrompt { number })
}

fn invalid<T>(why: &str) -> Result<T, Rejection> {
    Err(Rejection::InvalidAnswer {
        why: why.to_owned(),
    })
}

fn count(votes: usize) -> u32 {
    u32::try_from(votes).unwrap_or(u32::MAX)
}
