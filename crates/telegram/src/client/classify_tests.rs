//! How refusals and failures of the Bot API are told apart.

use super::*;

fn refusal(body: &str) -> ApiError {
    classify(serde_json::from_str(body).unwrap(), 400)
}

fn described(code: u16, description: &str) -> ApiError {
    let body = serde_json::json!({ "ok": false, "error_code": code, "description": description });
    refusal(&body.to_string())
}

#[test]
fn a_429_says_how_long() {
    let body = r#"{"ok":false,"error_code":429,"description":"Too Many Requests: retry after 7",
        "parameters":{"retry_after":7}}"#;
    assert_eq!(refusal(body), ApiError::RetryAfter { seconds: 7 });
    assert_eq!(
        described(429, "Too Many Requests"),
        ApiError::RetryAfter { seconds: 5 }
    );
}

#[test]
fn a_group_that_became_a_supergroup_says_its_new_id() {
    let body = r#"{"ok":false,"error_code":400,
        "description":"Bad Request: group chat was upgraded to a supergroup chat",
        "parameters":{"migrate_to_chat_id":-1001234567890}}"#;
    assert_eq!(refusal(body), ApiError::MigratedTo(-1_001_234_567_890));
}

#[test]
fn the_servers_own_words_are_understood() {
    let cases = [
        (
            400,
            "Bad Request: message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message",
            "not_modified",
        ),
        (
            400,
            "Bad Request: message to edit not found",
            "nothing_to_edit",
        ),
        (
            400,
            "Bad Request: message can't be edited",
            "nothing_to_edit",
        ),
        (
            400,
            "Bad Request: message thread not found",
            "thread_not_found",
        ),
        (
            400,
            "Bad Request: query is too old and response timeout expired or query ID is invalid",
            "query_too_old",
        ),
        (
            400,
            "Bad Request: can't parse entities: Unsupported start tag \"x\" at byte offset 0",
            "parse_entities",
        ),
        (400, "Bad Request: message is too long", "too_long"),
        (400, "Bad Request: chat not found", "unreachable"),
        (
            400,
            "Bad Request: not enough rights to send text messages to the chat",
            "unreachable",
        ),
        (403, "Forbidden: bot was blocked by the user", "unreachable"),
        (401, "Unauthorized", "unauthorized"),
        (404, "Not Found", "unauthorized"),
        (404, "Not Found: method not found", "refused"),
        (
            409,
            "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
            "conflict",
        ),
        (500, "Internal Server Error: restart", "server"),
        (400, "Bad Request: something new", "refused"),
    ];
    for (code, description, label) in cases {
        assert_eq!(described(code, description).label(), label, "{description}");
    }
}

#[test]
fn a_refusal_to_write_says_which() {
    let cases = [
        ("bot was blocked by the user", Unreachable::Blocked),
        ("user is deactivated", Unreachable::Blocked),
        (
            "bot can't initiate conversation with a user",
            Unreachable::NotStarted,
        ),
        (
            "bot was kicked from the supergroup chat",
            Unreachable::Kicked,
        ),
        (
            "bot is not a member of the channel chat",
            Unreachable::Kicked,
        ),
    ];
    for (words, kind) in cases {
        let description = format!("Forbidden: {words}");
        let error = described(403, &description);
        assert_eq!(error, ApiError::Unreachable { kind, description });
    }
}

#[test]
fn the_two_conflicts_are_told_apart() {
    let webhook = described(
        409,
        "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
    );
    assert!(matches!(
        webhook,
        ApiError::Conflict {
            kind: Conflict::WebhookActive,
            ..
        }
    ));
    let poller = described(
        409,
        "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
    );
    assert!(matches!(
        poller,
        ApiError::Conflict {
            kind: Conflict::OtherPoller,
            ..
        }
    ));
}
