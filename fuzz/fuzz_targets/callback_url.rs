//! The guard of callback addresses: the first lines are entries of the allow-list, the last one is
//! a URL. What is let through is judged again, by a second opinion that shares no code.
#![no_main]

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use libfuzzer_sys::fuzz_target;
use signoff_engine::callback::AllowList;
use url::{Host, Url};

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (entries, last) = text.rsplit_once('\n').unwrap_or(("", text));
    let entries: Vec<&str> = entries.lines().collect();
    if let Err(error) = AllowList::parse(&entries) {
        assert!(!error.to_string().is_empty());
    }
    // Names only, and everything: what lies inside is never reached through the first.
    let names = AllowList::parse(&["*.example.org", "hooks.example.com", "example.net:8443"]).expect("entries");
    let all = AllowList::parse(&["0.0.0.0/0", "::/0", "localhost"]).expect("entries");
    let public = AllowList::parse(&["8.8.8.0/24", "2606:4700::/32"]).expect("entries");
    let theirs = AllowList::parse(&entries).ok();
    // The contract takes no other scheme; hosts of others are read by other rules.
    let url = Url::parse(last).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    if let Some(url) = url {
        for list in [Some(&names), Some(&public)].into_iter().flatten() {
            if list.check_url(&url).is_ok() {
                match url.host().expect("a host") {
                    Host::Domain(name) => {
                        assert!(!is_a_number(name), "{name} is read as an address by resolvers");
                        let name = name.trim_end_matches('.');
                        assert!(name.ends_with(".example.org") || ["hooks.example.com", "example.net"].contains(&name));
                    }
                    Host::Ipv4(address) => assert!(!is_inside(address.into()), "{address}"),
                    Host::Ipv6(address) => assert!(!is_inside(address.into()), "{address}"),
                }
            }
        }
        for list in [Some(&all), theirs.as_ref()].into_iter().flatten() {
            if list.check_url(&url).is_ok() {
                let address: Option<IpAddr> = match url.host().expect("a host") {
                    Host::Domain(_) => None,
                    Host::Ipv4(address) => Some(address.into()),
                    Host::Ipv6(address) => Some(address.into()),
                };
                assert!(!address.is_some_and(is_never), "{address:?} by {entries:?}");
            }
        }
    }
    // The bytes themselves, as an address that a name resolved to.
    let mut addresses = Vec::new();
    if let Some(octets) = data.first_chunk::<4>() {
        addresses.push(IpAddr::from(*octets));
    }
    if let Some(octets) = data.first_chunk::<16>() {
        addresses.push(IpAddr::from(*octets));
    }
    for address in addresses {
        assert!(names.check_address(address, 443).is_err() || !is_inside(address), "{address}");
        assert!(all.check_address(address, 443).is_err() || !is_never(address), "{address}");
    }
});

/// The IPv4 address that a connection to this address may end at.
fn hidden_v4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let o = address.octets();
    let last = Ipv4Addr::new(o[12], o[13], o[14], o[15]);
    match o {
        [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, ..] | [0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0, ..] => Some(last),
        [0x20, 0x02, a, b, c, d, ..] => Some(Ipv4Addr::new(a, b, c, d)),
        _ => None,
    }
}

/// Private, loopback or link-local.
fn is_inside(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            let n = u32::from(v4);
            let within = |net: [u8; 4], bits: u32| n >> (32 - bits) == u32::from_be_bytes(net) >> (32 - bits);
            within([10, 0, 0, 0], 8) || within([172, 16, 0, 0], 12) || within([192, 168, 0, 0], 16)
                || within([127, 0, 0, 0], 8) || within([169, 254, 0, 0], 16) || within([100, 64, 0, 0], 10)
                || within([0, 0, 0, 0], 8) || within([224, 0, 0, 0], 3)
        }
        IpAddr::V6(v6) => {
            let o = v6.octets();
            o[0] & 0xfe == 0xfc || (o[0] == 0xfe && o[1] & 0xc0 >= 0x80) || o[0] == 0xff
                || o[..15] == [0; 15] || hidden_v4(v6).is_some_and(|v4| is_inside(v4.into()))
        }
    }
}

/// Link-local, multicast or nowhere: no list may open these.
fn is_never(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => matches!(v4.octets(), [169, 254, ..] | [224..=239, ..] | [0, ..] | [255, 255, 255, 255]),
        IpAddr::V6(v6) => {
            let o = v6.octets();
            (o[0] == 0xfe && o[1] & 0xc0 == 0x80) || o[0] == 0xff || o == [0; 16]
                || hidden_v4(v6).is_some_and(|v4| is_never(v4.into()))
        }
    }
}

/// Whether `inet_aton` reads it as an address: one to four numbers, decimal, octal or hexadecimal.
fn is_a_number(name: &str) -> bool {
    let number = |part: &str| match part.strip_prefix("0x").or_else(|| part.strip_prefix("0X")) {
        Some(hex) => hex.bytes().all(|b| b.is_ascii_hexdigit()),
        None => !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()),
    };
    let parts: Vec<&str> = name.trim_end_matches('.').split('.').collect();
    parts.len() <= 4 && parts.iter().all(|part| number(part))
}
