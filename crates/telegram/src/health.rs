//! How the channel is: whom it speaks as, when it last reached Telegram, and what stands in the
//! way, with what to do about it.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use serde::Serialize;
use signoff_engine::Clock;

use crate::client::{ApiError, Conflict};

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
    report: Arc<Mutex<HealthReport>>,
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
            report: Arc::new(Mutex::new(report)),
        }
    }

    /// How the channel is now.
    pub(crate) fn report(&self) -> HealthReport {
        self.with(|report| report.clone())
    }

    /// The bot's user name, once known.
    pub(crate) fn username(&self) -> Option<String> {
        self.with(|report| report.username.clone())
    }

    /// Telegram said who we are.
    pub(crate) fn identified(&self, username: String) {
        self.with(|report| report.username = Some(username));
    }

    /// A call was answered. That ends trouble with the network or the token; a rival poller is
    /// over only when polling works ([`Self::polling`]).
    pub(crate) fn reached(&self) {
        let now = self.clock.now();
        self.with(|report| {
            report.last_contact = Some(now);
            if report
                .problem
                .as_ref()
                .is_some_and(|problem| !is_conflict(problem))
            {
                report.problem = None;
            }
        });
    }

    /// Polling works: nobody else takes our updates.
    pub(crate) fn polling(&self) {
        self.with(|report| {
            if report.problem.as_ref().is_some_and(is_conflict) {
                tracing::info!("polling works again");
                report.problem = None;
            }
        });
    }

    /// A call failed.
    pub(crate) fn failed(&self, error: &ApiError) {
        let now = self.clock.now();
        if error.proves_contact() {
            self.with(|report| report.last_contact = Some(now));
        }
        let Some((what, remedy)) = explain(error) else {
            return;
        };
        self.with(|report| {
            let since = match &report.problem {
                Some(problem) if problem.what == what => return,
                Some(problem)
                    if is_conflict(problem) && !matches!(error, ApiError::Unauthorized) =>
                {
                    return;
                }
                _ => now,
            };
            if matches!(error, ApiError::Unauthorized | ApiError::Conflict { .. }) {
                tracing::error!(problem = what, remedy, "Telegram cannot be used");
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

    fn with<T>(&self, act: impl FnOnce(&mut HealthReport) -> T) -> T {
        act(&mut self.report.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

const OTHER_POLLER: &str = "another process polls with this bot's token";
const WEBHOOK_ACTIVE: &str = "a webhook is set for this bot";

fn is_conflict(problem: &Problem) -> bool {
    problem.what == OTHER_POLLER || problem.what == WEBHOOK_ACTIVE
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
