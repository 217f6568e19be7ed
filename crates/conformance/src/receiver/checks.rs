//! What must be true of a receiver of callbacks.

use crate::check::checks;

checks! {
    /// The checks of a receiver, in the order of looking.

    APPROVED = "receiver.outcomes.approved",
        "An approval is answered with 2xx.", "docs/api.md#callback";
    DENIED = "receiver.outcomes.denied",
        "A denial with its reason is answered with 2xx.", "docs/api.md#the-outcome";
    ANSWERED = "receiver.outcomes.answered",
        "A question answered with one of its options is answered with 2xx.", "docs/api.md#the-outcome";
    OWN_WORDS = "receiver.outcomes.own_words",
        "A question answered in a person's own words, of any script, is answered with 2xx.", "docs/api.md#the-outcome";
    EXPIRED = "receiver.outcomes.expired",
        "An expiry, by which nobody said no, is answered with 2xx.", "docs/api.md#the-outcome";
    FAILED = "receiver.outcomes.failed",
        "The failure to reach anybody is answered with 2xx.", "docs/api.md#the-outcome";
    CANCELLED = "receiver.outcomes.cancelled",
        "A cancellation is answered with 2xx.", "docs/api.md#the-outcome";
}
