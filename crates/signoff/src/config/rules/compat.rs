//! `[compat]`: who may call the drop-in endpoints, and what becomes of what they ask.

use std::net::{IpAddr, SocketAddr};

use ipnet::IpNet;
use signoff_contract::compat::Defaults;
use signoff_contract::submission::MAX_LANGUAGE_CHARS;

use super::Rules;
use crate::config::settings;
use crate::config::types::{Compat, Config};

/// The shortest token: shorter ones can be guessed.
const TOKEN_CHARS: usize = 16;
/// This machine.
const LOOPBACK: [&str; 2] = ["127.0.0.0/8", "::1/128"];
/// Networks that are nobody else's.
const PRIVATE: [&str; 4] = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"];

/// The endpoints; `None` without a `[compat]` section, or with one that is wrong.
pub(super) fn compat(
    rules: &mut Rules<'_>,
    config: &Config,
    projects: &[&str],
) -> Option<settings::Compat> {
    let compat = config.compat.as_ref()?;
    let listen: Option<SocketAddr> = compat.listen.parse().ok();
    if listen.is_none() {
        let rule = format!("{:?} is no address and port", compat.listen);
        let remedy = "for example \"127.0.0.1:8080\" or \"[::]:8080\"";
        rules.wrong("compat.listen", rule, remedy);
    }
    if listen.is_some_and(|listen| listen.port() != 0) && compat.listen == config.server.listen {
        let rule = "is the address of the native API, which asks its callers for keys";
        rules.wrong("compat.listen", rule, "give it a port of its own");
    }
    let given = compat.token.as_ref();
    let token = rules.secret("compat.token", given, compat.token_file.as_deref());
    if token
        .as_ref()
        .is_some_and(|token| token.expose().chars().count() < TOKEN_CHARS)
    {
        let rule = format!("has fewer than {TOKEN_CHARS} characters");
        rules.wrong("compat.token", rule, "choose 32 random letters and digits");
    }
    let callers = match &compat.callers {
        Some(entries) => Some(networks(rules, entries)),
        None if token.is_some() => None,
        None if rules.loaded.previous.is_some() => Some(known(&[&LOOPBACK, &PRIVATE])),
        None => Some(known(&[&LOOPBACK])),
    };
    route(rules, config, compat, projects);
    language(rules, &compat.language);
    Some(settings::Compat {
        listen: listen?,
        callers,
        token,
        project: compat.project.clone(),
        route: compat.route.clone(),
        defaults: Defaults {
            language: compat.language.clone(),
            timeout_seconds: compat.timeout_seconds,
            metadata: compat.metadata,
            timeout_message: compat.timeout_message.clone(),
        },
    })
}

fn known(lists: &[&[&str]]) -> Vec<IpNet> {
    let all = lists.iter().copied().flatten();
    all.filter_map(|text| text.parse().ok()).collect()
}

fn networks(rules: &mut Rules<'_>, entries: &[String]) -> Vec<IpNet> {
    let mut networks = Vec::new();
    for (index, entry) in entries.iter().enumerate() {
        let address = || entry.parse::<IpAddr>().ok().map(IpNet::from);
        match entry.parse().ok().or_else(address) {
            Some(network) => networks.push(network),
            None => rules.wrong(
                &format!("compat.callers[{index}]"),
                "is no address and no network",
                "for example \"10.1.2.3\" or \"10.0.0.0/8\"",
            ),
        }
    }
    if entries.is_empty() {
        let rule = "is empty: nobody may call";
        rules.doubt(
            "compat.callers",
            rule,
            "leave the key out to admit this machine",
        );
    }
    networks
}

/// That there is a way for what they ask.
fn route(rules: &mut Rules<'_>, config: &Config, compat: &Compat, projects: &[&str]) {
    if !rules.known("compat.project", "project", &compat.project, projects) {
        return;
    }
    let of_project = |route: &&crate::config::types::Route| route.project == compat.project;
    let routes = config.routes.iter().filter(of_project);
    let names: Vec<&str> = routes.map(|route| route.name.as_str()).collect();
    rules.known("compat.route", "route", &compat.route, &names);
}

fn language(rules: &mut Rules<'_>, language: &str) {
    let plain = language
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if !plain || !(2..=MAX_LANGUAGE_CHARS).contains(&language.len()) {
        let rule = format!("{language:?} is no language tag");
        rules.wrong("compat.language", rule, "for example \"en\" or \"ru\"");
    }
}
