//! `[[channels]]`: chats through adapters.

use signoff_contract::adapter::is_channel_name;
use signoff_contract::signature::SigningSecret;
use signoff_engine::adapters::Adapter;

use super::Rules;
use super::callbacks::{MAKE_A_SECRET, signing_secrets};
use super::server::url;
use super::telegram::is_loopback;
use crate::config::types::{Channel, Config};

pub(super) fn channels(rules: &mut Rules<'_>, config: &Config) -> Vec<Adapter> {
    let names = config.channels.iter().map(|channel| channel.name.as_str());
    rules.distinct("channels", names);
    let mut adapters = Vec::new();
    for (index, channel) in config.channels.iter().enumerate() {
        let key = format!("channels[{index}]");
        if !is_channel_name(&channel.name) {
            let rule = "is 1 to 40 of a-z 0-9 -, beginning with a letter, and not telegram or api";
            rules.wrong(&format!("{key}.name"), rule, "for example \"chat\"");
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
        let secrets = secrets(rules, &format!("{key}.secret"), channel);
        adapters.extend(url.map(|url| Adapter {
            name: channel.name.clone(),
            url,
            secrets,
        }));
    }
    adapters
}

/// The secrets, the present one first.
fn secrets(rules: &mut Rules<'_>, key: &str, channel: &Channel) -> Vec<SigningSecret> {
    if channel.secret_file.is_some() {
        if channel.secret.is_some() || channel.previous_secret.is_some() {
            rules.both(key);
            return Vec::new();
        }
        let before = rules.found.len();
        let secrets = signing_secrets(rules, key, &[], channel.secret_file.as_deref());
        if secrets.is_empty() && rules.found.len() == before {
            rules.wrong(&format!("{key}_file"), "is empty", MAKE_A_SECRET);
        }
        return secrets;
    }
    if channel.secret.is_none() {
        let rule = "is missing: without it anyone could decide through this channel";
        rules.wrong(key, rule, MAKE_A_SECRET);
    }
    let previous = key.replace(".secret", ".previous_secret");
    let given = [
        (key, channel.secret.as_ref()),
        (previous.as_str(), channel.previous_secret.as_ref()),
    ];
    let given = given.into_iter().filter_map(|(key, it)| Some((key, it?)));
    given
        .filter_map(|(key, secret)| {
            SigningSecret::parse(secret.expose())
                .inspect_err(|error| rules.wrong(key, error.to_string(), MAKE_A_SECRET))
                .ok()
        })
        .collect()
}
