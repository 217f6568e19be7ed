//! The `OpenAPI` document: what the handlers say of themselves, and the problems that each can
//! answer with.
//!
//! A route gets into the router only together with its description. Success is described beside
//! each handler; problems are listed there as codes (`PROBLEMS`) and written out here, so that
//! the texts of a code have one source, the contract.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use signoff_contract::{Code, Problem};
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ContentBuilder, Object, Required, ResponseBuilder};
use utoipa::openapi::{OpenApi as Document, Ref, RefOr, Type, response};
use utoipa::{Modify, OpenApi};

use crate::app::App;
use crate::{
    cancel, claim, decide, error_page, events, execution, get, list, router, stream, submit,
};

pub(crate) mod examples;
mod texts;

/// What is said before the operations.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Signoff",
        version = "1.0.0",
        description = "A human's yes, no or answer between an automated system and what it wants to do.\n\n\
            JSON in UTF-8, `snake_case`. Times are RFC 3339 in UTC with milliseconds; durations are whole seconds. \
            Unknown fields and query parameters in a request are refused; clients ignore unknown fields in answers.\n\n\
            A body needs no `Content-Type`; one that is sent must be JSON in UTF-8 (`application/json` or \
            `application/…+json`), and there is no `Content-Encoding`. \
            Every answer carries `x-request-id`: the caller's, when it is 1 to 100 of `A-Z a-z 0-9 - _ . :` and no token, else a new one.\n\n\
            Every error is `application/problem+json` (RFC 9457) with a stable `code`. A path that is not here is \
            answered `not_found`, a method that is not here `method_not_allowed` with an `Allow` header, and what is \
            no HTTP/1.1 request, or has a head of more than about 32 KiB or 64 headers, `validation_failed`.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    components(schemas(Problem)),
    tags(
        (name = "requests", description = "Ask, look, withdraw."),
        (name = "decisions", description = "Decide without a chat."),
        (name = "execution", description = "Use an approval, once."),
        (name = "events", description = "What happened."),
        (name = "operations", description = "For whoever runs the service. No key is needed."),
    ),
    modifiers(&ApiKeyScheme)
)]
struct Head;

struct ApiKeyScheme;

impl Modify for ApiKeyScheme {
    fn modify(&self, document: &mut Document) {
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("sgn_ and 43 characters of base64url")
            .description(Some(
                "An API key of one project (`signoff key create`). What an operation lists are the scopes it needs.",
            ))
            .build();
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("api_key", SecurityScheme::Http(scheme));
    }
}

/// The document without operations.
pub(crate) fn head() -> Document {
    Head::openapi()
}

/// The `OpenAPI` 3.1 document of the HTTP surface, as indented JSON with a final line break. The
/// same code gives the same bytes.
pub fn openapi() -> String {
    pretty(&complete(router::operations().into_openapi()))
}

/// The document as text.
pub(crate) fn pretty(document: &Document) -> String {
    // Only texts, numbers, lists and maps with text keys: writing them cannot fail.
    let mut text = serde_json::to_string_pretty(document).unwrap_or_default();
    text.push('\n');
    text
}

/// What can go wrong in every operation that needs a key.
const USUAL: &[Code] = &[
    Code::Unauthenticated,
    Code::Forbidden,
    Code::RateLimited,
    Code::InternalError,
    Code::StoreUnavailable,
];

/// What else can go wrong, by operation.
const PROBLEMS: &[(&str, &[Code])] = &[
    ("submit_request", submit::PROBLEMS),
    ("list_requests", list::PROBLEMS),
    ("get_request", get::PROBLEMS),
    ("cancel_request", cancel::PROBLEMS),
    ("decide_request", decide::PROBLEMS),
    ("claim_request", claim::PROBLEMS),
    ("report_execution", execution::PROBLEMS),
    ("list_request_events", events::PROBLEMS),
    ("stream_events", stream::PROBLEMS),
];

/// Adds the problems, and the headers that every answer has.
pub(crate) fn complete(mut document: Document) -> Document {
    for item in document.paths.paths.values_mut() {
        for operation in operations(item) {
            add_problems(operation);
            if operation.operation_id.as_deref() == Some("cancel_request")
                && let Some(body) = &mut operation.request_body
            {
                // utoipa writes a body that may be absent as one that may be `null`, which ours may not.
                body.required = Some(Required::False);
            }
            add_header(operation);
        }
    }
    let components = document.components.get_or_insert_default();
    texts::describe(&mut components.schemas);
    for code in [Code::NotFound, Code::MethodNotAllowed] {
        components
            .responses
            .insert(code.as_str().to_owned(), problem_response(&[code]).into());
    }
    document
}

/// Adds the header that every answer of ours has.
pub(crate) fn add_header(operation: &mut Operation) {
    for answer in operation.responses.responses.values_mut() {
        if let RefOr::T(answer) = answer {
            let id = text_header("The name of this HTTP request in the service's log.");
            answer.headers.insert("x-request-id".to_owned(), id);
        }
    }
}

/// The operations of a path that read or post.
pub(crate) fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    item.get.iter_mut().chain(item.post.iter_mut())
}

fn add_problems(operation: &mut Operation) {
    let name = operation.operation_id.as_deref().unwrap_or_default();
    let own = PROBLEMS
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, codes)| *codes);
    let codes: Vec<Code> = match own {
        Some(own) => Code::ALL
            .iter()
            .copied()
            .filter(|c| USUAL.contains(c) || own.contains(c))
            .collect(),
        None if name == "error_page" => error_page::PROBLEMS.to_vec(),
        None => vec![Code::InternalError],
    };
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
}

/// One answer that stands for these problems; they share a status.
pub(crate) fn problem_response(codes: &[Code]) -> response::Response {
    let said = codes
        .iter()
        .map(|code| format!("`{}`: {}.", code.as_str(), code.title()));
    let shown = codes
        .iter()
        .map(|code| (code.as_str(), RefOr::T(examples::problem(*code))));
    let content = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name("Problem")))
        .examples_from_iter(shown)
        .build();
    let mut answer = ResponseBuilder::new()
        .description(said.collect::<Vec<_>>().join(" "))
        .content(signoff_contract::problem::CONTENT_TYPE, content);
    for code in codes {
        answer = match code {
            Code::Unauthenticated => {
                answer.header("www-authenticate", text_header("`Bearer`, always."))
            }
            Code::RateLimited | Code::StoreUnavailable => answer.header(
                "retry-after",
                text_header("Seconds to wait before trying again."),
            ),
            Code::MethodNotAllowed => {
                answer.header("allow", text_header("The methods that the path takes."))
            }
            _ => answer,
        };
    }
    answer.build()
}

fn text_header(description: &str) -> utoipa::openapi::Header {
    let schema = Object::with_type(Type::String);
    HeaderBuilder::new()
        .schema(schema)
        .description(Some(description))
        .build()
}

/// This document.
#[utoipa::path(
    get,
    path = "/openapi.json",
    operation_id = "openapi",
    tag = "operations",
    responses((status = 200, description = "This document.", body = Object,
        content_type = "application/json"))
)]
pub(crate) async fn openapi_json(State(app): State<App>) -> Response {
    let document: Bytes = app.openapi.clone();
    ([(header::CONTENT_TYPE, "application/json")], document).into_response()
}
