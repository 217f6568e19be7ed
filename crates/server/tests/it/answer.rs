//! What callers get answered, and the `OpenAPI` document that every answer is held against.

use std::sync::LazyLock;

use reqwest::header::{CONTENT_TYPE, HeaderMap};
use reqwest::{Method, StatusCode};
use serde_json::Value;

/// What came back.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Answer {
    /// The answer, if it has this status.
    #[track_caller]
    pub(crate) fn expect(self, status: StatusCode) -> Self {
        assert_eq!(self.status, status, "{:#}", self.body);
        self
    }

    /// The problem's code, if it is one in good form.
    #[track_caller]
    pub(crate) fn code(&self) -> &str {
        let content_type = self.header(CONTENT_TYPE.as_str());
        assert_eq!(content_type, "application/problem+json", "{:#}", self.body);
        assert_eq!(self.body["status"], self.status.as_u16(), "{:#}", self.body);
        assert_eq!(
            self.body["request_id"],
            self.header("x-request-id"),
            "{:#}",
            self.body
        );
        let code = self.body["code"].as_str().expect("a code");
        let url = self.body["type"].as_str().expect("a type");
        assert!(url.ends_with(&format!("/{code}")), "{url}");
        code
    }

    /// The problem's field errors: field and code.
    #[track_caller]
    pub(crate) fn field_errors(&self) -> Vec<(&str, &str)> {
        self.code();
        let errors = self.body["errors"]
            .as_array()
            .map_or(&[][..], Vec::as_slice);
        errors
            .iter()
            .map(|error| {
                (
                    error["field"].as_str().expect("a field"),
                    error["code"].as_str().expect("a code"),
                )
            })
            .collect()
    }

    /// A header's text; empty when there is none.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().expect("a text"))
    }

    /// Holds it against what the document says of this operation.
    #[track_caller]
    pub(crate) fn is_as_documented(&self, method: &Method, path: &str) {
        assert!(
            !self.header("x-request-id").is_empty(),
            "every answer has an x-request-id"
        );
        let Some((template, operation)) = operation(method, path) else {
            return;
        };
        let answer = &operation["responses"][self.status.as_str()];
        assert!(
            answer.is_object(),
            "{method} {template} does not document {}",
            self.status
        );
        let content_type = self
            .header("content-type")
            .split(';')
            .next()
            .unwrap_or_default();
        let content = &answer["content"][content_type];
        assert!(
            content.is_object(),
            "{method} {template} does not document {content_type}"
        );
        if content_type == "application/problem+json" {
            let code = self.code();
            let documented = content["examples"][code].is_object();
            assert!(documented, "{method} {template} does not document {code}");
        }
    }
}

static OPENAPI: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(&signoff_server::openapi()).expect("JSON"));

static ADAPTER: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(&signoff_server::adapter_openapi()).expect("JSON"));

/// The document of the adapter contract.
pub(crate) fn adapter_openapi() -> &'static Value {
    &ADAPTER
}

/// The document.
pub(crate) fn openapi() -> &'static Value {
    &OPENAPI
}

/// The description of what a path leads to.
fn operation(method: &Method, path: &str) -> Option<(&'static str, &'static Value)> {
    let path = path.split('?').next().unwrap_or_default();
    let fits = |template: &str| {
        let (mut of_template, mut of_path) = (template.split('/'), path.split('/'));
        of_template
            .by_ref()
            .zip(of_path.by_ref())
            .all(|(t, p)| t == p || t.starts_with('{'))
            && template.split('/').count() == path.split('/').count()
    };
    let documents = [openapi(), adapter_openapi()];
    let mut paths = documents
        .into_iter()
        .filter_map(|it| it["paths"].as_object());
    let (template, item) = paths
        .by_ref()
        .flatten()
        .find(|(template, _)| fits(template))?;
    Some((template, item.get(method.as_str().to_lowercase())?))
}
