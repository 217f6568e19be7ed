//! The correlation id in the path, percent-decoded.

use std::ops::Deref;

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use signoff_contract::CorrelationId;

use crate::app::App;
use crate::problem::Failure;

/// The name of a request. What cannot be one names no request: 404, like any other that is not there.
pub(crate) struct Named(CorrelationId);

impl Deref for Named {
    type Target = CorrelationId;

    fn deref(&self) -> &CorrelationId {
        &self.0
    }
}

impl FromRequestParts<App> for Named {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        let path = Path::<String>::from_request_parts(parts, app).await;
        let name = path.ok().and_then(|Path(text)| text.parse().ok());
        name.map(Self).ok_or_else(Failure::no_such_request)
    }
}
