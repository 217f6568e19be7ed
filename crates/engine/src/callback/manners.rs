//! What an answer to a callback means: the native contract's rule, and that of the callers of the
//! drop-in endpoints, who wait for one callback and forget it once they have it.

use jiff::SignedDuration;
use reqwest::StatusCode;
use signoff_store::Reached;

use super::Verdict;

/// The native contract: 2xx takes it, 410 ends it, everything else may pass.
pub(super) fn native(status: StatusCode, retry_after: Option<SignedDuration>) -> Verdict {
    match status {
        status if status.is_success() => Verdict::Taken,
        StatusCode::GONE => Verdict::Gone,
        _ => Verdict::Failed { retry_after },
    }
}

/// Callers of the drop-in endpoints: 2xx takes it, 429 and 5xx may pass, all others are final. 404
/// is said of what was never asked or is resolved already: after an attempt that may have arrived
/// it says that this one did.
pub(super) fn drop_in(
    status: StatusCode,
    retry_after: Option<SignedDuration>,
    in_doubt: u32,
) -> Verdict {
    match status {
        status if status.is_success() => Verdict::Taken,
        StatusCode::NOT_FOUND if in_doubt > 0 => Verdict::Taken,
        StatusCode::NOT_FOUND => Verdict::Forgotten,
        StatusCode::TOO_MANY_REQUESTS => Verdict::Failed { retry_after },
        status if status.is_server_error() => Verdict::Failed { retry_after },
        status => Verdict::Refused {
            status: status.as_u16(),
        },
    }
}

/// Whether a receiver that answered so may have taken it. A gateway that waited in vain does not
/// know.
pub(super) fn reached(status: StatusCode) -> Reached {
    if status.is_success() || status == StatusCode::GATEWAY_TIMEOUT {
        Reached::Maybe
    } else {
        Reached::No
    }
}
