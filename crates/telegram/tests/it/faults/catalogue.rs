//! Which faults there are, and where.

use signoff_telegram_sim::{Fault, FaultKind};

use crate::delivery::bad_request;

/// The methods that an approval takes, from the start of the service. `deleteWebhook` is called
/// where a webhook was set, `setWebhook` where updates are posted to us.
pub(super) const METHODS: [&str; 10] = [
    "getMe",
    "setMyCommands",
    "getWebhookInfo",
    "deleteWebhook",
    "setWebhook",
    "getUpdates",
    "sendDocument",
    "sendMessage",
    "answerCallbackQuery",
    "editMessageText",
];

/// A kind of fault by its name, and where Telegram may answer so.
#[derive(Debug, Clone)]
pub(super) struct Kind {
    pub(super) name: &'static str,
    pub(super) does: FaultKind,
    pub(super) methods: Vec<&'static str>,
}

impl Kind {
    /// Whether it changes what a poll brings, and fails nothing.
    pub(super) fn rearranges(&self) -> bool {
        matches!(
            self.does,
            FaultKind::DuplicateUpdates | FaultKind::ReorderUpdates
        )
    }

    /// Planted at this method, at the `nth` call alone. What rearranges updates does so from then
    /// on: which poll brings the tap is not known.
    pub(super) fn at(&self, method: &str, nth: u32) -> Fault {
        let times = if self.rearranges() { u32::MAX } else { 1 };
        Fault::on(method, self.does.clone()).at(nth).times(times)
    }
}

/// Faults after which the same call may work: none of them may cost anybody a decision.
pub(super) fn passing() -> Vec<Kind> {
    let everywhere = [
        (
            "429, to try again after 7 s",
            FaultKind::TooManyRequests { retry_after: 7 },
        ),
        ("401", FaultKind::Unauthorized),
        ("409, as of a second poller", FaultKind::Conflict),
        ("500", FaultKind::InternalServerError),
        ("502 with a page of HTML", FaultKind::BadGateway),
        (
            "200 with a page of HTML, as of a captive portal",
            FaultKind::Portal,
        ),
        ("Processed, the answer empty", FaultKind::EmptyBody),
        ("Processed, the answer broken off", FaultKind::TruncatedJson),
        (
            "Processed, the answer without its result",
            FaultKind::NullResult,
        ),
        (
            "An answer with fields that nobody knows",
            FaultKind::UnknownFields,
        ),
        ("Connection cut before processing", FaultKind::ResetBefore),
        ("Connection cut after processing", FaultKind::ResetAfter),
        (
            "Processed, the answer one byte a second",
            FaultKind::SlowBody,
        ),
        (
            "Processed after a minute unless given up",
            FaultKind::DelayBefore { millis: 60_000 },
        ),
        (
            "Processed, answered after a minute",
            FaultKind::DelayAfter { millis: 60_000 },
        ),
        (
            "Processed after a minute though given up",
            FaultKind::Late { millis: 60_000 },
        ),
    ];
    let of_polls = [
        ("Every update twice", FaultKind::DuplicateUpdates),
        ("Updates in reverse order", FaultKind::ReorderUpdates),
    ];
    let kinds = |list: Vec<(&'static str, FaultKind)>, methods: &[&'static str]| {
        let kind = |(name, does)| Kind {
            name,
            does,
            methods: methods.to_vec(),
        };
        list.into_iter().map(kind).collect::<Vec<_>>()
    };
    [
        kinds(everywhere.to_vec(), &METHODS),
        kinds(of_polls.to_vec(), &["getUpdates"]),
    ]
    .concat()
}

/// Faults that last, at the methods where Telegram answers so.
pub(super) fn lasting() -> Vec<Kind> {
    let blocked = FaultKind::Forbidden {
        description: "bot was blocked by the user".to_owned(),
    };
    let sends = ["sendDocument", "sendMessage"];
    let refusal = "400 for a reason that nobody knows";
    let rows: Vec<(&'static str, FaultKind, &[&'static str])> = vec![
        (
            "403, the bot was blocked",
            blocked,
            &["sendDocument", "sendMessage", "editMessageText"],
        ),
        ("400, no such chat", bad_request("chat not found"), &sends),
        (
            "400, no right to write",
            bad_request("not enough rights to send documents to the chat"),
            &sends,
        ),
        (
            "400, the card is gone",
            bad_request("message to edit not found"),
            &["editMessageText"],
        ),
        (
            "400, the press is too old",
            bad_request("query is too old and response timeout expired or query ID is invalid"),
            &["answerCallbackQuery"],
        ),
        (refusal, bad_request("SOMETHING_NEW"), &METHODS),
        ("404, no such method", FaultKind::NotFound, &METHODS),
        (
            "401, the token was revoked",
            FaultKind::Unauthorized,
            &METHODS,
        ),
        (
            "409, another process polls",
            FaultKind::Conflict,
            &["getUpdates"],
        ),
    ];
    let kind = |(name, does, methods): (_, _, &[_])| Kind {
        name,
        does,
        methods: methods.to_vec(),
    };
    rows.into_iter().map(kind).collect()
}
