//! `[telegram]`: a bot that can be spoken to.

use secrecy::SecretString;
use signoff_telegram::Updates;
use url::Url;

use super::Rules;
use super::channels::has_telegram;
use super::server::url;
use crate::config::secret::Secret;
use crate::config::types::{Config, Telegram, UpdatesMode};

const TOKEN: &str = "telegram.token";
const WEBHOOK_SECRET: &str = "telegram.webhook_secret";

/// The bot; `None` without a `[telegram]` section, or with one that is wrong.
pub(super) fn telegram(
    rules: &mut Rules<'_>,
    config: &Config,
    public_url: Option<&Url>,
) -> Option<signoff_telegram::Config> {
    let Some(telegram) = &config.telegram else {
        let mut routes = config.routes.iter();
        if routes.any(|route| route.telegram_chat_id.is_some()) && !has_telegram(config) {
            let rule = "is missing, and a route names a Telegram chat";
            rules.wrong(
                TOKEN,
                rule,
                "put the bot's token there, or remove telegram_chat_id",
            );
        }
        return None;
    };
    let token = rules.secret(
        TOKEN,
        telegram.token.as_ref(),
        telegram.token_file.as_deref(),
    );
    if token.is_none() && telegram.token.is_none() && telegram.token_file.is_none() {
        let remedy = "put the token from @BotFather there, or remove the section";
        rules.wrong(
            TOKEN,
            "is missing, and there is a [telegram] section",
            remedy,
        );
    }
    let api_url = url(rules, "telegram.api_url", &telegram.api_url);
    if api_url
        .as_ref()
        .is_some_and(|url| url.scheme() == "http" && !is_loopback(url))
    {
        let rule = "the token and every message travel unencrypted to this server";
        rules.doubt(
            "telegram.api_url",
            rule,
            "use https, or keep the server on this machine",
        );
    }
    let (given, api_url) = (token.is_some(), api_url?);
    let mut config = signoff_telegram::Config {
        token: SecretString::from(token.as_ref().map_or("", Secret::expose)),
        api_url,
        updates: Updates::Polling,
        protect_content: telegram.protect_content,
        // The store serves one service, so one name is enough; a restart keeps it.
        instance: "signoff".to_owned(),
    };
    let bot_id = config.bot_id().ok();
    if given && bot_id.is_none() {
        let rule = "is no bot token: digits, a colon, and letters, digits, _ and -";
        rules.wrong(TOKEN, rule, "copy the whole token from @BotFather");
    }
    if telegram.updates == UpdatesMode::Webhook {
        config.updates = webhook(rules, telegram, bot_id, public_url)?;
    }
    bot_id.map(|_| config)
}

fn webhook(
    rules: &mut Rules<'_>,
    telegram: &Telegram,
    bot_id: Option<i64>,
    public_url: Option<&Url>,
) -> Option<Updates> {
    let inline = telegram.webhook_secret.as_ref();
    let file = telegram.webhook_secret_file.as_deref();
    let secret = rules.secret(WEBHOOK_SECRET, inline, file);
    match &secret {
        None if inline.is_none() && file.is_none() => {
            let rule = "is missing: without it anyone could send us updates";
            rules.wrong(WEBHOOK_SECRET, rule, "choose 32 random letters and digits");
        }
        Some(secret) if !is_webhook_secret(secret) => {
            let rule = "has 1 to 256 of A-Z a-z 0-9 _ - (Telegram's rule)";
            rules.wrong(WEBHOOK_SECRET, rule, "choose 32 random letters and digits");
        }
        _ => {}
    }
    let compat = rules.loaded.config.compat.as_ref();
    if let Some(text) = compat.and_then(|compat| compat.webhook_url.as_deref()) {
        let url = compat_webhook(rules, text)?;
        let secret = SecretString::from(secret?.expose());
        return Some(Updates::Webhook { url, secret });
    }
    let Some(public_url) = public_url else {
        let rule = "is missing, and Telegram is to send updates to it";
        let remedy =
            "say where Telegram reaches this service, or set telegram.updates to \"polling\"";
        if rules.loaded.config.server.public_url.is_none() {
            rules.wrong("server.public_url", rule, remedy);
        }
        return None;
    };
    let path = format!(
        "{}/telegram/{}",
        public_url.path().trim_end_matches('/'),
        bot_id?
    );
    let mut url = public_url.clone();
    url.set_path(&path);
    if url.scheme() != "https" && !is_loopback(&url) {
        let rule = "is http, and Telegram sends updates only to https";
        rules.wrong(
            "server.public_url",
            rule,
            "use https, or telegram.updates = \"polling\"",
        );
    }
    let secret = SecretString::from(secret?.expose());
    Some(Updates::Webhook { url, secret })
}

/// Where Telegram reaches the listener of the drop-in endpoints.
fn compat_webhook(rules: &mut Rules<'_>, text: &str) -> Option<Url> {
    const KEY: &str = "compat.webhook_url";
    let url = url(rules, KEY, text)?;
    if url.scheme() != "https" && !is_loopback(&url) {
        let rule = "is http, and Telegram sends updates only to https";
        rules.wrong(KEY, rule, "use https, or telegram.updates = \"polling\"");
    }
    Some(url)
}

fn is_webhook_secret(secret: &Secret) -> bool {
    let text = secret.expose();
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
    (1..=256).contains(&text.len()) && text.bytes().all(allowed)
}

/// Whether a URL stays on this machine.
pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost",
        None => false,
    }
}
