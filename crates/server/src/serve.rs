//! Accepts connections and answers them until told to stop.
//!
//! hyper is driven directly rather than through `axum::serve`, which offers no limit to slow
//! heads, to connections, or to the time that stopping may take.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower_service::Service;

use crate::connection::Connection;
use crate::limits::ClientAddress;
use crate::request_id::RequestIds;

/// The longest head of a request, about, in bytes.
const MAX_HEAD_BYTES: usize = 32 * 1024;
/// The most headers of a request.
const MAX_HEADERS: usize = 64;
/// How long to wait before accepting again when the system has no more sockets.
const ACCEPT_PAUSE: Duration = Duration::from_millis(250);

/// What callers may take up, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConnectionLimits {
    /// How long the head of a request may take; also how long a connection may be idle.
    pub head: Duration,
    /// How long a caller may leave us with bytes that it does not take.
    pub stall: Duration,
    /// The most connections at once; further ones wait in the kernel's queue.
    pub connections: usize,
}

impl Default for ConnectionLimits {
    fn default() -> Self {
        Self {
            head: Duration::from_secs(30),
            stall: Duration::from_secs(30),
            connections: 4_096,
        }
    }
}

/// How serving ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// Every answer that was under way was given.
    Drained,
    /// The time was up, and these were cut off. Safe by design: what is durable is durable.
    CutOff {
        /// How many connections.
        connections: usize,
    },
}

/// Answers connections with the router until `shutdown` is cancelled; then accepts no more,
/// finishes what runs, for at most `grace`, and cuts off the rest.
///
/// Give the router the same token ([`ServerOptions`](crate::ServerOptions)), so that its long
/// polls and streams end too.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    shutdown: CancellationToken,
    grace: Duration,
) -> Ended {
    serve_within(
        listener,
        router,
        shutdown,
        grace,
        ConnectionLimits::default(),
    )
    .await
}

/// [`serve`] with other limits than the usual ones.
pub async fn serve_within(
    listener: TcpListener,
    router: Router,
    shutdown: CancellationToken,
    grace: Duration,
    limits: ConnectionLimits,
) -> Ended {
    let ids = Arc::new(RequestIds::new(&mut rand::rng()));
    let places = Arc::new(Semaphore::new(limits.connections));
    let connections = TaskTracker::new();
    let cut_off = CancellationToken::new();
    while let Some((stream, from, place)) = accept(&listener, &places, &shutdown).await {
        let connection = Connection::new(stream, ids.clone(), limits.stall);
        let answering = answer(connection, from, router.clone(), shutdown.clone(), limits);
        let cut_off = cut_off.clone();
        connections.spawn(async move {
            let _ = cut_off.run_until_cancelled(answering).await;
            drop(place);
        });
    }
    drop(listener);
    connections.close();
    if tokio::time::timeout(grace, connections.wait())
        .await
        .is_ok()
    {
        return Ended::Drained;
    }
    let left = connections.len();
    cut_off.cancel();
    connections.wait().await;
    Ended::CutOff { connections: left }
}

/// The next connection; `None` at shutdown.
async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
    shutdown: &CancellationToken,
) -> Option<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let next = async {
        let place = places.clone().acquire_owned().await.ok()?;
        loop {
            match listener.accept().await {
                Ok((stream, from)) => return Some((stream, from, place)),
                // The caller gave up before we came to it.
                Err(error) if is_callers(&error) => {}
                Err(error) => {
                    tracing::error!(%error, "no connection can be accepted for now");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    };
    shutdown.run_until_cancelled(next).await.flatten()
}

fn is_callers(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(
        error.kind(),
        ConnectionAborted | ConnectionRefused | ConnectionReset
    )
}

async fn answer(
    connection: Connection,
    from: SocketAddr,
    router: Router,
    shutdown: CancellationToken,
    limits: ConnectionLimits,
) {
    let service = service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ClientAddress(from.ip()));
        let answering = router.clone().call(request);
        async move { Ok::<_, Infallible>(answering.await.unwrap_or_else(|never| match never {})) }
    });
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head)
        .max_buf_size(MAX_HEAD_BYTES)
        .max_headers(MAX_HEADERS)
        .serve_connection(TokioIo::new(connection), service);
    let mut serving = std::pin::pin!(serving);
    let result = tokio::select! {
        result = serving.as_mut() => result,
        () = shutdown.cancelled() => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    if let Err(error) = result {
        tracing::debug!(
            error = signoff_core::errors::chain(&error),
            "a connection broke"
        );
    }
}
