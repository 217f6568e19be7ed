//! `GET /docs/errors/{code}`: what a problem's `type` leads to.

use axum::extract::Path;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use signoff_contract::Code;

use crate::error_pages;
use crate::problem::Failure;

/// What can go wrong; nobody needs a key here.
pub(crate) const PROBLEMS: &[Code] = &[Code::NotFound, Code::InternalError];

/// What a problem code means and what to do about it.
#[utoipa::path(
    get,
    path = "/docs/errors/{code}",
    operation_id = "error_page",
    tag = "operations",
    params(("code" = String, Path, description = "A problem's code.")),
    responses((status = 200, description = "A page in Markdown.", body = String,
        content_type = "text/plain"))
)]
pub(crate) async fn error_page(Path(code): Path<String>) -> Result<Response, Failure> {
    let Some(code) = Code::from_word(&code) else {
        return Err(Failure::new(
            Code::NotFound,
            "There is no problem code of this name.",
        ));
    };
    let headers = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
    Ok((headers, error_pages::page(code)).into_response())
}
