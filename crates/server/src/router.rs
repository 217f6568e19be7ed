//! Which path leads to which operation.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use prometheus_client::registry::Registry;
use signoff_core::Masker;
use signoff_engine::Engine;
use tokio_util::sync::CancellationToken;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::adapter::{self, AdapterSecrets};
use crate::app::{App, Shared};
use crate::compat::CompatOptions;
use crate::envelope::EnvelopeLayer;
use crate::limits::Limits;
use crate::metrics::HttpMetrics;
use crate::request_id::RequestIds;
use crate::{
    cancel, claim, compat, decide, docs, error_page, events, execution, get, health, list, metrics,
    openapi, stream, submit,
};

/// Every route's template: what metrics may name.
pub(crate) const ROUTES: &[&str] = &[
    "/v1/requests",
    "/v1/requests/{correlation_id}",
    "/v1/requests/{correlation_id}/cancel",
    "/v1/requests/{correlation_id}/claim",
    "/v1/requests/{correlation_id}/decision",
    "/v1/requests/{correlation_id}/events",
    "/v1/requests/{correlation_id}/execution",
    "/v1/events",
    "/healthz",
    "/readyz",
    "/metrics",
    "/openapi.json",
    "/docs",
    "/docs/errors/{code}",
    "/v1/adapter/responses",
    "/v1/adapter/receipts",
    "/v1/adapter/pending",
    "/v1/adapter/pairings",
    "/v1/adapter/handles/{handle}",
    "/v1/adapter/person",
    "/v1/adapter/notes",
    "/approve",
    "/execute",
];

/// What the composition root decides about the HTTP surface.
pub struct ServerOptions {
    /// Ends long polls and event streams; give [`serve`](crate::serve) the same one.
    pub shutdown: CancellationToken,
    /// What `/metrics` shows besides the HTTP metrics, which are registered here.
    pub registry: Registry,
    /// Further routes without bearer authentication (the Telegram webhook), which prove their
    /// callers themselves. They get identifiers, metrics and caught panics like the others. They
    /// must not have a fallback or a path of the native API: mounting them would panic at start.
    pub extra: Router,
    /// The channels that adapters may speak for.
    pub adapters: AdapterSecrets,
    /// How many authentications may fail from one address, at once and per minute.
    pub auth_failures_per_minute: NonZeroU32,
    /// How often a quiet event stream says that it is alive.
    pub stream_keep_alive: Duration,
    /// How long the body of a request may take to arrive.
    pub body_timeout: Duration,
}

impl Default for ServerOptions {
    fn default() -> Self {
        Self {
            shutdown: CancellationToken::new(),
            registry: Registry::default(),
            extra: Router::new(),
            adapters: AdapterSecrets::new(),
            auth_failures_per_minute: NonZeroU32::MIN.saturating_add(29),
            stream_keep_alive: Duration::from_secs(15),
            // The longest body needs 9 KiB/s.
            body_timeout: Duration::from_secs(30),
        }
    }
}

/// The routes of each listener.
pub struct Routers {
    /// The native API and operations.
    pub native: Router,
    /// The drop-in endpoints, when there are some.
    pub compat: Option<Router>,
}

/// The routes of the native API and of operations, over an engine.
pub fn router(engine: Arc<Engine>, options: ServerOptions) -> Router {
    routers(engine, options, None).native
}

/// The same, and beside it the routes of the drop-in endpoints.
pub fn routers(
    engine: Arc<Engine>,
    options: ServerOptions,
    compat: Option<CompatOptions>,
) -> Routers {
    let ServerOptions {
        shutdown,
        mut registry,
        extra,
        adapters,
        auth_failures_per_minute,
        ..
    } = options;
    let metrics = HttpMetrics::new(&mut registry);
    let ids = RequestIds::new(&mut rand::rng());
    let (routes, document) = operations().split_for_parts();
    let document = openapi::complete(document);
    let masker = engine.masker().clone();
    let envelope = EnvelopeLayer::new(ids, metrics, masker);
    let compat = compat.map(|compat| {
        let limits = Limits::new(auth_failures_per_minute);
        compat::router(Arc::clone(&engine), compat, limits, options.body_timeout)
            .layer(envelope.clone().without_documents())
    });
    let app = App::new(Shared {
        engine,
        adapters,
        limits: Limits::new(auth_failures_per_minute),
        shutdown,
        registry,
        body_timeout: options.body_timeout,
        stream_keep_alive: options.stream_keep_alive,
        docs: docs::page(&document).into(),
        openapi: openapi::pretty(&document).into(),
    });
    let (adapters, _) = adapter::operations().split_for_parts();
    let routes = routes.merge(adapters);
    let native = routes.with_state(app).merge(extra).layer(envelope);
    Routers { native, compat }
}

/// Routes of another process that [`serve`](crate::serve) is to answer: with what belongs to every
/// answer (names, metrics, caught panics, a document for errors that no handler described). `routes`
/// is given what there is to count.
pub fn enveloped(
    routes: impl FnOnce(Registry) -> Router,
    mut registry: Registry,
    masker: Masker,
) -> Router {
    let metrics = HttpMetrics::new(&mut registry);
    let ids = RequestIds::new(&mut rand::rng());
    routes(registry).layer(EnvelopeLayer::new(ids, metrics, masker))
}

/// Every operation, with its description: a route that is not described cannot be added.
pub(crate) fn operations() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(openapi::head())
        .routes(routes!(submit::submit, list::list))
        .routes(routes!(get::get))
        .routes(routes!(cancel::cancel))
        .routes(routes!(decide::decide))
        .routes(routes!(claim::claim))
        .routes(routes!(execution::report_execution))
        .routes(routes!(events::events))
        .routes(routes!(stream::stream))
        .routes(routes!(health::healthz))
        .routes(routes!(health::readyz))
        .routes(routes!(metrics::metrics))
        .routes(routes!(openapi::openapi_json))
        .routes(routes!(docs::docs))
        .routes(routes!(error_page::error_page))
}
