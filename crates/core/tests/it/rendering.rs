//! The resource and the callback: what they carry and what not.

use serde_json::Value;
use signoff_contract::{Kind, Via};
use signoff_core::render;
use signoff_core::request::{Event, Reply};

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
