//! The variables of the two bots by name: one that neither had is a slip.

use crate::config::finding::Finding;
use crate::config::structure::nearest;

/// Their variables, without what they begin with and without the deadline, whose name differs.
const KNOWN: [&str; 13] = [
    "TOKEN",
    "CHAT_ID",
    "WEBHOOK_URL",
    "WEBHOOK_SECRET",
    "HTTP_HOST",
    "HTTP_PORT",
    "TIMEOUT_MESSAGE",
    "LANG",
    "SHUTDOWN_TIMEOUT",
    "LOG_LEVEL",
    "STT_TIMEOUT",
    "STT_MODEL",
    "OPENAI_API_KEY",
];

/// What Kubernetes puts into every container beside a Service called tg-approver.
const INJECTED: [&str; 2] = ["PORT", "SERVICE_"];

/// Notes each variable that begins like the bot's and is none of it.
pub(super) fn unknown(
    variables: &[(String, String)],
    prefix: &str,
    timeout: &str,
    notes: &mut Vec<Finding>,
) {
    let known = || KNOWN.into_iter().chain([timeout]);
    for (name, text) in variables {
        let Some(rest) = name
            .strip_prefix(prefix)
            .filter(|_| !text.trim().is_empty())
        else {
            continue;
        };
        let injected = INJECTED.iter().any(|start| rest.starts_with(start));
        if injected || known().any(|name| name == rest) {
            continue;
        }
        let near = nearest(rest, known().map(str::to_owned)).unwrap_or_default();
        let rule = "has no effect: that bot had no such variable";
        let remedy = format!("the nearest: {prefix}{near}");
        notes.push(Finding::new(name.as_str(), rule, remedy));
    }
}
