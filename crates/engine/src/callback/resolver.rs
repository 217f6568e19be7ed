//! Name resolution that hands out only addresses the allow-list admits.

use std::net::SocketAddr;
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::guard::{AllowList, Refused};

/// Resolves for connections to one port. What is checked here is what is connected to, so a
/// name that changes its mind between a check and a connection gains nothing.
#[derive(Debug)]
pub(super) struct GuardedResolver {
    pub(super) allow: Arc<AllowList>,
    pub(super) port: u16,
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
        Box::pin(async move {
            let mut refused = None;
            let mut allowed: Vec<SocketAddr> = Vec::new();
            for address in tokio::net::lookup_host((name.as_str(), port)).await? {
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
