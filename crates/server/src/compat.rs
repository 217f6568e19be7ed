//! The drop-in endpoints, `POST /approve` and `POST /execute`, on a listener of their own: their
//! callers have no keys, and the native API must not be open to whoever has none.
//!
//! What bodies mean and what is answered is the contract's (`signoff_contract::compat`); who may
//! call is decided here, by network and, where the operator set one, by a token.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, HttpBody as _};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use bytes::Bytes;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use ipnet::IpNet;
use secrecy::{ExposeSecret as _, SecretString};
use signoff_contract::compat::{self, Defaults, Endpoint};
use signoff_engine::{Caller, DropInSubmitted, Engine, Error};
use subtle::ConstantTimeEq as _;

use crate::limits::{ClientAddress, Limits};

/// The longest body, in bytes. Theirs knew no limit; what people can be shown has one.
const MAX_BODY_BYTES: usize = 1024 * 1024;

/// What the operator decided about the drop-in endpoints.
#[derive(Debug)]
pub struct CompatOptions {
    /// As whom their requests are submitted.
    pub caller: Caller,
    /// The route that they take.
    pub route: String,
    /// What holds for requests that say nothing else.
    pub defaults: Defaults,
    /// Who may call.
    pub callers: Callers,
    /// What callers must send as `Authorization: Bearer …`, if anything.
    pub token: Option<SecretString>,
    /// Further routes, which prove their callers themselves: where Telegram posts to.
    pub extra: Router,
}

/// Who may call the drop-in endpoints.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Callers {
    /// Whoever can connect.
    Anyone,
    /// Who connects from one of these networks.
    Of(Vec<IpNet>),
}

impl Callers {
    /// Whether someone at this address may call.
    pub fn admit(&self, address: IpAddr) -> bool {
        match self {
            Self::Anyone => true,
            Self::Of(networks) => {
                let address = address.to_canonical();
                networks.iter().any(|network| network.contains(&address))
            }
        }
    }
}

/// What the handlers share.
struct App {
    engine: Arc<Engine>,
    options: CompatOptions,
    limits: Limits,
    body_timeout: Duration,
}

/// Their routes, over an engine.
pub(crate) fn router(
    engine: Arc<Engine>,
    mut options: CompatOptions,
    limits: Limits,
    body_timeout: Duration,
) -> Router {
    let extra = std::mem::take(&mut options.extra);
    let app = Arc::new(App {
        engine,
        options,
        limits,
        body_timeout,
    });
    Router::new()
        .route(Endpoint::Approve.path(), post(approve))
        .route(Endpoint::Execute.path(), post(execute))
        .route("/healthz", get(async || "ok"))
        .route("/readyz", get(readyz))
        .with_state(app)
        .merge(extra)
}

async fn readyz(State(app): State<Arc<App>>) -> (StatusCode, &'static str) {
    if app.engine.readiness().await.ready {
        (StatusCode::OK, "ok")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "not ready")
    }
}

async fn approve(State(app): State<Arc<App>>, request: Request) -> Response {
    app.asked(Endpoint::Approve, request).await
}

async fn execute(State(app): State<Arc<App>>, request: Request) -> Response {
    app.asked(Endpoint::Execute, request).await
}

/// An answer that is not 202: the status, and why in a sentence.
struct Refused(StatusCode, String);

impl Refused {
    fn new(status: StatusCode, why: impl Into<String>) -> Self {
        Self(status, why.into())
    }
}

impl App {
    async fn asked(&self, endpoint: Endpoint, request: Request) -> Response {
        match self.answer(endpoint, request).await {
            Ok(body) => json(StatusCode::ACCEPTED, body),
            Err(Refused(status, why)) => {
                let mut response = json(status, compat::refused(endpoint, &why));
                if matches!(
                    status,
                    StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE
                ) {
                    let later = HeaderValue::from_static("1");
                    response.headers_mut().insert(header::RETRY_AFTER, later);
                }
                response
            }
        }
    }

    async fn answer(&self, endpoint: Endpoint, request: Request) -> Result<Vec<u8>, Refused> {
        self.check_caller(&request)?;
        let body = self.body(request.into_body()).await?;
        let CompatOptions {
            caller,
            route,
            defaults,
            ..
        } = &self.options;
        let refused = |why: compat::Refusal| Refused::new(StatusCode::BAD_REQUEST, why.to_string());
        let asked = compat::read(endpoint, &body, defaults).map_err(refused)?;
        let name = asked.correlation_id().to_owned();
        match self.engine.submit_drop_in(caller, route, asked).await {
            Ok(DropInSubmitted::Queued) => Ok(compat::queued(endpoint, &name)),
            Ok(DropInSubmitted::AlreadyExists) => Ok(compat::already_exists(endpoint, &name)),
            Ok(DropInSubmitted::Refused(why)) => Err(refused(why)),
            Err(error) => Err(failed(endpoint, &error)),
        }
    }

    /// By network first, then by token: who is not to be here learns nothing of one.
    fn check_caller(&self, request: &Request) -> Result<(), Refused> {
        let ClientAddress(from) = request.extensions().get().copied().unwrap_or_default();
        if !self.options.callers.admit(from) {
            let why = format!(
                "callers from {from} are not admitted; the operator admits them by [compat] \
                 callers, or SIGNOFF_COMPAT__CALLERS"
            );
            tracing::warn!(%from, "a caller of the drop-in endpoints was refused: [compat] callers admits others");
            return Err(Refused::new(StatusCode::FORBIDDEN, why));
        }
        let Some(token) = &self.options.token else {
            return Ok(());
        };
        let expected = token.expose_secret().as_bytes();
        let given = bearer(request.headers()).unwrap_or_default();
        if bool::from(expected.ct_eq(given)) {
            return Ok(());
        }
        Err(match self.limits.count_failure(from) {
            Ok(()) => Refused::new(StatusCode::UNAUTHORIZED, "unauthorized"),
            Err(_) => Refused::new(
                StatusCode::TOO_MANY_REQUESTS,
                "this address failed to authenticate too often",
            ),
        })
    }

    /// Whatever its content type says.
    async fn body(&self, body: Body) -> Result<Bytes, Refused> {
        let too_large = || {
            let why = format!("the body has more than {MAX_BODY_BYTES} bytes");
            Refused::new(StatusCode::PAYLOAD_TOO_LARGE, why)
        };
        if usize::try_from(body.size_hint().lower()).is_ok_and(|least| least > MAX_BODY_BYTES) {
            return Err(too_large());
        }
        let body = Limited::new(body, MAX_BODY_BYTES);
        match tokio::time::timeout(self.body_timeout, body.collect()).await {
            Ok(Ok(body)) => Ok(body.to_bytes()),
            Ok(Err(error)) if error.is::<LengthLimitError>() => Err(too_large()),
            // Broken off, or too slow: there is no whole value to be read.
            Ok(Err(_)) | Err(_) => {
                let why = "invalid json payload";
                Err(Refused::new(StatusCode::BAD_REQUEST, why))
            }
        }
    }
}

/// What is behind the one `Authorization: Bearer`.
fn bearer(headers: &HeaderMap) -> Option<&[u8]> {
    let mut all = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(only), None) = (all.next(), all.next()) else {
        return None;
    };
    let (scheme, token) = only.to_str().ok()?.split_once(' ')?;
    let is_bearer = scheme.eq_ignore_ascii_case("bearer");
    is_bearer.then(|| token.trim_matches(' ').as_bytes())
}

/// What callers hear of what went wrong on this side. What they must not see is in the log.
fn failed(endpoint: Endpoint, error: &Error) -> Refused {
    match error {
        Error::TooManyPending { max } => {
            let why = format!("{max} requests are pending, as many as may be");
            Refused::new(StatusCode::TOO_MANY_REQUESTS, why)
        }
        Error::Store(_) => {
            let error = signoff_core::errors::chain(error);
            tracing::error!(error, "the store refused a request of a drop-in endpoint");
            let why = "the store did not answer; nothing is known to have changed";
            Refused::new(StatusCode::SERVICE_UNAVAILABLE, why)
        }
        other => {
            let error = signoff_core::errors::chain(other);
            tracing::error!(error, "a request of a drop-in endpoint failed");
            let why = match endpoint {
                Endpoint::Approve => "approval failed",
                Endpoint::Execute => "execution failed",
            };
            Refused::new(StatusCode::INTERNAL_SERVER_ERROR, why)
        }
    }
}

fn json(status: StatusCode, body: Vec<u8>) -> Response {
    let content_type = HeaderValue::from_static("application/json");
    (status, [(header::CONTENT_TYPE, content_type)], body).into_response()
}
