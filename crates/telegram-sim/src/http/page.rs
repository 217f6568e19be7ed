//! The chat page: static files, embedded, without anything from elsewhere.

use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::IntoResponse;

const HTML: &str = include_str!("../page/index.html");
const STYLE: &str = include_str!("../page/page.css");
const MODEL: &str = include_str!("../page/model.js");
const VIEW: &str = include_str!("../page/view.js");
const VOICE: &str = include_str!("../page/voice.js");
const PAGE: &str = include_str!("../page/page.js");

/// Nothing but this origin: a message that got past the renderer could still load nothing and run nothing.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' \
                      data:; media-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// `GET /`
pub(crate) async fn html() -> impl IntoResponse {
    (
        [
            (CONTENT_TYPE, "text/html; charset=utf-8"),
            (CACHE_CONTROL, "no-store"),
            (CONTENT_SECURITY_POLICY, POLICY),
        ],
        HTML,
    )
}

/// `GET /page.css`
pub(crate) async fn style() -> impl IntoResponse {
    (
        [
            (CONTENT_TYPE, "text/css; charset=utf-8"),
            (CACHE_CONTROL, "no-store"),
        ],
        STYLE,
    )
}

fn script(source: &'static str) -> impl IntoResponse {
    (
        [
            (CONTENT_TYPE, "text/javascript; charset=utf-8"),
            (CACHE_CONTROL, "no-store"),
        ],
        source,
    )
}

/// `GET /model.js`
pub(crate) async fn model() -> impl IntoResponse {
    script(MODEL)
}

/// `GET /view.js`
pub(crate) async fn view() -> impl IntoResponse {
    script(VIEW)
}

/// `GET /voice.js`
pub(crate) async fn voice() -> impl IntoResponse {
    script(VOICE)
}

/// `GET /page.js`
pub(crate) async fn page() -> impl IntoResponse {
    script(PAGE)
}
