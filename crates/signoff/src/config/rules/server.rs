//! `[server]` and `[store]`.

use std::net::SocketAddr;
use std::path::PathBuf;

use url::Url;

use super::Rules;
use crate::config::types::{Log, Server, Store};
use crate::logging;

pub(super) fn server(rules: &mut Rules<'_>, server: &Server) -> (Option<SocketAddr>, Option<Url>) {
    let listen = server.listen.parse().ok();
    if listen.is_none() {
        let rule = format!("{:?} is no address and port", server.listen);
        rules.wrong(
            "server.listen",
            rule,
            "for example \"127.0.0.1:7080\" or \"[::]:7080\"",
        );
    }
    let given = server.public_url.as_deref();
    (
        listen,
        given.and_then(|given| url(rules, "server.public_url", given)),
    )
}

/// An `http` or `https` URL that only names a server.
pub(super) fn url(rules: &mut Rules<'_>, key: &str, text: &str) -> Option<Url> {
    let url = Url::parse(text)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    let Some(url) = url else {
        let remedy = "for example \"https://signoff.example.org\"";
        rules.wrong(key, "is no http or https URL", remedy);
        return None;
    };
    let login = !url.username().is_empty() || url.password().is_some();
    if login || url.query().is_some() || url.fragment().is_some() {
        let rule = "the URL has a user, a query or a fragment, which belong not here";
        rules.wrong(key, rule, "leave only scheme, host, port and path");
        return None;
    }
    Some(url)
}

pub(super) fn database(rules: &mut Rules<'_>, store: &Store) -> Option<PathBuf> {
    const KEY: &str = "store.url";
    let (scheme, path) = store
        .url
        .split_once(':')
        .unwrap_or((store.url.as_str(), ""));
    match scheme {
        "sqlite" if path.starts_with("//") && !path.starts_with("///") => {
            rules.wrong(
                KEY,
                "after sqlite: comes a path",
                "for example \"sqlite:signoff.db\"",
            );
        }
        "sqlite" if path.is_empty() || path.contains('?') || path.contains(":memory:") => {
            let rule = "needs a path to a file, without options: what is accepted must survive";
            rules.wrong(
                KEY,
                rule,
                "for example \"sqlite:/var/lib/signoff/signoff.db\"",
            );
        }
        "sqlite" => {
            let path = PathBuf::from(path.strip_prefix("//").unwrap_or(path));
            // In full, so that whoever started elsewhere sees which file is meant.
            return Some(std::path::absolute(&path).unwrap_or(path));
        }
        // The URL may hold a password, so it is not repeated.
        "postgres" | "postgresql" => {
            let rule = "PostgreSQL is not part of this version";
            rules.wrong(KEY, rule, "use \"sqlite:\" and a path on a local disk");
        }
        _ => rules.wrong(
            KEY,
            "is no sqlite: URL",
            "for example \"sqlite:signoff.db\"",
        ),
    }
    None
}

pub(super) fn log(rules: &mut Rules<'_>, log: &Log) {
    if logging::level(&log.level).is_err() {
        let rule = format!(
            "{:?} is neither a level nor a list of directives",
            log.level
        );
        let remedy = "for example \"info\" or \"warn,signoff_engine=debug\"";
        rules.wrong("log.level", rule, remedy);
    }
}
