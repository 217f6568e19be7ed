//! Buttons of the bots whose place Signoff takes (`telegram-approver`, `telegram-executor`): their
//! messages stay in the chat after the swap, and their requests are gone with them.

/// What stood before the colon in the data of their buttons.
const ACTIONS: [&str; 8] = [
    "approve",
    "deny",
    "deny_reason",
    "deny_cancel",
    "option",
    "custom",
    "custom_cancel",
    "delete",
];

/// Whether a button with this data was one of theirs. Ours have no colon.
pub(super) fn is_of_previous_bot(data: &str) -> bool {
    data.split_once(':')
        .is_some_and(|(action, _)| ACTIONS.contains(&action))
}

#[cfg(test)]
mod tests {
    use super::is_of_previous_bot;

    #[test]
    fn every_action_of_theirs_is_known_and_nothing_else_is() {
        for theirs in [
            "approve:corr-1",
            "deny:corr-1",
            "deny_reason:a:b",
            "deny_cancel:corr-1",
            "option:corr-1|2",
            "custom:corr-1",
            "custom_cancel:corr-1",
            "delete:4711",
            "approve:",
        ] {
            assert!(is_of_previous_bot(theirs), "{theirs}");
        }
        for other in ["", ":", "approve", "APPROVE:1", "vote:1", "AQEBAQ-_approve"] {
            assert!(!is_of_previous_bot(other), "{other}");
        }
    }
}
