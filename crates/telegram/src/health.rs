//! How the channel is: whom it speaks as, when it last reached Telegram, and what stands in the
//! way, with what to do about it.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use signoff_engine::Clock;

use crate::client::{ApiError, Conflict};

/// How long another poller must not have been seen to count as gone: longer than it may wait
/// before it tries again.
const RIVAL_GONE_AFTER: SignedDuration = SignedDuration::from_mins(1);

/// How the channel is, at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HealthReport {
    /// The bot's numeric id.
    pub bot_id: i64,
    /// The bot's user name, once Telegram has said it.
    pub username: Option<String>,
    /// When Telegram last answered a call of ours.
    #[serde(with = "signoff_contract::time::rfc3339::option")]
    pub last_contact: Option<Timestamp>,
    /// What stands in the way; `None` while all is well.
    pub problem: Option<Problem>,
}

/// Something that stands in the way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Since when.
    #[serde(with = "signoff_contract::time::rfc3339")]
    pub since: Timestamp,
    /// What it is.
    pub what: String,
    /// What to do about it.
    pub remedy: String,
}

/// The shared state behind [`HealthReport`]. Cloning shares it.
#[derive(Debug, Clone)]
pub(crate) struct Health {
    clock: Clock,
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    report: HealthReport,
    /// When another process was last seen to poll.
    rival_at: Option<Timestamp>,
}

impl Health {
    pub(crate) fn new(bot_id: i64, clock: Clock) -> Self {
        let report = HealthReport {
            bot_id,
            username: None,
            last_contact: None,
            problem: None,
        };
        Self {
            clock,
            state: Arc::new(Mutex::new(State {
                report,
                rival_at: None,
            })),
        }
    }

    /// How the channel is now.
    pub(crate) fn report(&self) -> HealthReport {
        self.with(|state| state.report.clone())
    }

    /// The bot's user name, once known.
    pub(crate) fn username(&self) -> Option<String> {
        self.with(|state| state.report.username.clone())
    }

    /// Telegram said who we are.
    pub(crate) fn identified(&self, username: String) {
        self.with(|state| state.report.username = Some(username));
    }

    /// A call was answered. That ends trouble with the network or the token; what keeps updates
    /// from us is over only when they come ([`Self::receiving`]).
    pub(crate) fn reached(&self) {
        let now = self.clock.now();
        self.with(|State { report, .. }| {
            report.last_contact = Some(now);
            if report
                .problem
                .as_ref()
                .is_some_and(|problem| !hinders_updates(problem))
            {
                report.problem = None;
            }
        });
    }

    /// Updates come: Telegram hands them over. Two who poll push each other aside and succeed in
    /// turns, so another poller counts as gone only when it was not seen for a while.
    pub(crate) fn receiving(&self) {
        let now = self.clock.now();
        self.with(|State { report, rival_at }| {
            // A clock that was set back says nothing.
            let recent = |at: Timestamp| (now >= at) && now.duration_since(at) < RIVAL_GONE_AFTER;
            if report.problem.as_ref().is_some_and(hinders_updates) && !rival_at.is_some_and(recent)
            {
                tracing::info!("updates come again");
                report.problem = None;
            }
        });
    }

    /// Asking for updates failed. Where Telegram refuses them for good, that concerns more than the
    /// one call: nothing that people do arrives.
    pub(crate) fn receives_nothing(&self, error: &ApiError) {
        if matches!(
            error,
            ApiError::Refused { .. } | ApiError::Unreachable { .. }
        ) {
            self.stands_in_the_way(NO_UPDATES, error);
        }
    }

    /// A call failed.
    pub(crate) fn failed(&self, error: &ApiError) {
        let now = self.clock.now();
        if error.proves_contact() {
            self.with(|state| state.report.last_contact = Some(now));
        }
        if let Some(problem) = explain(error) {
            self.stands_in_the_way(problem, error);
        }
    }

    fn stands_in_the_way(&self, (what, remedy): (&str, &str), error: &ApiError) {
        let now = self.clock.now();
        self.with(|State { report, rival_at }| {
            if what == OTHER_POLLER {
                *rival_at = Some(now);
            }
            let since = match &report.problem {
                Some(problem) if problem.what == what => return,
                // The other hindrances are gone with the next answer, these are not.
                Some(problem)
                    if hinders_updates(problem)
                        && !hinders(what)
                        && !matches!(error, ApiError::Unauthorized) =>
                {
                    return;
                }
                _ => now,
            };
            if hinders(what) || matches!(error, ApiError::Unauthorized) {
                tracing::error!(problem = what, remedy, "Telegram cannot be used: {error}");
            } else {
                tracing::warn!(problem = what, remedy, "a call of Telegram failed: {error}");
            }
            report.problem = Some(Problem {
                since,
                what: what.to_owned(),
                remedy: remedy.to_owned(),
            });
        });
    }

    fn with<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        act(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

const OTHER_POLLER: &str = "another process polls with this bot's token";
const WEBHOOK_ACTIVE: &str = "a webhook is set for this bot";
/// With what to do.
const NO_UPDATES: (&str, &str) = (
    "Telegram refuses to hand over updates: no press and no text arrives",
    "read its words in the log; a webhook needs [server] public_url to be reachable over HTTPS, and a Bot API server of your own may be too old",
);

fn hinders_updates(problem: &Problem) -> bool {
    hinders(&problem.what)
}

/// Whether this keeps updates from us, whatever else works.
fn hinders(what: &str) -> bool {
    [OTHER_POLLER, WEBHOOK_ACTIVE, NO_UPDATES.0].contains(&what)
}

/// What a failure means for the channel as a whole, and what to do; `None` when it only
/// concerns the one call.
pub(crate) fn explain(error: &ApiError) -> Option<(&'static str, &'static str)> {
    Some(match error {
        ApiError::Unauthorized => (
            "Telegram does not know this token: it was revoked or is wrong",
            "copy the token from @BotFather (/mybots, API Token) into [telegram] token and restart",
        ),
        ApiError::Conflict {
            kind: Conflict::OtherPoller,
            ..
        } => (
            OTHER_POLLER,
            "stop the other process; if you know of none, revoke the token with @BotFather (/revoke)",
        ),
        ApiError::Conflict {
            kind: Conflict::WebhookActive,
            ..
        } => (
            WEBHOOK_ACTIVE,
            "set [telegram] updates = \"webhook\", or restart to remove the webhook; if you did not set it, revoke the token with @BotFather (/revoke)",
        ),
        ApiError::Network { .. } => (
            "Telegram cannot be reached",
            "check that this machine can open HTTPS connections to [telegram] api_url",
        ),
        ApiError::Server { .. } => (
            "Telegram answers with errors of its own",
            "wait; nothing is lost, and calls are repeated",
        ),
        _ => return None,
    })
}
