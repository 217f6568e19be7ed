//! A person's response: who may give it, and what it does.

use jiff::{SignedDuration, Timestamp};
use signoff_contract::{Kind, Via};

use super::apply::{end, pending};
use super::{
    Confirmation, Decided, Effect, GivenAnswer, Pending, Reason, Rejection, Reply, Request,
    Responder, Response, State, Transition, Vote, Words, Work, entries, note,
};

/// The second press counts from here on: sooner it is a double tap, not a second thought.
const CONFIRM_AFTER: SignedDuration = SignedDuration::from_secs(1);
/// The second press counts until here: later it is a first press again.
const CONFIRM_WITHIN: SignedDuration = SignedDuration::from_secs(60);

pub(super) fn respond(
    request: &Request,
    response: Response,
    now: Timestamp,
) -> Result<Transition, Rejection> {
    let state = pending(request)?;
    let late = now >= request.expires_at;
    if late && !note::counts(state, response.note.as_deref(), now) {
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
            // A blank reason is none.
            let reason = reason.filter(|words| !words.verbatim.trim().is_empty());
            let reason = reason.map(|words| Reason {
                words,
                via: response.via,
            });
            // Who approved before did not deny: their votes are in the audit.
            Ok(end(
                request,
                State::Denied(Decided {
                    at: now,
                    by: vec![vote],
                    reason,
                    answer: None,
                }),
            ))
        }
        Reply::Approve => {
            let press = Press {
                via: response.via,
                received_at: response.received_at,
                eligible: &response.eligible,
            };
            approve(request, state, vote, &press, now)
        }
        Reply::Choose { option_id } => {
            let option = request
                .submission
                .options
                .iter()
                .find(|option| option.id == option_id);
            let Some(option) = option else {
                return invalid("the request has no such option");
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

/// How an approval came.
struct Press<'a> {
    via: Via,
    received_at: Timestamp,
    /// Who may decide now.
    eligible: &'a [String],
}

fn approve(
    request: &Request,
    state: &Pending,
    vote: Vote,
    press: &Press<'_>,
    now: Timestamp,
) -> Result<Transition, Rejection> {
    if request.submission.kind == Kind::Question {
        return invalid("a question takes an answer, not an approval");
    }
    let need = request.approvals_needed();
    // Who was taken off the route since has no say in it any more.
    let mut votes = state.votes.clone();
    votes.retain(|earlier| press.eligible.contains(&earlier.by));
    let have = count(votes.len());
    if votes.iter().any(|earlier| earlier.by == vote.by) {
        return Err(Rejection::AlreadyVoted {
            by: vote.by,
            have,
            need,
        });
    }
    if !matches!(press.via, Via::Api | Via::Cli) && request.asks_twice() {
        let pressed = state
            .confirmations
            .iter()
            // A clock that went back makes any press a first one.
            .find(|first| first.by == vote.by && first.at <= now);
        let received = press.received_at.min(now);
        match pressed.map(|first| received.duration_since(first.at)) {
            Some(waited) if waited >= CONFIRM_AFTER && waited <= CONFIRM_WITHIN => {}
            // A double tap, also when it had to wait while the first was handled: nobody can have
            // seen the question yet. The first press stands, and still waits.
            Some(waited) if waited < CONFIRM_AFTER => {
                return Ok(Transition {
                    request: request.clone(),
                    effect: Effect::ConfirmationRequired,
                    audit: Vec::new(),
                    work: Vec::new(),
                });
            }
            _ => return Ok(ask_again(request, state, &vote.by, now)),
        }
    }
    let mut confirmations = state.confirmations.clone();
    confirmations.retain(|first| first.by != vote.by);
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
        confirmations,
        holds: state.holds.clone(),
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
fn ask_again(request: &Request, state: &Pending, by: &str, now: Timestamp) -> Transition {
    let mut pending = state.clone();
    pending.confirmations.retain(|first| first.by != by);
    pending.confirmations.push(Confirmation {
        by: by.to_owned(),
        at: now,
    });
    let mut after = request.clone();
    after.state = State::Pending(pending);
    let audit = vec![entries::confirmation_required(by)];
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

fn invalid<T>(why: &str) -> Result<T, Rejection> {
    Err(Rejection::InvalidAnswer {
        why: why.to_owned(),
    })
}

fn count(votes: usize) -> u32 {
    u32::try_from(votes).unwrap_or(u32::MAX)
}
