//! One request as a card for the terminal. Everything on it comes from elsewhere, so nothing on
//! it is obeyed by the terminal; arguments stand there as JSON, so that no value forges a line.

use signoff_contract::{RequestResource, time};

use crate::output::clean;

/// The card.
pub(super) fn card(request: &RequestResource) -> String {
    let mut lines = vec![
        format!(
            "{} · {} risk · {}",
            request.kind.as_str(),
            request.risk.as_str(),
            request.status.as_str()
        ),
        request.title.clone(),
        format!("{}  ({})", request.correlation_id, request.id),
    ];
    if let Some(requester) = &request.requester {
        let parts = [
            requester.agent.as_deref(),
            requester.run_id.as_deref(),
            requester.run_label.as_deref(),
            requester.runtime_mode.as_deref(),
        ];
        let parts: Vec<&str> = parts.into_iter().flatten().collect();
        lines.push(format!("from     {}", parts.join(" · ")));
    }
    let texts = [
        ("context", &request.context),
        ("why", &request.justification),
        ("risk", &request.risk_assessment),
    ];
    for (label, text) in texts {
        if let Some(text) = text {
            lines.push(format!("{label:<8} {}", text.replace('\n', "\n         ")));
        }
    }
    action(request, &mut lines);
    for option in &request.options {
        let more = option.description.as_ref().map(|more| format!(" ({more})"));
        lines.push(format!(
            "  [{}] {}{}",
            option.id,
            option.label,
            more.unwrap_or_default()
        ));
    }
    for link in &request.links {
        lines.push(format!("link     {} {}", link.label, link.url));
    }
    lines.push(format!("until    {}", time::format(request.expires_at)));
    outcome(request, &mut lines);
    clean(&lines.join("\n"))
}

fn action(request: &RequestResource, lines: &mut Vec<String>) {
    let Some(action) = &request.action else {
        return;
    };
    lines.push(format!("runs     {}", action.tool));
    // Writing JSON values as text does not fail.
    let arguments = serde_json::to_string_pretty(&action.arguments).unwrap_or_default();
    lines.push(arguments);
    if !action.masked.is_empty() {
        lines.push(format!("hidden   {}", action.masked.join(", ")));
    }
    if let Some(digest) = &request.view_digest {
        lines.push(format!("view     {digest}"));
    }
}

fn outcome(request: &RequestResource, lines: &mut Vec<String>) {
    let Some(outcome) = &request.outcome else {
        return;
    };
    let by = super::deciders(outcome);
    let by = if by.is_empty() {
        by
    } else {
        format!(" by {by}")
    };
    lines.push(format!(
        "{}{by} at {}",
        outcome.status.as_str(),
        time::format(outcome.decided_at)
    ));
    if let Some(answer) = &outcome.answer {
        let option = answer.option_id.as_ref().map(|id| format!("[{id}] "));
        lines.push(format!(
            "answer   {}{}",
            option.unwrap_or_default(),
            answer.text
        ));
    }
    if let Some(reason) = &outcome.reason {
        lines.push(format!("reason   {reason}"));
    }
}
