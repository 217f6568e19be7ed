//! The inbox, conversations, values and named leases.

use signoff_store::Conversation;

use crate::world::World;

pub(crate) async fn an_update_is_kept_once_and_handled_in_order(world: World) {
    let mut arrived = world.store.changes().inbox.subscribe();
    let put = async |channel: &str, keys: &[&str]| {
        let updates = keys
            .iter()
            .map(|key| ((*key).to_owned(), format!("payload {key}")));
        world
            .store
            .inbox_put(channel, updates.collect())
            .await
            .unwrap()
    };
    assert_eq!(put("telegram", &["7", "8"]).await, 2);
    assert!(arrived.has_changed().unwrap());
    assert_eq!(put("telegram", &["8", "7", "9"]).await, 1);
    assert_eq!(put("mail", &["7"]).await, 1);
    arrived.mark_unchanged();
    assert_eq!(put("mail", &["7"]).await, 0);
    assert!(!arrived.has_changed().unwrap());
    let rows = world.store.inbox_take("telegram", 10, 0).await.unwrap();
    let keys: Vec<_> = rows.iter().map(|row| row.key.as_str()).collect();
    assert_eq!(keys, ["7", "8", "9"]);
    assert_eq!(rows[0].payload, "payload 7");
    assert_eq!(
        world
            .store
            .inbox_failed(rows[1].id, "no such chat")
            .await
            .unwrap(),
        1
    );
    assert_eq!(
        world
            .store
            .inbox_failed(rows[1].id, "no such chat")
            .await
            .unwrap(),
        2
    );
    world.store.inbox_done(rows[0].id).await.unwrap();
    world.store.inbox_done(rows[0].id).await.unwrap();
    let rest = world.store.inbox_take("telegram", 1, 0).await.unwrap();
    assert_eq!((rest[0].key.as_str(), rest[0].attempts), ("8", 2));
    let after = world
        .store
        .inbox_take("telegram", 10, rest[0].id)
        .await
        .unwrap();
    assert_eq!(after[0].key, "9");
    let later = world.in_seconds(1);
    assert_eq!(
        world
            .store
            .inbox_prune("telegram", world.now())
            .await
            .unwrap(),
        0
    );
    assert_eq!(world.store.inbox_prune("telegram", later).await.unwrap(), 1);
    assert_eq!(
        put("telegram", &["7"]).await,
        1,
        "a forgotten key is new again"
    );
}

pub(crate) async fn conversations_lapse_and_values_stay(world: World) {
    let put = async |key: &str, seconds| {
        let conversation = Conversation {
            channel: "telegram".to_owned(),
            key: key.to_owned(),
            payload: format!("{{\"of\":\"{key}\"}}"),
            expires_at: world.in_seconds(seconds),
        };
        world.store.conversation_put(conversation).await.unwrap();
    };
    put("1001:a", 60).await;
    put("1001:b", 120).await;
    put("10012:c", 120).await;
    let keys = async |prefix: &str| {
        let found = world.store.conversations("telegram", prefix).await.unwrap();
        found
            .into_iter()
            .map(|conversation| conversation.key)
            .collect::<Vec<_>>()
    };
    assert_eq!(keys("1001:").await, ["1001:a", "1001:b"]);
    assert_eq!(keys("").await.len(), 3);
    world.seconds_pass(60);
    assert_eq!(keys("1001:").await, ["1001:b"]);
    assert!(
        world
            .store
            .conversation_delete("telegram", "1001:b")
            .await
            .unwrap()
    );
    assert!(
        !world
            .store
            .conversation_delete("telegram", "1001:b")
            .await
            .unwrap()
    );

    world
        .store
        .state_put("telegram", "offset", "1")
        .await
        .unwrap();
    world
        .store
        .state_put("telegram", "offset", "2")
        .await
        .unwrap();
    world.store.state_put("telegram", "bot", "9").await.unwrap();
    assert_eq!(
        world
            .store
            .state_get("telegram", "offset")
            .await
            .unwrap()
            .as_deref(),
        Some("2")
    );
    assert_eq!(world.store.state_get("mail", "offset").await.unwrap(), None);
    let all = world.store.state_list("telegram").await.unwrap();
    assert_eq!(
        all,
        [("bot".into(), "9".into()), ("offset".into(), "2".into())]
    );
    world.store.check_writable().await.unwrap();
}

pub(crate) async fn a_lease_by_name_has_one_holder(world: World) {
    let hold = async |holder: &str| {
        let until = world.in_seconds(30);
        world
            .store
            .hold_lease("telegram-poller:1", holder, until)
            .await
            .unwrap()
    };
    assert!(hold("one").await);
    assert!(!hold("two").await);
    assert!(hold("one").await, "it may be prolonged");
    world.seconds_pass(30);
    assert!(hold("two").await);
    assert!(!hold("one").await);
}
