//! Cards of every kind and state, full of hostile text, and what each is meant to say.

use fluent_bundle::FluentValue;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};
use signoff_contract::{
    ActionView, Answer, Decider, DeciderType, Digest, Execution, ExecutionResult, Kind, Link,
    Outcome, QuestionOption, RequestResource, Requester, Risk, Status, Via,
};
use signoff_engine::{Button, ButtonAction, Notice, PromptCard, Recipient};

use super::hostile::Hostile;
use super::json;
use super::meant::{Meant, line, prose};
use super::words::Words;

/// The longest address that is linked when texts had to be shortened.
const LONGEST_LINK: usize = 300;

/// An open card of the request with this number, in front of the person with this id.
pub(super) fn open(
    hostile: &mut Hostile,
    number: usize,
    user: i64,
    language: &str,
    now: Timestamp,
) -> PromptCard {
    let asks = hostile.chance(2);
    let risk = [Risk::Low, Risk::Medium, Risk::High, Risk::Critical][hostile.below(4)];
    let request = RequestResource {
        id: format!("req_01JD3ZK8M9QW7E5R2T4Y{number:06}")
            .parse()
            .expect("an id"),
        project: if hostile.chance(3) {
            hostile.line(60)
        } else {
            "default".to_owned()
        },
        correlation_id: format!("run-{number}").parse().expect("an id"),
        kind: if asks { Kind::Question } else { Kind::Approval },
        status: Status::Pending,
        title: hostile.line(300),
        context: hostile.maybe(1_200),
        justification: hostile.maybe(4_000),
        risk_assessment: hostile.maybe(600),
        risk,
        action: (!asks || hostile.chance(4)).then(|| action(hostile)),
        options: if asks { options(hostile) } else { Vec::new() },
        allow_custom: asks.then_some(true),
        requester: (!hostile.chance(4)).then(|| Requester {
            agent: hostile.maybe(200),
            run_id: hostile.maybe(200),
            run_label: hostile.maybe(200),
            runtime_mode: hostile.maybe(200),
        }),
        links: (0..hostile.below(4)).map(|_| link(hostile)).collect(),
        route: "default".to_owned(),
        language: None,
        ttl_seconds: 3_600,
        intent_digest: None,
        view_digest: None,
        created_at: now,
        expires_at: now + SignedDuration::from_hours(1),
        prompts: None,
        outcome: None,
        claimed_at: None,
        execution: None,
        callback: None,
    };
    let mut card = prompt(request, number, user, language);
    if let Some(action) = &card.request.action {
        card.request.view_digest = Some(Digest::of_action(&action.tool, &action.arguments));
    }
    if hostile.chance(3) {
        card.approvals_needed = 3;
        card.approvals = (0..hostile.below(3)).map(|_| "ann".to_owned()).collect();
    }
    card
}

fn prompt(request: RequestResource, number: usize, user: i64, language: &str) -> PromptCard {
    let actions = match request.kind {
        Kind::Approval => vec![
            ButtonAction::Approve,
            ButtonAction::Deny,
            ButtonAction::DenyWithReason,
        ],
        Kind::Question => {
            let choose = |option: &QuestionOption| ButtonAction::Choose {
                option_id: option.id.clone(),
                label: option.label.clone(),
            };
            let mut actions: Vec<_> = request.options.iter().map(choose).collect();
            actions.extend([ButtonAction::CustomAnswer, ButtonAction::Decline]);
            actions
        }
    };
    let button = |(index, action)| Button {
        handle: format!("{number:045}.{index}"),
        action,
    };
    PromptCard {
        prompt_id: format!("prm_01JD3ZK8M9QW7E5R2T4Y{number:06}")
            .parse()
            .expect("an id"),
        number: 1,
        revision: 1,
        place: user.to_string(),
        request,
        recipients: vec![Recipient {
            approver: "ann".to_owned(),
            user_id: user.to_string(),
            language: Some(language.to_owned()),
        }],
        buttons: actions.into_iter().enumerate().map(button).collect(),
        approvals: Vec::new(),
        approvals_needed: 1,
        asks_twice: true,
        notices: Vec::new(),
        remind: false,
        language: "en".to_owned(),
    }
}

fn action(hostile: &mut Hostile) -> ActionView {
    let mut arguments = Map::new();
    for _ in 0..hostile.below(5) {
        let most = if hostile.chance(5) { 4_000 } else { 300 };
        let value = match hostile.below(5) {
            0 => json!([hostile.text(40), 1.5, -3, null, true, [], {}]),
            1 => {
                json!({ hostile.text(30): hostile.text(most), hostile.text(30): { "x": hostile.text(20) } })
            }
            _ => Value::from(hostile.text(most)),
        };
        arguments.insert(hostile.text(40), value);
    }
    let masked = (0..hostile.below(3)).map(|n| format!("/{n}")).collect();
    let plain = hostile.chance(2);
    ActionView {
        tool: if plain {
            "k8s.deploy".to_owned()
        } else {
            hostile.line(200)
        },
        arguments,
        masked,
    }
}

fn options(hostile: &mut Hostile) -> Vec<QuestionOption> {
    let most = if hostile.chance(2) { 42 } else { 300 };
    (0..2 + hostile.below(4))
        .map(|index| QuestionOption {
            id: format!("option-{index}"),
            label: hostile.line(most),
            description: hostile.maybe(500),
        })
        .collect()
}

fn link(hostile: &mut Hostile) -> Link {
    let urls = [
        "https://git.example.org/pull/42",
        "http://evil.example:8443/?a=1&b=%22<x>'\"&amp;#f",
        "https://xn--80ak6aa92e.example/%E2%80%AE/а",
    ];
    let mut url = urls[hostile.below(urls.len())].to_owned();
    if hostile.chance(5) {
        url = format!("https://long.example/{}", "a/".repeat(400));
    }
    Link {
        label: hostile.line(100),
        url: url.parse().expect("an address"),
    }
}

/// The same card after its request ended.
pub(super) fn ended(hostile: &mut Hostile, open: &PromptCard, at: Timestamp) -> PromptCard {
    let mut card = open.clone();
    card.buttons.clear();
    card.revision += 1;
    let all = [
        Status::Approved,
        Status::Denied,
        Status::Expired,
        Status::Cancelled,
        Status::Failed,
    ];
    let status = all[hostile.below(all.len())];
    let decided = matches!(status, Status::Approved | Status::Denied);
    let answers = status == Status::Approved && card.request.kind == Kind::Question;
    let answer = answers.then(|| {
        let chosen = hostile
            .chance(2)
            .then(|| card.request.options[0].id.clone());
        Answer {
            option_id: chosen,
            text: hostile.line(4_000),
            via: Via::Text,
        }
    });
    let by = |name: &str| Decider {
        kind: DeciderType::Approver,
        name: name.to_owned(),
        channel: "telegram".to_owned(),
        at,
    };
    card.request.status = status;
    card.request.outcome = Some(Outcome {
        status,
        decided_at: at,
        reason: if answers || hostile.chance(3) {
            None
        } else {
            Some(hostile.line(4_000))
        },
        reason_via: None,
        answer,
        decided_by: if decided {
            vec![by("ann"), by("ben")]
        } else {
            Vec::new()
        },
    });
    if status == Status::Approved && hostile.chance(2) {
        let results = [ExecutionResult::Applied, ExecutionResult::Failed];
        card.request.execution = Some(Execution {
            result: results[hostile.below(2)],
            detail: hostile.chance(2).then(|| hostile.line(4_000)),
            reported_at: at,
        });
    }
    if hostile.chance(3) {
        card.notices.push(Notice::RequesterUnreachable);
    }
    card
}

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
