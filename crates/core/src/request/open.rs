//! Opening a request: the state it starts in, which may already be its end.

use jiff::Timestamp;

use super::{Effect, FailureCause, FailureCode, Request, State, Transition, Work, entries};

/// Takes a new request into the house.
///
/// `unreachable` says, for people, why approvers of the route have no prompt; when too few are
/// left the request fails at once, because waiting could not help.
pub fn open(mut request: Request, unreachable: &[String], now: Timestamp) -> Transition {
    let mut audit = vec![entries::requested(&request)];
    let mut work = vec![Work::UpdatePrompts];
    let mut effect = Effect::Noted;
    if let Some(cause) = too_few(&request, unreachable) {
        request.state = State::Failed { at: now, cause };
        request.remind_at = None;
        audit.push(entries::ended(&request));
        // Nobody can decide it, so nobody's phone rings for it.
        work = vec![Work::SendCallback];
        effect = Effect::Decided;
    }
    Transition {
        request,
        effect,
        audit,
        work,
    }
}

/// The failure, when fewer approvers can be reached than are needed. Those who have approved
/// need not be reached again.
pub(super) fn too_few(request: &Request, unreachable: &[String]) -> Option<FailureCause> {
    let mut people = request.reachable();
    people.extend(request.votes().iter().map(|vote| vote.by.as_str()));
    people.sort_unstable();
    people.dedup();
    let reachable = u32::try_from(people.len()).unwrap_or(u32::MAX);
    let needed = request.approvals_needed();
    if reachable >= needed {
        return None;
    }
    let causes = if unreachable.is_empty() {
        "the route has too few approvers with an address".to_owned()
    } else {
        unreachable.join("; ")
    };
    let detail = if needed == 1 {
        causes
    } else {
        format!("{causes} ({reachable} of {needed} needed approvers can be reached)")
    };
    Some(FailureCause {
        code: FailureCode::Undeliverable,
        detail,
    })
}
