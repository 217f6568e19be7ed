//! Cards of every kind and state, full of hostile text; `layout.rs` has what each is meant to say.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};
use signoff_contract::{
    ActionView, Answer, Decider, DeciderType, Digest, Execution, ExecutionResult, Kind, Link,
    Outcome, QuestionOption, RequestResource, Requester, Risk, Status, Via,
};
use signoff_engine::{Button, ButtonAction, Notice, PromptCard, Recipient};

use super::hostile::Hostile;

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
