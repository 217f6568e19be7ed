//! Who calls: `Authorization: Bearer sgn_…`, and the scope that the operation needs.
//!
//! A key is found by its SHA-256, so the time of a look-up tells nothing about a key. Failures
//! are counted per address. A good key is never refused for another's failures: behind one
//! proxy all callers have one address, and 256 random bits are guessed by no one.

use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use signoff_engine::{ApiKey, Caller, Scope};

use crate::app::App;
use crate::limits::ClientAddress;
use crate::problem::Failure;

/// What an operation needs a key for.
pub(crate) trait Needs: Send + Sync {
    /// The scope.
    const SCOPE: Scope;
}

/// Submit, cancel, claim, report executions.
pub(crate) struct RequestsWrite;

/// Read requests and events.
pub(crate) struct RequestsRead;

/// Decide.
pub(crate) struct DecisionsWrite;

impl Needs for RequestsWrite {
    const SCOPE: Scope = Scope::RequestsWrite;
}

impl Needs for RequestsRead {
    const SCOPE: Scope = Scope::RequestsRead;
}

impl Needs for DecisionsWrite {
    const SCOPE: Scope = Scope::DecisionsWrite;
}

/// A caller with a good key that has the scope.
pub(crate) struct Authenticated<N> {
    /// Who.
    pub(crate) caller: Arc<Caller>,
    scope: PhantomData<N>,
}

impl<N> Deref for Authenticated<N> {
    type Target = Caller;

    fn deref(&self) -> &Caller {
        &self.caller
    }
}

impl<N: Needs> FromRequestParts<App> for Authenticated<N> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        let caller = match bearer(parts) {
            Some(key) => app.engine.authenticate(&key).await?,
            None => None,
        };
        let Some(caller) = caller else {
            let ClientAddress(from) = parts.extensions.get().copied().unwrap_or_default();
            return Err(match app.limits.count_failure(from) {
                Ok(()) => Failure::unauthenticated(),
                Err(after) => {
                    let detail = "This address failed to authenticate too often.";
                    Failure::rate_limited(detail, after)
                }
            });
        };
        app.limits.count_request(&caller).map_err(|after| {
            Failure::rate_limited("This key exceeds the rate that its operator set.", after)
        })?;
        if !caller.may(N::SCOPE) {
            return Err(Failure::lacks_scope(N::SCOPE.as_str()));
        }
        Ok(Self {
            caller,
            scope: PhantomData,
        })
    }
}

/// The key in the one `Authorization` header, when it has the form of one.
fn bearer(parts: &Parts) -> Option<ApiKey> {
    let mut headers = parts.headers.get_all(AUTHORIZATION).iter();
    let (Some(only), None) = (headers.next(), headers.next()) else {
        return None;
    };
    let (scheme, key) = only.to_str().ok()?.split_once(' ')?;
    let is_bearer = scheme.eq_ignore_ascii_case("bearer");
    is_bearer
        .then(|| key.trim_matches(' ').parse().ok())
        .flatten()
}
