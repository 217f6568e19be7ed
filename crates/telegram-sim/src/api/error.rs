//! Refusals in the server's form: prefix, casing, parameters (`Client::fail_query_with_error`).

use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use serde_json::{Value, json};

/// One refusal, ready to be sent.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ApiError {
    pub(crate) code: u16,
    pub(crate) description: String,
    pub(crate) parameters: Option<Value>,
}

impl ApiError {
    /// A refusal of the given class; puts the class before the sentence and lowers its first letter, except before
    /// an underscore or a capital (`BUTTON_DATA_INVALID` stays).
    pub(crate) fn new(code: u16, sentence: &str) -> Self {
        let prefix = match code {
            401 => "Unauthorized",
            403 => "Forbidden",
            404 => "Not Found",
            409 => "Conflict",
            500 => "Internal Server Error",
            _ => "Bad Request",
        };
        let description = if sentence.starts_with(prefix) {
            sentence.to_owned()
        } else {
            let second = sentence.chars().nth(1);
            let keep = second.is_some_and(|c| c == '_' || c.is_ascii_uppercase());
            let mut rest = sentence.chars();
            let first = rest
                .next()
                .map(|c| if keep { c } else { c.to_ascii_lowercase() });
            format!(
                "{prefix}: {}{}",
                first.map(String::from).unwrap_or_default(),
                rest.as_str()
            )
        };
        Self {
            code,
            description,
            parameters: None,
        }
    }

    /// 400 with the server's sentence.
    pub(crate) fn bad_request(sentence: impl AsRef<str>) -> Self {
        Self::new(400, sentence.as_ref())
    }

    /// 403 with the server's sentence.
    pub(crate) fn forbidden(sentence: &str) -> Self {
        Self::new(403, sentence)
    }

    /// 409 with the server's sentence.
    pub(crate) fn conflict(sentence: &str) -> Self {
        Self::new(409, sentence)
    }

    /// 429 with the number of seconds in the text, in `parameters` and (by [`Self::response`]) in `Retry-After`.
    pub(crate) fn too_many_requests(retry_after: u64) -> Self {
        Self {
            code: 429,
            description: format!("Too Many Requests: retry after {retry_after}"),
            parameters: Some(json!({ "retry_after": retry_after })),
        }
    }

    /// 400 for a basic group that lives on as a supergroup.
    pub(crate) fn migrated(to: i64) -> Self {
        Self {
            parameters: Some(json!({ "migrate_to_chat_id": to })),
            ..Self::bad_request("group chat was upgraded to a supergroup chat")
        }
    }

    /// The body that goes over the wire.
    pub(crate) fn body(&self) -> Value {
        let mut body =
            json!({ "ok": false, "error_code": self.code, "description": self.description });
        if let Some(parameters) = &self.parameters {
            body["parameters"] = parameters.clone();
        }
        body
    }

    /// The whole response.
    pub(crate) fn response(&self) -> Response<Body> {
        let mut response = json_response(self.code, &self.body());
        let retry_after = self
            .parameters
            .as_ref()
            .and_then(|p| p["retry_after"].as_u64());
        if let Some(value) =
            retry_after.and_then(|seconds| HeaderValue::from_str(&seconds.to_string()).ok())
        {
            response.headers_mut().insert(header::RETRY_AFTER, value);
        }
        response
    }
}

/// A JSON response with the given status.
pub(crate) fn json_response(status: u16, body: &Value) -> Response<Body> {
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    response
}
