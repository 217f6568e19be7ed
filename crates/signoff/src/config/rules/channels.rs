//! `[[channels]]`: chats through adapters.

use std::path::Path;

use signoff_contract::adapter::is_channel_name;
use signoff_contract::signature::SigningSecret;
use signoff_engine::adapters::Adapter;

use super::Rules;
use super::callbacks::{MAKE_A_SECRET, signing_secrets};
use super::server::url;
use super::telegram::is_loopback;
use crate::config::secret::Secret;
use crate::config::types::Config;

/// The channel that Signoff has a bot of its own for, where it has one.
pub(super) const TELEGRAM: &str = "telegram";

/// Whether there is a Telegram channel, here or in a process of its own.
pub(super) fn has_telegram(config: &Config) -> bool {
    let mut channels = config.channels.iter();
    config.telegram.is_some() || channels.any(|channel| channel.name == TELEGRAM)
}

pub(super) fn channels(rules: &mut Rules<'_>, config: &Config) -> Vec<Adapter> {
    let names = config.channels.iter().map(|channel| channel.name.as_str());
    rules.distinct("channels", names);
    let mut adapters = Vec::new();
    for (index, channel) in config.channels.iter().enumerate() {
        let key = format!("channels[{index}]");
        if !is_channel_name(&channel.name) {
            let rule = "is 1 to 40 of a-z 0-9 -, beginning with a letter, and not api";
            rules.wrong(&format!("{key}.name"), rule, "for example \"chat\"");
        }
        if channel.name == TELEGRAM && config.telegram.is_some() {
            let rule = "\"telegram\" is the channel of the [telegram] section";
            let remedy = "remove that section where `signoff adapter telegram` has it, or choose another name";
            rules.wrong(&format!("{key}.name"), rule, remedy);
        }
        let at = format!("{key}.url");
        let url = url(rules, &at, &channel.url);
        if url
            .as_ref()
            .is_some_and(|url| url.scheme() == "http" && !is_loopback(url))
        {
            let rule = "every request travels unencrypted to this adapter";
            let remedy = "use https, or keep the adapter on this machine";
            rules.doubt(&at, rule, remedy);
        }
        let given = Given {
            secret: channel.secret.as_ref(),
            previous: channel.previous_secret.as_ref(),
            file: channel.secret_file.as_deref(),
        };
        let secrets = secrets(rules, &format!("{key}.secret"), given);
        adapters.extend(url.map(|url| Adapter {
            name: channel.name.clone(),
            url,
            secrets,
        }));
    }
    adapters
}

/// Where a channel's secrets may be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Given<'a> {
    pub(super) secret: Option<&'a Secret>,
    pub(super) previous: Option<&'a Secret>,
    pub(super) file: Option<&'a Path>,
}

/// The secrets, the present one first.
pub(super) fn secrets(rules: &mut Rules<'_>, key: &str, given: Given<'_>) -> Vec<SigningSecret> {
    if given.file.is_some() {
        if given.secret.is_some() || given.previous.is_some() {
            rules.both(key);
            return Vec::new();
        }
        let before = rules.found.len();
        let secrets = signing_secrets(rules, key, &[], given.file);
        if secrets.is_empty() && rules.found.len() == before {
            rules.wrong(&format!("{key}_file"), "is empty", MAKE_A_SECRET);
        }
        return secrets;
    }
    if given.secret.is_none() {
        let rule = "is missing: without it anyone could decide through this channel";
        rules.wrong(key, rule, MAKE_A_SECRET);
    }
    let previous = key.replace(".secret", ".previous_secret");
    let given = [(key, given.secret), (previous.as_str(), given.previous)];
    let given = given.into_iter().filter_map(|(key, it)| Some((key, it?)));
    given
        .filter_map(|(key, secret)| {
            SigningSecret::parse(secret.expose())
                .inspect_err(|error| rules.wrong(key, error.to_string(), MAKE_A_SECRET))
                .ok()
        })
        .collect()
}
