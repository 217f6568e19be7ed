//! Receivers of callbacks, examined.

use signoff_client::SigningSecret;
use signoff_conformance::receiver::{self, REQUESTS, Seen};
use signoff_conformance::{Examination, Report, Verdict};

use crate::receivers::{Flaw, PREVIOUS, Receiver, SECRET};

fn subject(at: &Receiver) -> receiver::Receiver {
    let secrets = [SECRET, PREVIOUS].map(|text| SigningSecret::parse(text).expect("a secret"));
    let url = format!("{}/hooks", at.url).parse().expect("a URL");
    receiver::Receiver::new(url, secrets.to_vec()).expect("a receiver")
}

async fn examined(subject: receiver::Receiver) -> Report {
    let examination = Examination::of("a receiver", |_| {});
    let report = receiver::examine(subject, examination).await;
    report.expect("it is there")
}

/// The checks whose names are such.
fn checks(such: impl Fn(&str) -> bool) -> Vec<&'static str> {
    let all = receiver::CHECKS.iter().map(|check| check.id);
    all.filter(|id| such(id)).collect()
}

/// The checks that did not pass.
fn missed(report: &Report) -> Vec<&'static str> {
    let missed = report.findings().iter();
    missed
        .filter(|finding| finding.verdict != Verdict::Passed)
        .map(|finding| finding.check.id)
        .collect()
}

#[tokio::test]
async fn a_receiver_that_does_right_passes_every_check_in_their_order() {
    let right = Receiver::start(Flaw::None).await;
    let seen = Seen::from(format!("{}/seen", right.url).as_str());
    let report = examined(subject(&right).seen(seen)).await;
    assert!(report.passed(), "{}", report.json());
    let tried: Vec<_> = report.findings().iter().map(|it| it.check.id).collect();
    let all: Vec<_> = receiver::CHECKS.iter().map(|check| check.id).collect();
    assert_eq!(tried, all);
}

#[tokio::test]
async fn what_nobody_can_look_at_is_not_tried_and_has_not_passed() {
    let right = Receiver::start(Flaw::None).await;
    let report = examined(subject(&right)).await;
    assert!(!report.passed());
    let effects = [
        "receiver.effects.each",
        "receiver.effects.once",
        "receiver.effects.once_together",
        "receiver.effects.none_of_forgeries",
    ];
    assert_eq!(missed(&report), effects);
    let not_tried =
        |verdict: &Verdict| matches!(verdict, Verdict::NotTried(why) if why.contains("--seen"));
    let findings = report.findings().iter();
    assert_eq!(findings.filter(|it| not_tried(&it.verdict)).count(), 4);
    // So is what no list can be read from.
    let report = examined(subject(&right).seen(Seen::from("echo it was fine"))).await;
    assert_eq!(missed(&report), effects);
    let report = examined(subject(&right).seen(Seen::from("exit 3"))).await;
    assert!(report.json().to_string().contains("exit status: 3"));
}

#[tokio::test]
async fn a_command_can_say_what_was_seen_and_names_can_be_given() {
    let right = Receiver::start(Flaw::None).await;
    let names = REQUESTS
        .iter()
        .map(|name| format!("waiting-{name}").parse().expect("a name"));
    let names: Vec<_> = names.collect();
    let few = subject(&right).waiting_for(names[1..].to_vec());
    assert!(few.unwrap_err().to_string().contains("19"));
    let twice = vec![names[0].clone(); REQUESTS.len()];
    assert!(subject(&right).waiting_for(twice).is_err());
    let line = format!("curl --silent --show-error --fail '{}/seen'", right.url);
    let subject = subject(&right).waiting_for(names).expect("all names");
    let report = examined(subject.seen(Seen::from(line.as_str()))).await;
    assert!(report.passed(), "{}", report.json());
}

#[tokio::test]
async fn each_flaw_fails_at_the_checks_that_are_for_it_and_at_no_other() {
    let forged = checks(|id| id.contains("forged."));
    let taken = checks(|id| !id.contains("forged.") && !id.contains("effects."));
    let [once, together, each, none] = [
        "receiver.effects.once",
        "receiver.effects.once_together",
        "receiver.effects.each",
        "receiver.effects.none_of_forgeries",
    ];
    let table: [(Flaw, Vec<&str>); 22] = [
        (Flaw::NeverVerifies, [forged.clone(), vec![none]].concat()),
        (
            Flaw::TakesAnyTime,
            vec!["receiver.forged.stale", "receiver.forged.future", none],
        ),
        (
            Flaw::ReadsOneSignature,
            vec![
                "receiver.signatures.rotated_before",
                "receiver.signatures.other_versions",
            ],
        ),
        (
            Flaw::ComparesTheBeginning,
            vec!["receiver.forged.nonsense", none],
        ),
        (
            Flaw::TakesAnyVersion,
            vec!["receiver.forged.version_changed", none],
        ),
        (Flaw::ForgotASecret, vec!["receiver.signatures.each_secret"]),
        (
            Flaw::TrimsTheBody,
            vec![
                "receiver.signatures.raw_bytes",
                "receiver.forged.byte_added",
                none,
            ],
        ),
        (
            Flaw::RemembersBeforeItVerifies,
            vec!["receiver.forged.repetition"],
        ),
        (Flaw::StumblesOverForgeries, forged),
        (
            Flaw::RefusesRepetitions,
            vec![
                "receiver.signatures.each_secret",
                "receiver.repeats.retried",
                "receiver.repeats.replayed",
            ],
        ),
        (Flaw::ForgetsWhatItTook, vec![once, together]),
        (Flaw::Races, vec![together]),
        (
            Flaw::RefusesNewFields,
            vec!["receiver.outcomes.unknown_fields"],
        ),
        (
            Flaw::ReadsAHundredKibibytes,
            vec!["receiver.outcomes.largest"],
        ),
        (
            Flaw::KnowsTwoEndings,
            vec![
                "receiver.outcomes.expired",
                "receiver.outcomes.failed",
                "receiver.outcomes.cancelled",
                "receiver.order.late",
            ],
        ),
        (Flaw::WantsFreshDecisions, vec!["receiver.order.late"]),
        (
            Flaw::WantsOrder,
            vec![
                "receiver.repeats.retried",
                "receiver.repeats.replayed",
                "receiver.order.older_after_newer",
                "receiver.order.late",
            ],
        ),
        (
            Flaw::Redirects,
            [taken, vec![each, once, together]].concat(),
        ),
        (Flaw::ActsOnNothing, vec![each, once, together]),
        (Flaw::TakesSilenceForANo, vec![each]),
        (Flaw::ActsBeforeItVerifies, vec![none]),
        (Flaw::NeverAnswers, checks(|id| id != none)),
    ];
    // At once, because some of them are waited for in vain.
    let examinations = table.map(|(flaw, expected)| async move {
        let broken = Receiver::start(flaw).await;
        let seen = Seen::from(format!("{}/seen", broken.url).as_str());
        let missed = missed(&examined(subject(&broken).seen(seen)).await);
        (missed != expected).then(|| format!("{flaw:?}: {missed:?}, not {expected:?}"))
    });
    let wrong = futures_util::future::join_all(examinations).await;
    let wrong: Vec<String> = wrong.into_iter().flatten().collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn where_nothing_answers_nothing_is_examined() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    drop(listener);
    let secrets = vec![SigningSecret::parse(SECRET).expect("a secret")];
    let subject = receiver::Receiver::new(url.parse().expect("a URL"), secrets);
    let examination = Examination::of("nothing", |_| {});
    let report = receiver::examine(subject.expect("a receiver"), examination).await;
    let error = report.unwrap_err().to_string();
    assert!(
        error.starts_with(&format!("nothing answers at {url}: ")),
        "{error}"
    );
}
