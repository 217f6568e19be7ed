//! Does it work? For `signoff doctor`: each question with its answer and, where the answer is
//! bad, with what to do. Changes nothing on Telegram's side.

use serde_json::Value;
use signoff_engine::Clock;
use teloxide_core::payloads::{GetChat, GetMe, GetWebhookInfo};
use teloxide_core::types::ChatId;

use crate::client::{ApiError, Client, Unreachable};
use crate::health::explain;
use crate::{Config, Health, Metrics, Place, Updates};

/// One question and its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// What was looked at.
    pub name: String,
    /// What was found.
    pub finding: Finding,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// It works.
    Good {
        /// How it is.
        detail: String,
    },
    /// It does not.
    Bad {
        /// What is wrong.
        what: String,
        /// What to do about it.
        remedy: String,
    },
}

/// Looks at the token, at what receives updates, and at each of these places.
pub async fn check(config: &Config, places: &[Place], clock: Clock) -> Vec<Check> {
    let client = config.validate().and_then(|bot_id| {
        let (url, token) = (config.api_url.clone(), config.token.clone());
        Client::new(url, token, Metrics::default(), Health::new(bot_id, clock))
    });
    let client = match client {
        Ok(client) => client,
        Err(error) => {
            return vec![bad(
                "token",
                &error.to_string(),
                "correct [telegram] in the configuration",
            )];
        }
    };
    let token = match client.call(&GetMe::new()).await {
        Ok(me) => good("token", format!("the bot is @{}", word(&me, "username"))),
        Err(error) => return vec![failed("token", &error)],
    };
    let mut checks = vec![token, updates(&client, &config.updates).await];
    for place in places {
        checks.push(chat(&client, *place).await);
    }
    checks
}

async fn updates(client: &Client, updates: &Updates) -> Check {
    const NAME: &str = "updates";
    let info = match client.call(&GetWebhookInfo::new()).await {
        Ok(info) => info,
        Err(error) => return failed(NAME, &error),
    };
    let set = word(&info, "url");
    let waiting = info
        .get("pending_update_count")
        .and_then(Value::as_u64)
        .unwrap_or(0);
    match updates {
        Updates::Polling if set.is_empty() => {
            good(NAME, format!("polling, {waiting} updates wait"))
        }
        Updates::Polling => bad(
            NAME,
            &format!("a webhook is set, at {}", host(set)),
            "it is removed when the service starts; if you did not set it, revoke the token with @BotFather (/revoke)",
        ),
        Updates::Webhook { url, .. } if set == url.as_str() => {
            match word(&info, "last_error_message") {
                "" => good(NAME, format!("the webhook is set, {waiting} updates wait")),
                error => bad(
                    NAME,
                    &format!("Telegram could not post to the webhook: {error}"),
                    "check that server.public_url is reachable from outside over HTTPS",
                ),
            }
        }
        Updates::Webhook { .. } if set.is_empty() => good(
            NAME,
            "the webhook is set when the service starts".to_owned(),
        ),
        Updates::Webhook { .. } => bad(
            NAME,
            &format!("another webhook is set, at {}", host(set)),
            "it is replaced when the service starts; if you did not set it, revoke the token with @BotFather (/revoke)",
        ),
    }
}

async fn chat(client: &Client, place: Place) -> Check {
    let name = format!("chat {place}");
    match client.call(&GetChat::new(ChatId(place.chat))).await {
        Ok(chat) => {
            let title = ["title", "first_name", "username"].map(|key| word(&chat, key));
            let title = title
                .into_iter()
                .find(|title| !title.is_empty())
                .unwrap_or_default();
            good(&name, format!("reachable: {title}"))
        }
        Err(error) => failed(&name, &error),
    }
}

fn failed(name: &str, error: &ApiError) -> Check {
    let remedy = match error {
        ApiError::Unreachable { kind, .. } => match kind {
            Unreachable::Blocked | Unreachable::NotStarted => {
                "this person must open the bot and press Start"
            }
            Unreachable::ChatNotFound => {
                "check the id; a person must press Start first, and a group must have the bot as a member"
            }
            Unreachable::Kicked => "add the bot to the group again",
            Unreachable::NoRights => "let the bot write in this group",
        },
        ApiError::MigratedTo(_) => "the group became a supergroup: put its new id into the route",
        other => explain(other).map_or("see the message", |(_, remedy)| remedy),
    };
    bad(name, &error.to_string(), remedy)
}

fn word<'a>(object: &'a Value, key: &str) -> &'a str {
    object.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// Only the host: a webhook's path may be a secret.
fn host(url: &str) -> String {
    let host = url::Url::parse(url)
        .ok()
        .and_then(|url| url.host_str().map(str::to_owned));
    host.unwrap_or_else(|| "an unreadable address".to_owned())
}

fn good(name: &str, detail: String) -> Check {
    Check {
        name: name.to_owned(),
        finding: Finding::Good { detail },
    }
}

fn bad(name: &str, what: &str, remedy: &str) -> Check {
    let (what, remedy) = (what.to_owned(), remedy.to_owned());
    Check {
        name: name.to_owned(),
        finding: Finding::Bad { what, remedy },
    }
}
