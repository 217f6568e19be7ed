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
    LARGEST = "receiver.outcomes.largest",
        "The largest callback there can be, every field as long as the contract allows, is answered with 2xx.",
        "docs/api.md#fields";
    UNKNOWN_FIELDS = "receiver.outcomes.unknown_fields",
        "Fields that the receiver does not know are ignored.", "docs/api.md#api-guide-for-control-planes";

    RAW_BYTES = "receiver.signatures.raw_bytes",
        "The signature is verified over the bytes as received, however the JSON is spelled.", "docs/api.md#verify-a-callback";
    EACH_SECRET = "receiver.signatures.each_secret",
        "A signature with any one of the receiver's secrets is enough.", "docs/api.md#verify-a-callback";
    ROTATED_BEFORE = "receiver.signatures.rotated_before",
        "A signature with a secret that the receiver does not have yet may stand before the one that fits.",
        "docs/api.md#verify-a-callback";
    ROTATED_AFTER = "receiver.signatures.rotated_after",
        "A signature with a secret that the receiver does not have any more may stand behind the one that fits.",
        "docs/api.md#verify-a-callback";
    OTHER_VERSIONS = "receiver.signatures.other_versions",
        "Signatures of versions that the receiver does not know may stand beside the one that fits.",
        "docs/api.md#verify-a-callback";

    RETRIED = "receiver.repeats.retried",
        "A callback that was taken is answered with 2xx when it is tried again: the same webhook-id at a later time.",
        "docs/api.md#callback";
    REPLAYED = "receiver.repeats.replayed",
        "A callback that was taken is answered with 2xx when the very same message arrives once more.",
        "docs/api.md#callback";
    TOGETHER = "receiver.repeats.together",
        "Of a callback that arrives several times at once, one at least is answered with 2xx.", "docs/api.md#callback";
    OLDER = "receiver.order.older_after_newer",
        "A callback may arrive after one whose request ended later.", "docs/api.md#callback";
    LATE = "receiver.order.late",
        "A callback that was retried for days is taken: the time of the attempt counts, not that of the decision.",
        "docs/api.md#callback";

    OTHER_SECRET = "receiver.forged.other_secret",
        "What is signed with another secret is refused with 4xx.", "docs/api.md#verify-a-callback";
    NO_SECRET = "receiver.forged.no_secret",
        "What is signed with an empty secret is refused with 4xx.", "docs/api.md#verify-a-callback";
    BODY_CHANGED = "receiver.forged.body_changed",
        "A body that was changed is refused with 4xx.", "docs/api.md#verify-a-callback";
    BYTE_ADDED = "receiver.forged.byte_added",
        "A body with one more byte, a space at its end, is refused with 4xx.", "docs/api.md#verify-a-callback";
    ID_CHANGED = "receiver.forged.id_changed",
        "A message under another webhook-id is refused with 4xx.", "docs/api.md#verify-a-callback";
    TIME_CHANGED = "receiver.forged.time_changed",
        "A message with another webhook-timestamp is refused with 4xx.", "docs/api.md#verify-a-callback";
    UNSIGNED = "receiver.forged.unsigned",
        "A message with an empty signature, or none, is refused with 4xx.", "docs/api.md#verify-a-callback";
    BARE = "receiver.forged.bare",
        "A message without any of the three headers is refused with 4xx.", "docs/api.md#verify-a-callback";
    NONSENSE = "receiver.forged.nonsense",
        "A signature of no sense, or a part of the right one, is refused with 4xx.", "docs/api.md#verify-a-callback";
    VERSION_CHANGED = "receiver.forged.version_changed",
        "The right signature under another version than v1 is refused with 4xx.", "docs/api.md#verify-a-callback";
    STALE = "receiver.forged.stale",
        "A message that was signed ten minutes ago is refused with 4xx.", "docs/api.md#verify-a-callback";
    FUTURE = "receiver.forged.future",
        "A message that is signed for ten minutes from now is refused with 4xx.", "docs/api.md#verify-a-callback";
    NO_TIME = "receiver.forged.no_time",
        "A webhook-timestamp that is no number is refused with 4xx.", "docs/api.md#verify-a-callback";
    REPETITION = "receiver.forged.repetition",
        "A body that does not fit its signature is refused with 4xx also under a webhook-id that was taken before.",
        "docs/api.md#verify-a-callback";

    EACH_EFFECT = "receiver.effects.each",
        "Every outcome that was answered with 2xx reached the control plane, as what it is.",
        "docs/conformance.md#what-a-receiver-did";
    ONE_EFFECT = "receiver.effects.once",
        "What arrived several times, one after the other, is acted on once.", "docs/conformance.md#what-a-receiver-did";
    ONE_EFFECT_TOGETHER = "receiver.effects.once_together",
        "What arrived several times at once is acted on once.", "docs/conformance.md#what-a-receiver-did";
    NO_EFFECT = "receiver.effects.none_of_forgeries",
        "Nothing forged is acted on.", "docs/conformance.md#what-a-receiver-did";
}
