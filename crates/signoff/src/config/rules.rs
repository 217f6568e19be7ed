//! What a schema cannot say: whether the parts are good and fit together. Everything that is
//! wrong is collected, and only a configuration without errors becomes [`Settings`].

mod adapter;
mod api_keys;
mod callbacks;
mod channels;
mod compat;
mod people;
mod projects;
mod server;
mod speech;
mod telegram;

pub(crate) use adapter::{check_adapter, is_adapters};
pub(crate) use api_keys::fit;
pub(crate) use speech::speech_of;

use std::path::Path;

use signoff_core::Masker;
use signoff_engine::Directory;

use super::finding::{Finding, Findings};
use super::load::Loaded;
use super::secret::Secret;
use super::settings::Settings;
use super::structure::nearest;
use super::types::{Config, Masking};
use crate::secret_file;

/// A configuration that can be used.
#[derive(Debug)]
pub(crate) struct Checked {
    /// What it says.
    pub(crate) settings: Settings,
    /// What is allowed and probably not meant.
    pub(crate) warnings: Vec<Finding>,
}

/// Checks a configuration, reads the files with secrets, and parses everything.
pub(crate) fn check(loaded: &Loaded) -> Result<Checked, Findings> {
    let config = &loaded.config;
    if is_adapters(loaded) {
        let rule = "this file is an adapter's: it has that section, and nobody to ask";
        let remedy = "`signoff adapter telegram` runs it; the service has a file of its own";
        return Err(Finding::new("adapter", rule, remedy).into());
    }
    let mut rules = Rules {
        loaded,
        found: Vec::new(),
        warnings: loaded.notes.clone(),
    };
    let (listen, public_url) = server::server(&mut rules, &config.server);
    let database = server::database(&mut rules, &config.store);
    let allow = callbacks::allow(&mut rules, &config.callbacks);
    let telegram = telegram::telegram(&mut rules, config, public_url.as_ref());
    let speech = speech::speech(&mut rules, config.speech.as_ref());
    let adapters = channels::channels(&mut rules, config);
    let masker = masker(&mut rules, &config.masking);
    server::log(&mut rules, &config.log);
    let projects = projects::projects(&mut rules, config);
    let names: Vec<&str> = projects
        .iter()
        .map(|project| project.name.as_str())
        .collect();
    let approvers = people::approvers(&mut rules, config);
    let routes = people::routes(&mut rules, config, &names);
    let api_keys = api_keys::api_keys(&mut rules, config, &names);
    let compat = compat::compat(&mut rules, config, &names);
    if config.adapter.is_some() {
        let rule = "is for `signoff adapter telegram`, and not read by the service";
        rules.doubt("adapter", rule, "give the adapter a file of its own");
    }
    let Rules {
        found, warnings, ..
    } = rules;
    Findings::none_or(found, ())?;

    // Each of these is there when nothing was found; the other arm keeps the function total.
    let (Some(listen), Some(database), Some(allow), Some(masker)) =
        (listen, database, allow, masker)
    else {
        return Err(Finding::new("", "cannot be used", "").into());
    };
    let directory = Directory::new(projects, routes, approvers)
        .map_err(|error| Finding::new("", error.to_string(), ""))?;
    let settings = Settings {
        listen,
        shutdown_timeout: std::time::Duration::from_secs(config.server.shutdown_timeout_seconds),
        database,
        retention_days: config.store.retention_days,
        allow,
        telegram,
        speech,
        compat,
        adapters,
        masker,
        log: config.log.clone(),
        directory,
        api_keys,
    };
    Ok(Checked { settings, warnings })
}

/// What has been found so far.
struct Rules<'a> {
    loaded: &'a Loaded,
    found: Vec<Finding>,
    warnings: Vec<Finding>,
}

impl Rules<'_> {
    /// Notes an error.
    fn wrong(&mut self, key: &str, rule: impl Into<String>, remedy: impl Into<String>) {
        let finding = self.finding(key, rule, remedy);
        self.found.push(finding);
    }

    /// Notes something that is allowed and probably not meant.
    fn doubt(&mut self, key: &str, rule: impl Into<String>, remedy: impl Into<String>) {
        let finding = self.finding(key, rule, remedy);
        self.warnings.push(finding);
    }

    fn finding(&self, key: &str, rule: impl Into<String>, remedy: impl Into<String>) -> Finding {
        let origin = self.loaded.origins.of(key).map(str::to_owned);
        Finding {
            origin,
            ..Finding::new(key, rule, remedy)
        }
    }

    /// A name of something: 1 to 100 characters, none of them invisible.
    fn name(&mut self, key: &str, name: &str) {
        let visible = name.trim() == name && !name.chars().any(char::is_control);
        if !visible || !(1..=100).contains(&name.chars().count()) {
            let rule = "a name has 1 to 100 characters, without control characters or outer spaces";
            self.wrong(key, rule, "choose another name");
        }
    }

    /// That no two have the same name.
    fn distinct<'n>(&mut self, list: &str, names: impl Iterator<Item = &'n str>) {
        let mut seen: Vec<&str> = Vec::new();
        for (index, name) in names.enumerate() {
            let key = format!("{list}[{index}].name");
            self.name(&key, name);
            if seen.contains(&name) {
                let rule = format!("there are two {list} with the name {name:?}");
                self.wrong(&key, rule, "names are unique; rename or remove one");
            }
            seen.push(name);
        }
    }

    /// That `name` is one of `known`; errors name the nearest.
    fn known(&mut self, key: &str, what: &str, name: &str, known: &[&str]) -> bool {
        if known.contains(&name) {
            return true;
        }
        let near = nearest(name, known.iter().map(|&known| known.to_owned()));
        let remedy = near.map_or_else(
            || "there is none yet".to_owned(),
            |near| match what {
                // Those are not the operator's to make.
                "scope" => format!("the nearest: {near:?}"),
                _ => format!("the nearest: {near:?}; or add it under [[{what}s]]"),
            },
        );
        self.wrong(key, format!("there is no {what} {name:?}"), remedy);
        false
    }

    /// A secret that may stand in the configuration or in a file of its own.
    fn secret(
        &mut self,
        key: &str,
        inline: Option<&Secret>,
        file: Option<&Path>,
    ) -> Option<Secret> {
        match (inline, file) {
            (Some(_), Some(_)) => {
                self.both(key);
                None
            }
            (Some(secret), None) => Some(secret.clone()),
            (None, Some(path)) => self
                .read(key, path)
                .map(|text| Secret::from(text.trim().to_owned())),
            (None, None) => None,
        }
    }

    fn both(&mut self, key: &str) {
        let rule = format!("is given twice, here and by {key}_file");
        self.wrong(key, rule, "remove one of them");
    }

    /// Reads the file of a secret.
    fn read(&mut self, key: &str, path: &Path) -> Option<String> {
        match secret_file::read(path) {
            Ok(text) => Some(text),
            Err(error) => {
                let rule = format!("{} {error}", secret_file::called(path));
                let remedy = "put the secret there, readable by the user that runs signoff";
                self.wrong(&format!("{key}_file"), rule, remedy);
                None
            }
        }
    }
}

fn masker(rules: &mut Rules<'_>, masking: &Masking) -> Option<Masker> {
    for (index, pattern) in masking.patterns.iter().enumerate() {
        if let Err(error) = Masker::new(&[], std::slice::from_ref(pattern)) {
            let remedy = "use the syntax of Rust's regex crate: no look-around, no back references";
            rules.wrong(
                &format!("masking.patterns[{index}]"),
                error.to_string(),
                remedy,
            );
        }
    }
    for (index, key) in masking.keys.iter().enumerate() {
        if let Err(error) = Masker::new(std::slice::from_ref(key), &[]) {
            let remedy = "a name of an argument, with * for anything";
            rules.wrong(&format!("masking.keys[{index}]"), error.to_string(), remedy);
        }
    }
    match Masker::new(&masking.keys, &masking.patterns) {
        Ok(masker) => Some(masker),
        Err(error) if rules.found.is_empty() => {
            rules.wrong("masking", error.to_string(), "use fewer");
            None
        }
        Err(_) => None,
    }
}

/// The names of the approvers that are defined.
fn approver_names(config: &Config) -> Vec<&str> {
    config
        .approvers
        .iter()
        .map(|approver| approver.name.as_str())
        .collect()
}
