//! Every kind of problem, its HTTP status, and the texts of its page in `docs/errors/`.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What every problem's `type` starts with; the code follows. Programs match the code, not this.
/// A relative reference (RFC 9457, section 3.1.1): the service that answers serves the page itself,
/// and the repository has it in `docs/errors/`.
pub const TYPE_BASE: &str = "/docs/errors/";

macro_rules! codes {
    ($(
        $(#[doc = $doc:literal])+
        $name:ident = $word:literal, $status:literal, $title:literal,
        why: $why:literal,
        fix: $fix:literal;
    )+) => {
        /// The kind of a problem. Codes are never renamed; new ones may come.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum Code {
            $($(#[doc = $doc])+ $name,)+
        }

        impl Code {
            /// Every code, in the order of the documentation.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The word on the wire.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word,)+ }
            }

            /// The HTTP status it is answered with.
            pub fn status(self) -> u16 {
                match self { $(Self::$name => $status,)+ }
            }

            /// The kind of problem, in a few words.
            pub fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)+ }
            }

            /// Why it happens: the first part of its page.
            pub fn explanation(self) -> &'static str {
                match self { $(Self::$name => $why,)+ }
            }

            /// What to do about it: the second part of its page.
            pub fn remedy(self) -> &'static str {
                match self { $(Self::$name => $fix,)+ }
            }
        }
    };
}

impl Code {
    /// The URL that names this kind of problem; its last part is the code.
    pub fn type_url(self) -> String {
        format!("{TYPE_BASE}{}", self.as_str())
    }

    /// The code with this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.as_str() == word)
    }

    /// Whether the same HTTP request may succeed later without a change.
    pub fn is_retryable(self) -> bool {
        matches!(
            self,
            Self::RateLimited | Self::TooManyPending | Self::StoreUnavailable | Self::InternalError
        )
    }
}

codes! {
    /// The body is no JSON, or JSON that two readers could understand differently.
    InvalidJson = "invalid_json", 400, "The body is not valid JSON",
    why: "The body is not one JSON document in UTF-8, or it holds something that no two readers \
          understand alike, such as half of a surrogate pair. Reading stopped at the line and \
          column that `detail` names.",
    fix: "Write the body with a JSON library instead of by string concatenation, as UTF-8 without \
          a byte order mark, and send nothing after the document.";

    /// The body is JSON and breaks the contract; `errors` says where and how.
    ValidationFailed = "validation_failed", 400, "The body breaks the contract",
    why: "The body is JSON, and one or more of its fields are not as the contract asks. `errors` \
          lists all of them (at most 100), each with a JSON pointer, a stable code and a sentence. \
          Unknown fields are refused, so that a misspelt one is never silently ignored.",
    fix: "Correct every field that `errors` names and send the body again. Nothing was stored, so \
          the same correlation_id can be used.";

    /// Nobody known sent this: no key, a wrong key, a revoked key.
    Unauthenticated = "unauthenticated", 401, "A valid API key is required",
    why: "The request carries no `Authorization: Bearer sgn_…` header, or a key that is unknown \
          or revoked. The answer does not say which. Of an adapter: the signature fits none of \
          the channel's secrets, the time is more than five minutes away, or there is no such channel.",
    fix: "Send a key that `signoff key list` shows as active. A lost key cannot be shown again; \
          create another with `signoff key create`. Of an adapter: compare the secret, the channel's \
          name and the clocks of both sides.";

    /// The key is good and lacks the scope, or the person may not decide this.
    Forbidden = "forbidden", 403, "This key may not do that",
    why: "The key is valid and lacks the scope that this operation needs, or it acts for an \
          approver who is not on the request's route.",
    fix: "Use a key with the scope that `detail` names. A key that submits can never decide: \
          create a second one with `decisions:write` for the approver.";

    /// Nothing is here, or it belongs to another project.
    NotFound = "not_found", 404, "Not found",
    why: "There is no such path, or no such request in the project of this key. Requests of other \
          projects are answered the same way.",
    fix: "Check the correlation_id, percent-encoded in the path, and that the key belongs to the \
          project that submitted it.";

    /// The path exists; this method on it does not.
    MethodNotAllowed = "method_not_allowed", 405, "This method is not allowed here",
    why: "The path exists and does not answer to this HTTP method.",
    fix: "Use a method that the `Allow` header lists; the OpenAPI document shows what each does.";

    /// The request has ended; `outcome` says how.
    AlreadyDecided = "already_decided", 409, "The request has ended already",
    why: "A request ends once and for ever. This one had ended when the operation arrived; \
          `outcome` says how, when and by whom.",
    fix: "Take the outcome as the answer. To ask again, submit a new request under a new \
          correlation_id.";

    /// The correlation id is taken by a request with another body.
    CorrelationConflict = "correlation_conflict", 409, "This correlation_id names another request",
    why: "A request with this correlation_id exists in the project and was submitted with another \
          body. Repeating a submit with the same body is safe for ever; the same name for \
          something else is not. Bodies are compared in canonical form: white space and the order \
          of keys do not matter, an added null or default does.",
    fix: "Use a new correlation_id for a new request; to retry, send the body exactly as before.";

    /// The approval was claimed by an executor before, or its execution was reported.
    AlreadyClaimed = "already_claimed", 409, "The approval was used already",
    why: "An approval is for one action, once. An executor has claimed this one or reported its execution.",
    fix: "Do not execute. If the claim was yours and its answer was lost, look at `claimed_at` \
          and at whatever the action changes before you decide; to run it again, ask again.";

    /// The executor is about to run something other than what was approved.
    DigestMismatch = "digest_mismatch", 409, "This is not the action that was approved",
    why: "The `intent_digest` of the claim is not that of the request: the tool or its arguments \
          changed between the submit and the execution.",
    fix: "Do not execute. Compute the digest over the RFC 8785 form of {\"arguments\", \"tool\"} \
          with unmasked arguments; if they really changed, submit a new request.";

    /// The operation needs an approved request, and this one is not.
    NotApproved = "not_approved", 409, "The request is not approved",
    why: "Claims and execution reports belong to approved approvals only. This request is \
          pending, ended another way, or is a question.",
    fix: "Wait for the callback or `GET` with `wait_seconds`, and execute only on `approved`.";

    /// The execution was reported before, with another result.
    AlreadyReported = "already_reported", 409, "The execution was reported already",
    why: "The result of an execution is reported once; a different one was recorded before.",
    fix: "Read `execution` in the request. If the first report was wrong, tell the people who \
          rely on it: the record is not changed.";

    /// The request ended long ago, and what it said was deleted.
    RequestPruned = "request_pruned", 410, "The request is no longer kept",
    why: "The request ended, and its content was deleted after the time that the operator keeps \
          requests for (`store.retention_days`). `detail` says how it ended. Its name stays taken: \
          the same submit again, and every other operation on it, is answered like this for ever, \
          so that an old retry never becomes a new request. Its audit is kept, and its events can \
          still be read.",
    fix: "Do not act on it: an approval that was not claimed by now is void. To ask again, submit \
          under a new correlation_id.";

    /// The body is too long.
    PayloadTooLarge = "payload_too_large", 413, "The body is too large",
    why: "The body is longer than 256 KiB.",
    fix: "Send what a person can read, and link to the rest with `links`.";

    /// Too many HTTP requests in a short time.
    RateLimited = "rate_limited", 429, "Too many requests",
    why: "This key exceeds the rate that its operator set, or this address failed to \
          authenticate too often.",
    fix: "Wait for the seconds that `Retry-After` names and send the same request again.";

    /// The project has as many pending requests as it may.
    TooManyPending = "too_many_pending", 429, "Too many requests are pending",
    why: "The project has as many pending requests as it may (`max_pending`), so that a run-away \
          agent cannot flood a person.",
    fix: "Wait until people decided some, or cancel those no longer needed, then send it again. \
          An operator can raise `max_pending`.";

    /// A defect of Signoff. Nothing was decided by it.
    InternalError = "internal_error", 500, "Something went wrong inside Signoff",
    why: "Signoff hit a defect of its own. The log has the details under the `request_id`.",
    fix: "Submitting again with the same body is safe. Please report it with the `request_id`.";

    /// The store cannot be written or read now; nothing is known to have changed.
    StoreUnavailable = "store_unavailable", 503, "The store is unavailable",
    why: "The database could not be read or written, so the operation was refused rather than \
          guessed. In rare cases (a failing disk) it may have been stored all the same.",
    fix: "Retry the same request; every operation can be repeated safely. Operators: `/readyz` \
          and the log say what the database answered.";
}
