//! Name resolution that hands out only addresses the allow-list admits.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use async_trait::async_trait;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::guard::{AllowList, Refused};

/// Finds the addresses of a name.
#[async_trait]
pub trait Lookup: std::fmt::Debug + Send + Sync {
    /// Every address of `name`, in the order in which to try them.
    async fn lookup(&self, name: &str, port: u16) -> io::Result<Vec<SocketAddr>>;
}

/// As the machine does: its resolver, its hosts file.
#[derive(Debug)]
pub(super) struct OfTheMachine;

#[async_trait]
impl Lookup for OfTheMachine {
    async fn lookup(&self, name: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        Ok(tokio::net::lookup_host((name, port)).await?.collect())
    }
}

/// Resolves for connections to one port. What is checked here is what is connected to, so a
/// name that changes its mind between a check and a connection gains nothing.
#[derive(Debug)]
pub(super) struct GuardedResolver {
    pub(super) allow: Arc<AllowList>,
    pub(super) port: u16,
    pub(super) lookup: Arc<dyn Lookup>,
}

/// The name has no address that may be connected to.
#[derive(Debug, thiserror::Error)]
enum NoAddress {
    #[error("the name has no address")]
    None,
    #[error("no address of the name is allowed")]
    Refused(#[source] Refused),
}

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let allow = Arc::clone(&self.allow);
        let port = self.port;
        let lookup = Arc::clone(&self.lookup);
        Box::pin(async move {
            let mut refused = None;
            let mut allowed: Vec<SocketAddr> = Vec::new();
            for address in lookup.lookup(name.as_str(), port).await? {
                match allow.check_address(address.ip(), port) {
                    Ok(()) => allowed.push(address),
                    Err(why) => refused = Some(why),
                }
            }
            if allowed.is_empty() {
                let why = refused.map_or(NoAddress::None, NoAddress::Refused);
                return Err(why.into());
            }
            let addresses: Addrs = Box::new(allowed.into_iter());
            Ok(addresses)
        })
    }
}
