//! Updates from Telegram: none that has an id is dropped, none is confirmed that was not kept, and
//! what was kept says what was sent.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use signoff_telegram::fuzzing::{polled, said};

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let posted = said(text);
    assert_eq!(posted.kind == "unreadable", posted.why.as_ref().is_some_and(|why| !why.is_empty()));
    let Ok(value) = serde_json::from_str::<Value>(text) else { return };
    let mut updates = match value {
        Value::Array(updates) => updates,
        update => vec![update],
    };
    // Rows come by the order of their ids; what has none comes first here, and is passed over.
    updates.sort_by_key(|update| update.get("update_id").and_then(Value::as_i64));
    let batch = polled(7, &updates);
    assert_eq!(batch.rows.len() + batch.without_id, updates.len());
    let mut rows = batch.rows.iter();
    for update in &updates {
        let Some(id) = update.get("update_id").and_then(Value::as_i64) else { continue };
        let (key, payload) = rows.next().expect("a row for every id");
        assert_eq!(*key, format!("7:{id}"));
        assert!(batch.confirming.is_none_or(|offset| offset > id));
        let (kept, sent) = (said(payload), said(&update.to_string()));
        assert_eq!(kept, sent);
        if kept.kind == "callback_query" {
            let press = &update["callback_query"];
            assert_eq!(kept.user, press["from"]["id"].as_i64());
            assert_eq!(kept.words.as_deref(), press["data"].as_str());
            assert!(!kept.carried || press["message"]["reply_markup"].to_string().contains("callback_data"));
        }
    }
    assert!(rows.next().is_none());
});
