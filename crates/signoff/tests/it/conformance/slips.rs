//! Small things that a service can get wrong, each in a corner of its own, so that one service can have them all.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

/// What is wrong with one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Slip {
    IsNotAlive,
    IsNotReady,
    DescribesLess,
    LetsAnyKeyDoAnything,
    ReservesNames,
    ForgetsTheLanguage,
    CutsTitles,
    KeepsWhatItRefused,
    NamesNoMask,
    FindsWhatIsNot,
    DoesNotDecode,
    ForgetsWhoDecided,
    MixesOptionsUp,
    CutsAnswers,
    AnswersWhatWasDeclined,
    TakesWordsForOptions,
    TakesWhatDoesNotFit,
    WantsABodyToCancel,
    LetsClaimWhatWaits,
    LetsClaimAnything,
    TakesReportsOfWhatWaits,
    ChangesReports,
    ForgetsDetails,
    ListsNoDecision,
    HasNoPages,
    FindsEveryPath,
    TakesAnyText,
    CountsNoAttempts,
}

/// Each, and the checks that are for it, without `service.`.
pub(super) const TABLE: &[(Slip, &[&str])] = &[
    (Slip::IsNotAlive, &["operations.alive"]),
    (Slip::IsNotReady, &["operations.ready"]),
    (Slip::DescribesLess, &["operations.described"]),
    (
        Slip::LetsAnyKeyDoAnything,
        &["keys.scopes", "problems.shape", "problems.codes"],
    ),
    (Slip::ReservesNames, &["projects.names"]),
    (Slip::ForgetsTheLanguage, &["submit.resource"]),
    (Slip::CutsTitles, &["validation.limits"]),
    (Slip::KeepsWhatItRefused, &["validation.nothing_left"]),
    (Slip::NamesNoMask, &["masking.named"]),
    (
        Slip::FindsWhatIsNot,
        &["read.unknown", "problems.shape", "problems.codes"],
    ),
    (Slip::DoesNotDecode, &["read.encoded"]),
    (
        Slip::ForgetsWhoDecided,
        &["decisions.approve", "callbacks.content"],
    ),
    (Slip::MixesOptionsUp, &["decisions.answer_option"]),
    (Slip::CutsAnswers, &["decisions.answer_words"]),
    (Slip::AnswersWhatWasDeclined, &["decisions.decline"]),
    (Slip::TakesWordsForOptions, &["decisions.options_only"]),
    (Slip::TakesWhatDoesNotFit, &["decisions.unfit"]),
    (Slip::WantsABodyToCancel, &["cancel.bare"]),
    (
        Slip::LetsClaimWhatWaits,
        &["claims.not_approved", "problems.shape", "problems.codes"],
    ),
    (Slip::LetsClaimAnything, &["claims.digest_mismatch"]),
    (Slip::TakesReportsOfWhatWaits, &["execution.not_approved"]),
    (Slip::ChangesReports, &["execution.other"]),
    (Slip::ForgetsDetails, &["execution.reported"]),
    (Slip::ListsNoDecision, &["events.listed"]),
    (Slip::HasNoPages, &["problems.pages"]),
    (Slip::FindsEveryPath, &["protocol.path"]),
    (
        Slip::TakesAnyText,
        &[
            "validation.vectors",
            "protocol.no_json",
            "problems.shape",
            "problems.codes",
        ],
    ),
    (Slip::CountsNoAttempts, &["callbacks.state"]),
];

impl Slip {
    /// Changes what is asked.
    pub(super) fn ask(self, body: &mut Value) {
        if let (Self::CutsTitles, Some(title)) = (self, body.get_mut("title"))
            && let Some(text) = title.as_str()
        {
            *title = text.chars().take(300).collect::<String>().into();
        }
    }

    /// Changes what a call is answered with. `other`: somebody of the other project calls.
    pub(super) fn answer(
        self,
        (method, path): (&Method, &str),
        other: bool,
        status: &mut StatusCode,
        body: &mut Value,
    ) {
        let code = body["code"].as_str().unwrap_or_default().to_owned();
        let becomes = match self {
            Self::IsNotAlive => (path == "/healthz").then_some(503),
            Self::IsNotReady => (path == "/readyz").then_some(503),
            Self::LetsAnyKeyDoAnything => (code == "forbidden").then_some(200),
            Self::ReservesNames => (other && *status == 202).then_some(409),
            Self::KeepsWhatItRefused => path.ends_with(":nothing-left").then_some(200),
            Self::FindsWhatIsNot => path.ends_with(":nothing").then_some(200),
            Self::DoesNotDecode => path.contains("%3A").then_some(404),
            Self::TakesWordsForOptions => {
                (path.contains(":options-only/") && *status == 400).then_some(200)
            }
            Self::TakesWhatDoesNotFit => (path.contains(":unfit") && *status == 400).then_some(200),
            Self::WantsABodyToCancel => path.ends_with(":bare/cancel").then_some(400),
            Self::LetsClaimWhatWaits => {
                (code == "not_approved" && path.ends_with("/claim")).then_some(200)
            }
            Self::LetsClaimAnything => (code == "digest_mismatch").then_some(200),
            Self::TakesReportsOfWhatWaits => {
                (code == "not_approved" && path.ends_with("/execution")).then_some(200)
            }
            Self::ChangesReports => (code == "already_reported").then_some(200),
            Self::HasNoPages => path.starts_with("/docs/errors/").then_some(404),
            Self::FindsEveryPath => (path == "/v1/nothing/here").then_some(200),
            Self::TakesAnyText => (code == "invalid_json").then_some(202),
            _ => None,
        };
        if let Some(status_now) = becomes {
            *status = StatusCode::from_u16(status_now).unwrap();
        }
        let read = method == Method::GET;
        match self {
            Self::DescribesLess if path == "/openapi.json" => {
                let paths = body["paths"].as_object_mut().unwrap();
                paths.remove("/v1/events").unwrap();
            }
            Self::ForgetsTheLanguage if body["language"].is_string() => {
                body["language"] = Value::Null;
            }
            Self::NamesNoMask if body["action"]["masked"].is_array() => {
                body["action"]["masked"] = json!([]);
            }
            Self::ForgetsWhoDecided if body["outcome"].is_object() => {
                body["outcome"]["decided_by"] = json!([]);
            }
            Self::MixesOptionsUp if body["outcome"]["answer"]["option_id"] == "blue_green" => {
                body["outcome"]["answer"]["option_id"] = json!("canary");
            }
            Self::CutsAnswers if body["outcome"]["answer"]["text"].is_string() => {
                let text = body["outcome"]["answer"]["text"].as_str().unwrap();
                body["outcome"]["answer"]["text"] = json!(text.lines().next());
            }
            Self::AnswersWhatWasDeclined
                if body["kind"] == "question" && body["status"] == "denied" =>
            {
                body["outcome"]["answer"] = json!({ "option_id": "wait" });
            }
            Self::ForgetsDetails if body["execution"]["detail"].is_string() => {
                body["execution"]["detail"] = Value::Null;
            }
            Self::ListsNoDecision if read && path.ends_with(":listed/events") => {
                let items = body["items"].as_array_mut().unwrap();
                items.retain(|event| event["event_type"] != "approval.approved");
            }
            Self::CountsNoAttempts if body["callback"]["attempts"].is_u64() => {
                body["callback"]["attempts"] = json!(0);
            }
            _ => {}
        }
    }
}
