//! The configuration file: any text is either in force or refused with keys and rules, and no
//! secret stands in anything that an operator is shown.
//!
//! The program's own modules are compiled in, so that it need not be a library for our sake.
#![no_main]

use std::cell::RefCell;
use std::fs;

use libfuzzer_sys::fuzz_target;
use tempfile::NamedTempFile;

#[path = "../../crates/signoff/src"]
#[expect(dead_code, unused_imports, reason = "the program uses more of it than is fuzzed")]
mod program {
    pub(crate) mod config;
    pub(crate) mod logging;
    pub(crate) mod secret_file;
}

use program::{config, logging, secret_file};

use config::{Finding, Shape, Source, check, load, render};

thread_local! {
    /// The file, and what its keys may be; both last as long as the fuzzer.
    static WORLD: RefCell<Option<(NamedTempFile, Shape)>> = const { RefCell::new(None) };
}

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    WORLD.with_borrow_mut(|world| {
        let (file, shape) = world.get_or_insert_with(|| (NamedTempFile::new().expect("a file"), Shape::of_config()));
        fs::write(file.path(), text).expect("the file is ours");
        one(text, &Source { file: Some(file.path().to_owned()), variables: Vec::new() }, shape);
    });
});

fn one(text: &str, source: &Source, shape: &Shape) {
    let loaded = match load(source) {
        Ok(loaded) => loaded,
        Err(findings) => return refused(&findings.0),
    };
    let config = &loaded.config;
    let telegram = config.telegram.as_ref();
    // What a file that it names says is another matter, and no input may make us read one.
    let names_a_file = config.callbacks.signing_secrets_file.is_some()
        || config.projects.iter().any(|project| project.signing_secrets_file.is_some())
        || config.channels.iter().any(|channel| channel.secret_file.is_some())
        || config.speech.as_ref().is_some_and(|speech| speech.api_key_file.is_some())
        || config.compat.as_ref().is_some_and(|compat| compat.token_file.is_some())
        || telegram.is_some_and(|telegram| telegram.token_file.is_some() || telegram.webhook_secret_file.is_some());
    let value = serde_json::to_value(config).expect("it can be written");
    let mut shown = format!("{loaded:?}{}", render::in_force(shape, &value, &|_| None));
    if !names_a_file {
        match check(&loaded) {
            Ok(checked) => {
                shown.push_str(&format!("{checked:?}"));
                shown.extend(checked.warnings.iter().map(ToString::to_string));
            }
            Err(findings) => {
                refused(&findings.0);
                shown.push_str(&findings.to_string());
            }
        }
    }
    let telegram = telegram.into_iter().flat_map(|telegram| telegram.token.iter().chain(&telegram.webhook_secret));
    let projects = config.projects.iter().flat_map(|project| &project.signing_secrets);
    let speech = config.speech.iter().flat_map(|speech| &speech.api_key);
    let channels = config.channels.iter().flat_map(|channel| channel.secret.iter().chain(&channel.previous_secret));
    for secret in config.callbacks.signing_secrets.iter().chain(projects).chain(telegram).chain(speech).chain(channels) {
        let secret = secret.expose();
        // Only one that stands nowhere else in the file can be told from what is no secret.
        let alone = secret.len() >= 12 && text.matches(secret).count() == 1;
        assert!(!alone || !shown.contains(secret), "{secret:?} is shown: {shown}");
    }
}

fn refused(findings: &[Finding]) {
    assert!(!findings.is_empty());
    for finding in findings {
        assert!(!finding.rule.is_empty(), "{finding:?}");
        assert!(finding.to_string().contains(&finding.rule), "{finding:?}");
    }
}
