//! `[[api_keys]]`, and the rules that `signoff key create` follows too.

use signoff_engine::{Caller, ConfiguredKey, Scope};

use super::{Rules, approver_names};
use crate::config::types::{ApiKey, Config};

pub(super) fn api_keys(
    rules: &mut Rules<'_>,
    config: &Config,
    projects: &[&str],
) -> Vec<ConfiguredKey> {
    let keys = &config.api_keys;
    rules.distinct("api_keys", keys.iter().map(|key| key.name.as_str()));
    let mut hashes: Vec<String> = Vec::new();
    let mut configured = Vec::new();
    for (index, key) in keys.iter().enumerate() {
        let path = format!("api_keys[{index}]");
        rules.known(
            &format!("{path}.project"),
            "project",
            &key.project,
            projects,
        );
        let hash = key.key_sha256.to_ascii_lowercase();
        check_hash(rules, &format!("{path}.key_sha256"), &hash, &hashes);
        hashes.push(hash.clone());
        let scopes = scopes(rules, &format!("{path}.scopes"), key);
        if let Err((part, rule, remedy)) = fit(&scopes, key.approver.as_deref()) {
            rules.wrong(&format!("{path}.{part}"), rule, remedy);
        }
        if let Some(approver) = &key.approver {
            rules.known(
                &format!("{path}.approver"),
                "approver",
                approver,
                &approver_names(config),
            );
        }
        configured.push(ConfiguredKey {
            key_sha256: hash,
            caller: Caller {
                key: key.name.clone(),
                project: key.project.clone(),
                scopes,
                approver: key.approver.clone(),
                max_per_second: key.max_per_second,
            },
        });
    }
    configured
}

fn check_hash(rules: &mut Rules<'_>, path: &str, hash: &str, others: &[String]) {
    if hash.starts_with(signoff_engine::keys::PREFIX) {
        let rule = "holds a key itself; only its SHA-256 belongs here";
        let remedy = "treat that key as leaked; `signoff key create --print-config` makes another";
        rules.wrong(path, rule, remedy);
    } else if hash.len() != 64 || !hash.bytes().all(|b| b.is_ascii_hexdigit()) {
        let remedy = "`signoff key create --print-config` makes a key and this";
        rules.wrong(path, "is no SHA-256: 64 hexadecimal digits", remedy);
    } else if others.iter().any(|other| other == hash) {
        rules.wrong(
            path,
            "another entry has the same key",
            "make a key for each",
        );
    }
}

fn scopes(rules: &mut Rules<'_>, path: &str, key: &ApiKey) -> Vec<Scope> {
    let words = Scope::ALL.map(Scope::as_str);
    let mut scopes = Vec::new();
    for (index, word) in key.scopes.iter().enumerate() {
        rules.known(&format!("{path}[{index}]"), "scope", word, &words);
        scopes.extend(Scope::from_word(word).filter(|scope| !scopes.contains(scope)));
    }
    if key.scopes.is_empty() {
        rules.wrong(
            path,
            "is empty: the key could do nothing",
            "for example [\"requests:write\"]",
        );
    }
    scopes
}

/// Whether a key may have these scopes with this approver: else the key's part that is wrong,
/// the rule, and what to do.
pub(crate) fn fit(
    scopes: &[Scope],
    approver: Option<&str>,
) -> Result<(), (&'static str, &'static str, &'static str)> {
    let decides = scopes.contains(&Scope::DecisionsWrite);
    let asks = scopes.contains(&Scope::RequestsWrite);
    match approver {
        _ if decides && asks => Err((
            "scopes",
            "\"decisions:write\" excludes \"requests:write\": no one decides what they asked",
            "make two keys",
        )),
        None if decides => Err((
            "approver",
            "is missing: a key with \"decisions:write\" says for whom it decides",
            "name the approver",
        )),
        Some(_) if !decides && !asks => Err((
            "approver",
            "has no meaning here: a person decides (\"decisions:write\") or asks (\"requests:write\")",
            "remove it, or add the scope",
        )),
        _ => Ok(()),
    }
}
