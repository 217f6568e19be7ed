//! `setWebhook`, `deleteWebhook`, `getWebhookInfo`.

use serde_json::{Value, json};
use url::Url;

use super::{ApiError, Args};
use crate::updates::{Selection, Webhook, webhook_info};
use crate::world::World;

const MAX_SECRET: usize = 256;
const PORTS: [u16; 4] = [80, 88, 443, 8443];

/// `setWebhook`. An empty URL deletes.
pub(crate) fn set(world: &mut World, args: &Args) -> Result<Value, ApiError> {
    let url = args.text("url");
    if url.is_empty() {
        return delete(world, args);
    }
    let parsed =
        Url::parse(&url).map_err(|_| ApiError::bad_request("invalid webhook URL specified"))?;
    if !world.options.allow_http_webhook {
        if parsed.scheme() != "https" {
            return Err(ApiError::bad_request(
                "bad webhook: An HTTPS URL must be provided for webhook",
            ));
        }
        if !parsed
            .port_or_known_default()
            .is_some_and(|port| PORTS.contains(&port))
        {
            return Err(ApiError::bad_request(
                "bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443",
            ));
        }
    }
    let secret = args.text("secret_token");
    if secret.len() > MAX_SECRET {
        return Err(ApiError::bad_request("secret token is too long"));
    }
    if !secret
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
    {
        return Err(ApiError::bad_request(
            "secret token contains unallowed characters",
        ));
    }
    let connections = args.int("max_connections").unwrap_or(40).clamp(1, 100);
    Selection::read(args)?.apply(&mut world.updates);
    if args.flag("drop_pending_updates") {
        world.updates.clear();
    }
    world.poll.generation += 1;
    world.poll.ended_by_webhook = true;
    world.updates.webhook = Some(Webhook::new(
        url,
        (!secret.is_empty()).then_some(secret),
        usize::try_from(connections).unwrap_or(40),
        Some(args.text("ip_address")).filter(|ip| !ip.is_empty()),
    ));
    Ok(json!(true))
}

/// `deleteWebhook`.
#[expect(
    clippy::unnecessary_wraps,
    reason = "the method table wants one signature"
)]
pub(crate) fn delete(world: &mut World, args: &Args) -> Result<Value, ApiError> {
    if args.flag("drop_pending_updates") {
        world.updates.clear();
    }
    world.updates.webhook = None;
    for update in world.updates.pending_mut() {
        update.in_flight = false;
    }
    Ok(json!(true))
}

/// `getWebhookInfo`.
#[expect(
    clippy::unnecessary_wraps,
    reason = "the method table wants one signature"
)]
pub(crate) fn info(world: &mut World, _: &Args) -> Result<Value, ApiError> {
    Ok(webhook_info(world))
}
