//! Every way in which a request can end: the receiver must take them all.

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use signoff_contract::submission::{
    LINK_LABEL_CHARS, MAX_ARGUMENTS_BYTES, MAX_LINKS, MAX_OPTION_DESCRIPTION_CHARS,
    MAX_REQUESTER_CHARS, MAX_TEXT_CHARS, MAX_URL_CHARS, OPTION_ID_CHARS, OPTION_LABEL_CHARS,
    OPTIONS, TITLE_CHARS, TOOL_CHARS,
};
use signoff_contract::{
    ActionView, Answer, Decider, DeciderType, Digest, Kind, Link, Outcome, QuestionOption,
    RequestResource, Requester, Status, Via,
};
use url::Url;

use super::checks;
use super::message::Message;
use super::outbox::Outbox;
use crate::{Check, Examination, Miss};

/// What makes a request the one that is tried.
type Change = fn(&mut RequestResource);

/// Tries each. `approved` is the callback of an approval.
pub(super) async fn examine(examination: &mut Examination, outbox: &Outbox, approved: &Message) {
    let trial = outbox.delivers(approved);
    examination.check(&checks::APPROVED, trial).await;
    let endings: [(Check, &str, Status, Change); 7] = [
        (checks::DENIED, "denied", Status::Denied, denied),
        (checks::ANSWERED, "answered", Status::Approved, answered),
        (checks::OWN_WORDS, "own-words", Status::Approved, own_words),
        (checks::EXPIRED, "expired", Status::Expired, |_| ()),
        (checks::FAILED, "failed", Status::Failed, failed),
        (checks::CANCELLED, "cancelled", Status::Cancelled, cancelled),
        (checks::LARGEST, "largest", Status::Denied, largest),
    ];
    for (check, name, status, change) in endings {
        let trial = async {
            let mut request = outbox.request(name, status)?;
            change(&mut request);
            outbox.delivers(&Message::of(&request)?).await
        };
        examination.check(&check, trial).await;
    }
    let unknown_fields = unknown_fields(outbox);
    examination
        .check(&checks::UNKNOWN_FIELDS, unknown_fields)
        .await;
}

/// An approval that somebody gave.
pub(super) fn approved(outbox: &Outbox) -> Result<Message, Miss> {
    let mut request = outbox.request("approved", Status::Approved)?;
    decided(&mut request);
    Message::of(&request)
}

/// As a later version may write it.
async fn unknown_fields(outbox: &Outbox) -> crate::Outcome {
    let mut request = outbox.request("unknown-fields", Status::Approved)?;
    decided(&mut request);
    let mut body = Message::of(&request)?.json()?;
    let new = json!({ "of": ["a", { "later": "version" }] });
    body["new_field"] = new.clone();
    body["data"]["new_field"] = new.clone();
    body["data"]["outcome"]["new_field"] = new.clone();
    body["data"]["outcome"]["decided_by"][0]["new_field"] = new;
    let message = Message::about(&request, body.to_string().into_bytes());
    outbox.delivers(&message).await
}

fn ending(request: &mut RequestResource, say: impl FnOnce(&mut Outcome)) {
    if let Some(outcome) = &mut request.outcome {
        say(outcome);
    }
}

fn somebody(kind: DeciderType, name: &str, channel: &str, at: Timestamp) -> Decider {
    Decider {
        kind,
        name: name.to_owned(),
        channel: channel.to_owned(),
        at,
    }
}

fn decided(request: &mut RequestResource) {
    ending(request, |outcome| {
        let ann = somebody(DeciderType::Approver, "ann", "telegram", outcome.decided_at);
        outcome.decided_by = vec![ann];
    });
}

fn denied(request: &mut RequestResource) {
    decided(request);
    ending(request, |outcome| {
        outcome.reason = Some("Not on a Friday: \"nobody\" is here.\n— Ann".to_owned());
        outcome.reason_via = Some(Via::Voice);
    });
}

fn question(request: &mut RequestResource, answer: Option<Answer>) {
    decided(request);
    request.kind = Kind::Question;
    request.action = None;
    request.intent_digest = None;
    request.view_digest = None;
    request.allow_custom = Some(true);
    let option = |id: &str, label: &str| QuestionOption {
        id: id.to_owned(),
        label: label.to_owned(),
        description: None,
    };
    request.options = vec![
        option("canary", "Canary, 10 % of traffic"),
        option("blue_green", "Blue/green switch"),
    ];
    ending(request, |outcome| outcome.answer = answer);
}

fn answered(request: &mut RequestResource) {
    let answer = Answer {
        option_id: Some("canary".to_owned()),
        text: "Canary, 10 % of traffic".to_owned(),
        via: Via::Button,
    };
    question(request, Some(answer));
}

fn own_words(request: &mut RequestResource) {
    let answer = Answer {
        option_id: None,
        text: "После обеда, 慢慢来; \\ \u{1f642}\nיאללה".to_owned(),
        via: Via::Text,
    };
    question(request, Some(answer));
}

fn failed(request: &mut RequestResource) {
    ending(request, |outcome| {
        outcome.reason = Some("undeliverable: telegram: chat not found".to_owned());
    });
}

fn cancelled(request: &mut RequestResource) {
    ending(request, |outcome| {
        let by = somebody(DeciderType::Requester, "ci", "api", outcome.decided_at);
        outcome.decided_by = vec![by];
        outcome.reason = Some("the run was stopped".to_owned());
        outcome.reason_via = Some(Via::Api);
    });
}

/// Everything as long as the contract allows, in characters of four bytes where it allows those.
fn largest(request: &mut RequestResource) {
    let long = |characters: usize| "\u{1f642}".repeat(characters);
    let lines = || Some(long(MAX_TEXT_CHARS));
    question(request, None);
    request.title = long(*TITLE_CHARS.end());
    request.context = lines();
    request.justification = lines();
    request.risk_assessment = lines();
    let mut arguments = Map::new();
    let around = "{\"text\":\"\"}".len();
    let text = "x".repeat(MAX_ARGUMENTS_BYTES - around);
    arguments.insert("text".to_owned(), Value::String(text));
    let action = ActionView {
        tool: long(*TOOL_CHARS.end()),
        arguments,
        masked: Vec::new(),
    };
    let digest = Digest::of_action(&action.tool, &action.arguments);
    request.action = Some(action);
    request.intent_digest = Some(digest);
    request.view_digest = Some(digest);
    let option = |number: usize| QuestionOption {
        id: format!("{number:0>width$}", width = *OPTION_ID_CHARS.end()),
        label: long(*OPTION_LABEL_CHARS.end()),
        description: Some(long(MAX_OPTION_DESCRIPTION_CHARS)),
    };
    request.options = (0..*OPTIONS.end()).map(option).collect();
    let word = || Some(long(MAX_REQUESTER_CHARS));
    request.requester = Some(Requester {
        agent: word(),
        run_id: word(),
        run_label: word(),
        runtime_mode: word(),
    });
    if let Ok(url) = Url::parse(&format!("{:x<MAX_URL_CHARS$}", "https://git.example/")) {
        let label = long(*LINK_LABEL_CHARS.end());
        request.links = vec![Link { label, url }; MAX_LINKS];
    }
    ending(request, |outcome| outcome.reason = lines());
}
