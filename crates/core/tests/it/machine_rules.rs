//! The machine's rules, each as a sentence.

use jiff::Timestamp;
use signoff_contract::{Digest, ExecutionResult, Kind, Risk, Status, Via};
use signoff_core::request::{
    self, Effect, Event, FailureCode, Rejection, Reply, Request, State, Work,
};

use crate::support::{
    apply, at, at_ms, chooses, prompt, request, says, taps_approve, taps_deny, words, writes,
};

fn high_risk() -> Request {
    let mut request = request(Kind::Approval);
    request.submission.risk = Risk::High;
    request
}

fn effect(request: &Request, event: Event, now: Timestamp) -> Effect {
    request::apply(request, event, now)
        .expect("the event is accepted")
        .effect
}

pub(crate) fn rejection(request: &Request, event: Event, now: Timestamp) -> Rejection {
    request::apply(request, event, now).expect_err("the event is refused")
}

pub(crate) fn prompt_failed(prompt: u8, cause: &str) -> Event {
    Event::PromptFailed {
        prompt,
        cause: cause.to_owned(),
    }
}

#[test]
fn the_vote_of_someone_taken_off_the_route_counts_no_more() {
    let mut two = request(Kind::Approval);
    two.min_approvals = 2;
    let voted = apply(&two, taps_approve("ann"), at(10));
    let Event::Responded(mut response) = taps_approve("bob") else {
        panic!("a response");
    };
    response.eligible = vec!["bob".to_owned(), "cid".to_owned()];
    let counted = effect(&voted, Event::Responded(response), at(20));
    assert_eq!(counted, Effect::Recorded { have: 1, need: 2 });
}

#[test]
fn a_second_press_decides_from_one_second_to_sixty_after_the_first() {
    let pressed = apply(&high_risk(), taps_approve("ann"), at(10));
    for (millis, expected) in [
        (0, Effect::ConfirmationRequired),
        (999, Effect::ConfirmationRequired),
        (1_000, Effect::Decided),
        (60_000, Effect::Decided),
        (60_001, Effect::ConfirmationRequired),
    ] {
        let now = at_ms(10_000 + millis);
        assert_eq!(
            effect(&pressed, taps_approve("ann"), now),
            expected,
            "{millis} ms"
        );
    }
}

#[test]
fn a_double_tap_does_not_move_the_first_press() {
    let pressed = apply(&high_risk(), taps_approve("ann"), at_ms(10_000));
    let tapped = apply(&pressed, taps_approve("ann"), at_ms(10_900));
    assert_eq!(tapped, pressed);
    assert_eq!(
        effect(&tapped, taps_approve("ann"), at_ms(11_000)),
        Effect::Decided
    );
}

#[test]
fn a_second_press_by_another_person_is_a_first_press() {
    let pressed = apply(&high_risk(), taps_approve("ann"), at(10));
    assert_eq!(
        effect(&pressed, taps_approve("bob"), at(15)),
        Effect::ConfirmationRequired
    );
}

#[test]
fn a_press_after_a_late_one_counts_from_the_late_one() {
    let pressed = apply(&high_risk(), taps_approve("ann"), at(10));
    let again = apply(&pressed, taps_approve("ann"), at(100));
    assert_eq!(
        effect(&again, taps_approve("ann"), at(150)),
        Effect::Decided
    );
}

#[test]
fn a_clock_that_went_back_makes_the_press_a_first_one() {
    let pressed = apply(&high_risk(), taps_approve("ann"), at(100));
    let again = apply(&pressed, taps_approve("ann"), at(50));
    assert_eq!(effect(&again, taps_approve("ann"), at(51)), Effect::Decided);
}

#[test]
fn a_hidden_value_asks_twice_at_any_risk_and_a_denial_never() {
    let mut request = request(Kind::Approval);
    request.masked = vec!["/password".to_owned()];
    assert_eq!(
        effect(&request, taps_approve("ann"), at(1)),
        Effect::ConfirmationRequired
    );
    assert_eq!(effect(&request, taps_deny("ann"), at(1)), Effect::Decided);
}

#[test]
fn every_way_of_approving_in_a_channel_asks_twice_and_the_api_does_not() {
    for (via, expected) in [
        (Via::Button, Effect::ConfirmationRequired),
        (Via::Text, Effect::ConfirmationRequired),
        (Via::Voice, Effect::ConfirmationRequired),
        (Via::Web, Effect::ConfirmationRequired),
        (Via::Api, Effect::Decided),
        (Via::Cli, Effect::Decided),
    ] {
        let event = says("ann", Reply::Approve, via);
        assert_eq!(effect(&high_risk(), event, at(1)), expected, "{via:?}");
    }
}

#[test]
fn several_approvals_are_of_different_people() {
    let two = Request {
        min_approvals: 2,
        ..request(Kind::Approval)
    };
    let one = apply(&two, taps_approve("ann"), at(1));
    assert_eq!(
        rejection(&one, taps_approve("ann"), at(2)),
        Rejection::AlreadyVoted {
            by: "ann".to_owned(),
            have: 1,
            need: 2
        }
    );
    let both = apply(&one, taps_approve("bob"), at(3));
    assert_eq!(both.status(), Status::Approved);
    assert_eq!(both.votes().len(), 2);
}

#[test]
fn one_denial_ends_it_even_by_someone_who_approved() {
    let two = Request {
        min_approvals: 2,
        ..request(Kind::Approval)
    };
    let one = apply(&two, taps_approve("ann"), at(1));
    for who in ["ann", "bob"] {
        let denied = apply(&one, taps_deny(who), at(2));
        assert_eq!(denied.status(), Status::Denied);
        let by: Vec<&str> = denied.votes().iter().map(|vote| vote.by.as_str()).collect();
        assert_eq!(by, [who], "ann, who approved, did not deny what bob denied");
    }
}

#[test]
fn a_question_takes_one_answer_whatever_the_route_needs() {
    let question = Request {
        min_approvals: 2,
        ..request(Kind::Question)
    };
    assert_eq!(
        apply(&question, chooses("ann", "blue"), at(1)).status(),
        Status::Approved
    );
    assert_eq!(
        apply(&question, writes("ann", "later"), at(1)).status(),
        Status::Approved
    );
}

#[test]
fn an_option_answers_with_its_label() {
    let answered = apply(&request(Kind::Question), chooses("ann", "blue"), at(1));
    let State::Approved(decided) = &answered.state else {
        panic!("answered")
    };
    let answer = decided.answer.as_ref().unwrap().verbatim();
    assert_eq!(
        (answer.option_id.as_deref(), answer.text.as_str()),
        (Some("blue"), "The blue way")
    );
}

#[test]
fn a_wrong_option_is_refused_without_repeating_what_was_sent() {
    let event = chooses("ann", "hunter2");
    let refused = rejection(&request(Kind::Question), event, at(1));
    assert!(!refused.to_string().contains("hunter2"));
}

#[test]
fn a_blank_reason_is_no_reason() {
    let blank = says(
        "ann",
        Reply::Deny {
            reason: Some(words(" \n")),
        },
        Via::Text,
    );
    let State::Denied(decided) = apply(&request(Kind::Approval), blank, at(1)).state else {
        panic!("denied")
    };
    assert_eq!(decided.reason, None);
}

#[test]
fn the_deadline_itself_is_too_late() {
    let request = request(Kind::Approval);
    let expires_at = request.expires_at;
    let last = Timestamp::from_millisecond(expires_at.as_millisecond() - 1).unwrap();
    assert_eq!(effect(&request, taps_approve("ann"), last), Effect::Decided);
    assert_eq!(
        rejection(&request, taps_approve("ann"), expires_at),
        Rejection::Expired { expires_at }
    );
    assert_eq!(
        rejection(&request, Event::DeadlinePassed, last),
        Rejection::Superseded
    );
}

#[test]
fn a_request_that_nobody_was_shown_fails_instead_of_expiring() {
    let request = request(Kind::Approval);
    let State::Failed { cause, .. } = apply(&request, Event::DeadlinePassed, at(3_600)).state
    else {
        panic!("failed")
    };
    assert_eq!(cause.code, FailureCode::NeverPresented);
    let shown = apply(&request, Event::PromptShown { prompt: 0 }, at(1));
    assert_eq!(
        apply(&shown, Event::DeadlinePassed, at(3_600)).status(),
        Status::Expired
    );
}

#[test]
fn a_request_fails_as_soon_as_too_few_can_be_reached() {
    let request = request(Kind::Approval);
    let one = apply(&request, prompt_failed(0, "chat not found"), at(1));
    assert_eq!(one.status(), Status::Pending);
    let none = apply(&one, prompt_failed(1, "chat not found"), at(2));
    let State::Failed { cause, .. } = &none.state else {
        panic!("failed")
    };
    assert_eq!(cause.to_string(), "undeliverable: telegram: chat not found");
}

#[test]
fn a_prompt_that_was_shown_stays_shown_whatever_fails_later() {
    let shown = apply(
        &request(Kind::Approval),
        Event::PromptShown { prompt: 0 },
        at(1),
    );
    let refused = rejection(&shown, prompt_failed(0, "blocked"), at(2));
    assert_eq!(refused, Rejection::Superseded);
    let expired = apply(&shown, Event::DeadlinePassed, at(3_600));
    assert_eq!(expired.status(), Status::Expired);
    assert!(request::apply(&expired, prompt_failed(0, "blocked"), at(3_601)).is_err());
}

#[test]
fn who_has_approved_need_not_be_reached_again() {
    let two = Request {
        min_approvals: 2,
        ..request(Kind::Approval)
    };
    let one = apply(&two, taps_approve("ann"), at(1));
    let lost = apply(&one, prompt_failed(0, "blocked"), at(2));
    assert_eq!(lost.status(), Status::Pending);
    assert_eq!(
        apply(&lost, taps_approve("bob"), at(3)).status(),
        Status::Approved
    );
    assert_eq!(
        apply(&lost, prompt_failed(1, "blocked"), at(3)).status(),
        Status::Failed
    );
}

#[test]
fn a_request_that_reaches_too_few_fails_at_once_and_no_phone_rings() {
    let two = Request {
        min_approvals: 2,
        prompts: vec![prompt(0, &["ann"])],
        ..request(Kind::Approval)
    };
    let opened = request::open(two, &["telegram: bob is not paired".to_owned()], at(0));
    let State::Failed { cause, .. } = &opened.request.state else {
        panic!("failed")
    };
    assert_eq!(
        cause.to_string(),
        "undeliverable: telegram: bob is not paired (1 of 2 needed approvers can be reached)"
    );
    assert_eq!(opened.work, [Work::SendCallback]);
    assert_eq!(opened.effect, Effect::Decided);
}

#[test]
fn a_request_that_reaches_enough_is_shown() {
    let opened = request::open(request(Kind::Approval), &[], at(0));
    assert_eq!(opened.request.status(), Status::Pending);
    assert_eq!(opened.work, [Work::UpdatePrompts]);
}

#[test]
fn the_person_behind_the_request_neither_decides_nor_counts_as_reachable() {
    let own = Request {
        submitted_for: Some("ann".to_owned()),
        ..request(Kind::Approval)
    };
    let expected = Rejection::OwnRequest {
        by: "ann".to_owned(),
    };
    assert_eq!(rejection(&own, taps_approve("ann"), at(1)), expected);
    assert_eq!(rejection(&own, taps_deny("ann"), at(1)), expected);
    assert_eq!(own.reachable(), ["bob"]);
    assert_eq!(
        apply(&own, prompt_failed(1, "blocked"), at(1)).status(),
        Status::Failed
    );
}

#[test]
fn an_approval_is_claimed_once_by_its_digest() {
    let approved = apply(&request(Kind::Approval), taps_approve("ann"), at(1));
    let claim = |intent_digest| Event::Claimed {
        by: "executor".to_owned(),
        intent_digest,
    };
    let right = approved.intent_digest.unwrap();
    let other = Digest::of_bytes(b"another action");
    assert_eq!(
        rejection(&approved, claim(other), at(2)),
        Rejection::DigestMismatch
    );
    let claimed = apply(&approved, claim(right), at(3));
    let again = rejection(&claimed, claim(right), at(4));
    assert_eq!(again, Rejection::AlreadyClaimed { at: at(3) });
    // Who reported without a claim has run it all the same.
    let report = Event::ExecutionReported {
        by: "executor".to_owned(),
        result: ExecutionResult::Applied,
        detail: None,
    };
    let reported = apply(&approved, report, at(5));
    let late = rejection(&reported, claim(right), at(6));
    assert_eq!(late, Rejection::AlreadyClaimed { at: at(5) });
}

#[test]
fn an_execution_is_reported_once() {
    let approved = apply(&request(Kind::Approval), taps_approve("ann"), at(1));
    let report = |result| Event::ExecutionReported {
        by: "executor".to_owned(),
        result,
        detail: None,
    };
    let reported = apply(&approved, report(ExecutionResult::Failed), at(2));
    let again = rejection(&reported, report(ExecutionResult::Applied), at(3));
    assert_eq!(
        again,
        Rejection::AlreadyReported {
            reported: ExecutionResult::Failed
        }
    );
}

#[test]
fn an_answered_question_is_no_approval_to_use() {
    let answered = apply(&request(Kind::Question), chooses("ann", "blue"), at(1));
    let claim = Event::Claimed {
        by: "x".to_owned(),
        intent_digest: Digest::of_bytes(b""),
    };
    let expected = Rejection::NotApproved {
        status: Status::Approved,
    };
    assert_eq!(rejection(&answered, claim, at(2)), expected);
}

#[test]
fn a_reminder_comes_once_and_not_after_the_deadline() {
    let request = request(Kind::Approval);
    assert_eq!(
        rejection(&request, Event::ReminderDue, at(1_799)),
        Rejection::Superseded
    );
    let reminded = apply(&request, Event::ReminderDue, at(1_800));
    assert_eq!(
        rejection(&reminded, Event::ReminderDue, at(1_900)),
        Rejection::Superseded
    );
    assert_eq!(
        rejection(&request, Event::ReminderDue, at(3_600)),
        Rejection::Superseded
    );
}
