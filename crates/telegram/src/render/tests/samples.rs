//! Cards to render, and how to read what was rendered.

use jiff::Timestamp;
use serde_json::json;
use signoff_contract::{
    ActionView, Answer, Decider, DeciderType, Digest, Execution, ExecutionResult, Kind, Link,
    Outcome, QuestionOption, RequestResource, Requester, Risk, Status, Via,
};
use signoff_engine::{Button, ButtonAction, PromptCard, Recipient};

use super::super::{Attachments, Language, RenderedCard, card};

/// A time of the day on which everything here happens.
pub(super) fn at(time: &str) -> Timestamp {
    format!("2026-03-01T{time}:00Z").parse().unwrap()
}

pub(super) fn render(prompt: &PromptCard, language: Language) -> RenderedCard {
    card(prompt, language, at("14:03"), Attachments::Posted)
}

/// The text that people see: no markup, entities resolved.
pub(super) fn visible(html: &str) -> String {
    let mut text = String::new();
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        text.push_str(&rest[..start]);
        rest = &rest[start..];
        rest = &rest[rest.find('>').expect("a tag ends") + 1..];
    }
    text.push_str(rest);
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&amp;", "&")
}

fn resource(kind: Kind) -> RequestResource {
    RequestResource {
        id: "req_01JD3ZK8M9QW7E5R2T4YA1B2C3".parse().unwrap(),
        project: "default".to_owned(),
        correlation_id: "run-42".parse().unwrap(),
        kind,
        status: Status::Pending,
        title: "Deploy billing-api 1.2.3 to production".to_owned(),
        context: None,
        justification: None,
        risk_assessment: None,
        risk: Risk::High,
        action: None,
        options: Vec::new(),
        allow_custom: (kind == Kind::Question).then_some(true),
        requester: Some(Requester {
            agent: Some("deploy-bot".to_owned()),
            run_id: Some("42".to_owned()),
            run_label: Some("run:dev".to_owned()),
            runtime_mode: None,
        }),
        links: Vec::new(),
        route: "default".to_owned(),
        language: None,
        ttl_seconds: 3_600,
        intent_digest: None,
        view_digest: None,
        created_at: at("14:02"),
        expires_at: at("15:02"),
        prompts: None,
        outcome: None,
        claimed_at: None,
        execution: None,
        callback: None,
    }
}

fn prompt(request: RequestResource, actions: Vec<ButtonAction>) -> PromptCard {
    let buttons = actions
        .into_iter()
        .enumerate()
        .map(|(index, action)| Button {
            handle: format!("handle-{index}"),
            action,
        });
    PromptCard {
        prompt_id: "prm_01JD3ZK8M9QW7E5R2T4YA1B2C3".parse().unwrap(),
        revision: 1,
        place: "1001".to_owned(),
        request,
        recipients: vec![Recipient {
            approver: "ann".to_owned(),
            user_id: "1001".to_owned(),
            language: None,
        }],
        buttons: buttons.collect(),
        approvals: Vec::new(),
        approvals_needed: 1,
        asks_twice: true,
        notices: Vec::new(),
        remind: false,
        language: "en".to_owned(),
    }
}

pub(super) fn approval() -> PromptCard {
    let mut request = resource(Kind::Approval);
    let arguments = json!({
        "namespace": "prod",
        "image": "registry/billing:1.2.3",
        "password": "••• 19 characters hidden",
    });
    let serde_json::Value::Object(arguments) = arguments else {
        unreachable!()
    };
    request.view_digest = Some(Digest::of_action("k8s.deploy", &arguments));
    request.action = Some(ActionView {
        tool: "k8s.deploy".to_owned(),
        arguments,
        masked: vec!["/password".to_owned()],
    });
    request.justification = Some("Fixes the double charge reported this morning.".to_owned());
    request.risk_assessment = Some("API restarts:\nabout 20 s of 502s.".to_owned());
    request.links = vec![Link {
        label: "PR #42".to_owned(),
        url: "https://git.example.org/pull/42".parse().unwrap(),
    }];
    let actions = vec![
        ButtonAction::Approve,
        ButtonAction::Deny,
        ButtonAction::DenyWithReason,
    ];
    prompt(request, actions)
}

pub(super) fn question() -> PromptCard {
    let mut request = resource(Kind::Question);
    request.title = "Which rollout strategy?".to_owned();
    request.risk = Risk::Medium;
    request.context = Some("Production deployment of billing-api".to_owned());
    let option = |id: &str, label: &str, description: Option<&str>| QuestionOption {
        id: id.to_owned(),
        label: label.to_owned(),
        description: description.map(str::to_owned),
    };
    request.options = vec![
        option(
            "canary",
            "Canary, 10 % of traffic",
            Some("Watched for an hour."),
        ),
        option("blue_green", "Blue/green switch", None),
        option("wait", "Delay", Some("Until tomorrow.\nOr later.")),
    ];
    let choose = |option: &QuestionOption| ButtonAction::Choose {
        option_id: option.id.clone(),
        label: option.label.clone(),
    };
    let mut actions: Vec<ButtonAction> = request.options.iter().map(choose).collect();
    actions.extend([ButtonAction::CustomAnswer, ButtonAction::Decline]);
    prompt(request, actions)
}

/// The card after its request ended like this.
pub(super) fn ended(mut card: PromptCard, status: Status) -> PromptCard {
    let decided = matches!(status, Status::Approved | Status::Denied);
    let ann = Decider {
        kind: DeciderType::Approver,
        name: "ann".to_owned(),
        channel: "telegram".to_owned(),
        at: at("14:12"),
    };
    let reason = match (status, card.request.kind) {
        (Status::Denied, Kind::Approval) => Some("Not before the weekend.\nAsk again on Monday."),
        (Status::Cancelled, _) => Some("superseded by run 43"),
        (Status::Failed, _) => Some("undeliverable: telegram: chat not found"),
        _ => None,
    };
    let answer =
        (status == Status::Approved && card.request.kind == Kind::Question).then(|| Answer {
            option_id: Some("blue_green".to_owned()),
            text: "Blue/green switch".to_owned(),
            via: Via::Button,
        });
    card.buttons.clear();
    card.request.status = status;
    card.request.outcome = Some(Outcome {
        status,
        decided_at: at("14:12"),
        reason: reason.map(str::to_owned),
        reason_via: None,
        answer,
        decided_by: if decided { vec![ann] } else { Vec::new() },
    });
    card
}

/// The card after the executor reported.
pub(super) fn executed(mut card: PromptCard, result: ExecutionResult) -> PromptCard {
    let detail = (result == ExecutionResult::Failed).then(|| "rollout timed out".to_owned());
    card.request.execution = Some(Execution {
        result,
        detail,
        reported_at: at("14:15"),
    });
    card
}
