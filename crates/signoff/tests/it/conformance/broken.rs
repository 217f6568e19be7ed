//! Services that get one thing wrong, examined.

use std::net::{IpAddr, Ipv4Addr};

use futures_util::{StreamExt as _, stream};
use secrecy::SecretString;
use signoff_conformance::service::{self, Callbacks};
use signoff_conformance::{Examination, Verdict};
use signoff_contract::signature::SigningSecret;

use super::house;
use super::proxy::{Flaw, Proxy};
use crate::world::SIGNING_SECRET;

/// How many are examined at the same time.
const AT_ONCE: usize = 11;

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
            let proxy = Proxy::start(url, other, *flaw, from).await;
            let missed = missed(&proxy.url, [asks, decides, other]).await;
            let expected: Vec<String> = expected.iter().map(|id| format!("service.{id}")).collect();
            let missed_ids: Vec<&str> = missed.iter().map(|(id, _)| *id).collect();
            (missed_ids != expected).then(|| format!("{flaw:?}: {missed:?}, not {expected:?}"))
        });
    let wrong: Vec<_> = stream::iter(examinations).buffered(AT_ONCE).collect().await;
    let wrong: Vec<String> = wrong.into_iter().flatten().collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
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
