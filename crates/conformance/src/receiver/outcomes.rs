//! Every way in which a request can end: the receiver must take them all.

use jiff::Timestamp;
use signoff_contract::{
    Answer, Decider, DeciderType, Kind, Outcome, QuestionOption, RequestResource, Status, Via,
};

use super::checks;
use super::message::Message;
use super::outbox::Outbox;
use crate::{Check, Examination};

/// Tries each.
pub(super) async fn examine(examination: &mut Examination, outbox: &Outbox) {
    type Change = fn(&mut RequestResource);
    let endings: [(Check, &str, Status, Change); 7] = [
        (checks::APPROVED, "approved", Status::Approved, decided),
        (checks::DENIED, "denied", Status::Denied, denied),
        (checks::ANSWERED, "answered", Status::Approved, answered),
        (checks::OWN_WORDS, "own-words", Status::Approved, own_words),
        (checks::EXPIRED, "expired", Status::Expired, |_| ()),
        (checks::FAILED, "failed", Status::Failed, failed),
        (checks::CANCELLED, "cancelled", Status::Cancelled, cancelled),
    ];
    for (check, name, status, change) in endings {
        let trial = async {
            let mut request = outbox.request(name, status)?;
            change(&mut request);
            outbox.delivers(&Message::of(&request)).await
        };
        examination.check(&check, trial).await;
    }
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

fn question(request: &mut RequestResource, answer: Answer) {
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
    ending(request, |outcome| outcome.answer = Some(answer));
}

fn answered(request: &mut RequestResource) {
    let answer = Answer {
        option_id: Some("canary".to_owned()),
        text: "Canary, 10 % of traffic".to_owned(),
        via: Via::Button,
    };
    question(request, answer);
}

fn own_words(request: &mut RequestResource) {
    let answer = Answer {
        option_id: None,
        text: "После обеда, 慢慢来; \\ \u{1f642}\nיאללה".to_owned(),
        via: Via::Text,
    };
    question(request, answer);
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
