//! The adapter contract as `OpenAPI`: what adapters send to Signoff, and what they must answer it.

use signoff_contract::adapter::{PromptMessage, ShownAnswer};
use signoff_contract::{Code, Problem};
use utoipa::openapi::OpenApi as Document;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, SecurityScheme};
use utoipa::{Modify, OpenApi};

use crate::openapi::{add_header, operations, pretty, problem_response};

/// What is said before the operations.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Signoff's adapter contract",
        version = "1.0.0",
        description = "Between Signoff and a channel outside its process. ADAPTERS.md explains it.\n\n\
            Both sides sign what they send, by the Standard Webhooks specification, with the channel's own secret: \
            `webhook-id`, `webhook-timestamp` and `webhook-signature` over `id.timestamp.body`. Both send \
            `signoff-channel`, the channel's name. Both refuse what is signed badly, and what is more than five minutes \
            away from their own clock, with 401.\n\n\
            JSON in UTF-8, `snake_case`. Signoff refuses unknown fields; whoever reads what Signoff sends or answers \
            ignores them. Errors of Signoff are `application/problem+json`.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    paths(show_prompt),
    components(schemas(Problem)),
    tags(
        (name = "to the adapter", description = "What an adapter serves, at its own URL."),
        (name = "to Signoff", description = "What an adapter calls."),
    ),
    modifiers(&Signature)
)]
struct Head;

struct Signature;

impl Modify for Signature {
    fn modify(&self, document: &mut Document) {
        let header = ApiKeyValue::with_description(
            signoff_contract::signature::HEADER_SIGNATURE,
            "`v1,` and the base64 of HMAC-SHA256 over `webhook-id.webhook-timestamp.body` with the channel's secret, \
             beside the headers `webhook-id`, `webhook-timestamp` (seconds) and `signoff-channel`. Several, separated \
             by spaces, while a secret is rotated. A GET has no body: its path and query are signed in that place.",
        );
        let components = document.components.get_or_insert_default();
        components.add_security_scheme(
            "channel_signature",
            SecurityScheme::ApiKey(ApiKey::Header(header)),
        );
    }
}

/// Show a prompt, or bring it up to date.
///
/// The adapter makes its chat look like the highest revision that it has seen, however often and
/// in whatever order they come. Anything but the answers below is tried again, with growing pauses.
#[utoipa::path(
    put,
    path = "/v1/prompts/{prompt_id}",
    operation_id = "show_prompt",
    tag = "to the adapter",
    params(("prompt_id" = String, Path, description = "The prompt; the same as in the body.")),
    request_body(content = PromptMessage),
    responses(
        (status = 200, description = "People can see it.", body = ShownAnswer),
        (status = 202, description = "They will: a receipt says within a minute what became of it.", body = ShownAnswer),
        (status = 401, description = "The signature is bad or old. Tried again."),
        (status = 410, description = "The place is gone: never tried again. A `detail` in the body, as in a problem document, is kept for the audit."),
        (status = 422, description = "The place cannot show it: never tried again. A `detail` is kept as with 410."),
        (status = 429, description = "The place takes nothing now: every prompt for it waits for `Retry-After` seconds."),
        (status = 503, description = "Later, and not before `Retry-After` seconds if it says so."),
    ),
    security(("channel_signature" = []))
)]
#[expect(
    dead_code,
    reason = "the adapter serves it; here it is only described, and Signoff's side is the engine's"
)]
fn show_prompt() {}

/// The document with the operation that adapters serve.
pub(super) fn head() -> Document {
    Head::openapi()
}

/// What can go wrong in every operation that Signoff serves.
const USUAL: &[Code] = &[
    Code::Unauthenticated,
    Code::ValidationFailed,
    Code::RateLimited,
    Code::InternalError,
    Code::StoreUnavailable,
];
/// What else, in those with a body.
const OF_BODIES: &[Code] = &[Code::InvalidJson, Code::PayloadTooLarge];

/// The `OpenAPI` 3.1 document of the adapter contract, as indented JSON with a final line break.
pub fn adapter_openapi() -> String {
    let mut document = super::operations().into_openapi();
    for item in document.paths.paths.values_mut() {
        for operation in operations(item) {
            let body = operation.request_body.is_some();
            let codes: Vec<Code> = Code::ALL
                .iter()
                .copied()
                .filter(|code| USUAL.contains(code) || body && OF_BODIES.contains(code))
                .collect();
            for same_status in codes.chunk_by(|a, b| a.status() == b.status()) {
                let Some(first) = same_status.first() else {
                    continue;
                };
                let answers = &mut operation.responses.responses;
                answers.insert(
                    first.status().to_string(),
                    problem_response(same_status).into(),
                );
            }
            add_header(operation);
        }
    }
    pretty(&document)
}
