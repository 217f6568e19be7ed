//! The allow-list of callback addresses.
//!
//! The host of the URL must match an entry, and at connect time an address that is not
//! globally routable must also match an IP or CIDR entry, whatever name led to it.

use std::net::IpAddr;
use std::str::FromStr;

use ipnet::IpNet;
use url::{Host, Url};

use super::networks;

/// Where callbacks may go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowList {
    entries: Vec<Entry>,
    names: Names,
}

/// Which names that no entry holds may be spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Names {
    /// None.
    Listed,
    /// Every one that leads to addresses which an entry holds, and to no others.
    LeadingToListed,
}

/// One entry: a host, `*.host`, an IP address or a CIDR block, each with an optional port.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    target: Target,
    port: Option<u16>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Target {
    /// Exactly this name, lower case.
    Host(String),
    /// Any name below this one, lower case, without the `*.`.
    Below(String),
    /// Any address in this block; a single address is a block of one.
    Net(IpNet),
}

/// A text is no entry of the allow-list. It is not repeated: what was put there by mistake may be a
/// whole URL, with a password or a token in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "is no host, *.host, IP address or CIDR block (each may end in :port; an IPv6 one with a port \
     goes in brackets)"
)]
pub struct InvalidEntry;

/// Why a callback may not go somewhere.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The URL has no host.
    #[error("the URL has no host")]
    NoHost,
    /// No entry matches the host.
    #[error("the host {host} (port {port}) is not on the operator's callbacks.allow list")]
    Host {
        /// The host.
        host: String,
        /// The port.
        port: u16,
    },
    /// No address can be connected to.
    #[error(
        "{address} is not a public address, and no IP or CIDR entry of the operator's \
         callbacks.allow list matches it"
    )]
    NotGlobal {
        /// The address.
        address: IpAddr,
    },
    /// Without a list, only private addresses are spoken to.
    #[error(
        "{address} is a public address, and there is no callbacks.allow list of the operator's \
         that names its host"
    )]
    Public {
        /// The address.
        address: IpAddr,
    },
    /// Such addresses are refused always.
    #[error("{address} is a link-local, multicast or metadata address; callbacks never go there")]
    Never {
        /// The address.
        address: IpAddr,
    },
}

impl AllowList {
    /// Reads the operator's entries.
    pub fn parse(entries: &[impl AsRef<str>]) -> Result<Self, InvalidEntry> {
        entries
            .iter()
            .map(|entry| Entry::parse(entry.as_ref()))
            .collect::<Result<_, _>>()
            .map(|entries| Self {
                entries,
                names: Names::Listed,
            })
    }

    /// This machine and private networks, by whatever name: what holds when nothing but the
    /// environment of the bots that Signoff replaces is there, which never limited their callers.
    pub fn private() -> Self {
        const PRIVATE: [&str; 6] = [
            "127.0.0.0/8",
            "::1/128",
            "10.0.0.0/8",
            "172.16.0.0/12",
            "192.168.0.0/16",
            "fc00::/7",
        ];
        let nets = PRIVATE.iter().filter_map(|text| text.parse().ok());
        Self {
            entries: nets
                .map(|net| Entry {
                    target: Target::Net(net),
                    port: None,
                })
                .collect(),
            names: Names::LeadingToListed,
        }
    }

    /// What holds when the operator says nothing: this machine only.
    pub fn loopback() -> Self {
        let net = |text: &str| text.parse().ok().map(Target::Net);
        let targets = [
            net("127.0.0.0/8"),
            net("::1/128"),
            Some(Target::Host("localhost".to_owned())),
        ];
        Self {
            entries: targets
                .into_iter()
                .flatten()
                .map(|target| Entry { target, port: None })
                .collect(),
            names: Names::Listed,
        }
    }

    /// Whether a callback may be addressed to this URL. What its name resolves to is checked
    /// again whenever a connection is made.
    pub fn check_url(&self, url: &Url) -> Result<(), Refused> {
        let port = url.port_or_known_default().unwrap_or(0);
        match url.host().ok_or(Refused::NoHost)? {
            Host::Domain(name) => self.check_name(name, port),
            Host::Ipv4(address) => self.check_literal(address.into(), port),
            Host::Ipv6(address) => self.check_literal(address.into(), port),
        }
    }

    /// Whether a connection to this address may be made for a name that is allowed.
    pub fn check_address(&self, address: IpAddr, port: u16) -> Result<(), Refused> {
        let address = networks::canonical(address);
        if networks::never(address) {
            return Err(Refused::Never { address });
        }
        // Of a name that no entry holds, nothing is known but where it leads.
        let by_name = self.names == Names::Listed && networks::is_global(address);
        if by_name || self.names_address(address, port) {
            return Ok(());
        }
        if networks::is_global(address) {
            return Err(Refused::Public { address });
        }
        Err(Refused::NotGlobal { address })
    }

    fn check_name(&self, name: &str, port: u16) -> Result<(), Refused> {
        let name = name.trim_end_matches('.').to_ascii_lowercase();
        let matches = |entry: &Entry| {
            entry.takes(port)
                && match &entry.target {
                    Target::Host(host) => *host == name,
                    Target::Below(parent) => name
                        .strip_suffix(parent)
                        .is_some_and(|sub| sub.len() > 1 && sub.ends_with('.')),
                    Target::Net(_) => false,
                }
        };
        if self.names == Names::LeadingToListed || self.entries.iter().any(matches) {
            Ok(())
        } else {
            Err(Refused::Host { host: name, port })
        }
    }

    fn check_literal(&self, address: IpAddr, port: u16) -> Result<(), Refused> {
        self.check_address(address, port)?;
        let address = networks::canonical(address);
        if self.names_address(address, port) {
            return Ok(());
        }
        Err(Refused::Host {
            host: address.to_string(),
            port,
        })
    }

    fn names_address(&self, address: IpAddr, port: u16) -> bool {
        self.entries.iter().any(|entry| {
            entry.takes(port) && matches!(&entry.target, Target::Net(net) if net.contains(&address))
        })
    }
}

impl Entry {
    fn parse(text: &str) -> Result<Self, InvalidEntry> {
        if let Some(target) = parse_net(text) {
            return Ok(Self { target, port: None });
        }
        let (target, port) = match text.rsplit_once(':') {
            Some((target, port)) => (target, Some(port.parse().map_err(|_| InvalidEntry)?)),
            None => (text, None),
        };
        let unbracketed = target.strip_prefix('[').and_then(|t| t.strip_suffix(']'));
        let target = parse_net(unbracketed.unwrap_or(target))
            .or_else(|| unbracketed.is_none().then(|| parse_host(target)).flatten())
            .ok_or(InvalidEntry)?;
        Ok(Self { target, port })
    }

    fn takes(&self, port: u16) -> bool {
        self.port.is_none_or(|own| own == port)
    }
}

fn parse_net(text: &str) -> Option<Target> {
    let net = IpNet::from_str(text).ok().or_else(|| {
        text.parse::<IpAddr>()
            .ok()
            .map(|address| IpNet::from(networks::canonical(address)))
    });
    net.map(Target::Net)
}

fn parse_host(text: &str) -> Option<Target> {
    let (below, name) = match text.strip_prefix("*.") {
        Some(name) => (true, name),
        None => (false, text),
    };
    // The URL parser's own rules for names, so that an entry and a URL are read alike.
    let Ok(Host::Domain(name)) = Host::parse(name) else {
        return None;
    };
    let plain = name
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '.' || c == '_');
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    if !plain || name.is_empty() {
        return None;
    }
    Some(if below {
        Target::Below(name)
    } else {
        Target::Host(name)
    })
}
