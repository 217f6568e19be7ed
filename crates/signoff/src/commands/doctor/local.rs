//! What can be checked on this machine alone: the database, the clock, who is paired.

use std::fs::OpenOptions;

use signoff_contract::time;
use signoff_engine::{Clock, Scope, Store};
use signoff_telegram::CHANNEL;

use super::Check;
use crate::config::Settings;

/// A time that has passed: 2026-01-01. A clock before it was never set.
const SURELY_PASSED: i64 = 1_767_225_600;

/// A real write, and whether a service runs.
pub(super) async fn database(store: &Store, settings: &Settings) -> Check {
    const NAME: &str = "database";
    let path = settings.database.display();
    if let Err(error) = store.check_writable().await {
        let error = anyhow::Error::from(error);
        let remedy = "free space on the disk, and let the user that runs signoff write there";
        return Check::bad(NAME, format!("{path} takes no writes: {error:#}"), remedy);
    }
    let running = if is_locked(settings) {
        "a service runs on it"
    } else {
        "no service runs on it"
    };
    Check::good(NAME, format!("{path} takes writes; {running}"))
}

/// Whether a service holds the lock beside the database.
fn is_locked(settings: &Settings) -> bool {
    let mut lock = settings.database.clone().into_os_string();
    lock.push(".lock");
    let file = OpenOptions::new().write(true).open(lock);
    file.is_ok_and(|file| matches!(file.try_lock(), Err(std::fs::TryLockError::WouldBlock)))
}

/// Whether the clock was set. How far it is off is checked where another clock can be asked.
pub(super) fn clock() -> Check {
    const NAME: &str = "clock";
    let now = Clock::system().now();
    if now.as_second() < SURELY_PASSED {
        let remedy = "set the clock; receivers refuse callbacks whose time is off by 5 minutes";
        return Check::bad(NAME, format!("it says {}", time::format(now)), remedy);
    }
    Check::good(NAME, format!("it says {}", time::format(now)))
}

/// Whether everybody who may decide can be reached somehow.
pub(super) async fn approvers(store: &Store, settings: &Settings) -> Vec<Check> {
    const NAME: &str = "approvers";
    let (identities, keys) = match (store.identities().await, store.keys().await) {
        (Ok(identities), Ok(keys)) => (identities, keys),
        (Err(error), _) | (_, Err(error)) => {
            return vec![Check::bad(
                NAME,
                error.to_string(),
                "look at the database first",
            )];
        }
    };
    let decides = Scope::DecisionsWrite.as_str();
    let telegram = settings.telegram.iter().map(|_| CHANNEL);
    let adapters = settings
        .adapters
        .iter()
        .map(|adapter| adapter.name.as_str());
    let channels: Vec<&str> = telegram.chain(adapters).collect();
    let mut checks = Vec::new();
    for approver in settings.directory.approvers() {
        let name = &approver.name;
        let runs = |channel: &str| channels.contains(&channel);
        let paired = approver.identities.keys().any(|channel| runs(channel))
            || identities
                .iter()
                .any(|one| one.approver == *name && runs(&one.channel));
        let by_key = keys.iter().any(|key| {
            key.approver.as_ref() == Some(name) && key.scopes.iter().any(|s| s == decides)
        }) || settings.api_keys.iter().any(|key| {
            key.caller.approver.as_ref() == Some(name) && key.caller.may(Scope::DecisionsWrite)
        });
        checks.push(match (paired, by_key) {
            (true, _) => Check::good(NAME, format!("{name} is paired")),
            (false, true) => Check::good(NAME, format!("{name} decides over the API")),
            (false, false) => Check::bad(
                NAME,
                format!("{name} cannot be reached"),
                if settings.telegram.is_some() {
                    format!(
                        "`signoff approvers invite {name}` prints a link that pairs them once \
                         `signoff serve` runs"
                    )
                } else {
                    let scope = Scope::DecisionsWrite.as_str();
                    format!("`signoff key create {name} --scope {scope} --approver {name}` lets them decide over the API")
                },
            ),
        });
    }
    if checks.is_empty() {
        checks.push(Check::bad(
            NAME,
            "there are none: nobody could decide",
            "add [[approvers]]",
        ));
    }
    checks
}
