//! What holders of keys do: claim, report, decide from a terminal.

use secrecy::ExposeSecret as _;
use serde_json::json;
use signoff_contract::signature::SigningSecret;
use signoff_contract::{
    ClaimBody, Decision, DecisionBody, Digest, ExecutionBody, ExecutionResult, Status,
};
use signoff_core::request::Rejection;
use signoff_engine::keys::HashedKey;
use signoff_engine::{AnswerResult, ApiKey, Error};

use crate::world::{World, approval, approve, id, requester, terminal, with};

#[tokio::test]
async fn an_approval_is_claimed_once_by_its_digest_and_reported_once() {
    let world = World::new().await;
    let asked = world.asks(approval("a")).await;
    let right = ClaimBody {
        intent_digest: asked.intent_digest.expect("an action"),
    };
    let a = id("a");
    let claim = |body: &ClaimBody| world.engine.claim(&world.requester, &a, body.clone());
    let rejected = |result: Result<_, Error>| match result {
        Err(Error::Rejected { rejection, .. }) => rejection,
        other => panic!("{other:?}"),
    };
    let early = rejected(claim(&right).await.map(|_| ()));
    assert_eq!(
        early,
        Rejection::NotApproved {
            status: Status::Pending
        }
    );
    world.presses("ann", "1001", approve).await;
    let wrong = ClaimBody {
        intent_digest: Digest::of_bytes(b"else"),
    };
    assert_eq!(
        rejected(claim(&wrong).await.map(|_| ())),
        Rejection::DigestMismatch
    );
    assert!(claim(&right).await.expect("the first").claimed_at.is_some());
    assert!(matches!(
        rejected(claim(&right).await.map(|_| ())),
        Rejection::AlreadyClaimed { .. }
    ));
    let report = |result| ExecutionBody {
        result,
        detail: Some("rolled out".to_owned()),
    };
    let applied = report(ExecutionResult::Applied);
    for _ in 0..2 {
        let done = world
            .engine
            .report_execution(&world.requester, &id("a"), applied.clone())
            .await;
        assert_eq!(
            done.expect("reported").execution.expect("it").result,
            ExecutionResult::Applied
        );
    }
    let failed = report(ExecutionResult::Failed);
    let other = world
        .engine
        .report_execution(&world.requester, &id("a"), failed)
        .await;
    assert!(matches!(
        rejected(other.map(|_| ())),
        Rejection::AlreadyReported { .. }
    ));
    world.settle().await;
    assert!(
        world.channel.card("1001").request.execution.is_some(),
        "the card says it"
    );
}

#[tokio::test]
async fn an_approval_from_a_terminal_can_be_repeated_safely_while_others_are_needed() {
    let world = World::new().await;
    world
        .asks(with(approval("a"), json!({ "route": "both" })))
        .await;
    let body = || DecisionBody {
        decision: Decision::Approve,
        option_id: None,
        text: None,
        reason: None,
    };
    for _ in 0..2 {
        let voted = world
            .engine
            .decide(&terminal("ann"), &id("a"), body())
            .await;
        assert_eq!(voted.expect("the vote counts once").status, Status::Pending);
    }
    let decided = world
        .engine
        .decide(&terminal("ben"), &id("a"), body())
        .await;
    assert_eq!(decided.expect("ben may").status, Status::Approved);
}

#[tokio::test]
async fn an_approver_decides_from_a_terminal_and_nobody_decides_what_they_asked_for() {
    let world = World::new().await;
    world.asks(approval("a")).await;
    let body = |decision| DecisionBody {
        decision,
        option_id: None,
        text: None,
        reason: None,
    };
    let not_on_route = world
        .engine
        .decide(&terminal("ben"), &id("a"), body(Decision::Approve))
        .await;
    assert!(matches!(
        not_on_route,
        Err(Error::Rejected {
            rejection: Rejection::NotAuthorised { .. },
            ..
        })
    ));
    let no_scope = world
        .engine
        .decide(&requester(), &id("a"), body(Decision::Approve))
        .await;
    assert!(matches!(no_scope, Err(Error::Forbidden("decisions:write"))));
    let decided = world
        .engine
        .decide(&terminal("ann"), &id("a"), body(Decision::Approve))
        .await;
    assert_eq!(decided.expect("ann may").status, Status::Approved);

    let mut world = World::new().await;
    world.requester.approver = Some("ann".to_owned());
    world
        .asks(with(approval("own"), json!({ "route": "group" })))
        .await;
    let own = world.presses("ann", "-100", approve).await;
    assert_eq!(own.result, AnswerResult::OwnRequest);
    let other = world.presses("ben", "-100", approve).await;
    assert_eq!(other.result, AnswerResult::Applied);
}

#[test]
fn a_key_is_found_by_its_hash_and_by_nothing_else() {
    let plain = "sgn_abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
    let key: ApiKey = plain.parse().expect("a key");
    let hash = key.hash();
    let hex = hash.to_hex();
    assert!(HashedKey::from_hex(&hex) == Some(hash));
    assert!(HashedKey::from_hex(&hex.to_uppercase()) == Some(hash));
    for bit in 0..256 {
        let digit = bit / 4;
        let value =
            u32::from_str_radix(&hex[digit..=digit], 16).expect("a digit") ^ (1 << (bit % 4));
        let other = format!("{}{value:x}{}", &hex[..digit], &hex[digit + 1..]);
        assert!(
            HashedKey::from_hex(&other).expect("a hash") != hash,
            "bit {bit}"
        );
    }
    for no_hash in [
        plain,
        "",
        &hex[..63],
        &format!("{hex}0"),
        &"g".repeat(64),
        &"é".repeat(32),
    ] {
        assert!(HashedKey::from_hex(no_hash).is_none(), "{no_hash}");
    }
    let shown = format!("{key:?} {hash:?}");
    assert!(
        !shown.contains("abcdef") && !shown.contains(&hex[..8]),
        "{shown}"
    );
}

#[tokio::test]
async fn keys_and_secrets_print_as_nothing() {
    let key = ApiKey::generate(&mut rand::rng());
    let text = key.reveal().to_owned();
    let project = signoff_engine::Project {
        name: "default".to_owned(),
        max_pending: 1,
        signing_secrets: vec![
            SigningSecret::from_bytes(b"hunter2-hunter2-hunter2-".to_vec()).expect("a secret"),
        ],
    };
    let world = World::new().await;
    let secrets = world.engine.store().secrets();
    let printed = format!(
        "{key:?} {:?} {:?} {project:?} {secrets:?} {:?} {:?}",
        key.hash(),
        [key.hash()],
        world.engine,
        world.engine.store(),
    );
    let own = format!("{:?}", secrets.replay.expose_secret());
    for secret in [
        &text["sgn_".len()..],
        &key.hash().to_hex(),
        "hunter2",
        "104, 117",
        &own,
    ] {
        assert!(!printed.contains(secret), "{printed}");
    }
    let wrong = "sgn_hunter2".parse::<ApiKey>().expect_err("too short");
    assert!(!format!("{wrong} {wrong:?}").contains("hunter2"));
}
