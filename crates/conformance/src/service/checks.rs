//! What must be true of a service that speaks the native API.

use crate::check::checks;

checks! {
    /// The checks of a service, in the order of looking.

    ALIVE = "service.operations.alive",
        "GET /healthz is answered with 200 without a key.", "docs/operations.md#watch";
    READY = "service.operations.ready",
        "GET /readyz is answered with 200 without a key.", "docs/operations.md#watch";
    DESCRIBED = "service.operations.described",
        "GET /openapi.json describes every operation of version 1.", "docs/api.md#api-guide-for-control-planes";

    KEY_REQUIRED = "service.keys.required",
        "Without a key, with a text that is none and with a key that nobody has, the answer is 401.", "docs/api.md#keys";
    SCOPES = "service.keys.scopes",
        "A key that decides cannot ask, and one that asks cannot decide: 403.", "docs/api.md#keys";
    PROJECTS_UNKNOWN = "service.projects.unknown",
        "A request of another project is answered as one that does not exist: 404, in the same words.", "docs/api.md#keys";
    PROJECTS_NAMES = "service.projects.names",
        "Two projects can use the same correlation_id.", "docs/api.md#fields";
    PROJECTS_LISTS = "service.projects.lists",
        "A list holds the requests of its key's project alone.", "docs/api.md#list";

    CREATED = "service.submit.created",
        "A new request is answered with 202, its place in Location, and waits.", "docs/api.md#submit-an-approval";
    RESOURCE = "service.submit.resource",
        "The resource has the contract's form and every field that was submitted.", "docs/api.md#fields";
    VECTORS = "service.submit.vectors",
        "Bodies that the test vectors call good are taken, with the digest that stands there.", "docs/api.md#fields";
    REPEATED = "service.submit.repeated",
        "The same body again is answered with 200 and the same request.", "docs/api.md#idempotency";
    REORDERED = "service.submit.reordered",
        "White space and the order of keys make no other body.", "docs/api.md#idempotency";
    AT_ONCE = "service.submit.at_once",
        "Of the same body sent several times at once one is answered with 202, the others with 200, all of one request.",
        "docs/api.md#idempotency";
    CONFLICT = "service.submit.conflict",
        "Another body under the same correlation_id, be it by an added null, is 409 correlation_conflict and changes nothing.",
        "docs/api.md#idempotency";
    REPEATED_LATER = "service.submit.repeated_later",
        "The same body after the request has ended is answered with 200 and how it ended.", "docs/api.md#idempotency";

    REFUSED_VECTORS = "service.validation.vectors",
        "Bodies that the test vectors call bad are refused, with the codes and JSON pointers that stand there.",
        "docs/api.md#fields";
    UNKNOWN_FIELD = "service.validation.unknown_field",
        "A field that is not in the contract is refused by its JSON pointer.", "docs/api.md#api-guide-for-control-planes";
    LIMITS = "service.validation.limits",
        "What is longer, shorter, more or fewer than the contract allows is refused by its JSON pointer.", "docs/api.md#fields";
    ALL_AT_ONCE = "service.validation.all_at_once",
        "Everything that is wrong with a body is listed at once.", "docs/api.md#errors";
    NOTHING_LEFT = "service.validation.nothing_left",
        "A body that was refused leaves nothing behind: its correlation_id is free.", "docs/api.md#idempotency";

    INTENT_DIGEST = "service.digests.intent",
        "intent_digest is the SHA-256 of the canonical tool and arguments, as in the test vectors.",
        "docs/api.md#claim-run-report";
    VIEW_DIGEST = "service.digests.view",
        "view_digest is the same over what people see, so that it differs where something is masked.",
        "docs/api.md#claim-run-report";
    MASKED = "service.masking.hidden",
        "A password is in no answer: not in the resource, in a list, or in events.", "docs/security.md#masking";
    MASKED_NAMED = "service.masking.named",
        "action.masked names what was masked, as JSON pointers into the arguments.", "docs/api.md#submit-an-approval";

    READ_UNKNOWN = "service.read.unknown",
        "A request that does not exist is 404.", "docs/api.md#errors";
    READ_ENCODED = "service.read.encoded",
        "A correlation_id may be percent-encoded in the path.", "docs/api.md#fields";
    WAIT_HOLDS = "service.read.wait_holds",
        "wait_seconds holds the answer so long while the request waits, and then it is 200.", "docs/api.md#long-poll";
    WAIT_WAKES = "service.read.wait_wakes",
        "wait_seconds lets the answer go as soon as the request has ended.", "docs/api.md#long-poll";
    WAIT_LIMIT = "service.read.wait_limit",
        "wait_seconds above 60 is refused with 400.", "docs/api.md#limits";
    LIST_PAGES = "service.list.pages",
        "A list is newest first, and its pages together hold every request once.", "docs/api.md#list";
    LIST_FILTERS = "service.list.filters",
        "A list by status and kind holds those alone.", "docs/api.md#list";
    LIST_LIMITS = "service.list.limits",
        "A limit of 0 or 201, a status that is none and a cursor that is none are refused with 400.", "docs/api.md#list";

    APPROVE = "service.decisions.approve",
        "Approve makes it approved, and the outcome says by whom and when.", "docs/api.md#decide";
    DENY = "service.decisions.deny",
        "Deny makes it denied, with the reason word for word.", "docs/api.md#decide";
    ANSWER_OPTION = "service.decisions.answer_option",
        "An option answers a question: the outcome has its id and label.", "docs/api.md#decide";
    ANSWER_WORDS = "service.decisions.answer_words",
        "One's own words answer a question: the outcome has them, and no option.", "docs/api.md#decide";
    DECLINE = "service.decisions.decline",
        "Deny declines a question: denied, without an answer.", "docs/api.md#submit-a-question";
    OPTIONS_ONLY = "service.decisions.options_only",
        "Where allow_custom is false, own words are refused with 400, and the request waits on.", "docs/api.md#submit-a-question";
    UNFIT = "service.decisions.unfit",
        "A decision that does not fit is refused with 400: an answer to an approval, an unknown option, two answers.",
        "docs/api.md#decide";
    DECIDED_ONCE = "service.decisions.once",
        "A second decision is 409 already_decided with the outcome that stands, and changes nothing.", "docs/api.md#the-outcome";
    DECIDED_RACE = "service.decisions.race",
        "Of an approval and a denial at once one counts, the other is 409, and the request is as the one that counts says.",
        "docs/api.md#the-outcome";

    CANCEL = "service.cancel.reason",
        "Cancel makes it cancelled, with the reason.", "docs/api.md#cancel";
    CANCEL_BARE = "service.cancel.bare",
        "A cancel needs no body.", "docs/api.md#cancel";
    CANCEL_ENDED = "service.cancel.ended",
        "A request that has ended cannot be cancelled: 409 already_decided with the outcome that stands.", "docs/api.md#cancel";

    CLAIM_UNAPPROVED = "service.claims.not_approved",
        "What waits or was denied cannot be claimed: 409 not_approved.", "docs/api.md#claim-run-report";
    CLAIM_MISMATCH = "service.claims.digest_mismatch",
        "Another action than the approved one cannot be claimed: 409 digest_mismatch.", "docs/api.md#claim-run-report";
    CLAIM_ONCE = "service.claims.once",
        "An approval is claimed once, of several claims at once too; any other is 409 already_claimed.",
        "docs/api.md#claim-run-report";
    REPORT = "service.execution.reported",
        "What became of the action is in the resource, and the same report again is answered like the first.",
        "docs/api.md#claim-run-report";
    REPORT_UNAPPROVED = "service.execution.not_approved",
        "Nothing can be reported of what was not approved: 409 not_approved.", "docs/api.md#claim-run-report";
    REPORT_OTHER = "service.execution.other",
        "Another report than the first is 409 already_reported.", "docs/api.md#claim-run-report";

    EVENTS_LISTED = "service.events.listed",
        "The events of a request are there in order: submitted, then decided.", "docs/api.md#event-stream";
    EVENTS_STREAMED = "service.events.streamed",
        "The stream has the same events, under their type, and new ones as they come.", "docs/api.md#event-stream";
    EVENTS_ORDER = "service.events.order",
        "The ids of the stream rise, and none comes twice.", "docs/api.md#event-stream";
    EVENTS_RESUMED = "service.events.resumed",
        "A stream that is resumed with Last-Event-ID goes on with the event behind it.", "docs/api.md#event-stream";

    PROBLEM_SHAPE = "service.problems.shape",
        "A refusal is application/problem+json with type, title, status and detail.", "docs/api.md#errors";
    PROBLEM_CODES = "service.problems.codes",
        "A refusal's code is the stable one of its cause.", "docs/api.md#errors";
    PROBLEM_PAGES = "service.problems.pages",
        "A refusal's type is the path of a page on the service.", "docs/api.md#errors";
    REQUEST_IDS = "service.problems.request_id",
        "Every answer has an x-request-id, the caller's own if it sent one, and a problem repeats it.", "docs/api.md#errors";
    UNKNOWN_PATH = "service.protocol.path",
        "A path that does not exist is 404.", "docs/api.md#errors";
    UNKNOWN_METHOD = "service.protocol.method",
        "A method that a path does not have is 405, and Allow names those that it has.", "docs/api.md#errors";
    TOO_LARGE = "service.protocol.too_large",
        "A body beyond 256 KiB is 413.", "docs/api.md#limits";
    NO_JSON = "service.protocol.no_json",
        "A body that is not JSON is 400.", "docs/api.md#errors";

    CALLBACK_COMES = "service.callbacks.delivered",
        "The decision is posted to callback.url with its type.", "docs/api.md#callback";
    CALLBACK_SIGNED = "service.callbacks.signed",
        "Every attempt is signed over its bytes, with its own time, by the project's secret.", "docs/api.md#verify-a-callback";
    CALLBACK_CONTENT = "service.callbacks.content",
        "The callback has the resource, without prompts, claim, execution and callback.", "docs/api.md#callback";
    CALLBACK_RETRIED = "service.callbacks.retried",
        "After a 500 it comes again: the same webhook-id, the same bytes.", "docs/api.md#callback";
    CALLBACK_REDIRECT = "service.callbacks.redirect",
        "A redirect is not followed, but tried again at the same address.", "docs/api.md#callback";
    CALLBACK_GONE = "service.callbacks.gone",
        "After a 410 it does not come again.", "docs/api.md#callback";
    CALLBACK_STATE = "service.callbacks.state",
        "The resource says how its callback stands: delivered, after so many attempts.", "docs/api.md#callback";

    EXPIRES = "service.expiry.expires",
        "A request that nobody decides in its time is expired, not sooner, and not denied.", "docs/api.md#the-outcome";
    EXPIRED_STAYS = "service.expiry.stays",
        "What has expired cannot be decided: 409 already_decided.", "docs/api.md#the-outcome";
}
