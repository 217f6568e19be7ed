//! Parameters of one call, whatever way they came: query string, form, JSON or multipart.

use std::collections::HashMap;

use axum::body::Body;
use axum::extract::{FromRequest, Multipart, Request};
use axum::http::header;
use bytes::Bytes;
use serde_json::{Map, Value};

use super::ApiError;

/// The largest request body: 50 MB of file and room for the rest.
const MAX_BODY: usize = 52 * 1024 * 1024;

/// A file that came with the request.
#[derive(Debug, Clone)]
pub(crate) struct Upload {
    pub(crate) file_name: Option<String>,
    pub(crate) mime_type: Option<String>,
    pub(crate) bytes: Bytes,
}

/// Named parameters and files of one call. Unknown names are ignored, as the server does.
#[derive(Debug, Clone, Default)]
pub(crate) struct Args {
    pub(crate) values: Map<String, Value>,
    pub(crate) files: HashMap<String, Upload>,
}

impl Args {
    /// Reads the parameters of a request.
    pub(crate) async fn read(request: Request) -> Result<Self, ApiError> {
        let mut args = Self::default();
        if let Some(query) = request.uri().query() {
            args.add_form(query.as_bytes());
        }
        let kind = request
            .headers()
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
            .to_ascii_lowercase();
        if kind.starts_with("multipart/form-data") {
            args.add_multipart(request).await?;
            return Ok(args);
        }
        let body = read_body(request.into_body()).await?;
        if kind.starts_with("application/json") {
            if !body.is_empty() {
                match serde_json::from_slice(&body) {
                    Ok(Value::Object(object)) => args.values.extend(object),
                    _ => return Err(ApiError::bad_request("can't parse JSON encoded parameters")),
                }
            }
        } else {
            args.add_form(&body);
        }
        Ok(args)
    }

    fn add_form(&mut self, encoded: &[u8]) {
        for (name, value) in url::form_urlencoded::parse(encoded) {
            self.values
                .insert(name.into_owned(), Value::String(value.into_owned()));
        }
    }

    async fn add_multipart(&mut self, request: Request) -> Result<(), ApiError> {
        let broken = |_| ApiError::bad_request("can't parse multipart form data");
        // Taken whole first: the parser stops at the last boundary, and a body that was not read to its end makes
        // the server close a connection that the client means to use again.
        let (head, body) = request.into_parts();
        let request = Request::from_parts(head, Body::from(read_body(body).await?));
        let mut parts = Multipart::from_request(request, &())
            .await
            .map_err(|_| ApiError::bad_request("can't parse multipart form data"))?;
        while let Some(part) = parts.next_field().await.map_err(broken)? {
            let name = part.name().unwrap_or_default().to_owned();
            let file_name = part.file_name().map(str::to_owned);
            let mime_type = part.content_type().map(str::to_owned);
            let bytes = part.bytes().await.map_err(broken)?;
            if file_name.is_some() {
                self.files.insert(
                    name,
                    Upload {
                        file_name,
                        mime_type,
                        bytes,
                    },
                );
            } else {
                self.values.insert(
                    name,
                    Value::String(String::from_utf8_lossy(&bytes).into_owned()),
                );
            }
        }
        Ok(())
    }

    /// The parameter as text; numbers and booleans are written out, objects as JSON. Missing is empty.
    pub(crate) fn text(&self, name: &str) -> String {
        match self.values.get(name) {
            None | Some(Value::Null) => String::new(),
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
        }
    }

    /// Whether the parameter was given at all.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.values.get(name).is_some_and(|value| !value.is_null())
    }

    /// The parameter as a number; anything unreadable counts as missing, like on the server.
    pub(crate) fn int(&self, name: &str) -> Option<i64> {
        self.text(name).trim().parse().ok()
    }

    /// The parameter as a flag.
    pub(crate) fn flag(&self, name: &str) -> bool {
        matches!(
            self.text(name).trim().to_ascii_lowercase().as_str(),
            "true" | "yes" | "1"
        )
    }

    /// The parameter as JSON, whether it came as an object or as a string that holds one.
    pub(crate) fn json(&self, name: &str) -> Option<Result<Value, serde_json::Error>> {
        match self.values.get(name)? {
            Value::Null => None,
            Value::String(text) if text.is_empty() => None,
            Value::String(text) => Some(serde_json::from_str(text)),
            other => Some(Ok(other.clone())),
        }
    }

    /// The file of a field: uploaded under its own name or by `attach://`.
    pub(crate) fn upload(&self, name: &str) -> Option<&Upload> {
        let by_reference = self.text(name);
        match by_reference.strip_prefix("attach://") {
            Some(reference) => self.files.get(reference),
            None => self.files.get(name),
        }
    }

    /// The parameters as one JSON object for the call record; JSON in strings is decoded, files become their size.
    pub(crate) fn recorded(&self) -> Value {
        let mut object = Map::new();
        for (name, value) in &self.values {
            let decoded = value
                .as_str()
                .filter(|text| text.starts_with(['{', '[']))
                .filter(|_| !matches!(name.as_str(), "text" | "caption" | "callback_query_id"))
                .and_then(|text| serde_json::from_str(text).ok());
            object.insert(name.clone(), decoded.unwrap_or_else(|| value.clone()));
        }
        for (name, file) in &self.files {
            let label = file.file_name.as_deref().unwrap_or("file");
            object.insert(
                name.clone(),
                Value::String(format!("<{label}, {} bytes>", file.bytes.len())),
            );
        }
        Value::Object(object)
    }
}

async fn read_body(body: Body) -> Result<Bytes, ApiError> {
    axum::body::to_bytes(body, MAX_BODY)
        .await
        .map_err(|_| ApiError {
            code: 413,
            description: "Request Entity Too Large".to_owned(),
            parameters: None,
        })
}
