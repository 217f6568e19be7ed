//! Who is in it: people `p0`, `p1`, … with Telegram ids from 1001, a route to each of them, one
//! route into a group; and an engine over a store in this process, where no process is measured.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use axum::Router;
use prometheus_client::registry::Registry;
use signoff_contract::compat::Defaults;
use signoff_contract::signature::SigningSecret;
use signoff_core::Masker;
use signoff_engine::callback::AllowList;
use signoff_engine::metrics::Metrics;
use signoff_engine::{
    ApiKey, Approver, Caller, Clock, ConfiguredKey, Directory, Engine, Place, Project, Route,
    Scope, Settings, Store,
};
use signoff_server::{Callers, CompatOptions};

/// The Telegram id of the first person.
pub(crate) const FIRST_ID: i64 = 1001;
/// A second project, for lists of one project among others.
pub(crate) const OTHER_PROJECT: &str = "other";
/// How long requests wait, unless they say so: longer than any benchmark.
const TTL_SECONDS: u64 = 7 * 24 * 3_600;

/// A folder beside the build, not a temporary one that may be memory.
pub(crate) fn folder() -> anyhow::Result<tempfile::TempDir> {
    Ok(tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?)
}

/// The requester's key and the one with which `p0` decides. They open nothing but a benchmark.
pub(crate) fn keys() -> anyhow::Result<[ApiKey; 2]> {
    let key = |letter: &str| format!("sgn_{}", letter.repeat(43)).parse::<ApiKey>();
    Ok([key("r")?, key("d")?])
}

/// Who asks.
pub(crate) fn requester(project: &str) -> Caller {
    Caller {
        key: "bench".to_owned(),
        project: project.to_owned(),
        scopes: vec![Scope::RequestsWrite, Scope::RequestsRead],
        approver: None,
        max_per_second: None,
    }
}

/// `p0` with a key that decides.
pub(crate) fn decider() -> Caller {
    Caller {
        key: "terminal".to_owned(),
        project: "default".to_owned(),
        scopes: vec![Scope::DecisionsWrite, Scope::RequestsRead],
        approver: Some("p0".to_owned()),
        max_per_second: None,
    }
}

/// Drop-in endpoints whose requests go to `p0`.
pub(crate) fn drop_in() -> anyhow::Result<CompatOptions> {
    Ok(CompatOptions {
        caller: requester("default"),
        route: "p0".to_owned(),
        defaults: Defaults {
            language: "en".to_owned(),
            timeout_seconds: TTL_SECONDS,
            metadata: false,
            timeout_message: None,
        },
        callers: Callers::Of(vec!["127.0.0.0/8".parse()?]),
        token: None,
        extra: Router::new(),
    })
}

/// Opens a store as the one service on it.
pub(crate) fn store(path: &Path, clock: Clock) -> anyhow::Result<Store> {
    let random = |bytes: &mut [u8]| rand::RngCore::fill_bytes(&mut rand::rng(), bytes);
    let store = Store::open(path, clock, random)?;
    store.lock_for_service()?;
    Ok(store)
}

/// An engine with so many people. `registry` takes its metrics.
pub(crate) async fn engine(
    store: Store,
    people: usize,
    group: Option<i64>,
    registry: &mut Registry,
) -> anyhow::Result<Arc<Engine>> {
    let [key, terminal] = keys()?;
    let configured = |key: &ApiKey, caller| ConfiguredKey {
        key_sha256: key.hash().to_hex(),
        caller,
    };
    let settings = Settings {
        directory: directory(people, group)?,
        masker: Masker::new(&[], &[])?,
        api_keys: vec![
            configured(&key, requester("default")),
            configured(&terminal, decider()),
        ],
        channels: vec!["telegram".to_owned()],
        callbacks: AllowList::loopback(),
        retention_days: None,
    };
    Ok(Engine::new(store, settings, Metrics::register(registry)).await?)
}

fn directory(people: usize, group: Option<i64>) -> anyhow::Result<Directory> {
    let project = |name: &str| {
        anyhow::Ok(Project {
            name: name.to_owned(),
            max_pending: u32::MAX,
            signing_secrets: vec![SigningSecret::from_bytes(vec![7; 32])?],
        })
    };
    let approvers = (0..people).zip(FIRST_ID..).map(|(n, id)| Approver {
        name: format!("p{n}"),
        roles: vec!["owner".to_owned()],
        language: None,
        identities: std::iter::once(("telegram".to_owned(), id.to_string())).collect(),
    });
    let route = |project: &str, name: String, approver: String, place: Option<Place>| Route {
        name,
        project: project.to_owned(),
        approvers: vec![approver],
        min_approvals: 1,
        channels: None,
        places: place.into_iter().collect(),
        ttl_seconds: TTL_SECONDS,
        remind_after_seconds: None,
    };
    let mut routes: Vec<Route> = (0..people)
        .map(|n| route("default", format!("p{n}"), format!("p{n}"), None))
        .collect();
    routes.push(route(
        OTHER_PROJECT,
        "default".to_owned(),
        "p0".to_owned(),
        None,
    ));
    if let Some(group) = group {
        let place = Place {
            channel: "telegram".to_owned(),
            place: group.to_string(),
        };
        let (name, approver) = ("group".to_owned(), "p0".to_owned());
        routes.push(route("default", name, approver, Some(place)));
    }
    let projects = vec![project("default")?, project(OTHER_PROJECT)?];
    Ok(Directory::new(projects, routes, approvers.collect())?)
}

/// The same people as a configuration file, for the release binary.
pub(crate) fn config(
    database: &Path,
    api_url: &str,
    token: &str,
    people: usize,
) -> anyhow::Result<String> {
    let [key, terminal] = keys()?.map(|key| key.hash().to_hex());
    let mut text = format!(
        r#"
[server]
listen = "127.0.0.1:0"
shutdown_timeout_seconds = 5

[store]
url = "sqlite:{database}"

[telegram]
token = "{token}"
api_url = "{api_url}"

[[projects]]
name = "default"
max_pending = 4000000
signing_secrets = ["whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX"]

[[api_keys]]
name = "bench"
key_sha256 = "{key}"
scopes = ["requests:write", "requests:read"]

[[api_keys]]
name = "terminal"
approver = "p0"
key_sha256 = "{terminal}"
scopes = ["decisions:write", "requests:read"]
"#,
        database = database.display(),
    );
    for (n, id) in (0..people).zip(FIRST_ID..) {
        let _ = write!(
            text,
            r#"
[[approvers]]
name = "p{n}"
identities = {{ telegram = "{id}" }}

[[routes]]
name = "p{n}"
approvers = ["p{n}"]
ttl_seconds = {TTL_SECONDS}
"#
        );
    }
    Ok(text)
}
