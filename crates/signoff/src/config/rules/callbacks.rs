//! `[callbacks]`: where they may go and what signs them.

use std::path::Path;

use signoff_contract::signature::SigningSecret;
use signoff_engine::callback::AllowList;

use super::Rules;
use crate::config::secret::Secret;
use crate::config::types::Callbacks;

/// How to get a signing secret.
pub(super) const MAKE_A_SECRET: &str = "`signoff callbacks secret` makes one";

pub(super) fn allow(rules: &mut Rules<'_>, callbacks: &Callbacks) -> Option<AllowList> {
    let Some(entries) = &callbacks.allow else {
        if rules.loaded.previous.is_none() {
            return Some(AllowList::loopback());
        }
        let rule = "is not set: callbacks go to any host that resolves to this machine or to a \
                    private address, and to no public one";
        let remedy = "name the hosts: SIGNOFF_CALLBACKS__ALLOW=mcp.example.org,10.0.0.0/8";
        rules.doubt("callbacks.allow", rule, remedy);
        return Some(AllowList::private());
    };
    let before = rules.found.len();
    for (index, entry) in entries.iter().enumerate() {
        if let Err(error) = AllowList::parse(std::slice::from_ref(entry)) {
            let remedy = "write the host only, without a scheme or a path";
            rules.wrong(
                &format!("callbacks.allow[{index}]"),
                error.to_string(),
                remedy,
            );
        }
    }
    if rules.found.len() > before {
        return None;
    }
    if entries.is_empty() {
        let rule = "is empty: every request that asks for a callback will be refused";
        rules.doubt(
            "callbacks.allow",
            rule,
            "leave the key out to allow this machine only",
        );
    }
    AllowList::parse(entries).ok()
}

/// The secrets under `key` or in its file. Empty when there are none.
pub(super) fn signing_secrets(
    rules: &mut Rules<'_>,
    key: &str,
    inline: &[Secret],
    file: Option<&Path>,
) -> Vec<SigningSecret> {
    if !inline.is_empty() && file.is_some() {
        rules.both(key);
        return Vec::new();
    }
    let Some(path) = file else {
        let secrets = inline.iter().enumerate();
        return secrets
            .filter_map(|(index, secret)| parse(rules, &format!("{key}[{index}]"), secret.expose()))
            .collect();
    };
    let text = rules.read(key, path).unwrap_or_default();
    let lines = text
        .lines()
        .enumerate()
        .map(|(index, line)| (index + 1, line.trim()));
    let file = format!("{key}_file");
    lines
        .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
        .filter_map(|(number, line)| {
            SigningSecret::parse(line)
                .inspect_err(|error| {
                    let rule = format!("line {number} of {}: {error}", path.display());
                    rules.wrong(&file, rule, MAKE_A_SECRET);
                })
                .ok()
        })
        .collect()
}

fn parse(rules: &mut Rules<'_>, key: &str, text: &str) -> Option<SigningSecret> {
    SigningSecret::parse(text)
        .inspect_err(|error| rules.wrong(key, error.to_string(), MAKE_A_SECRET))
        .ok()
}
