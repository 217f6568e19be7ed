//! Services that get one thing wrong, examined.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};

use futures_util::{StreamExt as _, stream};
use secrecy::SecretString;
use signoff_conformance::service::{self, Callbacks};
use signoff_conformance::{Examination, Verdict};
use signoff_contract::signature::SigningSecret;

use super::house;
use super::proxy::{Flaw, Proxy};
use super::slips;
use crate::world::SIGNING_SECRET;

/// How many are examined at the same time.
const AT_ONCE: usize = 12;

/// Each flaw, and the checks that are for it, without `service.`.
const TABLE: &[(Flaw, &[&str])] = &[
    (
        Flaw::RepeatsGetNewIds,
        &[
            "submit.repeated",
            "submit.reordered",
            "submit.at_once",
            "submit.repeated_later",
        ],
    ),
    (
        Flaw::RepeatsAreCreated,
        &[
            "submit.repeated",
            "submit.reordered",
            "submit.at_once",
            "submit.repeated_later",
        ],
    ),
    (
        Flaw::TakesConflicts,
        &["submit.conflict", "problems.shape", "problems.codes"],
    ),
    (Flaw::TakesNullForAbsent, &["submit.conflict"]),
    (Flaw::NamesNoPlace, &["submit.created"]),
    (
        Flaw::HidesThatKeysAreWrong,
        &["keys.required", "problems.codes"],
    ),
    (Flaw::TellsOfOtherProjects, &["projects.unknown"]),
    (
        Flaw::ComputesAnotherDigest,
        &[
            "submit.vectors",
            "digests.intent",
            "digests.view",
            "callbacks.content",
        ],
    ),
    (Flaw::ShowsWhatIsMasked, &["masking.hidden"]),
    (
        Flaw::TakesAMisspeltField,
        &["validation.vectors", "validation.unknown_field"],
    ),
    (
        Flaw::TellsOneFaultOnly,
        &["validation.vectors", "validation.all_at_once"],
    ),
    (
        Flaw::DecidesTwice,
        &["decisions.once", "decisions.race", "expiry.stays"],
    ),
    (Flaw::CancelsWhatHasEnded, &["cancel.ended"]),
    (Flaw::ClaimsTwice, &["claims.once"]),
    (
        Flaw::LosesReasons,
        &["decisions.deny", "cancel.reason", "callbacks.content"],
    ),
    (
        Flaw::SaysDeniedForExpired,
        &["expiry.expires", "expiry.stays"],
    ),
    (
        Flaw::DoesNotWait,
        &["read.wait_holds", "read.wait_wakes", "read.wait_limit"],
    ),
    (Flaw::ForgetsTheCursor, &["list.pages"]),
    (Flaw::DoesNotFilter, &["list.filters", "list.limits"]),
    (Flaw::WritesNoDetail, &["problems.shape"]),
    (
        Flaw::WritesNoCode,
        &[
            "submit.conflict",
            "validation.vectors",
            "decisions.once",
            "cancel.ended",
            "claims.not_approved",
            "claims.digest_mismatch",
            "claims.once",
            "execution.not_approved",
            "execution.other",
            "problems.codes",
            "expiry.stays",
        ],
    ),
    (Flaw::NamesNoRequest, &["problems.request_id"]),
    (Flaw::HasNoMethods, &["problems.codes", "protocol.method"]),
    (Flaw::TakesLargeBodies, &["protocol.too_large"]),
    (
        Flaw::CountsNoEvents,
        &["events.streamed", "events.order", "events.resumed"],
    ),
    (Flaw::StreamsTheLastAgain, &["events.resumed"]),
    (Flaw::SignsWithAnotherSecret, &["callbacks.signed"]),
    (Flaw::SpellsTheCallbackAnew, &["callbacks.signed"]),
    (
        Flaw::RenamesRetries,
        &["callbacks.retried", "callbacks.redirect"],
    ),
    (Flaw::FollowsRedirects, &["callbacks.redirect"]),
    (Flaw::DoesNotGiveUp, &["callbacks.gone"]),
    (Flaw::ListsAllProjects, &["projects.lists"]),
    (Flaw::CallsAnotherType, &["callbacks.delivered"]),
    (
        Flaw::SpellsRetriesAnew,
        &["callbacks.retried", "callbacks.redirect"],
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn each_flaw_fails_at_the_checks_that_are_for_it_and_at_no_other() {
    let (_world, service, keys) = tokio::task::block_in_place(house);
    let (url, keys) = (service.url.as_str(), &keys);
    // Several at once, because each of them waits for an expiry and for retries.
    let examinations = (2..)
        .zip(TABLE)
        .map(|(number, (flaw, expected))| async move {
            let from = IpAddr::V4(Ipv4Addr::new(127, 0, 0, number));
            let [asks, decides, other] = keys;
            let proxy = Proxy::start(url, [asks, other], *flaw, from).await;
            let missed = missed(&proxy.url, [asks, decides, other]).await;
            let expected: Vec<String> = expected.iter().map(|id| format!("service.{id}")).collect();
            let missed_ids: Vec<&str> = missed.iter().map(|(id, _)| *id).collect();
            (missed_ids != expected).then(|| format!("{flaw:?}: {missed:?}, not {expected:?}"))
        });
    let wrong: Vec<_> = stream::iter(examinations).buffered(AT_ONCE).collect().await;
    let wrong: Vec<String> = wrong.into_iter().flatten().collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The checks of these names, without `service.`, in the order of looking.
fn checks(names: impl IntoIterator<Item = &'static str>) -> Vec<&'static str> {
    let names: BTreeSet<String> = names
        .into_iter()
        .map(|id| format!("service.{id}"))
        .collect();
    let all = service::CHECKS.iter().map(|check| check.id);
    let found: Vec<&str> = all.filter(|id| names.contains(*id)).collect();
    assert_eq!(found.len(), names.len(), "{names:?}");
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn each_slip_of_one_service_fails_at_the_checks_that_are_for_it() {
    let (_world, service, [asks, decides, other]) = tokio::task::block_in_place(house);
    let from = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let proxy = Proxy::start(&service.url, [&asks, &other], Flaw::Slips, from).await;
    let missed = missed(&proxy.url, [&asks, &decides, &other]).await;
    let ids: Vec<&str> = missed.iter().map(|(id, _)| *id).collect();
    let expected = slips::TABLE
        .iter()
        .flat_map(|(_, checks)| checks.iter().copied());
    assert_eq!(ids, checks(expected), "{missed:#?}");
}

#[test]
fn every_check_has_a_flaw_at_which_it_fails() {
    let flaws = TABLE.iter().flat_map(|(_, checks)| checks.iter().copied());
    let slips = slips::TABLE
        .iter()
        .flat_map(|(_, checks)| checks.iter().copied());
    let failed = checks(flaws.chain(slips));
    let all = service::CHECKS.iter().map(|check| check.id);
    let never: Vec<&str> = all.filter(|id| !failed.contains(id)).collect();
    assert!(never.is_empty(), "{never:?}");
}

/// The checks that did not pass, and why.
async fn missed(url: &str, keys: [&str; 3]) -> Vec<(&'static str, String)> {
    let [asks, decides, other] = keys.map(SecretString::from);
    let callbacks = Callbacks {
        listen: (Ipv4Addr::LOCALHOST, 0).into(),
        reached_at: None,
        secrets: vec![SigningSecret::parse(SIGNING_SECRET).unwrap()],
    };
    let service = service::Service::new(url.parse().unwrap(), asks, decides).unwrap();
    let service = service.other_project(other).callbacks(callbacks);
    let examination = Examination::of("a broken service", |_| {});
    let report = service::examine(service, examination).await.unwrap();
    let missed = report
        .findings()
        .iter()
        .filter_map(|finding| match &finding.verdict {
            Verdict::Passed => None,
            Verdict::Failed(why) | Verdict::NotTried(why) => Some((finding.check.id, why.clone())),
        });
    missed.collect()
}
