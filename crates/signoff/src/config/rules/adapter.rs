//! `[adapter]`: a channel in a process of its own, and what of the file it reads.

use signoff_adapter::ServiceSettings;
use signoff_contract::adapter::is_channel_name;

use super::channels::{Given, secrets};
use super::server::url;
use super::telegram::is_loopback;
use super::{Rules, masker, server, speech, telegram};
use crate::config::finding::{Finding, Findings};
use crate::config::load::Loaded;
use crate::config::settings::AdapterSettings;
use crate::config::types::Config;

/// A configuration that the adapter can be run with.
#[derive(Debug)]
pub(crate) struct CheckedAdapter {
    /// What it says.
    pub(crate) settings: AdapterSettings,
    /// What is allowed and probably not meant.
    pub(crate) warnings: Vec<Finding>,
}

/// Whether this is an adapter's file: it has the section, and nobody to ask.
pub(crate) fn is_adapters(loaded: &Loaded) -> bool {
    let config = &loaded.config;
    config.adapter.is_some() && config.approvers.is_empty() && config.routes.is_empty()
}

/// Checks what the Telegram adapter reads of a configuration.
pub(crate) fn check_adapter(loaded: &Loaded) -> Result<CheckedAdapter, Findings> {
    let config = &loaded.config;
    let section = config.adapter.clone().unwrap_or_default();
    let is_services = !config.routes.is_empty() || !config.channels.is_empty();
    if is_services && section.secret.is_none() && section.secret_file.is_none() {
        let rule = "is missing, and there are [[routes]] or [[channels]]: this file is a service's";
        let remedy = "`signoff serve` runs it; the adapter has a file of its own";
        return Err(Finding::new("adapter.secret", rule, remedy).into());
    }
    let mut rules = Rules {
        loaded,
        found: Vec::new(),
        warnings: loaded.notes.clone(),
    };
    let (_, public_url) = server::server(&mut rules, &config.server);
    let listen = section.listen.parse().ok();
    if listen.is_none() {
        let rule = format!("{:?} is no address and port", section.listen);
        rules.wrong("adapter.listen", rule, "for example \"127.0.0.1:7090\"");
    }
    if !is_channel_name(&section.channel) {
        let rule = "is 1 to 40 of a-z 0-9 -, beginning with a letter, and not api";
        rules.wrong("adapter.channel", rule, "for example \"telegram\"");
    }
    let given = Given {
        secret: section.secret.as_ref(),
        previous: section.previous_secret.as_ref(),
        file: section.secret_file.as_deref(),
    };
    let secrets = secrets(&mut rules, "adapter.secret", given);
    let gateway = gateway(&mut rules, section.gateway.as_deref());
    if rules.loaded.origins.exactly("store.url").is_none() {
        let rule =
            "is not set, and the adapter has a database of its own, apart from the service's";
        rules.wrong(
            "store.url",
            rule,
            "for example \"sqlite:signoff-telegram.db\"",
        );
    }
    let database = server::database(&mut rules, &config.store);
    let telegram = telegram::telegram(&mut rules, config, public_url.as_ref());
    if config.telegram.is_none() {
        let rule = "is missing, and this is Telegram's adapter";
        rules.wrong(
            "telegram.token",
            rule,
            "put the token from @BotFather there",
        );
    }
    let speech = speech::speech(&mut rules, config.speech.as_ref());
    let masker = masker(&mut rules, &config.masking);
    server::log(&mut rules, &config.log);
    not_read(&mut rules, config);
    let Rules {
        found, warnings, ..
    } = rules;
    Findings::none_or(found, ())?;

    // Each of these is there when nothing was found; the other arm keeps the function total.
    let (Some(listen), Some(url), Some(database), Some(telegram), Some(masker)) =
        (listen, gateway, database, telegram, masker)
    else {
        return Err(Finding::new("", "cannot be used", "").into());
    };
    let settings = AdapterSettings {
        listen,
        service: ServiceSettings {
            url,
            channel: section.channel,
            secrets,
        },
        shutdown_timeout: std::time::Duration::from_secs(config.server.shutdown_timeout_seconds),
        database,
        telegram,
        speech,
        masker,
        log: config.log.clone(),
    };
    Ok(CheckedAdapter { settings, warnings })
}

fn gateway(rules: &mut Rules<'_>, given: Option<&str>) -> Option<url::Url> {
    const KEY: &str = "adapter.gateway";
    let Some(given) = given else {
        let rule = "is missing: the adapter must know where the service is";
        rules.wrong(
            KEY,
            rule,
            "name it there or with --gateway, for example \"http://127.0.0.1:7080\"",
        );
        return None;
    };
    let url = url(rules, KEY, given)?;
    if url.scheme() == "http" && !is_loopback(&url) {
        let rule = "every request and every decision travels unencrypted to this service";
        rules.doubt(KEY, rule, "use https, or keep both on one machine");
    }
    Some(url)
}

/// Sections that are the service's: whoever writes them here expects something of them.
fn not_read(rules: &mut Rules<'_>, config: &Config) {
    let sections = [
        ("approvers", !config.approvers.is_empty()),
        ("routes", !config.routes.is_empty()),
        ("api_keys", !config.api_keys.is_empty()),
        ("projects", !config.projects.is_empty()),
        ("channels", !config.channels.is_empty()),
        ("compat", config.compat.is_some()),
    ];
    for (section, there) in sections {
        if there {
            let rule = "is the service's, and not read by the adapter";
            rules.doubt(section, rule, "put it into the service's own file");
        }
    }
}
