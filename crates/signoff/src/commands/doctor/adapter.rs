//! The adapter's own checks: its file is another one than the service's.

use signoff_adapter::Service;
use signoff_engine::{Clock, Reachability};

use super::{Check, speech, telegram};
use crate::config::AdapterSettings;
use crate::database;

const NAME: &str = "service";

pub(super) async fn checks(settings: AdapterSettings) -> Vec<Check> {
    let mut checks = vec![match database::open(&settings.database) {
        Ok(_) => Check::good("database", settings.database.display().to_string()),
        Err(error) => Check::bad("database", format!("{error:#}"), "make it usable"),
    }];
    checks.push(service(settings.service).await);
    checks.extend(telegram::bot(&settings.telegram, &[]).await);
    checks.push(speech::check(settings.speech.as_ref()).await);
    checks
}

/// Whether the service answers, and knows us.
async fn service(settings: signoff_adapter::ServiceSettings) -> Check {
    let at = settings.url.to_string();
    let found = match Service::new(settings, Clock::system()) {
        Ok(service) => service.check().await,
        Err(error) => return Check::bad(NAME, error.to_string(), "try again"),
    };
    if found.state == Reachability::Reachable {
        return Check::good(NAME, format!("{at} knows this adapter"));
    }
    let remedy = "[adapter] gateway, channel and secret are those of the service's [[channels]]";
    Check::bad(NAME, format!("{at}: {}", found.detail), remedy)
}
