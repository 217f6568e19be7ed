//! Webhook delivery: lanes, retries, the secret header, the last error (`WebhookActor` in the server).

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::queue::Pending;
use crate::shared::Shared;
use crate::world::World;

/// A webhook that answers nothing for this long has failed.
const REQUEST_TIMEOUT: Duration = Duration::from_mins(1);
/// `Retry-After` is honoured up to one hour.
const MAX_RETRY_AFTER: u64 = 3_600;
/// A webhook that answers 410 for this long is removed.
const GONE_MS: i64 = 23 * 3_600_000;

/// A webhook that the bot set.
#[derive(Debug, Clone)]
pub(crate) struct Webhook {
    pub(crate) url: String,
    pub(crate) secret: Option<String>,
    pub(crate) max_connections: usize,
    pub(crate) ip_address: Option<String>,
    pub(crate) last_error: Option<(i64, String)>,
    gone_since_ms: Option<i64>,
}

impl Webhook {
    pub(crate) fn new(
        url: String,
        secret: Option<String>,
        max_connections: usize,
        ip_address: Option<String>,
    ) -> Self {
        Self {
            url,
            secret,
            max_connections,
            ip_address,
            last_error: None,
            gone_since_ms: None,
        }
    }
}

/// The result of one delivery.
enum Outcome {
    Delivered,
    Failed {
        reason: String,
        retry_after: Option<u64>,
        gone: bool,
    },
}

/// Delivers updates to whatever webhook is set, until the simulator stops.
pub(crate) async fn deliver_forever(shared: Arc<Shared>, client: reqwest::Client) {
    let mut changes = shared.changes();
    let mut stop = shared.stopping();
    let clock = shared.clock.clone();
    loop {
        changes.borrow_and_update();
        let (due, next) = shared.quietly(take_due);
        for (update, webhook) in due {
            let (shared, client) = (Arc::clone(&shared), client.clone());
            tokio::spawn(async move {
                let outcome = deliver(&client, &webhook, &update.body).await;
                shared.change(|world| settle(world, &update, outcome));
            });
        }
        tokio::select! {
            _ = changes.changed() => {}
            () = clock.sleep_until(next.unwrap_or(i64::MAX)), if next.is_some() => {}
            _ = stop.changed() => return,
        }
    }
}

/// Takes the first update of every lane whose time has come, and says when the next one comes.
fn take_due(world: &mut World) -> (Vec<(Pending, Webhook)>, Option<i64>) {
    let now = world.clock.unix_ms();
    world.updates.expire(now);
    let Some(webhook) = world.updates.webhook.clone() else {
        return (Vec::new(), None);
    };
    let pending = world.updates.pending_mut();
    let mut busy = pending.iter().filter(|update| update.in_flight).count();
    let mut lanes = Vec::new();
    let mut due = Vec::new();
    let mut next: Option<i64> = None;
    for update in pending.iter_mut() {
        if lanes.contains(&update.lane) {
            continue;
        }
        lanes.push(update.lane);
        if update.in_flight || busy >= webhook.max_connections {
            continue;
        }
        if update.not_before_ms <= now {
            update.in_flight = true;
            busy += 1;
            due.push((update.clone(), webhook.clone()));
        } else {
            next = Some(next.map_or(update.not_before_ms, |other| {
                other.min(update.not_before_ms)
            }));
        }
    }
    (due, next)
}

async fn deliver(client: &reqwest::Client, webhook: &Webhook, body: &Value) -> Outcome {
    let mut request = client
        .post(&webhook.url)
        .timeout(REQUEST_TIMEOUT)
        .json(body);
    if let Some(secret) = &webhook.secret {
        request = request.header("X-Telegram-Bot-Api-Secret-Token", secret);
    }
    match request.send().await {
        Ok(response) if response.status().is_success() => Outcome::Delivered,
        Ok(response) => {
            let status = response.status();
            let retry_after = response
                .headers()
                .get("retry-after")
                .and_then(|v| v.to_str().ok())
                .and_then(|v| v.parse().ok());
            Outcome::Failed {
                reason: format!(
                    "Wrong response from the webhook: {} {}",
                    status.as_u16(),
                    status.canonical_reason().unwrap_or_default()
                ),
                retry_after,
                gone: status == reqwest::StatusCode::GONE,
            }
        }
        Err(error) => {
            let reason = if error.is_timeout() {
                "Read timeout expired"
            } else if error.is_connect() {
                "Connection refused"
            } else {
                "Connection closed"
            };
            Outcome::Failed {
                reason: reason.to_owned(),
                retry_after: None,
                gone: false,
            }
        }
    }
}

fn settle(world: &mut World, update: &Pending, outcome: Outcome) {
    let now = world.clock.unix_ms();
    let (reason, retry_after, gone) = match outcome {
        Outcome::Delivered => {
            world
                .updates
                .pending_mut()
                .retain(|other| other.id != update.id);
            if let Some(webhook) = &mut world.updates.webhook {
                webhook.gone_since_ms = None;
            }
            return;
        }
        Outcome::Failed {
            reason,
            retry_after,
            gone,
        } => (reason, retry_after, gone),
    };
    let delay_ms = retry_delay_ms(update.attempts, retry_after);
    if let Some(entry) = world
        .updates
        .pending_mut()
        .iter_mut()
        .find(|other| other.id == update.id)
    {
        entry.in_flight = false;
        entry.attempts += 1;
        entry.not_before_ms = now + delay_ms;
    }
    let Some(webhook) = &mut world.updates.webhook else {
        return;
    };
    webhook.last_error = Some((now.div_euclid(1000), reason));
    webhook.gone_since_ms = if gone {
        webhook.gone_since_ms.or(Some(now))
    } else {
        None
    };
    if webhook
        .gone_since_ms
        .is_some_and(|since| now - since >= GONE_MS)
    {
        world.updates.webhook = None;
    }
}

/// The first retry comes at once; then the delay doubles up to a random 60 to 120 s.
fn retry_delay_ms(attempts: u32, retry_after: Option<u64>) -> i64 {
    if let Some(seconds) = retry_after {
        return i64::try_from(seconds.min(MAX_RETRY_AFTER) * 1000).unwrap_or(i64::MAX);
    }
    if attempts == 0 {
        return 0;
    }
    let cap = rand::random_range(60_000..=120_000);
    // 2^7 s is beyond every cap.
    (1000_i64 << (attempts - 1).min(7)).min(cap)
}

/// `getWebhookInfo`.
pub(crate) fn info(world: &World) -> Value {
    let mut info = json!({
        "url": world.updates.webhook.as_ref().map_or("", |webhook| webhook.url.as_str()),
        "has_custom_certificate": false,
        "pending_update_count": world.updates.len(world.clock.unix_ms()),
    });
    if let Some(webhook) = &world.updates.webhook {
        info["max_connections"] = json!(webhook.max_connections);
        if let Some(ip_address) = &webhook.ip_address {
            info["ip_address"] = json!(ip_address);
        }
        if let Some((date, message)) = &webhook.last_error {
            info["last_error_date"] = json!(date);
            info["last_error_message"] = json!(message);
        }
    }
    if let Some(allowed) = &world.updates.allowed {
        info["allowed_updates"] = json!(allowed);
    }
    info
}
