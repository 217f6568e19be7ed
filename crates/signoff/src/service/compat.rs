//! The drop-in endpoints of this installation, from the configuration to a listener.

use std::net::SocketAddr;

use axum::Router;
use secrecy::SecretString;
use signoff_engine::{Caller, Scope};
use signoff_server::{Callers, CompatOptions};
use tokio::net::TcpListener;

use super::listen;
use crate::config::Compat;

/// As whom their requests stand in lists and in the audit.
const CALLER: &str = "compat";

/// The endpoints with their port, not answering yet.
pub(super) struct DropIn {
    pub(super) listener: TcpListener,
    pub(super) address: SocketAddr,
    pub(super) options: CompatOptions,
}

impl DropIn {
    /// Takes the port.
    pub(super) async fn listen(settings: Compat) -> anyhow::Result<Self> {
        let (listener, address) = listen(settings.listen, "[compat] listen").await?;
        let options = CompatOptions {
            caller: Caller {
                key: CALLER.to_owned(),
                project: settings.project,
                scopes: vec![Scope::RequestsWrite],
                approver: None,
                max_per_second: None,
            },
            route: settings.route,
            defaults: settings.defaults,
            callers: settings.callers.map_or(Callers::Anyone, Callers::Of),
            token: settings
                .token
                .map(|token| SecretString::from(token.expose())),
            extra: Router::new(),
        };
        Ok(Self {
            listener,
            address,
            options,
        })
    }
}
