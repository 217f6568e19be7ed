//! `GET /docs`: the API's description for people, as one static page.
//!
//! Written here rather than taken from Swagger UI: that bundle is 11 MB in the binary, brings
//! five build dependencies and a megabyte of script into the one origin that holds API keys. This
//! page is rendered once at start, needs no script and no network, and is forbidden both by its
//! content security policy.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde_json::{Map, Value};
use utoipa::openapi::OpenApi;

use crate::app::App;

mod html;
mod operation;
mod schema;

use html::{Html, anchor};

const STYLE: &str = include_str!("docs/style.css");

/// No script, no network, no frame around it.
const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'";

/// This API for people.
#[utoipa::path(
    get,
    path = "/docs",
    operation_id = "docs",
    tag = "operations",
    responses((status = 200, description = "A page without script.", body = String,
        content_type = "text/html"))
)]
pub(crate) async fn docs(State(app): State<App>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    let page: Bytes = app.docs.clone();
    (headers, page).into_response()
}

/// The page of a document.
pub(crate) fn page(document: &OpenApi) -> String {
    // The same tree that `/openapi.json` answers with, so that the two cannot differ.
    let document = serde_json::to_value(document).unwrap_or_default();
    let title = text(&document["info"]["title"]);
    let mut html = Html::new();
    html.raw("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    html.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    html.element("title", &format!("{title} API"));
    html.raw("<style>\n")
        .raw(STYLE)
        .raw("</style>\n</head>\n<body>\n");
    navigation(&mut html, &document);
    html.raw("<main>\n").element("h1", &format!("{title} API"));
    html.prose(text(&document["info"]["description"]));
    html.raw("<p>The same for programs: <a href=\"openapi.json\">openapi.json</a>.</p>\n");
    for tag in list(&document["tags"]) {
        let name = text(&tag["name"]);
        html.element("h2", name).prose(text(&tag["description"]));
        for (path, method, operation) in operations(&document, name) {
            operation::write(&mut html, path, method, operation);
        }
    }
    html.element("h2", "Schemas");
    for (name, one) in entries(&document["components"]["schemas"]) {
        schema::write(&mut html, name, one);
    }
    html.raw("</main>\n</body>\n</html>\n");
    html.finish()
}

fn navigation(html: &mut Html, document: &Value) {
    html.raw("<nav>\n");
    for tag in list(&document["tags"]) {
        let name = text(&tag["name"]);
        html.element("h2", name).raw("<ul>\n");
        for (_, _, operation) in operations(document, name) {
            let (id, summary) = (text(&operation["operationId"]), text(&operation["summary"]));
            html.raw("<li>")
                .link(&anchor("operation", id), summary)
                .raw("</li>\n");
        }
        html.raw("</ul>\n");
    }
    html.raw("</nav>\n");
}

/// The operations with a tag: path, method, description.
fn operations<'a>(
    document: &'a Value,
    tag: &'a str,
) -> impl Iterator<Item = (&'a str, &'a str, &'a Value)> {
    let items = entries(&document["paths"]);
    let all = items.flat_map(|(path, item)| {
        entries(item).map(move |(method, operation)| (path, method, operation))
    });
    all.filter(move |(_, _, operation)| list(&operation["tags"]).iter().any(|t| t == tag))
}

fn entries(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let members = value.as_object().into_iter().flat_map(Map::iter);
    members.map(|(name, value)| (name.as_str(), value))
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
