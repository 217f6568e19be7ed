//! Which addresses are what, after the IANA special-purpose address registries.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The address that a connection really goes to: an IPv4 address written as IPv6
/// (`::ffff:10.0.0.1`) is that IPv4 address.
pub(super) fn canonical(address: IpAddr) -> IpAddr {
    address.to_canonical()
}

/// Addresses that no entry can allow: they reach no receiver, or hand out the machine's own
/// credentials (the metadata services of the large clouds).
pub(super) fn never(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            v4.is_link_local()
                || v4.is_multicast()
                || v4.is_broadcast()
                || v4.octets()[0] == 0
                || METADATA_V4.contains(&v4)
        }
        IpAddr::V6(v6) => {
            v6.is_unicast_link_local()
                || v6.is_multicast()
                || v6.is_unspecified()
                || v6 == METADATA_V6
                || embedded_v4(v6).is_some_and(|v4| never(IpAddr::V4(v4)))
        }
    }
}

/// Metadata services outside the link-local range: Alibaba Cloud, Azure's wire server.
const METADATA_V4: [Ipv4Addr; 2] = [
    Ipv4Addr::new(100, 100, 100, 200),
    Ipv4Addr::new(168, 63, 129, 16),
];
/// The metadata service of Amazon EC2 over IPv6.
const METADATA_V6: Ipv6Addr = Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254);

/// Whether the whole internet means the same host by this address.
pub(super) fn is_global(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_global_v4(v4),
        IpAddr::V6(v6) => is_global_v6(v6),
    }
}

fn is_global_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    !(address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_broadcast()
        || address.is_documentation()
        // "This network", RFC 791.
        || a == 0
        // Carrier-grade NAT, RFC 6598.
        || (a == 100 && (64..128).contains(&b))
        // Protocol assignments, RFC 6890; the 6to4 relay anycast, RFC 7526.
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99)
        // Benchmarking, RFC 2544.
        || (a == 198 && (18..20).contains(&b))
        // Reserved, RFC 1112.
        || a >= 240)
}

fn is_global_v6(address: Ipv6Addr) -> bool {
    let [first, second, ..] = address.segments();
    if embedded_v4(address).is_some() {
        // Where a translated address ends up is decided by the network in between.
        return false;
    }
    // Only 2000::/3 is handed out as global unicast (RFC 4291).
    (0x2000..0x4000).contains(&first)
        // Protocol assignments with Teredo, ORCHID and benchmarking in them, RFC 2928.
        && !(first == 0x2001 && second < 0x0200)
        // Documentation, RFC 3849 and RFC 9637.
        && !(first == 0x2001 && second == 0x0db8)
        && !(first == 0x3fff && second < 0x1000)
}

/// The IPv4 address inside a translated one: NAT64 (RFC 6052, RFC 8215), 6to4 (RFC 3056), and
/// the deprecated IPv4-compatible form.
fn embedded_v4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let joined =
        |high: u16, low: u16| Ipv4Addr::from_bits((u32::from(high) << 16) | u32::from(low));
    match address.segments() {
        [0x64, 0xff9b, 0, 0, 0, 0, high, low]
        | [0x64, 0xff9b, 1, _, _, _, high, low]
        | [0x2002, high, low, ..] => Some(joined(high, low)),
        [0, 0, 0, 0, 0, 0, high, low] if high != 0 => Some(joined(high, low)),
        _ => None,
    }
}
