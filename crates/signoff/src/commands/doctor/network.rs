//! What the network has to say: whether the port is free, and whether callbacks find their way.

use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use signoff_engine::adapters::Adapter;
use signoff_engine::callback::AllowList;
use tokio::net::{TcpListener, TcpStream, lookup_host};

use super::Check;
use crate::config::Settings;

/// How long somebody else is waited for.
const PATIENCE: Duration = Duration::from_secs(3);

/// Whether the ports are free, or Signoff listens there already.
pub(super) async fn ports(settings: &Settings) -> Vec<Check> {
    let mut checks = vec![port(settings.listen, "[server] listen").await];
    if let Some(compat) = &settings.compat {
        checks.push(port(compat.listen, "[compat] listen").await);
    }
    checks
}

async fn port(address: SocketAddr, key: &str) -> Check {
    const NAME: &str = "port";
    match TcpListener::bind(address).await {
        Ok(_) => Check::good(NAME, format!("{address} is free")),
        Err(error) if error.kind() == ErrorKind::AddrInUse => {
            if is_signoff(address).await {
                return Check::good(NAME, format!("Signoff listens on {address}"));
            }
            let remedy = format!("stop it, or choose another {key}");
            Check::bad(
                NAME,
                format!("another program listens on {address}"),
                remedy,
            )
        }
        Err(error) => Check::bad(
            NAME,
            format!("{address} cannot be listened on: {error}"),
            "choose an address of this machine, and a port from 1024 for a user without rights",
        ),
    }
}

async fn is_signoff(address: SocketAddr) -> bool {
    let client = reqwest::Client::builder()
        .no_proxy()
        .timeout(PATIENCE)
        .build();
    let Ok(client) = client else {
        return false;
    };
    let answer = match client.get(format!("http://{address}/healthz")).send().await {
        Ok(answer) => answer.text().await.unwrap_or_default(),
        Err(_) => return false,
    };
    answer.trim() == "ok"
}

/// Whether something listens where the adapters are.
pub(super) async fn adapters(adapters: &[Adapter]) -> Vec<Check> {
    const NAME: &str = "channels";
    let mut checks = Vec::new();
    for Adapter { name, url, .. } in adapters {
        let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
        let port = url.port_or_known_default().unwrap_or_default();
        let connecting = TcpStream::connect((host, port));
        let failed = match tokio::time::timeout(PATIENCE, connecting).await {
            Ok(Ok(_)) => None,
            Ok(Err(error)) => Some(error.to_string()),
            Err(_) => Some("no answer".to_owned()),
        };
        checks.push(match failed {
            None => Check::good(NAME, format!("{name}: something listens at {host}:{port}")),
            Some(why) => Check::bad(
                NAME,
                format!("{name}: nothing listens at {host}:{port}: {why}"),
                "start the adapter, or correct the channel's url; requests wait for it until then",
            ),
        });
    }
    checks
}

/// An address of a private network (RFC 1918).
const PRIVATE: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1));

/// Whether the hosts that callbacks may go to have addresses that the guard lets through.
pub(super) async fn callbacks(entries: Option<&[String]>, allow: &AllowList) -> Vec<Check> {
    const NAME: &str = "callbacks";
    // What holds without entries, the list itself knows best.
    let Some(entries) = entries else {
        let private = allow.check_address(PRIVATE, 443).is_ok();
        let to = if private {
            "they may go to this machine and to private networks only"
        } else {
            "they may go to this machine only"
        };
        return vec![Check::good(NAME, to)];
    };
    let mut checks = Vec::new();
    for (host, port) in entries.iter().filter_map(|entry| host_of(entry)) {
        let mut addresses = match lookup_host((host, port)).await {
            Ok(addresses) => addresses,
            Err(error) => {
                let remedy = "correct the name in callbacks.allow, or this machine's DNS";
                checks.push(Check::bad(
                    NAME,
                    format!("{host} has no address: {error}"),
                    remedy,
                ));
                continue;
            }
        };
        let refused =
            addresses.find_map(|address| allow.check_address(address.ip(), address.port()).err());
        checks.push(match refused {
            None => Check::good(
                NAME,
                format!("{host} resolves to addresses that are allowed"),
            ),
            Some(refused) => Check::bad(
                NAME,
                format!("{host}: {refused}"),
                "add the address, or its network, to callbacks.allow when it is meant",
            ),
        });
    }
    if checks.is_empty() {
        checks.push(Check::good(
            NAME,
            "callbacks.allow has no single host to look up",
        ));
    }
    checks
}

/// The host and the port of an entry that names one host; patterns and addresses are not
/// looked up.
fn host_of(entry: &str) -> Option<(&str, u16)> {
    if entry.starts_with('*') || entry.contains('/') || entry.contains('[') {
        return None;
    }
    let (host, port) = match entry.rsplit_once(':') {
        Some((host, port)) => (host, port.parse().ok()?),
        None => (entry, 443),
    };
    (host.parse::<IpAddr>().is_err() && !host.contains(':')).then_some((host, port))
}
