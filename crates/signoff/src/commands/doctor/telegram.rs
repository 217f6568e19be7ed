//! Whether the bot works and reaches its chats: what the Telegram channel says, and whether its
//! clock and ours agree.

use std::collections::BTreeSet;
use std::str::FromStr as _;

use signoff_contract::time;
use signoff_engine::{Clock, Store};
use signoff_telegram::check::Finding;
use signoff_telegram::{CHANNEL, Config, Place};

use super::Check;
use crate::bot::Bot;
use crate::config::Settings;

const NAME: &str = "telegram";
/// How far clocks may differ before it matters: receivers of callbacks tolerate five minutes.
const TOLERANCE_SECONDS: u64 = 60;

pub(super) async fn checks(
    telegram: &Config,
    settings: &Settings,
    store: Option<&Store>,
) -> Vec<Check> {
    bot(telegram, &places(settings, store).await).await
}

/// What can be known of the bot, and of these places.
pub(super) async fn bot(telegram: &Config, places: &[Place]) -> Vec<Check> {
    let found = signoff_telegram::check::check(telegram, places, Clock::system()).await;
    let checks = found.into_iter().map(|check| match check.finding {
        Finding::Good { detail } => Check::good(NAME, format!("{}: {detail}", check.name)),
        Finding::Bad { what, remedy } => {
            Check::bad(NAME, format!("{}: {what}", check.name), remedy)
        }
    });
    checks.chain(clock(telegram).await).collect()
}

/// How far this machine's clock is from Telegram's. Nothing, when that cannot be known.
async fn clock(telegram: &Config) -> Option<Check> {
    let there = Bot::new(telegram).ok()?.me().await.ok()?.server_time?;
    let off = time::seconds_between(there, Clock::system().now()).unsigned_abs();
    let detail = format!("it differs from Telegram's by {off} s");
    Some(if off > TOLERANCE_SECONDS {
        Check::bad(
            "clock",
            detail,
            "synchronise it (NTP): receivers refuse what is off by 5 minutes",
        )
    } else {
        Check::good("clock", detail)
    })
}

/// Everywhere that cards go.
async fn places(settings: &Settings, store: Option<&Store>) -> Vec<Place> {
    let paired = match store {
        Some(store) => store.identities().await.unwrap_or_default(),
        None => Vec::new(),
    };
    let directory = &settings.directory;
    directory.set_paired(paired);
    let groups = directory
        .routes()
        .flat_map(|route| &route.places)
        .filter(|place| place.channel == CHANNEL)
        .map(|place| place.place.clone());
    let people = directory
        .approvers()
        .filter_map(|one| directory.user_id(&one.name, CHANNEL));
    let places: BTreeSet<String> = groups.chain(people).collect();
    places
        .iter()
        .filter_map(|place| Place::from_str(place).ok())
        .collect()
}
