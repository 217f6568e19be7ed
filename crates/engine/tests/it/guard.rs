//! Where callbacks may go.

use std::net::IpAddr;

use signoff_engine::callback::{AllowList, Refused};
use url::Url;

fn allow(entries: &[&str]) -> AllowList {
    AllowList::parse(entries).expect("entries are valid")
}

fn url(list: &AllowList, text: &str) -> Result<(), Refused> {
    list.check_url(&Url::parse(text).expect("a URL"))
}

fn address(list: &AllowList, text: &str, port: u16) -> Result<(), Refused> {
    list.check_address(text.parse::<IpAddr>().expect("an address"), port)
}

#[test]
fn without_entries_only_this_machine_is_reached() {
    let list = AllowList::loopback();
    for allowed in [
        "http://127.0.0.1:9/x",
        "http://127.9.9.9/",
        "http://[::1]:80/",
        "http://localhost/",
    ] {
        assert_eq!(url(&list, allowed), Ok(()), "{allowed}");
    }
    for refused in [
        "http://10.0.0.1/",
        "https://example.org/",
        "http://[fe80::1]/",
        "http://0.0.0.0/",
    ] {
        assert!(url(&list, refused).is_err(), "{refused}");
    }
    assert_eq!(address(&list, "127.0.0.1", 80), Ok(()));
    assert_eq!(address(&list, "::1", 80), Ok(()));
    assert!(address(&list, "10.0.0.1", 80).is_err());
}

#[test]
fn a_host_entry_takes_that_host_alone_in_any_spelling() {
    let list = allow(&["hooks.example.org"]);
    for same in [
        "https://hooks.example.org/",
        "https://HOOKS.Example.org/",
        "https://hooks.example.org./",
    ] {
        assert_eq!(url(&list, same), Ok(()), "{same}");
    }
    for other in [
        "https://example.org/",
        "https://a.hooks.example.org/",
        "https://hooks.example.org.evil.net/",
        "https://evilhooks.example.org/",
    ] {
        assert!(url(&list, other).is_err(), "{other}");
    }
}

#[test]
fn a_wildcard_takes_names_below_and_not_the_name_itself() {
    let list = allow(&["*.svc.cluster.local"]);
    assert_eq!(url(&list, "http://a.svc.cluster.local/"), Ok(()));
    assert_eq!(url(&list, "http://a.b.svc.cluster.local/"), Ok(()));
    assert!(url(&list, "http://svc.cluster.local/").is_err());
    assert!(url(&list, "http://asvc.cluster.local/").is_err());
}

#[test]
fn an_entry_with_a_port_takes_that_port_alone() {
    let list = allow(&[
        "hooks.example.org:8443",
        "10.0.0.0/8:9000",
        "[fd00::/8]:9000",
    ]);
    assert_eq!(url(&list, "https://hooks.example.org:8443/"), Ok(()));
    assert!(url(&list, "https://hooks.example.org/").is_err());
    assert_eq!(address(&list, "10.1.2.3", 9000), Ok(()));
    assert!(address(&list, "10.1.2.3", 80).is_err());
    assert_eq!(address(&list, "fd00::1", 9000), Ok(()));
    assert!(address(&list, "fd00::1", 80).is_err());
}

#[test]
fn an_address_that_is_not_public_needs_an_entry_of_its_own_whatever_name_led_to_it() {
    let list = allow(&["hooks.example.org"]);
    for private in [
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "127.0.0.1",
        "100.64.0.1",
        "192.0.0.8",
        "192.0.2.1",
        "198.18.0.1",
        "198.51.100.1",
        "203.0.113.1",
        "240.0.0.1",
        "::1",
        "fc00::1",
        "fd12::1",
        "2001:db8::1",
        "2001::1",
        "3fff::1",
        "100::1",
        "fec0::1",
    ] {
        assert!(address(&list, private, 443).is_err(), "{private}");
    }
    for public in [
        "1.1.1.1",
        "93.184.216.34",
        "2606:4700::1111",
        "2a00:1450::1",
    ] {
        assert_eq!(address(&list, public, 443), Ok(()), "{public}");
    }
}

#[test]
fn another_spelling_of_a_private_address_is_that_address() {
    let list = allow(&["hooks.example.org"]);
    for spelled in [
        "::ffff:10.0.0.1",   // IPv4-mapped
        "::10.0.0.1",        // IPv4-compatible
        "64:ff9b::10.0.0.1", // NAT64
        "2002:0a00:0001::1", // 6to4
        "::ffff:169.254.169.254",
        "64:ff9b::169.254.169.254",
    ] {
        assert!(address(&list, spelled, 443).is_err(), "{spelled}");
    }
    let private = allow(&["10.0.0.0/8"]);
    assert_eq!(address(&private, "::ffff:10.0.0.1", 80), Ok(()));
    assert_eq!(url(&private, "http://[::ffff:10.0.0.1]/"), Ok(()));
    // The URL parser knows the other spellings of an IPv4 address.
    for spelled in ["http://0x0a000001/", "http://167772161/", "http://10.1/"] {
        assert_eq!(url(&private, spelled), Ok(()), "{spelled}");
        assert!(url(&list, spelled).is_err(), "{spelled}");
    }
}

#[test]
fn link_local_multicast_and_metadata_addresses_are_refused_always() {
    let everything = allow(&["0.0.0.0/0", "::/0"]);
    for never in [
        "169.254.169.254",
        "169.254.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "0.0.0.0",
        "100.100.100.200",
        "168.63.129.16",
        "fe80::1",
        "ff02::1",
        "::",
        "fd00:ec2::254",
        "::ffff:169.254.169.254",
        "64:ff9b::a9fe:a9fe",
    ] {
        assert!(
            matches!(address(&everything, never, 80), Err(Refused::Never { .. })),
            "{never}: {:?}",
            address(&everything, never, 80)
        );
    }
    assert_eq!(address(&everything, "10.0.0.1", 80), Ok(()));
}

#[test]
fn a_public_literal_needs_an_entry_too() {
    let list = allow(&["hooks.example.org"]);
    assert!(url(&list, "http://1.1.1.1/").is_err());
    assert_eq!(url(&allow(&["1.1.1.1"]), "http://1.1.1.1/"), Ok(()));
}

#[test]
fn an_entry_that_is_none_is_refused_and_not_repeated() {
    for entry in [
        "",
        "http://a.b",
        "a b",
        "10.0.0.0/33",
        "a.b:port",
        "a:70000",
        "*.",
        "[::1",
        "*",
        "a/b",
    ] {
        let error = AllowList::parse(&[entry]).expect_err(entry);
        assert!(error.to_string().starts_with("is no host"), "{error}");
    }
    let url = "https://user:hunter2@hooks.example.org/?token=hunter2";
    let error = AllowList::parse(&[url]).expect_err(url);
    assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
}

#[test]
fn the_private_list_takes_any_name_that_leads_to_a_private_address() {
    let list = AllowList::private();
    for text in [
        "http://yaml-mcp-server:8080/callback",
        "http://mcp.tools.svc.cluster.local/callback",
        "https://hooks.example.org/callback",
        "http://127.0.0.1:9000/",
        "http://10.4.5.6/",
        "http://192.168.1.1:8080/",
        "http://[::1]/",
        "http://[fd12::7]/",
    ] {
        assert_eq!(url(&list, text), Ok(()), "{text}");
    }
    for text in [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.9",
        "172.31.255.1",
        "192.168.0.1",
        "::1",
        "fd00::5",
        "::ffff:10.0.0.1",
    ] {
        assert_eq!(address(&list, text, 80), Ok(()), "{text}");
    }
    // A public host must be listed; and what is never spoken to is not spoken to here either.
    for text in ["93.184.216.34", "8.8.8.8", "2606:2800:220:1::1"] {
        let refused = address(&list, text, 443);
        assert!(
            matches!(refused, Err(Refused::Public { .. })),
            "{text}: {refused:?}"
        );
        let literal = if text.contains(':') {
            format!("https://[{text}]/")
        } else {
            format!("https://{text}/")
        };
        assert_eq!(url(&list, &literal), refused, "{literal}");
    }
    for text in [
        "169.254.169.254",
        "fd00:ec2::254",
        "100.100.100.200",
        "0.0.0.0",
        "224.0.0.1",
    ] {
        let refused = address(&list, text, 80);
        assert!(
            matches!(refused, Err(Refused::Never { .. })),
            "{text}: {refused:?}"
        );
    }
    for text in ["100.64.0.1", "192.0.2.1", "198.18.0.1"] {
        let refused = address(&list, text, 80);
        assert!(
            matches!(refused, Err(Refused::NotGlobal { .. })),
            "{text}: {refused:?}"
        );
    }
}
