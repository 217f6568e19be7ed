//! The resource and the callback: what they carry and what not.

use serde_json::Value;
use signoff_contract::{Kind, Link, Requester, Via};
use signoff_core::render;
use signoff_core::request::{Event, Reply, open};

use crate::support::{apply, at, request, says, words};

#[test]
fn the_callback_is_the_resource_without_prompts_claim_execution_and_callback() {
    let denied = apply(
        &request(Kind::Approval),
        says(
            "ann",
            Reply::Deny {
                reason: Some(words("not today")),
            },
            Via::Text,
        ),
        at(50),
    );
    let body = render::callback_body(&denied, at(50)).unwrap();
    let body: Value = serde_json::from_slice(&body).unwrap();
    let mut resource = serde_json::to_value(render::resource(&denied, None)).unwrap();
    resource.as_object_mut().unwrap().remove("prompts");
    assert_eq!(body["data"], resource);
    insta::assert_json_snapshot!(body);
}

#[test]
fn neither_carries_the_callbacks_url() {
    let cancelled = apply(
        &request(Kind::Question),
        Event::Cancelled {
            by: "control-plane".to_owned(),
            reason: None,
        },
        at(50),
    );
    let resource = serde_json::to_string(&render::resource(&cancelled, None)).unwrap();
    let callback = render::callback_body(&cancelled, at(50)).unwrap();
    for text in [resource, String::from_utf8(callback).unwrap()] {
        assert!(
            !text.contains("T0PS3CRET") && !text.contains("hunter2"),
            "{text}"
        );
    }
}

#[test]
fn the_callback_of_one_state_is_always_the_same_bytes() {
    let ended = apply(&request(Kind::Approval), Event::DeadlinePassed, at(3_600));
    let body = render::callback_body(&ended, at(3_600)).unwrap();
    assert_eq!(render::callback_body(&ended, at(3_600)).unwrap(), body);
}

#[test]
fn the_first_audit_event_holds_every_text_that_people_were_shown_and_no_address() {
    let mut asked = request(Kind::Approval);
    let texts = ["the context", "the justification", "the risk assessment"];
    let [context, justification, risk] = texts.map(|text| Some(text.to_owned()));
    asked.submission.context = context;
    asked.submission.justification = justification;
    asked.submission.risk_assessment = risk;
    asked.submission.requester = Some(Requester {
        agent: Some("deploy-bot".to_owned()),
        ..Requester::default()
    });
    asked.submission.links = vec![Link {
        label: "PR 42".to_owned(),
        url: "https://git.example.org/pull/42".parse().unwrap(),
    }];
    let opened = open(asked, &[], at(0));
    let event = opened.audit[0].payload.to_string();
    let shown = [
        "Deploy billing 1.2.3",
        "deploy-bot",
        "PR 42",
        "/pull/42",
        "k8s.deploy",
        "prod",
    ];
    for text in texts.iter().chain(&shown) {
        assert!(event.contains(text), "{text} is missing: {event}");
    }
    assert!(!event.contains("control.example.org"), "{event}");
}
