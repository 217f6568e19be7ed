//! What a card is meant to say, and how: put together from the design, line by line, without the renderer.

use fluent_bundle::FluentValue;
use jiff::Timestamp;
use signoff_contract::{ExecutionResult, Kind, Outcome, RequestResource, Risk, Status};
use signoff_engine::{ButtonAction, PromptCard};

use super::json;
use super::meant::{Meant, line, prose};
use super::words::Words;

/// The longest address that is linked when texts had to be shortened.
const LONGEST_LINK: usize = 300;

/// What stands in the message, and what in files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) inline: bool,
    /// Whether texts were shortened.
    pub(super) shortened: bool,
    /// Whether the files are with the reader.
    pub(super) posted: bool,
}

impl Layout {
    pub(super) const FULL: Self = Self {
        inline: true,
        shortened: false,
        posted: true,
    };
}

/// What the card is meant to say.
pub(super) fn meant(card: &PromptCard, words: &Words, layout: Layout) -> Meant {
    let mut meant = head(card, words, layout);
    meant.plain("\n");
    match &card.request.outcome {
        None => open_end(card, words, layout, &mut meant),
        Some(outcome) => closed_end(card, outcome, words, &mut meant),
    }
    for _ in &card.notices {
        meant.plain(&words.say("requester-unreachable")).plain("\n");
    }
    meant
}

/// Everything above the card's changing end.
pub(super) fn head(card: &PromptCard, words: &Words, layout: Layout) -> Meant {
    let request = &card.request;
    let mut meant = Meant::default();
    let (symbol, risk) = match request.risk {
        Risk::Low => ("🟢 ", "risk-low"),
        Risk::Medium => ("🟡 ", "risk-medium"),
        Risk::High => ("🟠 ", "risk-high"),
        Risk::Critical => ("🔴 ", "risk-critical"),
    };
    let kind = match request.kind {
        Kind::Approval => "kind-approval",
        Kind::Question => "kind-question",
    };
    meant.plain(symbol).styled("bold", "", &words.say(kind));
    meant.plain(&format!(" · {} · ", words.say(risk)));
    meant.styled("code", "", &request.id.short()).plain("\n");
    meant
        .styled_words("bold", "", &line(&request.title))
        .plain("\n\n");
    who(request, words, &mut meant);
    let fields = [
        ("label-context", &request.context),
        ("label-why", &request.justification),
        ("label-risk", &request.risk_assessment),
    ];
    for (label, text) in fields {
        if let Some(text) = text {
            labelled(&words.say(label), text, &mut meant);
        }
    }
    for (index, option) in request.options.iter().enumerate() {
        meant.plain(&format!("{}. ", index + 1));
        meant
            .styled_words("bold", "", &line(&option.label))
            .plain("\n");
        if let Some(description) = &option.description {
            let text = prose(description);
            if text.contains('\n') {
                meant.styled_words("blockquote", "", text.trim_matches('\n'));
            } else {
                meant.plain("    ").words(&text);
            }
            meant.plain("\n");
        }
    }
    what(request, words, layout, &mut meant);
    if layout.posted && layout.shortened {
        meant.plain(&words.say("texts-attached")).plain("\n");
    }
    for link in &request.links {
        meant.plain("🔗 ");
        if layout.shortened && link.url.as_str().len() > LONGEST_LINK {
            meant.words(&line(&link.label));
        } else {
            meant.styled_words("text_link", link.url.as_str(), &line(&link.label));
        }
        let port = link
            .url
            .port()
            .map(|port| format!(":{port}"))
            .unwrap_or_default();
        meant.plain(&format!(
            " ({}{port})\n",
            link.url.host_str().expect("a host")
        ));
    }
    meant
}

fn who(request: &RequestResource, words: &Words, meant: &mut Meant) {
    let mut parts = Vec::new();
    if let Some(from) = &request.requester {
        parts.extend(from.agent.as_deref().map(line));
        let run = from.run_id.as_deref();
        let run = run.map(|run| words.with("run", &[("run", &line(run))]));
        match (run, from.run_label.as_deref().map(line)) {
            (Some(run), Some(label)) => parts.push(format!("{run} ({label})")),
            (run, label) => parts.extend(run.or(label)),
        }
        parts.extend(from.runtime_mode.as_deref().map(line));
    }
    if request.project != "default" {
        parts.push(words.with("project", &[("name", &line(&request.project))]));
    }
    for (index, part) in parts.iter().enumerate() {
        meant.plain(if index == 0 { "" } else { " · " }).words(part);
    }
    if !parts.is_empty() {
        meant.plain("\n");
    }
}

/// A labelled text; several lines of it are a quotation.
fn labelled(label: &str, text: &str, meant: &mut Meant) {
    let text = prose(text);
    meant.styled("bold", "", label);
    if text.contains('\n') {
        meant
            .plain("\n")
            .styled_words("blockquote", "", text.trim_matches('\n'));
    } else {
        meant.plain("  ").words(&text);
    }
    meant.plain("\n");
}

fn what(request: &RequestResource, words: &Words, layout: Layout, meant: &mut Meant) {
    let Some(action) = &request.action else {
        return;
    };
    meant.plain("\n");
    if layout.inline {
        meant.styled(
            "pre",
            "json",
            &json::action(&action.tool, &action.arguments),
        );
    } else {
        meant
            .styled_words("code", "", &json::tool_name(&action.tool))
            .plain("\n");
        if layout.posted {
            meant.plain(&words.say("arguments-attached"));
        }
    }
    meant.plain("\n");
    if !action.masked.is_empty() {
        meant.plain(&words.count("hidden-values", &[("count", action.masked.len())]));
        meant.plain(" · ");
    }
    let digest = request.view_digest.expect("a digest").to_string();
    let hex = digest.strip_prefix("sha256:").expect("its kind");
    if layout.inline {
        meant.plain(&hex[..12]);
    } else {
        meant.plain("SHA-256 ").styled("code", "", hex);
    }
    meant.plain("\n");
}

fn open_end(card: &PromptCard, words: &Words, layout: Layout, meant: &mut Meant) {
    if !layout.posted {
        meant.plain(&format!("⚠️ {}\n", words.say("attachment-missing")));
    }
    if card.approvals_needed > 1 {
        let (have, need) = (card.approvals.len(), 3_usize);
        let votes = if have == 0 {
            words.count("approvals-none", &[("need", need)])
        } else {
            let names = card.approvals.join(", ");
            let values = [
                ("have", FluentValue::from(have)),
                ("need", FluentValue::from(need)),
                ("names", FluentValue::from(names)),
            ];
            words.fill("approvals-so-far", &values)
        };
        meant.plain(&votes).plain("\n");
    }
    let left = words.count("left-minutes", &[("count", 60)]);
    let time = time(card.request.expires_at, card.request.created_at);
    meant.plain(&words.with("deadline", &[("time", &time), ("left", &left)]));
}

fn closed_end(card: &PromptCard, outcome: &Outcome, words: &Words, meant: &mut Meant) {
    let request = &card.request;
    meant
        .styled("bold", "", &outcome_line(request, outcome, words))
        .plain("\n");
    if let Some(answer) = &outcome.answer {
        let chosen = request
            .options
            .iter()
            .find(|o| Some(&o.id) == answer.option_id.as_ref());
        let text = chosen.map_or(&answer.text, |option| &option.label);
        labelled(&words.say("label-answer"), text, meant);
    }
    if let Some(reason) = &outcome.reason {
        labelled(&words.say("label-reason"), reason, meant);
    }
    if let Some(execution) = &request.execution {
        let id = match execution.result {
            ExecutionResult::Applied => "execution-applied",
            ExecutionResult::Failed => "execution-failed",
        };
        let at = time(execution.reported_at, request.created_at);
        meant.plain(&words.with(id, &[("time", &at)])).plain("\n");
        if let Some(detail) = &execution.detail {
            meant.styled_words("blockquote", "", prose(detail).trim_matches('\n'));
            meant.plain("\n");
        }
    }
}

/// How an outcome is told in one line.
pub(super) fn outcome_line(request: &RequestResource, outcome: &Outcome, words: &Words) -> String {
    let names: Vec<&str> = outcome
        .decided_by
        .iter()
        .map(|by| by.name.as_str())
        .collect();
    let names = names.join(", ");
    let id = match (outcome.status, request.kind) {
        (Status::Approved, Kind::Approval) => "outcome-approved",
        (Status::Approved, Kind::Question) => "outcome-answered",
        (Status::Denied, Kind::Approval) => "outcome-denied",
        (Status::Denied, Kind::Question) => "outcome-declined",
        (Status::Expired, _) => "outcome-expired",
        (Status::Cancelled, _) => "outcome-cancelled",
        (Status::Failed | Status::Pending, _) => "outcome-failed",
    };
    let at = time(outcome.decided_at, request.created_at);
    words.with(id, &[("names", &names), ("time", &at)])
}

/// A time of the day; with its date when that is another than the reference's.
pub(super) fn time(at: Timestamp, reference: Timestamp) -> String {
    let (at, reference) = (at.to_string(), reference.to_string());
    let (day, time) = at.split_once('T').expect("RFC 3339");
    if reference.starts_with(day) {
        format!("{} UTC", &time[..5])
    } else {
        format!("{day} {} UTC", &time[..5])
    }
}

/// What the buttons are meant to read; a label that does not fit keeps its number and its beginning.
pub(super) fn labels(card: &PromptCard, words: &Words, layout: Layout) -> Vec<String> {
    let shown = |label: &str| line(label);
    let long = |label: &str| shown(label).chars().count() > 42;
    let numbered = card
        .request
        .options
        .iter()
        .any(|option| long(&option.label));
    let mut option = 0;
    let mut labels = Vec::new();
    for button in &card.buttons {
        let yes = matches!(
            button.action,
            ButtonAction::Approve | ButtonAction::Choose { .. } | ButtonAction::CustomAnswer
        );
        if yes && !layout.posted {
            continue;
        }
        labels.push(match &button.action {
            ButtonAction::Approve => words.say("button-approve"),
            ButtonAction::Deny => words.say("button-deny"),
            ButtonAction::DenyWithReason => words.say("button-deny-with-reason"),
            ButtonAction::CustomAnswer => words.say("button-custom-answer"),
            ButtonAction::Decline => words.say("button-decline"),
            ButtonAction::Choose { label, .. } => {
                option += 1;
                if numbered {
                    format!("{option}. {}", shown(label))
                } else {
                    shown(label)
                }
            }
        });
    }
    labels
}
