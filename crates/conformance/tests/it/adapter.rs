//! `signoff conformance adapter`: what is right passes, and what is broken fails where it is broken.

mod chat;
mod flaws;
mod program;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use signoff_conformance::adapter::{CHECKS, Line, Setup, StandIn, examine};
use signoff_conformance::{Examination, Report, Verdict};
use signoff_contract::signature::SigningSecret;

use chat::Chat;
use flaws::{BY_CHANCE, FOUND_BY, Flaw, SILENT};

/// For what should come at once, on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);
/// Where something never comes, and everything else comes at once.
const LITTLE_PATIENCE: Duration = Duration::from_secs(8);
/// How many adapters are examined at a time.
const AT_A_TIME: usize = 20;
const SECRET: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX";

fn line() -> Line {
    Line {
        channel: "chat".to_owned(),
        secret: SigningSecret::parse(SECRET).expect("a secret"),
    }
}

/// Examines an adapter with this flaw, or with none.
async fn examined(flaw: Option<Flaw>, place: Option<&str>) -> Report {
    let at = "127.0.0.1:0".parse().expect("an address");
    let stand_in = StandIn::open(at, line()).await.expect("a port");
    let (chat, url) = Chat::start(line(), stand_in.url(), flaw).await;
    let setup = Setup {
        url: url.parse().expect("a URL"),
        user: "u-1".to_owned(),
        second_user: Some("u-2".to_owned()),
        place: place.map(str::to_owned),
        person: Some(Arc::new(chat)),
        patience: match flaw {
            Some(flaw) if SILENT.contains(&flaw) => LITTLE_PATIENCE,
            _ => PATIENCE,
        },
        slowness: Duration::from_millis(500),
    };
    let examination = Examination::of(format!("{flaw:?}"), |_| {});
    examine(&setup, &stand_in, examination)
        .await
        .expect("it is examined")
}

/// What did not pass, with why.
fn missed(report: &Report) -> Vec<(&'static str, String)> {
    let findings = report.findings().iter();
    findings
        .filter_map(|finding| match &finding.verdict {
            Verdict::Passed => None,
            Verdict::Failed(why) | Verdict::NotTried(why) => Some((finding.check.id, why.clone())),
        })
        .collect()
}

#[tokio::test]
async fn a_right_adapter_passes_everything_once_and_in_order() {
    let report = examined(None, Some("operations")).await;
    assert_eq!(missed(&report), []);
    assert!(report.passed());
    let tried: Vec<&str> = report.findings().iter().map(|it| it.check.id).collect();
    let known: Vec<&str> = CHECKS.iter().map(|check| check.id).collect();
    assert_eq!(tried, known);
}

#[tokio::test]
async fn so_does_one_that_answers_with_receipts_in_places_of_ones_own() {
    let report = examined(Some(Flaw::AnswersWithReceipts), None).await;
    assert_eq!(missed(&report), []);
}

#[tokio::test]
async fn so_does_one_that_says_what_it_cannot_show() {
    let report = examined(Some(Flaw::RefusesWhatIsLong), None).await;
    assert_eq!(missed(&report), []);
}

#[tokio::test]
async fn of_what_takes_no_prompt_nothing_else_is_known() {
    let report = examined(Some(Flaw::KnowsNoPrompts), None).await;
    let missed = missed(&report);
    assert_eq!(missed.len(), CHECKS.len());
    assert_eq!(missed[0].1, "it answered 404: too long");
    assert!(
        missed[1..]
            .iter()
            .all(|(_, why)| why == "it takes no prompt")
    );
}

/// A check that nothing fails would be worth nothing.
#[test]
fn every_check_finds_something() {
    let found = FOUND_BY.iter().flat_map(|(_, found)| found.iter().copied());
    let found: BTreeSet<&str> = found.chain(["answers.taken"]).collect();
    let ids = CHECKS
        .iter()
        .filter_map(|check| check.id.strip_prefix("adapter."));
    let never: Vec<&str> = ids.filter(|id| !found.contains(id)).collect();
    assert!(never.is_empty(), "{never:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broken_adapter_fails_where_it_is_broken_and_nowhere_else() {
    let mut wrong = Vec::new();
    // Those that take long begin first.
    let mut flaws = FOUND_BY.to_vec();
    flaws.sort_by_key(|(flaw, _)| !SILENT.contains(flaw));
    let mut all = stream::iter(flaws)
        .map(|(flaw, expected)| async move {
            let examined = tokio::spawn(examined(Some(flaw), Some("operations")));
            (flaw, expected, examined.await.expect("no panic"))
        })
        .buffer_unordered(AT_A_TIME);
    while let Some((flaw, expected, report)) = all.next().await {
        let missed = missed(&report);
        let found = missed
            .iter()
            .filter_map(|(id, _)| id.strip_prefix("adapter."));
        let found: BTreeSet<&str> = found.filter(|id| (flaw, *id) != BY_CHANCE).collect();
        if found != expected.iter().copied().collect() {
            wrong.push(format!("{flaw:?}: {missed:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
