//! Voice notes: they are listened to, which takes time, and whoever spoke before the deadline
//! answered before it.
//!
//! A note that reached Signoff in time *holds* the request: until it is settled, and for a bounded
//! time beyond the deadline at most, the deadline does not end it, and what that note says counts.
//! Nothing else does: a press or a text that comes after the deadline is late, held or not.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::apply::pending;
use super::{Effect, Pending, Rejection, Request, Responder, State, Transition, entries};

/// How many notes hold one request at once; further ones are listened to like any other response.
pub const HOLDS: usize = 16;

/// A voice note that came before the deadline and is not settled yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// The channel's own id of the note.
    pub note: String,
    /// How long it holds at most.
    pub until: Timestamp,
}

/// How a voice note was heard: for the audit, which keeps neither sound nor words.
#[derive(Debug, Clone, PartialEq)]
pub struct Speech {
    /// How long the note is, in milliseconds.
    pub audio_ms: u64,
    /// The language that was heard, or was given.
    pub language: Option<String>,
    /// How sure the model was of its words, from 0 to 1.
    pub mean_probability: f64,
    /// The model's name.
    pub model: String,
    /// The digest of the model's file, where there is one here.
    pub model_digest: Option<String>,
    /// How long listening took, in milliseconds.
    pub took_ms: u64,
    /// When the note reached Signoff.
    pub received_at: Timestamp,
}

/// A note reached Signoff: it holds the request for so long after the deadline, unless it is
/// settled sooner.
pub(super) fn received(
    request: &Request,
    note: String,
    within: SignedDuration,
    now: Timestamp,
) -> Result<Transition, Rejection> {
    let state = pending(request)?;
    let expires_at = request.expires_at;
    if now >= expires_at {
        return Err(Rejection::Expired { expires_at });
    }
    let known = state.holds.iter().any(|hold| hold.note == note);
    if known || state.holds.len() >= HOLDS {
        return Err(Rejection::Superseded);
    }
    let until = after(expires_at, within);
    let mut holds = state.holds.clone();
    holds.push(Hold { note, until });
    Ok(with(request, state, holds))
}

/// A note was listened to. Where its words wait to be confirmed, it holds for that long from now,
/// and never longer than it could before.
pub(super) fn transcribed(
    request: &Request,
    note: &str,
    (by, speech): (&Responder, &Speech),
    confirm_within: Option<SignedDuration>,
    now: Timestamp,
) -> Transition {
    let mut transition = match &request.state {
        State::Pending(state) => {
            let mut holds = state.holds.clone();
            // Where nothing is to be confirmed, it is answered with at once and then settled.
            if let Some(within) = confirm_within {
                for hold in holds.iter_mut().filter(|hold| hold.note == note) {
                    hold.until = hold.until.min(after(now, within));
                }
            }
            with(request, state, holds)
        }
        _ => noted(request.clone()),
    };
    transition.audit = vec![entries::transcribed(&transition.request, by, speech)];
    transition
}

/// A note is done with: it holds nothing back any more.
pub(super) fn settled(request: &Request, note: &str) -> Result<Transition, Rejection> {
    let state = pending(request)?;
    let mut holds = state.holds.clone();
    holds.retain(|hold| hold.note != note);
    if holds.len() == state.holds.len() {
        return Err(Rejection::Superseded);
    }
    Ok(with(request, state, holds))
}

/// Whether what this note says still counts although the deadline has passed.
pub(super) fn counts(state: &Pending, note: Option<&str>, now: Timestamp) -> bool {
    let mut holds = state.holds.iter();
    holds.any(|hold| Some(hold.note.as_str()) == note && now < hold.until)
}

fn with(request: &Request, state: &Pending, holds: Vec<Hold>) -> Transition {
    let mut after = request.clone();
    after.state = State::Pending(Pending {
        holds,
        ..state.clone()
    });
    noted(after)
}

fn noted(request: Request) -> Transition {
    Transition {
        request,
        effect: Effect::Noted,
        audit: Vec::new(),
        work: Vec::new(),
    }
}

fn after(at: Timestamp, within: SignedDuration) -> Timestamp {
    at.checked_add(within).unwrap_or(Timestamp::MAX)
}
