//! Pairing and keys.

use signoff_core::audit::Actor;
use signoff_store::{ApiKeyRow, Paired};

use crate::world::World;

fn root() -> Actor {
    Actor::operator("root")
}

pub(crate) async fn an_invitation_pairs_once(world: World) {
    world
        .store
        .invite("ann", [1; 32], world.in_seconds(600), root())
        .await
        .unwrap();
    let tasks: Vec<_> = (0..16)
        .map(|n| {
            let store = world.store.clone();
            tokio::spawn(async move {
                store
                    .pair([1; 32], "telegram", &format!("100{n}"))
                    .await
                    .unwrap()
            })
        })
        .collect();
    let mut paired = 0;
    for task in tasks {
        match task.await.unwrap() {
            Paired::Paired { approver } => {
                assert_eq!(approver, "ann");
                paired += 1;
            }
            other => assert_eq!(other, Paired::InvalidToken),
        }
    }
    assert_eq!(paired, 1);
    let identities = world.store.identities().await.unwrap();
    assert_eq!(
        (identities.len(), identities[0].approver.as_str()),
        (1, "ann")
    );
    world.store.seal(10).await.unwrap();
    let events = world.store.export_audit(0, 10, None).await.unwrap();
    let types: Vec<_> = events
        .iter()
        .map(|event| event.event_type.as_str())
        .collect();
    assert_eq!(types, ["approver.invited", "approver.paired"]);
    world
        .store
        .invite("bob", [2; 32], world.in_seconds(600), root())
        .await
        .unwrap();
    world.seconds_pass(600);
    let late = world.store.pair([2; 32], "telegram", "2002").await.unwrap();
    assert_eq!(late, Paired::InvalidToken);
}

pub(crate) async fn a_person_is_one_approver(world: World) {
    let until = world.in_seconds(600);
    for (approver, token) in [("ann", [1; 32]), ("bob", [2; 32]), ("ann", [3; 32])] {
        world
            .store
            .invite(approver, token, until, root())
            .await
            .unwrap();
    }
    let pair = async |token: [u8; 32], user: &str| {
        world.store.pair(token, "telegram", user).await.unwrap()
    };
    let ann = || Paired::Paired {
        approver: "ann".to_owned(),
    };
    assert_eq!(pair([1; 32], "1001").await, ann());
    let taken = Paired::TakenBy {
        approver: "ann".to_owned(),
    };
    assert_eq!(pair([2; 32], "1001").await, taken);
    // The token was not used up by that, and a new phone replaces the old one.
    assert_eq!(
        pair([2; 32], "2002").await,
        Paired::Paired {
            approver: "bob".to_owned()
        }
    );
    assert_eq!(pair([3; 32], "3003").await, ann());
    let users: Vec<_> = world
        .store
        .identities()
        .await
        .unwrap()
        .into_iter()
        .map(|who| who.user_id)
        .collect();
    assert_eq!(users, ["3003", "2002"]);
}

pub(crate) async fn keys_have_one_name_each(world: World) {
    let key = ApiKeyRow {
        name: "agent".to_owned(),
        project: "default".to_owned(),
        key_sha256: "ab".repeat(32),
        scopes: vec!["requests:write".to_owned()],
        approver: None,
        created_at: world.now(),
    };
    assert!(world.store.key_put(key.clone(), root()).await.unwrap());
    assert!(!world.store.key_put(key.clone(), root()).await.unwrap());
    let world = world.reopened();
    assert_eq!(world.store.keys().await.unwrap(), [key]);
    assert!(world.store.key_revoke("agent", root()).await.unwrap());
    assert!(!world.store.key_revoke("agent", root()).await.unwrap());
    assert!(world.store.keys().await.unwrap().is_empty());
    let events = world.store.export_audit(0, 10, None).await.unwrap();
    assert!(events.is_empty(), "not sealed yet");
    world.store.seal(10).await.unwrap();
    let events = world.store.export_audit(0, 10, None).await.unwrap();
    let types: Vec<_> = events
        .iter()
        .map(|event| event.event_type.as_str())
        .collect();
    assert_eq!(
        types,
        ["key.created", "key.revoked"],
        "one event for each that was done"
    );
}
