//! What holds for every sequence of events.

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use signoff_contract::{Digest, EventResource, ExecutionResult, Kind, Risk, Via};
use signoff_core::audit::{self, Broken, Entry, Head, Subject};
use signoff_core::request::{
    self, Effect, Event, Rejection, Reply, Request, Responder, Response, State, Work,
};

use crate::machine_kinds::{EVENTS, STATES, assert_all, event_kind, state_kind};
use crate::support::{at, note_comes, note_done, note_heard, prompt, request, words};

const PEOPLE: [&str; 4] = ["ann", "bob", "cid", "eve"];
/// Who may decide, unless the operator changed that.
const ROUTE: [&str; 3] = ["ann", "bob", "cid"];
/// Voice notes.
const NOTES: [&str; 2] = ["first", "second"];

fn response() -> impl Strategy<Value = Event> {
    let reply = prop_oneof![
        4 => Just(Reply::Approve),
        1 => Just(Reply::Deny { reason: None }),
        1 => Just(Reply::Deny { reason: Some(words("no")) }),
        2 => prop::sample::select(vec!["canary", "blue", "other"])
            .prop_map(|id| Reply::Choose { option_id: id.to_owned() }),
        1 => prop::sample::select(vec!["later", ""]).prop_map(|text| Reply::Custom(words(text))),
    ];
    let by = prop_oneof![
        8 => prop::sample::select(PEOPLE.to_vec())
            .prop_map(|name| Responder::Approver(name.to_owned())),
        1 => Just(Responder::Stranger("telegram:666".to_owned())),
    ];
    let via = prop::sample::select(vec![Via::Button, Via::Text, Via::Voice, Via::Api]);
    // When it is applied (a time in the future counts as now), or before that.
    let received_at = prop_oneof![
        4 => Just(Timestamp::MAX),
        1 => (0..4_000_i64).prop_map(at),
    ];
    // The route as it is, or after somebody was taken off it.
    let eligible = prop_oneof![
        3 => Just(ROUTE.to_vec()),
        1 => prop::sample::subsequence(ROUTE.to_vec(), 1..3),
    ];
    let note = prop::option::weighted(0.3, prop::sample::select(NOTES.to_vec()));
    let all = (by, reply, via, received_at, eligible, note);
    all.prop_map(|(by, reply, via, received_at, eligible, note)| {
        Event::Responded(Response {
            by,
            channel: "telegram".to_owned(),
            reply,
            via,
            received_at,
            eligible: eligible.into_iter().map(str::to_owned).collect(),
            note: note.map(str::to_owned),
        })
    })
}

fn event() -> impl Strategy<Value = Event> {
    let by = || "key".to_owned();
    let result = prop::sample::select(vec![ExecutionResult::Applied, ExecutionResult::Failed]);
    let note = || prop::sample::select(NOTES.to_vec());
    prop_oneof![
        12 => response(),
        1 => Just(Event::Cancelled { by: by(), reason: Some(words("why")) }),
        1 => Just(Event::DeadlinePassed),
        1 => Just(Event::ReminderDue),
        2 => note().prop_map(note_comes),
        1 => (note(), prop::option::of(0..100_i64))
            .prop_map(|(note, within)| note_heard(note, within)),
        1 => note().prop_map(note_done),
        3 => (0..5_u8).prop_map(|prompt| Event::PromptShown { prompt }),
        2 => (0..5_u8).prop_map(|prompt| Event::PromptFailed { prompt, cause: "gone".to_owned() }),
        2 => any::<bool>().prop_map(move |right| Event::Claimed {
            by: by(),
            intent_digest: if right {
                request(Kind::Approval).intent_digest.unwrap()
            } else {
                Digest::of_bytes(b"another")
            },
        }),
        2 => result.prop_map(move |result| Event::ExecutionReported {
            by: by(),
            result,
            detail: None,
        }),
        1 => Just(Event::CallbackDelivered { attempts: 1 }),
        1 => Just(Event::CallbackDied { cause: "410".to_owned() }),
        1 => Just(Event::CallbackResent { by: by() }),
    ]
}

fn any_request() -> impl Strategy<Value = Request> {
    let kind = prop::sample::select(vec![Kind::Approval, Kind::Approval, Kind::Question]);
    let risk = prop::sample::select(vec![Risk::Low, Risk::High]);
    let own = prop::option::weighted(0.2, Just("ann".to_owned()));
    let prompts = prop_oneof![6 => Just(3_usize), 1 => 0..3_usize];
    let all = (kind, risk, 1..=3_u32, own, prompts);
    all.prop_map(|(kind, risk, min_approvals, submitted_for, prompts)| {
        let mut request = Request {
            min_approvals,
            submitted_for,
            ..request(kind)
        };
        request.submission.risk = risk;
        request.prompts = vec![
            prompt(0, &["ann", "bob"]),
            prompt(1, &["bob"]),
            prompt(2, &["cid"]),
        ];
        // With fewer prompts there may be too few to ask from the start.
        request.prompts.truncate(prompts);
        request
    })
}

/// Steps of time, in milliseconds: taps, minutes, hours; and a clock that is put back.
fn events() -> impl Strategy<Value = Vec<(i64, Event)>> {
    let step = prop_oneof![
        12 => 0..3_000_i64,
        6 => 3_000..70_000_i64,
        2 => 0..2_000_000_i64,
        1 => -3_600_000..0_i64,
    ];
    prop::collection::vec((step, event()), 0..40)
}

/// One request's life: every change, and the chain that it left.
struct Life {
    steps: Vec<Step>,
    chain: Vec<EventResource>,
}

/// One event and what became of it.
struct Step {
    before: Request,
    event: Option<Event>,
    transition: request::Transition,
    now: Timestamp,
}

impl Life {
    /// The request at its end.
    fn last(&self) -> &Request {
        &self.steps.last().unwrap().transition.request
    }

    /// Adds to the chain as the store does.
    fn audit(&mut self, request: &Request, entries: &[Entry], now: Timestamp) {
        for entry in entries {
            let subject = Subject {
                request_id: request.id,
                project: &request.project,
                correlation_id: &request.submission.correlation_id,
            };
            let head = self.chain.last().map(audit::head_after);
            let event = audit::chain(Some(subject), head, entry.clone(), now);
            self.chain.push(event);
        }
    }
}

/// What was refused stands in the chain too.
fn live(request: Request, events: Vec<(i64, Event)>) -> Life {
    let mut now = request.created_at;
    let transition = request::open(request.clone(), &[], now);
    let mut life = Life {
        steps: Vec::new(),
        chain: Vec::new(),
    };
    life.audit(&request, &transition.audit, now);
    life.steps.push(Step {
        before: request,
        event: None,
        transition,
        now,
    });
    for (step, event) in events {
        now += SignedDuration::from_millis(step);
        let before = life.last().clone();
        match request::apply(&before, event.clone(), now) {
            Ok(transition) => {
                life.audit(&before, &transition.audit, now);
                life.steps.push(Step {
                    before,
                    event: Some(event),
                    transition,
                    now,
                });
            }
            Err(rejection) => {
                let refused = request::refusal(&before, &event, &rejection);
                life.audit(&before, refused.as_slice(), now);
            }
        }
    }
    life
}

fn verify(chain: &[EventResource]) -> Result<Option<Head>, Broken> {
    chain
        .iter()
        .try_fold(None, |head, event| audit::verify(head, event).map(Some))
}

fn config() -> ProptestConfig {
    ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(300)
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn there_is_at_most_one_outcome_and_it_never_changes(
        request in any_request(),
        events in events(),
    ) {
        let life = live(request, events);
        let mut outcome: Option<State> = None;
        let mut callbacks = 0;
        for Step { before, transition, .. } in &life.steps {
            let state = &transition.request.state;
            if let Some(outcome) = &outcome {
                prop_assert_eq!(state, outcome);
                prop_assert_ne!(transition.effect, Effect::Decided);
            }
            let ended = transition.request.status().is_terminal();
            if ended && outcome.is_none() {
                prop_assert_eq!(transition.effect, Effect::Decided);
                outcome = Some(state.clone());
            }
            let sends = transition.work.iter().filter(|work| **work == Work::SendCallback).count();
            callbacks += sends;
            prop_assert_eq!(sends == 1, transition.effect == Effect::Decided);
            prop_assert!(transition.request.remind_at.is_none() || !ended);
            // Nothing but the state's part of a request is touched.
            prop_assert_eq!(&transition.request.submission, &before.submission);
            prop_assert_eq!(transition.request.intent_digest, before.intent_digest);
        }
        prop_assert_eq!(callbacks, usize::from(outcome.is_some()));
    }

    #[test]
    fn an_approval_has_as_many_different_eligible_people_as_it_needs(
        request in any_request(),
        events in events(),
    ) {
        let life = live(request, events);
        let last = life.last();
        if let State::Approved(decided) = &last.state {
            let mut names: Vec<&str> = decided.by.iter().map(|vote| vote.by.as_str()).collect();
            names.sort_unstable();
            names.dedup();
            let needed = usize::try_from(last.approvals_needed()).unwrap();
            prop_assert_eq!(decided.by.len(), needed);
            prop_assert_eq!(names.len(), needed);
            let deciding = life.steps.iter().find(|step| step.transition.effect == Effect::Decided);
            let Some(Event::Responded(response)) = &deciding.unwrap().event else {
                return Err(TestCaseError::fail("only a response approves"));
            };
            // Whoever was taken off the route since their vote does not count.
            prop_assert!(names.iter().all(|name| response.eligible.iter().any(|e| e == name)));
            prop_assert!(!names.contains(&last.submitted_for.as_deref().unwrap_or("nobody")));
            prop_assert!(decided.at < last.expires_at);
            prop_assert_eq!(decided.answer.is_some(), last.submission.kind == Kind::Question);
        }
        if let State::Expired { at } = last.state {
            prop_assert!(at >= last.expires_at && last.was_presented());
        }
    }

    /// Only what a note said that came in time, and within a minute.
    #[test]
    fn nothing_but_a_note_counts_after_the_deadline(
        request in any_request(),
        events in events(),
    ) {
        let life = live(request, events);
        for Step { before, event, now, .. } in &life.steps {
            let Some(Event::Responded(response)) = event else { continue };
            if *now < before.expires_at {
                continue;
            }
            let State::Pending(pending) = &before.state else {
                return Err(TestCaseError::fail("what has ended takes no response"));
            };
            let mut holds = pending.holds.iter();
            let hold = holds.find(|hold| Some(&hold.note) == response.note.as_ref());
            prop_assert!(hold.is_some_and(|hold| *now < hold.until));
            prop_assert!(*now < before.expires_at + SignedDuration::from_secs(60));
        }
    }

    #[test]
    fn an_approval_is_claimed_and_reported_at_most_once(
        request in any_request(),
        events in events(),
    ) {
        let life = live(request, events);
        for kind in ["approval.claimed", "approval.applied", "approval.execution_failed"] {
            let of_kind = life.chain.iter().filter(|event| event.event_type == kind).count();
            prop_assert!(of_kind <= 1);
        }
        let last = life.last();
        if last.claimed_at.is_some() || last.execution.is_some() {
            let decided = matches!(last.state, State::Approved(_));
            prop_assert!(decided && last.submission.kind == Kind::Approval);
        }
    }

    #[test]
    fn a_refusal_of_a_decided_request_names_its_status(
        request in any_request(),
        events in events(),
        late in response(),
    ) {
        let life = live(request, events);
        let now = life.steps.last().unwrap().now;
        if life.last().status().is_terminal() {
            let status = life.last().status();
            let refused = request::apply(life.last(), late, now).map(|_| ());
            prop_assert_eq!(refused, Err(Rejection::AlreadyDecided { status }));
        }
    }

    #[test]
    fn the_chain_verifies_and_one_end_is_in_it(request in any_request(), events in events()) {
        let life = live(request, events);
        let head = verify(&life.chain).unwrap();
        prop_assert_eq!(head.map(|head| head.hash), life.chain.last().map(|event| event.hash));
        let ends = ["approved", "denied", "expired", "failed", "cancelled"];
        let ended = |event: &&EventResource| {
            ends.iter().any(|end| event.event_type == format!("approval.{end}"))
        };
        let terminal = life.last().status().is_terminal();
        prop_assert_eq!(life.chain.iter().filter(ended).count(), usize::from(terminal));
    }

    #[test]
    fn a_row_that_was_removed_moved_or_added_is_found(
        request in any_request(),
        events in events(),
        (first, second) in (any::<prop::sample::Index>(), any::<prop::sample::Index>()),
    ) {
        let chain = live(request, events).chain;
        let (first, second) = (first.index(chain.len()), second.index(chain.len()));
        let mut doubled = chain.clone();
        doubled.insert(second, chain[first].clone());
        prop_assert!(verify(&doubled).is_err());
        if first != second {
            let mut swapped = chain.clone();
            swapped.swap(first, second);
            prop_assert!(verify(&swapped).is_err());
        }
        let mut removed = chain.clone();
        removed.remove(first);
        // A missing tail breaks no link: the seals, and whoever kept the head, tell.
        let end = |chain: &[EventResource]| verify(chain).map(|head| head.map(|head| head.hash));
        prop_assert_ne!(end(&removed), end(&chain));
    }
}

#[test]
fn the_sequences_have_every_kind_of_event_and_reach_every_state() {
    let mut runner = TestRunner::deterministic();
    let (mut kinds, mut states) = (Vec::new(), Vec::new());
    for _ in 0..500 {
        let request = any_request().new_tree(&mut runner).unwrap().current();
        let events = events().new_tree(&mut runner).unwrap().current();
        let life = live(request, events);
        let accepted = life.steps.iter().filter_map(|step| step.event.as_ref());
        kinds.extend(accepted.map(event_kind));
        states.push(state_kind(&life.last().state));
    }
    assert_all(EVENTS, kinds);
    assert_all(STATES, states);
}
